import Basics
import Clustering
import Engine
import Model
import Store
import TestSupport
import Testing

@Suite("Drift conditions") struct DriftFlowTests {
  /// A clustered collection of three groups, and a drift trigger that clusters it again.
  private func watched(_ condition: JSONObject, documents: Int = 150, clustered: Bool = true) throws -> (Fixture, String) {
    let fixture = try Fixture(documents: documents)
    let cluster = try fixture.cluster()
    if clustered {
      try fixture.store.call("execute_cluster", path: ["cluster_id": cluster])
      try fixture.store.host.settle()
    }
    return (fixture, try trigger(fixture, condition, cluster))
  }

  private func trigger(_ fixture: Fixture, _ condition: JSONObject, _ cluster: String) throws -> String {
    var schedule: JSONObject = ["condition_type": "drift", "check_interval_seconds": 60]
    for member in condition.members { schedule[member.key] = member.value }
    return try fixture.trigger("conditional", .object(schedule), action: ["cluster_id": .string(cluster)], kind: "cluster")
  }

  private func check(_ fixture: Fixture, _ id: String) throws -> JSON {
    try fixture.store.advance(by: .seconds(60))
    return try fixture.store.call("list_trigger_evaluations", path: ["trigger_id": id])["results"]?.array?.first ?? .null
  }

  /// What only runs can be asked for, and what k-means never leaves.
  static let measured = Condition.drifts.filter { !Condition.runComparisons.contains($0) && $0 != .noiseRatioDelta }

  @Test("name every metric that can be measured")
  func names() {
    let names = Condition.drifts.filter { !Condition.runComparisons.contains($0) }.map(\.rawValue)
    #expect(Set(names) == Set(DriftMetric.allCases.map(\.rawValue)))
  }

  @Test("hold with a high chance while nothing moves, and fire when the collection moved, whatever the metric", arguments: measured)
  func everyMetric(metric: Condition.Metric) throws {
    let (fixture, id) = try watched(["metric": .string(metric.rawValue), "p_threshold": 0.01])
    let quiet = try check(fixture, id)
    #expect(quiet["outcome"] == "held", "\(quiet.text)")
    #expect(try #require(quiet["detail"]?["p_value"]?.double) > 0.3, "\(quiet.text)")
    #expect(quiet["detail"]?["m"] == 150 && quiet["detail"]?["n"] == 150 && quiet["detail"]?["exceeded"] == false)
    try fixture.add(100, from: 1000, corner: 3)
    try fixture.add(100, from: 2000, corner: 1)
    let moved = try check(fixture, id)
    #expect(moved["outcome"] == "fired", "\(moved.text)")
    let shown = try fixture.read(id)
    #expect(shown["last_drift_measurement"]?["compared"] == "p_value" && shown["last_drift_measurement"]?["exceeded"] == true)
    #expect(shown["last_drift_measurement"]?["suggested_threshold"]?.double != nil)
    #expect(shown["execution_count"] == 1 && shown["baseline_snapshot"]?["vector_count"] == 350 && shown["baseline_snapshot"]?["clusters"] == 3)
    // The success took a new baseline, of which nothing has moved.
    #expect(try check(fixture, id)["outcome"] == "held")
  }

  @Test("may ask for a distance in deviations instead")
  func deviations() throws {
    let (fixture, id) = try watched(["metric": "energy", "z_threshold": 6])
    let quiet = try check(fixture, id)
    #expect(quiet["outcome"] == "held" && (quiet["detail"]?["z"]?.double ?? 9) < 3, "\(quiet.text)")
    try fixture.add(60, from: 1000, corner: 3)
    let moved = try check(fixture, id)
    #expect(moved["outcome"] == "fired" && (moved["detail"]?["z"]?.double ?? 0) > 6, "\(moved.text)")
    #expect(moved["text"]?.string?.contains("z of energy was") == true, "\(moved.text)")
  }

  @Test("with a threshold carry what it means, and the explanation says so")
  func calibrated() throws {
    let (fixture, id) = try watched(["metric": "centroid_shift", "threshold": 3])
    let quiet = try check(fixture, id)
    let detail = try #require(quiet["detail"])
    #expect(quiet["outcome"] == "held" && detail["compared"] == nil && detail["value"]?.double == 0)
    for name in ["p_value", "z", "null_mean", "null_deviation", "suggested_threshold", "contrast"] { #expect(detail[name]?.double != nil, "\(name)") }
    let why = try fixture.store.call("explain_trigger", path: ["trigger_id": id])["text"]?.string ?? ""
    #expect(why.contains("p-value 1") && why.contains("suggested threshold"), "\(why)")
  }

  @Test("of an older store measure the means alone, until the next success")
  func oldBaseline() throws {
    let fixture = try Fixture(documents: 90)
    let cluster = try fixture.cluster()
    let means = try trigger(fixture, ["metric": "cosine_drift", "threshold": 0.01], cluster)
    let pairs = try trigger(fixture, ["metric": "mmd", "p_threshold": 0.01], cluster)
    // As versions before schema 6 left it: counts and a mean.
    let mean = [Float](repeating: 0, count: 7) + [1]
    for id in [means, pairs] {
      var transaction = Transaction()
      transaction.settle(
        id, executions: 0, consecutiveFailures: 0, lastStatus: "COMPLETED", lastError: nil,
        baseline: Baseline(capturedAt: fixture.store.clock.now, documents: 90, vectors: 90, mean: mean), at: fixture.store.clock.now)
      try fixture.store.host.commit(transaction)
    }
    let (fired, held) = (try check(fixture, means), try fixture.store.call("list_trigger_evaluations", path: ["trigger_id": pairs]))
    #expect(fired["outcome"] == "fired" && (fired["detail"]?["value"]?.double ?? 0) > 0.9 && fired["detail"]?["p_value"] == nil, "\(fired.text)")
    let first = held["results"]?.array?.first
    #expect(first?["outcome"] == "held" && first?["reason"] == "no_baseline" && first?["detail"]?["value"] == nil, "\(held.text)")
    try fixture.store.call("execute_trigger_now", path: ["trigger_id": pairs])
    try fixture.store.host.settle()
    let after = try check(fixture, pairs)
    #expect(after["outcome"] == "held" && after["detail"]?["p_value"]?.double != nil, "\(after.text)")
  }

  @Test("survive a restart, and are gone with their trigger's namespace")
  func restart() throws {
    let (fixture, id) = try watched(["metric": "psi", "p_threshold": 0.01])
    try fixture.store.reopen()
    let quiet = try check(fixture, id)
    #expect(quiet["outcome"] == "held" && quiet["detail"]?["p_value"]?.double != nil, "\(quiet.text)")
  }

  @Test("that compare runs look at the last two")
  func runs() throws {
    let (fixture, id) = try watched(["metric": "ari", "threshold": 0.9])
    let first = try check(fixture, id)
    #expect(first["outcome"] == "held" && first["reason"] == "no run before to compare with", "\(first.text)")
    try fixture.store.call("execute_trigger_now", path: ["trigger_id": id])
    try fixture.store.host.settle()
    let same = try check(fixture, id)
    #expect(same["outcome"] == "held" && same["detail"]?["value"] == 1.0 && same["detail"]?["operator"] == "lt", "\(same.text)")
  }

  @Test("without clusters hold and say so, and their trigger is warned of")
  func noClusters() throws {
    let (fixture, id) = try watched(["metric": "psi", "p_threshold": 0.01], clustered: false)
    #expect(try fixture.read(id)["warnings"]?.array?.first?.string?.contains("no clusters") == true)
    let held = try check(fixture, id)
    #expect(held["outcome"] == "held" && held["reason"] == "no clusters in the baseline", "\(held.text)")
  }

  @Test(
    "are warned of thresholds that nothing reaches, or chance alone, when they are made and when they are previewed",
    arguments: [
      (["metric": "cosine_drift", "threshold": 1.9], "may never be reached"), (["metric": "cosine_drift", "threshold": 2], "is never reached"),
      (["metric": "domain_auc", "threshold": 1], "at most 1"), (["metric": "wasserstein", "threshold": 0.000001], "reached by chance"),
      (["metric": "mmd", "p_threshold": 0.0001], "cannot be reached"), (["metric": "centroid_shift", "threshold": 3], nil),
      (["metric": "centroid_shift", "threshold": 9], "most different half"),
      (["metric": "mmd", "p_threshold": 0.001], nil), (["metric": "psi", "z_threshold": 4], nil),
    ] as [(JSONObject, String?)])
  func warnings(condition: JSONObject, piece: String?) throws {
    let (fixture, id) = try watched(condition)
    let shown = try fixture.read(id)
    var body: JSONObject = ["trigger_type": "conditional"]
    for name in ["schedule_config", "action_type", "action_config"] { body[name] = shown[name] }
    let previewed = try fixture.store.call("preview_schedule", body: .object(body))
    #expect(previewed["measured_now"]?["p_value"]?.double ?? 1 > 0.3, "\(previewed.text)")
    for answer in [shown, previewed] {
      let warnings = answer["warnings"]?.array?.compactMap(\.string) ?? ["none"]
      if let piece { #expect(warnings.count == 1 && warnings[0].contains(piece), "\(warnings)") } else { #expect(warnings.isEmpty, "\(warnings)") }
    }
  }

  @Test("of clusters need an action that makes some", arguments: ["psi", "noise_ratio_delta", "label_churn"])
  func needsClusters(metric: String) throws {
    let fixture = try Fixture(documents: 10)
    #expect {
      try fixture.trigger(
        "conditional", ["condition_type": "drift", "metric": .string(metric), "threshold": 0.2, "collection_id": "points"])
    } throws: { ($0 as? Problem)?.path == "schedule_config.metric" }
  }

  @Test("can be measured by a script, whatever its trigger's metric")
  func scripts() throws {
    let fixture = try Fixture(documents: 60)
    let id = try fixture.trigger(
      "conditional",
      ["condition_type": "drift", "metric": "cosine_drift", "threshold": 0.5, "check_interval_seconds": 3600, "collection_id": "points"],
      action: [
        "script": "return function(ctx) local d = ctx:drift{metric = 'energy'} return {p = d.p_value, shift = ctx:metric('centroid_shift')} end"
      ])
    try fixture.store.call("execute_trigger_now", path: ["trigger_id": id])
    try fixture.store.host.settle()
    let task = try #require(try fixture.history(id).first?["task_id"]?.string)
    let done = try fixture.store.call("get_task", path: ["task_id": task])
    #expect(done.text.contains("\"shift\":0"), "\(done.text)")
    #expect(done.text.contains("\"p\":"), "\(done.text)")
  }

  @Test("forget nothing of a large collection: it is read in pieces")
  func pieces() throws {
    let fixture = try Fixture()
    for start in stride(from: 0, to: 4500, by: 900) { try fixture.add(900, from: start) }
    let id = try fixture.trigger(
      "conditional",
      ["condition_type": "drift", "metric": "centroid_shift_z", "p_threshold": 0.001, "check_interval_seconds": 60, "collection_id": "points"])
    let quiet = try check(fixture, id)
    #expect(quiet["detail"]?["n"] == 4500 && quiet["detail"]?["m"] == 4500 && (quiet["detail"]?["value"]?.double ?? 1) < 1e-6, "\(quiet.text)")
  }
}
