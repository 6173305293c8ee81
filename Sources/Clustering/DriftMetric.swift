package import Basics

/// What can be measured of the way from a baseline to current vectors; the raw values are the API's names.
package enum DriftMetric: String, Sendable, CaseIterable {
  /// 1 - cosine of the means.
  case cosineDrift = "cosine_drift"
  /// Distance of the means; and its square over what chance alone makes of it (about 1 without drift).
  case centroidShift = "centroid_shift"
  case centroidShiftZ = "centroid_shift_z"
  /// All pairs of rows: maximum mean discrepancy (unbiased), and energy distance.
  case mmd
  case energy
  /// Shares of the clusters: population stability index, Jensen-Shannon divergence (bits), total variation, p-value of chi-square.
  case psi
  case jensenShannon = "js"
  case totalVariation = "total_variation"
  case chiSquareP = "chi2_p"
  /// Population stability index of the distance to the nearest centroid, over the baseline's deciles.
  case distancePSI = "distance_psi"
  /// Component by component: the largest Kolmogorov-Smirnov distance, the mean Wasserstein distance in standard deviations.
  case ks
  case wasserstein
  /// Squared Fréchet distance of the Gaussians that fit: with covariances, and with variances alone.
  case frechet
  case frechetDiagonal = "frechet_diagonal"
  /// Area under the ROC curve of a linear classifier that tells current from baseline rows.
  case domainAUC = "domain_auc"
  /// Share of rows farther from their nearest centroid than 99 % of the baseline's.
  case outlierRate = "outlier_rate"
  /// Differences of the share of noise and of the entropy of cluster sizes (nats).
  case noiseRatioDelta = "noise_ratio_delta"
  case sizeEntropyDelta = "size_entropy_delta"

  /// The metric of this name. Throws, with the near miss, when there is none.
  package init(named name: String) throws(Problem) {
    guard let metric = DriftMetric(rawValue: name) else {
      let names = Self.allCases.map(\.rawValue)
      throw Problem(
        .invalid, "unknown metric '\(name)'", hint: "Choose one of \(names.joined(separator: ", ")).", path: "metric",
        didYouMean: Suggestion.nearest(to: name, in: names))
    }
    self = metric
  }

  /// Whether drift makes it smaller rather than larger.
  package var isLowerWithDrift: Bool { self == .chiSquareP }
  /// Whether drift can move it either way.
  package var isSigned: Bool { self == .noiseRatioDelta || self == .sizeEntropyDelta }
  /// Whether it needs the centroids of a clustering.
  package var needsCentroids: Bool {
    switch self {
    case .psi, .jensenShannon, .totalVariation, .chiSquareP, .distancePSI, .outlierRate, .sizeEntropyDelta: true
    default: false
    }
  }

  /// What the baseline's own splits tell the chance of; the others carry a null distribution of their own.
  package static let calibratedBySplits: [DriftMetric] = [
    .cosineDrift, .centroidShift, .centroidShiftZ, .psi, .jensenShannon, .totalVariation, .distancePSI, .wasserstein, .frechet, .frechetDiagonal,
    .outlierRate, .sizeEntropyDelta,
  ]

  /// Without drift the mean and the deviation of the metric fall with 1/m + 1/n to these powers.
  var powers: (mean: Double, deviation: Double) {
    switch self {
    case .centroidShiftZ, .chiSquareP: (0, 0)
    case .centroidShift, .totalVariation, .wasserstein, .ks: (0.5, 0.5)
    // Of the distances, what new rows are farther away than old ones does not fall with the numbers of rows.
    case .distancePSI, .outlierRate, .noiseRatioDelta, .domainAUC: (0, 0.5)
    case .sizeEntropyDelta: (1, 0.5)
    default: (1, 1)
    }
  }
}

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

  /// The mean and deviation to be expected with other numbers of rows.
  func scaled(_ rows: Int, _ window: Int) -> (mean: Double, deviation: Double) {
    let own = 1 / Double(baselineRows) + 1 / Double(windowRows)
    let ratio = (1 / Double(rows) + 1 / Double(window)) / own
    return (mean * metric.power(ratio, metric.powers.mean), deviation * metric.power(ratio, metric.powers.deviation))
  }
}

extension DriftMetric {
  fileprivate func power(_ ratio: Double, _ exponent: Double) -> Double { exponent == 0 ? 1 : exponent == 1 ? ratio : ratio.squareRoot() }
}

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
