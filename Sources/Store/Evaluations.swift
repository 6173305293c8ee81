package import Basics
package import Model

extension Transaction {
  /// `detail`: the text of its detail, where that is known.
  package mutating func insert(_ evaluation: Evaluation, detail: String? = nil) {
    add(.insertEvaluation) {
      $0.put("evaluation_id", evaluation.id)
      $0.put("trigger_id", evaluation.triggerID)
      $0.put("namespace_id", evaluation.namespaceID)
      $0.put("outcome", evaluation.outcome.rawValue)
      $0.put("reason", evaluation.reason)
      $0.put("detail", detail ?? JSON.object(evaluation.detail).text)
      $0.put("task_id", evaluation.taskID)
      $0.put("scheduled_at", evaluation.scheduledAt)
      $0.put("first_at", evaluation.firstAt)
      $0.put("last_at", evaluation.lastAt)
      $0.put("count", evaluation.count)
    }
  }

  /// The same decision once more: the row counts up and keeps the newest numbers. Lost (`evaluation`) when the row is gone.
  package mutating func coalesceEvaluation(_ evaluationID: String, by count: Int64 = 1, detail: JSONObject, at now: Instant) {
    add(
      .coalesceEvaluation, [("by", .integer(count)), ("last_at", .instant(now)), ("detail", .json(detail)), ("evaluation_id", .text(evaluationID))],
      expecting: .exactly(1),
      guardName: "evaluation")
  }
}

/// Which evaluations of a trigger a list shows: those that reach into a span, and had some outcome.
package struct EvaluationQuery: Sendable {
  package var triggerID: Trigger.ID
  package var outcome: Evaluation.Outcome?
  /// Rows that ended before it are left out; a row covers `first_at` to `last_at`.
  package var since: Instant?
  /// Rows that began at it or later are left out.
  package var until: Instant?
  package var offset: Int
  package var limit: Int

  package init(
    _ triggerID: Trigger.ID, outcome: Evaluation.Outcome? = nil, since: Instant? = nil, until: Instant? = nil, offset: Int = 0, limit: Int = 100
  ) {
    self.triggerID = triggerID
    self.outcome = outcome
    self.since = since
    self.until = until
    self.offset = offset
    self.limit = limit
  }

  fileprivate var parameters: Connection.Parameters {
    [
      ("trigger_id", .text(triggerID)), ("since", .integer(since?.milliseconds ?? .min)), ("until", .integer(until?.milliseconds ?? .max)),
      ("outcome", .optional(outcome?.rawValue)),
    ]
  }
}

extension Reader {
  /// Newest first.
  package func evaluations(_ query: EvaluationQuery) throws(Problem) -> Listing<Evaluation> {
    Listing(
      items: try connection.rows(.evaluations, query.parameters + Page(limit: query.limit, offset: query.offset).parameters, Evaluation.read),
      total: try connection.number(.countEvaluations, query.parameters))
  }

  package func evaluations(_ triggerID: Trigger.ID, offset: Int = 0, limit: Int = 100) throws(Problem) -> Listing<Evaluation> {
    try evaluations(EvaluationQuery(triggerID, offset: offset, limit: limit))
  }

  package func lastEvaluation(_ triggerID: Trigger.ID) throws(Problem) -> Evaluation? {
    try evaluations(EvaluationQuery(triggerID, limit: 1)).items.first
  }

  package func evaluation(_ evaluationID: String, in namespaceID: String) throws(Problem) -> Evaluation? {
    try connection.first(.evaluation, [("evaluation_id", .text(evaluationID)), ("namespace_id", .text(namespaceID))], Evaluation.read)
  }

  /// The decision that started a task.
  package func evaluation(of taskID: String, triggerID: Trigger.ID) throws(Problem) -> Evaluation? {
    try connection.first(.evaluationOfTask, [("trigger_id", .text(triggerID)), ("task_id", .text(taskID))], Evaluation.read)
  }

  /// The decision that covers an instant, or the first one after it.
  package func evaluation(from instant: Instant, triggerID: Trigger.ID) throws(Problem) -> Evaluation? {
    try connection.first(.evaluationFrom, [("trigger_id", .text(triggerID)), ("at", .instant(instant))], Evaluation.read)
  }

  /// The last decision that was over before an instant.
  package func evaluation(before instant: Instant, triggerID: Trigger.ID) throws(Problem) -> Evaluation? {
    try connection.first(.evaluationBefore, [("trigger_id", .text(triggerID)), ("at", .instant(instant))], Evaluation.read)
  }

  /// The last fire at or before an instant.
  package func lastFired(_ triggerID: Trigger.ID, through instant: Instant) throws(Problem) -> Evaluation? {
    try connection.first(.lastFired, [("trigger_id", .text(triggerID)), ("at", .instant(instant))], Evaluation.read)
  }

  /// The evaluations that reach into a span, oldest first.
  package func evaluationsInOrder(_ triggerID: Trigger.ID, since: Instant, until: Instant, limit: Int) throws(Problem) -> [Evaluation] {
    try connection.rows(
      .evaluationsInOrder,
      [("trigger_id", .text(triggerID)), ("since", .instant(since)), ("until", .instant(until)), ("limit", .integer(Int64(limit)))], Evaluation.read)
  }
}

extension Evaluation {
  static func read(_ row: inout Row) throws(Problem) -> Evaluation {
    Evaluation(
      id: row.text(), triggerID: row.text(), namespaceID: row.text(), outcome: try row.word(), reason: row.text(), detail: try row.object(),
      taskID: row.optionalText(), scheduledAt: row.optionalInstant(), firstAt: row.instant(), lastAt: row.instant(), count: row.int())
  }
}
