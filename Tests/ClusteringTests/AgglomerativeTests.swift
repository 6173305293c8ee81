import Basics
import Testing

@testable import Clustering

@Suite("Hierarchical clustering") struct AgglomerativeTests {
  static let linkages: [Agglomerative.Linkage] = [.ward, .average, .complete]
  /// The numbers of clusters at which the oracles are cut.
  static let cuts = ["iris": [2, 3, 5], "digits": [2, 5, 10], "blobs_a": [2, 5, 12], "moons_a": [2, 5, 8]]

  /// The tree in single precision, also for few rows.
  static func singlePrecision(_ matrix: Matrix, _ linkage: Agglomerative.Linkage, threads: Int = 1) throws -> Dendrogram {
    try Agglomerative(linkage: linkage, threads: threads).tree(of: matrix, precisely: false)
  }

  /// The definition: merges the nearest two clusters, whose distance is computed from their members, until one is left.
  static func definition(_ matrix: Matrix, _ linkage: Agglomerative.Linkage) -> [Double] {
    let rows = (0..<matrix.rows).map { matrix[$0].map(Double.init) }
    func square(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
    func mean(_ members: [Int]) -> [Double] { rows[0].indices.map { j in members.reduce(0) { $0 + rows[$1][j] } / Double(members.count) } }
    func distance(_ a: [Int], _ b: [Int]) -> Double {
      let (m, n) = (Double(a.count), Double(b.count))
      if linkage == .ward { return (2 * m * n / (m + n) * square(mean(a), mean(b))).squareRoot() }
      let all = a.flatMap { x in b.map { square(rows[x], rows[$0]).squareRoot() } }
      return linkage == .average ? all.reduce(0, +) / (m * n) : all.max() ?? 0
    }
    var clusters = rows.indices.map { [$0] }
    var heights: [Double] = []
    while clusters.count > 1 {
      var best = (distance: Double.infinity, a: 0, b: 0)
      for a in clusters.indices {
        for b in clusters.indices where b > a {
          let candidate = distance(clusters[a], clusters[b])
          if candidate < best.distance { best = (candidate, a, b) }
        }
      }
      heights.append(best.distance)
      clusters[best.a] += clusters[best.b]
      clusters.remove(at: best.b)
    }
    return heights
  }

  @Test("agrees with scipy's heights and flat clusters", arguments: ["iris", "blobs_a", "moons_a", "digits"], linkages)
  func oracle(dataset: String, linkage: Agglomerative.Linkage) throws {
    let matrix = try Fixtures.oracleData(dataset)
    let bytes = try Fixtures.bytes("\(dataset).\(linkage.rawValue).linkage")
    let heights = bytes.withUnsafeBytes { raw in (0..<matrix.rows - 1).map { raw.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self) } }
    let tree = try Agglomerative(linkage: linkage).run(on: matrix).tree
    #expect(tree.merges.count == heights.count)
    #expect(zip(tree.merges, heights).allSatisfy { abs($0.height - $1) <= 1e-12 * $1 })
    for (i, clusters) in (Self.cuts[dataset] ?? []).enumerated() {
      let start = heights.count * 8 + i * matrix.rows
      #expect(tree.labels(clusters: clusters) == bytes[start..<start + matrix.rows].map { Int32($0) })
    }
    // In single precision, in which larger data is clustered, ties fall otherwise, but digits and blobs have none that rounding could make.
    guard dataset == "blobs_a" || dataset == "digits" else { return }
    let single = try Self.singlePrecision(matrix, linkage)
    #expect(zip(single.merges, heights).allSatisfy { abs($0.height - $1) <= 1e-5 * $1 })
    #expect(single.labels(clusters: 5) == tree.labels(clusters: 5))
  }

  @Test("follows its definition", arguments: linkages, [1, 2, 3, 5, 22]) func definition(linkage: Agglomerative.Linkage, rows: Int) throws {
    for columns in [1, 3, 40] {
      let matrix = try Fixtures.blobs(rows: rows, columns: columns, centres: 4, seed: UInt64(rows))
      let expected = Self.definition(matrix, linkage)
      let tree = try Agglomerative(cut: .clusters(1), linkage: linkage).run(on: matrix).tree
      let single = try Self.singlePrecision(matrix, linkage)
      #expect(zip(tree.merges, expected).allSatisfy { abs($0.height - $1) <= 1e-12 * $1 } && tree.merges.count == rows - 1)
      #expect(zip(single.merges, expected).allSatisfy { abs($0.height - $1) <= 1e-5 * $1 } && single.merges.count == rows - 1)
    }
  }

  @Test("makes a tree: every cluster is merged once, sizes add up, heights ascend", arguments: linkages)
  func tree(linkage: Agglomerative.Linkage) throws {
    // Ties everywhere: a grid, with duplicates.
    let matrix = try Matrix((0..<300).map { [Float($0 % 12), Float($0 / 12 % 12), 0] })
    for tree in [try Agglomerative(linkage: linkage).run(on: matrix).tree, try Self.singlePrecision(matrix, linkage)] {
      var sizes = [Int32](repeating: 1, count: 300)
      var merged: Set<Int32> = []
      for merge in tree.merges {
        let once = merged.insert(merge.a).inserted && merged.insert(merge.b).inserted
        if !once || merge.a >= merge.b || merge.size != sizes[Int(merge.a)] + sizes[Int(merge.b)] { Issue.record("\(merge)") }
        sizes.append(merge.size)
      }
      #expect(sizes.last == 300)
      #expect(zip(tree.merges, tree.merges.dropFirst()).allSatisfy { $0.height <= $1.height })
      #expect(tree.merges.prefix(156).allSatisfy { $0.height == 0 })
    }
  }

  @Test("cuts by number or by height, and the labels are numbered by their first rows") func cuts() throws {
    let matrix = try Matrix([[0], [10], [1], [11], [30]])
    func labels(_ cut: Agglomerative.Cut) throws -> [Int32] { try Agglomerative(cut: cut, linkage: .complete).run(on: matrix).labels }
    #expect(try labels(.clusters(3)) == [0, 1, 0, 1, 2])
    #expect(try labels(.clusters(1)) == [0, 0, 0, 0, 0])
    #expect(try labels(.clusters(5)) == [0, 1, 2, 3, 4])
    #expect(try labels(.threshold(1)) == [0, 1, 2, 3, 4])
    #expect(try labels(.threshold(1.001)) == [0, 1, 0, 1, 2])
    #expect(try labels(.threshold(.infinity)) == [0, 0, 0, 0, 0])
    for rows in [7, 40] {
      let tree = try Agglomerative().run(on: Fixtures.blobs(rows: rows, columns: 3, centres: 4)).tree
      for count in 1...rows { #expect(Set(tree.labels(clusters: count)).count == count) }
    }
  }

  @Test("gives the same for any number of threads and any order of equal work", arguments: linkages) func threads(
    linkage: Agglomerative.Linkage
  ) throws {
    let matrix = try Fixtures.blobs(rows: 700, columns: 40, centres: 9, spread: 1)
    #expect(try Agglomerative(linkage: linkage, threads: 3).run(on: matrix).tree == Agglomerative(linkage: linkage).run(on: matrix).tree)
    #expect(try Self.singlePrecision(matrix, linkage, threads: 3) == Self.singlePrecision(matrix, linkage))
  }

  @Test("finds nearly the same on every level of instructions", arguments: [0] + KernelTests.levels) func levels(level: Int32) throws {
    let matrix = try Fixtures.blobs(rows: 100, columns: 40, centres: 5, spread: 0.5)
    for linkage in Self.linkages {
      let usual = try Self.singlePrecision(matrix, linkage)
      guard let forced = try Fixtures.at(level, { try Self.singlePrecision(matrix, linkage) }) else { return }
      #expect(zip(usual.merges, forced.merges).allSatisfy { abs($0.height - $1.height) <= 1e-5 * $0.height })
      #expect(forced.labels(clusters: 5) == usual.labels(clusters: 5))
    }
  }

  @Test("keeps digits far from the origin and for near rows") func farAway() throws {
    let near = try Fixtures.blobs(rows: 200, columns: 48, centres: 6, spread: 0.01, seed: 8)
    let far = try Matrix(rows: 200, columns: 48, values: near.values.map { $0 + 1000 })
    for linkage in Self.linkages {
      let exact = try Agglomerative(linkage: linkage).run(on: far).tree
      let single = try Self.singlePrecision(far, linkage)
      #expect(zip(single.merges, exact.merges).allSatisfy { abs($0.height - $1.height) <= 1e-5 * $1.height })
    }
  }

  @Test("takes many dimensions, constants and duplicates") func special() throws {
    let same = try Matrix(rows: 100, columns: 4096, values: [Float](repeating: 0.3, count: 100 * 4096))
    for linkage in Self.linkages {
      let result = try Agglomerative(cut: .threshold(1e-9), linkage: linkage).run(on: same)
      #expect(result.clusters == 1 && result.tree.merges.allSatisfy { $0.height == 0 })
      #expect(try Self.singlePrecision(same, linkage).merges.allSatisfy { $0.height == 0 })
    }
  }

  @Test("takes directions alone with the cosine metric") func cosine() throws {
    let matrix = try Matrix([[1, 0], [100, 1], [0, 3], [0.1, 50]])
    let result = try Agglomerative(linkage: .average, metric: .cosine).run(on: matrix)
    #expect(result.labels == [0, 0, 1, 1])
    #expect(result.tree.merges.allSatisfy { $0.height <= 2.0.squareRoot() + 1e-6 })
  }

  @Test("tells how far it is, and stops when cancelled") func cancellation() throws {
    let matrix = try Fixtures.blobs(rows: 600, columns: 4, centres: 3)
    for linkage in [Agglomerative.Linkage.ward, .single] {
      var told: [Double] = []
      _ = try Agglomerative(linkage: linkage, threads: 2).run(on: matrix) { told.append($0) }
      #expect(told == told.sorted() && told.count > 1 && (told.last ?? 2) <= 1)
      let cancellation = Cancellation()
      let problem = #expect(throws: Problem.self) {
        try Agglomerative(linkage: linkage).run(on: matrix, cancellation: cancellation) { if $0 > 0.4 { cancellation.cancel() } }
      }
      #expect(problem?.kind == .cancelled)
    }
  }

  @Test("refuses what does not fit, by name") func refusals() throws {
    let matrix = try Fixtures.blobs(rows: 10, columns: 3, centres: 2)
    let cases: [(String, Agglomerative)] = [
      ("n_clusters", Agglomerative(cut: .clusters(0))), ("n_clusters", Agglomerative(cut: .clusters(11))),
      ("distance_threshold", Agglomerative(cut: .threshold(-1))), ("distance_threshold", Agglomerative(cut: .threshold(.nan))),
      ("threads", Agglomerative(threads: 0)), ("memory", Agglomerative(memoryLimit: 100)),
      ("n_clusters", Agglomerative(cut: .clusters(11), linkage: .single)), ("memory", Agglomerative(linkage: .single, memoryLimit: 100)),
    ]
    for (path, model) in cases {
      let problem = #expect(throws: Problem.self) { try model.run(on: matrix) }
      #expect(problem?.path == path && problem?.hint != nil)
    }
    #expect(throws: Problem.self) { try Agglomerative(cut: .clusters(1)).run(on: Matrix([[1e30, 0], [0, 1]])) }
    for linkage in [Agglomerative.Linkage.ward, .single] {
      let problem = #expect(throws: Problem.self) { try Agglomerative(linkage: linkage).run(on: Matrix(rows: 0, columns: 2, values: [])) }
      #expect(problem?.path == "vectors")
    }
  }

  @Test("estimates the memory of its matrix") func memory() {
    let bytes = Agglomerative().memory(rows: 20_000, columns: 384)
    #expect(bytes > 20_000 * 20_000 * 4 && bytes < 1_800_000_000)
  }
}
