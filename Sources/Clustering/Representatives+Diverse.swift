package import Basics
import CKernels

extension Representatives {
  /// For each centroid up to `count` members that show its breadth: first the one nearest to the centroid, then again and again the one
  /// farthest from all that are chosen (Gonzalez 1985), the lower row among equals.
  ///
  /// Members equal to a chosen one are not chosen, so a cluster of copies has one representative.
  package static func diverse(
    _ count: Int, in matrix: Matrix, labels: [Int32], centroids: Matrix, cancellation: Cancellation = Cancellation()
  ) throws(Problem) -> [[Int]] {
    guard count > 0 else { return try nearest(count, in: matrix, labels: labels, centroids: centroids) }
    let first = try nearest(1, in: matrix, labels: labels, centroids: centroids)
    let partition = try Partition(matrix, labels, clusters: centroids.rows)
    var result: [[Int]] = []
    for (cluster, members) in partition.members.enumerated() {
      var chosen = first[cluster]
      var distances = [Double](repeating: .infinity, count: members.count)
      while let last = chosen.last, chosen.count < count {
        try cancellation.check()
        var farthest = (distance: 0.0, row: -1)
        for (place, row) in members.enumerated() {
          distances[place] = min(distances[place], ck_squared_distance(matrix.pointer(to: row), matrix.pointer(to: last), matrix.columns))
          if distances[place] > farthest.distance { farthest = (distances[place], row) }
        }
        if farthest.row < 0 { break }
        chosen.append(farthest.row)
      }
      result.append(chosen)
    }
    return result
  }
}
