import CKernels

extension KMeansResult {
  /// The Euclidean distance of each row to the centroid of its cluster, recomputed directly from the differences.
  package func distances(in matrix: Matrix) -> [Float] {
    labels.indices.map { row in
      Float(ck_squared_distance(matrix.pointer(to: row), centroids.pointer(to: Int(labels[row])), matrix.columns).squareRoot())
    }
  }
}
