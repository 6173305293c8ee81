import Basics
import CKernels

/// Hierarchical clustering by chains of nearest neighbours: from any cluster to its nearest, from there to its nearest, until two are
/// nearest to each other; those are joined (Benzécri 1982, Juan 1982). For the linkages here the tree is the one that joining the nearest
/// pair of all gives.
///
/// A join changes a row of the matrix and the column of the same number. The row is computed at once, from two rows; the column's entries
/// lie in as many cache lines, so each is fetched from the new row when its own row is next looked at, which many never are.
final class NearestChain<Number: ChainNumber> {
  private let matrix: Matrix
  private let rows: Int
  private let linkage: Agglomerative.Linkage
  private let distances: UnsafeMutablePointer<Number>
  private let stride: Int
  private let storage: Buffer<Number>
  /// Members of each cluster, 0 for numbers that are no longer in use.
  private let sizes: Buffer<Number>
  /// Infinite for numbers that are no longer in use.
  private let barriers: Buffer<Number>
  /// Means of the clusters, for Ward's heights.
  private let means: Buffer<Double>?

  /// Numbers of the clusters that were made, in the order of making, and when (from 1): those still in use, and some that are not.
  private var made: [Int32] = []
  private var madeAt: [Int32] = []
  private var forgotten = 0
  /// When each number's cluster was made, 0 for single rows, -1 for none.
  private var born: [Int32]
  /// Up to which time a row's entries are right.
  private var seen: [Int32]
  private var heights: [Double]
  private var stale: [Int32] = []

  /// Distances are taken over and changed: squared for Ward and complete linkage, plain for average.
  init(_ matrix: Matrix, _ distances: PairDistances<Number>, _ linkage: Agglomerative.Linkage) throws(Problem) {
    (self.matrix, self.linkage) = (matrix, linkage)
    rows = matrix.rows
    storage = distances.entries
    self.distances = storage.pointer
    stride = distances.stride
    sizes = try Buffer(count: rows)
    barriers = try Buffer(count: rows)
    for row in 0..<rows { sizes.pointer[row] = 1 }
    born = Array(repeating: 0, count: rows)
    seen = born
    heights = Array(repeating: 0, count: rows)
    means = linkage == .ward ? try Buffer(count: rows * matrix.columns) : nil
    if let means { for i in 0..<rows * matrix.columns { means.pointer[i] = Double(matrix.storage.pointer[i]) } }
  }

  static func areSquared(_ linkage: Agglomerative.Linkage) -> Bool { linkage != .average }

  /// The joins, in the order in which the chain finds them. `progress` is told the share that is done.
  func joins(_ cancellation: Cancellation, _ progress: (Double) -> Void) throws(Problem) -> [Dendrogram.Join] {
    var joins: [Dendrogram.Join] = []
    joins.reserveCapacity(rows)
    var chain: [Int] = []
    var lowest = 0
    let portion = max(256, rows / 50)
    while joins.count < rows - 1 {
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
      joins.append(join(min(x, y), max(x, y), Int32(joins.count + 1)))
      if joins.count % portion == 0 { progress(Double(joins.count) / Double(rows)) }
    }
    return joins
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

  /// Joins cluster `a` into `b`, whose number the new one takes (as in scipy: the higher).
  private func join(_ a: Int, _ b: Int, _ time: Int32) -> Dendrogram.Join {
    // One of them may have been looked at before the last joins of others.
    refresh(a)
    refresh(b)
    let (from, to) = (distances + a * stride, distances + b * stride)
    let (aSize, bSize) = (sizes.pointer[a], sizes.pointer[b])
    let height: Double
    switch linkage {
    case .ward:
      let square = mergeMeans(a, b, Double(aSize), Double(bSize))
      height = square.squareRoot()
      Number.mergeWard(from, to, rows, aSize, bSize, Number(square), sizes.pointer)
    case .average:
      height = distance(a, b) ?? Double(from[b])
      Number.mergeAverage(from, to, rows, aSize, bSize)
    case .complete, .single:
      height = distance(a, b) ?? Double(from[b]).squareRoot()
      Number.mergeComplete(from, to, rows)
    }
    sizes.pointer[a] = 0
    sizes.pointer[b] = aSize + bSize
    barriers.pointer[a] = .infinity
    // Rounding must not put a cluster below the parts that it is made of.
    heights[b] = max(height, heights[a], heights[b])
    forgotten += (born[a] > 0 ? 1 : 0) + (born[b] > 0 ? 1 : 0)
    (born[a], born[b], seen[b]) = (-1, time, time)
    made.append(Int32(b))
    madeAt.append(time)
    if forgotten > made.count / 3 + 64 { forget() }
    return Dendrogram.Join(a: Int32(a), b: Int32(b), height: heights[b])
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

  /// The exact distance, if the two are single rows.
  private func distance(_ a: Int, _ b: Int) -> Double? {
    guard sizes.pointer[a] == 1, sizes.pointer[b] == 1 else { return nil }
    return ck_squared_distance(matrix.pointer(to: a), matrix.pointer(to: b), matrix.columns).squareRoot()
  }

  /// Ward's squared distance of two clusters, 2 |A| |B| / (|A| + |B|) times that of their means, in double precision; `b` becomes the mean
  /// of both.
  private func mergeMeans(_ a: Int, _ b: Int, _ aSize: Double, _ bSize: Double) -> Double {
    guard let means else { return 0 }
    let columns = matrix.columns
    let square = ck_merge_means(means.pointer + a * columns, means.pointer + b * columns, columns, aSize, bSize)
    return 2 * aSize * bSize / (aSize + bSize) * square
  }
}
