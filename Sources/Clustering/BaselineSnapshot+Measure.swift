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

  /// How many of the current rows a run left as noise, of how many: all that `noise_ratio_delta` needs to know of its labels.
  package struct Noise: Sendable, Equatable {
    package let rows: Int
    package let of: Int

    package init(rows: Int, of: Int) {
      self.rows = rows
      self.of = of
    }

    var ratio: Double { of == 0 ? 0 : Double(rows) / Double(of) }
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
    try check(current)
    if let labels { try Demand.labels(labels, current.rows) }
    try checkCentroids(for: metrics)
    let rows = normalised ? try current.normalised(cancellation: cancellation) : current
    let noise = labels.map { Noise(rows: $0.count { $0 < 0 }, of: $0.count) }
    let needsCentroids = metrics.contains(where: \.needsCentroids)
    let window = try DriftWindow(rows, centroids: needsCentroids ? centroids : nil, threads: options.threads, cancellation: cancellation)
    var result: [DriftMeasurement] = []
    for metric in metrics {
      try cancellation.check()
      if let value = try reference.value(metric, window) {
        result.append(judged(metric, value, count, window.count))
      } else {
        result.append(try measure(metric, rows, noise, options, cancellation))
      }
    }
    return result
  }

  package func measure(
    _ metric: DriftMetric, of current: Matrix, labels: [Int32]? = nil, options: Options = Options(), cancellation: Cancellation = Cancellation()
  ) throws(Problem) -> DriftMeasurement {
    try measure([metric], of: current, labels: labels, options: options, cancellation: cancellation)[0]
  }

  /// Measures what a tally of this baseline was made for, in the order asked for there.
  ///
  /// Throws when there were too few rows, or when a metric needs what the baseline does not hold.
  package func measure(
    _ tally: DriftTally, noise: Noise? = nil, options: Options = Options(), cancellation: Cancellation = Cancellation()
  ) throws(Problem) -> [DriftMeasurement] {
    try Demand.threads(options.threads)
    guard tally.count > 0 else { throw Problem(.invalid, "there are 0 current vectors", hint: "At least 1 is needed.", path: "vectors") }
    let rows = try tally.kept()
    var result: [DriftMeasurement] = []
    for metric in tally.metrics {
      try cancellation.check()
      if let value = try reference.value(metric, tally) {
        result.append(judged(metric, value, count, tally.count))
      } else {
        result.append(try measure(metric, rows, noise, options, cancellation))
      }
    }
    return result
  }

  func check(_ current: Matrix) throws(Problem) {
    try Demand.dimensions(current, as: dimensions, "baseline")
    try Demand.scale(current)
  }

  func checkCentroids(for metrics: [DriftMetric]) throws(Problem) {
    guard centroids == nil, let metric = metrics.first(where: \.needsCentroids) else { return }
    throw Problem(
      .invalid, "\(metric.rawValue) needs clusters, and the baseline has none", hint: "Run the clustering first, or measure mmd instead.",
      path: "metric")
  }

  /// The metrics that compare rows with the sample, or matrices.
  private func measure(
    _ metric: DriftMetric, _ rows: Matrix, _ noise: Noise?, _ options: Options, _ cancellation: Cancellation
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
      let before = raw ? sample : try principal.transform(sample, threads: threads, cancellation: cancellation)
      let now = raw ? rows : try principal.transform(rows, threads: threads, cancellation: cancellation)
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
      guard let noise else {
        throw Problem(.invalid, "noise_ratio_delta needs the labels of a run", hint: "Run the clustering on the current documents.", path: "labels")
      }
      let pooled = (noiseRatio * Double(count) + noise.ratio * Double(noise.of)) / Double(count + noise.of)
      let deviation = (pooled * (1 - pooled) * (1 / Double(count) + 1 / Double(noise.of))).squareRoot()
      return judged(metric, noise.ratio - noiseRatio, count, noise.of, null: (0, deviation))
    default: throw Problem(.internal, "\(metric.rawValue) is computed elsewhere")
    }
  }

  /// What the value means, from the null that is given, else from the splits.
  private func judged(
    _ metric: DriftMetric, _ value: Double, _ baselineRows: Int, _ currentRows: Int, pValue: Double? = nil,
    null: (mean: Double, deviation: Double)? = nil, calibrated: Bool = true, details: [String: Double] = [:]
  ) -> DriftMeasurement {
    DriftMeasurement(
      metric, value, baselineRows: baselineRows, currentRows: currentRows, nulls: calibrated ? nulls : [], pValue: pValue, null: null,
      details: details)
  }
}
