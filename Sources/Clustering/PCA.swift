package import Basics
import CKernels

/// The directions in which rows vary most, and rows as seen along them: principal components.
///
/// Up to `exactDimensions` columns the covariance is decomposed; beyond, its leading part by randomised subspace iteration (Halko,
/// Martinsson, Tropp 2011, algorithm 4.4), whose error in a variance falls with the tenth power of the ratio to the first one left out.
/// Each direction's largest component (the first among equals) is positive, so that signs do not depend on the method.
package struct PCA: Sendable, Equatable {
  package let mean: [Double]
  /// `count` times `mean.count`, direction after direction, each of length 1.
  package let directions: [Double]
  /// The variance along each direction (divided by rows - 1), largest first.
  package let variances: [Double]
  /// The variance in all directions.
  package let totalVariance: Double

  package static let exactDimensions = 1024

  package var count: Int { variances.count }
  /// The share of the total variance along each direction; 0 when nothing varies.
  package var ratios: [Double] { variances.map { totalVariance > 0 ? $0 / totalVariance : 0 } }

  package init(mean: [Double], directions: [Double], variances: [Double], totalVariance: Double) throws(Problem) {
    guard directions.count == mean.count * variances.count else {
      throw Problem(.malformed, "\(directions.count) values do not make \(variances.count) directions of \(mean.count)", path: "projection")
    }
    (self.mean, self.directions, self.variances, self.totalVariance) = (mean, directions, variances, totalVariance)
  }

  /// The first `components` directions (at most as many as columns). Throws without rows, when `components` does not fit, or when cancelled.
  package init(
    of matrix: Matrix, components: Int, seed: UInt64 = 0, threads: Int = 1, cancellation: Cancellation = Cancellation()
  ) throws(Problem) {
    try Demand.rows(matrix, atLeast: 1, "given")
    try Demand.threads(threads)
    try Demand.range(components, 1...matrix.columns, "n_components", "\(min(2, matrix.columns))")
    if matrix.columns <= Self.exactDimensions {
      try self.init(
        moments: Moments(of: matrix, threads: threads, cancellation: cancellation), components: components, threads: threads,
        cancellation: cancellation)
    } else {
      try Demand.range(components, 1...1024, "n_components", "50")
      let subspace = try PrincipalSubspace(matrix, components, seed, threads, cancellation)
      let total = try Moments.variances(of: matrix, mean: subspace.mean, cancellation).reduce(0, +)
      try self.init(mean: subspace.mean, directions: subspace.directions, variances: subspace.variances, totalVariance: total)
    }
  }

  /// From what is known of the rows already.
  package init(
    moments: Moments, components: Int, threads: Int = 1, cancellation: Cancellation = Cancellation()
  ) throws(Problem) {
    let size = moments.dimensions
    try Demand.range(components, 1...size, "n_components", "\(min(2, size))")
    let eigen = try SymmetricEigen(of: moments.covariance, size: size, threads: threads, cancellation: cancellation)
    mean = moments.mean
    directions = Array(eigen.vectors.prefix(components * size))
    variances = eigen.values.prefix(components).map { max(0, $0) }
    totalVariance = moments.trace
  }

  /// The rows along the directions; with `whitening`, each has variance 1 in the rows it was learned from, or less where that number, which is
  /// added to each variance, counts beside it (directions without variance give 0).
  package func transform(
    _ matrix: Matrix, whitening: Double? = nil, threads: Int = 1, cancellation: Cancellation = Cancellation()
  ) throws(Problem) -> Matrix {
    try Demand.threads(threads)
    try Demand.dimensions(matrix, as: mean.count, "projection")
    let (size, width) = (mean.count, count)
    let basis = try Buffer<Double>(count: size * width)
    // What a constant matrix leaves of rounding is not worth stretching.
    let least = (variances.first ?? 0) * 1e-12
    for k in 0..<width {
      let scale = whitening.map { variances[k] > least ? 1 / (variances[k] + $0).squareRoot() : 0 } ?? 1
      for j in 0..<size { basis.pointer[j * width + k] = directions[k * size + j] * scale }
    }
    return try Matrix(rows: matrix.rows, columns: width) { (target) throws(Problem) in
      let result = SharedPointer(target.baseAddress!)  // not nil: buffers are never empty
      Team.gather(threads) { team in
        team.share((matrix.rows + 31) / 32) { piece in
          guard !cancellation.isCancelled else { return }
          let rows = min(32, matrix.rows - piece * 32)
          withUnsafeTemporaryAllocation(of: Double.self, capacity: rows * (size + width)) { memory in
            let centred = memory.baseAddress!  // never nil: there is a row and a column
            ck_centre_rows(matrix.pointer(to: piece * 32), rows, size, mean, centred)
            ck_project(centred, rows, size, basis.pointer, width, centred + rows * size)
            ck_narrow(centred + rows * size, rows * width, result.pointer + piece * 32 * width)
          }
        }
      }
      try cancellation.check()
    }
  }
}
