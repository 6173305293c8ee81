/// The tree that joining clusters two by two makes of n rows, in the form of scipy's linkage matrix.
///
/// Clusters 0..<n are the rows; merge i makes cluster n + i. Merges are sorted by height.
package struct Dendrogram: Sendable, Equatable {
  package struct Merge: Sendable, Equatable {
    /// The two clusters that become one, the lower number first.
    package let a: Int32
    package let b: Int32
    /// How far apart they were, as the linkage measures it.
    package let height: Double
    /// Rows in the cluster that they make.
    package let size: Int32
  }

  package let rows: Int
  /// `rows - 1` of them.
  package let merges: [Merge]

  /// Joins given as pairs of rows, each standing for the cluster it then is in: the edges of a spanning tree, or the steps of a chain.
  package struct Join: Sendable {
    package let a: Int32
    package let b: Int32
    package let height: Double

    package init(a: Int32, b: Int32, height: Double) { (self.a, self.b, self.height) = (a, b, height) }
  }

  /// Sorts the joins by height, the earlier first among equals, and names the clusters as scipy does. `joins` must connect the rows without
  /// a ring.
  package init(rows: Int, joins: [Join]) {
    self.rows = rows
    var roots = [Int32](repeating: -1, count: max(0, 2 * rows - 1))
    var sizes = [Int32](repeating: 1, count: max(0, 2 * rows - 1))
    func root(of cluster: Int32) -> Int32 {
      var top = cluster
      while roots[Int(top)] >= 0 { top = roots[Int(top)] }
      var walker = cluster
      while roots[Int(walker)] >= 0 {
        let above = roots[Int(walker)]
        roots[Int(walker)] = top
        walker = above
      }
      return top
    }
    let order = joins.indices.sorted { (joins[$0].height, $0) < (joins[$1].height, $1) }
    merges = order.enumerated().map { step, index in
      let (a, b) = (root(of: joins[index].a), root(of: joins[index].b))
      let made = Int32(rows + step)
      (roots[Int(a)], roots[Int(b)]) = (made, made)
      sizes[Int(made)] = sizes[Int(a)] + sizes[Int(b)]
      return Merge(a: min(a, b), b: max(a, b), height: joins[index].height, size: sizes[Int(made)])
    }
  }

  // MARK: - Flat clusters

  /// The labels of the rows when `count` clusters are left: all merges are made but the highest `count - 1`. Clusters are numbered by their
  /// first row.
  package func labels(clusters count: Int) -> [Int32] { labels(after: max(0, min(rows - count, merges.count))) }

  /// The labels when only clusters closer than `threshold` are merged.
  package func labels(below threshold: Double) -> [Int32] { labels(after: merges.firstIndex { !($0.height < threshold) } ?? merges.count) }

  private func labels(after steps: Int) -> [Int32] {
    // A cluster's number is its maker's; going down from the last merge, everyone hears of the top above him.
    var tops = (0..<Int32(rows + steps)).map { $0 }
    for step in stride(from: steps - 1, through: 0, by: -1) {
      tops[Int(merges[step].a)] = tops[rows + step]
      tops[Int(merges[step].b)] = tops[rows + step]
    }
    var names = [Int32](repeating: -1, count: rows + steps)
    var next: Int32 = 0
    return (0..<rows).map { row in
      let top = Int(tops[row])
      if names[top] < 0 {
        names[top] = next
        next += 1
      }
      return names[top]
    }
  }
}
