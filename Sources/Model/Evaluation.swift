package import Basics

/// What the scheduler decided about a trigger at an instant, with the numbers it compared. Equal holds coalesce into one row with a count.
package struct Evaluation: Sendable, Equatable {
  package enum Outcome: String, Sendable, CaseIterable { case fired, held, skipped, failed }

  package var id: String
  package var triggerID: String
  package var namespaceID: String
  package var outcome: Outcome
  /// Why, in a few words that stay the same for equal decisions: `cooldown`, `below threshold`, `predicate`.
  package var reason: String
  /// The numbers compared, the script's `explain` values, its log lines and its cost.
  package var detail: JSONObject
  package var taskID: String?
  package var scheduledAt: Instant?
  package var firstAt: Instant
  package var lastAt: Instant
  package var count: Int64

  package init(
    id: String, triggerID: String, namespaceID: String, outcome: Outcome, reason: String, detail: JSONObject = JSONObject(), taskID: String? = nil,
    scheduledAt: Instant? = nil, firstAt: Instant, lastAt: Instant, count: Int64 = 1
  ) {
    self.id = id
    self.triggerID = triggerID
    self.namespaceID = namespaceID
    self.outcome = outcome
    self.reason = reason
    self.detail = detail
    self.taskID = taskID
    self.scheduledAt = scheduledAt
    self.firstAt = firstAt
    self.lastAt = lastAt
    self.count = count
  }

  package var json: JSON {
    [
      "evaluation_id": .string(id), "trigger_id": .string(triggerID), "outcome": .string(outcome.rawValue), "reason": .string(reason),
      "detail": .object(detail), "task_id": .optional(taskID), "scheduled_at": .optional(scheduledAt), "first_at": .instant(firstAt),
      "last_at": .instant(lastAt), "count": .int(count),
    ]
  }
}
