package import Basics

/// The `count` nearest other rows of each row, by Euclidean distance, exactly, the lower row among equals; -1 where there are not so many.
package func neighbours(
  of matrix: Matrix, count: Int, threads: Int = 1, cancellation: Cancellation = Cancellation()
) throws(Problem) -> NearestPoints.Found {
  try Demand.threads(threads)
  try Demand.range(count, 1...4096, "n_neighbors", "15")
  let there = min(count, matrix.rows - 1)
  guard there >= 1 else {
    return NearestPoints.Found(
      count: count, indices: Array(repeating: -1, count: matrix.rows * count), values: Array(repeating: .infinity, count: matrix.rows * count))
  }
  let graph = try NeighbourGraph(neighbours: there, threads: threads).run(on: matrix, cancellation: cancellation)
  guard there < count else { return NearestPoints.Found(count: count, indices: graph.rows, values: graph.distances) }
  let missing = count - there
  let indices = (0..<matrix.rows).flatMap { graph.rows[$0 * there..<($0 + 1) * there] + Array(repeating: -1, count: missing) }
  let values = (0..<matrix.rows).flatMap { graph.distances[$0 * there..<($0 + 1) * there] + Array(repeating: .infinity, count: missing) }
  return NearestPoints.Found(count: count, indices: indices, values: values)
}
