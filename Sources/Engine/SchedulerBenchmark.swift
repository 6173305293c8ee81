package import Basics
import CLinux
import Glibc
import Model
import Scheduling
import Store

/// The scheduler measured by itself: its own store in a folder of its own, the real clock, triggers whose rows are written directly.
///
/// For `scripts/bench`; nothing else uses it. One measurement per process, so that memory is that measurement's.
package struct SchedulerBenchmark {
  package enum Measurement: String, Sendable, CaseIterable { case burst, steady, load, idle, simulation }

  private let surroundings: Surroundings
  private let folder: String
  private var path: String { folder + "/bench.db" }

  /// `folder` exists, is empty, and lies on the disk that is to be measured.
  package init(_ surroundings: Surroundings, folder: String) {
    self.surroundings = surroundings
    self.folder = folder
  }

  /// Numbers by name, with their unit in the name.
  package func measure(_ what: Measurement, triggers count: Int) throws(Problem) -> JSON {
    switch what {
    case .burst: try burst(count)
    case .steady: try steady(count)
    case .load: try load(count)
    case .idle: try idle(count)
    case .simulation: try simulation(count)
    }
  }

  // MARK: - Measurements

  /// All triggers are due at one instant; each runs a script that does nothing.
  private func burst(_ count: Int) throws(Problem) -> JSON {
    let due = Instant(milliseconds: surroundings.now().milliseconds + 1500 + Int64(count) / 4)
    try fill(count) { number, trigger in trigger.nextScheduledAt = due }
    let host = try open()
    defer { host.close() }
    guard surroundings.now() < due else { throw Problem(.unavailable, "the machine was too slow to write \(count) triggers in time") }
    pause(until: due)
    let (before, began, cpu) = (host.meter.reading, surroundings.ticks(), processorSeconds())
    try host.settle()
    let seconds = (surroundings.ticks() - began).inSeconds
    let after = host.meter.reading
    guard after.claims == count, after.ends == count else {
      throw Problem(.internal, "\(after.claims) claims and \(after.ends) ends of \(count)")
    }
    let claimed = (after.lastClaim - began).inSeconds
    return [
      "claimed_seconds": .double(claimed), "claims_per_second": .double(Double(count) / claimed), "drained_seconds": .double(seconds),
      "runs_per_second": .double(Double(count) / seconds), "fsyncs_per_second": .double(Double(after.commits - before.commits) / seconds),
      "commits": .int(after.commits - before.commits), "processor_seconds": .double(processorSeconds() - cpu),
    ]
  }

  /// As many fires a second, spread evenly, for some seconds; how late each run begins.
  private func steady(_ count: Int) throws(Problem) -> JSON {
    let seconds: Int64 = 6
    let begin = surroundings.now() + .seconds(2)
    try fill(count, script: "return function(ctx) return ctx.now end", schedule: ["interval_seconds": 1], type: .interval) { number, trigger in
      trigger.createdAt = begin + .milliseconds(Int64(number * 1000 / max(1, count))) - .seconds(1)
      trigger.nextScheduledAt = trigger.createdAt + .seconds(1)
    }
    let host = try open()
    defer { host.close() }
    pause(until: begin)
    let (before, cpu) = (host.meter.reading, processorSeconds())
    pause(until: begin + .seconds(seconds))
    let after = host.meter.reading
    let used = processorSeconds() - cpu
    // The first second warms the caches of interpreters and statements.
    let from = begin + .seconds(1)
    let lateness = try host.read { reader throws(Problem) in
      var lateness: [Double] = []
      var offset = 0
      while true {
        let page = try reader.tasks(TaskQuery(namespaceID: nil, status: .completed, offset: offset, limit: 5000)).items
        if page.isEmpty { return lateness.sorted() }
        for task in page {
          guard let due = task.scheduledAt, due >= from, let ran = task.outputs["result"]?.double else { continue }
          lateness.append(ran * 1000 - Double(due.milliseconds))
        }
        offset += page.count
      }
    }
    guard !lateness.isEmpty else { throw Problem(.internal, "nothing ran") }
    func quantile(_ part: Double) -> JSON { .double(lateness[min(lateness.count - 1, Int(Double(lateness.count) * part))]) }
    return [
      "fires_per_second": .double(Double(after.claims - before.claims) / Double(seconds)), "lateness_p50_ms": quantile(0.5),
      "lateness_p99_ms": quantile(0.99), "lateness_max_ms": .double(lateness[lateness.count - 1]),
      "fsyncs_per_second": .double(Double(after.commits - before.commits) / Double(seconds)), "processor_share": .double(used / Double(seconds)),
    ]
  }

  /// A store with so many active triggers is opened.
  private func load(_ count: Int) throws(Problem) -> JSON {
    try fillFar(count)
    let before = residentBytes()
    let began = surroundings.ticks()
    let host = try open()
    let seconds = (surroundings.ticks() - began).inSeconds
    defer { host.close() }
    try host.settle()
    return [
      "load_ms": .double(seconds * 1000), "resident_mb": .double(residentBytes() / 1e6),
      "anonymous_mb": .double(residentBytes(anonymous: true) / 1e6),
      "before_mb": .double(before / 1e6),
    ]
  }

  /// A host whose triggers are all far away.
  private func idle(_ count: Int) throws(Problem) -> JSON {
    try fillFar(count)
    let host = try open()
    defer { host.close() }
    try host.settle()
    pause(until: surroundings.now() + .seconds(1))
    let seconds: Int64 = 5
    let before = processorSeconds()
    pause(until: surroundings.now() + .seconds(seconds))
    return ["processor_ms_per_second": .double((processorSeconds() - before) * 1000 / Double(seconds))]
  }

  /// A year of so many triggers, without Lua: every hour or so each.
  private func simulation(_ count: Int) throws(Problem) -> JSON {
    let from = Instant(seconds: 1_735_689_600)
    let zones = Zones()
    var decisions = 0
    let began = surroundings.ticks()
    for number in 0..<count {
      let trigger = try trigger(
        number, script: "return 1", schedule: ["cron_expression": .string("\(number % 60) */\(2 + number % 5) * * *"), "timezone": "Europe/Berlin"],
        type: .cron, at: from)
      let timetable = try Timetable(trigger.schedule, createdAt: trigger.createdAt, zones: zones)
      var started = trigger
      started.nextScheduledAt = timetable.next(after: from)
      var simulation = Simulation(
        started, timetable: timetable, world: EmptyWorld(),
        bounds: .init(from: from, to: from + .seconds(31_536_000), maxFires: 2_000_000, listed: 0, deadline: .seconds(3600)))
      try simulation.run(surroundings)
      decisions += simulation.decisions
    }
    let seconds = (surroundings.ticks() - began).inSeconds
    return ["decisions": .int(decisions), "seconds": .double(seconds), "decisions_per_second": .double(Double(decisions) / seconds)]
  }

  // MARK: - The store

  private func open() throws(Problem) -> Host { try Host.open(Host.Configuration(path: path, surroundings: surroundings)) }

  private func fillFar(_ count: Int) throws(Problem) {
    let far = surroundings.now() + .seconds(30 * 86_400)
    try fill(count, each: { number, trigger in trigger.nextScheduledAt = far + .milliseconds(Int64(number)) })
  }

  private func fill(
    _ count: Int, script: String = "return 1", schedule: JSON? = nil, type: TriggerType = .cron, each: (Int, inout Trigger) -> Void
  ) throws(Problem) {
    let ledger = try SQLiteLedger.open(path: path, mode: .owner, surroundings: surroundings)
    defer { ledger.close() }
    let now = surroundings.now()
    var transaction = Transaction()
    transaction.insert(Namespace(id: "ns_default", name: "default", createdAt: now, updatedAt: now))
    var number = 0
    while number < count {
      for _ in 0..<min(1000, count - number) {
        let given = schedule ?? ["cron_expression": .string("\(number % 60) \(number / 60 % 24) 1 1 *")]
        // One after the other, as triggers are made.
        var trigger = try trigger(number, script: script, schedule: given, type: type, at: now - .milliseconds(Int64(count - number)))
        each(number, &trigger)
        transaction.insert(trigger)
        number += 1
      }
      guard case .committed = ledger.commit(transaction) else { throw Problem(.unavailable, "the triggers could not be written") }
      transaction = Transaction()
    }
  }

  private func trigger(_ number: Int, script: String, schedule: JSON, type: TriggerType, at now: Instant) throws(Problem) -> Trigger {
    Trigger(
      id: Identifier.make("trg", at: now, surroundings), namespaceID: "ns_default",
      action: try Action(type: TaskRecord.Kind.script.rawValue, config: ["script": .string(script)]),
      schedule: try Schedule(type, schedule), createdAt: now)
  }

  // MARK: - The machine

  private func pause(until moment: Instant) {
    while true {
      let left = moment - surroundings.now()
      if left <= .zero { return }
      usleep(UInt32(clamping: left.inMilliseconds * 1000))
    }
  }

  private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// What `statm` calls resident, in bytes (proc(5)); `anonymous` leaves out what is mapped from files, as the store and the program are.
  private func residentBytes(anonymous: Bool = false) -> Double {
    let file = Glibc.open("/proc/self/statm", O_RDONLY)
    guard file >= 0 else { return 0 }
    defer { Glibc.close(file) }
    var text = [UInt8](repeating: 0, count: 128)
    let length = read(file, &text, text.count)
    let words = String(decoding: text.prefix(max(0, length)), as: UTF8.self).split(separator: " ")
    guard words.count > 2, let resident = Double(words[1]), let shared = Double(words[2]) else { return 0 }
    return (resident - (anonymous ? shared : 0)) * Double(sysconf(Int32(_SC_PAGESIZE)))
  }
}

/// Nothing happens, nothing is asked, and runs take no time.
private struct EmptyWorld: SimulatedWorld {
  mutating func nextEvents() -> SimulatedEvents? { nil }
  mutating func answer(_ question: Agenda.Question, at now: Instant) -> SimulatedAnswer { SimulatedAnswer(verdict: .yes, reason: "due") }
  mutating func busy(_ scheduledAt: Instant) -> Duration { .zero }
  mutating func ended(firedAt: Instant, at now: Instant) {}
}
