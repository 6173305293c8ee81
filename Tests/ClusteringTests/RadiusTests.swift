import Basics
import CKernels
import Glibc
import Testing

@testable import Clustering

@Suite("DBSCAN") struct DBSCANTests {
  @Test("agrees with scikit-learn, label by label", arguments: DensityOracle.cases("dbscan"))
  func oracle(oracle: DensityOracle) throws {
    let dbscan = DBSCAN(
      epsilon: try #require(oracle.number("eps")), minimumSamples: try #require(oracle.count("min_samples")),
      power: oracle.number("p"))
    let result = try dbscan.run(on: oracle.matrix())
    #expect(result.labels == oracle.labels)
    #expect(result.isCore.count { $0 } == Int(oracle.sums[0]))
  }

  @Test("is what its definition says, for any number of threads", arguments: DensityOracle.kinds)
  func definition(kind: String) throws {
    for (rows, columns, samples, quantile) in [(150, 2, 4, 0.05), (100, 50, 1, 0.1), (120, 5, 30, 0.2), (90, 3, 3, 0.9)] {
      let matrix = try DensityOracle.tricky(kind, rows: rows, columns: columns)
      let distances = DensityOracle.distances(matrix)
      // Between two distances that occur, lest rounding decide.
      let sorted = distances.joined().filter { $0 > 0 }.sorted()
      let place = Int(Double(sorted.count) * quantile)
      let radius = sorted.isEmpty ? 1 : (sorted[place] + (sorted[place...].first { $0 > sorted[place] * 1.0001 } ?? sorted[place] * 2)) / 2
      let near = distances.map { row in row.indices.filter { row[$0] <= radius } }
      let isCore = near.map { $0.count >= samples }
      var labels = [Int32](repeating: -1, count: rows)
      var next: Int32 = 0
      for row in 0..<rows where isCore[row] && labels[row] < 0 {
        var waiting = [row]
        labels[row] = next
        while let current = waiting.popLast() {
          for other in near[current] where labels[other] < 0 {
            labels[other] = next
            if isCore[other] { waiting.append(other) }
          }
        }
        next += 1
      }
      for threads in [1, 3] {
        let result = try DBSCAN(epsilon: radius, minimumSamples: samples, threads: threads).run(on: matrix)
        #expect(result.isCore == isCore, "\(kind) \(rows)")
        #expect(result.labels == labels, "\(kind) \(rows)")
      }
    }
  }

  @Test("is what its definition says in other distances, too", arguments: [1.0, 1.5, 2, 3, 70, .infinity]) func powers(power: Double) throws {
    for (kind, columns) in [("random", 3), ("integers", 40), ("copies", 2)] {
      let matrix = try DensityOracle.tricky(kind, rows: 90, columns: columns)
      func distance(_ a: Int, _ b: Int) -> Double {
        let differences = (0..<columns).map { abs(Double(matrix[a][$0]) - Double(matrix[b][$0])) }
        return power.isInfinite ? differences.max() ?? 0 : pow(differences.reduce(0) { $0 + pow($1, power) }, 1 / power)
      }
      let distances = (0..<90).map { a in (0..<90).map { distance(a, $0) } }
      let sorted = distances.joined().filter { $0 > 0 }.sorted()
      let place = sorted.count / 10
      let radius = sorted.isEmpty ? 1 : (sorted[place] + (sorted[place...].first { $0 > sorted[place] * 1.0001 } ?? sorted[place] * 2)) / 2
      for samples in [1, 4] {
        let one = try DBSCAN(epsilon: radius, minimumSamples: samples, power: power).run(on: matrix)
        #expect(one.isCore == distances.map { $0.count { $0 <= radius } >= samples }, "\(kind)")
        for row in 0..<90 {
          let cores = (0..<90).filter { one.isCore[$0] && distances[row][$0] <= radius }
          #expect(
            one.isCore[row] ? cores.allSatisfy { one.labels[$0] == one.labels[row] } : one.labels[row] == cores.map { one.labels[$0] }.min() ?? -1)
        }
        #expect(one == (try DBSCAN(epsilon: radius, minimumSamples: samples, power: power, threads: 3).run(on: matrix)))
      }
    }
  }

  /// A limit of exactly the distance once cut off what rounding had put a trace below the largest difference.
  @Test("measures the same distance whatever the limit", arguments: [1.0, 1.5, 3, 100.5, .infinity]) func limits(power: Double) {
    var random = SeededRandom(seed: 31)
    for columns in 1..<70 {
      let (a, b) = (Fixtures.numbers(columns, &random), Fixtures.numbers(columns, &random))
      let whole = ck_minkowski(a, b, columns, power, .infinity)
      #expect(ck_minkowski(a, b, columns, power, whole) == whole && ck_minkowski(a, b, columns, power, whole.nextDown) > whole.nextDown)
      #expect(zip(a, b).allSatisfy { abs(Double($0) - Double($1)) <= whole })
    }
  }

  @Test("takes none, one and equal rows, and counts a row for itself") func extremes() throws {
    #expect(try DBSCAN().run(on: Matrix(rows: 0, columns: 2, values: [])).labels.isEmpty)
    #expect(try DBSCAN(minimumSamples: 1).run(on: Matrix([[1]])).labels == [0])
    #expect(try DBSCAN(minimumSamples: 2).run(on: Matrix([[1]])).labels == [-1])
    #expect(
      try DBSCAN(epsilon: 1e-9, minimumSamples: 80).run(on: DensityOracle.tricky("constant", rows: 80, columns: 9)).labels.allSatisfy { $0 == 0 })
    #expect(try DBSCAN(epsilon: 1, minimumSamples: 5000).run(on: Matrix([[1], [1]])).labels == [-1, -1])
    #expect(try DBSCAN(epsilon: 1e300, minimumSamples: 2).run(on: Matrix([[1], [1e30]])).labels == [0, 0])
    #expect(try DBSCAN(epsilon: 0.1, minimumSamples: 2, metric: .cosine).run(on: Matrix([[1, 0], [9, 0], [0, 2]])).labels == [0, 0, -1])
  }

  @Test(
    "refuses parameters that make no sense, by name",
    arguments: [
      ("eps", DBSCAN(epsilon: 0)), ("eps", DBSCAN(epsilon: .infinity)), ("min_samples", DBSCAN(minimumSamples: 0)), ("threads", DBSCAN(threads: 999)),
      ("p", DBSCAN(power: 0.5)), ("p", DBSCAN(power: .nan)), ("p", DBSCAN(metric: .cosine, power: 3)),
    ])
  func badParameters(path: String, dbscan: DBSCAN) throws {
    let problem = #expect(throws: Problem.self) { try dbscan.run(on: Matrix([[1]])) }
    #expect(problem?.path == path && problem?.hint != nil)
  }

  @Test("stops when cancelled") func cancellation() throws {
    let cancellation = Cancellation()
    let matrix = try DensityOracle.tricky("random", rows: 1200, columns: 3)
    let problem = #expect(throws: Problem.self) {
      try DBSCAN(threads: 2).run(on: matrix, cancellation: cancellation) { _ in cancellation.cancel() }
    }
    #expect(problem?.kind == .cancelled)
  }
}

@Suite("Single linkage") struct SingleLinkageTests {
  @Test("agrees with scipy in heights and flat clusters", arguments: DensityOracle.cases("linkage"))
  func oracle(oracle: DensityOracle) throws {
    let result = try Agglomerative(linkage: .single, threads: 2).run(on: oracle.matrix()).tree
    #expect(abs(result.merges.reduce(0) { $0 + $1.height } / oracle.sums[0] - 1) < 1e-9)
    #expect(abs((result.merges.last?.height ?? 0) / oracle.sums[1] - 1) < 1e-9)
    #expect(zip(result.merges, oracle.heights).allSatisfy { abs($0.height - $1) <= 1e-9 * $1 })
    for cut in oracle.cuts {
      let labels = Array(cut.dropFirst())
      #expect(DensityOracle.same(result.labels(clusters: Set(labels).count), labels))
    }
  }

  @Test("merges what exists into what is counted", arguments: DensityOracle.kinds) func form(kind: String) throws {
    let result = try Agglomerative(linkage: .single).run(on: DensityOracle.tricky(kind, rows: 90, columns: 4)).tree
    var sizes = [Int32](repeating: 1, count: 90)
    for merge in result.merges {
      #expect(merge.a < merge.b && merge.b < sizes.count)
      sizes.append(sizes[Int(merge.a)] + sizes[Int(merge.b)])
      #expect(merge.size == sizes.last)
    }
    #expect(Set(result.merges.flatMap { [$0.a, $0.b] }).count == 2 * 89 && sizes.last == 90)
    #expect(zip(result.merges, result.merges.dropFirst()).allSatisfy { $0.height <= $1.height })
    #expect(result.labels(clusters: 1).allSatisfy { $0 == 0 } && result.labels(clusters: 90) == (0..<90).map(Int32.init))
    #expect(result.labels(below: .infinity).allSatisfy { $0 == 0 })
  }

  @Test("takes one row") func extremes() throws {
    let one = try Agglomerative(cut: .clusters(1), linkage: .single).run(on: Matrix([[4]]))
    #expect(one.tree.merges.isEmpty && one.labels == [0])
  }
}

@Suite("OPTICS") struct OPTICSTests {
  @Test("agrees with scikit-learn in order, reachability and labels", arguments: DensityOracle.cases("optics"))
  func oracle(oracle: DensityOracle) throws {
    let optics = OPTICS(
      minimumSamples: oracle.count("min_samples") ?? 5, maximumEpsilon: oracle.number("max_eps") ?? .infinity,
      power: oracle.number("p"), extraction: oracle.number("cluster_method") == 1 ? .dbscan : .xi, epsilon: oracle.number("eps"),
      xi: oracle.number("xi") ?? 0.05,
      correctsPredecessors: oracle.number("predecessor_correction") != 0, minimumClusterSize: oracle.number("min_cluster_size"), threads: 2)
    let result = try optics.run(on: oracle.matrix())
    #expect(result.plot.order == oracle.order)
    #expect(result.labels == oracle.labels)
    let finite = result.plot.reachability.filter(\.isFinite)
    #expect(abs(finite.reduce(0, +) - oracle.sums[0]) < 1e-9 && finite.count == Int(oracle.sums[1]))
  }

  @Test("gives the same for any number of threads", arguments: ["random", "integers", "copies"]) func threads(kind: String) throws {
    let matrix = try DensityOracle.tricky(kind, rows: 300, columns: 4)
    let one = try OPTICS().run(on: matrix)
    let three = try OPTICS(threads: 3).run(on: matrix)
    #expect(one.plot == three.plot && one.labels == three.labels && one.valleys == three.valleys)
  }

  @Test(
    "refuses parameters that do not fit, by name",
    arguments: [
      ("min_samples", OPTICS(minimumSamples: 1)), ("min_samples", OPTICS(minimumSamples: 4)),
      ("max_eps", OPTICS(minimumSamples: 2, maximumEpsilon: 0)),
      ("eps", OPTICS(minimumSamples: 2, maximumEpsilon: 1, epsilon: 2)), ("xi", OPTICS(minimumSamples: 2, xi: 2)),
      ("min_cluster_size", OPTICS(minimumSamples: 2, minimumClusterSize: 9)), ("threads", OPTICS(minimumSamples: 2, threads: 0)),
    ])
  func badParameters(path: String, optics: OPTICS) throws {
    let problem = #expect(throws: Problem.self) { try optics.run(on: Matrix([[1], [2], [3]])) }
    #expect(problem?.path == path && problem?.hint != nil)
  }

  @Test("stops when cancelled") func cancellation() throws {
    let cancellation = Cancellation()
    let matrix = try DensityOracle.tricky("random", rows: 400, columns: 3)
    let problem = #expect(throws: Problem.self) {
      try OPTICS().run(on: matrix, cancellation: cancellation) { if $0.phase == .tree { cancellation.cancel() } }
    }
    #expect(problem?.kind == .cancelled)
  }
}
