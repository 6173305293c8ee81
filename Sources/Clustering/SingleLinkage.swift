package import Basics

/// Single linkage: clusters are joined in the order of the least distance between their rows.
///
/// The joins are the edges of the minimum spanning tree of the distances (Gower, Ross 1969), which is found exactly without a matrix of all
/// distances. The result has the form of scipy's `linkage(…, "single")`. Neither the number of threads nor, but for equal distances, the
/// order of the rows matters.
package struct SingleLinkage: Sendable {
  package var metric: Metric
  package var threads: Int

  package init(metric: Metric = .euclidean, threads: Int = 1) {
    self.metric = metric
    self.threads = threads
  }

  /// Bytes that a run takes beside the matrix itself, at most.
  package func memory(rows: Int, columns: Int) -> Int {
    (metric == .cosine ? rows * columns * 4 : 0) + SpanningTree.memory(rows: rows, columns: columns, k: 0) + rows * 64
  }

  /// Joins the rows. Throws when there are none, or when cancelled. `progress` is called on the caller's thread.
  package func run(
    on matrix: Matrix, cancellation: Cancellation = Cancellation(), progress: ((PairProgress) -> Void)? = nil
  ) throws(Problem) -> SingleLinkageResult {
    var demands = Demands()
    demands.demand(matrix.rows > 0, "vectors", "there are no vectors", "Give at least one.")
    demands.demandThreads(threads)
    demands.demandRows(matrix.rows)
    try demands.check()
    try cancellation.check()
    let data = try metric.prepare(matrix)
    let spanning = try Team.gather(threads) { (team) throws(Problem) in
      try SpanningTree(data, k: 0, alpha: 1, team: team, cancellation: cancellation) { progress?($0) }
    }
    return SingleLinkageResult(rows: data.rows, edges: spanning.edges)
  }
}

/// The tree that single linkage makes.
package struct SingleLinkageResult: Sendable {
  package struct Merge: Sendable, Equatable {
    /// The two clusters, the lower number first: below the number of rows a row, above it the merge of that number less the number of rows.
    package let a: Int
    package let b: Int
    package let height: Double
    /// How many rows are in the cluster that they make.
    package let size: Int
  }

  package let rows: Int
  /// One less than there are rows, lowest first.
  package let merges: [Merge]
  /// The same as pairs of rows: each edge joins the clusters that its rows are then in.
  package let edges: [HDBSCANResult.Edge]

  init(rows: Int, edges: [SpanningTree.Edge]) {
    self.rows = rows
    let tree = MergeTree(points: rows, edges: edges)
    merges = (0..<tree.joins).map { join in
      let (a, b) = (Int(tree.children[join].0), Int(tree.children[join].1))
      return Merge(a: min(a, b), b: max(a, b), height: tree.heights[join], size: Int(tree.sizes[rows + join]))
    }
    self.edges = edges.map { HDBSCANResult.Edge(a: Int($0.a), b: Int($0.b), weight: $0.weight) }
  }

  /// The cluster of each row when the tree is cut to `clusters` of them (1...rows), numbered in the order of their first rows. Merges of
  /// equal height are taken in their order.
  package func labels(clusters: Int) -> [Int32] { labels(merging: rows - max(1, min(clusters, rows))) }

  /// The cluster of each row when clusters no farther apart than `height` are joined.
  package func labels(height: Double) -> [Int32] { labels(merging: merges.firstIndex { $0.height > height } ?? merges.count) }

  private func labels(merging count: Int) -> [Int32] {
    var sets = DisjointSets(rows)
    for edge in edges.prefix(count) { _ = sets.unite(sets.find(Int32(edge.a)), sets.find(Int32(edge.b))) }
    var names: [Int32: Int32] = [:]
    return (0..<Int32(rows)).map { row in
      let set = sets.find(row)
      let name = names[set] ?? Int32(names.count)
      names[set] = name
      return name
    }
  }
}
