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
  /// What is compared with the threshold: the metric itself, or how unlikely a drift measurement is without drift.
  package enum Scale: String, Sendable, CaseIterable {
    case value
    /// The chance of such a value without drift.
    case pValue = "p_value"
    /// Its distance from the mean without drift, in standard deviations.
    case z

    /// The field that carries the threshold.
    package var field: String {
      switch self {
      case .value: "threshold"
      case .pValue: "p_threshold"
      case .z: "z_threshold"
      }
    }
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
    metric = try fields.choice("metric")
    if let metric, !metrics.contains(metric) {
      throw Problem(
        .invalid, "metric '\(metric.rawValue)' does not belong to condition_type '\(kind.rawValue)'",
        hint: metrics.isEmpty ? "Leave it out" : "One of: \(metrics.map(\.rawValue).joined(separator: ", "))", path: fields.at("metric"))
    }
    metric = metric ?? metrics.first
    let comparison: Operator? = try fields.choice("operator")
    (self.comparison, scale) = (comparison ?? .gt, .value)
    script = try fields["script"].map { json throws(Problem) in try ScriptReference(json, path: fields.at("script")) }
    if kind == .script {
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

  /// The one threshold that is given, and what it is compared with; nil when none is.
  private static func threshold(_ fields: Fields, _ kind: Kind, _ metric: Metric?) throws(Problem) -> (Scale, Double)? {
    let given = Scale.allCases.filter { fields[$0.field] != nil }
    guard let scale = given.first else { return nil }
    if given.count > 1 {
      throw Problem(
        .invalid, "\(given.map { "'\($0.field)'" }.joined(separator: " and ")) are given", hint: "Give exactly one of them",
        path: fields.at(given[1].field))
    }
    if scale != .value, kind != .drift {
      throw Problem(
        .invalid, "'\(scale.field)' belongs to condition_type 'drift'", hint: "Give \"threshold\": 1000", path: fields.at(scale.field))
    }
    if scale == .z, metric == .ks || metric == .chiSquareP {
      throw Problem(
        .invalid, "\(metric?.rawValue ?? "") has no z, only a p-value", hint: "Give \"p_threshold\": 0.01", path: fields.at(scale.field))
    }
    if scale != .value, let metric, runComparisons.contains(metric) {
      throw Problem(
        .invalid, "\(metric.rawValue) compares two runs and has no \(scale.rawValue)", hint: "Give \"threshold\": 0.2", path: fields.at(scale.field))
    }
    guard let value = try fields.number(scale.field) else { return nil }
    if scale == .pValue, !(value > 0 && value < 1) {
      throw Problem(
        .invalid, "p_threshold \(value) is no chance", hint: "Give more than 0 and less than 1: 0.01 is usual", path: fields.at(scale.field))
    }
    if scale == .z, value <= 0 {
      throw Problem(.invalid, "z_threshold \(value) is not above 0", hint: "Give 3 or more standard deviations", path: fields.at(scale.field))
    }
    return (scale, value)
  }

  /// Small chances and large distances tell of drift, and so do a small `chi2_p` and runs that agree little.
  private static func comparison(_ given: Operator?, _ scale: Scale, _ metric: Metric?, _ fields: Fields) throws(Problem) -> Operator {
    switch scale {
    case .value: return given ?? (metric == .chiSquareP || metric == .ari || metric == .ami ? .lt : .gt)
    case .pValue, .z:
      let fitting: [Operator] = scale == .pValue ? [.lt, .lte] : [.gt, .gte]
      guard let given else { return fitting[0] }
      guard fitting.contains(given) else {
        throw Problem(
          .invalid, "operator '\(given.rawValue)' does not go with \(scale.field)",
          hint: "Leave it out: \(scale == .pValue ? "a p-value below" : "a z above") the threshold tells of drift", path: fields.at("operator"))
      }
      return given
    }
  }

  private func rearm(_ fields: Fields, _ key: String, for comparisons: [Operator]) throws(Problem) -> Double? {
    guard let value = try fields.number(key) else { return nil }
    guard kind != .script, mode == .edge, comparisons.contains(comparison) else {
      throw Problem(
        .invalid, "'\(key)' does not go with \(kind == .script ? "a script" : mode == .level ? "mode 'level'" : "operator '\(comparison.rawValue)'")",
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

  /// The number that is compared with the threshold, of a measurement; nil when it has none.
  package func compared(in measured: JSONObject) -> Double? {
    let number = measured[scale.rawValue]?.double
    // A difference may go either way.
    let isSigned = metric == .noiseRatioDelta || metric == .sizeEntropyDelta
    return scale == .z && isSigned ? number?.magnitude : number
  }

  /// `cosine_drift`, or `p_value of cosine_drift`.
  package var measuredName: String {
    let name = metric?.rawValue ?? kind.rawValue
    return scale == .value ? name : "\(scale.rawValue) of \(name)"
  }

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
    if let metric { result["metric"] = .string(metric.rawValue) }
    if kind != .script {
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
