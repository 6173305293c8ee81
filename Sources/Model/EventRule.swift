package import Basics

extension Schedule {
  /// What happens in the store, by name: a fixed list, and `custom.…` for what others report.
  package struct EventType: RawRepresentable, Hashable, Sendable, CaseIterable {
    package let rawValue: String

    package static let documentsAdded = EventType(known: "documents_added")
    package static let documentsUpdated = EventType(known: "documents_updated")
    package static let documentsDeleted = EventType(known: "documents_deleted")
    package static let batchCompleted = EventType(known: "collection.batch_completed")
    package static let enrichmentCompleted = EventType(known: "taxonomy.enrichment.completed")
    package static let clusterCompleted = EventType(known: "cluster.execution.completed")
    package static let clusterFailed = EventType(known: "cluster.execution.failed")
    package static let triggerCompleted = EventType(known: "trigger.execution.completed")
    package static let triggerFailed = EventType(known: "trigger.execution.failed")
    /// A trigger failed too often and does not fire any more.
    package static let triggerStopped = EventType(known: "trigger.stopped")

    package static let collectionCreated = EventType(known: "collection.created")
    package static let collectionUpdated = EventType(known: "collection.updated")
    package static let collectionDeleted = EventType(known: "collection.deleted")
    package static let clusterCreated = EventType(known: "cluster.created")
    package static let clusterUpdated = EventType(known: "cluster.updated")
    package static let clusterDeleted = EventType(known: "cluster.deleted")
    package static let clusterStarted = EventType(known: "cluster.execution.started")
    package static let triggerCreated = EventType(known: "trigger.created")
    package static let triggerUpdated = EventType(known: "trigger.updated")
    package static let triggerDeleted = EventType(known: "trigger.deleted")
    package static let triggerPaused = EventType(known: "trigger.paused")
    package static let triggerResumed = EventType(known: "trigger.resumed")
    package static let triggerFired = EventType(known: "trigger.fired")
    package static let taxonomyCreated = EventType(known: "taxonomy.created")
    package static let taxonomyUpdated = EventType(known: "taxonomy.updated")
    package static let taxonomyDeleted = EventType(known: "taxonomy.deleted")
    package static let objectCreated = EventType(known: "object.created")
    package static let objectsCreated = EventType(known: "objects.created.batch")
    package static let objectUpdated = EventType(known: "object.updated")
    package static let objectDeleted = EventType(known: "object.deleted")
    package static let alertCreated = EventType(known: "alert.created")
    package static let alertUpdated = EventType(known: "alert.updated")
    package static let alertDeleted = EventType(known: "alert.deleted")
    package static let alertTriggered = EventType(known: "alert.triggered")
    package static let alertCompleted = EventType(known: "alert.execution.completed")
    package static let alertFailed = EventType(known: "alert.execution.failed")
    /// A webhook failed for too long and sends nothing any more.
    package static let webhookPaused = EventType(known: "webhook.paused")
    /// A bucket's folder was looked through, and something was new, changed or gone.
    package static let syncCompleted = EventType(known: "sync.completed")
    package static let syncFailed = EventType(known: "sync.failed")

    /// The names that are fixed.
    package static let allCases = [
      documentsAdded, documentsUpdated, documentsDeleted, batchCompleted, clusterCompleted, clusterFailed, enrichmentCompleted, triggerCompleted,
      triggerFailed, triggerStopped, collectionCreated, collectionUpdated, collectionDeleted, clusterCreated, clusterUpdated, clusterDeleted,
      clusterStarted, triggerCreated, triggerUpdated, triggerDeleted, triggerPaused, triggerResumed, triggerFired, taxonomyCreated,
      taxonomyUpdated, taxonomyDeleted, objectCreated, objectsCreated, objectUpdated, objectDeleted, alertCreated, alertUpdated, alertDeleted,
      alertTriggered, alertCompleted, alertFailed, webhookPaused, syncCompleted, syncFailed,
    ]

    /// Told only while somebody listens: there is one for each run, and the tasks tell the same.
    package static let onDemand: Set<EventType> = [triggerFired, triggerCompleted, triggerFailed]

    private static let known = Set(allCases.map(\.rawValue))

    private init(known name: String) { rawValue = name }

    /// Nil for what is neither on the list nor `custom.` and a name of letters, digits, `_`, `-` and dots.
    package init?(rawValue: String) {
      guard Self.known.contains(rawValue) || Self.isCustom(rawValue) else { return nil }
      self.rawValue = rawValue
    }

    private static func isCustom(_ name: String) -> Bool {
      guard name.hasPrefix("custom."), name.utf8.count <= 128 else { return false }
      let parts = name.utf8.dropFirst("custom.".utf8.count).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      return parts.allSatisfy { part in
        !part.isEmpty && part.allSatisfy { (97...122).contains($0 | 0x20) || (48...57).contains($0) || $0 == 95 || $0 == 45 }
      }
    }

    package var isCustom: Bool { rawValue.hasPrefix("custom.") }
    /// Whether a run's end is reported, so that a trigger may hear of its own runs.
    package var isExecution: Bool {
      rawValue.contains(".execution.") || [.enrichmentCompleted, .triggerStopped, .triggerFired].contains(self)
    }
    /// Whether runs may lead to it that it leads to in turn, by what it is; documents that runs write are told by their depth.
    package var followsRuns: Bool { isExecution || self == .batchCompleted }

    /// Reads an event's name; throws what is known, with the near miss.
    package static func read(_ fields: Fields, _ key: String) throws(Problem) -> EventType {
      guard let text = try fields.string(key, example: "\"documents_added\"") else { throw fields.missing(key, example: "\"documents_added\"") }
      guard let type = EventType(rawValue: text) else {
        let words = allCases.map(\.rawValue)
        throw Problem(
          .invalid, "unknown \(key) '\(text)'", hint: "One of: \(words.joined(separator: ", ")), custom.NAME", path: fields.at(key),
          didYouMean: Suggestion.nearest(to: text, in: words), details: ["accepted": .array(words.map(JSON.string)), "type": "enum"])
      }
      return type
    }
  }

  /// Which events count, how many make a fire, and how long to wait for more.
  package struct EventRule: Sendable, Equatable {
    package var eventType: EventType
    package var collectionID: String?
    package var threshold: Int64
    package var cooldownSeconds: Int64
    /// A Lua filter; only the events that it accepts are counted.
    package var filter: ScriptReference?
    /// A condition on the document, or on the payload of events that have none; only events that pass are counted.
    package var filters: Filter?
    /// `filters` as it was given.
    package var filtersGiven: JSON?
    /// Events older than this do not count any more.
    package var windowSeconds: Int64?
    /// Fire only when no event has come for so long, but at most `maxWaitSeconds` after the first.
    package var debounceSeconds: Int64?
    package var maxWaitSeconds: Int64?
    /// The field of the document, or of the payload, whose value names what the event is about: within `dedupeSeconds` each value counts once.
    package var dedupeKey: String?
    package var dedupeSeconds: Int64
    /// Fire when no event came for so long, instead of when some came: once for each silence.
    package var absenceSeconds: Int64?

    /// Whether somebody has to look at each event before it counts.
    package var isFiltered: Bool { filter != nil || filters != nil || dedupeKey != nil }

    static let names = [
      "event_type", "event_threshold", "collection_id", "cooldown_seconds", "filter", "filters", "window_seconds", "debounce_seconds",
      "max_wait_seconds", "absence_seconds", "dedupe_key", "dedupe_seconds",
    ]

    init(_ fields: Fields) throws(Problem) {
      eventType = try EventType.read(fields, "event_type")
      collectionID = try fields.string("collection_id")
      threshold = try fields.int("event_threshold", in: 1...1_000_000_000) ?? 1
      cooldownSeconds = try fields.int("cooldown_seconds", in: 0...2_592_000) ?? 0
      filter = try fields["filter"].map { json throws(Problem) in try ScriptReference(json, path: fields.at("filter")) }
      filtersGiven = fields["filters"]
      filters = try filtersGiven.map { json throws(Problem) in try Filter(json, path: fields.at("filters")) }
      windowSeconds = try fields.int("window_seconds", in: 1...31_557_600)
      debounceSeconds = try fields.int("debounce_seconds", in: 1...2_592_000)
      maxWaitSeconds = try fields.int("max_wait_seconds", in: 1...31_557_600)
      absenceSeconds = try fields.int("absence_seconds", in: 1...31_557_600)
      dedupeKey = try fields.string("dedupe_key")
      dedupeSeconds = try fields.int("dedupe_seconds", in: 1...31_557_600) ?? 86_400
      if dedupeKey == nil, fields["dedupe_seconds"] != nil {
        throw Problem(
          .invalid, "dedupe_seconds is how long a dedupe_key counts once, and there is none",
          hint: "Give both, for example \"dedupe_key\": \"order_id\"",
          path: fields.at("dedupe_seconds"))
      }
      if let maxWaitSeconds {
        guard let debounceSeconds else {
          throw Problem(
            .invalid, "max_wait_seconds limits debounce_seconds, which is missing", hint: "Give both", path: fields.at("debounce_seconds"))
        }
        guard maxWaitSeconds >= debounceSeconds else {
          throw Problem(
            .invalid, "max_wait_seconds \(maxWaitSeconds) is below debounce_seconds \(debounceSeconds)", hint: "Give at least \(debounceSeconds)",
            path: fields.at("max_wait_seconds"))
        }
      }
      if collectionID != nil, eventType.isExecution {
        throw Problem(
          .invalid, "'\(eventType.rawValue)' is not about one collection", hint: "Leave it out; \"filters\" can look at what the event says",
          path: fields.at("collection_id"))
      }
      if absenceSeconds != nil {
        for other in ["event_threshold", "window_seconds", "debounce_seconds"] where fields[other] != nil && fields[other] != .int(1) {
          throw Problem(
            .invalid, "'\(other)' waits for events and 'absence_seconds' for their absence", hint: "Make two triggers", path: fields.at(other))
        }
      }
    }

    var json: JSONObject {
      var result: JSONObject = ["event_type": .string(eventType.rawValue), "event_threshold": .int(threshold)]
      if let collectionID { result["collection_id"] = .string(collectionID) }
      result["cooldown_seconds"] = .int(cooldownSeconds)
      if let filter { result["filter"] = filter.json }
      if let filtersGiven { result["filters"] = filtersGiven }
      if let windowSeconds { result["window_seconds"] = .int(windowSeconds) }
      if let debounceSeconds { result["debounce_seconds"] = .int(debounceSeconds) }
      if let maxWaitSeconds { result["max_wait_seconds"] = .int(maxWaitSeconds) }
      if let dedupeKey {
        result["dedupe_key"] = .string(dedupeKey)
        result["dedupe_seconds"] = .int(dedupeSeconds)
      }
      if let absenceSeconds { result["absence_seconds"] = .int(absenceSeconds) }
      return result
    }
  }
}
