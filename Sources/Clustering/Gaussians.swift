import Basics
import CKernels
import Glibc

/// The components of a mixture: how often each is, where it lies, and how it spreads; and how likely rows are under it.
final class Gaussians: @unchecked Sendable {
  // @unchecked Sendable: lives in one run; in each phase the pieces of work write apart from each other.
  let count: Int
  let columns: Int
  let spread: GaussianMixture.Spread
  var weights: [Double]
  /// `count` rows.
  let means: Buffer<Double>
  /// full: `count` matrices; tied: one; diagonal: `count` rows; spherical: `count` numbers.
  let covariances: Buffer<Double>
  /// full and tied: the inverse of the covariance's Cholesky factor; diagonal and spherical: one row of precisions per component.
  private let whiteners: Buffer<Double>
  /// The logarithm of each component's density at its mean.
  private var peaks: [Double]
  /// tied: the whitened means, as rows are whitened once for all components.
  private let whitenedMeans: Buffer<Double>
  private let origin: Buffer<Double>

  init(_ count: Int, _ columns: Int, _ spread: GaussianMixture.Spread) throws(Problem) {
    (self.count, self.columns, self.spread) = (count, columns, spread)
    weights = Array(repeating: 1 / Double(count), count: count)
    peaks = Array(repeating: 0, count: count)
    means = try Buffer(count: count * columns)
    covariances = try Buffer(count: spread.numbers(count, columns))
    whiteners = try Buffer(count: spread.isMatrix ? spread.numbers(count, columns) : count * columns)
    whitenedMeans = try Buffer(count: spread == .tied ? count * columns : 0)
    origin = try Buffer(count: columns)
  }

  // MARK: - Expectation

  /// Rows of a matrix that are factored between two looks at whether the work is still wanted.
  private static let rowsPerLook = 4

  /// Makes the whiteners of the covariances. Throws when one of them has lost its volume, or when cancelled.
  func prepare(_ team: Team, _ cancellation: Cancellation) throws(Problem) {
    let matrices = spread == .tied ? 1 : count
    let size = columns * columns
    let failed = try Buffer<Int32>(count: matrices)
    if spread.isMatrix {
      let factors = try Buffer<Double>(count: matrices * size)
      team.share(matrices) { [self] k in
        let (factor, covariance) = (factors.pointer + k * size, covariances.pointer + k * size)
        factor.update(from: covariance, count: size)
        // A few rows at a time: with some thousand columns a matrix takes seconds.
        let rows = stride(from: 0, to: columns, by: Self.rowsPerLook).map { ($0, min($0 + Self.rowsPerLook, columns)) }
        for (first, last) in rows where failed.pointer[k] == 0 && !cancellation.isCancelled {
          if ck_cholesky_rows(factor, columns, first, last) < last { failed.pointer[k] = 1 }
        }
        for (first, last) in rows where failed.pointer[k] == 0 && !cancellation.isCancelled {
          ck_invert_lower_rows(factor, columns, whiteners.pointer + k * size, first, last)
        }
      }
      try cancellation.check()
    } else {
      for k in 0..<count {
        for j in 0..<columns {
          let variance = covariances.pointer[spread == .spherical ? k : k * columns + j]
          if !(variance > 0) { failed.pointer[k] = 1 }
          whiteners.pointer[k * columns + j] = 1 / variance
        }
      }
    }
    if let k = failed.values.firstIndex(of: 1) {
      throw Problem(
        .invalid, "the covariance of component \(k) has lost its volume: too few different rows belong to it",
        hint: "Raise reg_covar (for example to 1e-3), choose fewer components, or a simpler covariance_type.", path: "reg_covar")
    }
    for k in 0..<count {
      var logDeterminant = 0.0
      for j in 0..<columns {
        let diagonal = spread.isMatrix ? whiteners.pointer[(spread == .tied ? 0 : k * size) + j * columns + j] : 0
        logDeterminant += spread.isMatrix ? log(diagonal) : log(whiteners.pointer[k * columns + j]) / 2
      }
      peaks[k] = logDeterminant - Double(columns) / 2 * log(2 * Double.pi)
    }
    guard spread == .tied else { return }
    for k in 0..<count {
      try cancellation.check()
      for i in 0..<columns {
        var sum = 0.0
        for j in 0...i { sum += whiteners.pointer[i * columns + j] * means.pointer[k * columns + j] }
        whitenedMeans.pointer[k * columns + i] = sum
      }
    }
  }

  /// Writes each row's shares in the components (`count` numbers per row); answers the mean logarithm of the rows' densities.
  func expect(_ matrix: Matrix, _ shares: Buffer<Double>, _ team: Team, _ cancellation: Cancellation) throws(Problem) -> Double {
    let lanes = Int(CK_WIDE_LANES)
    let panels = (matrix.rows + lanes - 1) / lanes
    let perPiece = max(1, min(16, 400_000 / (lanes * columns * count * (spread.isMatrix ? columns / 2 + 1 : 1))))
    let pieces = (panels + perPiece - 1) / perPiece
    let totals = try Buffer<Double>(count: pieces)
    team.share(pieces) { [self] piece in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: (2 * columns + 1) * lanes) { scratch in
        guard let panel = scratch.baseAddress else { return }
        let (whitened, squares) = (panel + columns * lanes, panel + 2 * columns * lanes)
        var total = 0.0
        for index in piece * perPiece..<min((piece + 1) * perPiece, panels) where !cancellation.isCancelled {
          let first = index * lanes
          let rows = min(lanes, matrix.rows - first)
          let values = matrix.pointer(to: first)
          let own = shares.pointer + first * count
          if spread == .tied {
            ck_centre_panel(values, rows, columns, origin.pointer, panel)
            ck_whiten(whiteners.pointer, columns, panel, whitened)
          }
          for k in 0..<count {
            let mean = means.pointer + k * columns
            switch spread {
            case .full:
              ck_centre_panel(values, rows, columns, mean, panel)
              ck_whiten(whiteners.pointer + k * columns * columns, columns, panel, whitened)
              ck_panel_squares(whitened, columns, nil, nil, squares)
            case .tied: ck_panel_squares(whitened, columns, whitenedMeans.pointer + k * columns, nil, squares)
            case .diagonal, .spherical:
              ck_centre_panel(values, rows, columns, mean, panel)
              ck_panel_squares(panel, columns, nil, whiteners.pointer + k * columns, squares)
            }
            let constant = peaks[k] + log(weights[k])
            for lane in 0..<rows { own[lane * count + k] = constant - squares[lane] / 2 }
          }
          for lane in 0..<rows { total += ck_softmax(own + lane * count, count) }
        }
        totals.pointer[piece] = total
      }
    }
    try cancellation.check()
    return totals.values.reduce(0, +) / Double(matrix.rows)
  }

  // MARK: - Maximisation

  /// Takes weights, means and covariances from the rows and their shares. `scatter` is the rows' total scatter about the origin, for tied
  /// covariances.
  func maximise(
    _ matrix: Matrix, _ shares: Buffer<Double>, _ regularisation: Double, _ scatter: Buffer<Double>?, _ team: Team, _ cancellation: Cancellation
  ) throws(Problem) {
    var sizes = [Double](repeating: 10 * Double.ulpOfOne, count: count)
    for row in 0..<matrix.rows { for k in 0..<count { sizes[k] += shares.pointer[row * count + k] } }
    let all = sizes.reduce(0, +)
    weights = sizes.map { $0 / all }
    let ranges = Matrix.columnRanges(columns, max(1, 8 / count))
    let (found, chunk) = (sizes, 256)
    team.share(count * ranges.count) { [self] piece in
      let (k, range) = (piece / ranges.count, ranges[piece % ranges.count])
      let mean = means.pointer + k * columns
      for j in range { mean[j] = 0 }
      for row in 0..<matrix.rows {
        if row % chunk == 0, cancellation.isCancelled { return }
        ck_add_row(mean, matrix.pointer(to: row), shares.pointer[row * count + k], range.lowerBound, range.upperBound)
      }
      for j in range { mean[j] /= found[k] }
    }
    try cancellation.check()
    switch spread {
    case .full: try takeMatrices(matrix, shares, found, regularisation, team, cancellation)
    case .tied: try takeTied(scatter, found, all, regularisation, cancellation)
    case .diagonal, .spherical:
      let variances = try Buffer<Double>(count: count * columns)
      team.share(count * ranges.count) { [self] piece in
        let (k, range) = (piece / ranges.count, ranges[piece % ranges.count])
        for first in stride(from: 0, to: matrix.rows, by: chunk) where !cancellation.isCancelled {
          ck_add_deviations(
            matrix.pointer(to: first), min(chunk, matrix.rows - first), columns, means.pointer + k * columns, shares.pointer + first * count + k,
            count,
            range.lowerBound, range.upperBound, variances.pointer + k * columns)
        }
      }
      try cancellation.check()
      for k in 0..<count {
        for j in 0..<columns { variances.pointer[k * columns + j] = variances.pointer[k * columns + j] / found[k] + regularisation }
        if spread == .diagonal {
          (covariances.pointer + k * columns).update(from: variances.pointer + k * columns, count: columns)
        } else {
          covariances.pointer[k] = variances.values[k * columns..<(k + 1) * columns].reduce(0, +) / Double(columns)
        }
      }
    }
  }

  private func takeMatrices(
    _ matrix: Matrix, _ shares: Buffer<Double>, _ sizes: [Double], _ regularisation: Double, _ team: Team, _ cancellation: Cancellation
  ) throws(Problem) {
    for k in 0..<count {
      let scatter = try Self.scatter(matrix, means.pointer + k * columns, shares.pointer + k, count, team, cancellation)
      let target = covariances.pointer + k * columns * columns
      for i in 0..<columns * columns { target[i] = scatter.pointer[i] / sizes[k] }
      for j in 0..<columns { target[j * columns + j] += regularisation }
    }
  }

  private func takeTied(
    _ scatter: Buffer<Double>?, _ sizes: [Double], _ all: Double, _ regularisation: Double, _ cancellation: Cancellation
  ) throws(Problem) {
    guard let scatter else { return }
    let target = covariances.pointer
    target.update(from: scatter.pointer, count: columns * columns)
    for k in 0..<count {
      try cancellation.check()
      let mean = means.pointer + k * columns
      for i in 0..<columns { for j in 0..<columns { target[i * columns + j] -= sizes[k] * mean[i] * mean[j] } }
    }
    for i in 0..<columns * columns { target[i] /= all }
    for j in 0..<columns { target[j * columns + j] += regularisation }
  }

  /// The sum of the rows' weighted products of deviations from `centre`, as a full matrix. Threads share out its rows, so each entry is
  /// summed in the order of the data however many there are.
  static func scatter(
    _ matrix: Matrix, _ centre: UnsafePointer<Double>, _ weights: UnsafePointer<Double>, _ step: Int, _ team: Team, _ cancellation: Cancellation
  ) throws(Problem) -> Buffer<Double> {
    let columns = matrix.columns
    let width = (columns + 15) / 16 * 16
    let padded = try Buffer<Double>(count: width * width)
    let strip = 48
    nonisolated(unsafe) let (centre, weights) = (centre, weights)  // only read
    team.share((columns + strip - 1) / strip) { piece in
      let (first, last) = (piece * strip, min((piece + 1) * strip, columns))
      withUnsafeTemporaryAllocation(of: Double.self, capacity: 32 * width) { scratch in
        guard let scratch = scratch.baseAddress else { return }
        for row in stride(from: 0, to: matrix.rows, by: 256) where !cancellation.isCancelled {
          ck_add_scatter(
            matrix.pointer(to: row), min(256, matrix.rows - row), columns, centre, weights + row * step, step, first, last, padded.pointer, width,
            scratch)
        }
      }
    }
    try cancellation.check()
    let result = try Buffer<Double>(count: columns * columns)
    for i in 0..<columns {
      for j in 0...i {
        let value = padded.pointer[i * width + j]
        (result.pointer[i * columns + j], result.pointer[j * columns + i]) = (value, value)
      }
    }
    return result
  }
}
