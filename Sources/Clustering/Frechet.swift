package import Basics
import CKernels

/// The Fréchet distance of the Gaussians that fit two sets of rows, squared: of their means, plus what their covariances differ by.
package enum Frechet {
  /// |mean - mean|^2 + tr(S + T - 2 (S^1/2 T S^1/2)^1/2), never below 0 (Dowson, Landau 1982). Reliable only for many more rows than
  /// dimensions: without drift it grows with dimensions / rows.
  package static func full(
    _ baseline: Moments, _ current: Matrix, threads: Int = 1, cancellation: Cancellation = Cancellation()
  ) throws(Problem) -> Double {
    try check(baseline.dimensions, current)
    let size = baseline.dimensions
    let eigen = try SymmetricEigen(of: baseline.covariance, size: size, threads: threads, cancellation: cancellation)
    return try full(baseline, eigen, current, threads: threads, cancellation: cancellation)
  }

  /// The same with the baseline's eigenvectors at hand. The matrix S^1/2 T S^1/2 has the eigenvalues of the covariance of current rows that
  /// were projected onto the eigenvectors of S and stretched by the roots of its eigenvalues.
  static func full(
    _ baseline: Moments, _ eigen: SymmetricEigen, _ current: Matrix, threads: Int, cancellation: Cancellation
  ) throws(Problem) -> Double {
    let size = baseline.dimensions
    let mean = try Moments.mean(of: current, cancellation)
    let basis = try Buffer<Double>(count: size * size)
    for (i, value) in eigen.values.enumerated() {
      let root = max(0, value).squareRoot()
      let vector = eigen[i]
      for (j, component) in vector.enumerated() { basis.pointer[j * size + i] = component * root }
    }
    let sum = try Moments.products(size, current.rows, threads, cancellation) { row, count, target in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: count * size) { centred in
        // never nil: there is a row and a column
        ck_centre_rows(current.pointer(to: row), count, size, mean, centred.baseAddress!)
        ck_project(centred.baseAddress!, count, size, basis.pointer, size, target)
      }
    }
    let product = Moments.symmetric(sum, size, divisor: Double(max(current.rows - 1, 1)))
    let roots = try SymmetricEigen(of: product, size: size, threads: threads, cancellation: cancellation).values
    let trace = try Moments.variances(of: current, mean: mean, cancellation).reduce(0, +)
    return max(0, squaredShift(baseline.mean, mean) + baseline.trace + trace - 2 * roots.reduce(0) { $0 + max(0, $1).squareRoot() })
  }

  /// The same between Gaussians without covariances: |mean - mean|^2 plus the squared differences of the standard deviations.
  package static func diagonal(mean: [Double], variances: [Double], _ current: Matrix) throws(Problem) -> Double {
    try check(mean.count, current)
    let own = try Moments.mean(of: current)
    let spread = try Moments.variances(of: current, mean: own)
    return diagonal(mean, variances, own, spread)
  }

  static func diagonal(_ mean: [Double], _ variances: [Double], _ other: [Double], _ spread: [Double]) -> Double {
    squaredShift(mean, other)
      + zip(variances, spread).reduce(0) { sum, pair in
        let difference = max(0, pair.0).squareRoot() - max(0, pair.1).squareRoot()
        return sum + difference * difference
      }
  }

  static func squaredShift(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }

  private static func check(_ dimensions: Int, _ current: Matrix) throws(Problem) {
    try Demand.dimensions(current, as: dimensions, "baseline")
    try Demand.rows(current, atLeast: 2, "current")
  }
}
