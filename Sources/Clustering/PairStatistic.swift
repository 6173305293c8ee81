package import Basics
import CKernels

/// Whether two sets of rows come from one distribution, judged by all pairs: the maximum mean discrepancy, or the energy distance.
///
/// The value is the unbiased one, E k(x, x') + E k(y, y') - 2 E k(x, y) over pairs of different rows (Gretton et al., "A Kernel Two-Sample
/// Test", JMLR 13, 2012, lemma 6), with k = exp(-gamma d^2) or, for the energy distance (Szekely, Rizzo 2013), k = -d. Without any drift
/// it lies around 0, on either side. Its p-value is that of a permutation test. No pair is computed twice and no matrix of pairs kept.
package struct PairStatistic: Sendable, Equatable {
  package enum Kernel: Sendable, Equatable {
    /// exp(-gamma d^2). `medianGamma` makes a gamma from the baseline.
    case gaussian(gamma: Double)
    /// -d: no bandwidth to choose.
    case distance
  }

  package let value: Double
  /// The same with each row paired with itself as well: never below 0, and larger the fewer rows there are.
  package let biased: Double
  /// (1 + permutations with at least this value) / (1 + permutations); nil without permutations.
  package let pValue: Double?
  /// Mean and standard deviation of the value over the permutations; 0 without.
  package let nullMean: Double
  package let nullDeviation: Double

  /// Rows per side beyond which a caller should draw a sample: the work grows with the square of their number.
  package static let largestSide = 5000

  /// Compares the rows of `baseline` and `current` (at least 2 each). Both are shuffled together `permutations` times, by `seed`.
  package init(
    _ baseline: Matrix, _ current: Matrix, kernel: Kernel, permutations: Int = 200, seed: UInt64 = 0, threads: Int = 1,
    cancellation: Cancellation = Cancellation()
  ) throws(Problem) {
    try Demand.threads(threads)
    try Demand.rows(baseline, atLeast: 2, "baseline")
    try Demand.rows(current, atLeast: 2, "current")
    try Demand.dimensions(current, as: baseline.columns, "baseline")
    try Demand.scale(baseline)
    try Demand.scale(current)
    try Demand.range(permutations, 0...10_000, "permutations", "200")
    if case .gaussian(let gamma) = kernel, !(gamma > 0 && gamma.isFinite) {
      throw Problem(.invalid, "gamma is \(gamma)", hint: "Choose more than 0: 1 / median distance^2 is usual.", path: "gamma")
    }
    let sums = try Team.gather(threads) { (team) throws(Problem) in
      try PairSums(baseline, current, kernel, permutations, seed, team, cancellation)
    }
    let (m, n) = (Double(baseline.rows), Double(current.rows))
    func unbiased(_ form: Double, _ difference: Double) -> Double {
      // With signs +1 and -1: form = xx + yy - xy, total = xx + yy + xy, difference = 2 (xx - yy), each pair once.
      let (within, cross) = ((form + sums.total) / 2, (sums.total - form) / 2)
      let (xx, yy) = ((within + difference / 2) / 2, (within - difference / 2) / 2)
      return 2 * xx / (m * (m - 1)) + 2 * yy / (n * (n - 1)) - 2 * cross / (m * n)
    }
    let own = kernel == .distance ? 0.0 : 1.0
    let (xx, yy, cross) = (sums.within.0, sums.within.1, sums.cross)
    value = 2 * xx / (m * (m - 1)) + 2 * yy / (n * (n - 1)) - 2 * cross / (m * n)
    biased = max(0, (2 * xx + own * m) / (m * m) + (2 * yy + own * n) / (n * n) - 2 * cross / (m * n))
    let null = zip(sums.forms, sums.differences).map { unbiased($0, $1) }
    guard !null.isEmpty else {
      (pValue, nullMean, nullDeviation) = (nil, 0, 0)
      return
    }
    let observed = value
    pValue = Double(1 + null.count { $0 >= observed }) / Double(1 + null.count)
    let mean = null.reduce(0, +) / Double(null.count)
    nullMean = mean
    nullDeviation = (null.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(null.count - 1, 1))).squareRoot()
  }

  /// 1 / median^2 of the distances of the first rows (1000 at most) to each other; 1 when that median is 0.
  package static func medianGamma(_ matrix: Matrix, threads: Int = 1) throws(Problem) -> Double {
    try Demand.threads(threads)
    let rows = min(matrix.rows, 1000)
    guard rows >= 2 else { return 1 }
    let sample = rows < matrix.rows ? try matrix.selecting(Array(0..<rows)) : matrix
    let pairs = try Team.gather(threads) { (team) throws(Problem) in
      try PairDistances<Float>(sample, squared: true, team, Cancellation()) { _ in }
    }
    let squares = try Buffer<Float>(count: rows * (rows - 1) / 2)
    for row in 1..<rows { (squares.pointer + row * (row - 1) / 2).update(from: pairs.entries.pointer + row * pairs.stride, count: row) }
    let middle = ck_middle(squares.pointer, squares.count)
    let median = (Double(middle.lower).squareRoot() + Double(middle.upper).squareRoot()) / 2
    return median > 0 ? 1 / (median * median) : 1
  }
}
