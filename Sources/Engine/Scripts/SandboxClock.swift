import Basics
import Synchronization

/// The clock of a throw-away store: it stands still until a test moves it, and its randomness is the same at each run.
final class SandboxClock: Sendable {
  private struct State {
    var now: Instant
    var ticks: UInt64 = 1_000_000_000
    var random: SeededRandom
  }
  private let state: Mutex<State>

  /// Where every test begins: a Thursday at midnight.
  static let start = Instant(seconds: 1_767_225_600)

  /// What the dice of every test begin with.
  static let seed: UInt64 = 1

  init(from start: Instant = SandboxClock.start, seed: UInt64 = SandboxClock.seed) {
    state = Mutex(State(now: start, random: SeededRandom(seed: seed)))
  }

  var now: Instant { state.withLock { $0.now } }

  func move(to instant: Instant) {
    state.withLock {
      $0.ticks += UInt64(max(0, (instant - $0.now).inMilliseconds)) * 1_000_000
      $0.now = instant
    }
  }

  var surroundings: Surroundings {
    Surroundings(
      now: { self.state.withLock { $0.now } },
      ticks: {
        self.state.withLock {
          $0.ticks += 1000
          return Ticks(nanoseconds: $0.ticks)
        }
      },
      random: { self.state.withLock { $0.random.next() } })
  }

  /// `90s`, `2h`, `1h30m`, `1d`; nil for anything else.
  static func duration(_ text: String) -> Duration? {
    var total = 0.0
    var rest = Substring(text)
    let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)]
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      guard let number = Double(digits) else { return nil }
      rest = rest.dropFirst(digits.count)
      let word = rest.prefix { $0.isLetter }
      guard let unit = units.first(where: { $0.0 == word }) else { return nil }
      rest = rest.dropFirst(word.count)
      total += number * unit.1
    }
    return total.isFinite && total < 1e10 ? .seconds(total) : nil
  }
}
