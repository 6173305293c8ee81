package import Basics

/// A watch over what a retriever finds: when to speak, how often, and to whom.
package struct Alert: Sendable, Equatable {
  package enum Source: String, Sendable, CaseIterable { case retriever, system }
  /// Whether finding something is worth a word, or finding nothing.
  package enum Occasion: String, Sendable, CaseIterable { case results, noResults = "no_results" }

  /// A comparison that the first result has to pass.
  package struct Threshold: Sendable, Equatable {
    package enum Comparison: String, Sendable, CaseIterable { case gt, gte, lt, lte, eq, ne }
    package var field: String
    package var comparison: Comparison
    package var value: JSON
  }

  package var id: String
  package var namespaceID: String
  package var name: String
  package var description: String?
  package var retrieverID: String
  package var occasion: Occasion
  /// The fewest results that count.
  package var fewest: Int64
  package var threshold: Threshold?
  package var inputs: JSONObject
  /// After a word, silence for so long.
  package var cooldown: Duration
  /// While the condition lasts, another word after so long; nil: one word per rise.
  package var renotify: Duration?
  package var channels: [NotificationChannel]
  package var includesMatches: Bool
  package var includesScores: Bool
  package var isEnabled: Bool
  package var metadata: JSONObject
  package private(set) var given: JSONObject
  package var lastFiredAt: Instant?
  /// Whether the condition held when it was last looked at by the clock.
  package var isRaised: Bool
  package var createdAt: Instant
  package var updatedAt: Instant

  package static let accepted = [
    "name", "description", "source", "retriever_id", "trigger_on", "min_count", "threshold", "inputs", "cooldown_seconds",
    "renotify_interval_seconds", "system_condition", "namespace_selector", "notification_config", "enabled", "metadata",
  ]
  package static let changeable = accepted.filter { $0 != "source" }

  /// Reads a create request; the retriever is still as it was named.
  package init(creating body: JSON, in namespaceID: String, surroundings: Surroundings) throws(Problem) {
    let fields = try Fields(body, accepting: Self.accepted)
    let now = surroundings.now()
    try self.init(
      id: Identifier.make("alt", surroundings), namespaceID: namespaceID, definition: fields, lastFiredAt: nil, isRaised: false, createdAt: now,
      updatedAt: now)
  }

  /// An alert of these words: a request's, or a row's.
  package init(
    id: String, namespaceID: String, definition fields: Fields, lastFiredAt: Instant?, isRaised: Bool, createdAt: Instant, updatedAt: Instant
  ) throws(Problem) {
    (self.id, self.namespaceID, self.lastFiredAt, self.isRaised) = (id, namespaceID, lastFiredAt, isRaised)
    (self.createdAt, self.updatedAt) = (createdAt, updatedAt)
    given = JSONObject(members: fields.object.members.filter { $0.value != .null })
    name = try Names.check(fields.required("name", example: "\"Safety incidents\""), path: "name", in: 1...200)
    description = try fields.string("description")
    if let description, description.count > 1000 {
      throw Problem(.invalid, "the description has \(description.count) characters", hint: "Give at most 1000", path: "description")
    }
    let source: Source = try fields.choice("source") ?? .retriever
    if source == .system || fields["system_condition"] != nil {
      throw Problem(
        .unsupported, "alerts of the source 'system' are not in this build",
        hint: "Take \"source\": \"retriever\", or a trigger with a condition", path: source == .system ? "source" : "system_condition",
        details: ["accepted": ["retriever"]])
    }
    retrieverID = try fields.required("retriever_id", example: "\"ret_safety\"")
    occasion = try fields.choice("trigger_on") ?? .results
    fewest = try fields.int("min_count", in: 1 ... .max) ?? 1
    threshold = try Self.threshold(fields["threshold"])
    inputs = try fields.objectValue("inputs") ?? JSONObject()
    cooldown = .seconds(try fields.int("cooldown_seconds", in: 0...2_592_000) ?? 0)
    renotify = try fields.int("renotify_interval_seconds", in: 60...2_592_000).map { .seconds($0) }
    if occasion == .noResults, fields["min_count"] != nil || threshold != nil {
      let key = threshold == nil ? "min_count" : "threshold"
      throw Problem(.invalid, "'\(key)' has no meaning with trigger_on 'no_results'", hint: "Leave it out, or take \"results\"", path: key)
    }
    let selector = try Fields(fields["namespace_selector"], path: "namespace_selector", accepting: ["mode", "namespace_ids"])
    if let mode = try selector.string("mode"), !["all", "selected"].contains(mode) {
      throw Problem(.invalid, "unknown mode '\(mode)'", hint: "One of: all, selected", path: "namespace_selector.mode")
    }
    guard fields["notification_config"] != nil else {
      throw fields.missing("notification_config", example: "{\"channels\": [{\"channel_type\": \"webhook\", \"channel_id\": \"wh_1\"}]}")
    }
    let notification = try Fields(
      fields["notification_config"], path: "notification_config", accepting: ["channels", "include_matches", "include_scores", "template_id"])
    channels = try NotificationChannel.list(notification)
    includesMatches = try notification.bool("include_matches") ?? true
    includesScores = try notification.bool("include_scores") ?? true
    isEnabled = try fields.bool("enabled") ?? true
    metadata = try fields.objectValue("metadata") ?? JSONObject()
  }

  /// Changes what a request gives, and checks the whole. A null takes a field away.
  package func changing(_ body: JSON) throws(Problem) -> Alert {
    let changes = try Fields(body, accepting: Self.changeable)
    var definition = given
    for member in changes.object.members { definition[member.key] = member.value == .null ? nil : member.value }
    return try Alert(
      id: id, namespaceID: namespaceID, definition: Fields(.object(definition)), lastFiredAt: lastFiredAt, isRaised: isRaised, createdAt: createdAt,
      updatedAt: updatedAt)
  }

  /// Names the retriever by its identifier, also in what was given.
  package mutating func setRetriever(_ id: String) {
    retrieverID = id
    given["retriever_id"] = .string(id)
  }

  private static func threshold(_ json: JSON?) throws(Problem) -> Threshold? {
    guard let json else { return nil }
    let fields = try Fields(json, path: "threshold", accepting: ["field", "operator", "value"])
    let field = try fields.required("field", example: "\"score\"")
    guard let comparison: Threshold.Comparison = try fields.choice("operator") else { throw fields.missing("operator", example: "\"gte\"") }
    let value = fields.object["value"] ?? .null
    if ![.eq, .ne].contains(comparison), value.string == nil, value.double == nil {
      throw Problem(
        .invalid, "'\(comparison.rawValue)' needs a number or a string, got \(value.typeName)", hint: "For example \"value\": 0.8",
        path: fields.at("value"))
    }
    return Threshold(field: field, comparison: comparison, value: value)
  }

  package var json: JSON {
    var shown = given
    shown["notification_config"] = given["notification_config"]
    for (key, value): (String, JSON) in [
      ("alert_id", .string(id)), ("namespace_id", .string(namespaceID)), ("source", .string(Source.retriever.rawValue)),
      ("trigger_on", .string(occasion.rawValue)), ("cooldown_seconds", .int(Int64(cooldown.inSeconds))), ("enabled", .bool(isEnabled)),
      ("metadata", .object(metadata)), ("last_fired_at", .optional(lastFiredAt)), ("created_at", .instant(createdAt)),
      ("updated_at", .instant(updatedAt)),
    ] { shown[key] = value }
    return .object(shown)
  }
}
