package import Basics

/// The four ways to say when.
package enum TriggerType: String, Sendable, CaseIterable { case cron, interval, event, conditional }

/// When a trigger fires: what its `schedule_config` says, read and completed with the defaults.
///
/// Whether a cron expression or a zone is right is decided by `Scheduling`, which knows both; this is their shape.
package struct Schedule: Sendable, Equatable {
  package enum When: Sendable, Equatable {
    case cron(CronRule)
    case interval(IntervalRule)
    case event(EventRule)
    case conditional(Condition)
  }

  package struct CronRule: Sendable, Equatable {
    package enum Gap: String, Sendable, CaseIterable { case fireAfter = "fire_after", skip }
    package enum Fold: String, Sendable, CaseIterable { case first, last, both }
    package var expression: String
    package var timezone: String
    package var gap: Gap
    package var fold: Fold
  }

  package struct IntervalRule: Sendable, Equatable {
    package enum Anchor: String, Sendable, CaseIterable { case fixedRate = "fixed_rate", fixedDelay = "fixed_delay" }
    package var seconds: Int64
    package var startImmediately: Bool
    package var anchor: Anchor
  }

  /// What to do with instants that passed while nobody was there.
  package enum CatchUp: String, Sendable, CaseIterable { case latest, none, all }
  /// What to do when the last run still goes on.
  package enum Overlap: String, Sendable, CaseIterable {
    case skip, queueOne = "queue_one", queue, cancelRunning = "cancel_running", allow
  }

  package var when: When
  /// One instant instead of an expression or an interval: the trigger fires once.
  package var at: Instant?
  /// No instant lies before; intervals count from here.
  package var startAt: Instant?
  /// No instant lies after.
  package var endAt: Instant?
  /// Instants are delayed by up to this, each by a length of its own.
  package var jitterSeconds: Int64
  package var exclude: [Exclusion]
  /// Whose clock decides what day it is.
  package var timezone: String
  package var predicate: ScriptReference?
  package var catchUp: CatchUp
  package var catchUpWindowSeconds: Int64
  package var maxCatchUp: Int64
  package var overlap: Overlap
  /// `overlap: queue`: how many runs may wait.
  package var maxQueue: Int64
  package var retry: RetryRule
  package var maxConsecutiveFailures: Int64
  /// After that long, a trigger that failed too often makes one run; its success resumes the trigger. Nil: it stays stopped.
  package var probeAfterSeconds: Int64?
  /// Due instants that come late are spread over so long, each trigger at a moment of its own, so that a host that was away does not begin
  /// with all of them at once.
  package var catchUpJitterSeconds: Int64
  /// What a pause leaves out is caught up with at its end, as `catch_up` says; otherwise it is left out.
  package var catchUpOnResume: Bool
  /// 0 to 9: where more tasks are ready than may run, those of a higher priority go first.
  package var priority: Int64
  /// The triggers that a success, or a failure for good, starts.
  package var onSuccess: [Trigger.ID]
  package var onFailure: [Trigger.ID]

  package static let usualPriority: Int64 = 5
  package static let highestPriority: Int64 = 9
  /// How many triggers one outcome can start.
  private static let chainLimit = 16

  package var type: TriggerType {
    switch when {
    case .cron: .cron
    case .interval: .interval
    case .event: .event
    case .conditional: .conditional
    }
  }

  /// How long after a claim the next one waits, for the types that have such a wait.
  package var cooldownSeconds: Int64? {
    switch when {
    case .event(let rule): rule.cooldownSeconds
    case .conditional(let condition): condition.mode == .level ? condition.cooldownSeconds : nil
    case .cron, .interval: nil
    }
  }

  /// Whether somebody has to look at each event before it counts.
  package var filtersEvents: Bool { if case .event(let rule) = when { rule.isFiltered } else { false } }

  private static let common = [
    "predicate", "catch_up", "catch_up_window_seconds", "max_catch_up", "overlap", "max_queue", "retry", "max_consecutive_failures",
    "probe_after_seconds", "catch_up_jitter_seconds", "catch_up_on_resume", "priority", "on_success", "on_failure",
  ]
  /// For everything that has instants.
  private static let timed = ["timezone", "start_at", "end_at", "jitter_seconds", "exclude"]

  /// Reads a `schedule_config`; its Problems carry the path `schedule_config.…`.
  package init(_ type: TriggerType, _ json: JSON, path: String = "schedule_config") throws(Problem) {
    let own: [String] =
      switch type {
      case .cron: ["cron_expression", "at", "dst_gap", "dst_fold"] + Self.timed
      case .interval: ["interval_seconds", "at", "start_immediately", "anchor"] + Self.timed
      case .event: EventRule.names
      case .conditional: Condition.names + Self.timed
      }
    let fields = try Fields(json, path: path, accepting: own + Self.common)
    timezone = try fields.string("timezone") ?? "UTC"
    at = try fields.instant("at")
    switch type {
    case .cron:
      try Self.check(at, against: "cron_expression", fields)
      let expression = at == nil ? try fields.required("cron_expression", example: "\"0 2 * * *\"") : ""
      when = .cron(
        CronRule(
          expression: expression, timezone: timezone, gap: try fields.choice("dst_gap") ?? .fireAfter, fold: try fields.choice("dst_fold") ?? .first))
    case .interval:
      try Self.check(at, against: "interval_seconds", fields)
      let seconds = try fields.int("interval_seconds", in: 1...3_155_760_000, example: "3600")
      if seconds == nil, at == nil { throw fields.missing("interval_seconds", example: "3600") }
      when = .interval(
        IntervalRule(
          seconds: seconds ?? 1, startImmediately: try fields.bool("start_immediately") ?? false, anchor: try fields.choice("anchor") ?? .fixedRate))
    case .event: when = .event(try EventRule(fields))
    case .conditional: when = .conditional(try Condition(fields))
    }
    startAt = try fields.instant("start_at")
    endAt = try fields.instant("end_at")
    if let startAt, let endAt, endAt < startAt {
      throw Problem(.invalid, "end_at \(endAt) is before start_at \(startAt)", hint: "Give a later one", path: fields.at("end_at"))
    }
    jitterSeconds = try fields.int("jitter_seconds", in: 0...86_400) ?? 0
    exclude = try Exclusion.list(fields)
    predicate = try fields["predicate"].map { json throws(Problem) in try ScriptReference(json, path: fields.at("predicate")) }
    catchUp = try fields.choice("catch_up") ?? .latest
    catchUpWindowSeconds = try fields.int("catch_up_window_seconds", in: 0...31_557_600) ?? 86_400
    maxCatchUp = try fields.int("max_catch_up", in: 1...10_000) ?? 100
    overlap = try fields.choice("overlap") ?? .skip
    maxQueue = try fields.int("max_queue", in: 1...10_000) ?? 10
    if fields["max_queue"] != nil, overlap != .queue {
      throw Problem(.invalid, "max_queue belongs to \"overlap\": \"queue\"", hint: "Give both, or neither", path: fields.at("max_queue"))
    }
    retry = try RetryRule(fields["retry"], path: fields.at("retry"))
    maxConsecutiveFailures = try fields.int("max_consecutive_failures", in: 1...1_000) ?? 5
    probeAfterSeconds = try fields.int("probe_after_seconds", in: 1...31_557_600)
    catchUpJitterSeconds = try fields.int("catch_up_jitter_seconds", in: 0...86_400) ?? 0
    catchUpOnResume = try fields.bool("catch_up_on_resume") ?? false
    priority = try fields.int("priority", in: 0...Self.highestPriority) ?? Self.usualPriority
    onSuccess = try Self.chain(fields, "on_success")
    onFailure = try Self.chain(fields, "on_failure")
  }

  /// One trigger, or a list of them.
  private static func chain(_ fields: Fields, _ key: String) throws(Problem) -> [Trigger.ID] {
    if case .string(let one)? = fields[key] { return [one] }
    let all = try fields.strings(key) ?? []
    guard all.count <= chainLimit else {
      throw Problem(
        .invalid, "\(key) names \(all.count) triggers, \(chainLimit) are allowed", hint: "Let one of them start the others", path: fields.at(key))
    }
    if let twice = all.indices.first(where: { all[..<$0].contains(all[$0]) }) {
      throw Problem(.invalid, "'\(all[twice])' is named twice", hint: "Name it once", path: fields.at(key) + "[\(twice)]")
    }
    return all
  }

  private static func check(_ at: Instant?, against other: String, _ fields: Fields) throws(Problem) {
    guard at != nil else { return }
    for key in [other, "start_at", "end_at"] where fields[key] != nil {
      throw Problem(.invalid, "'at' is one instant, and '\(key)' is for many", hint: "Give one of them", path: fields.at(key))
    }
  }

  /// The effective configuration: what was given, and the defaults that apply.
  package var json: JSONObject {
    var result = JSONObject()
    switch when {
    case .cron(let rule):
      if at == nil { result["cron_expression"] = .string(rule.expression) }
      result["timezone"] = .string(rule.timezone)
      result["dst_gap"] = .string(rule.gap.rawValue)
      result["dst_fold"] = .string(rule.fold.rawValue)
    case .interval(let rule):
      if at == nil { result["interval_seconds"] = .int(rule.seconds) }
      result["start_immediately"] = .bool(rule.startImmediately)
      result["anchor"] = .string(rule.anchor.rawValue)
    case .event(let rule): result = rule.json
    case .conditional(let condition): result = condition.json
    }
    if let at { result["at"] = .instant(at) }
    if type != .event {
      if timezone != "UTC" { result["timezone"] = .string(timezone) }
      if let startAt { result["start_at"] = .instant(startAt) }
      if let endAt { result["end_at"] = .instant(endAt) }
      result["jitter_seconds"] = .int(jitterSeconds)
      if !exclude.isEmpty { result["exclude"] = .array(exclude.map(\.json)) }
    }
    if let predicate { result["predicate"] = predicate.json }
    result["catch_up"] = .string(catchUp.rawValue)
    result["catch_up_window_seconds"] = .int(catchUpWindowSeconds)
    result["max_catch_up"] = .int(maxCatchUp)
    result["overlap"] = .string(overlap.rawValue)
    if overlap == .queue { result["max_queue"] = .int(maxQueue) }
    result["retry"] = retry.json
    if let probeAfterSeconds { result["probe_after_seconds"] = .int(probeAfterSeconds) }
    result["max_consecutive_failures"] = .int(maxConsecutiveFailures)
    if catchUpJitterSeconds > 0 { result["catch_up_jitter_seconds"] = .int(catchUpJitterSeconds) }
    if catchUpOnResume { result["catch_up_on_resume"] = true }
    result["priority"] = .int(priority)
    if !onSuccess.isEmpty { result["on_success"] = .array(onSuccess.map(JSON.string)) }
    if !onFailure.isEmpty { result["on_failure"] = .array(onFailure.map(JSON.string)) }
    return result
  }
}
