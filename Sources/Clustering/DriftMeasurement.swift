/// One measurement, with what is needed to judge it.
package struct DriftMeasurement: Sendable, Equatable {
  package let metric: DriftMetric
  package let value: Double
  /// How many rows it was computed from: all, or as many as a sample held.
  package let baselineRows: Int
  package let currentRows: Int
  /// The chance of such a value without drift; nil when the baseline holds no splits for this metric.
  package let pValue: Double?
  /// The value's distance from its mean without drift, in standard deviations; nil when those are not known.
  package let z: Double?
  package let nullMean: Double?
  package let nullDeviation: Double?
  /// Where an alarm would be false about once in some hundred measurements: three deviations from the mean (0.001 for `chi2_p`).
  package let suggestedThreshold: Double?
  /// What the metric reached between the most different halves of the baseline; nil when not known.
  package let contrast: Double?
  /// Further numbers of the same computation, such as the share of components that drifted.
  package let details: [String: Double]

  /// A value and what it means: from the `null` that is given, else from the splits at the nearest size of window.
  ///
  /// `pValue` is given where the metric has a test of its own.
  package init(
    _ metric: DriftMetric, _ value: Double, baselineRows: Int, currentRows: Int, nulls: [DriftNull] = [], pValue given: Double? = nil,
    null: (mean: Double, deviation: Double)? = nil, details: [String: Double] = [:]
  ) {
    let size = Double(currentRows)
    func farness(_ null: DriftNull) -> Double { max(size, Double(null.windowRows)) / min(size, Double(null.windowRows)) }
    let split = nulls.filter { $0.metric == metric }.min { farness($0) < farness($1) }
    let known = null ?? split?.scaled(baselineRows, currentRows)
    var (z, pValue, threshold): (Double?, Double?, Double?) = (nil, given, nil)
    if let known {
      if known.deviation > 0 { z = (value - known.mean) / known.deviation }
      threshold = metric.isSigned ? 3 * known.deviation : known.mean + 3 * known.deviation
      if pValue == nil { pValue = Self.chance(metric, value, known.mean, known.deviation) }
    }
    if metric == .chiSquareP { (pValue, threshold) = (value, 0.001) }
    if metric == .ks { threshold = Self.kolmogorovThreshold(details["components"] ?? 1, baselineRows, currentRows) }
    self.metric = metric
    self.value = value
    self.baselineRows = baselineRows
    self.currentRows = currentRows
    self.pValue = pValue
    self.z = z
    nullMean = known?.mean
    nullDeviation = known?.deviation
    suggestedThreshold = threshold
    contrast = split?.contrast
    self.details = details
  }

  /// The distance at which the smallest of so many p-values, times their number, is 0.001.
  private static func kolmogorovThreshold(_ components: Double, _ baselineRows: Int, _ currentRows: Int) -> Double {
    let level = 0.001 / max(components, 1)
    var (low, high) = (0.0, 1.0)
    for _ in 0..<50 {
      let middle = (low + high) / 2
      if Distributions.kolmogorovAbove(middle, baselineRows, currentRows) > level { low = middle } else { high = middle }
    }
    return high
  }

  /// The chance of a value at least this far out. What cannot be negative is taken as gamma distributed with the null's mean and deviation,
  /// as sums of squares nearly are; what can as normal, to both sides.
  private static func chance(_ metric: DriftMetric, _ value: Double, _ mean: Double, _ deviation: Double) -> Double? {
    guard deviation > 0 else { return value == mean ? 1 : nil }
    if metric.isSigned { return min(1, 2 * Distributions.normalAbove(((value - mean) / deviation).magnitude)) }
    guard mean > 0 else { return Distributions.normalAbove((value - mean) / deviation) }
    let shape = mean * mean / (deviation * deviation)
    return Distributions.gammaAbove(value * mean / (deviation * deviation), shape: shape)
  }
}
