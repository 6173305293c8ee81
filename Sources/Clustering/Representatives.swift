package import Basics
import CKernels

/// The rows that stand for each cluster: its members nearest to the centroid.
///
/// The first of them is the medoid in squared distances: the member nearest to the mean is also the one whose squared
/// distances to all members have the smallest sum (the parallel axis theorem), so no pairs need be compared.
package enum Representatives {
  /// For each centroid the `count` nearest of its members, nearest first, the lower row among equals; fewer when it has fewer.
  package static func nearest(_ count: Int, in matrix: Matrix, labels: [Int32], centroids: Matrix) throws(Problem) -> [[Int]] {
    guard count >= 0 else {
      throw Problem(.invalid, "\(count) representatives are asked for", hint: "Choose 0 or more, for example 5.", path: "count")
    }
    guard centroids.columns == matrix.columns else {
      throw Problem(
        .invalid, "the centroids have \(centroids.columns) dimensions, the vectors have \(matrix.columns)",
        hint: "Both must come from the same embedding.", path: "centroids")
    }
    if let label = labels.max(), label >= centroids.rows {
      throw Problem(.invalid, "label \(label) has no centroid: there are \(centroids.rows)", hint: "Number the clusters from 0.", path: "labels")
    }
    let partition = try Partition(matrix, labels, clusters: centroids.rows)
    return partition.members.enumerated().map { cluster, members in
      members.map { (distance: ck_squared_distance(matrix.pointer(to: $0), centroids.pointer(to: cluster), matrix.columns), row: $0) }
        .sorted { $0 < $1 }.prefix(count).map(\.row)
    }
  }
}
