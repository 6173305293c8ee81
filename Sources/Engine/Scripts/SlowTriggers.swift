import Basics
import Model
import Synchronization

/// Whose scripts took long when they were asked last. They are asked again on a thread of their own, so that a script which uses all of its
/// time, again and again, keeps nobody waiting but its like.
final class SlowTriggers: Sendable {
  /// A predicate takes microseconds, one that reads much some milliseconds.
  static let limit = Duration.milliseconds(20)
  /// Far more than are slow at once; those that are gone for good fall out, and who is slow is soon known again.
  private static let most = 10_000

  private let known = Mutex<Set<Trigger.ID>>([])

  func contains(_ id: Trigger.ID) -> Bool { known.withLock { $0.contains(id) } }

  func note(_ id: Trigger.ID, took: Duration) {
    known.withLock { known in
      if took < Self.limit {
        known.remove(id)
      } else {
        if known.count >= Self.most { known.removeAll() }
        known.insert(id)
      }
    }
  }
}
