import Basics
import CKernels

/// Hierarchical clustering by chains of nearest neighbours: from any cluster to its nearest, from there to its nearest, until two are
/// nearest to each other; those are joined (Benzécri 1982, Juan 1982). For the linkages here the tree is the one that joining the nearest
/// pair of all gives.
///
/// A join changes a row of the matrix and the column of the same number. The row is computed at once, from two rows; the column's entries
/// lie in as many cache lines, so each is fetched from the new row when its own row is next looked at, which many never are.
final class NearestChain<Number: ChainNumber> {
  private let tree: Joins
  private let rows: Int
  private let distances: UnsafeMutablePointer<Number>
  private let stride: Int
  private let storage: Buffer<Number>
  /// What the tree calls the cluster of each row of the matrix.
  private let names: [Int32]
  /// Members of each cluster, 0 for rows that are no longer in use.
  private let sizes: Buffer<Number>
  /// Infinite for rows that are no longer in use.
  private let barriers: Buffer<Number>

  /// Rows of the clusters that were made, in the order of making, and when (from 1): those still in use, and some that are not.
  private var made: [Int32] = []
  private var madeAt: [Int32] = []
  private var forgotten = 0
  /// When each row's cluster was made, 0 for those that were there, -1 for none.
  private var born: [Int32]
  /// Up to which time a row's entries are right.
  private var seen: [Int32]
  private var stale: [Int32] = []

  /// Distances between the clusters called `names` are taken over and changed: squared for Ward and complete linkage, plain for average.
  init(_ distances: PairDistances<Number>, _ names: [Int32], _ tree: Joins) throws(Problem) {
    (self.tree, self.names) = (tree, names)
    rows = distances.rows
    storage = distances.entries
    self.distances = storage.pointer
    stride = distances.stride
    sizes = try Buffer(count: rows)
    barriers = try Buffer(count: rows)
    for row in 0..<rows { sizes.pointer[row] = Number(tree.sizes[Int(names[row])]) }
    born = Array(repeating: 0, count: rows)
    seen = born
  }

  /// Joins all, in the order in which the chain finds pairs. `progress` is told the share of all joins that is made.
  func run(_ cancellation: Cancellation, _ progress: (Double) -> Void) throws(Problem) {
    var chain: [Int] = []
    var lowest = 0
    let (all, portion) = (tree.matrix.rows, max(256, tree.matrix.rows / 50))
    for time in 1..<max(rows, 1) {
      if chain.isEmpty {
        while sizes.pointer[lowest] == 0 { lowest += 1 }
        chain.append(lowest)
      }
      while true {
        try cancellation.check()
        let previous = chain.count > 1 ? chain[chain.count - 2] : -1
        let next = nearest(to: chain[chain.count - 1], preferring: previous)
        if next == previous { break }
        chain.append(next)
      }
      let (x, y) = (chain.removeLast(), chain.removeLast())
      join(min(x, y), max(x, y), Int32(time))
      if time % portion == 0 { progress(Double(tree.list.count) / Double(all)) }
    }
  }

  /// The nearest cluster; among equals the one the chain came from, or else the lowest.
  private func nearest(to row: Int, preferring previous: Int) -> Int {
    refresh(row)
    let entries = distances + row * stride
    barriers.pointer[row] = .infinity
    defer { barriers.pointer[row] = 0 }
    var least: Number = 0
    let found = Number.least(entries, barriers.pointer, rows, &least)
    return previous >= 0 && !(least < entries[previous]) ? previous : found
  }

  /// Fetches the entries of the clusters that were made since the row was last looked at.
  private func refresh(_ row: Int) {
    var (low, high) = (0, madeAt.count)
    while low < high {
      let middle = (low + high) / 2
      if madeAt[middle] <= seen[row] { low = middle + 1 } else { high = middle }
    }
    guard low < made.count else { return }
    stale.removeAll(keepingCapacity: true)
    for i in low..<made.count where born[Int(made[i])] == madeAt[i] { stale.append(made[i]) }
    Number.refresh(distances, stride, row, stale)
    seen[row] = madeAt[madeAt.count - 1]
  }

  /// Joins the cluster of row `a` into that of `b`, whose row the new one takes.
  private func join(_ a: Int, _ b: Int, _ time: Int32) {
    // One of them may have been looked at before the last joins of others.
    refresh(a)
    refresh(b)
    let (from, to) = (distances + a * stride, distances + b * stride)
    let (aSize, bSize) = (sizes.pointer[a], sizes.pointer[b])
    let between = tree.join(names[a], names[b], Double(from[b]))
    switch tree.linkage {
    case .ward: Number.mergeWard(from, to, rows, aSize, bSize, Number(between), sizes.pointer)
    case .average: Number.mergeAverage(from, to, rows, aSize, bSize)
    case .complete, .single: Number.mergeComplete(from, to, rows)
    }
    sizes.pointer[a] = 0
    sizes.pointer[b] = aSize + bSize
    barriers.pointer[a] = .infinity
    forgotten += (born[a] > 0 ? 1 : 0) + (born[b] > 0 ? 1 : 0)
    (born[a], born[b], seen[b]) = (-1, time, time)
    made.append(Int32(b))
    madeAt.append(time)
    if forgotten > made.count / 3 + 64 { forget() }
  }

  /// Drops the entries of clusters that are no more, so that looking for new ones stays short.
  private func forget() {
    var kept = 0
    for i in made.indices where born[Int(made[i])] == madeAt[i] {
      (made[kept], madeAt[kept]) = (made[i], madeAt[i])
      kept += 1
    }
    made.removeLast(made.count - kept)
    madeAt.removeLast(madeAt.count - kept)
    forgotten = 0
  }
}
