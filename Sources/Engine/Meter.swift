package import Basics
package import Model
import Synchronization

/// What the host's thread has done since it began: commits, claims, starts and ends, and when the last claim was on the disk.
///
/// The host's thread counts, any thread may look.
package final class Meter: Sendable {
  private let commits = Atomic<Int>(0)
  private let claims = Atomic<Int>(0)
  private let ends = Atomic<Int>(0)
  private let lastClaim = Atomic<UInt64>(0)

  /// One reading of all counters.
  package struct Reading: Sendable {
    /// Transactions of SQLite that wrote something. With `synchronous=FULL` each is one fsync of the log.
    package var commits: Int
    /// Due instants that were claimed.
    package var claims: Int
    /// Tasks that ended.
    package var ends: Int
    /// When the last claim was durable, by the monotonic clock.
    package var lastClaim: Ticks
  }

  /// Why the store takes nothing at the moment, and since when.
  package struct Trouble: Sendable {
    package var problem: Problem
    package var since: Instant
  }

  private let known = Mutex<Trouble?>(nil)
  package var trouble: Trouble? { known.withLock { $0 } }

  /// True when this is news.
  func failed(_ problem: Problem, at now: Instant) -> Bool {
    known.withLock { trouble in
      defer { trouble = Trouble(problem: problem, since: trouble?.since ?? now) }
      return trouble == nil
    }
  }

  /// When the trouble began that is over with this commit; nil when there was none.
  func recovered() -> Instant? {
    known.withLock { trouble in
      defer { trouble = nil }
      return trouble?.since
    }
  }

  package var reading: Reading {
    Reading(
      commits: commits.load(ordering: .relaxed), claims: claims.load(ordering: .relaxed), ends: ends.load(ordering: .relaxed),
      lastClaim: Ticks(nanoseconds: lastClaim.load(ordering: .relaxed)))
  }

  /// What ended as what.
  package struct Ending: Hashable, Sendable {
    package var kind: TaskRecord.Kind
    package var status: TaskRecord.Status
  }

  private let ended = Mutex<[Ending: Int]>([:])
  /// How many tasks of each kind ended with each status.
  package var endings: [Ending: Int] { ended.withLock { $0 } }

  func committed() { commits.add(1, ordering: .relaxed) }
  func ended(_ kind: TaskRecord.Kind, _ status: TaskRecord.Status) {
    ends.add(1, ordering: .relaxed)
    ended.withLock { $0[Ending(kind: kind, status: status), default: 0] += 1 }
  }

  func claimed(at now: Ticks) {
    claims.add(1, ordering: .relaxed)
    lastClaim.store(now.nanoseconds, ordering: .relaxed)
  }
}
