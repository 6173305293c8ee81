package import Basics
package import Model

// What old evaluations and events take, and how they go: read in pages from the newest, deleted in small pieces.

/// How much an old row takes, without the row.
package struct StoredSize: Sendable, Equatable {
  /// The evaluation's identifier; empty for an event.
  package var id: String
  /// The event's number; 0 for an evaluation.
  package var seq: Int64
  package var triggerID: Trigger.ID
  package var lastAt: Instant
  /// About what it takes in the file: the text that varies, and a hundred or so for the rest.
  package var bytes: Int64
}

extension Reader {
  /// Evaluations of all triggers from the newest on, before one of them; nil starts.
  package func evaluationSizes(before evaluationID: String?, limit: Int) throws(Problem) -> [StoredSize] {
    try connection.rows(.evaluationSizes, [("before", .text(evaluationID ?? "f")), ("limit", .integer(Int64(limit)))]) { row throws(Problem) in
      StoredSize(id: row.text(), seq: 0, triggerID: row.text(), lastAt: row.instant(), bytes: row.int() + 160)
    }
  }

  /// Events of all namespaces from the newest on, before one of them; nil starts.
  package func eventSizes(before seq: Int64?, limit: Int) throws(Problem) -> [StoredSize] {
    try connection.rows(.eventSizes, [("before", .integer(seq ?? .max)), ("limit", .integer(Int64(limit)))]) { row throws(Problem) in
      StoredSize(id: "", seq: row.int(), triggerID: "", lastAt: row.instant(), bytes: row.int() + 90)
    }
  }

  /// The last event that every active filter and webhook has seen; what comes after it is still needed.
  package func seenByEveryFilter() throws(Problem) -> Int64 { try connection.number(.lowestCursor, [("otherwise", .integer(.max))]) }
}

extension Transaction {
  package mutating func deleteEvaluation(_ evaluationID: String) { add(.deleteEvaluation, [("evaluation_id", .text(evaluationID))]) }

  /// Takes away the oldest events before one, at most so many.
  package mutating func deleteEvents(before seq: Int64, limit: Int) {
    add(.deleteEventPiece, [("before", .integer(seq)), ("limit", .integer(Int64(limit)))])
  }
}
