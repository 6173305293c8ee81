/// What a metric does without drift, for windows of one size: taken from splits of the baseline.
package struct DriftNull: Sendable, Equatable {
  package let metric: DriftMetric
  /// Rows of the two sides of the splits.
  package let baselineRows: Int
  package let windowRows: Int
  package let mean: Double
  package let deviation: Double
  /// What the metric reached between the two most different halves of the baseline (by the first principal component): what an exchange of
  /// the whole corpus may look like. A threshold far beyond will never be crossed.
  package let contrast: Double

  package init(metric: DriftMetric, baselineRows: Int, windowRows: Int, mean: Double, deviation: Double, contrast: Double) {
    self.metric = metric
    self.baselineRows = baselineRows
    self.windowRows = windowRows
    self.mean = mean
    self.deviation = deviation
    self.contrast = contrast
  }

  /// The mean and deviation to be expected with other numbers of rows.
  package func scaled(_ rows: Int, _ window: Int) -> (mean: Double, deviation: Double) {
    let own = 1 / Double(baselineRows) + 1 / Double(windowRows)
    let ratio = (1 / Double(rows) + 1 / Double(window)) / own
    return (mean * metric.power(ratio, metric.powers.mean), deviation * metric.power(ratio, metric.powers.deviation))
  }
}

extension DriftMetric {
  fileprivate func power(_ ratio: Double, _ exponent: Double) -> Double { exponent == 0 ? 1 : exponent == 1 ? ratio : ratio.squareRoot() }
}
