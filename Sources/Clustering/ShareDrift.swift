package import Basics
import Glibc

/// How far the shares of cells (clusters, or bins of a distance) have moved between two counts.
package struct ShareDrift: Sendable, Equatable {
  /// Population stability index: the sum of (q - p) ln(q / p), with half a row added to each cell so that empty ones can be compared.
  /// The bands 0.1 and 0.25 that are often quoted mean something only for 20,000 rows and more: without drift its mean is about
  /// (cells - 1)(1/m + 1/n).
  package let psi: Double
  /// Jensen-Shannon divergence in bits, 0...1.
  package let jensenShannon: Double
  /// Half the sum of |q - p|, 0...1.
  package let totalVariation: Double
  /// Pearson's statistic of the two counts, and the chance of one as large without drift; 1 for fewer than two inhabited cells.
  package let chiSquare: Double
  package let pValue: Double

  /// Compares counts of the same cells. Throws when their numbers differ, one is negative, or a side has no rows.
  package init(_ baseline: [Int], _ current: [Int]) throws(Problem) {
    guard baseline.count == current.count else {
      throw Problem(
        .invalid, "the baseline has \(baseline.count) clusters, the current shares \(current.count)", hint: "Assign both to the same centroids.",
        path: "shares")
    }
    let (m, n) = (Double(baseline.reduce(0, +)), Double(current.reduce(0, +)))
    guard m > 0, n > 0, (baseline + current).allSatisfy({ $0 >= 0 }) else {
      throw Problem(.invalid, "there are \(Int(m)) baseline and \(Int(n)) current rows", hint: "Both sides need rows in clusters.", path: "shares")
    }
    let cells = Double(baseline.count)
    var (psi, divergence, variation, chiSquare) = (0.0, 0.0, 0.0, 0.0)
    var inhabited = 0
    for (before, now) in zip(baseline, current) {
      let (x, y) = (Double(before), Double(now))
      let (p, q) = ((x + 0.5) / (m + cells / 2), (y + 0.5) / (n + cells / 2))
      psi += (q - p) * log(q / p)
      let (share, other) = (x / m, y / n)
      let middle = (share + other) / 2
      if share > 0 { divergence += share * log2(share / middle) / 2 }
      if other > 0 { divergence += other * log2(other / middle) / 2 }
      variation += (share - other).magnitude / 2
      guard before + now > 0 else { continue }
      inhabited += 1
      let (expectedX, expectedY) = ((x + y) * m / (m + n), (x + y) * n / (m + n))
      chiSquare += (x - expectedX) * (x - expectedX) / expectedX + (y - expectedY) * (y - expectedY) / expectedY
    }
    self.psi = psi
    jensenShannon = max(0, divergence)
    totalVariation = variation
    self.chiSquare = chiSquare
    pValue = inhabited < 2 ? 1 : Distributions.chiSquareAbove(chiSquare, freedom: inhabited - 1)
  }

  /// Counts the labels 0..<cells; others, such as noise, are left out.
  package static func counts(_ labels: [Int32], cells: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: cells)
    for label in labels where label >= 0 && Int(label) < cells { counts[Int(label)] += 1 }
    return counts
  }

  /// How many values lie in each bin: bin i ends below `edges[i]`, the last has no end.
  package static func counts(_ values: [Double], edges: [Double]) -> [Int] {
    var counts = [Int](repeating: 0, count: edges.count + 1)
    for value in values { counts[edges.firstIndex { value < $0 } ?? edges.count] += 1 }
    return counts
  }

  /// Entropy of the shares in nats.
  package static func entropy(_ counts: [Int]) -> Double {
    let all = Double(counts.reduce(0, +))
    return counts.reduce(0) { $1 == 0 ? $0 : $0 - Double($1) / all * log(Double($1) / all) }
  }
}
