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

  /// Whether it compares rows with rows rather than means, shares or distances.
  package var needsRows: Bool {
    switch self {
    case .mmd, .energy, .ks, .wasserstein, .frechet, .domainAUC: true
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
