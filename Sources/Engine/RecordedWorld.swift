import Basics
import Model
import Scheduling
import Scripting
import Store

/// The past as the store remembers it, for a simulation: recorded events, measurements and durations, and scripts that only read.
struct RecordedWorld: SimulatedWorld {
  /// What a condition was measured to be, from one evaluation row.
  struct Measured {
    var first: Instant
    var last: Instant
    var count: Int64
    var detail: JSONObject
  }

  /// Where the answers of a measured condition came from.
  struct Sources {
    /// From a row of that one check.
    var exact = 0
    /// From a row of several equal decisions, which keeps only the newest numbers.
    var coalesced = 0
    /// From an earlier row: nothing was measured at that moment.
    var carried = 0
    /// There was nothing yet.
    var missing = 0
  }

  private let host: Host
  private var trigger: Trigger
  private let rule: Schedule.EventRule?
  private let condition: Condition?
  private let span: (from: Instant, to: Instant)
  private let measurements: [Measured]
  private let durations: [Instant: Duration]
  /// How long a run takes that was not recorded.
  let usualDuration: Duration
  private let interpreter: Interpreter
  private(set) var sources = Sources()
  private(set) var scriptRuns = 0
  private(set) var instructions: UInt64 = 0
  private(set) var scriptTime: Duration = .zero
  private(set) var busyTime: Duration = .zero

  private var page: [DocumentEvent] = []
  private var pageAt = 0
  private var lastSeq: Int64 = 0
  private var isLastPage = false
  private var sieve: EventSieve?
  private var measuredAt = -1
  private var lastSuccess: Instant

  private static let pageSize = 500

  init(
    _ host: Host, _ trigger: Trigger, from: Instant, to: Instant, measurements: [Measured], fires: [RecordedFire], lastSuccess: Instant?,
    runSeconds: Double?
  ) {
    self.host = host
    self.trigger = trigger
    span = (from, to)
    self.measurements = measurements
    var known: [Instant: Duration] = [:]
    var total: Duration = .zero
    for fire in fires {
      guard let busy = fire.busy else { continue }
      known[fire.scheduledAt] = busy
      total += busy
    }
    usualDuration = runSeconds.map { .milliseconds(Int64($0 * 1000)) } ?? (known.isEmpty ? .zero : total / known.count)
    durations = runSeconds == nil ? known : [:]
    self.lastSuccess = lastSuccess ?? trigger.createdAt
    if case .event(let rule) = trigger.schedule.when { self.rule = rule } else { rule = nil }
    if case .conditional(let condition) = trigger.schedule.when { self.condition = condition } else { condition = nil }
    // The same simulation gives the same answer, also where a script throws dice.
    var random = SeededRandom(seed: 1)
    interpreter = Interpreter(memory: 64 << 20, random: { random.next() })
  }

  // MARK: - Events

  mutating func nextEvents() throws(Problem) -> SimulatedEvents? {
    guard let rule else { return nil }
    while true {
      if pageAt == page.count {
        if isLastPage { return nil }
        let since = lastSeq
        page = try host.read { reader throws(Problem) in
          try reader.events(
            in: trigger.namespaceID, type: rule.eventType, collectionID: rule.collectionID, from: span.from, to: span.to, since: since,
            limit: Self.pageSize)
        }
        pageAt = 0
        isLastPage = page.count < Self.pageSize
        lastSeq = page.last?.seq ?? lastSeq
        if page.isEmpty { return nil }
      }
      let event = page[pageAt]
      pageAt += 1
      guard rule.isFiltered else { return SimulatedEvents(at: event.at, count: event.count) }
      let accepted = try accepted(event, by: rule)
      if accepted > 0 { return SimulatedEvents(at: event.at, count: accepted) }
    }
  }

  private mutating func accepted(_ event: DocumentEvent, by rule: Schedule.EventRule) throws(Problem) -> Int64 {
    if sieve == nil {
      var fresh = EventSieve(host, rule)
      if rule.dedupeKey != nil {
        fresh.seen = try host.read { reader throws(Problem) in
          try reader.eventKeys(of: trigger.id, after: span.from - .seconds(rule.dedupeSeconds))
        }.filter { $0.value < span.from }
      }
      sieve = fresh
    }
    var events = try sieve?.passing(event) ?? ScriptEvents()
    if let filter = rule.filter, !events.isEmpty { events = ask(filter, events, at: event.at) }
    return Int64(try sieve?.distinct(events).count ?? 0)
  }

  private mutating func ask(_ filter: ScriptReference, _ events: ScriptEvents, at moment: Instant) -> ScriptEvents {
    // What cannot be found accepts nothing, as at its time.
    guard let script = try? host.script(filter, as: [.filter], in: trigger.namespaceID, called: "filter") else { return ScriptEvents() }
    let outcome = interpreter.filter(
      script, events: events,
      context: ScriptSession.context(trigger, scheduledAt: nil, now: moment), budget: ScriptKind.filter.budget,
      host: session(at: moment))
    count(outcome.run.cost)
    return events.keeping(outcome.accepted)
  }

  // MARK: - Questions

  mutating func answer(_ question: Agenda.Question, at now: Instant) throws(Problem) -> SimulatedAnswer {
    guard question.about == .condition, let condition, !condition.asksScript else {
      return ask(question.about, scheduledAt: question.fire.scheduledAt, events: question.fire.consumedEvents, at: now)
    }
    if condition.kind == .staleness { return compare(condition, (now - lastSuccess).inSeconds, JSONObject()) }
    return measured(condition, at: now)
  }

  /// The newest measurement at that moment. A check was measured a moment after it was due, so a little later counts, too.
  private mutating func measured(_ condition: Condition, at now: Instant) -> SimulatedAnswer {
    let slack = Duration.milliseconds(min(2000, condition.checkIntervalSeconds * 500))
    while measuredAt + 1 < measurements.count, measurements[measuredAt + 1].first <= now + slack { measuredAt += 1 }
    guard measuredAt >= 0 else {
      sources.missing += 1
      return SimulatedAnswer(verdict: .between, reason: "no measurement on record")
    }
    let row = measurements[measuredAt]
    if now > row.last + slack { sources.carried += 1 } else if row.count > 1 { sources.coalesced += 1 } else { sources.exact += 1 }
    guard let value = condition.compared(in: row.detail) else {
      let (verdict, reason) = Judge.verdict(condition, row.detail)
      return SimulatedAnswer(verdict: verdict, reason: reason, detail: row.detail)
    }
    return compare(condition, value, row.detail)
  }

  private func compare(_ condition: Condition, _ value: Double, _ recorded: JSONObject) -> SimulatedAnswer {
    var detail = recorded
    detail["definition"] = nil
    detail["metric"] = .string(condition.metricName)
    detail["threshold"] = .double(condition.threshold)
    detail["operator"] = .string(condition.comparison.rawValue)
    if condition.scale == .value { detail["value"] = .double(value) }
    detail["compared"] = condition.scale == .value ? nil : .string(condition.scale.rawValue)
    detail["exceeded"] = .bool(condition.comparison.holds(value, condition.threshold))
    let (verdict, reason) = Judge.verdict(condition, detail)
    return SimulatedAnswer(verdict: verdict, reason: reason, detail: detail)
  }

  /// The predicate, or the script of a condition.
  mutating func ask(_ about: Agenda.Question.About, scheduledAt: Instant, events: Int64, at now: Instant) -> SimulatedAnswer {
    let name = about == .predicate ? "predicate" : "script"
    guard let reference = about == .predicate ? trigger.schedule.predicate : condition?.script else {
      return SimulatedAnswer(verdict: .yes, reason: "due")
    }
    let script: Script
    do throws(Problem) {
      script = try host.script(reference, as: [.predicate], in: trigger.namespaceID, called: "\(trigger.name ?? "trigger") \(name)")
    } catch {
      return SimulatedAnswer(verdict: .failed, reason: "error", detail: ["error": .string(error.description)])
    }
    var seen = trigger
    seen.eventCounter = events
    let session = session(at: now)
    let run = interpreter.run(
      script, kind: .predicate,
      context: ScriptSession.context(seen, scheduledAt: scheduledAt, now: now), state: .object(trigger.state),
      budget: ScriptKind.predicate.budget, host: session)
    count(run.cost)
    var detail = session.record(of: run)
    detail["cost"] = nil
    do throws(Problem) {
      let (verdict, reason) = try run.verdict()
      if case .object(let state)? = run.state { trigger.state = state }
      return SimulatedAnswer(verdict: verdict ? .yes : .no, reason: reason ?? (verdict ? "\(name) said yes" : "\(name) said no"), detail: detail)
    } catch {
      detail["error"] = .string(error.description)
      return SimulatedAnswer(verdict: .failed, reason: error.kind == .budget ? "budget" : "error", detail: detail)
    }
  }

  /// A session that can only read, with the virtual clock.
  private func session(at now: Instant) -> ScriptSession {
    ScriptSession(host, namespaceID: trigger.namespaceID, trigger: trigger, writes: .none, clock: now)
  }

  private mutating func count(_ cost: ScriptCost) {
    scriptRuns += 1
    instructions += cost.instructions
    scriptTime += .nanoseconds(Int64(clamping: cost.nanoseconds))
  }

  // MARK: - Runs

  mutating func busy(_ scheduledAt: Instant) -> Duration {
    let busy = durations[scheduledAt] ?? usualDuration
    busyTime += busy
    return busy
  }

  mutating func ended(firedAt: Instant, at now: Instant) {
    lastSuccess = firedAt
    trigger.lastTriggeredAt = firedAt
    trigger.lastExecutionStatus = TaskRecord.Status.completed.rawValue
    trigger.executionCount += 1
  }
}
