import Basics
import Clustering
import Model

/// What is to be said beforehand about a drift condition: that its threshold cannot be reached, or is reached by chance.
///
/// A fixed number means little on embeddings: the cosine drift of a whole exchanged corpus may be 0.14, and one of 0.3 would hold for ever.
enum DriftAdvice {
  static func warnings(_ condition: Condition, _ baseline: Baseline?) -> [String] {
    guard condition.kind == .drift, let metric = condition.metric.flatMap({ DriftMetric(rawValue: $0.rawValue) }) else { return [] }
    var warnings: [String] = []
    if metric.needsCentroids, let baseline, baseline.clusters == 0 {
      warnings.append(
        "The baseline has no clusters that \(metric.rawValue) could compare; each check holds until the trigger is executed once with success.")
    }
    switch condition.scale {
    case .value: warnings += value(condition, metric, baseline)
    case .pValue:
      let least = 1 / Double(1 + DriftCheck.mostPermutations)
      if metric == .mmd || metric == .energy, condition.threshold <= least {
        warnings.append(
          "p_threshold \(Explanation.short(condition.threshold)) cannot be reached: the p-value of \(metric.rawValue) comes from at most \(DriftCheck.mostPermutations) permutations and is never below \(Explanation.short(least)). Give a larger one, or z_threshold."
        )
      }
    case .z: break
    }
    return warnings
  }

  private static func value(_ condition: Condition, _ metric: DriftMetric, _ baseline: Baseline?) -> [String] {
    guard condition.comparison == .gt || condition.comparison == .gte else { return [] }
    let threshold = condition.threshold
    let said = "threshold \(Explanation.short(threshold))"
    if let most = metric.most, threshold > most || threshold == most && condition.comparison == .gt {
      return ["\(said) is never reached: \(metric.rawValue) is at most \(Explanation.short(most))."]
    }
    guard let baseline, let null = baseline.driftNulls.first(where: { $0.metric == metric }), !metric.isSigned else { return [] }
    let rows = Int(baseline.vectors)
    let (mean, deviation) = null.scaled(rows, rows)
    let suggested = mean + 3 * deviation
    let chance = "without drift \(metric.rawValue) is about \(Explanation.short(mean)) ± \(Explanation.short(deviation)) here"
    let offer = "Suggested: \(Explanation.short(suggested)), or \"p_threshold\": 0.01."
    // The whole lies in the middle between its halves: half a shift from each, a quarter of its square.
    let reach = null.contrast * metric.shareFromTheMiddle
    if threshold > max(reach, suggested) {
      return [
        "\(said) may never be reached: \(chance), and if only the most different half of the baseline were left, it would be about \(Explanation.short(reach)) (between both halves it was \(Explanation.short(null.contrast))). \(offer)"
      ]
    }
    if threshold < mean + deviation { return ["\(said) is reached by chance: \(chance). \(offer)"] }
    return []
  }
}

extension DriftMetric {
  /// What a metric between two halves is between one of them and the whole, about: some go with a shift, some with its square, and what counts
  /// rows far away keeps its size.
  fileprivate var shareFromTheMiddle: Double {
    switch self {
    case .centroidShift, .totalVariation, .wasserstein: 0.5
    case .distancePSI, .outlierRate: 1
    default: 0.25
    }
  }

  /// The largest value there is; nil where there is no end.
  fileprivate var most: Double? {
    switch self {
    case .cosineDrift: 2
    case .jensenShannon, .totalVariation, .chiSquareP, .ks, .domainAUC, .outlierRate, .noiseRatioDelta: 1
    default: nil
    }
  }
}
