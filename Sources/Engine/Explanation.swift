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
    /// A failed task that is to be tried again.
    var retry: (attempt: Int64, at: Instant)?
    /// The last decisions, newest first.
    var evaluations: [Evaluation] = []
  }

  private(set) var clauses: [Clause] = []
  /// The schedule in words.
  let schedule: String
  let text: String

  init(_ trigger: Trigger, _ facts: Facts, at now: Instant) {
    schedule = Self.describe(trigger.schedule)
    if let clause = Self.status(trigger, facts.note, at: now) { clauses.append(clause) }
    if let maintenance = facts.maintenance { clauses.append(Self.held(maintenance, at: now)) }
    if let chain = trigger.chain, trigger.status == .active {
      clauses.append(Clause(name: "chain", holds: true, value: .string(chain.taskID), fact: "task \(chain.taskID) has ended and starts it"))
    }
    // Until its probe nothing else counts.
    if !trigger.isProbed { clauses += Self.distances(trigger, at: now) }
    if let retry = facts.retry {
      clauses.append(
        Clause(
          name: "retry", holds: false, value: .int(retry.attempt), until: retry.at,
          fact: "a task that failed is tried again in \(Self.words(retry.at - now))"))
    }
    if facts.running > 0 {
      let overlap: (holds: Bool, change: String)? =
        switch trigger.schedule.overlap {
        case .skip: (false, "it fires no second time while that lasts")
        case .queueOne: (facts.running < 2, facts.running < 2 ? "one more may wait" : "one waits, and a third is left out")
        case .queue: (facts.running <= trigger.schedule.maxQueue, "up to \(trigger.schedule.maxQueue) may wait")
        case .cancelRunning: (true, "the next one cancels it")
        case .allow: nil
        }
      if let overlap {
        clauses.append(
          Clause(
            name: "overlap", holds: overlap.holds, value: .int(facts.running),
            fact: facts.running == 1 ? "a run is going on" : "\(facts.running) runs are going on or wait", change: overlap.change))
      }
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

  /// What its own schedule still waits for.
  private static func distances(_ trigger: Trigger, at now: Instant) -> [Clause] {
    var clauses: [Clause] = []
    switch trigger.schedule.when {
    case .cron, .interval:
      if let next = trigger.nextScheduledAt {
        clauses.append(Self.instant(next, now, "due", "it is due now (\(next))", "it fires next at \(next)"))
        if trigger.schedule.jitterSeconds > 0 {
          clauses.append(
            Clause(
              name: "jitter", holds: true, value: .int(trigger.schedule.jitterSeconds),
              fact: "by up to \(words(.seconds(trigger.schedule.jitterSeconds))) later, by its jitter"))
        }
      } else if trigger.hasEnded {
        let end = trigger.schedule.at ?? trigger.schedule.endAt
        clauses.append(
          Clause(
            name: "due", holds: false, threshold: .optional(end), fact: "no instant comes any more\(end.map { ", the last was up to \($0)" } ?? "")",
            change: "change its schedule to let it fire again"))
      }
    case .event(let rule): clauses += Self.events(rule, trigger, at: now)
    case .conditional(let condition):
      if let clause = Self.condition(condition, trigger) { clauses.append(clause) }
      if !trigger.armed {
        let back = condition.rearm.map { ", beyond \(short($0))," } ?? ""
        clauses.append(
          Clause(
            name: "armed", holds: false, fact: "it has fired for this crossing", change: "it fires again after the condition was false\(back) once"))
      }
      if condition.mode == .level, let last = trigger.lastCooldownAt { clauses += cooldown(condition.cooldownSeconds, since: last, at: now) }
      if let next = trigger.nextScheduledAt { clauses.append(Self.instant(next, now, "check", "a check is due now", "the next check is at \(next)")) }
    }
    return clauses
  }

  private static func status(_ trigger: Trigger, _ note: String?, at now: Instant) -> Clause? {
    let why = note.map { " (\($0))" } ?? ""
    switch trigger.status {
    case .active: return nil
    case .paused:
      return Clause(
        name: "status", holds: false, value: "paused", threshold: "active", until: trigger.pausedUntil, fact: "it is paused\(why)",
        change: trigger.pausedUntil.map { "it resumes by itself in \(words($0 - now))" } ?? "resume it to let it fire")
    case .disabled:
      return Clause(name: "status", holds: false, value: "disabled", threshold: "active", fact: "it was deleted", change: "create another")
    case .failed:
      return Clause(
        name: "status", holds: false, value: "failed", threshold: "active",
        until: trigger.isProbed ? trigger.nextScheduledAt : nil,
        fact: "it was stopped after \(trigger.consecutiveFailures) failures in a row: \(trigger.lastExecutionError ?? "unknown")",
        change: trigger.isProbed
          ? trigger.nextScheduledAt.map { "it is probed in \(words($0 - now)), and a success resumes it" } : "resume it to try again")
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

  private static func cooldown(_ seconds: Int64, since last: Instant, at now: Instant, change: String? = nil) -> [Clause] {
    let end = last + .seconds(seconds)
    guard seconds > 0, end > now else { return [] }
    return [
      Clause(
        name: "cooldown", holds: false, value: .double((now - last).inSeconds), threshold: .int(seconds), missing: .double((end - now).inSeconds),
        until: end, fact: "the cooldown ends in \(words(end - now))", change: change)
    ]
  }

  /// Which events count: `custom.order, those that its filter accepts, one for each value of order.id`.
  private static func counted(_ rule: Schedule.EventRule) -> String {
    var words = rule.eventType.rawValue
    if rule.filter != nil || rule.filters != nil { words += ", those its filter accepts" }
    if let key = rule.dedupeKey { words += ", one for each \(key) in \(Self.words(.seconds(rule.dedupeSeconds)))" }
    if let window = rule.windowSeconds { words += ", of the last \(Self.words(.seconds(window)))" }
    return words
  }

  private static func absence(_ seconds: Int64, _ rule: Schedule.EventRule, _ trigger: Trigger, at now: Instant) -> [Clause] {
    guard let certain = trigger.nextScheduledAt else {
      return [
        Clause(
          name: "absence", holds: false, threshold: .int(seconds), fact: "it has fired for this silence (\(counted(rule)))",
          change: "the next wait begins when one comes")
      ]
    }
    let left = certain - now
    return [
      Clause(
        name: "absence", holds: left <= .zero, value: .optional(trigger.lastEventAt), threshold: .int(seconds),
        missing: .double(max(0, left.inSeconds)),
        until: certain,
        fact: trigger.lastEventAt.map { "the last event came at \($0) (\(counted(rule)))" } ?? "no event has come (\(counted(rule)))",
        change: left > .zero ? "it fires in \(words(left)) if none comes" : nil)
    ]
  }

  private static func events(_ rule: Schedule.EventRule, _ trigger: Trigger, at now: Instant) -> [Clause] {
    if let seconds = rule.absenceSeconds {
      return absence(seconds, rule, trigger, at: now)
        + (trigger.lastCooldownAt.map { cooldown(rule.cooldownSeconds, since: $0, at: now) } ?? [])
    }
    let missing = max(0, rule.threshold - trigger.eventCounter)
    var clauses = [
      Clause(
        name: "events", holds: missing == 0, value: .int(trigger.eventCounter), threshold: .int(rule.threshold), missing: .int(missing),
        fact:
          "\(trigger.eventCounter) of \(rule.threshold) events (\(counted(rule)))",
        change: missing > 0 ? "it fires when \(missing) more come\(missing == 1 ? "s" : "")" : nil)
    ]
    if let last = trigger.lastCooldownAt {
      clauses += cooldown(rule.cooldownSeconds, since: last, at: now, change: missing == 0 ? "it fires" : nil)
    }
    if missing == 0, let debounce = rule.debounceSeconds, let last = trigger.lastEventAt {
      var quiet = last + .seconds(debounce)
      if let most = rule.maxWaitSeconds, let first = trigger.firstEventAt { quiet = min(quiet, first + .seconds(most)) }
      if quiet > now {
        clauses.append(
          Clause(
            name: "debounce", holds: false, value: .double((now - last).inSeconds), threshold: .int(debounce),
            missing: .double((quiet - now).inSeconds),
            until: quiet, fact: "it waits until none comes for \(words(.seconds(debounce)))",
            change: "it fires in \(words(quiet - now)) if none comes"))
      }
    }
    return clauses
  }

  private static func condition(_ condition: Condition, _ trigger: Trigger) -> Clause? {
    if condition.asksScript { return Clause(name: "condition", holds: false, fact: "a script decides") }
    let measured = condition.kind == .drift ? trigger.lastDriftMeasurement : trigger.lastVolumeMeasurement
    let name = condition.measuredName
    guard let value = condition.compared(in: measured) else {
      let why = measured["reason"]?.string.map { "the last check had nothing to compare: \($0)" } ?? "\(name) was not measured yet"
      return Clause(name: "condition", holds: false, threshold: .double(condition.threshold), fact: why)
    }
    let holds = condition.comparison.holds(value, condition.threshold)
    let missing = abs(condition.threshold - value)
    return Clause(
      name: "condition", holds: holds, value: .double(value), threshold: .double(condition.threshold), missing: .double(holds ? 0 : missing),
      fact:
        "\(name) was \(short(value)) at the last check\(calibration(condition, measured)), and it fires when that is \(condition.comparison.symbol) \(short(condition.threshold))",
      change: holds ? nil : "\(name) has to \(value < condition.threshold ? "rise" : "fall") by \(missing == 0 ? "any amount" : short(missing))")
  }

  /// What a drift measurement means: how likely it is without drift, and where an alarm would be rare.
  private static func calibration(_ condition: Condition, _ measured: JSONObject) -> String {
    guard condition.kind == .drift else { return "" }
    var parts: [String] = []
    if condition.scale != .value, let value = measured["value"]?.double { parts.append("the value was \(short(value))") }
    if condition.scale != .pValue, let chance = measured["p_value"]?.double { parts.append("p-value \(short(chance))") }
    if let mean = measured["null_mean"]?.double, let deviation = measured["null_deviation"]?.double {
      parts.append("\(short(mean)) ± \(short(deviation)) without drift")
    }
    if let threshold = measured["suggested_threshold"]?.double { parts.append("suggested threshold \(short(threshold))") }
    return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
  }

  // MARK: - Words

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
