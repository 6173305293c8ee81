package import Basics
package import Model

/// Which triggers of a namespace a list shows, and in which order.
package struct TriggerQuery: Sendable {
  /// What lists can be sorted by; the name on the wire is the raw value.
  package enum Sort: String, Sendable, CaseIterable {
    case createdAt = "created_at"
    case updatedAt = "updated_at"
    case lastTriggeredAt = "last_triggered_at"
    case nextScheduledAt = "next_scheduled_at"
    case executionCount = "execution_count"
    case name, status
    case actionType = "action_type"
    case triggerType = "trigger_type"
  }

  package var namespaceID: String
  package var actionType: TaskRecord.Kind?
  package var triggerType: TriggerType?
  package var status: Trigger.Status?
  /// What the action is about: a cluster, a collection, …
  package var resourceID: String?
  package var sortBy: Sort
  package var descending: Bool
  package var offset: Int
  package var limit: Int

  package init(
    namespaceID: String, actionType: TaskRecord.Kind? = nil, triggerType: TriggerType? = nil, status: Trigger.Status? = nil,
    resourceID: String? = nil, sortBy: Sort = .createdAt, descending: Bool = true, offset: Int = 0, limit: Int = 100
  ) {
    self.namespaceID = namespaceID
    self.actionType = actionType
    self.triggerType = triggerType
    self.status = status
    self.resourceID = resourceID
    self.sortBy = sortBy
    self.descending = descending
    self.offset = offset
    self.limit = limit
  }

  /// Composed of fixed pieces: the order cannot be a parameter.
  private static let conditions = """
    WHERE namespace_id = $namespace_id AND action_type = COALESCE($action_type, action_type)
      AND trigger_type = COALESCE($trigger_type, trigger_type) AND status = COALESCE($status, status)
      AND COALESCE(resource_id, '') = COALESCE($resource_id, resource_id, '')
    """

  var countSQL: String { "SELECT count(*) FROM triggers \(Self.conditions)" }

  var sql: String {
    let order = "\(sortBy.rawValue) \(descending ? "DESC" : "ASC") NULLS LAST, trigger_id \(descending ? "DESC" : "ASC")"
    let columns = Statement.trigger.sql.split(separator: "\nFROM ")[0]
    return "\(columns)\nFROM triggers \(Self.conditions) ORDER BY \(order) LIMIT $limit OFFSET $offset"
  }

  var conditions: Connection.Parameters {
    [
      ("namespace_id", .text(namespaceID)), ("action_type", .optional(actionType?.rawValue)), ("trigger_type", .optional(triggerType?.rawValue)),
      ("status", .optional(status?.rawValue)), ("resource_id", .optional(resourceID)),
    ]
  }
}

extension Reader {
  package func trigger(_ triggerID: Trigger.ID, in namespaceID: String? = nil) throws(Problem) -> Trigger? {
    try connection.first(.trigger, [("trigger_id", .text(triggerID)), ("namespace_id", .optional(namespaceID))], Trigger.read).map(withCalendars)
  }

  /// The bytes that a baseline of this moment was kept with; nil when it was kept without, as by versions before 6, or another took its place.
  package func snapshot(of triggerID: Trigger.ID, capturedAt: Instant) throws(Problem) -> [UInt8]? {
    let parameters: Connection.Parameters = [("trigger_id", .text(triggerID)), ("captured_at", .instant(capturedAt))]
    return try connection.first(.snapshot, parameters) { row in Array(row.bytes()) }
  }

  package func triggers(_ query: TriggerQuery) throws(Problem) -> Listing<Trigger> {
    let page = Page(limit: query.limit, offset: query.offset)
    return Listing(
      items: try connection.rows(composed: query.sql, query.conditions + page.parameters, Trigger.read).map(withCalendars),
      total: try connection.number(composed: query.countSQL, query.conditions))
  }

  /// What a starting host rebuilds its agenda from, of every namespace, oldest first: active triggers, and failed ones that wait for their probe.
  package func scheduledTriggers() throws(Problem) -> [Trigger] {
    try connection.rows(.scheduledTriggers, [], Trigger.read).filter(\.isScheduled).map(withCalendars)
  }

  /// How many events a trigger's window holds, by the moment at which they came, oldest first.
  package func buckets(of triggerID: Trigger.ID) throws(Problem) -> [(at: Instant, count: Int64)] {
    try connection.rows(.buckets, [("trigger_id", .text(triggerID))]) { row throws(Problem) in (at: row.instant(), count: row.int()) }
  }

  /// Every active trigger of every namespace, oldest first.
  package func activeTriggers() throws(Problem) -> [Trigger] { try connection.rows(.activeTriggers, [], Trigger.read).map(withCalendars) }

  /// The values of a trigger's dedupe key that have counted after a moment.
  package func eventKeys(of triggerID: Trigger.ID, after: Instant) throws(Problem) -> [String: Instant] {
    let rows = try connection.rows(.eventKeys, [("trigger_id", .text(triggerID)), ("after", .instant(after))]) { row throws(Problem) in
      (row.text(), row.instant())
    }
    return Dictionary(rows) { first, _ in first }
  }
}
