import Basics
import CKernels

/// The joins of a tree while it is made, and what must be known of clusters beside their distances: members, heights and, for Ward, means.
///
/// A cluster goes by the highest of its rows' numbers, as in scipy.
final class Joins {
  let matrix: Matrix
  let linkage: Agglomerative.Linkage
  /// In the order of making.
  private(set) var list: [Dendrogram.Join] = []
  private(set) var sizes: [Int32]
  private var heights: [Double]
  private let means: Buffer<Double>?

  init(_ matrix: Matrix, _ linkage: Agglomerative.Linkage) throws(Problem) {
    (self.matrix, self.linkage) = (matrix, linkage)
    list.reserveCapacity(matrix.rows)
    sizes = Array(repeating: 1, count: matrix.rows)
    heights = Array(repeating: 0, count: matrix.rows)
    means = linkage == .ward ? try Buffer(count: matrix.rows * matrix.columns) : nil
    if let means { ck_widen(matrix.storage.pointer, matrix.rows * matrix.columns, means.pointer) }
  }

  /// Whether the distances that clusters are compared by are squared: plain ones for average linkage alone.
  static func areSquared(_ linkage: Agglomerative.Linkage) -> Bool { linkage != .average }

  /// Joins `a` into `b`, the higher number, given their distance as compared. Answers with that distance, for Ward in double precision.
  func join(_ a: Int32, _ b: Int32, _ distance: Double) -> Double {
    let (first, second) = (Int(a), Int(b))
    var distance = distance
    let height: Double
    switch linkage {
    case .ward:
      distance = mergeMeans(first, second)
      height = distance.squareRoot()
    case .average: height = exact(first, second) ?? distance
    case .complete, .single: height = exact(first, second) ?? distance.squareRoot()
    }
    // Rounding must not put a cluster below the parts that it is made of.
    heights[second] = max(height, heights[first], heights[second])
    sizes[second] += sizes[first]
    list.append(Dendrogram.Join(a: a, b: b, height: heights[second]))
    return distance
  }

  /// The distance in double precision, if the two are single rows.
  private func exact(_ a: Int, _ b: Int) -> Double? {
    guard sizes[a] == 1, sizes[b] == 1 else { return nil }
    return ck_squared_distance(matrix.pointer(to: a), matrix.pointer(to: b), matrix.columns).squareRoot()
  }

  /// Ward's squared distance of two clusters, 2 |A| |B| / (|A| + |B|) times that of their means, in double precision; `b` becomes the mean
  /// of both.
  private func mergeMeans(_ a: Int, _ b: Int) -> Double {
    guard let means else { return 0 }
    let (aSize, bSize, columns) = (Double(sizes[a]), Double(sizes[b]), matrix.columns)
    let square = ck_merge_means(means.pointer + a * columns, means.pointer + b * columns, columns, aSize, bSize)
    return 2 * aSize * bSize / (aSize + bSize) * square
  }
}
