import Basics
import Engine
import Model
import TestSupport
import Testing

@Suite("Decisions, decided again") struct ReplayTests {
  private func evaluations(_ fixture: Fixture, _ id: String) throws -> [JSON] {
    try fixture.store.call("list_trigger_evaluations", path: ["trigger_id": id])["results"]?.array ?? []
  }
  private func replay(_ fixture: Fixture, _ id: JSON?) throws -> JSON {
    try fixture.store.call("replay_evaluation", path: ["evaluation_id": id?.string ?? ""])
  }

  @Test("every recorded decision comes out the same, whatever the store says now")
  func same() throws {
    let fixture = try Fixture(documents: 30, groups: 2)
    let cluster = try fixture.cluster(2)
    let reading = """
      return function(ctx)
        ctx.state.n = (ctx.state.n or 0) + 1
        ctx:explain("documents", ctx:count("points"))
        ctx:explain("dice", math.random(1000000))
        ctx.log("at", perigee.time.now())
        local open = perigee.kv.get("open")
        local seen = {}
        for key in pairs(ctx.trigger) do seen[#seen + 1] = key end
        ctx:explain("keys", #seen)
        return open == true and ctx.state.n % 2 == 0, "n = " .. ctx.state.n
      end
      """
    let ids = [
      try fixture.trigger("interval", ["interval_seconds": 60]), try fixture.trigger("cron", ["cron_expression": "*/3 * * * *"]),
      try fixture.trigger("interval", ["interval_seconds": 60, "predicate": .string(reading)]),
      try fixture.trigger("conditional", ["condition_type": "script", "script": ["source": .string(reading)], "check_interval_seconds": 60]),
      try fixture.trigger("event", ["event_type": "documents_added", "event_threshold": 5, "collection_id": "points", "cooldown_seconds": 100]),
      try fixture.trigger("event", ["event_type": "documents_added", "event_threshold": 5, "predicate": .string(reading)]),
      try fixture.trigger("conditional", ["condition_type": "volume", "threshold": 40, "check_interval_seconds": 60, "collection_id": "points"]),
      try fixture.trigger(
        "conditional", ["condition_type": "drift", "threshold": 0.02, "check_interval_seconds": 60], action: ["cluster_id": .string(cluster)],
        kind: "cluster"),
      try fixture.trigger(
        "conditional",
        ["condition_type": "drift", "threshold": 0.1, "check_interval_seconds": 60, "collection_id": "points", "capture_baseline_on_create": false]),
      try fixture.trigger("conditional", ["condition_type": "staleness", "threshold": 100, "check_interval_seconds": 60]),
      try fixture.trigger("interval", ["interval_seconds": 60, "predicate": "return function() return nothing.here end"]),
      try fixture.trigger("interval", ["interval_seconds": 60, "predicate": "return function() perigee.documents.count('pointz') return true end"]),
      try fixture.trigger("interval", ["interval_seconds": 140, "catch_up": "none"]),
      try fixture.trigger(
        "conditional",
        ["condition_type": "volume", "threshold": 3, "check_interval_seconds": 60, "collection_id": "points", "predicate": .string(reading)]),
      try fixture.trigger("interval", ["interval_seconds": 60, "catch_up": "all", "max_catch_up": 3, "overlap": "allow"]),
    ]
    for minute in 0..<6 {
      try fixture.store.call("set_kv", path: ["key": "open"], body: ["value": .bool(minute > 2)])
      try fixture.store.advance(by: .seconds(60))
      try fixture.add(4, from: 1000 + minute * 4, corner: 3)
      try fixture.store.host.settle()
    }
    try fixture.store.advance(by: .seconds(700))
    try fixture.store.call("set_kv", path: ["key": "open"], body: ["value": "changed"])
    var seen: [String: Int] = [:]
    for id in ids {
      for evaluation in try evaluations(fixture, id) {
        let replayed = try replay(fixture, evaluation["evaluation_id"])
        #expect(
          replayed["replayable"] == true && replayed["same"] == true,
          "\(evaluation["outcome"]?.text ?? "") \(evaluation["reason"]?.text ?? ""): \(replayed.text)")
        seen["\(evaluation["outcome"]?.string ?? "") \(evaluation["reason"]?.string ?? "")", default: 0] += 1
      }
    }
    for expected in [
      "fired due", "fired enough events", "fired caught up", "skipped missed", "held no_baseline", "failed error", "held count below threshold",
    ] {
      #expect(seen[expected] != nil, "\(seen)")
    }
  }

  @Test("a task leads to the decision that started it; one started by hand has none")
  func task() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("interval", ["interval_seconds": 60])
    try fixture.store.advance(by: .seconds(60))
    let evaluation = try #require(evaluations(fixture, id).first)
    let byTask = try replay(fixture, evaluation["task_id"])
    #expect(byTask["evaluation_id"] == evaluation["evaluation_id"] && byTask["same"] == true)
    #expect(
      try fixture.store.call("get_evaluation", path: ["evaluation_id": evaluation["evaluation_id"]?.string ?? ""])["text"]?.string?.hasPrefix(
        "It fired") == true)
    let manual = try fixture.store.call("execute_trigger_now", path: ["trigger_id": id])
    #expect { try replay(fixture, manual["task_id"]) } throws: { ($0 as? Problem)?.kind == .notFound }
    #expect { try replay(fixture, "eval_none") } throws: { ($0 as? Problem)?.path == "evaluation_id" }
  }

  @Test("what is not recorded is said so, and why")
  func obstacles() throws {
    let fixture = try Fixture()
    let edited = try fixture.trigger("interval", ["interval_seconds": 60])
    let endless = try fixture.trigger("interval", ["interval_seconds": 60, "predicate": "return function() while true do end end"])
    let large = try fixture.trigger(
      "interval",
      ["interval_seconds": 60, "predicate": "return function() for i = 1, 400 do perigee.kv.get('a key of some length ' .. i) end return true end"])
    let hooked = try fixture.trigger(
      "interval", ["interval_seconds": 60], action: ["script": "return 1", "hooks": ["before": "return function() return false end"]])
    try fixture.store.advance(by: .seconds(60))
    try fixture.store.call("update_trigger", path: ["trigger_id": edited], body: ["schedule_config": ["interval_seconds": 90]])
    for (id, reason) in [(edited, "edited since"), (endless, "wall clock"), (large, "read more than is kept"), (hooked, "hooks keep only")] {
      let replayed = try replay(fixture, evaluations(fixture, id).first?["evaluation_id"])
      #expect(replayed["replayable"] == false && replayed["reason"]?.string?.contains(reason) == true, "\(replayed.text)")
    }
  }

  @Test("lists leave out what only a replay needs")
  func lists() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("interval", ["interval_seconds": 60, "predicate": "return true"])
    try fixture.store.advance(by: .seconds(60))
    let listed = try #require(evaluations(fixture, id).first)
    #expect(listed["detail"]?["replay"] == nil && listed["detail"]?["cost"] != nil)
    #expect(
      try fixture.store.call("get_evaluation", path: ["evaluation_id": listed["evaluation_id"]?.string ?? ""])["detail"]?["replay"]?["seed"] != nil)
  }
}
