import Basics
import Clustering
import Model
import Store

/// One check of a drift condition: the vectors there are now, streamed past the baseline.
struct DriftCheck {
  private let condition: Condition
  private let trigger: Trigger
  private let host: Host
  private let scope: Scope

  init(_ condition: Condition, _ trigger: Trigger, _ host: Host) throws(Problem) {
    self.condition = condition
    self.trigger = trigger
    self.host = host
    scope = try Scope(trigger, condition, host: host)
  }

  /// value, m, n and what they mean; or `reason` when there is nothing to compare.
  func measured() throws(Problem) -> JSONObject {
    if let metric = condition.metric, Condition.runComparisons.contains(metric) { return try betweenRuns(metric) }
    guard let metric = condition.metric.flatMap({ DriftMetric(rawValue: $0.rawValue) }) else { return ["reason": "no metric"] }
    guard let baseline = trigger.baseline, !baseline.mean.isEmpty else { return try nothing("no_baseline") }
    if let reason = Self.difference(baseline.mean.count, try scope.vectorCount(host: host) == 0 ? nil : scope.index?.dimensions) {
      return try nothing(reason, baseline)
    }
    if metric == .cosineDrift || metric == .centroidShift { return try shift(metric, from: baseline) }
    var bytes = baseline.snapshot
    if bytes == nil { bytes = try stored(baseline) }
    guard let bytes else { return try nothing("no_baseline", baseline) }
    let snapshot = try BaselineSnapshot(decoding: bytes)
    if metric.needsCentroids, snapshot.centroids == nil { return try nothing("no clusters in the baseline", baseline) }
    var noise: BaselineSnapshot.Noise?
    if metric == .noiseRatioDelta {
      guard let run = try Measurement.lastRun(condition, trigger, host: host) else { return try nothing("no completed run", baseline) }
      noise = .init(rows: Int((run.noiseRatio * Double(run.points)).rounded()), of: run.points)
    }
    let options = BaselineSnapshot.Options(permutations: permutations, seed: snapshot.seed, threads: host.configuration.threads)
    var tally: DriftTally?
    try scope.forEachPiece(
      host: host, start: { expected, _ throws(Problem) in tally = try snapshot.tally([metric], expecting: expected, options: options) }
    ) { piece throws(Problem) in try tally?.add(piece) }
    guard let tally, tally.count > 0 else { return try nothing("no vectors", baseline) }
    return words(try snapshot.measure(tally, noise: noise, options: options)[0])
  }

  /// What the last run says of itself and the one before.
  private func betweenRuns(_ metric: Condition.Metric) throws(Problem) -> JSONObject {
    let run = try Measurement.lastRun(condition, trigger, host: host)
    guard let run, let value = run.metrics[metric.rawValue]?.double else {
      return ["run_id": .optional(run?.id), "reason": .string(run == nil ? "no completed run" : "no run before to compare with")]
    }
    return ["value": .double(value), "n": .int(run.points), "run_id": .string(run.id)]
  }

  /// The two metrics that the means alone give: no bytes are decoded, and baselines that were kept without any do as well.
  private func shift(_ metric: DriftMetric, from baseline: Baseline) throws(Problem) -> JSONObject {
    var current: MeanAccumulator?
    try scope.forEachPiece(
      host: host,
      start: { _, index throws(Problem) in current = MeanAccumulator(dimensions: index.dimensions, normalised: index.metric == .cosine) }
    ) { piece throws(Problem) in try current?.add(piece) }
    guard let current, let mean = current.mean else { return try nothing("no vectors", baseline) }
    // Both were rounded to what the store keeps.
    let (before, after) = (baseline.mean.map(Double.init), mean.map { Double(Float($0)) })
    let value =
      metric == .cosineDrift
      ? try Drift.cosine(baselineMean: before, currentMean: after) : try Drift.centroidShift(baselineMean: before, currentMean: after)
    return words(
      DriftMeasurement(metric, value, baselineRows: Int(baseline.vectors), currentRows: current.count, nulls: baseline.driftNulls))
  }

  private func words(_ measurement: DriftMeasurement) -> JSONObject {
    var result: JSONObject = [
      "value": .double(measurement.value), "m": .int(measurement.baselineRows), "n": .int(measurement.currentRows),
    ]
    let known: [(String, Double?)] = [
      ("p_value", measurement.pValue), ("z", measurement.z), ("null_mean", measurement.nullMean), ("null_deviation", measurement.nullDeviation),
      ("suggested_threshold", measurement.suggestedThreshold), ("contrast", measurement.contrast),
    ]
    for case (let name, let number?) in known { result[name] = .double(number) }
    for (name, number) in measurement.details.sorted(by: { $0.key < $1.key }) { result[name] = .double(number) }
    if condition.compared(in: result) == nil { result["reason"] = "no_calibration" }
    return result
  }

  private func nothing(_ reason: String, _ baseline: Baseline? = nil) throws(Problem) -> JSONObject {
    var result: JSONObject = ["n": .int(try scope.vectorCount(host: host)), "reason": .string(reason)]
    if let baseline { result["m"] = .int(baseline.vectors) }
    return result
  }

  private static func difference(_ before: Int, _ now: Int?) -> String? {
    guard let now else { return "no vectors" }
    return before == now ? nil : "the baseline has \(before) dimensions, the collection \(now)"
  }

  private func stored(_ baseline: Baseline) throws(Problem) -> [UInt8]? {
    try host.read { reader throws(Problem) in try reader.snapshot(of: trigger.id, capturedAt: baseline.capturedAt) }
  }

  /// So many that a chance as small as the one asked for can be told: the least is one in their number.
  private var permutations: Int {
    guard condition.scale == .pValue else { return Self.usualPermutations }
    return Int(min(Double(Self.mostPermutations), max(Double(Self.usualPermutations), (2 / condition.threshold).rounded(.up))))
  }

  private static let usualPermutations = 200
  static let mostPermutations = 2000
}
