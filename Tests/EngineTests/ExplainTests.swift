import Basics
import Engine
import Model
import TestSupport
import Testing

@Suite("Why a trigger fired or did not") struct ExplainTests {
  private func explain(_ fixture: Fixture, _ id: String, at instant: String? = nil) throws -> JSON {
    try fixture.store.call("explain_trigger", path: ["trigger_id": id], query: instant.map { ["at": .string($0)] } ?? [:])
  }

  private func clause(_ explained: JSON, _ name: String) -> JSON? { explained["clauses"]?.array?.first { $0["clause"]?.string == name } }

  @Test("events: what has come, the cooldown, and how many more are missing")
  func events() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger(
      "event", ["event_type": "documents_added", "event_threshold": 100, "collection_id": "points", "cooldown_seconds": 60])
    try fixture.add(100)
    try fixture.store.host.settle()
    try fixture.add(37, from: 100)
    try fixture.store.advance(by: .seconds(19))
    let explained = try explain(fixture, id)
    #expect(explained["distance"] == "37 of 100 events (documents_added); the cooldown ends in 41 s; then it fires when 63 more come")
    #expect(clause(explained, "events")?["missing"] == 63 && clause(explained, "events")?["holds"] == false)
    #expect(clause(explained, "cooldown")?["missing"] == 41.0)
    #expect(explained["text"]?.string?.contains("It fired: 100 events had come.") == true, "\(explained.text)")
  }

  @Test("an instant of the past is told from the decision that covers it, with the count of that time")
  func past() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("event", ["event_type": "documents_added", "event_threshold": 10, "collection_id": "points"])
    try fixture.add(4)
    try fixture.store.advance(by: .seconds(60))
    try fixture.add(6, from: 4)
    try fixture.store.host.settle()
    try fixture.store.advance(by: .seconds(60))
    let before = try explain(fixture, id, at: "2026-01-01T00:00:30Z")
    #expect(clause(before, "events")?["value"] == 4 && clause(before, "events")?["missing"] == 6, "\(before.text)")
    #expect(before["text"]?.string?.hasPrefix("Nothing was decided at 2026-01-01T00:00:30Z.") == true)
    #expect(before["after"]?["outcome"] == "fired")
    let fired = try explain(fixture, id, at: "2026-01-01T00:01:00Z")
    #expect(fired["evaluation"]?["outcome"] == "fired" && fired["task_status"] == "COMPLETED", "\(fired.text)")
    let early = try explain(fixture, id, at: "2025-12-31T00:00:00Z")
    #expect(early["text"]?.string?.contains("did not exist") == true)
  }

  @Test("equal decisions are one row that covers every instant between its first and its last")
  func coalesced() throws {
    let fixture = try Fixture(documents: 5)
    let id = try fixture.trigger(
      "conditional", ["condition_type": "volume", "threshold": 10, "operator": "gte", "check_interval_seconds": 60, "collection_id": "points"])
    for _ in 0..<5 { try fixture.store.advance(by: .seconds(60)) }
    let explained = try explain(fixture, id, at: "2026-01-01T00:02:30Z")
    #expect(explained["evaluation"]?["count"] == 5)
    #expect(explained["text"]?.string?.contains("count was 5, and it fires when that is ≥ 10") == true, "\(explained.text)")
    let now = try explain(fixture, id)
    #expect(clause(now, "condition")?["value"] == 5.0 && clause(now, "condition")?["missing"] == 5.0)
    #expect(clause(now, "condition")?["change"] == "count has to rise by 5")
  }

  @Test("between two due instants the schedule says which comes next")
  func schedule() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("cron", ["cron_expression": "0 2 * * *", "timezone": "UTC"])
    for _ in 0..<5 { try fixture.store.advance(by: .seconds(3600)) }
    let explained = try explain(fixture, id, at: "2026-01-01T01:30:00Z")
    #expect(
      explained["text"]?.string?.contains("the next due instant after that was 2026-01-01T02:00:00Z, 30 min later") == true, "\(explained.text)")
    #expect(explained["after"]?["scheduled_at"] == "2026-01-01T02:00:00Z")
  }

  @Test("every outcome and reason has a sentence of its own")
  func sentences() throws {
    let fixture = try Fixture(documents: 3)
    let predicate = try fixture.trigger("interval", ["interval_seconds": 60, "predicate": "return function() return false, 'too early' end"])
    let broken = try fixture.trigger("interval", ["interval_seconds": 60, "predicate": "return function() return nothing.here end"])
    let endless = try fixture.trigger("interval", ["interval_seconds": 60, "predicate": "return function() while true do end end"])
    let baseline = try fixture.trigger(
      "conditional",
      ["condition_type": "drift", "threshold": 0.1, "check_interval_seconds": 60, "collection_id": "points", "capture_baseline_on_create": false])
    let hook = try fixture.trigger(
      "interval", ["interval_seconds": 60], action: ["script": "return 1", "hooks": ["before": "return function() return false, 'closed today' end"]])
    let left = try fixture.trigger("interval", ["interval_seconds": 60, "catch_up": "none"])
    let crossed = try fixture.trigger(
      "conditional", ["condition_type": "volume", "metric": "count", "threshold": 1, "check_interval_seconds": 60, "collection_id": "points"],
      action: ["script": "return 1", "hooks": ["before": "return function() return false end"]])
    for _ in 0..<2 { try fixture.store.advance(by: .seconds(60)) }
    let table: [(String, String)] = [
      (predicate, "its script said no (too early)"), (broken, "It was not decided:"), (endless, "stopped by its budget"),
      (baseline, "no baseline to compare with"),
      (hook, "its before hook said no: closed today"), (crossed, "it has fired for this crossing"),
    ]
    for (id, words) in table {
      let text = try explain(fixture, id)["text"]?.string ?? ""
      #expect(text.contains(words), "\(text)")
    }
    fixture.store.clock.advance(by: .seconds(3570))
    fixture.store.host.clockMoved()
    try fixture.store.host.settle()
    let text = try explain(fixture, left)["text"]?.string ?? ""
    #expect(text.contains("due instants") && text.contains("catch_up 'none'"), "\(text)")
  }

  @Test(
    "every part of a schedule has its words",
    arguments: [
      ("cron", ["at": "2027-01-01T00:00:00Z"], "Once, at 2027-01-01T00:00:00Z"),
      ("cron", ["cron_expression": "30 2 * * 1-5", "timezone": "Europe/Paris"], "At 02:30, Monday to Friday (Europe/Paris)"),
      (
        "interval", ["interval_seconds": 3600, "start_at": "2026-02-01T00:00:00Z", "end_at": "2026-03-01T00:00:00Z", "jitter_seconds": 90],
        "Every hour, from 2026-02-01T00:00:00Z, until 2026-03-01T00:00:00Z, each up to 1 min 30 s later"
      ),
      (
        "interval", ["interval_seconds": 60, "exclude": [["dates": ["2026-12-25"]], ["cron": "* 0-5 * * *"], ["calendar": "holidays"]]],
        "except 1 day and at '* 0-5 * * *' and as the calendar 'holidays' says"
      ),
      (
        "interval", ["interval_seconds": 60, "retry": ["max_attempts": 3], "probe_after_seconds": 600],
        "a run that fails is tried up to 3 times, after 5 failures in a row only probed, every 10 min"
      ),
      (
        "event", ["event_type": "custom.order", "event_threshold": 5, "window_seconds": 60, "dedupe_key": "id", "cooldown_seconds": 30],
        "After 5 × custom.order, one for each id in 1 d within 1 min, at most once in 30 s"
      ),
      (
        "event", ["event_type": "custom.order", "debounce_seconds": 10, "max_wait_seconds": 60],
        "After 1 × custom.order, when none has come for 10 s, at most 1 min after the first"
      ),
      ("event", ["event_type": "custom.order", "absence_seconds": 3600], "When no custom.order has come for 1 h"),
      (
        "conditional", ["condition_type": "volume", "threshold": 5, "collection_id": "points", "mode": "level", "cooldown_seconds": 60],
        "While count is > 5, checked every 1 h, at most once in 1 min"
      ),
    ] as [(String, JSON, String)])
  func schedules(type: String, config: JSON, words: String) throws {
    let fixture = try Fixture()
    try fixture.store.call("put_calendar", path: ["name": "holidays"], body: ["exclude": [["dates": ["2026-05-01"]]]])
    let id = try fixture.trigger(type, config)
    let text = try fixture.read(id)["schedule_text"]?.string ?? ""
    #expect(text.contains(words), "\(text)")
    #expect(try explain(fixture, id)["schedule_text"]?.string == text)
  }

  @Test("what it waits for is told with the time that is left: silence, quiet, a next attempt, a probe, the end of a pause")
  func waits() throws {
    let fixture = try Fixture()
    func emit() throws {
      try fixture.store.call("emit_event", body: ["event_type": "custom.order"])
      try fixture.store.host.settle()
    }
    let fails: JSON = ["script": "return function() error('broken') end"]
    let absence = try fixture.trigger("event", ["event_type": "custom.order", "absence_seconds": 300])
    let debounce = try fixture.trigger("event", ["event_type": "custom.order", "debounce_seconds": 200, "max_wait_seconds": 250])
    let retry = try fixture.trigger("interval", ["interval_seconds": 60, "retry": ["max_attempts": 2, "backoff_seconds": 900]], action: fails)
    let probe = try fixture.trigger("interval", ["interval_seconds": 60, "max_consecutive_failures": 1, "probe_after_seconds": 600], action: fails)
    let paused = try fixture.trigger("interval", ["interval_seconds": 60])
    try fixture.store.call("pause_trigger", path: ["trigger_id": paused], body: ["until": "2026-01-01T01:00:00Z"])
    try fixture.store.advance(by: .seconds(60))
    try emit()
    try fixture.store.advance(by: .seconds(30))
    try emit()
    try fixture.store.advance(by: .seconds(40))
    for (id, clause, words) in [
      (absence, "absence", "it fires in 4 min 20 s if none comes"), (debounce, "debounce", "it fires in 2 min 40 s if none comes"),
      (retry, "retry", "is tried again in"), (probe, "status", "it is probed in 8 min 50 s"),
      (paused, "status", "it resumes by itself in 57 min 50 s"),
    ] {
      let explained = try explain(fixture, id)
      let found = explained["clauses"]?.array?.first { $0["clause"]?.string == clause }
      let told = [found?["text"]?.string, found?["change"]?.string].compactMap { $0 }.joined(separator: "; ")
      #expect(told.contains(words), "\(explained.text)")
      #expect(found?["until"]?.string != nil && explained["text"]?.string?.lowercased().contains(words) == true)
    }
    try fixture.store.advance(by: .seconds(260))
    #expect(try explain(fixture, absence)["text"]?.string?.contains("the next wait begins when one comes") == true)
  }

  @Test("evaluations are filtered by outcome and span, and say how long they are kept")
  func filters() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger(
      "interval", ["interval_seconds": 60, "predicate": "return function(ctx) ctx.state.n = (ctx.state.n or 0) + 1 return ctx.state.n % 2 == 0 end"])
    for _ in 0..<6 { try fixture.store.advance(by: .seconds(60)) }
    func list(_ query: JSONObject) throws -> JSON { try fixture.store.call("list_trigger_evaluations", path: ["trigger_id": id], query: query) }
    #expect(try list([:])["total"] == 6)
    #expect(try list(["outcome": "fired"])["total"] == 3)
    #expect(try list(["since": "2026-01-01T00:03:00Z"])["total"] == 4)
    #expect(
      try list(["since": "2026-01-01T00:03:00Z", "until": "2026-01-01T00:05:00Z", "outcome": "held"])["results"]?.array?.map { $0["first_at"] } == [
        "2026-01-01T00:03:00Z"
      ])
    #expect(try list([:])["retention"]?["max_per_trigger"] == 10_000)
    for (query, path) in [
      (["outcome": "fird"], "outcome"), (["since": "yesterday"], "since"), (["since": "2026-01-02", "until": "2026-01-01"], "until"),
    ] as [(JSONObject, String)] {
      #expect { try list(query) } throws: { ($0 as? Problem)?.path == path }
    }
  }
}

@Suite("Maintenance") struct MaintenanceTests {
  @Test("holds every kind of trigger, keeps counting, is told, outlives a restart, and lets what is due come afterwards")
  func holds() throws {
    let fixture = try Fixture()
    let interval = try fixture.trigger("interval", ["interval_seconds": 60])
    let event = try fixture.trigger("event", ["event_type": "documents_added", "event_threshold": 2, "collection_id": "points"])
    let check = try fixture.trigger(
      "conditional", ["condition_type": "volume", "threshold": 1, "check_interval_seconds": 60, "collection_id": "points"])
    try fixture.store.call("set_maintenance", body: ["enabled": true, "note": "moving the disk"])
    try fixture.add(3)
    let before = try [interval, event, check].map { id in try fixture.read(id) }
    try fixture.store.advance(by: .seconds(150))
    for (id, old) in zip([interval, event, check], before) {
      #expect(try fixture.read(id)["next_scheduled_at"] == old["next_scheduled_at"])
      #expect(try fixture.decisions(id) == [])
    }
    #expect(try fixture.read(event)["event_counter"] == 3)
    #expect(try fixture.store.call("explain_trigger", path: ["trigger_id": event])["text"]?.string?.contains("moving the disk") == true)
    #expect(try fixture.store.call("health_beat")["maintenance"]?["note"] == "moving the disk")
    try fixture.store.reopen()
    try fixture.store.advance(by: .seconds(1))
    #expect(try fixture.decisions(interval) == [])
    #expect(try fixture.store.call("set_maintenance", body: ["enabled": false])["enabled"] == false)
    try fixture.store.advance(by: .zero)
    for id in [interval, event, check] { #expect(try fixture.decisions(id) == ["fired"]) }
    #expect(try fixture.store.call("get_maintenance") == ["enabled": false])
  }

  @Test("ends by itself at its time")
  func ends() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("interval", ["interval_seconds": 60])
    try fixture.store.call("set_maintenance", body: ["enabled": true, "until": "2026-01-01T00:05:30Z"])
    try fixture.store.advance(by: .seconds(329))
    #expect(try fixture.decisions(id) == [])
    try fixture.store.advance(by: .seconds(1))
    #expect(try fixture.decisions(id) == ["fired"])
    #expect(try fixture.store.call("get_maintenance")["enabled"] == false)
  }

  @Test(
    "is refused without a word, and for a time that has passed",
    arguments: [([:], "enabled"), (["enabled": true, "until": "2025-01-01"], "until"), (["enabled": true, "untl": "x"], "untl")] as [(JSON, String)])
  func refused(body: JSON, path: String) throws {
    let store = try TemporaryStore()
    #expect { try store.call("set_maintenance", body: body) } throws: { ($0 as? Problem)?.path == path }
  }
}

@Suite("What is forgotten") struct KeeperTests {
  @Test("old decisions go, the newest of each trigger stays, and the next equal one still counts up")
  func evaluations() throws {
    let fixture = try Fixture(retention: Retention(evaluations: .init(age: .seconds(300), count: 100, bytes: 1 << 20)))
    let alternating = try fixture.trigger("interval", ["interval_seconds": 60])
    let steady = try fixture.trigger("interval", ["interval_seconds": 7200, "predicate": "return function() return false end"])
    for _ in 0..<120 { try fixture.store.advance(by: .seconds(60)) }
    for _ in 0..<20 { try fixture.store.advance(by: .seconds(60)) }
    let (evaluations, _) = try fixture.store.host.tidy()
    #expect(evaluations > 100)
    #expect(try fixture.store.call("list_trigger_evaluations", path: ["trigger_id": alternating])["total"] == 6)
    #expect(try fixture.decisions(steady) == ["held"])
    for _ in 0..<100 { try fixture.store.advance(by: .seconds(60)) }
    #expect(try fixture.decisions(steady) == ["held x2"])
  }

  @Test("count and bytes bound it, too")
  func counts() throws {
    let fixture = try Fixture(
      retention: Retention(
        evaluations: .init(age: .seconds(86_400), count: 7, bytes: 1 << 20), events: .init(age: .seconds(86_400), count: 5, bytes: 1 << 20)))
    let id = try fixture.trigger("interval", ["interval_seconds": 60])
    for number in 0..<20 {
      try fixture.store.advance(by: .seconds(60))
      try fixture.add(1, from: number)
    }
    let swept = try fixture.store.host.tidy()
    // Twenty of documents, and those of the collection and the trigger.
    #expect(swept.evaluations == 13 && swept.events == 17)
    #expect(try fixture.store.call("list_trigger_evaluations", path: ["trigger_id": id])["total"] == 7)
    #expect(try fixture.store.host.tidy() == (0, 0))
    // Numbers of events go on where they were.
    try fixture.store.reopen()
    try fixture.add(1, from: 100)
    try fixture.store.host.settle()
  }

  @Test("events that an active filter has not seen stay")
  func unseen() throws {
    let fixture = try Fixture(retention: Retention(events: .init(age: .seconds(1), count: 1, bytes: 1)))
    let id = try fixture.trigger("event", ["event_type": "documents_added", "event_threshold": 100, "filter": "return function() return true end"])
    try fixture.add(2)
    try fixture.add(2, from: 2)
    try fixture.store.host.settle()
    try fixture.store.advance(by: .seconds(10))
    // The collection's, the trigger's, and the first of documents.
    #expect(try fixture.store.host.tidy().events == 3)
    #expect(try fixture.read(id)["event_counter"] == 4)
  }
}
