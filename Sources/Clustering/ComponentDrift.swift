package import Basics
import CKernels

/// How far each component of two sets of rows has moved, one distribution at a time.
package struct ComponentDrift: Sendable, Equatable {
  /// Per component: the greatest difference of the two distribution functions (Kolmogorov, Smirnov), 0...1, and its p-value.
  package let distances: [Double]
  package let pValues: [Double]
  /// Per component: the first Wasserstein distance in standard deviations of the baseline; 0 where the baseline does not vary and nothing moved.
  package let shifts: [Double]

  package var largestDistance: Double { distances.max() ?? 0 }
  /// The chance of a largest distance like this without drift: the smallest p-value times their number (Bonferroni), at most 1.
  package var pValue: Double { min(1, (pValues.min() ?? 1) * Double(pValues.count)) }
  /// Components whose p-value lies below 0.05 divided by their number, as a share of all.
  package var driftedShare: Double { share(pValues.count { $0 < 0.05 / Double(pValues.count) }) }
  package var meanShift: Double { shifts.reduce(0, +) / Double(max(shifts.count, 1)) }
  /// Components that moved by more than a tenth of a standard deviation, as a share of all.
  package var shiftedShare: Double { share(shifts.count { $0 > 0.1 }) }

  private func share(_ count: Int) -> Double { Double(count) / Double(max(distances.count, 1)) }

  /// Compares column by column. Throws when there are no rows on a side, when dimensions differ, or when cancelled.
  package init(_ baseline: Matrix, _ current: Matrix, threads: Int = 1, cancellation: Cancellation = Cancellation()) throws(Problem) {
    try Demand.threads(threads)
    try Demand.rows(baseline, atLeast: 1, "baseline")
    try Demand.rows(current, atLeast: 1, "current")
    try Demand.dimensions(current, as: baseline.columns, "baseline")
    let variances = try Moments.variances(of: baseline, mean: Moments.mean(of: baseline, cancellation), population: true, cancellation)
    let columns = baseline.columns
    let (m, n) = (baseline.rows, current.rows)
    let results = try Buffer<Double>(count: 2 * columns)
    Team.gather(threads) { team in
      team.share(columns) { column in
        guard !cancellation.isCancelled else { return }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: m + n + max(m, n)) { memory in
          let a = memory.baseAddress!  // never nil: there are rows
          let (b, scratch) = (a + m, a + m + n)
          ck_take_column(baseline.storage.pointer, m, columns, column, a)
          ck_take_column(current.storage.pointer, n, columns, column, b)
          ck_sort(a, m, scratch)
          ck_sort(b, n, scratch)
          let comparison = ck_compare_sorted(a, m, b, n)
          results.pointer[2 * column] = comparison.distance
          results.pointer[2 * column + 1] = comparison.area
        }
      }
    }
    try cancellation.check()
    distances = (0..<columns).map { results.pointer[2 * $0] }
    pValues = distances.map { Distributions.kolmogorovAbove($0, m, n) }
    // A component that was constant and is no more has moved by infinitely many deviations of nothing: as much as can be told is 1.
    shifts = (0..<columns).map { column in
      let area = results.pointer[2 * column + 1]
      return variances[column] > 0 ? area / variances[column].squareRoot() : area > 0 ? 1 : 0
    }
  }
}
