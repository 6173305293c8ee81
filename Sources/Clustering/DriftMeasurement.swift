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
}
