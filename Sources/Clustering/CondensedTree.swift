/// The clusters that appear, shrink, split and vanish as density rises (Campello, Moulavi, Sander 2013; section 3).
///
/// Read from the root: where a join comes apart into two parts of at least the minimum size, both are new clusters; where only one is left,
/// it is the same cluster, and the other's points have fallen out of it. Density is lambda = 1 / distance.
package struct CondensedTree: Sendable {
  /// A point or a cluster that leaves its parent at a density.
  package struct Row: Sendable, Equatable {
    /// A cluster: the number of points and above; that number itself is the root.
    package let parent: Int
    /// A point (below the number of points) or a cluster.
    package let child: Int
    /// Infinite where points coincide.
    package let lambda: Double
    package let size: Int
  }

  package let points: Int
  /// Parents before their children; a cluster's number is above its parent's.
  package private(set) var rows: [Row] = []
  /// How many clusters there are, the root among them.
  package var clusters: Int { parents.count }

  // By cluster, counted from 0 for the root.
  private(set) var parents: [Int] = [-1]
  private(set) var births: [Double] = [0]
  private(set) var sizes: [Int]
  /// The greatest density at which something leaves it.
  private(set) var deaths: [Double] = [0]
  /// The sum over all that leaves it of (lambda - birth) * size.
  private(set) var stabilities: [Double] = [0]

  init(_ tree: MergeTree, minimumSize: Int) {
    points = tree.points
    sizes = [tree.points]
    rows.reserveCapacity(tree.points + 16)
    /// By join: the cluster that it is part of, -1 when it has fallen out of one.
    var cluster = [Int](repeating: -1, count: tree.joins)
    if tree.joins > 0 { cluster[tree.joins - 1] = 0 }
    for join in stride(from: tree.joins - 1, through: 0, by: -1) where cluster[join] >= 0 {
      let own = cluster[join]
      let lambda = tree.heights[join] > 0 ? 1 / tree.heights[join] : .infinity
      let children = [Int(tree.children[join].0), Int(tree.children[join].1)]
      let large = children.count { Int(tree.sizes[$0]) >= minimumSize }
      for child in children {
        let size = Int(tree.sizes[child])
        if size < minimumSize {
          for point in tree.points(below: child) { leave(own, Int(point), lambda, 1) }
        } else if large == 1 {
          cluster[child - tree.points] = own
        } else {
          cluster[child - tree.points] = parents.count
          leave(own, points + parents.count, lambda, size)
          parents.append(own)
          births.append(lambda)
          sizes.append(size)
          deaths.append(0)
          stabilities.append(0)
        }
      }
    }
  }

  private mutating func leave(_ cluster: Int, _ child: Int, _ lambda: Double, _ size: Int) {
    rows.append(Row(parent: points + cluster, child: child, lambda: lambda, size: size))
    deaths[cluster] = max(deaths[cluster], lambda)
    // Nothing is gained by leaving at once: also not at infinite density.
    if lambda > births[cluster] { stabilities[cluster] += (lambda - births[cluster]) * Double(size) }
  }

  /// By point: the cluster that it leaves and the density at which it does; -1 and 0 in a tree without joins.
  func departures() -> (clusters: [Int], lambdas: [Double]) {
    var (clusters, lambdas) = ([Int](repeating: -1, count: points), [Double](repeating: 0, count: points))
    for row in rows where row.child < points {
      clusters[row.child] = row.parent - points
      lambdas[row.child] = row.lambda
    }
    return (clusters, lambdas)
  }

  /// How much of an outlier each point is, 0...1: by how much less dense it is than the densest part of the cluster that it leaves
  /// (GLOSH; Campello, Moulavi, Zimek, Sander 2015, definition 8).
  func outlierScores() -> [Double] {
    var highest = deaths
    for cluster in stride(from: clusters - 1, to: 0, by: -1) { highest[parents[cluster]] = max(highest[parents[cluster]], highest[cluster]) }
    let (clusters, lambdas) = departures()
    return zip(clusters, lambdas).map { cluster, lambda in
      guard cluster >= 0, highest[cluster] > 0, lambda.isFinite else { return 0 }
      return highest[cluster].isFinite ? (highest[cluster] - lambda) / highest[cluster] : 1
    }
  }
}
