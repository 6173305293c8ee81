package import Basics

/// What a conditional trigger looks at, and when what it sees is enough.
package struct Condition: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable { case drift, volume, quality, staleness, script }
  package enum Operator: String, Sendable, CaseIterable {
    case gt, gte, lt, lte, eq

    package func holds(_ value: Double, _ threshold: Double) -> Bool {
      switch self {
      case .gt: value > threshold
      case .gte: value >= threshold
      case .lt: value < threshold
      case .lte: value <= threshold
      case .eq: value == threshold
      }
    }
    package var symbol: String {
      switch self {
      case .gt: ">"
      case .gte: "≥"
      case .lt: "<"
      case .lte: "≤"
      case .eq: "="
      }
    }
  }
  package enum Metric: String, Sendable, CaseIterable {
    case cosineDrift = "cosine_drift"
    case centroidShift = "centroid_shift"
    case centroidShiftZ = "centroid_shift_z"
    case mmd, energy, psi, js, totalVariation = "total_variation", chiSquareP = "chi2_p", distancePSI = "distance_psi", ks, wasserstein
    case frechet, frechetDiagonal = "frechet_diagonal", domainAUC = "domain_auc", outlierRate = "outlier_rate"
    case noiseRatioDelta = "noise_ratio_delta", sizeEntropyDelta = "size_entropy_delta"
    // Between the last two runs of a cluster.
    case labelChurn = "label_churn", ari, ami
    case count, added, deleted, growthRatio = "growth_ratio"
    case secondsSinceSuccess = "seconds_since_success"
    // Of the last run, as its `metrics` call them.
    case silhouetteScore = "silhouette_score", daviesBouldin = "davies_bouldin_index", calinskiHarabasz = "calinski_harabasz_score"
    case noiseRatio = "noise_ratio", sizeEntropy = "cluster_size_entropy", averageSize = "avg_cluster_size", inertia
    case meanCosine = "mean_cosine_to_centroid", leastCosine = "min_cosine_to_centroid", clusters = "num_clusters"
  }
  /// Edge fires when false turns true; level fires at each check that is true, after the cooldown.
  package enum Mode: String, Sendable, CaseIterable { case edge, level }

  package var kind: Kind
  package var metric: Metric?
  package var comparison: Operator
  package var scale: Scale
  package var threshold: Double
  package var checkIntervalSeconds: Int64
  /// The collection measured; nil means those of the cluster that the action runs.
  package var collectionID: String?
  package var vectorIndex: String?
  /// `quality`: the cluster whose last run is looked at; nil means the one that the action runs.
  package var clusterID: String?
  package var mode: Mode
  /// `mode: level`: the least time between two fires.
  package var cooldownSeconds: Int64
  /// After a fire, the value has to go beyond this before the next crossing counts; nil means the threshold itself.
  package var rearm: Double?
  /// `script`: the predicate that decides alone.
  package var script: ScriptReference?
  /// `script`: the stored metric whose number is compared, given as `"metric": "script:NAME"`.
  package var storedMetric: ScriptReference?
  /// Take a baseline when the trigger is made, so that the first check has something to compare with.
  package var captureBaselineOnCreate: Bool

  static let names = [
    "condition_type", "threshold", "p_threshold", "z_threshold", "metric", "operator", "check_interval_seconds", "collection_id", "vector_index",
    "script",
    "capture_baseline_on_create",
    "cluster_id", "mode", "cooldown_seconds", "rearm_below", "rearm_above",
  ]

  package static let drifts: [Metric] = [
    .cosineDrift, .centroidShift, .centroidShiftZ, .mmd, .energy, .psi, .js, .totalVariation, .chiSquareP, .distancePSI, .ks, .wasserstein, .frechet,
    .frechetDiagonal, .domainAUC, .outlierRate, .noiseRatioDelta, .sizeEntropyDelta, .labelChurn, .ari, .ami,
  ]
  /// Those of `drifts` that compare the labels of the last two runs, and so have no distribution without drift.
  package static let runComparisons: [Metric] = [.labelChurn, .ari, .ami]

  private static func metrics(of kind: Kind) -> [Metric] {
    switch kind {
    case .drift: drifts
    case .volume: [.count, .added, .deleted, .growthRatio]
    case .quality:
      [
        .silhouetteScore, .daviesBouldin, .calinskiHarabasz, .noiseRatio, .sizeEntropy, .averageSize, .inertia, .meanCosine, .leastCosine, .clusters,
      ]
    case .staleness: [.secondsSinceSuccess]
    case .script: []
    }
  }

  init(_ fields: Fields) throws(Problem) {
    guard let kind: Kind = try fields.choice("condition_type") else { throw fields.missing("condition_type", example: "\"drift\"") }
    self.kind = kind
    let metrics = Self.metrics(of: kind)
    let named = try Self.storedMetric(kind, fields)
    storedMetric = named
    metric = named == nil ? try fields.choice("metric") : nil
    if let metric, !metrics.contains(metric) {
      throw Problem(
        .invalid, "metric '\(metric.rawValue)' does not belong to condition_type '\(kind.rawValue)'",
        hint: metrics.isEmpty ? "Leave it out" : "One of: \(metrics.map(\.rawValue).joined(separator: ", "))", path: fields.at("metric"))
    }
    metric = metric ?? metrics.first
    let comparison: Operator? = try fields.choice("operator")
    (self.comparison, scale) = (comparison ?? .gt, .value)
    script = try fields["script"].map { json throws(Problem) in try ScriptReference(json, path: fields.at("script")) }
    if kind == .script, storedMetric == nil {
      if script == nil { throw fields.missing("script", example: "{\"source\": \"return function(ctx) return true end\"}") }
      threshold = try fields.number("threshold") ?? 0
    } else {
      guard let (scale, value) = try Self.threshold(fields, kind, metric) else {
        throw fields.missing("threshold", example: kind == .drift ? "0.3" : "1000")
      }
      (self.scale, threshold) = (scale, value)
      self.comparison = try Self.comparison(comparison, scale, metric, fields)
    }
    checkIntervalSeconds = try fields.int("check_interval_seconds", in: 1...31_557_600) ?? 3600
    collectionID = try fields.string("collection_id")
    vectorIndex = try fields.string("vector_index")
    captureBaselineOnCreate = try fields.bool("capture_baseline_on_create") ?? true
    clusterID = try fields.string("cluster_id")
    if clusterID != nil, kind != .quality {
      throw Problem(
        .invalid, "'cluster_id' belongs to condition_type 'quality'", hint: "Leave it out; the action names its own", path: fields.at("cluster_id"))
    }
    mode = try fields.choice("mode") ?? .edge
    cooldownSeconds = try fields.int("cooldown_seconds", in: 0...2_592_000) ?? 0
    if cooldownSeconds > 0, mode != .level {
      throw Problem(
        .invalid, "cooldown_seconds belongs to \"mode\": \"level\"", hint: "An edge fires once for each crossing by itself",
        path: fields.at("cooldown_seconds"))
    }
    rearm = nil
    let below = try rearm(fields, "rearm_below", for: [.gt, .gte])
    let above = try rearm(fields, "rearm_above", for: [.lt, .lte])
    rearm = below ?? above
  }

  private static let storedPrefix = "script:"

  /// `"metric": "script:NAME"` of a script condition.
  private static func storedMetric(_ kind: Kind, _ fields: Fields) throws(Problem) -> ScriptReference? {
    guard let text = fields["metric"]?.string, kind == .script || text.hasPrefix(storedPrefix) else { return nil }
    let name = text.hasPrefix(storedPrefix) ? String(text.dropFirst(storedPrefix.count)) : text
    guard kind == .script else {
      throw Problem(
        .invalid, "metric '\(text)' is a script's, and condition_type is '\(kind.rawValue)'", hint: "Give \"condition_type\": \"script\"",
        path: fields.at("condition_type"))
    }
    guard fields["script"] == nil else {
      throw Problem(.invalid, "'metric' and 'script' both decide", hint: "Give one of them", path: fields.at("script"))
    }
    return ScriptReference(stored: try StoredScript.checkName(name, path: fields.at("metric")))
  }

  /// Whether a script's yes or no decides, and no number.
  package var asksScript: Bool { kind == .script && storedMetric == nil }

  /// What the measured number is called.
  package var metricName: String { storedMetric?.stored.map { Self.storedPrefix + $0 } ?? metric?.rawValue ?? kind.rawValue }

  private func rearm(_ fields: Fields, _ key: String, for comparisons: [Operator]) throws(Problem) -> Double? {
    guard let value = try fields.number(key) else { return nil }
    guard !asksScript, mode == .edge, comparisons.contains(comparison) else {
      throw Problem(
        .invalid, "'\(key)' does not go with \(asksScript ? "a script" : mode == .level ? "mode 'level'" : "operator '\(comparison.rawValue)'")",
        hint: "rearm_below goes with gt and gte, rearm_above with lt and lte, both with mode 'edge'", path: fields.at(key))
    }
    guard !comparison.holds(value, threshold) else {
      throw Problem(
        .invalid, "\(key) \(value) is on the side of the threshold \(threshold) that fires", hint: "Give \(threshold) or a value beyond it",
        path: fields.at(key))
    }
    return value
  }

  /// What a measured value means: it holds, it is far enough on the other side to arm the next crossing, or it is in between.
  package enum Reading: Sendable, Equatable { case holds, arms, between }

  /// NaN neither holds nor arms.
  package func reading(_ value: Double) -> Reading {
    if value.isNaN { return .between }
    if comparison.holds(value, threshold) { return .holds }
    guard let rearm else { return .arms }
    switch comparison {
    case .gt, .gte: return value < rearm || value == rearm && rearm == threshold ? .arms : .between
    case .lt, .lte: return value > rearm || value == rearm && rearm == threshold ? .arms : .between
    case .eq: return .arms
    }
  }

  package var json: JSONObject {
    var result: JSONObject = ["condition_type": .string(kind.rawValue)]
    if metric != nil || storedMetric != nil { result["metric"] = .string(metricName) }
    if !asksScript {
      result["operator"] = .string(comparison.rawValue)
      result[scale.field] = .double(threshold)
    }
    if let script { result["script"] = script.json }
    if let collectionID { result["collection_id"] = .string(collectionID) }
    if let vectorIndex { result["vector_index"] = .string(vectorIndex) }
    if let clusterID { result["cluster_id"] = .string(clusterID) }
    result["mode"] = .string(mode.rawValue)
    if mode == .level { result["cooldown_seconds"] = .int(cooldownSeconds) }
    if let rearm { result[comparison == .gt || comparison == .gte ? "rearm_below" : "rearm_above"] = .double(rearm) }
    result["check_interval_seconds"] = .int(checkIntervalSeconds)
    result["capture_baseline_on_create"] = .bool(captureBaselineOnCreate)
    return result
  }
}
