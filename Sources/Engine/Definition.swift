import Basics
import Model

/// A trigger as the host's thread knows it for each fire: the row's slim copy, and what follows from it and is wanted again and again.
///
/// An object, since a trigger is a large value and it is looked at for every claim and every end; workers get the same one with their task.
///
/// @unchecked Sendable: `trigger` and what follows from it never change; the host's thread alone touches `status` and `consecutiveFailures`.
final class Definition: @unchecked Sendable {
  /// What was read when it was defined. Of what claims and runs move, nothing here is up to date.
  let trigger: Trigger
  /// Of the schedule; evaluations name it.
  let fingerprint: String
  /// The text of a task's inputs: the action's configuration.
  let inputs: String
  var status: Trigger.Status
  var consecutiveFailures: Int64

  init(_ trigger: Trigger) {
    self.trigger = trigger
    fingerprint = trigger.schedule.fingerprint
    inputs = JSON.object(trigger.action.config).text
    status = trigger.status
    consecutiveFailures = trigger.consecutiveFailures
  }
}
