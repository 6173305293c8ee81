package import Basics

/// A fixed rate: the anchor plus whole multiples of the interval, on elapsed time.
///
/// The times follow from the anchor alone, so a restart neither shifts nor repeats them, and no zone changes them.
package struct IntervalSchedule: Sendable, Equatable {
  package let interval: Duration
  package let anchor: Instant
  /// Whether the anchor is the first occurrence; otherwise that is one interval later.
  package let startsImmediately: Bool
  private let milliseconds: Int64

  /// Throws `.invalid` at `interval_seconds` below one second, or beyond a hundred years.
  package init(every interval: Duration, from anchor: Instant, startsImmediately: Bool = false) throws(Problem) {
    milliseconds = interval.inMilliseconds
    guard interval >= .seconds(1), milliseconds <= 3_155_695_200_000 else {
      let shown = interval.inSeconds == interval.inSeconds.rounded() ? "\(interval.components.seconds)" : "\(interval.inSeconds)"
      throw Problem(
        .invalid, "interval_seconds \(shown) is \(interval < .seconds(1) ? "below 1" : "beyond a hundred years")",
        hint: "Write seconds from 1, e.g. 3600 for every hour.", path: "interval_seconds")
    }
    self.interval = interval
    self.anchor = anchor
    self.startsImmediately = startsImmediately
  }

  /// The first occurrence after an instant, never that instant itself; nil beyond what an instant can hold.
  package func next(after instant: Instant) -> Instant? {
    if instant < first { return first }
    // Int128 holds every difference and every product of two Int64.
    let elapsed = Int128(instant.milliseconds) - Int128(anchor.milliseconds)
    return occurrence(elapsed / Int128(milliseconds) + 1)
  }

  /// The last occurrence before an instant; nil when there is none.
  package func previous(before instant: Instant) -> Instant? {
    guard instant > first else { return nil }
    let elapsed = Int128(instant.milliseconds) - Int128(anchor.milliseconds)
    return occurrence((elapsed - 1) / Int128(milliseconds))
  }

  /// When the next run is due if the interval counts from the end of the last one ("fixed delay").
  package func next(afterRunEnded end: Instant) -> Instant { end + interval }

  private var first: Instant { startsImmediately ? anchor : anchor + interval }

  private func occurrence(_ count: Int128) -> Instant? {
    Int64(exactly: Int128(anchor.milliseconds) + count * Int128(milliseconds)).map(Instant.init(milliseconds:))
  }
}
