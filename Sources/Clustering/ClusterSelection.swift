import Basics

/// Chooses which clusters of a condensed tree to give back: none of them part of another.
struct ClusterSelection {
  let tree: CondensedTree
  let epsilon: Double
  let maximumSize: Int?
  let allowsSingle: Bool

  /// The chosen clusters, counted from 0 for the root, in ascending order.
  func choose(_ method: HDBSCAN.Selection) -> [Int] {
    switch method {
    case .excessOfMass: withinEpsilon(excessOfMass(), leaf: false)
    case .leaf: withinEpsilon(leaves(), leaf: true)
    }
  }

  /// Those whose stability is at least the sum of what could be chosen below them (Campello, Moulavi, Sander 2013; section 4).
  private func excessOfMass() -> [Int] {
    var stabilities = tree.stabilities
    var below = [Double](repeating: 0, count: tree.clusters)
    var chosen = [Bool](repeating: false, count: tree.clusters)
    let last = allowsSingle ? 0 : 1
    for cluster in stride(from: tree.clusters - 1, through: last, by: -1) {
      if below[cluster] > stabilities[cluster] || maximumSize.map({ tree.sizes[cluster] > $0 }) ?? false {
        stabilities[cluster] = below[cluster]
      } else {
        chosen[cluster] = true
      }
      if cluster > 0 { below[tree.parents[cluster]] += stabilities[cluster] }
    }
    return topmost(chosen)
  }

  private func leaves() -> [Int] {
    var isLeaf = [Bool](repeating: true, count: tree.clusters)
    for cluster in 1..<max(tree.clusters, 1) { isLeaf[tree.parents[cluster]] = false }
    isLeaf[0] = false
    return isLeaf.indices.filter { isLeaf[$0] }
  }

  /// Drops what lies below something else that was chosen.
  private func topmost(_ chosen: [Bool]) -> [Int] {
    var covered = [Bool](repeating: false, count: chosen.count)
    for cluster in 1..<max(chosen.count, 1) { covered[cluster] = covered[tree.parents[cluster]] || chosen[tree.parents[cluster]] }
    return chosen.indices.filter { chosen[$0] && !covered[$0] }
  }

  /// Replaces clusters that appeared below the distance epsilon by the first ancestor that appeared above it (Malzer, Baum 2020).
  private func withinEpsilon(_ clusters: [Int], leaf: Bool) -> [Int] {
    guard epsilon > 0, tree.clusters > 1, leaf || clusters != [0] else { return clusters }
    var chosen = [Bool](repeating: false, count: tree.clusters)
    for cluster in clusters { chosen[1 / tree.births[cluster] < epsilon ? ancestor(of: cluster) : cluster] = true }
    return topmost(chosen)
  }

  private func ancestor(of cluster: Int) -> Int {
    var cluster = cluster
    while true {
      let parent = tree.parents[cluster]
      if parent == 0 { return allowsSingle ? 0 : cluster }
      if 1 / tree.births[parent] > epsilon { return parent }
      cluster = parent
    }
  }
}
