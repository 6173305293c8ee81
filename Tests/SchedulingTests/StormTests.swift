import Basics
import Model
import Testing

@testable import Scheduling

/// A host in small: rows that each step changes as a transaction would, an agenda that can be lost at any moment, and books over everything.
private struct SmallHost {
  struct Row {
    var trigger: Trigger
    var timetable: Timetable
    var buckets: [EventWindow.Bucket] = []
    var running = 0
    /// Nominal instants since the schedule was made or computed anew: the first, and how many were run or counted.
    var first: Instant?
    var handled: Int64 = 0
    var interval: Int64 = 0
    // Events
    var counted: Int64 = 0
    var consumed: Int64 = 0
    var expired: Int64 = 0
    // Runs of others that are to start this one
    var chained: Int64 = 0
    var followed: Int64 = 0
  }

  let zones = Zones()
  var agenda = Agenda()
  var rows: [Trigger.ID: Row] = [:]
  var tasks: Set<String> = []
  var now = Instant("2026-01-01T00:00:00Z")!
  /// Long ago: before a trigger was made there are no instants to account for.
  let made = Instant("2024-01-01T00:00:00Z")!
  /// A clock that went back further than anybody waits may come over claimed instants again.
  var wentFarBack = false
  var told: [String] = []

  mutating func define(_ id: Trigger.ID, _ type: TriggerType, _ config: JSON) throws {
    let schedule = try Schedule(type, config)
    let action = try Action(type: "script", config: ["script": "return 1"])
    var trigger = rows[id]?.trigger ?? Trigger(id: id, namespaceID: "ns", action: action, schedule: schedule, createdAt: made)
    trigger.schedule = schedule
    trigger.fence += 1
    let timetable = try Timetable(schedule, createdAt: trigger.createdAt, zones: zones)
    trigger.nextScheduledAt = timetable.first(at: now, of: schedule, isNew: false)
    var row = rows[id] ?? Row(trigger: trigger, timetable: timetable)
    (row.trigger, row.timetable, row.first, row.handled) = (trigger, timetable, trigger.nextScheduledAt, 0)
    if case .interval(let rule) = schedule.when { row.interval = rule.seconds * 1000 }
    rows[id] = row
    agenda.insert(trigger, timetable: timetable, running: row.running, buckets: row.buckets)
  }

  mutating func crash() {
    agenda = Agenda()
    for row in rows.values.sorted(by: { $0.trigger.id < $1.trigger.id }) {
      agenda.insert(row.trigger, timetable: row.timetable, running: row.running, buckets: row.buckets)
    }
  }

  mutating func count(_ events: Int64, for id: Trigger.ID) {
    guard var row = rows[id] else { return }
    let tally = agenda.tally(of: id, at: now)
    row.trigger.eventCounter += events
    row.trigger.firstEventAt = row.trigger.firstEventAt ?? now
    row.trigger.lastEventAt = now
    if let bucket = tally.bucket { row.buckets.append(.init(at: bucket, count: events)) }
    row.counted += events
    rows[id] = row
    agenda.count(events, for: id, at: now)
  }

  /// The end of some run is to start this trigger: written first, then told. A second one before the first was followed takes its place.
  mutating func chain(_ id: Trigger.ID) {
    guard var row = rows[id], row.trigger.status == .active else { return }
    let chain = Chain(at: now, taskID: "task", depth: 1)
    if row.trigger.chain == nil { row.chained += 1 }
    row.trigger.chain = chain
    rows[id] = row
    agenda.chain(id, chain)
  }

  mutating func pause(_ id: Trigger.ID, for seconds: Int64) {
    guard var row = rows[id], row.trigger.status == .active else { return }
    row.trigger.status = .paused
    row.trigger.pausedUntil = now + .seconds(seconds)
    row.trigger.fence += 1
    rows[id] = row
    agenda.insert(row.trigger, timetable: row.timetable, running: row.running, buckets: row.buckets)
  }

  private mutating func resume(_ waking: Agenda.Waking) {
    guard var row = rows[waking.triggerID] else { return }
    expect(row.trigger.status == .paused && row.trigger.pausedUntil.map { $0 <= now } == true, "\(waking.triggerID) resumes before its pause is over")
    expect(row.trigger.fence == waking.fence, "\(waking.triggerID): fence \(waking.fence) of a resume, the row has \(row.trigger.fence)")
    row.trigger.status = .active
    row.trigger.pausedUntil = nil
    row.trigger.fence += 1
    row.trigger.nextScheduledAt = row.timetable.first(at: now, of: row.trigger.schedule, isNew: false)
    (row.first, row.handled) = (row.trigger.nextScheduledAt, 0)
    rows[waking.triggerID] = row
    agenda.insert(row.trigger, timetable: row.timetable, running: row.running, buckets: row.buckets)
  }

  mutating func end(_ id: Trigger.ID) {
    guard let running = rows[id]?.running, running > 0 else { return }
    rows[id]?.running -= 1
    _ = agenda.finished(id, at: now)
  }

  mutating func setBack(by amount: Duration) {
    now = now - amount
    if amount > Agenda.patience { wentFarBack = true }
    for skip in agenda.clockWentBack(by: amount, at: now) { apply(.skip(skip)) }
  }

  /// What is due, of which the first `through` are written before the power fails; nil: all.
  mutating func round(through: Int? = nil) {
    for (index, step) in agenda.next(at: now).enumerated() {
      if let through, index >= through { return crash() }
      apply(step)
    }
  }

  private mutating func apply(_ step: Agenda.Step) {
    switch step {
    case .fire(let fire): claim(fire)
    case .skip(let skip): pass(skip)
    case .resume(let waking): resume(waking)
    case .ask: told.append("asked without a question")
    }
    check()
  }

  private mutating func claim(_ fire: Agenda.Fire) {
    guard var row = rows[fire.triggerID] else { return }
    expect(row.trigger.fence == fire.fence, "\(fire.triggerID): fence \(fire.fence), the row has \(row.trigger.fence)")
    expect(row.trigger.status == .active, "\(fire.triggerID) fires while it is paused")
    row.trigger.fence += 1
    row.trigger.nextScheduledAt = fire.next
    if let chain = fire.chain {
      follow(chain, &row)
    } else {
      row.handled += 1 + (fire.missed?.count ?? 0)
    }
    let isNew = tasks.insert("\(fire.triggerID) \(fire.scheduledAt)").inserted
    expect(isNew || wentFarBack || fire.chain != nil, "\(fire.triggerID) fired twice for \(fire.scheduledAt)")
    if isNew {
      expect(row.running == 0 || row.trigger.schedule.overlap != .skip, "\(fire.triggerID) runs twice at once")
      row.running += 1
      row.trigger.lastCooldownAt = now
      row.trigger.eventCounter -= fire.consumedEvents
      row.consumed += fire.consumedEvents
      if row.trigger.eventCounter == 0 { row.trigger.firstEventAt = nil }
      take(fire.buckets, from: &row)
      rows[fire.triggerID] = row
    } else {
      // Claimed before: the row moves on, and the agenda is told by its row.
      rows[fire.triggerID] = row
      agenda.remove(fire.triggerID)
      agenda.insert(row.trigger, timetable: row.timetable, running: row.running, buckets: row.buckets)
    }
  }

  private mutating func pass(_ skip: Agenda.Skip) {
    guard var row = rows[skip.triggerID] else { return }
    if skip.reason == .window {
      row.trigger.eventCounter -= skip.missed.count
      row.expired += skip.missed.count
      if row.trigger.eventCounter == 0 { row.trigger.firstEventAt = nil }
      take(skip.buckets, from: &row)
    } else {
      expect(row.trigger.fence == skip.fence, "\(skip.triggerID): fence \(skip.fence) of a skip, the row has \(row.trigger.fence)")
      row.trigger.fence += 1
      row.trigger.nextScheduledAt = skip.next
      if let chain = skip.chain { follow(chain, &row) } else { row.handled += skip.missed.count }
      if skip.reason == .clock { (row.first, row.handled) = (skip.next, 0) }
    }
    rows[skip.triggerID] = row
  }

  private mutating func follow(_ chain: Chain, _ row: inout Row) {
    expect(row.trigger.chain == chain, "\(row.trigger.id) follows a run that is not the last one")
    row.trigger.chain = nil
    row.followed += 1
  }

  private mutating func take(_ buckets: [EventWindow.Bucket], from row: inout Row) {
    for bucket in buckets {
      var left = bucket.count
      for index in row.buckets.indices where row.buckets[index].at == bucket.at {
        let taken = min(left, row.buckets[index].count)
        row.buckets[index].count -= taken
        left -= taken
      }
      expect(left == 0, "a bucket was taken that is not there")
    }
    row.buckets.removeAll { $0.count == 0 }
  }

  private mutating func expect(_ holds: Bool, _ message: @autoclosure () -> String) { if !holds { told.append(message()) } }

  /// Every instant up to the next one was run or counted, and every event is somewhere.
  mutating func check() {
    for (id, row) in rows {
      if row.interval > 0, let first = row.first, let next = row.trigger.nextScheduledAt {
        let passed = (next - first).inMilliseconds / row.interval
        expect(passed == row.handled, "\(id): \(passed) instants passed, \(row.handled) were run or counted")
      }
      expect(row.chained == row.followed + (row.trigger.chain == nil ? 0 : 1), "\(id): a run that should start it is lost or made up")
      expect(row.counted == row.consumed + row.expired + row.trigger.eventCounter, "\(id): events are lost or made up")
    }
  }
}

@Suite("A storm of events, edits, clocks and crashes") struct StormTests {
  static func schedule(_ random: inout SeededRandom) -> JSON {
    var config: JSONObject = ["interval_seconds": .int([1, 7, 60, 600].randomElement(using: &random) ?? 60)]
    config["overlap"] = .string(["skip", "allow", "queue_one", "queue", "cancel_running"].randomElement(using: &random) ?? "skip")
    config["catch_up"] = .string(["latest", "none", "all"].randomElement(using: &random) ?? "latest")
    config["catch_up_window_seconds"] = .int([0, 300, 86_400].randomElement(using: &random) ?? 0)
    config["max_catch_up"] = .int([1, 3, 50].randomElement(using: &random) ?? 1)
    config["catch_up_jitter_seconds"] = .int([0, 0, 30, 900].randomElement(using: &random) ?? 0)
    config["jitter_seconds"] = .int([0, 0, 5, 300].randomElement(using: &random) ?? 0)
    if Bool.random(using: &random) { config["exclude"] = [["cron": "*/2 * * * *"]] }
    return .object(config)
  }

  @Test("no instant fires twice, none is lost without a count, and every event is accounted for", arguments: 1...60)
  func storm(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var host = SmallHost()
    for index in 0..<3 { try host.define("trg_\(index)", .interval, Self.schedule(&random)) }
    try host.define(
      "trg_window", .event,
      ["event_type": "documents_added", "event_threshold": 9, "window_seconds": 120, "cooldown_seconds": 20, "overlap": "allow"])
    try host.define("trg_quiet", .event, ["event_type": "documents_added", "event_threshold": 3, "debounce_seconds": 10, "max_wait_seconds": 40])
    let names = host.rows.keys.sorted()
    for _ in 0..<400 {
      switch Int.random(in: 0..<20, using: &random) {
      case 0..<7: host.now = host.now + .milliseconds(Int64.random(in: 0...20_000, using: &random))
      case 7: host.now = host.now + .seconds(Int64.random(in: 60...7200, using: &random))
      case 8 where Int.random(in: 0..<4, using: &random) == 0: host.now = host.now + .seconds(Int64.random(in: 86_400...300_000, using: &random))
      case 9: host.setBack(by: .seconds(Int64.random(in: 1...10_800, using: &random)))
      case 10 where seed % 3 == 0: host.setBack(by: .seconds(Int64.random(in: 10_801...200_000, using: &random)))
      case 11..<15: host.count(Int64.random(in: 1...6, using: &random), for: ["trg_window", "trg_quiet"].randomElement(using: &random) ?? "")
      case 15 where Bool.random(using: &random): host.chain(names.randomElement(using: &random) ?? "")
      case 16 where Int.random(in: 0..<4, using: &random) == 0:
        host.pause(names.randomElement(using: &random) ?? "", for: Int64.random(in: 1...7200, using: &random))
      case 15..<18: host.end(names.randomElement(using: &random) ?? "")
      case 18 where Int.random(in: 0..<3, using: &random) == 0:
        try host.define("trg_\(Int.random(in: 0..<3, using: &random))", .interval, Self.schedule(&random))
      default: host.crash()
      }
      host.round(through: Int.random(in: 0..<6, using: &random) == 0 ? Int.random(in: 0..<3, using: &random) : nil)
      if !host.told.isEmpty { break }
    }
    host.check()
    #expect(host.told == [])
    #expect(host.tasks.count > 5)
    #expect(host.rows.values.contains { $0.followed > 0 })
  }
}
