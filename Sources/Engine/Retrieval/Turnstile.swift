import Synchronization

/// Lets so many through at a time, and turns the others away at once.
///
/// The threads that answer requests are few. Where each of them may have to wait for a server outside, one that is silent would soon hold them all,
/// and nobody else would be answered.
final class Turnstile: Sendable {
  private let places: Int
  private let taken = Mutex(0)

  init(places: Int) { self.places = places }

  /// Whether there was room; who got it has to leave.
  func enter() -> Bool {
    taken.withLock { taken in
      guard taken < places else { return false }
      taken += 1
      return true
    }
  }

  func leave() { taken.withLock { $0 -= 1 } }
}
