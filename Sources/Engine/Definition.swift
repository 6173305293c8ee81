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
  /// The text of a fire's detail, where there is nothing to tell of it but what it goes by.
  let detail: String
  /// What the names of its tasks end in.
  let number: UInt64
  let isEvent: Bool
  var status: Trigger.Status
  var consecutiveFailures: Int64

  init(_ trigger: Trigger) {
    self.trigger = trigger
    fingerprint = trigger.schedule.fingerprint
    inputs = JSON.object(trigger.action.config).text
    detail = JSON.object(["definition": .string(fingerprint)]).text
    number = Identifier.derivedNumber(from: trigger.id)
    isEvent = trigger.schedule.type == .event
    status = trigger.status
    consecutiveFailures = trigger.consecutiveFailures
  }
}
