package import Basics

/// Where to tell somebody outside of what happens: which events, and over which channels.
package struct Webhook: Sendable, Equatable {
  package var id: String
  package var name: String
  /// Names of the contract or of our own events, `custom.NAME`, or `*` for all.
  package var eventTypes: [String]
  /// Only events about these kinds of things, by the first word of their name; empty means all.
  package var resourceTypes: [String]
  /// Only events of these namespaces, by identifier; empty means all.
  package var namespaceIDs: [String]
  package var channels: [WebhookChannel]
  package var isActive: Bool
  package var health: WebhookHealth
  /// The last event that is settled over every channel: sent, given up, or not of interest. Channels of their own may have come further.
  package var cursor: Int64
  /// When the first of the events that wait is tried again; nil when nothing waits.
  package var nextAttemptAt: Instant?
  package var createdAt: Instant
  package var updatedAt: Instant

  package static let accepted = [
    "webhook_id", "webhook_name", "internal_id", "event_types", "resource_types", "channels", "is_active", "delivery_health", "created_at",
    "updated_at", "namespaces",
  ]
  private static let channelLimit = 8

  package init(
    id: String, name: String, eventTypes: [String], resourceTypes: [String] = [], namespaceIDs: [String] = [], channels: [WebhookChannel],
    isActive: Bool = true, health: WebhookHealth = WebhookHealth(), cursor: Int64 = 0, nextAttemptAt: Instant? = nil, createdAt: Instant,
    updatedAt: Instant
  ) {
    self.id = id
    self.name = name
    self.eventTypes = eventTypes
    self.resourceTypes = resourceTypes
    self.namespaceIDs = namespaceIDs
    self.channels = channels
    self.isActive = isActive
    self.health = health
    self.cursor = cursor
    self.nextAttemptAt = nextAttemptAt
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }

  /// Reads a create request, or with `old` one that replaces a webhook: its secrets stay where the request does not give new ones.
  ///
  /// `namespaces` are read by name or identifier and left to the caller to resolve.
  package init(_ body: JSON, replacing old: Webhook? = nil, surroundings: Surroundings) throws(Problem) {
    let fields = try Fields(body, accepting: Self.accepted)
    // What a client read of a webhook comes back with it.
    try fields.check(["internal_id": .string, "delivery_health": .object, "created_at": .string, "updated_at": .string])
    let name = try fields.required("webhook_name", example: "\"deployments\"")
    guard let types = try fields.strings("event_types", atLeast: 1) else {
      throw fields.missing("event_types", example: "[\"cluster.execution.completed\"]")
    }
    for (index, type) in types.enumerated() { try WebhookVocabulary.check(type, path: "event_types[\(index)]") }
    guard let listed = fields["channels"] else {
      throw fields.missing("channels", example: "[{\"channel\": \"webhook\", \"configs\": {\"url\": \"https://example.com/hook\"}}]")
    }
    guard let items = listed.array else { throw Problem(.invalid, "expected an array, got \(listed.typeName)", path: "channels") }
    guard (1...Self.channelLimit).contains(items.count) else {
      throw Problem(.invalid, "\(items.count) channels are given", hint: "Give 1 to \(Self.channelLimit)", path: "channels")
    }
    var channels: [WebhookChannel] = []
    for (index, item) in items.enumerated() {
      channels.append(
        try WebhookChannel(item, path: "channels[\(index)]", replacing: old?.channel(like: item, at: index), surroundings: surroundings))
    }
    let now = surroundings.now()
    // One that is replaced keeps its own, whatever the request says.
    let given = try Self.identifier(fields)
    let id = old?.id ?? given ?? "wh_" + surroundings.bytes(8).hexadecimal
    self.init(
      id: id, name: try Names.check(name, path: "webhook_name", in: 1...200), eventTypes: types.unique,
      resourceTypes: (try fields.strings("resource_types") ?? []).unique, namespaceIDs: (try fields.strings("namespaces") ?? []).unique,
      channels: channels, isActive: try fields.bool("is_active") ?? true, health: old?.health ?? WebhookHealth(), cursor: old?.cursor ?? 0,
      nextAttemptAt: old?.nextAttemptAt, createdAt: old?.createdAt ?? now, updatedAt: now)
  }

  /// `wh_` and sixteen hexadecimal digits, which the official client checks; nil where none is given.
  private static func identifier(_ fields: Fields) throws(Problem) -> String? {
    guard let given = try fields.string("webhook_id") else { return nil }
    guard given.hasPrefix("wh_"), given.utf8.count == 19,
      given.utf8.dropFirst(3).allSatisfy({ (48...57).contains($0) || (97...102).contains($0 | 32) })
    else {
      throw Problem(
        .invalid, "'\(given.prefix(40))' is not a webhook_id", hint: "Leave it out, or give wh_ and 16 hexadecimal digits", path: "webhook_id")
    }
    return given
  }

  /// The channel that a request's item stands for: the one of the same address, else the one at its place.
  private func channel(like item: JSON, at index: Int) -> WebhookChannel? {
    let url = item["configs"]?["url"]?.string ?? item["configs"]?["webhook_url"]?.string
    return channels.first { $0.url == url } ?? (channels.indices.contains(index) ? channels[index] : nil)
  }

  /// The names under which an event is sent, with the place of each among all names of the event; empty when it is not of interest.
  package func names(of type: Schedule.EventType, count: Int64, in namespaceID: String) -> [(place: Int, name: String)] {
    guard namespaceIDs.isEmpty || namespaceIDs.contains(namespaceID) else { return [] }
    let names = WebhookVocabulary.names(of: type, count: count)
    let takesAll = eventTypes.contains("*")
    return names.enumerated().filter { place, name in
      (eventTypes.contains(name) || takesAll && place == 0)
        && (resourceTypes.isEmpty || resourceTypes.contains(WebhookVocabulary.resource(of: name)))
    }.map { ($0.offset, $0.element) }
  }

  /// Whether it asks for what is told only to those who ask.
  package var wantsRuns: Bool { isActive && (eventTypes.contains("*") || Schedule.EventType.onDemand.contains { eventTypes.contains($0.rawValue) }) }

  /// As it is answered: secrets are not.
  package var json: JSONObject {
    [
      "webhook_id": .string(id), "webhook_name": .string(name), "event_types": .array(eventTypes.map(JSON.string)),
      "resource_types": .array(resourceTypes.map(JSON.string)), "namespaces": .array(namespaceIDs.map(JSON.string)),
      "channels": .array(channels.map { .object($0.json) }), "is_active": .bool(isActive), "delivery_health": .object(health.json),
      "created_at": .instant(createdAt), "updated_at": .instant(updatedAt),
    ]
  }

  /// What people say of it, as the store keeps it.
  package var stored: JSONObject {
    [
      "event_types": .array(eventTypes.map(JSON.string)), "resource_types": .array(resourceTypes.map(JSON.string)),
      "namespaces": .array(namespaceIDs.map(JSON.string)), "channels": .array(channels.map { .object($0.stored) }),
    ]
  }
}

extension Webhook {
  /// How far each of the channels has come, by its place. Setting it moves the cursor to where the last of them is.
  package var lanes: [WebhookHealth.Lane] {
    get { health.lanes.count == channels.count ? health.lanes : channels.map { _ in WebhookHealth.Lane(cursor: cursor) } }
    set {
      cursor = newValue.map(\.cursor).min() ?? cursor
      health.lanes = newValue
    }
  }
}

/// How a webhook's deliveries fare: the run of failures since the last success, and why it was paused, if it was.
package struct WebhookHealth: Sendable, Equatable {
  /// One channel's way through the events: a receiver that is gone holds back nobody else.
  package struct Lane: Sendable, Equatable {
    package var cursor: Int64
    package var failingSince: Instant?

    package init(cursor: Int64, failingSince: Instant? = nil) {
      self.cursor = cursor
      self.failingSince = failingSince
    }
  }

  package var consecutiveFailures: Int64 = 0
  package var firstFailureAt: Instant?
  package var lastFailureAt: Instant?
  package var lastFailureCause: String?
  package var pausedAt: Instant?
  package var pausedReason: String?
  /// Empty before the first delivery, and for a webhook that begins anew.
  fileprivate(set) var lanes: [Lane] = []

  package init() {}

  /// Reads what `json` wrote.
  package init(_ json: JSONObject) {
    consecutiveFailures = json["consecutive_failures"]?.int ?? 0
    firstFailureAt = json["first_failure_at"]?.string.flatMap { Instant($0) }
    lastFailureAt = json["last_failure_at"]?.string.flatMap { Instant($0) }
    lastFailureCause = json["last_failure_cause"]?.string
    pausedAt = json["paused_at"]?.string.flatMap { Instant($0) }
    pausedReason = json["paused_reason"]?.string
    lanes = (json["lanes"]?.array ?? []).map {
      Lane(cursor: $0["cursor"]?.int ?? 0, failingSince: $0["failing_since"]?.string.flatMap { Instant($0) })
    }
  }

  package mutating func fail(_ cause: String, at now: Instant) {
    consecutiveFailures += 1
    firstFailureAt = firstFailureAt ?? now
    lastFailureAt = now
    lastFailureCause = cause
  }

  /// One channel got through; while others fail, what is known of their failures stays.
  package mutating func succeed() {
    guard !lanes.contains(where: { $0.failingSince != nil }) else { return }
    (consecutiveFailures, firstFailureAt, lastFailureAt, lastFailureCause, pausedAt, pausedReason) = (0, nil, nil, nil, nil, nil)
  }

  /// With the channels' ways, as the store keeps it.
  package var stored: JSONObject {
    var result = json
    result["lanes"] = .array(lanes.map { ["cursor": .int($0.cursor), "failing_since": .optional($0.failingSince)] })
    return result
  }

  package var json: JSONObject {
    [
      "consecutive_failures": .int(consecutiveFailures), "first_failure_at": .optional(firstFailureAt), "last_failure_at": .optional(lastFailureAt),
      "last_failure_cause": .optional(lastFailureCause), "paused_at": .optional(pausedAt), "paused_reason": .optional(pausedReason),
    ]
  }
}

extension [String] {
  /// Each once, in the order in which they first come.
  fileprivate var unique: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
