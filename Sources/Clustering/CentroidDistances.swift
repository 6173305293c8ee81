import CKernels

extension Matrix {
  /// The Euclidean distance of each row to the centroid that its label names, recomputed directly from the differences; 0 for labels below 0.
  package func distances(to centroids: Matrix, _ labels: [Int32]) -> [Float] {
    labels.indices.map { row in
      guard labels[row] >= 0 else { return 0 }
      return Float(ck_squared_distance(pointer(to: row), centroids.pointer(to: Int(labels[row])), columns).squareRoot())
    }
  }
}
