package import Basics

/// The `count` nearest other rows of each row, by Euclidean distance, exactly; -1 where there are not so many.
package func neighbours(
  of matrix: Matrix, count: Int, threads: Int = 1, cancellation: Cancellation = Cancellation()
) throws(Problem) -> NearestPoints.Found {
  try NearestPoints(matrix, metric: .euclidean).find(count, for: matrix, skippingSelf: true, threads: threads, cancellation: cancellation)
}
