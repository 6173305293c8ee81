package import Basics
import CKernels
import Glibc

/// How well a straight line tells baseline from current rows: 0.5 when it cannot, 1 when it always can.
///
/// Fisher's linear discriminant, fitted on the rows with even numbers and judged on the odd ones by the area under the ROC curve, so
/// nothing is drawn by chance. The pooled covariance gets 0.001 of its mean variance on the diagonal. Beyond `fullDimensions` columns
/// only the diagonal of the covariance is used.
package struct DomainClassifier: Sendable, Equatable {
  package let auc: Double
  /// The standard deviation of the area without drift, from the numbers of judged rows (Mann, Whitney 1947).
  package let nullDeviation: Double
  /// The chance of an area this large without drift.
  package let pValue: Double

  package static let fullDimensions = 1024

  /// Throws when a side has fewer than 4 rows, when dimensions differ, or when cancelled.
  package init(_ baseline: Matrix, _ current: Matrix, threads: Int = 1, cancellation: Cancellation = Cancellation()) throws(Problem) {
    try Demand.threads(threads)
    try Demand.rows(baseline, atLeast: 4, "baseline")
    try Demand.rows(current, atLeast: 4, "current")
    try Demand.dimensions(current, as: baseline.columns, "baseline")
    let direction =
      baseline.columns <= Self.fullDimensions
      ? try Self.discriminant(baseline, current, threads, cancellation) : try Self.diagonal(baseline, current, cancellation)
    let (a, b) = (try Self.scores(baseline, direction, cancellation), try Self.scores(current, direction, cancellation))
    let area = ck_ranked_above(a.pointer, a.count, b.pointer, b.count)
    auc = area
    let (m, n) = (Double(a.count), Double(b.count))
    nullDeviation = ((m + n + 1) / (12 * m * n)).squareRoot()
    pValue = Distributions.normalAbove((area - 0.5) / nullDeviation)
  }

  /// Solves (S + ridge) w = the difference of the means.
  private static func discriminant(
    _ baseline: Matrix, _ current: Matrix, _ threads: Int, _ cancellation: Cancellation
  ) throws(Problem) -> [Double] {
    let a = try Moments(of: baseline, step: 2, threads: threads, cancellation: cancellation)
    let b = try Moments(of: current, step: 2, threads: threads, cancellation: cancellation)
    let size = baseline.columns
    let pooled = try Buffer<Double>(count: size * size)
    let (m, n) = (Double(a.count - 1), Double(b.count - 1))
    a.covariance.withUnsafeBufferPointer { x in
      b.covariance.withUnsafeBufferPointer { y in
        // not nil: there is a column
        ck_blend(x.baseAddress!, m / (m + n), y.baseAddress!, n / (m + n), pooled.pointer, size * size)
      }
    }
    let trace = (0..<size).reduce(0) { $0 + pooled.pointer[$1 * size + $1] }
    let ridge = trace > 0 ? 1e-3 * trace / Double(size) : 1
    for i in 0..<size { pooled.pointer[i * size + i] += ridge }
    try cancellation.check()
    var solution = zip(b.mean, a.mean).map { $0 - $1 }
    try cancellation.inPieces(0..<size, columns: size * size / 4) { (rows) throws(Problem) in
      guard ck_cholesky_rows(pooled.pointer, size, rows.lowerBound, rows.upperBound) == rows.upperBound else {
        throw Problem(.invalid, "the covariance cannot be inverted", hint: "Scale the vectors to usual sizes, about 1.", path: "vectors")
      }
    }
    ck_solve_factored(pooled.pointer, size, &solution)
    return solution
  }

  private static func diagonal(_ baseline: Matrix, _ current: Matrix, _ cancellation: Cancellation) throws(Problem) -> [Double] {
    let evens = { (matrix: Matrix) throws(Problem) -> Matrix in try matrix.selecting(Array(stride(from: 0, to: matrix.rows, by: 2))) }
    let (x, y) = (try evens(baseline), try evens(current))
    let (a, b) = (try Moments.mean(of: x, cancellation), try Moments.mean(of: y, cancellation))
    let (v, w) = (try Moments.variances(of: x, mean: a, cancellation), try Moments.variances(of: y, mean: b, cancellation))
    let (m, n) = (Double(x.rows - 1), Double(y.rows - 1))
    let pooled = zip(v, w).map { ($0 * m + $1 * n) / (m + n) }
    let trace = pooled.reduce(0, +)
    let ridge = trace > 0 ? 1e-3 * trace / Double(pooled.count) : 1
    return pooled.indices.map { (b[$0] - a[$0]) / (pooled[$0] + ridge) }
  }

  /// The odd rows' products with the direction, sorted.
  private static func scores(_ matrix: Matrix, _ direction: [Double], _ cancellation: Cancellation) throws(Problem) -> Buffer<Float> {
    let scores = try Buffer<Float>(count: matrix.rows / 2)
    let scratch = try Buffer<Float>(count: matrix.rows / 2)
    try cancellation.inPieces(0..<scores.count, columns: matrix.columns) { (rows) throws(Problem) in
      for i in rows { scores.pointer[i] = Float(ck_wide_dot(matrix.pointer(to: 2 * i + 1), direction, matrix.columns)) }
    }
    ck_sort(scores.pointer, scores.count, scratch.pointer)
    return scores
  }
}
