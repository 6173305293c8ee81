import Basics
import Model
import Scheduling

/// Why a trigger fired or did not at an instant that has passed: the decision that covers it, or those around it, and the numbers of that time
/// as far as they can be told from what is recorded.
struct PastExplanation {
  /// What the store remembers of the time around the instant.
  struct Record {
    /// The decision whose row covers the instant.
    var covering: Evaluation?
    var before: Evaluation?
    var after: Evaluation?
    /// The last fire up to the instant.
    var lastFired: Evaluation?
    /// Events counted since that fire; nil where a Lua filter chose them.
    var events: Int64?
    /// How the run that the decision started has ended.
    var taskStatus: TaskRecord.Status?
    /// How long evaluations are kept.
    var kept: Duration
  }

  private(set) var clauses: [Explanation.Clause] = []
  let text: String

  init(_ trigger: Trigger, _ record: Record, at instant: Instant, now: Instant, timetable: Timetable?) {
    guard instant >= trigger.createdAt else {
      text = "At \(instant) the trigger did not exist; it was made at \(trigger.createdAt)."
      return
    }
    var sentences: [String] = []
    if let covering = record.covering {
      let span =
        covering.count > 1
        ? "\(covering.count) equal decisions from \(covering.firstAt) to \(covering.lastAt) cover \(instant)"
        : "At \(covering.firstAt) it was decided"
      sentences.append("\(span): \(covering.sentence(trigger.schedule))")
      if let status = record.taskStatus { sentences.append("The run that it started is \(status.rawValue).") }
    } else {
      sentences.append("Nothing was decided at \(instant).")
    }
    switch trigger.schedule.when {
    case .event(let rule):
      if record.covering?.outcome != .fired { clauses = Self.clauses(rule, record, at: instant) }
    case .cron, .interval, .conditional:
      if record.covering == nil, let next = timetable?.next(after: instant - .milliseconds(1)) {
        let what = trigger.schedule.type == .conditional ? "check" : "due instant"
        clauses.append(
          Explanation.Clause(
            name: "due", holds: next <= instant, value: .instant(instant), threshold: .instant(next), missing: .double((next - instant).inSeconds),
            until: next,
            fact:
              "by its present schedule, \(next == instant ? "this is a \(what)" : "the next \(what) after that was \(next), \(Explanation.words(next - instant)) later")"
          ))
      }
    }
    if !clauses.isEmpty {
      let words = Explanation.distance(clauses)
      sentences.append(words.prefix(1).uppercased() + words.dropFirst() + ".")
    }
    if record.covering == nil {
      if let before = record.before { sentences.append("Before it, at \(before.lastAt): \(before.sentence(trigger.schedule))") }
      if let after = record.after { sentences.append("After it, at \(after.firstAt): \(after.sentence(trigger.schedule))") }
      if record.before == nil, record.after == nil {
        sentences.append(
          now - instant > record.kept
            ? "Decisions are kept for \(Explanation.words(record.kept)), and those of that time are gone."
            : "No decision about it is on record.")
      }
    }
    text = sentences.joined(separator: " ")
  }

  private static func clauses(_ rule: Schedule.EventRule, _ record: Record, at instant: Instant) -> [Explanation.Clause] {
    var clauses: [Explanation.Clause] = []
    if let events = record.events {
      let missing = max(0, rule.threshold - events)
      clauses.append(
        Explanation.Clause(
          name: "events", holds: missing == 0, value: .int(events), threshold: .int(rule.threshold), missing: .int(missing),
          fact:
            "\(events) of \(rule.threshold) events (\(rule.eventType.rawValue)) had come since \(record.lastFired.map { "the fire at \($0.firstAt)" } ?? "its beginning")",
          change: missing > 0 ? "\(missing) more were missing" : nil))
    }
    if let last = record.lastFired?.firstAt, rule.cooldownSeconds > 0 {
      let end = last + .seconds(rule.cooldownSeconds)
      if end > instant {
        clauses.append(
          Explanation.Clause(
            name: "cooldown", holds: false, value: .double((instant - last).inSeconds), threshold: .int(rule.cooldownSeconds),
            missing: .double((end - instant).inSeconds), until: end, fact: "the cooldown went on for another \(Explanation.words(end - instant))"))
      }
    }
    return clauses
  }
}
