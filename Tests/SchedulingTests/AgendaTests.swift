import Basics
import Model
import Testing

@testable import Scheduling

/// Builds triggers and feeds an agenda; a test needs three lines.
struct Bench {
  var agenda = Agenda()
  let start = Instant("2026-01-01T00:00:00Z")!
  let zones = Zones()

  mutating func add(_ type: TriggerType, _ config: JSON, id: String = "trg_1", running: Int = 0, change: (inout Trigger) -> Void = { _ in }) throws {
    var trigger = Trigger(
      id: id, namespaceID: "ns", action: try Action(type: "script", config: ["script": "return 1"]), schedule: try Schedule(type, config),
      createdAt: start)
    let timetable = try Timetable(trigger.schedule, createdAt: start, zones: zones)
    trigger.nextScheduledAt = timetable.first(at: start, of: trigger.schedule, isNew: true)
    change(&trigger)
    agenda.insert(trigger, timetable: timetable, running: running)
  }

  mutating func steps(at seconds: Int64) -> [Agenda.Step] { agenda.next(at: start + .seconds(seconds)) }
  mutating func fires(at seconds: Int64) -> [Agenda.Fire] {
    steps(at: seconds).compactMap { if case .fire(let fire) = $0 { fire } else { nil } }
  }
  mutating func question(at seconds: Int64) throws -> Agenda.Question {
    for case .ask(let question) in steps(at: seconds) { return question }
    throw Problem(.internal, "nothing is asked at \(seconds)")
  }
  mutating func end(_ id: String = "trg_1", at seconds: Int64) { _ = agenda.finished(id, at: start + .seconds(seconds)) }
}

@Suite("The agenda: interval and cron") struct AgendaTimeTests {
  @Test("an interval fires at each multiple, and at no other time")
  func interval() throws {
    var bench = Bench()
    try bench.add(.interval, ["interval_seconds": 10])
    var fired: [Int64] = []
    for second in Int64(0)...35 {
      for fire in bench.fires(at: second) {
        fired.append((fire.scheduledAt - bench.start).inMilliseconds / 1000)
        bench.end(at: second)
      }
    }
    #expect(fired == [10, 20, 30])
  }

  @Test("start_immediately fires once at creation, and then at the multiples")
  func immediately() throws {
    var bench = Bench()
    try bench.add(.interval, ["interval_seconds": 10, "start_immediately": true])
    #expect(bench.fires(at: 0).map(\.scheduledAt) == [bench.start])
    bench.end(at: 0)
    #expect(bench.fires(at: 5).isEmpty)
    #expect(bench.fires(at: 10).count == 1)
  }

  @Test("a fixed delay counts from the end of the run")
  func fixedDelay() throws {
    var bench = Bench()
    try bench.add(.interval, ["interval_seconds": 10, "anchor": "fixed_delay"])
    #expect(bench.fires(at: 10).count == 1)
    bench.end(at: 17)
    #expect(bench.fires(at: 26).isEmpty)
    #expect(bench.fires(at: 27).count == 1)
  }

  @Test("cron fires at its instants and says the next one")
  func cron() throws {
    var bench = Bench()
    try bench.add(.cron, ["cron_expression": "*/5 * * * *"])
    let fire = try #require(bench.fires(at: 300).first)
    #expect(fire.scheduledAt == bench.start + .seconds(300))
    #expect(fire.next == bench.start + .seconds(600))
  }

  @Test("while a run goes on, a due instant is skipped and counted; with overlap allowed it fires")
  func overlap() throws {
    var bench = Bench()
    try bench.add(.interval, ["interval_seconds": 10])
    #expect(bench.fires(at: 10).count == 1)
    guard case .skip(let skip)? = bench.steps(at: 20).first else {
      Issue.record("no skip")
      return
    }
    #expect(skip.reason == .overlap && skip.missed.count == 1 && skip.next == bench.start + .seconds(30))
    bench.end(at: 25)
    #expect(bench.fires(at: 30).count == 1)

    var allowing = Bench()
    try allowing.add(.interval, ["interval_seconds": 10, "overlap": "allow"])
    #expect(allowing.fires(at: 10).count == 1)
    #expect(allowing.fires(at: 20).count == 1)
  }

  /// catch_up, what fires after an hour's absence of a 10-minute interval, and how many instants are counted as missed before it.
  @Test(
    "after an absence the catch-up policy decides, and every instant is run or counted",
    arguments: [("latest", [3600], 5), ("none", [], 0), ("all", [600, 1200, 1800, 2400, 3000, 3600], 0)] as [(String, [Int64], Int64)])
  func catchUp(policy: String, expected: [Int64], missed: Int64) throws {
    var bench = Bench()
    try bench.add(.interval, ["interval_seconds": 600, "catch_up": .string(policy), "overlap": "allow"])
    var fired: [Int64] = []
    var counted: Int64 = 0
    for _ in 0..<10 {
      for step in bench.steps(at: 3700) {
        switch step {
        case .fire(let fire):
          fired.append((fire.scheduledAt - bench.start).inMilliseconds / 1000)
          counted += fire.missed?.count ?? 0
        case .skip(let skip): counted += skip.missed.count
        case .ask, .resume: Issue.record("asked")
        }
      }
    }
    #expect(fired == expected)
    #expect(Int64(fired.count) + counted == 6)
    #expect(policy == "none" || counted == missed)
    #expect(bench.agenda.wake == bench.start + .seconds(4200))
  }

  @Test("instants older than the window are not run")
  func window() throws {
    var bench = Bench()
    try bench.add(.interval, ["interval_seconds": 86400, "catch_up_window_seconds": 3600])
    guard case .skip(let skip)? = bench.steps(at: 86400 + 7200).first else {
      Issue.record("no skip")
      return
    }
    #expect(skip.reason == .missed && skip.missed.count == 1 && skip.next == bench.start + .seconds(2 * 86400))
  }

  @Test("a predicate is asked first: yes fires, no and an error hold, and an answer about an edited trigger is dropped")
  func predicate() throws {
    var bench = Bench()
    try bench.add(.interval, ["interval_seconds": 10, "predicate": "return true"])
    let first = try bench.question(at: 10)
    #expect(bench.steps(at: 15).isEmpty)
    guard case .fire(let fire)? = bench.agenda.judged(first, .yes, at: bench.start + .seconds(11)) else {
      Issue.record("no fire")
      return
    }
    #expect(fire.scheduledAt == bench.start + .seconds(10))
    bench.end(at: 12)
    let second = try bench.question(at: 20)
    guard case .hold(let next, _, _)? = bench.agenda.judged(second, .no, at: bench.start + .seconds(20)) else {
      Issue.record("no hold")
      return
    }
    #expect(next == bench.start + .seconds(30))
    let third = try bench.question(at: 30)
    try bench.add(.interval, ["interval_seconds": 100])
    #expect(bench.agenda.judged(third, .yes, at: bench.start + .seconds(30)) == nil)
  }
}

@Suite("The agenda: events") struct AgendaEventTests {
  @Test("fire on the hundredth document, not the ninety-ninth", arguments: [(99, false), (100, true), (250, true)] as [(Int64, Bool)])
  func threshold(count: Int64, fires: Bool) throws {
    var bench = Bench()
    try bench.add(.event, ["event_type": "documents_added", "event_threshold": 100])
    bench.agenda.count(count, for: "trg_1", at: bench.start)
    let fire = bench.fires(at: 1).first
    #expect((fire != nil) == fires)
    #expect(fire?.consumedEvents ?? count == count)
  }

  @Test("events of the cooldown accumulate and fire the moment it ends")
  func cooldown() throws {
    var bench = Bench()
    try bench.add(.event, ["event_type": "documents_added", "event_threshold": 10, "cooldown_seconds": 300])
    bench.agenda.count(10, for: "trg_1", at: bench.start)
    #expect(bench.fires(at: 1).count == 1)
    bench.end(at: 2)
    bench.agenda.count(25, for: "trg_1", at: bench.start)
    #expect(bench.fires(at: 300).isEmpty)
    #expect(bench.agenda.wake == bench.start + .seconds(301))
    #expect(bench.fires(at: 301).map(\.consumedEvents) == [25])
  }

  @Test("below the threshold nothing fires when the cooldown ends")
  func belowAfterCooldown() throws {
    var bench = Bench()
    try bench.add(.event, ["event_type": "documents_added", "event_threshold": 10, "cooldown_seconds": 300])
    bench.agenda.count(10, for: "trg_1", at: bench.start)
    #expect(bench.fires(at: 1).count == 1)
    bench.end(at: 2)
    bench.agenda.count(9, for: "trg_1", at: bench.start)
    #expect(bench.fires(at: 400).isEmpty)
  }

  @Test("while its task runs, events accumulate; they fire when it ends")
  func running() throws {
    var bench = Bench()
    try bench.add(.event, ["event_type": "documents_added", "event_threshold": 5])
    bench.agenda.count(5, for: "trg_1", at: bench.start)
    #expect(bench.fires(at: 1).count == 1)
    bench.agenda.count(7, for: "trg_1", at: bench.start)
    #expect(bench.fires(at: 5).isEmpty)
    bench.end(at: 6)
    #expect(bench.fires(at: 6).map(\.consumedEvents) == [7])
  }

  @Test("listeners are found by type and collection, those with a filter apart")
  func listeners() throws {
    var bench = Bench()
    try bench.add(.event, ["event_type": "documents_added", "collection_id": "a"], id: "trg_a")
    try bench.add(.event, ["event_type": "documents_added"], id: "trg_all")
    try bench.add(.event, ["event_type": "documents_added", "filter": "return true"], id: "trg_filter")
    try bench.add(.event, ["event_type": "documents_deleted"], id: "trg_deleted")
    let found = bench.agenda.listeners(to: .documentsAdded, in: "a", of: "ns")
    #expect(found.counting == ["trg_a", "trg_all"] && found.filtering == ["trg_filter"])
    #expect(bench.agenda.listeners(to: .documentsAdded, in: "b", of: "ns").counting == ["trg_all"])
    bench.agenda.remove("trg_all")
    #expect(bench.agenda.listeners(to: .documentsAdded, in: "b", of: "ns").counting == [])
  }

  @Test("no event is lost or counted twice, whatever comes in whatever order", arguments: 1...20)
  func conservation(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var bench = Bench()
    try bench.add(.event, ["event_type": "documents_added", "event_threshold": 7, "cooldown_seconds": 5])
    var (counted, consumed, running) = (Int64(0), Int64(0), false)
    var lastClaim = Instant(milliseconds: .min)
    for second in Int64(0)..<500 {
      if Int.random(in: 0..<3, using: &random) == 0 {
        let more = Int64.random(in: 1...6, using: &random)
        counted += more
        bench.agenda.count(more, for: "trg_1", at: bench.start)
      }
      for fire in bench.fires(at: second) {
        let now = bench.start + .seconds(second)
        #expect(!running && fire.consumedEvents >= 7)
        #expect(lastClaim.milliseconds == .min || now - lastClaim >= .seconds(5))
        lastClaim = now
        consumed += fire.consumedEvents
        running = true
      }
      if running, Int.random(in: 0..<4, using: &random) == 0 {
        running = false
        bench.end(at: second)
      }
    }
    if running { bench.end(at: 500) }
    consumed += bench.fires(at: 600).reduce(0) { $0 + $1.consumedEvents }
    #expect(counted - consumed >= 0 && counted - consumed < 7)
  }
}

@Suite("The agenda: conditions") struct AgendaConditionTests {
  private func condition() -> JSON { ["condition_type": "drift", "threshold": 0.3, "check_interval_seconds": 60] }

  @Test("a condition is asked at each check, fires when false turns true, and again only after it was false")
  func edges() throws {
    var bench = Bench()
    try bench.add(.conditional, condition())
    var fired: [Int64] = []
    for (check, verdict) in [Agenda.Verdict.no, .yes, .yes, .failed, .yes, .no, .yes].enumerated() {
      let second = Int64(check + 1) * 60
      let question = try bench.question(at: second)
      if case .fire? = bench.agenda.judged(question, verdict, at: bench.start + .seconds(second)) {
        fired.append(Int64(check))
        bench.end(at: second)
      }
    }
    #expect(fired == [1, 6])
  }

  @Test("a new baseline arms it again")
  func rearm() throws {
    var bench = Bench()
    try bench.add(.conditional, condition())
    var question = try bench.question(at: 60)
    guard case .fire? = bench.agenda.judged(question, .yes, at: bench.start + .seconds(60)) else {
      Issue.record("no fire")
      return
    }
    bench.end(at: 61)
    bench.agenda.rearm("trg_1")
    question = try bench.question(at: 120)
    guard case .fire? = bench.agenda.judged(question, .yes, at: bench.start + .seconds(120)) else {
      Issue.record("no second fire")
      return
    }
  }

  @Test("a condition with a guard fires only when both say yes, and stays armed until then")
  func guarded() throws {
    var bench = Bench()
    var config = try #require(condition().object)
    config["predicate"] = "return true"
    try bench.add(.conditional, .object(config))
    for (second, verdict) in [(Int64(60), Agenda.Verdict.no), (120, .yes)] {
      let now = bench.start + .seconds(second)
      let question = try bench.question(at: second)
      guard case .ask(let guardQuestion)? = bench.agenda.judged(question, .yes, at: now) else {
        Issue.record("the guard is not asked")
        return
      }
      let decision = bench.agenda.judged(guardQuestion, verdict, at: now)
      if verdict == .yes, case .fire(let fire)? = decision {
        #expect(!fire.armed)
      } else if verdict == .no, case .hold(_, let armed, _)? = decision {
        #expect(armed)
      } else {
        Issue.record("unexpected \(String(describing: decision))")
      }
    }
  }

  @Test("checks that were missed are made once")
  func missedChecks() throws {
    var bench = Bench()
    try bench.add(.conditional, condition())
    let question = try bench.question(at: 3601)
    #expect(question.fire.next == bench.start + .seconds(3660))
  }
}

@Suite("The agenda: who comes first, and who sleeps") struct AgendaSleeperTests {
  @Test("those that are due together come by their priority, then in the order in which they were made, and then by name")
  func order() throws {
    var bench = Bench()
    for (id, made, priority) in [("b", 3, 5), ("d", 1, 5), ("low", 0, 0), ("a", 3, 5), ("high", 9, 9), ("c", 2, 5)] as [(String, Int64, Int64)] {
      try bench.add(.cron, ["cron_expression": "* * * * *", "priority": .int(priority)], id: id) { $0.createdAt = $0.createdAt - .seconds(10 - made) }
    }
    #expect(bench.agenda.wake == bench.start + .seconds(60))
    let fired = bench.fires(at: 60).map(\.triggerID)
    #expect(fired == ["high", "d", "c", "a", "b", "low"])
  }

  @Test("one that is nothing but its next instant goes back to sleep; one that is due soon, runs, or waits for something else stays")
  func doze() throws {
    var bench = Bench()
    try bench.add(.cron, ["cron_expression": "0 * * * *"], id: "far")
    try bench.add(.cron, ["cron_expression": "* * * * *"], id: "near")
    try bench.add(.cron, ["cron_expression": "0 * * * *"], id: "running", running: 1)
    try bench.add(.event, ["event_type": "documents_added"], id: "event")
    try bench.add(.cron, ["cron_expression": "0 * * * *"], id: "paused") {
      $0.status = .paused
      $0.pausedUntil = $0.createdAt + .seconds(7200)
    }
    for id in ["far", "near", "running", "event", "paused", "unknown"] {
      let sleeps = bench.agenda.doze(id, at: bench.start)
      #expect(sleeps == (id == "far"), "\(id)")
    }
    #expect(bench.agenda.unread == ["far"] && bench.agenda.count == 5)
    let woken = bench.agenda.awaken(through: bench.start + .seconds(3600))
    #expect(woken == ["far"])
  }
}

@Suite("The wake heap") struct WakeHeapTests {
  @Test("gives items back in order of time", arguments: 1...10)
  func order(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var heap = WakeHeap<String>()
    var expected: [Int64] = []
    for index in 0..<300 {
      let at = Int64.random(in: 0..<100, using: &random)
      expected.append(at)
      heap.push("t\(index)", at: Instant(seconds: at))
    }
    var given: [Int64] = []
    while let (_, at) = heap.pop(through: Instant(seconds: 1000)) { given.append(at.seconds) }
    #expect(given == expected.sorted())
    #expect(heap.first == nil)
  }
}
