import Basics
import Engine
import Model
import TestSupport
import Testing

@Suite("Triggers, from the clock to the result") struct TriggerFlowTests {
  @Test("an interval fires when the clock comes there, runs its script, and counts the success")
  func interval() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("interval", ["interval_seconds": 60])
    try fixture.store.advance(by: .seconds(59))
    #expect(try fixture.read(id)["execution_count"] == 0)
    try fixture.store.advance(by: .seconds(1))
    let shown = try fixture.read(id)
    #expect(shown["execution_count"] == 1)
    #expect(shown["last_execution_status"] == "COMPLETED")
    #expect(shown["next_scheduled_at"] == "2026-01-01T00:02:00Z")
    #expect(shown["is_overdue"] == false)
    let history = try fixture.history(id)
    #expect(history.count == 1 && history[0]["scheduled_at"] == "2026-01-01T00:01:00Z")
    #expect(try fixture.decisions(id) == ["fired"])
  }

  @Test("cron says its words and its next fires, and fires in its zone")
  func cron() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("cron", ["cron_expression": "30 2 * * *", "timezone": "Europe/Paris"])
    let shown = try fixture.read(id)
    #expect(shown["next_scheduled_at"] == "2026-01-01T01:30:00Z")
    #expect(shown["schedule_text"]?.string?.contains("02:30") == true)
    try fixture.store.advance(by: .seconds(90 * 60))
    #expect(try fixture.read(id)["execution_count"] == 1)
  }

  @Test("documents are counted with the transaction that writes them, and the hundredth fires")
  func events() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger(
      "event", ["event_type": "documents_added", "event_threshold": 100, "collection_id": "points", "cooldown_seconds": 300])
    try fixture.add(99)
    try fixture.store.advance(by: .seconds(1))
    #expect(try fixture.read(id)["event_counter"] == 99)
    // Updating a document adds none.
    try fixture.add(1)
    #expect(try fixture.read(id)["event_counter"] == 99)
    try fixture.add(31, from: 99)
    try fixture.store.advance(by: .seconds(1))
    #expect(try fixture.read(id)["execution_count"] == 1)
    #expect(try fixture.read(id)["event_counter"] == 0)
    // The cooldown holds the next hundred back, and lets them go when it ends.
    try fixture.add(120, from: 200)
    try fixture.store.advance(by: .seconds(10))
    #expect(try fixture.read(id)["execution_count"] == 1)
    let explained = try fixture.store.call("explain_trigger", path: ["trigger_id": id])["text"]?.string ?? ""
    #expect(explained.contains("120 of 100 events") && explained.contains("cooldown ends in"), "\(explained)")
    try fixture.store.advance(by: .seconds(300))
    #expect(try fixture.read(id)["execution_count"] == 2)
  }

  @Test("a Lua filter decides which documents count")
  func eventFilter() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger(
      "event",
      [
        "event_type": "documents_added", "event_threshold": 5, "collection_id": "points",
        "filter": "return function(event, ctx) return event.document.kind == 'beta' end",
      ])
    try fixture.add(12)
    try fixture.store.advance(by: .seconds(1))
    #expect(try fixture.read(id)["event_counter"] == 4)
    try fixture.add(3, from: 12)
    try fixture.store.advance(by: .seconds(1))
    #expect(try fixture.read(id)["execution_count"] == 1)
  }

  @Test("drift holds while the vectors stay, fires when they move, and the success takes a new baseline")
  func drift() throws {
    let fixture = try Fixture(documents: 60, groups: 2)
    let cluster = try fixture.cluster(2)
    let id = try fixture.trigger(
      "conditional", ["condition_type": "drift", "threshold": 0.05, "check_interval_seconds": 60], action: ["cluster_id": .string(cluster)],
      kind: "cluster")
    let before = try fixture.read(id)["baseline_snapshot"]
    #expect(before?["vector_count"] == 60)
    try fixture.store.advance(by: .seconds(60))
    try fixture.store.advance(by: .seconds(60))
    #expect(try fixture.decisions(id) == ["held x2"])
    try fixture.add(60, from: 1000, corner: 3)
    try fixture.store.advance(by: .seconds(60))
    #expect(try fixture.decisions(id) == ["held x2", "fired"])
    let shown = try fixture.read(id)
    #expect(shown["execution_count"] == 1 && shown["last_drift_measurement"]?["exceeded"] == true)
    #expect(shown["baseline_snapshot"]?["vector_count"] == 120)
    #expect(shown["baseline_snapshot"]?["run_id"]?.string?.hasPrefix("run_") == true)
    try fixture.store.advance(by: .seconds(60))
    #expect(try fixture.decisions(id) == ["held x2", "fired", "held"])
  }

  @Test("a drift check without a baseline holds and says so")
  func noBaseline() throws {
    let fixture = try Fixture(documents: 10)
    let id = try fixture.trigger(
      "conditional",
      ["condition_type": "drift", "threshold": 0.1, "check_interval_seconds": 60, "collection_id": "points", "capture_baseline_on_create": false])
    try fixture.store.advance(by: .seconds(60))
    let last = try fixture.store.call("list_trigger_evaluations", path: ["trigger_id": id])["results"]?.array?.first
    #expect(last?["outcome"] == "held" && last?["reason"] == "no_baseline")
  }

  @Test("a document count fires at its crossing")
  func volume() throws {
    let fixture = try Fixture(documents: 5)
    let id = try fixture.trigger(
      "conditional", ["condition_type": "volume", "threshold": 10, "operator": "gte", "check_interval_seconds": 10, "collection_id": "points"])
    try fixture.store.advance(by: .seconds(10))
    try fixture.add(5, from: 5)
    try fixture.store.advance(by: .seconds(10))
    #expect(try fixture.decisions(id) == ["held", "fired"])
    #expect(try fixture.read(id)["last_volume_measurement"]?["value"] == 10.0)
  }

  @Test("a Lua condition sees the store, keeps its state, and gives its reason")
  func luaCondition() throws {
    let fixture = try Fixture(documents: 4)
    let script = """
      return function(ctx)
        ctx.state.checks = (ctx.state.checks or 0) + 1
        ctx:explain("documents", ctx:count("points"))
        return ctx:count("points") > 6 and ctx.state.checks >= 3, "checked " .. ctx.state.checks .. " times"
      end
      """
    let id = try fixture.trigger("conditional", ["condition_type": "script", "script": ["source": .string(script)], "check_interval_seconds": 10])
    for _ in 0..<2 { try fixture.store.advance(by: .seconds(10)) }
    try fixture.add(6, from: 4)
    try fixture.store.advance(by: .seconds(10))
    let evaluations = try fixture.store.call("list_trigger_evaluations", path: ["trigger_id": id])["results"]?.array ?? []
    #expect(evaluations.map { $0["reason"] } == ["checked 3 times", "checked 2 times", "checked 1 times"])
    #expect(evaluations[0]["outcome"] == "fired" && evaluations[0]["detail"]?["documents"] == 10)
    #expect(evaluations[0]["detail"]?["cost"]?["instructions"]?.int ?? 0 > 0)
  }

  @Test("a predicate on an interval is asked first")
  func predicate() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger(
      "interval", ["interval_seconds": 60, "predicate": "return function(ctx) return perigee.kv.get('open') == true, 'gate' end"])
    try fixture.store.advance(by: .seconds(60))
    #expect(try fixture.decisions(id) == ["held"])
    try fixture.store.call("set_kv", path: ["key": "open"], body: ["value": true])
    try fixture.store.advance(by: .seconds(60))
    #expect(try fixture.decisions(id) == ["held", "fired"])
  }

  @Test("a script that asks for a fresh interpreter is told apart, and works as any other")
  func isolation() throws {
    let fixture = try Fixture()
    let source = "return function(ctx) ctx.state.n = (ctx.state.n or 0) + 1 seen = (seen or 0) + 1 return ctx.state.n > 1, 'run ' .. seen end"
    let predicate: JSON = ["source": .string(source), "isolation": "fresh"]
    let id = try fixture.trigger("interval", ["interval_seconds": 60, "predicate": predicate])
    #expect(try fixture.read(id)["schedule_config"]?["predicate"] == predicate)
    for _ in 0..<2 { try fixture.store.advance(by: .seconds(60)) }
    #expect(try fixture.decisions(id) == ["held", "fired"])
    #expect(throws: Problem.self) {
      try fixture.trigger("interval", ["interval_seconds": 60, "predicate": ["source": "return true", "isolation": "frozen"]])
    }
  }

  @Test("a predicate that fails is neither yes nor no: it does not fire, and the line is told")
  func failingPredicate() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("interval", ["interval_seconds": 60, "predicate": "return function(ctx)\n  return nothing.here\nend"])
    try fixture.store.advance(by: .seconds(60))
    let last = try fixture.store.call("list_trigger_evaluations", path: ["trigger_id": id])["results"]?.array?.first
    #expect(last?["outcome"] == "failed")
    #expect(last?["detail"]?["error"]?.string?.contains("2") == true, "\(last?.text ?? "")")
  }

  @Test("a predicate that never ends is stopped, and the next one still answers")
  func endlessPredicate() throws {
    let fixture = try Fixture()
    let endless = try fixture.trigger("interval", ["interval_seconds": 60, "predicate": "return function() while true do end end"])
    let fine = try fixture.trigger("interval", ["interval_seconds": 60, "predicate": "return function() return true end"])
    try fixture.store.advance(by: .seconds(60))
    #expect(try fixture.decisions(endless) == ["failed"])
    #expect(try fixture.decisions(fine) == ["fired"])
  }

  @Test("hooks: before can skip or change the run, after sees the result, and what they write is committed with it")
  func hooks() throws {
    let fixture = try Fixture(documents: 30)
    let cluster = try fixture.cluster(3)
    let action: JSON = [
      "cluster_id": .string(cluster),
      "hooks": [
        "before": "return function(ctx) perigee.kv.incr('before'); if perigee.kv.get('closed') then return false, 'closed' end end",
        "after": "return function(ctx, result) perigee.kv.set('clusters', result.num_clusters); perigee.kv.incr('after', 2) end",
      ],
    ]
    let id = try fixture.trigger("interval", ["interval_seconds": 60], action: action, kind: "cluster")
    try fixture.store.advance(by: .seconds(60))
    #expect(try fixture.store.call("get_kv", path: ["key": "clusters"])["value"] == 3)
    #expect(try fixture.store.call("get_kv", path: ["key": "after"])["value"] == 2)
    try fixture.store.call("set_kv", path: ["key": "closed"], body: ["value": true])
    try fixture.store.advance(by: .seconds(60))
    #expect(try fixture.history(id).first?["status"] == "SKIPPED")
    #expect(try fixture.store.call("get_kv", path: ["key": "after"])["value"] == 2)
    #expect(try fixture.read(id)["execution_count"] == 1)
    #expect(try fixture.decisions(id) == ["fired", "fired", "skipped"])
  }

  @Test("failures in a row stop the trigger; on_failure reacts; resume starts anew")
  func failures() throws {
    let fixture = try Fixture()
    let action: JSON = [
      "script": "return function(ctx) perigee.kv.set('half', true); error('broken pipe') end",
      "hooks": ["on_failure": "return function(ctx, err) perigee.kv.incr('failures'); perigee.kv.set('last', err.message) end"],
    ]
    let id = try fixture.trigger("interval", ["interval_seconds": 60, "max_consecutive_failures": 2], action: action)
    for _ in 0..<4 { try fixture.store.advance(by: .seconds(60)) }
    let shown = try fixture.read(id)
    #expect(shown["status"] == "failed" && shown["consecutive_failures"] == 2 && shown["next_scheduled_at"] == .null)
    #expect(shown["last_execution_error"]?.string?.contains("broken pipe") == true)
    #expect(try fixture.store.call("get_kv", path: ["key": "failures"])["value"] == 2)
    // What the failing action wrote is gone.
    #expect(throws: Problem.self) { try fixture.store.call("get_kv", path: ["key": "half"]) }
    try fixture.store.call("resume_trigger", path: ["trigger_id": id])
    #expect(try fixture.read(id)["status"] == "active" && fixture.read(id)["consecutive_failures"] == 0)
  }

  @Test("pause stops, resume counts from now, delete retires, execute runs at once")
  func administration() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("interval", ["interval_seconds": 60])
    #expect(try fixture.store.call("pause_trigger", path: ["trigger_id": id])["status"] == "paused")
    try fixture.store.advance(by: .seconds(150))
    #expect(try fixture.read(id)["execution_count"] == 0)
    let task = try fixture.store.call("execute_trigger_now", path: ["trigger_id": id])
    #expect(task["task_type"] == "plugin_custom" && task["status"] == "PENDING")
    try fixture.store.advance(by: .zero)
    #expect(try fixture.store.call("get_task", path: ["task_id": task["task_id"]?.string ?? ""])["status"] == "COMPLETED")
    #expect(try fixture.store.call("resume_trigger", path: ["trigger_id": id])["next_scheduled_at"] == "2026-01-01T00:03:00Z")
    try fixture.store.call("delete_trigger", path: ["trigger_id": id])
    #expect(try fixture.read(id)["status"] == "disabled")
    try fixture.store.advance(by: .seconds(600))
    #expect(try fixture.read(id)["execution_count"] == 1)
  }

  @Test("an edit changes what may change, never fires at once, and refuses the rest")
  func edits() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("interval", ["interval_seconds": 60])
    let edited = try fixture.store.call(
      "update_trigger", path: ["trigger_id": id], body: ["schedule_config": ["interval_seconds": 600], "name": "slow", "description": "x"])
    #expect(edited["name"] == "slow" && edited["schedule_config"]?["interval_seconds"] == 600)
    #expect(edited["next_scheduled_at"] == "2026-01-01T00:10:00Z")
    try fixture.store.advance(by: .seconds(300))
    #expect(try fixture.read(id)["execution_count"] == 0)
    #expect { try fixture.store.call("update_trigger", path: ["trigger_id": id], body: ["action_type": "cluster"]) } throws: {
      ($0 as? Problem)?.path == "action_type"
    }
    #expect { try fixture.store.call("update_trigger", path: ["trigger_id": id], body: ["desciption": "x"]) } throws: {
      ($0 as? Problem)?.didYouMean == "description"
    }
  }

  @Test("lists filter by type, status and resource")
  func lists() throws {
    let fixture = try Fixture(documents: 10)
    let cluster = try fixture.cluster()
    _ = try fixture.trigger("interval", ["interval_seconds": 60])
    let second = try fixture.trigger("cron", ["cron_expression": "0 2 * * *"], action: ["cluster_id": .string(cluster)], kind: "cluster")
    try fixture.store.call("pause_trigger", path: ["trigger_id": second])
    func total(_ body: JSON) throws -> JSON? { try fixture.store.call("list_triggers", body: body)["total"] }
    #expect(try total([:]) == 2)
    #expect(try total(["trigger_type": "cron"]) == 1)
    #expect(try total(["status": "paused"]) == 1)
    #expect(try total(["action_type": "script"]) == 1)
    #expect(try total(["resource_id": .string(cluster)]) == 1)
    #expect(try total(["resource_id": "other"]) == 0)
  }

  /// What is wrong with a trigger that only the host can tell.
  @Test(
    "what a trigger names must exist, and its scripts must compile; nothing is stored otherwise",
    arguments: [
      ("script", ["script": "return 1"], "cron", ["cron_expression": "0 2 * *"], "schedule_config.cron_expression"),
      ("script", ["script": "return 1"], "cron", ["cron_expression": "0 0 30 2 *"], "schedule_config.cron_expression"),
      ("script", ["script": "return 1"], "cron", ["cron_expression": "0 2 * * *", "timezone": "Europe/Pari"], "schedule_config.timezone"),
      ("cluster", ["cluster_id": "clust_none"], "interval", ["interval_seconds": 60], "action_config.cluster_id"),
      ("script", ["script": "return functio("], "interval", ["interval_seconds": 60], "action_config.script"),
      ("script", ["script": "return 1"], "interval", ["interval_seconds": 60, "predicate": "retur true"], "schedule_config.predicate"),
      ("script", ["script": "return 1"], "event", ["event_type": "documents_added", "collection_id": "pointz"], "schedule_config.collection_id"),
    ] as [(String, JSON, String, JSON, String)])
  func refused(kind: String, action: JSON, type: String, schedule: JSON, path: String) throws {
    let fixture = try Fixture()
    #expect { try fixture.trigger(type, schedule, action: action, kind: kind) } throws: { ($0 as? Problem)?.path == path }
    #expect(try fixture.store.call("list_triggers")["total"] == 0)
  }
}

@Suite("After a restart") struct RestartTests {
  @Test("triggers, counters, state and history are as they were, and missed instants are caught up once")
  func everythingStays() throws {
    let fixture = try Fixture(documents: 30)
    let interval = try fixture.trigger("interval", ["interval_seconds": 60])
    let event = try fixture.trigger("event", ["event_type": "documents_added", "event_threshold": 10, "collection_id": "points"])
    try fixture.store.advance(by: .seconds(60))
    try fixture.add(7, from: 100)
    fixture.store.clock.advance(by: .seconds(600))
    try fixture.store.reopen()
    try fixture.store.host.settle()
    #expect(try fixture.read(interval)["execution_count"] == 2)
    let evaluations = try fixture.store.call("list_trigger_evaluations", path: ["trigger_id": interval])["results"]?.array ?? []
    #expect(evaluations.first?["reason"] == "caught up" && evaluations.first?["detail"]?["missed"]?["count"] == 9)
    #expect(try fixture.read(event)["event_counter"] == 7)
    try fixture.add(3, from: 200)
    try fixture.store.host.settle()
    #expect(try fixture.read(event)["execution_count"] == 1)
  }

  @Test("a second host on the same store is refused, and the first is not disturbed")
  func secondHost() throws {
    let fixture = try Fixture(documents: 1)
    #expect { _ = try Host.open(Host.Configuration(path: fixture.store.path)) } throws: { ($0 as? Problem)?.kind == .conflict }
    #expect(try fixture.store.call("count_documents", path: ["collection_identifier": "points"])["count"] == 1)
  }
}

@Suite("Event filters in a hurry") struct FilterRaceTests {
  @Test("many writes while a filter looks are each counted once", arguments: [1, 2, 3])
  func countedOnce(round: Int) throws {
    let fixture = try Fixture(documents: 50)
    let id = try fixture.trigger(
      "event",
      ["event_type": "documents_added", "event_threshold": 100_000, "filter": "return function(event) return event.document.kind ~= 'gamma' end"])
    for batch in 0..<20 { try fixture.add(9, from: 1000 * round + batch * 9) }
    try fixture.store.host.settle()
    #expect(try fixture.read(id)["event_counter"] == 120)
  }
}
