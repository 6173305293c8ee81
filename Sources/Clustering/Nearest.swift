package import Basics

/// Assigns vectors to given centroids by cosine: the classification of documents under a taxonomy, or of new ones under known clusters.
package struct Nearest: Sendable {
  package var centroids: Matrix
  /// The least cosine, -1...1; a row whose nearest centroid is less similar belongs to none.
  package var threshold: Double
  package var threads: Int

  package init(centroids: Matrix, threshold: Double = 0.5, threads: Int = 1) {
    self.centroids = centroids
    self.threshold = threshold
    self.threads = threads
  }

  /// The centroid of each row (-1 for none), and the cosine to the nearest one, also where it is below the threshold.
  package struct Assignment: Sendable, Equatable {
    package let labels: [Int32]
    package let similarities: [Double]
  }

  /// Assigns each row; the lower index among equally near centroids. A row of zeros has no direction: its similarity is 0, its label -1.
  /// Lengths do not matter. Throws when dimensions differ, or when cancelled.
  package func assign(_ matrix: Matrix, cancellation: Cancellation = Cancellation()) throws(Problem) -> Assignment {
    guard centroids.rows > 0 else { throw Problem(.invalid, "there are no centroids", hint: "Give at least one.", path: "centroids") }
    guard centroids.columns == matrix.columns else {
      throw Problem(
        .invalid, "the vectors have \(matrix.columns) dimensions, the centroids have \(centroids.columns)",
        hint: "Both must come from the same embedding.", path: "vectors")
    }
    guard (-1...1).contains(threshold) else {
      throw Problem(.invalid, "the threshold is \(threshold)", hint: "A cosine lies between -1 and 1; 0.5 is usual.", path: "assignment_threshold")
    }
    let found = try NearestPoints(centroids, metric: .cosine).find(1, for: matrix, threads: threads, cancellation: cancellation)
    let similarities = zip(found.indices, found.values).map { $0 < 0 ? 0 : $1 }
    return Assignment(labels: zip(found.indices, similarities).map { $1 < threshold ? -1 : $0 }, similarities: similarities)
  }
}
