package import Basics

/// HDBSCAN: the clusters that persist longest as density rises, and noise between them; no number of clusters is needed.
///
/// Campello, Moulavi, Sander 2013, with the parameters and meanings of the reference implementation (hdbscan 0.8.44, McInnes, Healy,
/// Astels). Everything is exact: no neighbour is approximate, in any number of dimensions. Most edges share their weight with others (it is
/// the core distance of a row that they have in common), and what they join first decides to which cluster such a row belongs, and whether
/// few rows are a cluster. The reference leaves that to the order of the rows and to an unstable sort, so that any order is as likely as any
/// other; here a row stays with what was reached first from the densest one, and `SpanningTree.joiningSmall` tells the rest. So neither the
/// order of the rows nor the number of threads changes anything but names; clusters are numbered in the order of their first rows.
package struct HDBSCAN: Sendable {
  package enum Selection: String, Sendable, CaseIterable {
    /// The most stable clusters.
    case excessOfMass = "eom"
    /// The smallest clusters, at the ends of the tree.
    case leaf
  }

  /// A smaller group is noise, or points that fell out of a larger one; at least 2.
  package var minimumClusterSize: Int
  /// How many other rows must be near for a row to be dense; nil: `minimumClusterSize`. More than there are others counts as all of them.
  package var minimumSamples: Int?
  /// Clusters that part below this distance are not parted.
  package var selectionEpsilon: Double
  /// With `excessOfMass`: larger clusters are given up for those inside them.
  package var maximumClusterSize: Int?
  package var metric: Metric
  /// Distances are divided by this before they are compared with core distances; above 0.
  package var alpha: Double
  package var selection: Selection
  /// Whether all rows together may be the answer.
  package var allowsSingleCluster: Bool
  /// As the reference does: what is joined at equal weights is reached from the first row on, in the order of the rows, and a point that
  /// leaves a cluster at the very density at which the cluster appears is noise.
  package var matchesReference: Bool
  package var threads: Int

  package init(
    minimumClusterSize: Int = 5, minimumSamples: Int? = nil, selectionEpsilon: Double = 0, maximumClusterSize: Int? = nil,
    metric: Metric = .euclidean,
    alpha: Double = 1, selection: Selection = .excessOfMass, allowsSingleCluster: Bool = false, matchesReference: Bool = false, threads: Int = 1
  ) {
    self.minimumClusterSize = minimumClusterSize
    self.minimumSamples = minimumSamples
    self.selectionEpsilon = selectionEpsilon
    self.maximumClusterSize = maximumClusterSize
    self.metric = metric
    self.alpha = alpha
    self.selection = selection
    self.allowsSingleCluster = allowsSingleCluster
    self.matchesReference = matchesReference
    self.threads = threads
  }

  private var samples: Int { minimumSamples ?? minimumClusterSize }

  /// Bytes that a run takes beside the matrix itself, at most, to be refused before it begins rather than when memory ends.
  package func memory(rows: Int, columns: Int) -> Int {
    (metric == .cosine ? rows * columns * 4 : 0) + SpanningTree.memory(rows: rows, columns: columns, k: samples) + rows * 200
  }

  /// Clusters the rows. Throws when a parameter is wrong (named as in the API, `min_cluster_size`), or when cancelled: it looks for that
  /// after at most a few milliseconds of work. `progress` is called on the caller's thread.
  package func run(
    on matrix: Matrix, cancellation: Cancellation = Cancellation(), progress: ((PairProgress) -> Void)? = nil
  ) throws(Problem) -> HDBSCANResult {
    try validate(for: matrix)
    try cancellation.check()
    let data = try metric.prepare(matrix, cancellation)
    let spanning = try Team.gather(threads) { (team) throws(Problem) in
      try SpanningTree(data, k: samples, alpha: alpha, team: team, cancellation: cancellation) { progress?($0) }
    }
    return try result(spanning, rows: data.rows, cancellation)
  }

  private func result(_ spanning: SpanningTree, rows: Int, _ cancellation: Cancellation) throws(Problem) -> HDBSCANResult {
    let joins: [SpanningTree.Edge]
    if matchesReference {
      joins = try spanning.walk(from: 0, cancellation) { $0 }
    } else {
      let walk = try spanning.walk(from: spanning.densest, cancellation) { spanning.ranks[Int($0)] }
      joins = try spanning.joiningSmall(walk, minimumSize: minimumClusterSize, cancellation)
    }
    let merges = MergeTree(points: rows, edges: joins)
    try cancellation.check()
    let tree = CondensedTree(merges, minimumSize: minimumClusterSize)
    try cancellation.check()
    let chosen = ClusterSelection(tree: tree, epsilon: selectionEpsilon, maximumSize: maximumClusterSize, allowsSingle: allowsSingleCluster)
      .choose(selection)
    /// By cluster of the tree: the chosen one that it is part of, or -1.
    var holder = [Int](repeating: -1, count: tree.clusters)
    for cluster in chosen { holder[cluster] = cluster }
    for cluster in 1..<max(tree.clusters, 1) where holder[cluster] < 0 { holder[cluster] = holder[tree.parents[cluster]] }

    let (clusters, lambdas) = tree.departures()
    var names: [Int: Int32] = [:]
    var order: [Int] = []
    var labels = [Int32](repeating: -1, count: rows)
    var probabilities = [Double](repeating: 0, count: rows)
    for row in 0..<rows where clusters[row] >= 0 {
      let cluster = holder[clusters[row]]
      guard cluster >= 0, belongs(lambdas[row], to: cluster, in: tree) else { continue }
      if names[cluster] == nil {
        names[cluster] = Int32(order.count)
        order.append(cluster)
      }
      labels[row] = names[cluster] ?? -1
      let death = tree.deaths[cluster]
      probabilities[row] = death == 0 || !lambdas[row].isFinite ? 1 : min(lambdas[row], death) / death
    }
    let highest = tree.deaths.max() ?? 0
    var sizes = [Int](repeating: 0, count: order.count)
    for label in labels where label >= 0 { sizes[Int(label)] += 1 }
    let persistence = zip(order, sizes).map { cluster, size in
      highest.isFinite && highest > 0 ? tree.stabilities[cluster] / (Double(size) * highest) : 1
    }
    return HDBSCANResult(
      labels: labels, probabilities: probabilities, outlierScores: tree.outlierScores(), persistence: persistence,
      clusters: order.map { $0 + rows }, condensed: tree, coreDistances: spanning.cores,
      spanningTree: spanning.edges.map { HDBSCANResult.Edge(a: Int($0.a), b: Int($0.b), weight: $0.weight) })
  }

  /// Whether a point below a chosen cluster is one of its members.
  private func belongs(_ lambda: Double, to cluster: Int, in tree: CondensedTree) -> Bool {
    if cluster > 0 { return !matchesReference || lambda > tree.births[cluster] }
    // All rows are one cluster: those are noise that left before it came apart, or beyond epsilon.
    return selectionEpsilon > 0 ? lambda >= 1 / selectionEpsilon : lambda >= tree.deaths[0]
  }
}

/// What HDBSCAN found.
package struct HDBSCANResult: Sendable {
  /// The cluster of each row, in the order of the clusters' first rows; -1 for noise.
  package let labels: [Int32]
  /// How firmly each row belongs to its cluster, 0...1: its density as a share of the cluster's greatest. 0 for noise.
  package let probabilities: [Double]
  /// How much of an outlier each row is, 0...1 (GLOSH).
  package let outlierScores: [Double]
  /// How long each cluster lasts, 0...1.
  package let persistence: [Double]
  /// The number of each cluster in the condensed tree.
  package let clusters: [Int]
  package let condensed: CondensedTree
  /// The distance of each row to its `min_samples`-th nearest other row.
  package let coreDistances: [Double]
  /// The minimum spanning tree of mutual reachability, lightest edge first.
  package let spanningTree: [Edge]

  package struct Edge: Sendable, Equatable {
    package let a: Int
    package let b: Int
    package let weight: Double
  }

  /// Rows without a cluster, as a share of all.
  package var noiseRatio: Double { labels.isEmpty ? 0 : Double(labels.count { $0 < 0 }) / Double(labels.count) }
}

// MARK: - Validation

extension HDBSCAN {
  private func validate(for matrix: Matrix) throws(Problem) {
    var demands = Demands()
    demands.demand(
      minimumClusterSize >= 2, "min_cluster_size", "min_cluster_size is \(minimumClusterSize)", "Choose at least 2, for example 5.")
    if let minimumSamples {
      demands.demand(
        minimumSamples >= 1, "min_samples", "min_samples is \(minimumSamples)", "Choose at least 1, or leave it out for min_cluster_size.")
    }
    demands.demand(
      selectionEpsilon >= 0 && selectionEpsilon.isFinite, "cluster_selection_epsilon", "cluster_selection_epsilon is \(selectionEpsilon)",
      "Choose a distance, 0 for none.")
    if let maximumClusterSize {
      demands.demand(
        maximumClusterSize >= 1, "max_cluster_size", "max_cluster_size is \(maximumClusterSize)", "Choose at least 1, or leave it out for no limit.")
    }
    demands.demand(alpha > 0 && alpha.isFinite, "alpha", "alpha is \(alpha)", "Choose a number above 0; 1 changes nothing.")
    demands.demandThreads(threads)
    demands.demandRows(matrix.rows)
    try demands.check()
  }
}
