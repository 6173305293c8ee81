package import Basics

extension Condition {
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

  /// The one threshold that is given, and what it is compared with; nil when none is.
  static func threshold(_ fields: Fields, _ kind: Kind, _ metric: Metric?) throws(Problem) -> (Scale, Double)? {
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
  static func comparison(_ given: Operator?, _ scale: Scale, _ metric: Metric?, _ fields: Fields) throws(Problem) -> Operator {
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

  /// The number that is compared with the threshold, of a measurement; nil when it has none.
  package func compared(in measured: JSONObject) -> Double? {
    let number = measured[scale.rawValue]?.double
    // A difference may go either way.
    let isSigned = metric == .noiseRatioDelta || metric == .sizeEntropyDelta
    return scale == .z && isSigned ? number?.magnitude : number
  }

  /// `cosine_drift`, or `p_value of cosine_drift`.
  package var measuredName: String {
    scale == .value ? metricName : "\(scale.rawValue) of \(metricName)"
  }
}
