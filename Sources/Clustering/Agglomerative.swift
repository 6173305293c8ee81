package import Basics

/// Hierarchical clustering from below: every row begins as a cluster, and the two nearest clusters become one until all are one.
///
/// Exact, on a matrix of all distances (in single precision when there are more than 2,048 rows), in about n^2 steps: by rounds in which all
/// clusters join that are each other's nearest, then by a chain of nearest neighbours (Müllner 2011, "Modern hierarchical, agglomerative
/// clustering algorithms"). Ties go to the lower row, as in scipy, and the
/// result is the same for any number of threads.
package struct Agglomerative: Sendable {
  package enum Linkage: String, Sendable, CaseIterable {
    /// The least growth of the sum of squares within.
    case ward
    /// The mean distance between members.
    case average
    /// The largest distance between members.
    case complete
    /// The smallest distance between members; needs no matrix of distances.
    case single
  }

  /// How many flat clusters are made of the tree.
  package enum Cut: Sendable, Equatable {
    case clusters(Int)
    /// Clusters are merged as long as they are closer than this.
    case threshold(Double)
  }

  package var cut: Cut
  package var linkage: Linkage
  package var metric: Metric
  package var threads: Int
  /// Bytes that a run may take beside the rows; more is refused before it begins.
  package var memoryLimit: Int

  package init(
    cut: Cut = .clusters(2), linkage: Linkage = .ward, metric: Metric = .euclidean, threads: Int = 1, memoryLimit: Int = 8 << 30
  ) {
    self.cut = cut
    self.linkage = linkage
    self.metric = metric
    self.threads = threads
    self.memoryLimit = memoryLimit
  }

  /// Bytes that a run takes beside the rows: nearly all are the distances', 4 for each pair in either direction; single linkage keeps none.
  package func memory(rows: Int, columns: Int) -> Int {
    let directions = metric == .cosine ? rows * columns * 4 : 0
    if linkage == .single { return directions + SingleLinkage.memory(rows: rows, columns: columns) }
    let means = linkage == .ward ? rows * columns * 8 : 0
    let pairs = rows <= Self.preciseRows ? PairDistances<Double>.memory(rows: rows) : PairDistances<Float>.memory(rows: rows)
    return pairs + directions + max(means, DistanceBlocks.memory(rows: rows, columns: columns)) + ReciprocalRounds.memory(rows: rows) + rows * 120
  }

  /// What hierarchical clustering found.
  package struct Result: Sendable {
    /// Clusters are numbered by their first row.
    package let labels: [Int32]
    package let clusters: Int
    package let tree: Dendrogram
  }

  /// Clusters the rows. Throws when a parameter does not fit the data (named as in the API), when memory would not do, or when cancelled:
  /// it looks for that at least every millisecond. `progress` is told on the caller's thread which share of the work is done.
  package func run(
    on matrix: Matrix, cancellation: Cancellation = Cancellation(), progress: ((Double) -> Void)? = nil
  ) throws(Problem) -> Result {
    try validate(for: matrix)
    try cancellation.check()
    let tree = try tree(of: metric.prepare(matrix, cancellation), cancellation, progress)
    let labels =
      switch cut {
      case .clusters(let count): tree.labels(clusters: count)
      case .threshold(let height): tree.labels(below: height)
      }
    return Result(labels: labels, clusters: Int(labels.max() ?? -1) + 1, tree: tree)
  }

  private func tree(of matrix: Matrix, _ cancellation: Cancellation, _ progress: ((Double) -> Void)?) throws(Problem) -> Dendrogram {
    if linkage == .single { return try SingleLinkage.tree(of: matrix, threads: threads, cancellation, progress) }
    return try tree(of: matrix, precisely: matrix.rows <= Self.preciseRows, cancellation, progress)
  }

  /// Up to so many rows everything is computed in double precision, so that near ties fall as they do in scipy.
  static let preciseRows = 2048

  /// The tree of any linkage but single. In single precision the first joins are made many at a time.
  func tree(
    of matrix: Matrix, precisely: Bool, _ cancellation: Cancellation = Cancellation(), _ progress: ((Double) -> Void)? = nil
  ) throws(Problem) -> Dendrogram {
    let squared = Joins.areSquared(linkage)
    // Measuring and joining take about equal times.
    let measured = { (share: Double) -> Void in progress?(share / 2) }
    let joined = { (share: Double) -> Void in progress?(0.5 + share / 2) }
    let joins: Joins
    if precisely {
      let distances = try Team.gather(threads) { (team) throws(Problem) in
        try PairDistances<Double>(matrix, squared: squared, team, cancellation, measured)
      }
      joins = try Joins(matrix, linkage)
      try NearestChain(distances, (0..<Int32(matrix.rows)).map { $0 }, joins).run(cancellation, joined)
    } else {
      let rounds = try Team.gather(threads) { (team) throws(Problem) in
        let distances = try PairDistances<Float>(matrix, squared: squared, team, cancellation, measured)
        let joins = try Joins(matrix, linkage)
        let left = try ReciprocalRounds(distances, joins, team, cancellation).run(joined)
        return (joins: joins, names: left.names, distances: left.distances)
      }
      joins = rounds.joins
      try NearestChain(rounds.distances, rounds.names, joins).run(cancellation, joined)
    }
    return Dendrogram(rows: matrix.rows, joins: joins.list)
  }

  private func validate(for matrix: Matrix) throws(Problem) {
    guard matrix.rows > 0 else { throw Problem(.invalid, "there are no vectors", hint: "Add documents with vectors first.", path: "vectors") }
    switch cut {
    case .clusters(let count) where !(1...matrix.rows).contains(count):
      throw Problem(
        .invalid, Demand.tooMany(count, for: matrix.rows),
        hint: matrix.rows < 2 ? "Give more vectors." : "Choose 1 to \(matrix.rows), for example 2.",
        path: "n_clusters")
    case .threshold(let height) where !(height >= 0):
      throw Problem(
        .invalid, "distance_threshold is \(height)", hint: "Choose 0 or more: clusters at that distance stay apart.", path: "distance_threshold")
    default: break
    }
    try Demand.threads(threads)
    if linkage == .single { try Demand.countable(matrix) } else { try Demand.joinable(matrix) }
    try Demand.memory(
      memory(rows: matrix.rows, columns: matrix.columns), atMost: memoryLimit, rows: matrix.rows,
      "linkage '\(linkage.rawValue)' keeps the distances of all pairs")
  }
}
