package import Basics
import Synchronization

/// A clock that stands still until it is moved by hand, and random numbers that are the same at each run: for tests of ours, and for the
/// throw-away stores in which scripts are tested.
package final class ManualClock: Sendable {
  private struct State {
    var now: Instant
    var ticks: UInt64 = 1_000_000_000
    var random: SeededRandom
  }
  private let state: Mutex<State>
  /// What passes with each look at the ticks, in nanoseconds.
  private let stride: UInt64

  /// What the dice begin with when nothing else is said.
  package static let usualSeed: UInt64 = 1

  /// `stride`: what each look at the monotonic clock takes; large ones make everything seem slow.
  package init(_ start: String = "2026-01-01T00:00:00Z", seed: UInt64 = ManualClock.usualSeed, stride: Duration = .microseconds(1)) {
    let (seconds, attoseconds) = stride.components
    self.stride = UInt64(max(0, seconds * 1_000_000_000 + attoseconds / 1_000_000_000))
    state = Mutex(State(now: Instant(start) ?? Instant(seconds: 0), random: SeededRandom(seed: seed)))
  }

  package var now: Instant { state.withLock { $0.now } }

  package func advance(by duration: Duration) {
    state.withLock {
      $0.now = $0.now + duration
      $0.ticks += UInt64(max(0, duration.inMilliseconds)) * 1_000_000
    }
  }

  /// Sets the clock on the wall, forward or back; no time passes.
  package func jump(by duration: Duration) { state.withLock { $0.now = $0.now + duration } }

  package var surroundings: Surroundings {
    Surroundings(
      now: { self.state.withLock { $0.now } },
      ticks: {
        self.state.withLock {
          $0.ticks += self.stride
          return Ticks(nanoseconds: $0.ticks)
        }
      },
      random: { self.state.withLock { $0.random.next() } })
  }
}
