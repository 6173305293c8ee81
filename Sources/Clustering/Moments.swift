package import Basics
import CKernels

/// Mean and covariance of rows, in double precision: what a Gaussian, principal components and a linear classifier need to know of them.
package struct Moments: Sendable, Equatable {
  package let count: Int
  package let mean: [Double]
  /// Columns times columns, row after row, divided by `count` - 1 (zeros for a single row); symmetric.
  package let covariance: [Double]

  package var dimensions: Int { mean.count }
  /// The variances' sum.
  package var trace: Double { mean.indices.reduce(0) { $0 + covariance[$1 * mean.count + $1] } }

  package init(count: Int, mean: [Double], covariance: [Double]) {
    self.count = count
    self.mean = mean
    self.covariance = covariance
  }

  /// Of all rows, or of every second one from row `from` on when `step` is 2.
  package init(
    of matrix: Matrix, from first: Int = 0, step: Int = 1, threads: Int = 1, cancellation: Cancellation = Cancellation()
  ) throws(Problem) {
    try Demand.threads(threads)
    let columns = matrix.columns
    let rows = first < matrix.rows ? (matrix.rows - first + step - 1) / step : 0
    let mean = try Self.mean(of: matrix, from: first, step: step, cancellation)
    let sum = try Self.products(columns, rows, threads, cancellation) { row, count, target in
      for i in 0..<count { ck_centre_rows(matrix.pointer(to: first + (row + i) * step), 1, columns, mean, target + i * columns) }
    }
    count = rows
    self.mean = mean
    covariance = Self.symmetric(sum, columns, divisor: Double(max(rows - 1, 1)))
  }

  /// The mean of the rows; zeros when there are none.
  static func mean(
    of matrix: Matrix, from first: Int = 0, step: Int = 1, _ cancellation: Cancellation = Cancellation()
  ) throws(Problem) -> [Double] {
    var sum = [Double](repeating: 0, count: matrix.columns)
    let count = first < matrix.rows ? (matrix.rows - first + step - 1) / step : 0
    try cancellation.inPieces(0..<count, columns: matrix.columns) { rows in
      for row in rows { ck_add_row(&sum, matrix.pointer(to: first + row * step), 1, 0, matrix.columns) }
    }
    return count == 0 ? sum : sum.map { $0 / Double(count) }
  }

  /// The variance of each column, divided by `rows` - 1 (0 for a single row), or by `rows` for that of a whole population.
  static func variances(
    of matrix: Matrix, mean: [Double], population: Bool = false, _ cancellation: Cancellation = Cancellation()
  ) throws(Problem) -> [Double] {
    let sums = try Buffer<Double>(count: matrix.columns)
    try cancellation.inPieces(0..<matrix.rows, columns: matrix.columns) { rows in
      ck_add_squares(matrix.pointer(to: rows.lowerBound), rows.count, matrix.columns, mean, sums.pointer)
    }
    let divisor = Double(max(population ? matrix.rows : matrix.rows - 1, 1))
    return sums.values.map { $0 / divisor }
  }

  /// The upper triangle of the sum of products of columns, over `rows` rows that `fill` writes (row, count, target) some at a time.
  static func products(
    _ columns: Int, _ rows: Int, _ threads: Int, _ cancellation: Cancellation,
    fill: @Sendable (Int, Int, UnsafeMutablePointer<Double>) -> Void
  ) throws(Problem) -> Buffer<Double> {
    let batch = 128
    let width = max(4, min(16, columns / (4 * threads) / 4 * 4))
    let sum = try Buffer<Double>(count: columns * columns)
    let centred = try Buffer<Double>(count: batch * columns)
    try Team.gather(threads) { (team) throws(Problem) in
      for first in stride(from: 0, to: rows, by: batch) {
        try cancellation.check()
        let count = min(batch, rows - first)
        team.share((count + 15) / 16) { part in
          fill(first + part * 16, min(16, count - part * 16), centred.pointer + part * 16 * columns)
        }
        team.share((columns + width - 1) / width) { part in
          ck_add_moments(centred.pointer, count, columns, part * width, min((part + 1) * width, columns), sum.pointer)
        }
      }
    }
    return sum
  }

  static func symmetric(_ upper: Buffer<Double>, _ columns: Int, divisor: Double) -> [Double] {
    Array(unsafeUninitializedCapacity: columns * columns) { target, count in
      ck_mirror(upper.pointer, columns, divisor, target.baseAddress!)  // never nil: there is a column
      count = columns * columns
    }
  }
}
