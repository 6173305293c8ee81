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
  /// Leaves out the triggers of this action.
  package var exceptAction: TaskRecord.Kind?
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
      AND action_type <> COALESCE($except_action, '') AND trigger_type = COALESCE($trigger_type, trigger_type) AND status = COALESCE($status, status)
      AND COALESCE(resource_id, '') = COALESCE($resource_id, resource_id, '')
    """

  var countSQL: String { "SELECT count(*) FROM triggers \(Self.conditions)" }

  private static let columns = String(Statement.trigger.sql.split(separator: "\nFROM ")[0])

  var sql: String {
    let order = "\(sortBy.rawValue) \(descending ? "DESC" : "ASC") NULLS LAST, trigger_id \(descending ? "DESC" : "ASC")"
    return """
      \(Self.columns)
      FROM triggers JOIN trigger_definitions USING (trigger_id) \(Self.conditions) ORDER BY \(order) LIMIT $limit OFFSET $offset
      """
  }

  var conditions: Connection.Parameters {
    [
      ("namespace_id", .text(namespaceID)), ("action_type", .optional(actionType?.rawValue)), ("trigger_type", .optional(triggerType?.rawValue)),
      ("except_action", .optional(exceptAction?.rawValue)), ("status", .optional(status?.rawValue)), ("resource_id", .optional(resourceID)),
    ]
  }
}

extension Reader {
  package func trigger(_ triggerID: Trigger.ID, in namespaceID: String? = nil) throws(Problem) -> Trigger? {
    try connection.first(.trigger, [("trigger_id", .text(triggerID)), ("namespace_id", .optional(namespaceID))], Trigger.read).map(withCalendars)
  }

  /// A trigger whose definition is known, with everything that claims and runs move as its row has it now; nil when it is gone.
  package func current(_ known: Trigger) throws(Problem) -> Trigger? {
    try connection.first(.triggerState, [("trigger_id", .text(known.id))]) { row throws(Problem) in
      var trigger = known
      do throws(Problem) { try trigger.readState(&row) } catch { throw error.damaged(known.id) }
      return trigger
    }
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

  /// What a starting host has to know of a trigger that is active, or is to be probed or resumed.
  package struct Waking: Sendable {
    package var id: Trigger.ID
    /// Nil when no instant comes any more.
    package var next: Instant?
    /// The last moment that its row speaks of.
    package var writtenAt: Instant
    /// Only time wakes it; of all others the whole row has to be read.
    package var sleeps: Bool
  }

  /// Goes through the triggers of every namespace that something may wake, in no particular order: that of the table, because through the index
  /// of the states every row would be looked for on its own (COALESCE keeps the planner from that).
  package func wakingTriggers(_ each: (Waking) -> Void) throws(Problem) {
    let statement = try translating { () throws(SQLiteFault) in try connection.prepared(.wakingTriggers) }
    try connection.forEach(statement, []) { row in
      let (id, next) = (row.text(), row.optionalInstant())
      var written = row.instant()
      for _ in 0..<2 { if let other = row.optionalInstant(), other > written { written = other } }
      each(Waking(id: id, next: next, writtenAt: written, sleeps: row.flag()))
      return true
    }
  }

  /// How many events a trigger's window holds, by the moment at which they came, oldest first.
  package func buckets(of triggerID: Trigger.ID) throws(Problem) -> [(at: Instant, count: Int64)] {
    try connection.rows(.buckets, [("trigger_id", .text(triggerID))]) { row throws(Problem) in (at: row.instant(), count: row.int()) }
  }

  /// How many triggers of all namespaces have each status.
  package func triggerCounts() throws(Problem) -> [(status: String, count: Int64)] {
    try connection.rows(.triggerCounts, []) { row throws(Problem) in (status: row.text(), count: row.int()) }
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
