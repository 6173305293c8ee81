import Basics
import Testing

@testable import Clustering

@Suite("HDBSCAN") struct HDBSCANTests {
  static func hdbscan(_ oracle: DensityOracle) -> HDBSCAN {
    HDBSCAN(
      minimumClusterSize: oracle.count("min_cluster_size") ?? 5, minimumSamples: oracle.count("min_samples"),
      selectionEpsilon: oracle.number("cluster_selection_epsilon") ?? 0, maximumClusterSize: oracle.count("max_cluster_size"),
      alpha: oracle.number("alpha") ?? 1, selection: oracle.parameters["cluster_selection_method"].flatMap(HDBSCAN.Selection.init) ?? .excessOfMass,
      allowsSingleCluster: oracle.number("allow_single_cluster") == 1)
  }

  @Test("agrees with the reference as far as the reference agrees with itself", arguments: DensityOracle.cases("hdbscan"))
  func oracle(oracle: DensityOracle) throws {
    let result = try Self.hdbscan(oracle).run(on: oracle.matrix())
    #expect(abs(result.spanningTree.reduce(0) { $0 + $1.weight } / oracle.sums[0] - 1) < 1e-9)
    #expect(abs((result.spanningTree.last?.weight ?? 0) / oracle.sums[1] - 1) < 1e-9)
    #expect(abs(result.coreDistances.reduce(0, +) / oracle.sums[2] - 1) < 1e-9)
    if oracle.least == 1 {
      #expect(DensityOracle.same(result.labels, oracle.labels))
    } else {
      #expect(DensityOracle.agreement(result.labels, oracle.labels) >= oracle.least)
    }
    #expect(zip(result.probabilities, oracle.probabilities).allSatisfy { abs($0 - $1) < 1e-5 })
    // Where several edges weigh the same, the reference's scores depend on the order of the rows even if its labels do not: 40 shuffled
    // orders give a row two scores or three. Ours is always one of them, and the same in any order.
    for (row, (score, expected)) in zip(result.outlierScores, oracle.outliers).enumerated() {
      #expect((oracle.alternatives[row] ?? [expected]).contains { abs($0 - score) < 1e-5 }, "row \(row): \(score), not \(expected)")
    }
    if !oracle.persistence.isEmpty { #expect(zip(result.persistence.sorted(), oracle.persistence).allSatisfy { abs($0 - $1) < 1e-6 }) }
  }

  @Test("has oracles to agree with") func oraclesExist() {
    #expect(DensityOracle.cases("hdbscan").count == 36)
    #expect(DensityOracle.cases("hdbscan").count { !$0.probabilities.isEmpty } >= 10)
    #expect(DensityOracle.cases("hdbscan").count { !$0.alternatives.isEmpty && $0.outliers.count >= 1500 } == 3)
  }

  @Test("finds the minimum spanning tree of mutual reachability, whatever the data", arguments: DensityOracle.kinds)
  func spanningTree(kind: String) throws {
    for (rows, columns, k, alpha) in [(150, 3, 4, 1.0), (90, 60, 2, 1.3), (70, 1, 1, 1), (40, 64, 39, 1), (140, 50, 0, 1)] {
      let matrix = try DensityOracle.tricky(kind, rows: rows, columns: columns)
      let distances = DensityOracle.distances(matrix)
      let cores = distances.map { k == 0 ? 0 : $0.sorted()[k] }
      let reach = { (i: Int, j: Int) in max(cores[i], cores[j], distances[i][j] / alpha) }
      // Prim's algorithm on the whole matrix.
      var nearest = (0..<rows).map { reach(0, $0) }
      var weights: [Double] = []
      var left = Set(1..<rows)
      while let next = left.min(by: { nearest[$0] < nearest[$1] }) {
        left.remove(next)
        weights.append(nearest[next])
        for other in left { nearest[other] = min(nearest[other], reach(next, other)) }
      }
      let tree = try Team.gather(1) { (team) throws(Problem) in
        try SpanningTree(matrix, k: k, alpha: alpha, team: team, cancellation: Cancellation()) { _ in }
      }
      let near = (weights.max() ?? 0) * 1e-12
      #expect(zip(tree.edges.map(\.weight), weights.sorted()).allSatisfy { abs($0 - $1) <= near }, "\(kind) \(rows) \(columns)")
      #expect(tree.edges.count == rows - 1)
      #expect(zip(tree.cores, cores).allSatisfy { abs($0 - $1) <= near }, "\(kind) \(rows) \(columns)")
      var sets = DisjointSets(rows)
      for edge in tree.edges {
        #expect(sets.find(edge.a) != sets.find(edge.b))
        _ = sets.unite(sets.find(edge.a), sets.find(edge.b))
      }
    }
  }

  @Test("gives the same for any number of threads and on every level of instructions", arguments: ["random", "integers", "blobs", "copies"])
  func threads(kind: String) throws {
    let matrix = try DensityOracle.tricky(kind, rows: 700, columns: 50)
    let hdbscan = HDBSCAN(minimumClusterSize: 8, minimumSamples: 3)
    let one = try hdbscan.run(on: matrix)
    for threads in [2, 5] {
      var several = hdbscan
      several.threads = threads
      let result = try several.run(on: matrix)
      #expect(result.labels == one.labels && result.probabilities == one.probabilities && result.outlierScores == one.outlierScores)
      #expect(result.spanningTree == one.spanningTree && result.condensed.rows == one.condensed.rows)
    }
    for level in KernelTests.levels {
      guard let result = try Fixtures.at(level, { try hdbscan.run(on: matrix) }) else { continue }
      #expect(result.labels == one.labels)
      #expect(zip(result.spanningTree, one.spanningTree).allSatisfy { abs($0.weight - $1.weight) < 1e-9 })
    }
  }

  @Test("does not depend on the order of the rows", arguments: ["iris", "digits", "blobs", "integers"])
  func permutations(kind: String) throws {
    let matrix = kind == "iris" || kind == "digits" ? try Fixtures.dataset(kind) : try DensityOracle.tricky(kind, rows: 400, columns: 6)
    let first = try HDBSCAN(minimumClusterSize: 6).run(on: matrix)
    var random = SeededRandom(seed: 4)
    let order = Array(0..<matrix.rows).shuffled(using: &random)
    let second = try HDBSCAN(minimumClusterSize: 6).run(on: matrix.selecting(order))
    #expect(DensityOracle.same(order.map { first.labels[$0] }, second.labels))
    #expect(order.map { first.probabilities[$0] } == second.probabilities)
    #expect(zip(order.map { first.outlierScores[$0] }, second.outlierScores).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test("sees directions alone with the cosine metric") func cosine() throws {
    let matrix = try DensityOracle.tricky("blobs", rows: 120, columns: 5)
    let scaled = try Matrix((0..<120).map { row in matrix[row].map { $0 * Float(1 + row % 7) } })
    let plain = try HDBSCAN(metric: .cosine).run(on: matrix)
    #expect(try HDBSCAN(metric: .cosine).run(on: scaled).labels == plain.labels)
    #expect(try plain.labels == HDBSCAN().run(on: matrix.normalised()).labels)
  }

  @Test("takes none, one, two, equal and long rows") func extremes() throws {
    #expect(try HDBSCAN().run(on: Matrix(rows: 0, columns: 3, values: [])).labels.isEmpty)
    #expect(try HDBSCAN().run(on: Matrix([[1, 2]])).labels == [-1])
    let two = try HDBSCAN(minimumClusterSize: 2, allowsSingleCluster: true).run(on: Matrix([[0], [2]]))
    #expect(two.labels == [0, 0] && two.spanningTree == [HDBSCANResult.Edge(a: 0, b: 1, weight: 2)])
    let equal = try HDBSCAN(allowsSingleCluster: true).run(on: DensityOracle.tricky("constant", rows: 100, columns: 48))
    #expect(Set(equal.labels) == [0] && equal.probabilities.allSatisfy { $0 == 1 })
    #expect(try Set(HDBSCAN().run(on: DensityOracle.tricky("constant", rows: 100, columns: 3)).labels) == [-1])
    let long = try HDBSCAN(minimumClusterSize: 10).run(on: DensityOracle.tricky("blobs", rows: 60, columns: 4096))
    #expect(long.labels == (0..<60).map { Int32($0 % 3) })
    #expect(try HDBSCAN(minimumClusterSize: 50).run(on: DensityOracle.tricky("blobs", rows: 60, columns: 3)).labels.allSatisfy { $0 == -1 })
  }

  @Test("condenses to rows that add up") func condensed() throws {
    let result = try HDBSCAN(minimumClusterSize: 10).run(on: Fixtures.dataset("blobs_a"))
    let rows = result.condensed.rows
    #expect(Set(rows.filter { $0.child < 2000 }.map(\.child)).count == 2000)
    for row in rows where row.child >= 2000 {
      #expect(row.parent < row.child && rows.reduce(0) { $1.parent == row.child ? $0 + $1.size : $0 } == row.size)
      #expect(rows.allSatisfy { $0.parent != row.child || $0.lambda >= row.lambda })
    }
    #expect(result.clusters.count == result.persistence.count && result.noiseRatio == Double(result.labels.count { $0 < 0 }) / 2000)
  }

  @Test("reports its way and stops when cancelled") func cancellation() throws {
    let matrix = try DensityOracle.tricky("random", rows: 1500, columns: 8)
    var reports: [PairProgress] = []
    _ = try HDBSCAN(threads: 2).run(on: matrix) { reports.append($0) }
    #expect(reports.first?.phase == .neighbours && reports.last == PairProgress(phase: .tree, done: 1500, total: 1500))
    for stop in [1, 3, reports.count - 1] {
      let cancellation = Cancellation()
      var seen = 0
      let problem = #expect(throws: Problem.self) {
        try HDBSCAN(threads: 2).run(on: matrix, cancellation: cancellation) { _ in
          seen += 1
          if seen == stop { cancellation.cancel() }
        }
      }
      #expect(problem?.kind == .cancelled && seen <= stop + 1)
    }
  }

  @Test(
    "refuses parameters that make no sense, by name",
    arguments: [
      ("min_cluster_size", HDBSCAN(minimumClusterSize: 1)), ("min_samples", HDBSCAN(minimumSamples: 0)),
      ("cluster_selection_epsilon", HDBSCAN(selectionEpsilon: -1)), ("cluster_selection_epsilon", HDBSCAN(selectionEpsilon: .nan)),
      ("max_cluster_size", HDBSCAN(maximumClusterSize: 0)), ("alpha", HDBSCAN(alpha: 0)), ("alpha", HDBSCAN(alpha: .infinity)),
      ("threads", HDBSCAN(threads: 0)),
    ])
  func badParameters(path: String, hdbscan: HDBSCAN) throws {
    let problem = #expect(throws: Problem.self) { try hdbscan.run(on: Matrix([[1], [2], [3]])) }
    #expect(problem?.path == path && problem?.kind == .invalid && problem?.hint != nil)
  }

  @Test("names every wrong parameter, and the metric that was meant") func severalProblems() throws {
    let problem = #expect(throws: Problem.self) { try HDBSCAN(minimumClusterSize: 0, alpha: -1).run(on: Matrix([[1]])) }
    #expect(problem?.others.map(\.path) == ["alpha"])
    #expect(#expect(throws: Problem.self) { try Metric(named: "cosin") }?.didYouMean == "cosine")
    #expect(try Metric(named: "euclidean") == .euclidean)
  }
}
