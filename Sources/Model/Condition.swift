package import Basics

/// What a conditional trigger looks at, and when what it sees is enough.
package struct Condition: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable { case drift, volume, staleness, script }
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
    case count, added, growthRatio = "growth_ratio"
    case secondsSinceSuccess = "seconds_since_success"
  }

  package var kind: Kind
  package var metric: Metric?
  package var comparison: Operator
  package var threshold: Double
  package var checkIntervalSeconds: Int64
  /// The collection measured; nil means those of the cluster that the action runs.
  package var collectionID: String?
  package var vectorIndex: String?
  /// `script`: the predicate that decides alone.
  package var script: ScriptReference?
  /// Take a baseline when the trigger is made, so that the first check has something to compare with.
  package var captureBaselineOnCreate: Bool

  static let names = [
    "condition_type", "threshold", "metric", "operator", "check_interval_seconds", "collection_id", "vector_index", "script", "capture_baseline_on_create",
  ]

  private static func metrics(of kind: Kind) -> [Metric] {
    switch kind {
    case .drift: [.cosineDrift, .centroidShift]
    case .volume: [.count, .added, .growthRatio]
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
    comparison = try fields.choice("operator") ?? .gt
    script = try fields["script"].map { json throws(Problem) in try ScriptReference(json, path: fields.at("script")) }
    if kind == .script {
      if script == nil { throw fields.missing("script", example: "{\"source\": \"return function(ctx) return true end\"}") }
      threshold = try fields.number("threshold") ?? 0
    } else {
      guard let value = try fields.number("threshold") else { throw fields.missing("threshold", example: kind == .drift ? "0.3" : "1000") }
      threshold = value
    }
    checkIntervalSeconds = try fields.int("check_interval_seconds", in: 1...31_557_600) ?? 3600
    collectionID = try fields.string("collection_id")
    vectorIndex = try fields.string("vector_index")
    captureBaselineOnCreate = try fields.bool("capture_baseline_on_create") ?? true
  }

  package var json: JSONObject {
    var result: JSONObject = ["condition_type": .string(kind.rawValue)]
    if let metric { result["metric"] = .string(metric.rawValue) }
    if kind != .script {
      result["operator"] = .string(comparison.rawValue)
      result["threshold"] = .double(threshold)
    }
    if let script { result["script"] = script.json }
    if let collectionID { result["collection_id"] = .string(collectionID) }
    if let vectorIndex { result["vector_index"] = .string(vectorIndex) }
    result["check_interval_seconds"] = .int(checkIntervalSeconds)
    result["capture_baseline_on_create"] = .bool(captureBaselineOnCreate)
    return result
  }
}
