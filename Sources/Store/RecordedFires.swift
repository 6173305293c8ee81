package import Basics
package import Model

/// One run that a trigger's schedule started, as far as it is known how it went.
package struct RecordedFire: Sendable, Equatable {
  package var taskID: String
  package var scheduledAt: Instant
  package var status: TaskRecord.Status
  package var createdAt: Instant
  package var startedAt: Instant?
  package var finishedAt: Instant?

  /// From the claim to the end, which is how long the trigger was busy; nil while it goes on.
  package var busy: Duration? { finishedAt.map { $0 - createdAt } }
}

extension Reader {
  /// The scheduled runs of a trigger that were due in `from ..< to`, by due instant.
  package func recordedFires(_ triggerID: Trigger.ID, from: Instant, to: Instant, limit: Int) throws(Problem) -> [RecordedFire] {
    let parameters: Connection.Parameters = [
      ("trigger_id", .text(triggerID)), ("from", .instant(from)), ("to", .instant(to)), ("limit", .integer(Int64(limit))),
    ]
    return try connection.rows(.recordedFires, parameters) { row throws(Problem) in
      RecordedFire(
        taskID: row.text(), scheduledAt: row.instant(), status: try row.word(), createdAt: row.instant(), startedAt: row.optionalInstant(),
        finishedAt: row.optionalInstant())
    }
  }

  /// How many tasks of a trigger wait or run.
  package func unfinishedTasks(of triggerID: Trigger.ID) throws(Problem) -> Int {
    Int(try connection.number(.countUnfinished, [("trigger_id", .text(triggerID))]))
  }

  /// Events of one type that happened in `from ..< to`, in their order, after the row `since`.
  package func events(
    in namespaceID: String, type: Schedule.EventType, collectionID: String?, from: Instant, to: Instant, since: Int64, limit: Int
  ) throws(Problem) -> [DocumentEvent] {
    let parameters: Connection.Parameters = [
      ("namespace_id", .text(namespaceID)), ("since", .integer(since)), ("from", .instant(from)), ("to", .instant(to)),
      ("type", .text(type.rawValue)),
      ("collection_id", .optional(collectionID)), ("limit", .integer(Int64(limit))),
    ]
    return try connection.rows(.eventsBetween, parameters, DocumentEvent.read)
  }

  /// How many documents came, changed or went after one instant and up to another.
  package func eventCount(
    in namespaceID: String, type: Schedule.EventType, collectionID: String?, after: Instant, through: Instant
  ) throws(Problem) -> Int64 {
    try connection.number(
      .countEventsBetween,
      [
        ("namespace_id", .text(namespaceID)), ("after", .instant(after)), ("through", .instant(through)), ("type", .text(type.rawValue)),
        ("collection_id", .optional(collectionID)),
      ])
  }
}
