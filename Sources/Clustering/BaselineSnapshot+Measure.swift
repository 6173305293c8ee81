package import Basics

extension BaselineSnapshot {
  /// How a measurement is made.
  package struct Options: Sendable {
    /// Of the metrics that compare rows with rows.
    package var permutations: Int
    package var seed: UInt64
    package var threads: Int
    /// Compares all columns one by one, however many, rather than principal components; the baseline's sample stands for it.
    package var rawComponents: Bool

    package init(permutations: Int = 200, seed: UInt64 = 0, threads: Int = 1, rawComponents: Bool = false) {
      self.permutations = permutations
      self.seed = seed
      self.threads = threads
      self.rawComponents = rawComponents
    }
  }

  /// Measures several metrics of the same current rows, in the order asked for.
  ///
  /// `labels` are the clusters that a run gave the current rows (-1: noise); only `noise_ratio_delta` needs them. Throws when dimensions
  /// differ, when there are too few rows, or when a metric needs what the baseline does not hold.
  package func measure(
    _ metrics: [DriftMetric], of current: Matrix, labels: [Int32]? = nil, options: Options = Options(), cancellation: Cancellation = Cancellation()
  ) throws(Problem) -> [DriftMeasurement] {
    try Demand.threads(options.threads)
    try Demand.rows(current, atLeast: 1, "current")
    try Demand.dimensions(current, as: dimensions, "baseline")
    try Demand.scale(current)
    if let labels { try Demand.labels(labels, current.rows) }
    if let metric = metrics.first(where: \.needsCentroids), centroids == nil {
      throw Problem(
        .invalid, "\(metric.rawValue) needs clusters, and the baseline has none", hint: "Run the clustering first, or measure mmd instead.",
        path: "metric")
    }
    let rows = normalised ? try current.normalised() : current
    let needsCentroids = metrics.contains(where: \.needsCentroids)
    let window = try DriftWindow(rows, centroids: needsCentroids ? centroids : nil, threads: options.threads, cancellation: cancellation)
    var result: [DriftMeasurement] = []
    for metric in metrics {
      try cancellation.check()
      if let value = try reference.value(metric, window) {
        result.append(judged(metric, value, count, window.count))
      } else {
        result.append(try measure(metric, rows, labels, options, cancellation))
      }
    }
    return result
  }

  package func measure(
    _ metric: DriftMetric, of current: Matrix, labels: [Int32]? = nil, options: Options = Options(), cancellation: Cancellation = Cancellation()
  ) throws(Problem) -> DriftMeasurement {
    try measure([metric], of: current, labels: labels, options: options, cancellation: cancellation)[0]
  }

  /// The metrics that compare rows with the sample, or matrices.
  private func measure(
    _ metric: DriftMetric, _ rows: Matrix, _ labels: [Int32]?, _ options: Options, _ cancellation: Cancellation
  ) throws(Problem) -> DriftMeasurement {
    let threads = options.threads
    switch metric {
    case .mmd, .energy:
      let drawn = try Sample.of(rows, limit: PairStatistic.largestSide, seed: options.seed)
      let statistic = try PairStatistic(
        sample, drawn, kernel: metric == .mmd ? .gaussian(gamma: gamma) : .distance, permutations: options.permutations, seed: options.seed,
        threads: threads, cancellation: cancellation)
      let known = statistic.pValue != nil
      return judged(
        metric, statistic.value, sample.rows, drawn.rows, pValue: statistic.pValue,
        null: known ? (statistic.nullMean, statistic.nullDeviation) : nil, details: ["biased": statistic.biased])
    case .ks, .wasserstein:
      let raw = options.rawComponents || rows.columns <= 64
      let before = raw ? sample : try principal.transform(sample, threads: threads)
      let now = raw ? rows : try principal.transform(rows, threads: threads)
      let drift = try ComponentDrift(before, now, threads: threads, cancellation: cancellation)
      if metric == .ks {
        return judged(
          .ks, drift.largestDistance, before.rows, now.rows, pValue: drift.pValue,
          details: ["drifted_share": drift.driftedShare, "components": Double(before.columns)])
      }
      let details = ["shifted_share": drift.shiftedShare, "components": Double(before.columns)]
      // The splits compared principal components where there are many columns; raw ones follow another law.
      if options.rawComponents && rows.columns > 64 {
        return judged(.wasserstein, drift.meanShift, before.rows, now.rows, calibrated: false, details: details)
      }
      return judged(.wasserstein, drift.meanShift, before.rows, now.rows, details: details)
    case .frechet:
      guard let covariance else {
        throw Problem(
          .invalid, "frechet needs a covariance, which is kept of up to \(Self.fullDimensions) dimensions, not of \(dimensions)",
          hint: "Measure frechet_diagonal instead.", path: "metric")
      }
      let moments = Moments(count: count, mean: mean, covariance: covariance)
      return judged(.frechet, try Frechet.full(moments, rows, threads: threads, cancellation: cancellation), count, rows.rows)
    case .domainAUC:
      let classifier = try DomainClassifier(sample, rows, threads: threads, cancellation: cancellation)
      return judged(.domainAUC, classifier.auc, sample.rows, rows.rows, pValue: classifier.pValue, null: (0.5, classifier.nullDeviation))
    case .noiseRatioDelta:
      guard let labels else {
        throw Problem(.invalid, "noise_ratio_delta needs the labels of a run", hint: "Run the clustering on the current documents.", path: "labels")
      }
      let now = Double(labels.count { $0 < 0 }) / Double(labels.count)
      let pooled = (noiseRatio * Double(count) + now * Double(labels.count)) / Double(count + labels.count)
      let deviation = (pooled * (1 - pooled) * (1 / Double(count) + 1 / Double(labels.count))).squareRoot()
      return judged(metric, now - noiseRatio, count, labels.count, null: (0, deviation))
    default: throw Problem(.internal, "\(metric.rawValue) is computed elsewhere")
    }
  }

  /// Adds what the value means: from the null that is given, else from the splits at the nearest size of window.
  private func judged(
    _ metric: DriftMetric, _ value: Double, _ baselineRows: Int, _ currentRows: Int, pValue given: Double? = nil,
    null: (mean: Double, deviation: Double)? = nil, calibrated: Bool = true, details: [String: Double] = [:]
  ) -> DriftMeasurement {
    let size = Double(currentRows)
    func farness(_ null: DriftNull) -> Double { max(size, Double(null.windowRows)) / min(size, Double(null.windowRows)) }
    let split = calibrated ? nulls.filter { $0.metric == metric }.min { farness($0) < farness($1) } : nil
    let known = null ?? split?.scaled(baselineRows, currentRows)
    var (z, pValue, threshold): (Double?, Double?, Double?) = (nil, given, nil)
    if let known {
      if known.deviation > 0 { z = (value - known.mean) / known.deviation }
      threshold = metric.isSigned ? 3 * known.deviation : known.mean + 3 * known.deviation
      if pValue == nil { pValue = Self.chance(metric, value, known.mean, known.deviation) }
    }
    if metric == .chiSquareP { (pValue, threshold) = (value, 0.001) }
    if metric == .ks {
      // The distance at which the smallest of so many p-values, times their number, is 0.001.
      let level = 0.001 / max(details["components"] ?? 1, 1)
      var (low, high) = (0.0, 1.0)
      for _ in 0..<50 {
        let middle = (low + high) / 2
        if Distributions.kolmogorovAbove(middle, baselineRows, currentRows) > level { low = middle } else { high = middle }
      }
      threshold = high
    }
    return DriftMeasurement(
      metric: metric, value: value, baselineRows: baselineRows, currentRows: currentRows, pValue: pValue, z: z, nullMean: known?.mean,
      nullDeviation: known?.deviation, suggestedThreshold: threshold, contrast: split?.contrast, details: details)
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
