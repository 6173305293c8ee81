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

  package struct EventRule: Sendable, Equatable {
    package var eventType: EventType
    package var collectionID: String?
    package var threshold: Int64
    package var cooldownSeconds: Int64
    /// A Lua filter; only the events that it accepts are counted.
    package var filter: ScriptReference?
  }

  package enum EventType: String, Sendable, CaseIterable {
    case documentsAdded = "documents_added"
    case documentsUpdated = "documents_updated"
    case documentsDeleted = "documents_deleted"
  }

  /// What to do with instants that passed while nobody was there.
  package enum CatchUp: String, Sendable, CaseIterable { case latest, none, all }
  /// What to do when the last run still goes on.
  package enum Overlap: String, Sendable, CaseIterable { case skip, allow }

  package var when: When
  package var predicate: ScriptReference?
  package var catchUp: CatchUp
  package var catchUpWindowSeconds: Int64
  package var maxCatchUp: Int64
  package var overlap: Overlap
  package var maxConsecutiveFailures: Int64

  package var type: TriggerType {
    switch when {
    case .cron: .cron
    case .interval: .interval
    case .event: .event
    case .conditional: .conditional
    }
  }

  private static let common = ["predicate", "catch_up", "catch_up_window_seconds", "max_catch_up", "overlap", "max_consecutive_failures"]

  /// Reads a `schedule_config`; its Problems carry the path `schedule_config.…`.
  package init(_ type: TriggerType, _ json: JSON, path: String = "schedule_config") throws(Problem) {
    let own: [String] =
      switch type {
      case .cron: ["cron_expression", "timezone", "dst_gap", "dst_fold"]
      case .interval: ["interval_seconds", "start_immediately", "anchor"]
      case .event: ["event_type", "event_threshold", "collection_id", "cooldown_seconds", "filter"]
      case .conditional: Condition.names
      }
    let fields = try Fields(json, path: path, accepting: own + Self.common)
    switch type {
    case .cron:
      when = .cron(
        CronRule(
          expression: try fields.required("cron_expression", example: "\"0 2 * * *\""), timezone: try fields.string("timezone") ?? "UTC",
          gap: try fields.choice("dst_gap") ?? .fireAfter, fold: try fields.choice("dst_fold") ?? .first))
    case .interval:
      guard let seconds = try fields.int("interval_seconds", in: 1...3_155_760_000, example: "3600") else {
        throw fields.missing("interval_seconds", example: "3600")
      }
      when = .interval(
        IntervalRule(
          seconds: seconds, startImmediately: try fields.bool("start_immediately") ?? false, anchor: try fields.choice("anchor") ?? .fixedRate))
    case .event:
      guard let eventType: EventType = try fields.choice("event_type") else { throw fields.missing("event_type", example: "\"documents_added\"") }
      when = .event(
        EventRule(
          eventType: eventType, collectionID: try fields.string("collection_id"),
          threshold: try fields.int("event_threshold", in: 1...1_000_000_000) ?? 1,
          cooldownSeconds: try fields.int("cooldown_seconds", in: 0...2_592_000) ?? 0,
          filter: try fields["filter"].map { json throws(Problem) in try ScriptReference(json, path: fields.at("filter")) }))
    case .conditional:
      when = .conditional(try Condition(fields))
    }
    predicate = try fields["predicate"].map { json throws(Problem) in try ScriptReference(json, path: fields.at("predicate")) }
    catchUp = try fields.choice("catch_up") ?? .latest
    catchUpWindowSeconds = try fields.int("catch_up_window_seconds", in: 0...31_557_600) ?? 86_400
    maxCatchUp = try fields.int("max_catch_up", in: 1...10_000) ?? 100
    overlap = try fields.choice("overlap") ?? .skip
    maxConsecutiveFailures = try fields.int("max_consecutive_failures", in: 1...1_000) ?? 5
  }

  /// The effective configuration: what was given, and the defaults that apply.
  package var json: JSONObject {
    var result = JSONObject()
    switch when {
    case .cron(let rule):
      result["cron_expression"] = .string(rule.expression)
      result["timezone"] = .string(rule.timezone)
      result["dst_gap"] = .string(rule.gap.rawValue)
      result["dst_fold"] = .string(rule.fold.rawValue)
    case .interval(let rule):
      result["interval_seconds"] = .int(rule.seconds)
      result["start_immediately"] = .bool(rule.startImmediately)
      result["anchor"] = .string(rule.anchor.rawValue)
    case .event(let rule):
      result["event_type"] = .string(rule.eventType.rawValue)
      result["event_threshold"] = .int(rule.threshold)
      if let collectionID = rule.collectionID { result["collection_id"] = .string(collectionID) }
      result["cooldown_seconds"] = .int(rule.cooldownSeconds)
      if let filter = rule.filter { result["filter"] = filter.json }
    case .conditional(let condition):
      result = condition.json
    }
    if let predicate { result["predicate"] = predicate.json }
    result["catch_up"] = .string(catchUp.rawValue)
    result["catch_up_window_seconds"] = .int(catchUpWindowSeconds)
    result["max_catch_up"] = .int(maxCatchUp)
    result["overlap"] = .string(overlap.rawValue)
    result["max_consecutive_failures"] = .int(maxConsecutiveFailures)
    return result
  }
}
