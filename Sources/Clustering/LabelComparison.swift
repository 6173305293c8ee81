package import Basics
import Glibc

/// How far two labelings of the same rows agree, whatever the numbers of their clusters: scikit-learn's external scores.
package struct LabelComparison: Sendable, Equatable {
  /// Share of pairs of rows that both put together or both apart (Rand 1971), and the same corrected for chance (Hubert, Arabie 1985).
  package let randIndex: Double
  package let adjustedRandIndex: Double
  /// In nats; normalised and adjusted for chance by the arithmetic mean of the entropies (Vinh, Epps, Bailey 2010).
  package let mutualInformation: Double
  package let normalisedMutualInformation: Double
  package let adjustedMutualInformation: Double
  /// Whether each cluster of the second has members of one cluster of the first only, whether each of the first is in one of the second,
  /// and the harmonic mean of both (Rosenberg, Hirschberg 2007).
  package let homogeneity: Double
  package let completeness: Double
  package let vMeasure: Double
  /// Geometric mean of precision and recall over pairs (Fowlkes, Mallows 1983).
  package let fowlkesMallows: Double

  /// `first` is the truth where one is. Throws when the labelings have different numbers of rows, or none.
  package init(_ first: [Int32], _ second: [Int32]) throws(Problem) { self.init(try Contingency(first, second)) }

  package init(_ table: Contingency) {
    let n = Double(table.rows)
    let squares = { (sizes: [Int]) in sizes.reduce(0.0) { $0 + Double($1) * Double($1) } }
    let both = table.cells.reduce(0.0) { $0 + Double($1.count) * Double($1.count) }
    let (first, second) = (squares(table.beforeSizes), squares(table.afterSizes))
    // Ordered pairs of different rows: together in both, only in the second, only in the first, in neither.
    let (together, onlySecond, onlyFirst) = (both - n, second - both, first - both)
    let apart = n * n - first - second + both
    let pairs = together + onlySecond + onlyFirst + apart
    randIndex = pairs == 0 ? 1 : (together + apart) / pairs
    let spread = (together + onlyFirst) * (onlyFirst + apart) + (together + onlySecond) * (onlySecond + apart)
    adjustedRandIndex = onlyFirst == 0 && onlySecond == 0 ? 1 : 2 * (together * apart - onlyFirst * onlySecond) / spread
    fowlkesMallows = together == 0 ? 0 : (together / (together + onlySecond)).squareRoot() * (together / (together + onlyFirst)).squareRoot()

    var information = 0.0
    for cell in table.cells {
      let share = Double(cell.count) / n
      information += share * log(Double(cell.count) * n / (Double(table.beforeSizes[cell.row]) * Double(table.afterSizes[cell.column])))
    }
    information = max(0, information)
    let (h, k) = (ShareDrift.entropy(table.beforeSizes), ShareDrift.entropy(table.afterSizes))
    mutualInformation = information
    homogeneity = h == 0 ? 1 : information / h
    completeness = k == 0 ? 1 : information / k
    let sum = homogeneity + completeness
    vMeasure = sum == 0 ? 0 : 2 * homogeneity * completeness / sum
    let mean = (h + k) / 2
    let trivial = table.before.count == table.after.count && (table.before.count == 1 || table.before.count == table.rows)
    // Entropies of equal labelings differ from their information by rounding alone.
    normalisedMutualInformation = trivial ? 1 : information < 1e-15 || mean == 0 ? 0 : information / mean
    if trivial {
      adjustedMutualInformation = 1
    } else {
      let expected = Self.expectedInformation(table.beforeSizes, table.afterSizes, table.rows)
      let rest = mean - expected
      adjustedMutualInformation = rest.magnitude < 1e-15 ? 0 : (information - expected) / rest
    }
  }

  /// The mean information of two labelings with these sizes, over all ways to shuffle one (hypergeometric cells; Vinh et al., equation 24).
  private static func expectedInformation(_ a: [Int], _ b: [Int], _ n: Int) -> Double {
    // Clusters of equal size contribute equally: each pair of sizes is computed once.
    let count = { (sizes: [Int]) in Dictionary(sizes.map { ($0, 1) }, uniquingKeysWith: +).sorted { $0.key < $1.key } }
    var factorials = [0.0]
    factorials.reserveCapacity(n + 1)
    for i in 1...n { factorials.append(factorials[i - 1] + log(Double(i))) }
    var expected = 0.0
    for (x, times) in count(a) {
      for (y, others) in count(b) {
        var sum = 0.0
        let fixed = factorials[x] + factorials[y] + factorials[n - x] + factorials[n - y] - factorials[n]
        for cell in max(1, x + y - n)...max(min(x, y), max(1, x + y - n)) {
          let chance = fixed - factorials[cell] - factorials[x - cell] - factorials[y - cell] - factorials[n - x - y + cell]
          sum += Double(cell) / Double(n) * log(Double(n) * Double(cell) / (Double(x) * Double(y))) * exp(chance)
        }
        expected += sum * Double(times) * Double(others)
      }
    }
    return expected
  }
}
