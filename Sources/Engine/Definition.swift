import Model

/// A trigger as the host's thread knows it for each fire: the row's slim copy, and what follows from it and is wanted again and again.
///
/// An object, since a trigger is a large value and it is looked at for every claim and every end. Not Sendable: the host's thread alone has it.
final class Definition {
  var trigger: Trigger
  /// Of the schedule; evaluations name it.
  private(set) lazy var fingerprint = trigger.schedule.fingerprint

  init(_ trigger: Trigger) { self.trigger = trigger }
}
