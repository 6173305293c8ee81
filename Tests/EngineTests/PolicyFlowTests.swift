import Basics
@testable import Engine
import Glibc
import Model
import Scheduling
import Store
import TestSupport
import Testing

extension Fixture {
  func reasons(_ id: String) throws -> [String] {
    try store.call("list_trigger_evaluations", path: ["trigger_id": id])["results"]?.array?.reversed().map {
      "\($0["outcome"]?.string ?? "") \($0["reason"]?.string ?? "")" + (($0["count"]?.int ?? 1) > 1 ? " x\($0["count"]?.int ?? 0)" : "")
    } ?? []
  }
  func task(_ id: String) throws -> JSON { try store.call("get_task", path: ["task_id": id]) }
  func value(_ key: String) -> JSON { (try? store.call("get_kv", path: ["key": key])["value"]) ?? .null }
}

@Suite("Policies, from the clock to the result") struct PolicyFlowTests {
  @Test("jitter delays the run and leaves the instant as it was")
  func jitter() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("interval", ["interval_seconds": 600, "jitter_seconds": 500])
    try fixture.store.advance(by: .seconds(600))
    let delay = Jitter.delay(of: id, at: fixture.store.clock.now, within: .seconds(500), next: fixture.store.clock.now + .seconds(600))
    #expect(try fixture.read(id)["execution_count"] == (delay == .zero ? 1 : 0))
    try fixture.store.advance(by: delay)
    #expect(try fixture.history(id).map { $0["scheduled_at"] } == ["2026-01-01T00:10:00Z"])
  }

  @Test("a one-shot fires once, stays active, and says that it has ended")
  func once() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("cron", ["at": "2026-01-01T00:05:00Z"])
    #expect(try fixture.read(id)["next_scheduled_at"] == "2026-01-01T00:05:00Z" && fixture.read(id)["has_ended"] == false)
    for _ in 0..<3 { try fixture.store.advance(by: .seconds(300)) }
    let shown = try fixture.read(id)
    #expect(shown["status"] == "active" && shown["next_scheduled_at"] == .null && shown["has_ended"] == true && shown["execution_count"] == 1)
    // Its name may still change; a moment that has passed is refused.
    try fixture.store.call("update_trigger", path: ["trigger_id": id], body: ["name": "past"])
    #expect { try fixture.trigger("cron", ["at": "2025-12-31T00:00:00Z"]) } throws: { ($0 as? Problem)?.path == "schedule_config.at" }
    #expect { try fixture.trigger("interval", ["interval_seconds": 60, "end_at": "2026-01-01T00:00:30Z"]) } throws: {
      ($0 as? Problem)?.path == "schedule_config.end_at"
    }
  }

  @Test("runs that wait start one after the other, also after a restart")
  func queue() throws {
    let fixture = try Fixture()
    // The first attempt fails and waits for its next, which keeps the others waiting behind it.
    let action: JSON = ["script": "return function(ctx) if perigee.kv.incr('runs') < 0 or perigee.kv.get('broken') then error('broken') end end"]
    try fixture.store.call("set_kv", path: ["key": "broken"], body: ["value": true])
    let id = try fixture.trigger(
      "interval",
      [
        "interval_seconds": 60, "overlap": "queue", "max_queue": 2, "retry": ["max_attempts": 3, "backoff_seconds": 300, "max_backoff_seconds": 300],
      ],
      action: action)
    for _ in 0..<4 { try fixture.store.advance(by: .seconds(60)) }
    #expect(try fixture.history(id).map { $0["status"] } == ["PENDING", "PENDING", "PENDING"])
    #expect(try fixture.reasons(id) == ["fired due", "fired due", "fired due", "skipped queue full"])
    try fixture.store.call("delete_kv", path: ["key": "broken"])
    try fixture.store.reopen()
    try fixture.store.host.settle()
    #expect(try fixture.history(id).map { $0["status"] } == ["PENDING", "PENDING", "PENDING"])
    try fixture.store.call("pause_trigger", path: ["trigger_id": id])
    try fixture.store.advance(by: .seconds(300))
    try fixture.store.host.settle()
    #expect(try fixture.history(id).map { $0["status"] } == ["COMPLETED", "COMPLETED", "COMPLETED"])
    #expect(try fixture.read(id)["execution_count"] == 3)
  }

  @Test("a namespace's limit on tasks at once holds after a restart, however many namespaces were made before it")
  func limitOfTheLast() throws {
    let fixture = try Fixture()
    let now = fixture.store.clock.now
    var transaction = Transaction()
    for number in 0...1001 {
      let at = now + .milliseconds(Int64(number))
      transaction.insert(
        Namespace(id: "ns_\(number)", name: "n\(number)", createdAt: at, updatedAt: at, maxConcurrentTasks: number == 1001 ? 1 : nil))
    }
    try fixture.store.host.commit(transaction)
    try fixture.store.reopen()
    let host = fixture.store.host
    let tasks = ["task_1", "task_2"]
    for id in tasks {
      try host.start(TaskRecord(id: id, namespaceID: "ns_1001", kind: .script, inputs: ["script": "while true do end"], createdAt: now))
    }
    // Each is a round of the host's thread: by the last, whatever may start has started.
    for _ in 0..<4 { try host.beat() }
    let statuses = try host.read { reader throws(Problem) in try tasks.map { id throws(Problem) in try reader.task(id)?.status } }
    #expect(statuses == [.inProgress, .pending])
    for id in tasks.reversed() { try host.cancel(taskID: id) }
    try host.settle()
  }

  @Test("what is due is claimed, and waits, while every thread is busy with a run of unknown length")
  func crowded() throws {
    let fixture = try Fixture()
    let host = fixture.store.host
    let now = fixture.store.clock.now
    let namespace = try host.defaultNamespace(for: .local).id
    let busy = (0..<Workers.scriptThreads).map { "task_busy_\($0)" }
    for id in busy {
      try host.start(
        TaskRecord(id: id, namespaceID: namespace, kind: .script, inputs: ["script": "while true do end"], createdAt: now))
    }
    let triggers = try (0..<30).map { _ in try fixture.trigger("interval", ["interval_seconds": 60]) }
    fixture.store.clock.advance(by: .seconds(60))
    host.clockMoved()
    // The host may wait for an end for some rounds, but not for ever.
    for _ in 0..<100 { try host.beat() }
    let statuses = try triggers.map { try fixture.history($0).map { $0["status"] } }
    #expect(statuses == Array(repeating: ["PENDING"], count: 30))
    for id in busy { try host.cancel(taskID: id) }
    try host.settle()
    #expect(try triggers.allSatisfy { try fixture.history($0).map { $0["status"] } == ["COMPLETED"] })
  }

  @Test("cancel_running ends what runs or waits, and the newest run goes on")
  func cancelRunning() throws {
    let fixture = try Fixture()
    let action: JSON = ["script": "return function(ctx) if not perigee.kv.get('fine') then error('broken') end end"]
    let id = try fixture.trigger(
      "interval", ["interval_seconds": 60, "overlap": "cancel_running", "retry": ["max_attempts": 3, "backoff_seconds": 3600]], action: action)
    try fixture.store.advance(by: .seconds(60))
    try fixture.store.call("set_kv", path: ["key": "fine"], body: ["value": true])
    try fixture.store.advance(by: .seconds(60))
    #expect(try fixture.history(id).map { $0["status"] } == ["COMPLETED", "CANCELED"])
    #expect(try fixture.read(id)["consecutive_failures"] == 0)
  }

  @Test("a failed task is tried again after its backoff, survives a restart, and only the last failure counts")
  func retry() throws {
    let fixture = try Fixture()
    let action: JSON = [
      "script": "return function(ctx) perigee.kv.set('half', true); error('broken pipe') end",
      "hooks": ["on_failure": "return function(ctx, err) perigee.kv.incr('failures') end"],
    ]
    let id = try fixture.trigger("cron", ["at": "2026-01-01T00:01:00Z", "retry": ["max_attempts": 3, "backoff_seconds": 10]], action: action)
    try fixture.store.advance(by: .seconds(60))
    let taskID = try fixture.history(id)[0]["task_id"]?.string ?? ""
    var task = try fixture.task(taskID)
    #expect(task["status"] == "PENDING" && task["additional_data"]?["attempt"] == 1 && task["additional_data"]?["retry_at"] != nil)
    #expect(try fixture.read(id)["consecutive_failures"] == 0 && fixture.value("failures") == .null)
    try fixture.store.reopen()
    try fixture.store.advance(by: .seconds(10))
    #expect(try fixture.task(taskID)["additional_data"]?["attempt"] == 2)
    try fixture.store.advance(by: .seconds(20))
    task = try fixture.task(taskID)
    #expect(task["status"] == "FAILED")
    let attempts = task["outputs"]?.array?.first?["attempts"]?.array ?? []
    #expect(attempts.map { $0["attempt"] } == [1, 2, 3] && attempts.allSatisfy { $0["error"]?.string?.contains("broken pipe") == true })
    #expect(try fixture.read(id)["consecutive_failures"] == 1)
    #expect(fixture.value("failures") == 1 && fixture.value("half") == .null)
  }

  @Test("a trigger that failed too often is probed: a failure waits again, a success resumes it")
  func probe() throws {
    let fixture = try Fixture()
    let action: JSON = ["script": "return function(ctx) if not perigee.kv.get('fine') then error('broken') end end"]
    let id = try fixture.trigger("interval", ["interval_seconds": 60, "max_consecutive_failures": 1, "probe_after_seconds": 600], action: action)
    try fixture.store.advance(by: .seconds(60))
    var shown = try fixture.read(id)
    #expect(shown["status"] == "failed" && shown["next_probe_at"] == "2026-01-01T00:11:00Z" && shown["next_scheduled_at"] == .null)
    try fixture.store.reopen()
    try fixture.store.advance(by: .seconds(600))
    shown = try fixture.read(id)
    #expect(shown["status"] == "failed" && shown["consecutive_failures"] == 2 && shown["next_probe_at"] == "2026-01-01T00:21:00Z")
    try fixture.store.call("set_kv", path: ["key": "fine"], body: ["value": true])
    // An edit of the name does not lose the probe.
    try fixture.store.call("update_trigger", path: ["trigger_id": id], body: ["name": "phoenix"])
    try fixture.store.advance(by: .seconds(600))
    shown = try fixture.read(id)
    #expect(shown["status"] == "active" && shown["consecutive_failures"] == 0 && shown["next_scheduled_at"] == "2026-01-01T00:22:00Z")
    #expect(try fixture.reasons(id).filter { $0 == "fired probe" }.count == 2)
  }

  @Test("quality looks at the last run, and holds with a reason while there is none")
  func quality() throws {
    let fixture = try Fixture(documents: 30)
    let cluster = try fixture.cluster(3)
    let id = try fixture.trigger(
      "conditional",
      [
        "condition_type": "quality", "metric": "num_clusters", "operator": "gte", "threshold": 3, "check_interval_seconds": 60,
        "cluster_id": .string(cluster),
      ])
    try fixture.store.advance(by: .seconds(60))
    try fixture.store.call("execute_cluster", path: ["cluster_id": cluster])
    try fixture.store.host.settle()
    try fixture.store.advance(by: .seconds(60))
    let reasons = try fixture.reasons(id)
    #expect(reasons == ["held no completed run", "fired num_clusters crossed the threshold"])
    #expect { try fixture.trigger("conditional", ["condition_type": "quality", "threshold": 1]) } throws: {
      ($0 as? Problem)?.path == "schedule_config.cluster_id"
    }
  }

  @Test("an excluded instant is skipped, and the history says why")
  func exclusion() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("interval", ["interval_seconds": 60, "exclude": [["cron": "1-3 0 * * *"]]])
    for _ in 0..<4 { try fixture.store.advance(by: .seconds(60)) }
    #expect(try fixture.reasons(id) == ["skipped calendar x3", "fired due"])
  }
}

@Suite("Events, from the report to the result") struct EventFlowTests {
  @Test("custom events are counted, filters look at their payload, and a wrong name is refused")
  func custom() throws {
    let fixture = try Fixture()
    let plain = try fixture.trigger("event", ["event_type": "custom.deployed", "event_threshold": 2])
    let filtered = try fixture.trigger(
      "event",
      [
        "event_type": "custom.deployed", "event_threshold": 5, "filters": ["stage": "live"],
        "filter": "return function(e) return e.payload.size > 1 end",
      ])
    for (stage, size) in [("live", 1), ("live", 2), ("test", 3)] {
      try fixture.store.call("emit_event", body: ["event_type": "custom.deployed", "payload": ["stage": .string(stage), "size": .int(size)]])
    }
    try fixture.store.host.settle()
    #expect(try fixture.read(plain)["execution_count"] == 1 && fixture.read(plain)["event_counter"] == 1)
    #expect(try fixture.read(filtered)["event_counter"] == 1)
    for name in ["custom.", "custom.a..b", "customs.a", "documents_added"] {
      #expect { try fixture.store.call("emit_event", body: ["event_type": .string(name)]) } throws: { ($0 as? Problem)?.path == "event_type" }
    }
  }

  @Test("the documents grammar filters documents")
  func documents() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger(
      "event", ["event_type": "documents_added", "event_threshold": 100, "collection_id": "points", "filters": ["kind": "beta"]])
    try fixture.add(12)
    try fixture.store.host.settle()
    #expect(try fixture.read(id)["event_counter"] == 4)
  }

  @Test("a window lets old events go, also over a restart")
  func window() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("event", ["event_type": "documents_added", "event_threshold": 10, "window_seconds": 100])
    try fixture.add(6)
    try fixture.store.advance(by: .seconds(50))
    try fixture.add(3, from: 100)
    try fixture.store.reopen()
    try fixture.store.advance(by: .seconds(60))
    #expect(try fixture.read(id)["event_counter"] == 3)
    #expect(try fixture.reasons(id) == ["skipped window x6"])
    try fixture.add(7, from: 200)
    try fixture.store.host.settle()
    #expect(try fixture.read(id)["execution_count"] == 1 && fixture.read(id)["event_counter"] == 0)
    try fixture.store.advance(by: .seconds(1000))
    #expect(try fixture.read(id)["event_counter"] == 0)
  }

  @Test("absence fires when nothing came, once, and an event begins the next wait")
  func absence() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("event", ["event_type": "documents_added", "absence_seconds": 60])
    try fixture.store.advance(by: .seconds(40))
    try fixture.add(1)
    try fixture.store.reopen()
    try fixture.store.advance(by: .seconds(59))
    #expect(try fixture.read(id)["execution_count"] == 0)
    try fixture.store.advance(by: .seconds(1))
    try fixture.store.advance(by: .seconds(600))
    #expect(try fixture.reasons(id) == ["fired absence"])
    try fixture.add(1, from: 1)
    #expect(try fixture.read(id)["next_scheduled_at"] == "2026-01-01T00:12:40Z")
    try fixture.store.advance(by: .seconds(60))
    #expect(try fixture.read(id)["execution_count"] == 2)
  }

  @Test("debounce waits until documents stop coming")
  func debounce() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("event", ["event_type": "documents_added", "debounce_seconds": 30])
    for batch in 0..<3 {
      try fixture.add(2, from: batch * 10)
      try fixture.store.advance(by: .seconds(20))
    }
    #expect(try fixture.read(id)["execution_count"] == 0)
    try fixture.store.advance(by: .seconds(10))
    let evaluations = try fixture.store.call("list_trigger_evaluations", path: ["trigger_id": id])["results"]?.array ?? []
    #expect(evaluations.first?["detail"]?["events"] == 6)
  }

  @Test("triggers follow one another; what would start itself is refused")
  func chain() throws {
    let fixture = try Fixture(documents: 12)
    let cluster = try fixture.cluster(2)
    let first = try fixture.trigger("cron", ["at": "2026-01-01T00:01:00Z"], action: ["cluster_id": .string(cluster)], kind: "cluster")
    let clustered = try fixture.trigger("event", ["event_type": "cluster.execution.completed", "filters": ["cluster_id": .string(cluster)]])
    let followed = try fixture.trigger("event", ["event_type": "trigger.execution.completed", "filters": ["trigger_id": .string(first)]])
    let last = try fixture.trigger("event", ["event_type": "trigger.execution.completed", "filters": ["trigger_id": .string(followed)]])
    try fixture.store.advance(by: .seconds(60))
    try fixture.store.host.settle()
    for id in [first, clustered, followed, last] { #expect(try fixture.read(id)["execution_count"] == 1) }
    #expect { try fixture.trigger("event", ["event_type": "trigger.execution.completed"]) } throws: {
      ($0 as? Problem)?.path == "schedule_config.event_type" && ($0 as? Problem)?.message.contains("start itself") == true
    }
    // A clustering after each clustering of that cluster is a loop, also through another trigger.
    #expect {
      try fixture.trigger("event", ["event_type": "cluster.execution.completed"], action: ["cluster_id": .string(cluster)], kind: "cluster")
    } throws: { ($0 as? Problem)?.path == "schedule_config.event_type" }
    #expect {
      try fixture.store.call(
        "update_trigger", path: ["trigger_id": followed],
        body: [
          "schedule_config": [
            "event_type": "trigger.execution.completed",
            "filters": ["field": "trigger_id", "operator": "in", "value": [.string(first), .string(last)]],
          ]
        ])
    } throws: { ($0 as? Problem)?.message.contains("start itself") == true }
  }

  @Test("a loop that only a script could have prevented is cut, and says so")
  func loop() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("event", ["event_type": "trigger.execution.completed", "filter": "return function(e) return true end"])
    try fixture.store.call("execute_trigger_now", path: ["trigger_id": id])
    // Each round is a run, its event, and the filter's look at it.
    for _ in 0..<30 { try fixture.store.advance(by: .seconds(1)) }
    #expect(try fixture.read(id)["execution_count"] == 9)
    #expect(try fixture.reasons(id).last == "skipped loop")
  }
}

@Suite("A change on its way through those that sleep") struct ReviewTests {
  @Test("reaches each once, whoever wakes up before its turn", arguments: 1...5)
  func once(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let ids = (0..<500).map { "trg_\($0)" }
    var review = Review(.zones, at: Instant(seconds: 0), of: ids)
    var reached: [String] = []
    while !review.isOver {
      reached += review.reach(review.next(Int.random(in: 1...64, using: &random)))
      reached += review.reach((0..<9).compactMap { _ in ids.randomElement(using: &random) })
    }
    #expect(reached.sorted() == ids.sorted())
  }
}

@Suite("When the clock is set") struct ClockFlowTests {
  private func jump(_ fixture: Fixture, by duration: Duration) throws {
    fixture.store.clock.jump(by: duration)
    try fixture.store.advance(by: .zero)
  }

  @Test("forward is an absence: the last instant is caught up, the others are counted")
  func forward() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("interval", ["interval_seconds": 600])
    try jump(fixture, by: .seconds(86_400))
    #expect(try fixture.history(id).map { $0["scheduled_at"] } == ["2026-01-02T00:00:00Z"])
    let last = try fixture.store.call("list_trigger_evaluations", path: ["trigger_id": id])["results"]?.array?.first
    #expect(last?["reason"] == "caught up" && last?["detail"]?["missed"]?["count"] == 143)
  }

  @Test("back over claimed instants, none runs again")
  func back() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("cron", ["cron_expression": "0 * * * *"])
    for _ in 0..<6 { try fixture.store.advance(by: .seconds(3600)) }
    #expect(try fixture.read(id)["execution_count"] == 6)
    // Within three hours it waits for 07:00.
    try jump(fixture, by: .seconds(-7200))
    #expect(try fixture.read(id)["next_scheduled_at"] == "2026-01-01T07:00:00Z")
    // Beyond, it is computed anew, and what was claimed is passed over.
    try jump(fixture, by: .seconds(-3 * 3600 - 60))
    #expect(try fixture.read(id)["next_scheduled_at"] == "2026-01-01T01:00:00Z")
    for _ in 0..<7 { try fixture.store.advance(by: .seconds(3600)) }
    #expect(try fixture.read(id)["execution_count"] == 7)
    #expect(Set(try fixture.history(id).map { $0["scheduled_at"]?.string }).count == 7)
    let reasons = try fixture.reasons(id)
    #expect(reasons.contains("skipped claimed before x6"), "\(reasons)")
  }

  @Test("back over hundreds of triggers that sleep, the next instant of each is computed anew")
  func backOverSleepers() throws {
    let fixture = try Fixture()
    let (now, count) = (fixture.store.clock.now, 700)
    let namespace = try fixture.store.host.defaultNamespace(for: .local)
    var transaction = Transaction()
    for number in 0..<count {
      var trigger = Trigger(
        id: "trg_\(number)", namespaceID: namespace.id, action: try Action(type: "script", config: ["script": "return 1"]),
        schedule: try Schedule(.cron, ["cron_expression": "0 */6 * * *"]), createdAt: now - .seconds(10 * 86_400))
      trigger.nextScheduledAt = now + .seconds(12 * 3600)
      transaction.insert(trigger)
    }
    try fixture.store.host.commit(transaction)
    try fixture.store.reopen()
    try jump(fixture, by: .seconds(-4 * 3600))
    func triggers() throws -> [Trigger] {
      try fixture.store.host.read { reader throws(Problem) in try reader.triggers(TriggerQuery(namespaceID: namespace.id, limit: 1000)).items }
    }
    #expect(try triggers().allSatisfy { $0.nextScheduledAt == now && $0.fence == 1 })
    try fixture.store.advance(by: .seconds(4 * 3600))
    let fired = try triggers()
    #expect(fired.count == count && fired.allSatisfy { $0.executionCount == 1 && $0.nextScheduledAt == now + .seconds(6 * 3600) })
  }

  @Test("a clock from before this program holds cron, lets intervals go on, and is believed when it is set")
  func untrusted() throws {
    let fixture = try Fixture()
    let cron = try fixture.trigger("cron", ["cron_expression": "* * * * *"])
    let interval = try fixture.trigger("interval", ["interval_seconds": 60])
    fixture.store.clock.jump(by: .seconds(-20 * 365 * 86_400))
    try fixture.store.reopen()
    for _ in 0..<3 { try fixture.store.advance(by: .seconds(60)) }
    #expect(try fixture.read(cron)["execution_count"] == 0)
    #expect(try fixture.read(interval)["execution_count"] == 3)
    try jump(fixture, by: .seconds(20 * 365 * 86_400))
    try fixture.store.advance(by: .seconds(60))
    #expect(try (fixture.read(cron)["execution_count"]?.int ?? 0) > 0)
    #expect(try (fixture.read(interval)["execution_count"]?.int ?? 0) > 3)
  }

  @Test(
    "a new release of the zone data is noticed within two minutes, and the next instant follows it, also of a trigger that sleeps",
    arguments: [false, true])
  func zoneData(sleeping: Bool) throws {
    var template = Array("/tmp/perigee-zones-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Problem(.unavailable, "no temporary folder") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let files = ["Europe/Paris", "tzdata.zi"].map { "\(folder)/\($0)" }
    defer {
      for file in files { unlink(file) }
      rmdir(folder + "/Europe")
      rmdir(folder)
    }
    mkdir(folder + "/Europe", 0o700)
    func install(_ zone: String, _ version: String) {
      unlink(files[0])
      symlink("/usr/share/zoneinfo/\(zone)", files[0])
      guard let file = fopen(files[1], "w") else { return }
      fputs("# version \(version)\n", file)
      fclose(file)
    }
    install("Europe/Paris", "2026a")
    let fixture = try Fixture(store: TemporaryStore(zones: Zones(directories: [folder])))
    let id = try fixture.trigger("cron", ["cron_expression": "0 12 * * *", "timezone": "Europe/Paris"])
    #expect(try fixture.read(id)["next_scheduled_at"] == "2026-01-01T11:00:00Z")
    if sleeping { try fixture.store.reopen() }
    // As if France had moved to another time.
    install("Asia/Tokyo", "2026b")
    for _ in 0..<2 { try fixture.store.advance(by: .seconds(60)) }
    #expect(try fixture.read(id)["next_scheduled_at"] == "2026-01-01T03:00:00Z")
    try fixture.store.advance(by: .seconds(3 * 3600))
    #expect(try fixture.read(id)["execution_count"] == 1)
  }
}
