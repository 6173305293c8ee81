package import Basics
import CKernels

/// The nearest of given centroids for each row, and how far it is: Euclidean, exact, the lower index among equals.
package struct CentroidAssignment: Sendable {
  package let labels: [Int32]
  /// In double precision: bins are cut between neighbouring distances, where rounding would move rows to the other side.
  package let distances: [Double]

  /// Throws when dimensions differ, there is no centroid, a value is too large to be squared, or when cancelled.
  package init(
    of matrix: Matrix, to centroids: Matrix, threads: Int = 1, cancellation: Cancellation = Cancellation()
  ) throws(Problem) {
    try Demand.threads(threads)
    try Demand.dimensions(matrix, as: centroids.columns, "centroids")
    try Demand.rows(centroids, atLeast: 1, "centroid")
    try Demand.scale(matrix)
    try Demand.scale(centroids)
    let (columns, count) = (matrix.columns, centroids.rows)
    let exact = try Buffer<Double>(count: count * columns)
    ck_widen(centroids.storage.pointer, count * columns, exact.pointer)
    let offset = try Buffer<Float>(count: columns)
    let mean = try Moments.mean(of: centroids)
    for column in 0..<columns { offset.pointer[column] = Float(mean[column]) }
    let tiles = try Buffer<Float>(count: count * columns)
    let norms = try Buffer<Float>(count: count)
    ck_pack_centroids(exact.pointer, count, columns, offset.pointer, 0, ck_group_count(count), tiles.pointer, norms.pointer)
    let longest = norms.values.max() ?? 0
    let panels = (matrix.rows + Panels.lanes - 1) / Panels.lanes
    let labels = try Buffer<Int32>(count: panels * Panels.lanes)
    let distances = try Buffer<Double>(count: panels * Panels.lanes)
    Team.gather(threads) { team in
      team.share(panels) { panel in
        guard !cancellation.isCancelled else { return }
        let first = panel * Panels.lanes
        let rows = min(Panels.lanes, matrix.rows - first)
        withUnsafeTemporaryAllocation(byteCount: (columns + 3) * Panels.lanes * 4, alignment: 64) { raw in
          let scratch = raw.bindMemory(to: Float.self).baseAddress!  // never nil: there is a column
          let best = scratch + columns * Panels.lanes
          let (second, lengths) = (best + Panels.lanes, best + 2 * Panels.lanes)
          ck_pack_panel(matrix.pointer(to: first), rows, columns, offset.pointer, scratch, lengths)
          ck_nearest(scratch, tiles.pointer, norms.pointer, count, columns, nil, labels.pointer + first, best, second)
          _ = ck_settle(matrix.pointer(to: first), rows, lengths, exact.pointer, count, columns, longest, best, second, labels.pointer + first)
          for row in 0..<rows {
            let centroid = exact.pointer + Int(labels.pointer[first + row]) * columns
            distances.pointer[first + row] = ck_centroid_distance(matrix.pointer(to: first + row), centroid, columns).squareRoot()
          }
        }
      }
    }
    try cancellation.check()
    self.labels = Array(labels.values.prefix(matrix.rows))
    self.distances = Array(distances.values.prefix(matrix.rows))
  }
}
