import Basics
@testable import Engine
import Model
import Scheduling
import TestSupport
import Testing

@Suite("Triggers that start others") struct ChainFlowTests {
  private let fails: JSON = ["script": "return function() error('broken') end"]

  @Test("a success starts one trigger, a failure the other, and each says after which task")
  func chains() throws {
    let fixture = try Fixture()
    let after = try fixture.trigger("cron", ["cron_expression": "0 0 1 1 *"])
    let repair = try fixture.trigger("event", ["event_type": "custom.never"])
    let fine = try fixture.trigger("interval", ["interval_seconds": 60, "on_success": .string(after), "on_failure": .string(repair)])
    let broken = try fixture.trigger(
      "interval", ["interval_seconds": 90, "on_success": [.string(after)], "on_failure": [.string(repair)]], action: fails)
    try fixture.store.advance(by: .seconds(60))
    #expect(try fixture.reasons(after) == ["fired chain"] && fixture.reasons(repair) == [])
    let task = try fixture.history(fine).first?["task_id"]
    let evaluation = try fixture.store.call("list_trigger_evaluations", path: ["trigger_id": after])["results"]?.array?.first
    #expect(evaluation?["detail"]?["after_task_id"] == task && task != nil)
    try fixture.store.advance(by: .seconds(30))
    #expect(try fixture.reasons(repair) == ["fired chain"] && fixture.read(broken)["consecutive_failures"] == 1)
    // The schedule of the one that was started is as it was.
    #expect(try fixture.read(after)["next_scheduled_at"] == "2027-01-01T00:00:00Z")
    #expect(try fixture.history(after).map { $0["status"] } == ["COMPLETED"])
  }

  @Test("a trigger that is to be started is asked by its predicate, and leaves out what it has no room for")
  func guards() throws {
    let fixture = try Fixture()
    let asked = try fixture.trigger("cron", ["cron_expression": "0 0 1 1 *", "predicate": "return function(ctx) return false, 'not now' end"])
    let busy = try fixture.trigger(
      "cron", ["cron_expression": "0 0 1 1 *", "retry": ["max_attempts": 2, "backoff_seconds": 3600]], action: fails)
    let paused = try fixture.trigger("cron", ["cron_expression": "0 0 1 1 *"])
    try fixture.store.call("pause_trigger", path: ["trigger_id": paused])
    _ = try fixture.trigger("interval", ["interval_seconds": 60, "on_success": [.string(asked), .string(busy), .string(paused)]])
    for _ in 0..<2 { try fixture.store.advance(by: .seconds(60)) }
    #expect(try fixture.reasons(asked) == ["held not now x2"])
    #expect(try fixture.reasons(busy) == ["fired chain", "skipped overlap"])
    #expect(try fixture.reasons(paused) == ["skipped not active x2"])
  }

  @Test("what was to be started before a crash is started after it")
  func restart() throws {
    let fixture = try Fixture()
    let last = try fixture.trigger("cron", ["cron_expression": "0 0 1 1 *"])
    _ = try fixture.trigger("interval", ["interval_seconds": 60, "on_success": .string(last)])
    // Maintenance holds the start; the row keeps it over the restart.
    try fixture.store.call(
      "execute_trigger_now",
      path: ["trigger_id": .init(try fixture.store.call("list_triggers")["results"]?.array?.first?["trigger_id"]?.string ?? "")])
    try fixture.store.host.settle()
    #expect(try fixture.reasons(last) == ["fired chain"])
    let first = try fixture.trigger("interval", ["interval_seconds": 60, "on_success": .string(last)])
    try fixture.store.call("set_maintenance", body: ["enabled": true])
    try fixture.store.call("execute_trigger_now", path: ["trigger_id": first])
    try fixture.store.host.settle()
    #expect(try fixture.reasons(last) == ["fired chain"])
    try fixture.store.reopen()
    try fixture.store.call("set_maintenance", body: ["enabled": false])
    try fixture.store.host.settle()
    #expect(try fixture.reasons(last) == ["fired chain", "fired chain"])
  }

  @Test("what would start itself is refused with the way it would take, and so is a trigger that does not exist")
  func loops() throws {
    let fixture = try Fixture()
    let third = try fixture.trigger("cron", ["cron_expression": "0 0 1 1 *"])
    let second = try fixture.trigger("cron", ["cron_expression": "0 0 1 1 *", "on_failure": .string(third)])
    let first = try fixture.trigger("cron", ["cron_expression": "0 0 1 1 *", "on_success": .string(second)])
    #expect {
      try fixture.store.call(
        "update_trigger", path: ["trigger_id": third], body: ["schedule_config": ["cron_expression": "0 0 1 1 *", "on_success": .string(first)]])
    } throws: {
      let problem = $0 as? Problem
      return problem?.path == "schedule_config.on_success" && problem?.message.contains("\(third) → \(first) → \(second) → \(third)") == true
    }
    #expect {
      try fixture.store.call(
        "update_trigger", path: ["trigger_id": third], body: ["schedule_config": ["cron_expression": "0 0 1 1 *", "on_success": .string(third)]])
    } throws: { ($0 as? Problem)?.path == "schedule_config.on_success" }
    #expect { try fixture.trigger("cron", ["cron_expression": "0 0 1 1 *", "on_failure": ["trg_nobody"]]) } throws: {
      ($0 as? Problem)?.path == "schedule_config.on_failure[0]"
    }
    #expect(try fixture.read(third)["schedule_config"]?["on_success"] == nil)
  }

  @Test("the end of a trigger that failed too often is an event, and its hook is told")
  func stopped() throws {
    let fixture = try Fixture()
    let hook = "return function(ctx, e) perigee.kv.set('failures', {n = e.consecutive_failures, stops = e.stops}) end"
    let id = try fixture.trigger(
      "interval", ["interval_seconds": 60, "max_consecutive_failures": 2],
      action: ["script": "return function() error('broken') end", "hooks": ["on_failure": .string(hook)]])
    let listener = try fixture.trigger(
      "event", ["event_type": "trigger.stopped", "filters": ["field": "trigger_id", "operator": "eq", "value": .string(id)]])
    try fixture.store.advance(by: .seconds(60))
    #expect(fixture.value("failures") == ["n": 1, "stops": false] && fixture.value("failures")["stops"] == false)
    try fixture.store.advance(by: .seconds(60))
    #expect(fixture.value("failures") == ["n": 2, "stops": true])
    #expect(try fixture.read(id)["status"] == "failed" && fixture.reasons(listener) == ["fired enough events"])
    let events = try fixture.store.call("list_events", query: ["event_type": "trigger.stopped"])["results"]?.array ?? []
    #expect(events.map { $0["payload"]?["consecutive_failures"] } == [2])
  }
}

@Suite("Pauses, calendars, keys and places") struct HoldingFlowTests {
  @Test("a pause with an end resumes by itself, also over a restart, and keeps no debt unless it is asked to", arguments: [false, true])
  func pauseUntil(catchUp: Bool) throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("interval", ["interval_seconds": 600, "catch_up_on_resume": .bool(catchUp)])
    let paused = try fixture.store.call(
      "pause_trigger", path: ["trigger_id": id], body: ["note": "moving", "until": "2026-01-01T02:05:00Z"])
    #expect(paused["status"] == "paused" && paused["paused_until"] == "2026-01-01T02:05:00Z")
    let why = try fixture.store.call("explain_trigger", path: ["trigger_id": id])["text"]?.string ?? ""
    #expect(why.contains("moving") && why.contains("2026-01-01T02:05:00Z"))
    try fixture.store.advance(by: .seconds(3600))
    try fixture.store.reopen()
    try fixture.store.host.settle()
    #expect(try fixture.read(id)["status"] == "paused" && fixture.history(id).isEmpty)
    try fixture.store.advance(by: .seconds(3900))
    #expect(try fixture.read(id)["status"] == "active" && fixture.read(id)["paused_until"] == .null)
    #expect(try fixture.reasons(id) == (catchUp ? ["fired caught up"] : []))
    try fixture.store.advance(by: .seconds(300))
    #expect(try fixture.history(id).first?["scheduled_at"] == "2026-01-01T02:10:00Z")
    #expect { try fixture.store.call("pause_trigger", path: ["trigger_id": id], body: ["until": "2025-01-01T00:00:00Z"]) } throws: {
      ($0 as? Problem)?.path == "until"
    }
    #expect(try fixture.read(id)["status"] == "active")
  }

  @Test("filtered events that came during a pause do not count afterwards")
  func pauseKeepsNoDebt() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("event", ["event_type": "documents_added", "filters": ["field": "kind", "operator": "eq", "value": "alpha"]])
    try fixture.store.call("pause_trigger", path: ["trigger_id": id])
    try fixture.add(6)
    try fixture.store.call("resume_trigger", path: ["trigger_id": id])
    try fixture.add(1, from: 6, corner: 1)
    try fixture.store.host.settle()
    #expect(try fixture.read(id)["event_counter"] == 0 && fixture.reasons(id) == [])
    try fixture.add(1, from: 7, corner: 0)
    try fixture.store.host.settle()
    #expect(try fixture.reasons(id) == ["fired enough events"])
  }

  @Test("a named calendar holds for every schedule that names it, a change at once; it cannot go while it is used")
  func calendars() throws {
    let fixture = try Fixture()
    func put(_ name: String, _ exclude: JSON) throws { try fixture.store.call("put_calendar", path: ["name": name], body: ["exclude": exclude]) }
    #expect { try fixture.trigger("interval", ["interval_seconds": 60, "exclude": [["calendar": "hollidays"]]]) } throws: {
      ($0 as? Problem)?.path == "schedule_config.exclude[0].calendar"
    }
    try put("holidays", [["dates": ["2026-01-01"]]])
    #expect { try fixture.trigger("interval", ["interval_seconds": 60, "exclude": [["calendar": "hollidays"]]]) } throws: {
      ($0 as? Problem)?.didYouMean == "holidays"
    }
    let id = try fixture.trigger("interval", ["interval_seconds": 60, "exclude": [["calendar": "holidays"]]])
    try fixture.store.advance(by: .seconds(60))
    #expect(try fixture.reasons(id) == ["skipped calendar"])
    try fixture.store.reopen()
    try fixture.store.advance(by: .seconds(60))
    #expect(try fixture.reasons(id) == ["skipped calendar x2"] || fixture.reasons(id) == ["skipped calendar", "skipped calendar"])
    try put("holidays", [["dates": ["2026-12-25"]], ["cron": "0 3 * * *"]])
    try fixture.store.advance(by: .seconds(60))
    #expect(try fixture.history(id).count == 1)
    #expect(try fixture.read(id)["schedule_config"]?["exclude"] == [["calendar": "holidays"]])
    #expect { try fixture.store.call("delete_calendar", path: ["name": "holidays"]) } throws: { ($0 as? Problem)?.kind == .conflict }
    #expect { try put("mixed", [["calendar": "holidays"]]) } throws: { ($0 as? Problem)?.path == "exclude[0].calendar" }
    #expect { try put("mixed", [["cron": "61 * * * *"]]) } throws: { ($0 as? Problem)?.path?.hasPrefix("exclude[0].cron") == true }
    #expect(try fixture.store.call("list_calendars")["total"] == 1)
    try fixture.store.call("delete_trigger", path: ["trigger_id": id])
    try fixture.store.call("delete_calendar", path: ["name": "holidays"])
    #expect(try fixture.store.call("list_calendars")["total"] == 0)
  }

  @Test("of events with the same key one counts within the time, also over a restart; without the key all count")
  func dedupe() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger(
      "event", ["event_type": "custom.order", "event_threshold": 100, "dedupe_key": "order.id", "dedupe_seconds": 600])
    func order(_ number: JSON) throws {
      try fixture.store.call("emit_event", body: ["event_type": "custom.order", "payload": ["order": ["id": number]]])
      try fixture.store.host.settle()
    }
    for number in [1, 2, 1, 1, 3] as [JSON] { try order(number) }
    #expect(try fixture.read(id)["event_counter"] == 3)
    try fixture.store.reopen()
    try order(2)
    #expect(try fixture.read(id)["event_counter"] == 3)
    try fixture.store.advance(by: .seconds(600))
    try order(2)
    try order(.string("2"))
    #expect(try fixture.read(id)["event_counter"] == 5)
    for _ in 0..<2 {
      try fixture.store.call("emit_event", body: ["event_type": "custom.order", "payload": ["order": [:]]])
    }
    try fixture.store.host.settle()
    #expect(try fixture.read(id)["event_counter"] == 7)
    #expect { try fixture.trigger("event", ["event_type": "custom.order", "dedupe_seconds": 60]) } throws: {
      ($0 as? Problem)?.path == "schedule_config.dedupe_seconds"
    }
  }

  @Test("deleted documents are counted since the baseline")
  func deleted() throws {
    let fixture = try Fixture(documents: 9)
    let id = try fixture.trigger(
      "conditional",
      [
        "condition_type": "volume", "metric": "deleted", "threshold": 2, "operator": "gte", "check_interval_seconds": 60, "collection_id": "points",
      ])
    for (number, expected) in [(0, ["held deleted below threshold"]), (1, ["held deleted below threshold", "fired deleted crossed the threshold"])] {
      fixture.store.clock.advance(by: .seconds(1))
      try fixture.store.call("delete_document", path: ["collection_identifier": "points", "document_id": .init("d\(number)")])
      try fixture.store.advance(by: .seconds(59))
      #expect(try fixture.reasons(id) == expected)
    }
    // The success took a new baseline, from which the count begins anew.
    try fixture.store.advance(by: .seconds(60))
    #expect(try fixture.read(id)["last_volume_measurement"]?["value"]?.double == 0)
  }
}

@Suite("Who goes first") struct AdmissionTests {
  private func task(_ name: String, _ kind: TaskRecord.Kind = .script, in namespace: String = "a") -> TaskRecord {
    TaskRecord(id: name, namespaceID: namespace, kind: kind, createdAt: Instant(milliseconds: 0))
  }

  @Test("a higher priority goes first, then the older; lanes do not wait for each other")
  func priorities() {
    var admission = Admission(threads: [.scripts: 2, .heavy: 1])
    for (name, priority) in [("low", 1), ("usual", 5), ("high", 9), ("usual2", 5)] as [(String, Int64)] {
      admission.offer(task(name), priority: priority)
    }
    for name in ["c1", "c2"] { admission.offer(task(name, .cluster), priority: 5) }
    func take() -> [String] {
      var names: [String] = []
      while let task = admission.next() { names.append(task.id) }
      return names
    }
    #expect(take() == ["high", "usual", "c1"])
    admission.leave(task("high"))
    #expect(take() == ["usual2"])
    admission.leave(task("c1", .cluster))
    #expect(take() == ["c2"])
    admission.leave(task("usual"))
    admission.leave(task("usual2"))
    #expect(take() == ["low"])
  }

  @Test("while runs are short, as many are started ahead as take a twentieth of a second")
  func ahead() {
    var admission = Admission(threads: [.scripts: 2, .heavy: 1])
    func admitted(_ name: String) -> Int { (0..<2000).count { admission.admit(task("\(name)\($0)")) } }
    #expect(admitted("first") == 2)
    #expect(admission.room(in: .scripts) == 0 && admission.room(in: .heavy) == 1)
    for number in 0..<2 { admission.leave(task("first\(number)")) }
    for _ in 0..<100 { admission.ran(for: .microseconds(100), .script) }
    let ahead = admitted("short")
    #expect(900...1000 ~= ahead)
    for number in 0..<100 { admission.leave(task("short\(number)")) }
    #expect(admission.room(in: .scripts) == 100 && admission.isQuick(.scripts))
    #expect(admitted("more") == 100)
    for _ in 0..<100 { admission.ran(for: .seconds(1), .script) }
    #expect(admitted("long") == 0)
    #expect(admission.room(in: .scripts) == 0 && !admission.isQuick(.scripts))
  }

  @Test("what waits for its namespace's limit does not keep others from being admitted at once")
  func limitedOnes() {
    var admission = Admission(threads: [.scripts: 4, .heavy: 1])
    admission.limit("a", to: 1)
    for name in ["a1", "a2", "a3"] { admission.offer(task(name), priority: 5) }
    let first = admission.next()?.id
    // The namespace of the one has no room; that of the other has no limit.
    let (same, other) = (admission.admit(task("a4")), admission.admit(task("b1", in: "b")))
    #expect(first == "a1" && !same && other)
    admission.leave(task("a1"))
    let (later, next) = (admission.admit(task("b2", in: "b")), admission.next()?.id)
    #expect(!later && next == "a2", "a2 was ready before it")
  }

  @Test("no namespace runs more than it allows, whatever waits, and every task runs once", arguments: 1...20)
  func limits(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var admission = Admission(threads: [.scripts: 4, .heavy: 2])
    let limits = ["a": 1, "b": 3]
    for (name, limit) in limits { admission.limit(name, to: limit) }
    var (running, done, offered): ([TaskRecord], Set<String>, Int) = ([], [], 0)
    for _ in 0..<500 {
      if Int.random(in: 0..<3, using: &random) > 0 {
        offered += 1
        let namespace = ["a", "b", "c"].randomElement(using: &random) ?? "a"
        admission.offer(
          task("t\(offered)", Bool.random(using: &random) ? .script : .cluster, in: namespace), priority: Int64.random(in: 0...9, using: &random))
      }
      while let task = admission.next() {
        #expect(done.insert(task.id).inserted)
        running.append(task)
      }
      for (name, limit) in limits { #expect(running.count { $0.namespaceID == name } <= limit) }
      #expect(running.count { $0.kind == .script } <= 4 && running.count { $0.kind == .cluster } <= 2)
      if let ended = running.indices.randomElement(using: &random), Bool.random(using: &random) {
        admission.leave(running.remove(at: ended))
      }
    }
    while !running.isEmpty {
      for task in running { admission.leave(task) }
      running = []
      while let task = admission.next() {
        #expect(done.insert(task.id).inserted)
        running.append(task)
      }
    }
    #expect(done.count == offered)
  }
}
