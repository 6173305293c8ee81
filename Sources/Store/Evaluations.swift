package import Basics
package import Model

extension Transaction {
  package mutating func insert(_ evaluation: Evaluation) {
    add(
      .insertEvaluation,
      [
        ("evaluation_id", .text(evaluation.id)), ("trigger_id", .text(evaluation.triggerID)), ("namespace_id", .text(evaluation.namespaceID)),
        ("outcome", .text(evaluation.outcome.rawValue)), ("reason", .text(evaluation.reason)), ("detail", .json(evaluation.detail)),
        ("task_id", .optional(evaluation.taskID)), ("scheduled_at", .optional(evaluation.scheduledAt)), ("first_at", .instant(evaluation.firstAt)),
        ("last_at", .instant(evaluation.lastAt)), ("count", .integer(evaluation.count)),
      ])
  }

  /// The same decision once more: the row counts up and keeps the newest numbers. Lost (`evaluation`) when the row is gone.
  package mutating func coalesceEvaluation(_ evaluationID: String, by count: Int64 = 1, detail: JSONObject, at now: Instant) {
    add(
      .coalesceEvaluation, [("by", .integer(count)), ("last_at", .instant(now)), ("detail", .json(detail)), ("evaluation_id", .text(evaluationID))], expecting: .exactly(1),
      guardName: "evaluation")
  }
}

extension Reader {
  /// Newest first.
  package func evaluations(_ triggerID: Trigger.ID, offset: Int = 0, limit: Int = 100) throws(Problem) -> Listing<Evaluation> {
    let parameters: Connection.Parameters = [("trigger_id", .text(triggerID))]
    return Listing(
      items: try connection.rows(.evaluations, parameters + Page(limit: limit, offset: offset).parameters, Evaluation.read),
      total: try connection.number(.countEvaluations, parameters))
  }

  package func lastEvaluation(_ triggerID: Trigger.ID) throws(Problem) -> Evaluation? {
    try connection.first(.evaluations, [("trigger_id", .text(triggerID))] + Page(limit: 1).parameters, Evaluation.read)
  }
}

extension Evaluation {
  static func read(_ row: inout Row) throws(Problem) -> Evaluation {
    Evaluation(
      id: row.text(), triggerID: row.text(), namespaceID: row.text(), outcome: try row.word(), reason: row.text(), detail: try row.object(),
      taskID: row.optionalText(), scheduledAt: row.optionalInstant(), firstAt: row.instant(), lastAt: row.instant(), count: row.int())
  }
}
