import Basics
import Model
import Scheduling

/// Why a trigger does not fire at this moment, or why it will: each thing that has to hold, its number, and what is missing.
struct Explanation {
  /// One thing that has to hold before the trigger fires.
  struct Clause {
    var name: String
    var holds: Bool
    var value: JSON = .null
    var threshold: JSON = .null
    /// What is missing, in the unit of the value.
    var missing: JSON = .null
    /// When it will hold by itself.
    var until: Instant?
    /// The fact: `37 of 100 events (documents_added)`.
    var fact: String
    /// What would have to change; nil when it holds.
    var change: String?

    var json: JSON {
      [
        "clause": .string(name), "holds": .bool(holds), "value": value, "threshold": threshold, "missing": missing, "until": .optional(until),
        "text": .string(fact), "change": .optional(change),
      ]
    }
  }

  /// What is known of the trigger beside its row.
  struct Facts {
    /// Tasks that wait or run.
    var running = 0
    var maintenance: Maintenance?
    /// Why somebody paused it.
    var note: String?
    /// The last decisions, newest first.
    var evaluations: [Evaluation] = []
  }

  private(set) var clauses: [Clause] = []
  /// The schedule in words.
  let schedule: String
  let text: String

  init(_ trigger: Trigger, _ facts: Facts, at now: Instant, zones: Zones) {
    schedule = Self.describe(trigger.schedule, at: now, zones: zones)
    if let clause = Self.status(trigger, facts.note) { clauses.append(clause) }
    if let maintenance = facts.maintenance { clauses.append(Self.held(maintenance, at: now)) }
    switch trigger.schedule.when {
    case .cron, .interval:
      if let next = trigger.nextScheduledAt { clauses.append(Self.instant(next, now, "due", "it is due now (\(next))", "it fires next at \(next)")) }
    case .event(let rule): clauses += Self.events(rule, trigger, at: now)
    case .conditional(let condition):
      if let clause = Self.condition(condition, trigger) { clauses.append(clause) }
      if !trigger.armed {
        clauses.append(
          Clause(name: "armed", holds: false, fact: "it has fired for this crossing", change: "it fires again after the condition was false once"))
      }
      if let next = trigger.nextScheduledAt { clauses.append(Self.instant(next, now, "check", "a check is due now", "the next check is at \(next)")) }
    }
    if facts.running > 0, trigger.schedule.overlap == .skip {
      clauses.append(
        Clause(
          name: "overlap", holds: false, value: .int(facts.running), fact: "a run is going on", change: "it fires no second time while that lasts"))
    }
    if trigger.schedule.predicate != nil {
      clauses.append(Clause(name: "predicate", holds: true, fact: "then its predicate is asked"))
    }
    var sentences = ["Schedule: \(schedule)."]
    if let stop = clauses.first(where: { $0.name == "status" || $0.name == "maintenance" }) {
      sentences.insert(Self.sentence(stop.fact + (stop.change.map { "; \($0)" } ?? "")), at: 0)
    }
    sentences.append(Self.sentence(Self.distance(clauses)))
    if let last = facts.evaluations.first {
      let times = last.count > 1 ? ", \(last.count) times since \(last.firstAt)" : ""
      sentences.append("Last decision, at \(last.lastAt)\(times): \(last.sentence(trigger.schedule))")
    } else {
      sentences.append("Nothing has been decided yet.")
    }
    text = sentences.joined(separator: " ")
  }

  /// How far it is from firing: `37 of 100 events; the cooldown ends in 41 s; then it fires when 63 more come`.
  static func distance(_ clauses: [Clause]) -> String {
    var parts: [String] = []
    for clause in clauses where clause.name != "status" && clause.name != "maintenance" { parts.append(clause.fact) }
    let changes = clauses.filter { !$0.holds && $0.name != "status" && $0.name != "maintenance" }.compactMap(\.change)
    if !changes.isEmpty { parts.append((changes.count == 1 && parts.count > 1 ? "then " : "") + changes.joined(separator: ", and ")) }
    return parts.isEmpty ? "nothing is in its way" : parts.joined(separator: "; ")
  }

  private static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() + "." }

  // MARK: - Clauses

  private static func status(_ trigger: Trigger, _ note: String?) -> Clause? {
    let why = note.map { " (\($0))" } ?? ""
    switch trigger.status {
    case .active: return nil
    case .paused:
      return Clause(
        name: "status", holds: false, value: "paused", threshold: "active", fact: "it is paused\(why)", change: "resume it to let it fire")
    case .disabled:
      return Clause(name: "status", holds: false, value: "disabled", threshold: "active", fact: "it was deleted", change: "create another")
    case .failed:
      return Clause(
        name: "status", holds: false, value: "failed", threshold: "active",
        fact: "it was stopped after \(trigger.consecutiveFailures) failures in a row: \(trigger.lastExecutionError ?? "unknown")",
        change: "resume it to try again")
    }
  }

  private static func held(_ maintenance: Maintenance, at now: Instant) -> Clause {
    let note = maintenance.note.map { " (\($0))" } ?? ""
    return Clause(
      name: "maintenance", holds: false, until: maintenance.until, fact: "maintenance holds every trigger since \(maintenance.since)\(note)",
      change: maintenance.until.map { "it ends in \(words($0 - now))" } ?? "switch it off: perigee maintenance off")
  }

  private static func instant(_ next: Instant, _ now: Instant, _ name: String, _ isDue: String, _ comes: String) -> Clause {
    let left = next - now
    if next <= now { return Clause(name: name, holds: true, value: .instant(now), threshold: .instant(next), fact: isDue) }
    return Clause(
      name: name, holds: false, value: .instant(now), threshold: .instant(next), missing: .double(left.inSeconds), until: next,
      fact: "\(comes), in \(words(left))")
  }

  private static func events(_ rule: Schedule.EventRule, _ trigger: Trigger, at now: Instant) -> [Clause] {
    let missing = max(0, rule.threshold - trigger.eventCounter)
    var clauses = [
      Clause(
        name: "events", holds: missing == 0, value: .int(trigger.eventCounter), threshold: .int(rule.threshold), missing: .int(missing),
        fact:
          "\(trigger.eventCounter) of \(rule.threshold) events (\(rule.eventType.rawValue)\(rule.filter == nil ? "" : ", those its filter accepts"))",
        change: missing > 0 ? "it fires when \(missing) more come\(missing == 1 ? "s" : "")" : nil)
    ]
    if rule.cooldownSeconds > 0, let last = trigger.lastCooldownAt {
      let end = last + .seconds(rule.cooldownSeconds)
      if end > now {
        clauses.append(
          Clause(
            name: "cooldown", holds: false, value: .double((now - last).inSeconds), threshold: .int(rule.cooldownSeconds),
            missing: .double((end - now).inSeconds), until: end, fact: "the cooldown ends in \(words(end - now))",
            change: missing == 0 ? "it fires" : nil))
      }
    }
    return clauses
  }

  private static func condition(_ condition: Condition, _ trigger: Trigger) -> Clause? {
    if condition.asksScript { return Clause(name: "condition", holds: false, fact: "a script decides") }
    let measured = condition.kind == .drift ? trigger.lastDriftMeasurement : trigger.lastVolumeMeasurement
    let name = condition.metricName
    guard let value = measured["value"]?.double else {
      let why = measured["reason"]?.string.map { "the last check had nothing to compare: \($0)" } ?? "\(name) was not measured yet"
      return Clause(name: "condition", holds: false, threshold: .double(condition.threshold), fact: why)
    }
    let holds = condition.comparison.holds(value, condition.threshold)
    let missing = abs(condition.threshold - value)
    return Clause(
      name: "condition", holds: holds, value: .double(value), threshold: .double(condition.threshold), missing: .double(holds ? 0 : missing),
      fact: "\(name) was \(short(value)) at the last check, and it fires when that is \(condition.comparison.symbol) \(short(condition.threshold))",
      change: holds ? nil : "\(name) has to \(value < condition.threshold ? "rise" : "fall") by \(missing == 0 ? "any amount" : short(missing))")
  }

  // MARK: - Words

  /// A schedule in words: `At 02:00 every day (UTC)`, `Every 6 hours`, `After 100 × documents_added`.
  static func describe(_ schedule: Schedule, at now: Instant, zones: Zones) -> String {
    switch schedule.when {
    case .cron(let rule):
      return (try? CronPreview(expression: rule.expression, timezone: rule.timezone, after: now, count: 1, zones: zones))?.text ?? rule.expression
    case .interval(let rule):
      let words =
        (try? IntervalSchedule(every: .seconds(rule.seconds), from: now)).map { ScheduleText.describe($0) } ?? "Every \(rule.seconds) seconds"
      return rule.anchor == .fixedDelay ? "\(words) after the end of the last run" : words
    case .event(let rule):
      let cooldown = rule.cooldownSeconds > 0 ? ", at most once in \(Self.words(.seconds(rule.cooldownSeconds)))" : ""
      return "After \(rule.threshold) × \(rule.eventType.rawValue)\(rule.filter == nil ? "" : " that its filter accepts")\(cooldown)"
    case .conditional(let condition):
      let every = "checked every \(Self.words(.seconds(condition.checkIntervalSeconds)))"
      guard !condition.asksScript else { return "When its script says so, \(every)" }
      let name = condition.metricName
      return "When \(name) becomes \(condition.comparison.symbol) \(Self.short(condition.threshold)), \(every)"
    }
  }

  /// A number with a few digits that matter.
  static func short(_ value: Double) -> String {
    if value == value.rounded(), abs(value) < 1e9 { return "\(Int64(value))" }
    let scale = abs(value) < 0.01 ? 1_000_000.0 : 10_000.0
    let rounded = (value * scale).rounded() / scale
    return "\(rounded == 0 ? value : rounded)"
  }

  /// `2 h 5 min`, `41 s`.
  static func words(_ duration: Duration) -> String {
    let seconds = max(0, Int64(duration.inSeconds.rounded(.up)))
    if seconds < 60 { return "\(seconds) s" }
    if seconds < 3600 { return seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds / 60) min \(seconds % 60) s" }
    if seconds < 86400 { return seconds % 3600 < 60 ? "\(seconds / 3600) h" : "\(seconds / 3600) h \(seconds % 3600 / 60) min" }
    return seconds % 86400 < 3600 ? "\(seconds / 86400) d" : "\(seconds / 86400) d \(seconds % 86400 / 3600) h"
  }
}
