import Basics
import Model
import Testing

@testable import Scheduling

extension Bench {
  /// Seconds after the start at which the claims of `range` are due, nominally.
  mutating func nominals(over range: ClosedRange<Int64>, ending: Bool = true) -> [Int64] {
    var result: [Int64] = []
    for second in range {
      for fire in fires(at: second) {
        result.append((fire.scheduledAt - start).inMilliseconds / 1000)
        if ending { end(at: second) }
      }
    }
    return result
  }
  mutating func skips(at seconds: Int64) -> [Agenda.Skip] { steps(at: seconds).compactMap { if case .skip(let skip) = $0 { skip } else { nil } } }
}

@Suite("The agenda: jitter and bounds") struct AgendaBoundsTests {
  @Test("jitter delays the claim, never beyond its length, and keeps the nominal instant")
  func jitter() throws {
    var bench = Bench()
    try bench.add(.interval, ["interval_seconds": 60, "jitter_seconds": 30])
    var delays: Set<Int64> = []
    for k in Int64(1)...40 {
      let wake = try #require(bench.agenda.wake)
      let delay = (wake - bench.start - .seconds(60 * k)).inMilliseconds
      #expect((0..<30_000).contains(delay))
      delays.insert(delay)
      #expect(bench.agenda.next(at: wake - .milliseconds(1)).isEmpty)
      guard case .fire(let fire)? = bench.agenda.next(at: wake).first else {
        Issue.record("no fire at \(wake)")
        return
      }
      #expect(fire.scheduledAt == bench.start + .seconds(60 * k))
      _ = bench.agenda.finished("trg_1", at: wake)
    }
    #expect(delays.count > 30)
    // The same after a restart.
    var again = Bench()
    try again.add(.interval, ["interval_seconds": 60, "jitter_seconds": 30])
    #expect(again.agenda.wake.map { delays.contains(($0 - again.start - .seconds(60)).inMilliseconds) } == true)
  }

  @Test("after an absence, an instant whose delay is not over is not caught up early")
  func jitterAfterAbsence() throws {
    var bench = Bench()
    try bench.add(.interval, ["interval_seconds": 600, "jitter_seconds": 590])
    let nominal = bench.start + .seconds(6000)
    let delay = Jitter.delay(of: "trg_1", at: nominal, within: .seconds(590), next: nominal + .seconds(600))
    try #require(delay > .seconds(1))
    guard case .fire(let fire)? = bench.agenda.next(at: nominal + delay - .seconds(1)).first else {
      Issue.record("nothing caught up")
      return
    }
    #expect(fire.scheduledAt == nominal - .seconds(600) && fire.next == nominal)
  }

  /// The configuration beside a minutely interval, and the nominal seconds of an hour that fire.
  @Test(
    "bounds include their ends, and what is given once fires once",
    arguments: [
      (.interval, ["interval_seconds": 600, "start_at": "2026-01-01T00:15:00Z"], [900, 1500, 2100, 2700, 3300]),
      (.interval, ["interval_seconds": 600, "end_at": "2026-01-01T00:20:00Z"], [600, 1200]),
      (.cron, ["cron_expression": "*/10 * * * *", "start_at": "2026-01-01T00:20:00Z", "end_at": "2026-01-01T00:40:00Z"], [1200, 1800, 2400]),
      (.cron, ["at": "2026-01-01T00:12:00Z"], [720]), (.interval, ["at": "2026-01-01T01:12:00+01:00"], [720]),
      (.interval, ["interval_seconds": 1500, "anchor": "fixed_delay", "end_at": "2026-01-01T00:49:00Z"], [1500]),
    ] as [(TriggerType, JSON, [Int64])])
  func bounds(type: TriggerType, config: JSON, expected: [Int64]) throws {
    var bench = Bench()
    try bench.add(type, config)
    #expect(bench.nominals(over: 0...3600) == expected)
    if config["end_at"] != nil || config["at"] != nil { #expect(bench.agenda.wake == nil) }
  }

  @Test(
    "a one-shot that was missed is caught up within the window, and lost with a count beyond it",
    arguments: [(3600, true), (100_000, false)] as [(Int64, Bool)])
  func lateOnce(late: Int64, fires: Bool) throws {
    var bench = Bench()
    try bench.add(.cron, ["at": "2026-01-01T00:01:00Z"])
    switch bench.steps(at: 60 + late).first {
    case .fire(let fire)?: #expect(fires && fire.scheduledAt == bench.start + .seconds(60) && fire.next == nil && fire.missed == nil)
    case .skip(let skip)?: #expect(!fires && skip.missed.count == 1 && skip.next == nil)
    default: Issue.record("neither fired nor skipped")
    }
  }

  @Test("a year of seconds that were missed is counted at once", .timeLimit(.minutes(1)))
  func longAbsence() throws {
    var bench = Bench()
    try bench.add(.interval, ["interval_seconds": 1])
    let fire = try #require(bench.fires(at: 31_536_000).first)
    #expect(fire.scheduledAt == bench.start + .seconds(31_536_000) && fire.missed?.count == 31_535_999)
  }
}

@Suite("The agenda: overlap") struct AgendaOverlapTests {
  @Test("fires within one millisecond have instants of their own")
  func instants() throws {
    var bench = Bench()
    try bench.add(.event, ["event_type": "documents_added", "overlap": "allow"])
    var fired: [Instant] = []
    for _ in 0..<5 {
      bench.agenda.count(1, for: "trg_1", at: bench.start + .seconds(10))
      for step in bench.steps(at: 10) { if case .fire(let fire) = step { fired.append(fire.scheduledAt) } }
    }
    #expect(fired == (0..<5).map { bench.start + .seconds(10) + .milliseconds($0) })
  }

  /// How many of seven instants fire while the first run goes on, how many of them wait, and how many are skipped, with the reason.
  @Test(
    "policies decide what a due instant does beside a run",
    arguments: [
      (["overlap": "skip"], 1, 0, 6, .overlap), (["overlap": "allow"], 7, 0, 0, .overlap), (["overlap": "queue_one"], 2, 1, 5, .overlap),
      (["overlap": "queue", "max_queue": 3], 4, 3, 3, .queueFull), (["overlap": "cancel_running"], 7, 6, 0, .overlap),
    ] as [(JSONObject, Int, Int, Int, Agenda.Skip.Reason)])
  func policies(config: JSONObject, fires: Int, waits: Int, skips: Int, reason: Agenda.Skip.Reason) throws {
    var bench = Bench()
    var config = config
    config["interval_seconds"] = 10
    try bench.add(.interval, .object(config))
    var (fired, waiting, skipped): ([Agenda.Fire], Int, Int64) = ([], 0, 0)
    for second in stride(from: Int64(10), through: 70, by: 10) {
      for step in bench.steps(at: second) {
        switch step {
        case .fire(let fire):
          fired.append(fire)
          if fire.waits { waiting += 1 }
          #expect(fire.cancelsRunning == (fire.waits && config["overlap"] == "cancel_running"))
        case .skip(let skip):
          skipped += skip.missed.count
          #expect(skip.reason == reason)
        case .ask, .resume: Issue.record("asked")
        }
      }
    }
    #expect(fired.count == fires && waiting == waits && skipped == Int64(skips))
    #expect(Set(fired.map(\.scheduledAt)).count == fires)
    // When everything has ended, the next one fires without waiting.
    for _ in 0..<fires { bench.end(at: 75) }
    #expect(bench.fires(at: 80).map(\.waits) == [false])
  }

  @Test("a crossing that finds no room is not lost")
  func crossing() throws {
    var bench = Bench()
    try bench.add(.conditional, ["condition_type": "volume", "threshold": 1, "check_interval_seconds": 60])
    bench.agenda.started("trg_1")
    guard case .skip(let skip)? = bench.agenda.judged(try bench.question(at: 60), .yes, at: bench.start + .seconds(60)) else {
      Issue.record("not skipped")
      return
    }
    #expect(skip.reason == .overlap && skip.missed.count == 1)
    bench.end(at: 70)
    guard case .fire? = bench.agenda.judged(try bench.question(at: 120), .yes, at: bench.start + .seconds(120)) else {
      Issue.record("lost")
      return
    }
  }
}

@Suite("Retries and probes") struct RetryTests {
  @Test("the wait doubles up to its limit, at least half of it is certain, and the last attempt is the last")
  func backoff() {
    let rule = RetryRule(maxAttempts: 6, backoffSeconds: 10, maxBackoffSeconds: 60)
    for random in [0, 1, 12_345, UInt64.max] {
      for (attempt, seconds) in [(Int64(1), Int64(10)), (2, 20), (3, 40), (4, 60), (5, 60)] {
        let delay = Backoff.delay(after: attempt, rule, random: random)
        #expect(delay.map { $0 >= .milliseconds(seconds * 500) && $0 <= .seconds(seconds) } == true, "\(attempt): \(String(describing: delay))")
      }
      #expect(Backoff.delay(after: 6, rule, random: random) == nil)
    }
    let large = RetryRule(maxAttempts: 100, backoffSeconds: 86_400, maxBackoffSeconds: 604_800)
    #expect(Backoff.delay(after: 99, large, random: 0) == .seconds(302_400))
  }

  @Test("attempts come when their time has come, in order, and once")
  func attempts() {
    var agenda = Agenda()
    let start = Instant(seconds: 1000)
    agenda.postpone("late", until: start + .seconds(20))
    agenda.postpone("early", until: start + .seconds(10))
    agenda.postpone("moved", until: start + .seconds(5))
    agenda.postpone("moved", until: start + .seconds(15))
    #expect(agenda.attempts(at: start + .seconds(9)) == [])
    #expect(agenda.wake == start + .seconds(10))
    #expect(agenda.attempts(at: start + .seconds(30)) == ["early", "moved", "late"])
    #expect(agenda.attempts(at: start + .seconds(30)) == [] && agenda.wake == nil)
  }

  @Test(
    "a trigger that failed makes one probe, whatever its type, and hears no events meanwhile",
    arguments: [TriggerType.interval, .event, .conditional])
  func probe(type: TriggerType) throws {
    var bench = Bench()
    let config: [TriggerType: JSONObject] = [
      .interval: ["interval_seconds": 10], .event: ["event_type": "documents_added"], .conditional: ["condition_type": "volume", "threshold": 1],
    ]
    var own = try #require(config[type])
    own["probe_after_seconds"] = 100
    let at = bench.start + .seconds(100)
    try bench.add(type, .object(own)) {
      $0.status = .failed
      $0.nextScheduledAt = at
    }
    #expect(bench.agenda.listeners(to: .documentsAdded, in: "", of: "ns").counting == [])
    #expect(bench.steps(at: 99).isEmpty)
    let fires = bench.fires(at: 100)
    #expect(fires.map(\.isProbe) == [true] && fires.first?.next == nil)
    bench.end(at: 110)
    #expect(bench.steps(at: 100_000).isEmpty)
  }
}

@Suite("The agenda: windows, debounce, absence") struct AgendaEventTimeTests {
  private func event(_ more: JSONObject) -> JSON {
    var config: JSONObject = ["event_type": "documents_added"]
    for member in more.members { config[member.key] = member.value }
    return .object(config)
  }

  @Test("a window counts only what came within it, and what leaves it is counted as skipped")
  func window() throws {
    var bench = Bench()
    try bench.add(.event, event(["event_threshold": 10, "window_seconds": 100]))
    bench.agenda.count(6, for: "trg_1", at: bench.start + .seconds(10))
    #expect(bench.skips(at: 109).isEmpty)
    #expect(bench.agenda.wake == bench.start + .seconds(110))
    let gone = bench.skips(at: 110)
    #expect(gone.map(\.missed.count) == [6] && gone.first?.reason == .window)
    bench.agenda.count(6, for: "trg_1", at: bench.start + .seconds(120))
    bench.agenda.count(5, for: "trg_1", at: bench.start + .seconds(150))
    let fire = try #require(bench.fires(at: 151).first)
    #expect(fire.consumedEvents == 11 && fire.buckets.map(\.count) == [6, 5])
    #expect(bench.steps(at: 1000).isEmpty)
  }

  @Test("nothing of a window is lost or counted twice", arguments: 1...20)
  func windowConservation(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var bench = Bench()
    try bench.add(.event, event(["event_threshold": 12, "window_seconds": 30, "cooldown_seconds": 7]))
    var (counted, consumed, expired) = (Int64(0), Int64(0), Int64(0))
    for second in Int64(0)..<600 {
      if Int.random(in: 0..<4, using: &random) == 0 {
        let more = Int64.random(in: 1...5, using: &random)
        counted += more
        bench.agenda.count(more, for: "trg_1", at: bench.start + .seconds(second))
      }
      for step in bench.steps(at: second) {
        switch step {
        case .fire(let fire):
          #expect(fire.consumedEvents >= 12 && fire.consumedEvents == fire.buckets.reduce(0) { $0 + $1.count })
          consumed += fire.consumedEvents
          bench.end(at: second)
        case .skip(let skip):
          expired += skip.missed.count
          #expect(skip.missed.count == skip.buckets.reduce(0) { $0 + $1.count })
        case .ask, .resume: Issue.record("asked")
        }
      }
    }
    for step in bench.steps(at: 700) { if case .skip(let skip) = step { expired += skip.missed.count } }
    #expect(counted == consumed + expired)
    #expect(consumed > 0)
  }

  @Test("debounce waits for silence, and max_wait for no longer than that")
  func debounce() throws {
    var bench = Bench()
    try bench.add(.event, event(["debounce_seconds": 10, "max_wait_seconds": 60]))
    for second in stride(from: Int64(0), through: 20, by: 5) {
      bench.agenda.count(1, for: "trg_1", at: bench.start + .seconds(second))
      #expect(bench.fires(at: second + 4).isEmpty)
    }
    #expect(bench.fires(at: 29).isEmpty)
    #expect(bench.fires(at: 30).map(\.consumedEvents) == [5])
    bench.end(at: 31)
    for second in stride(from: Int64(100), through: 155, by: 5) { bench.agenda.count(1, for: "trg_1", at: bench.start + .seconds(second)) }
    #expect(bench.fires(at: 159).isEmpty)
    #expect(bench.fires(at: 160).map(\.consumedEvents) == [12])
  }

  @Test("absence fires once for each silence")
  func absence() throws {
    var bench = Bench()
    try bench.add(.event, event(["absence_seconds": 60]))
    bench.agenda.count(1, for: "trg_1", at: bench.start + .seconds(50))
    #expect(bench.fires(at: 109).isEmpty)
    let fire = try #require(bench.fires(at: 110).first)
    #expect(fire.scheduledAt == bench.start + .seconds(110) && fire.next == nil)
    bench.end(at: 111)
    #expect(bench.fires(at: 10_000).isEmpty)
    #expect(bench.agenda.tally(of: "trg_1", at: bench.start + .seconds(10_000)).deadline == bench.start + .seconds(10_060))
    bench.agenda.count(1, for: "trg_1", at: bench.start + .seconds(10_000))
    #expect(bench.fires(at: 10_060).count == 1)
  }

  @Test("a silence that is broken while the predicate is asked is none")
  func brokenSilence() throws {
    var bench = Bench()
    try bench.add(.event, event(["absence_seconds": 60, "predicate": "return true"]))
    let question = try bench.question(at: 60)
    bench.agenda.count(1, for: "trg_1", at: bench.start + .seconds(61))
    guard case .hold(let next, _, _)? = bench.agenda.judged(question, .yes, at: bench.start + .seconds(62)) else {
      Issue.record("fired")
      return
    }
    #expect(next == bench.start + .seconds(121))
  }

  @Test("other namespaces are not listened to")
  func namespaces() throws {
    var bench = Bench()
    try bench.add(.event, event([:]))
    #expect(bench.agenda.listeners(to: .documentsAdded, in: "", of: "other").counting == [])
  }
}

@Suite("The agenda: conditions with a memory") struct AgendaHysteresisTests {
  @Test("a value that is only a little back does not arm the next crossing")
  func hysteresis() throws {
    var bench = Bench()
    try bench.add(.conditional, ["condition_type": "drift", "threshold": 0.3, "rearm_below": 0.1, "check_interval_seconds": 60])
    guard case .conditional(let condition) = try Schedule(.conditional, ["condition_type": "drift", "threshold": 0.3, "rearm_below": 0.1]).when else {
      return
    }
    var fired: [Int] = []
    for (index, value) in [0.2, 0.4, 0.2, 0.5, Double.nan, 0.05, 0.2, 0.31].enumerated() {
      let second = Int64(index + 1) * 60
      let verdict: Agenda.Verdict =
        switch condition.reading(value) {
        case .holds: .yes
        case .arms: .no
        case .between: .between
        }
      if case .fire? = bench.agenda.judged(try bench.question(at: second), verdict, at: bench.start + .seconds(second)) {
        fired.append(index)
        bench.end(at: second)
      }
    }
    #expect(fired == [1, 7])
  }

  @Test("level fires at each check that holds, after its cooldown")
  func level() throws {
    var bench = Bench()
    try bench.add(.conditional, ["condition_type": "volume", "threshold": 1, "check_interval_seconds": 60, "mode": "level", "cooldown_seconds": 150])
    var fired: [Int64] = []
    for second in stride(from: Int64(60), through: 600, by: 60) {
      if case .fire? = bench.agenda.judged(try bench.question(at: second), .yes, at: bench.start + .seconds(second)) {
        fired.append(second)
        bench.end(at: second)
      }
    }
    #expect(fired == [60, 240, 420, 600])
  }
}
