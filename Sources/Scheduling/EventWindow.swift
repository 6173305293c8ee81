package import Basics

/// The events that count for a trigger with `window_seconds`, in buckets of a hundredth of the window, so that old ones can be let go.
///
/// A bucket goes when the window has passed since its beginning: an event counts for the window's length, or up to a hundredth less.
package struct EventWindow: Sendable, Equatable {
  package struct Bucket: Sendable, Equatable {
    package var at: Instant
    package var count: Int64

    package init(at: Instant, count: Int64) {
      self.at = at
      self.count = count
    }
  }

  package let length: Duration
  /// Ascending by `at`.
  package private(set) var buckets: [Bucket] = []

  package init(seconds: Int64) { length = .seconds(seconds) }

  package var total: Int64 { buckets.reduce(0) { $0 + $1.count } }

  /// The beginning of the bucket into which an event of this moment falls.
  package func beginning(of instant: Instant) -> Instant {
    let width = max(1, length.inMilliseconds / 100)
    return Instant(milliseconds: instant.milliseconds.floored(by: width) * width)
  }

  package mutating func add(_ count: Int64, at instant: Instant) {
    let start = beginning(of: instant)
    let index = buckets.firstIndex { $0.at >= start } ?? buckets.count
    if index < buckets.count, buckets[index].at == start { buckets[index].count += count } else { buckets.insert(Bucket(at: start, count: count), at: index) }
  }

  /// When the oldest bucket goes.
  package var expiry: Instant? { buckets.first.map { $0.at + length } }

  /// Takes out what is too old at `now`. What lies more than a window in the future came before the clock was set back, and goes too.
  package mutating func expire(at now: Instant) -> [Bucket] {
    let gone = buckets.filter { $0.at + length <= now || $0.at > now + length }
    if !gone.isEmpty { buckets.removeAll { $0.at + length <= now || $0.at > now + length } }
    return gone
  }

  package mutating func takeAll() -> [Bucket] {
    defer { buckets = [] }
    return buckets
  }
}
