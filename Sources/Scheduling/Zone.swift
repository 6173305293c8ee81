package import Basics

/// A time zone: how far its clocks are from UTC, at every moment.
///
/// Moments are whole seconds since 1970-01-01T00:00:00Z; wall time is counted in the same way, but as the clock on the wall shows it.
package struct Zone: Sendable {
  /// A stretch of time with one offset, from `start` to just before `end`.
  package struct Period: Sendable, Equatable {
    package var start: Int64
    package var end: Int64
    /// Seconds east of Greenwich.
    package var offset: Int64

    package init(start: Int64, end: Int64, offset: Int64) {
      self.start = start
      self.end = end
      self.offset = offset
    }
  }

  /// What a wall time means: one moment, none (the clocks jumped over it), or two (they went back).
  package enum Meaning: Sendable, Equatable {
    case once(Int64)
    /// The clocks jumped at `moment`, from one offset to a larger one.
    case gap(at: Int64, from: Int64, to: Int64)
    case fold(first: Int64, last: Int64)
  }

  /// Farther away than any date that is asked for, and near enough to add an offset to.
  static let beginning: Int64 = .min / 4
  static let end: Int64 = .max / 4
  /// No two offsets are further apart (RFC 9636 allows -25 to 26 hours).
  static let widest: Int64 = 52 * 3600
  /// The rule behind the table is written out up to here, so that a look-up in these years is one binary search.
  private static let writtenOutTo = 2100

  package let name: String
  // Period i begins at starts[i]; the last ends where the rule says.
  private let starts: [Int64]
  private let offsets: [Int64]
  private let rule: PosixTimeZone?

  package static let utc = Zone(name: "UTC", offset: 0)

  /// A zone whose clocks never change.
  package init(name: String, offset: Int64) {
    self.name = name
    starts = [Self.beginning]
    offsets = [offset]
    rule = nil
  }

  init(name: String, file: TimeZoneFile) {
    self.name = name
    var starts = [Self.beginning]
    // RFC 9636, 3.2 and 3.3: type 0 holds before the first change; with no change at all, the footer holds throughout.
    var offsets = [file.moments.isEmpty ? file.rule?.standard ?? file.initial : file.initial]
    func add(_ moment: Int64, _ offset: Int64) {
      if offset == offsets[offsets.count - 1] { return }
      starts.append(moment)
      offsets.append(offset)
    }
    for (moment, offset) in zip(file.moments, file.offsets) where moment > Self.beginning { add(moment, offset) }
    if let rule = file.rule, let last = file.moments.last, rule.saving != nil {
      let year = CivilDate(daysSinceEpoch: Int(max(last, -62_135_596_800).floored(by: 86400))).year
      if year < Self.writtenOutTo {
        let changes = (year - 1...Self.writtenOutTo).flatMap { rule.changes(in: $0) }
        for (index, change) in changes.enumerated() where change.moment > last {
          // Of two changes at one moment the later holds; see 'PosixTimeZone.period'.
          if index + 1 < changes.count, changes[index + 1].moment <= change.moment { continue }
          add(change.moment, change.offset)
        }
      }
    }
    self.starts = starts
    self.offsets = offsets
    rule = file.rule?.saving == nil ? nil : file.rule
  }

  // MARK: - Asking

  /// The stretch in which a moment lies.
  package func period(at moment: Int64) -> Period {
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= moment { low = middle } else { high = middle }
    }
    if high < starts.count { return Period(start: starts[low], end: starts[high], offset: offsets[low]) }
    guard let rule else { return Period(start: starts[low], end: Self.end, offset: offsets[low]) }
    let ruled = rule.period(at: moment)
    return ruled.start <= starts[low] ? Period(start: starts[low], end: ruled.end, offset: offsets[low]) : ruled
  }

  /// Seconds east of Greenwich.
  package func offset(at instant: Instant) -> Int64 { period(at: instant.wholeSeconds).offset }

  /// The moments at which the clocks on the wall show a time.
  package func meaning(of wall: Int64) -> Meaning {
    var found: [Int64] = []
    var period = period(at: wall - Self.widest / 2)
    var gap = Meaning.once(wall - period.offset)
    while period.start <= wall + Self.widest / 2 {
      let moment = wall - period.offset
      if moment >= period.start, moment < period.end { found.append(moment) }
      if period.end >= Self.end { break }
      let next = self.period(at: period.end)
      if wall >= period.end + period.offset, wall < period.end + next.offset { gap = .gap(at: period.end, from: period.offset, to: next.offset) }
      period = next
    }
    guard let first = found.first, let last = found.last else { return gap }
    return first == last ? .once(first) : .fold(first: first, last: last)
  }
}

// MARK: - Writing times

extension Zone {
  /// RFC 3339 with the zone's offset: `2024-03-10T03:00:00-04:00`. Offsets of the 19th century may carry seconds, as ISO 8601 writes them.
  package func text(_ instant: Instant) -> String {
    let offset = offset(at: instant)
    let local = Instant(milliseconds: instant.milliseconds.clamped + offset * 1000).description.dropLast()
    let size = Int(abs(offset))
    var parts = [size / 3600, size / 60 % 60]
    if size % 60 != 0 { parts.append(size % 60) }
    return local + (offset < 0 ? "-" : "+") + parts.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
  }
}

extension Instant {
  /// Seconds since the epoch, rounded towards the past, also at the ends of what fits.
  var wholeSeconds: Int64 { milliseconds.floored(by: 1000) }
}

extension Int64 {
  /// Milliseconds to which an offset can be added.
  fileprivate var clamped: Int64 { Swift.min(Swift.max(self, .min / 2), .max / 2) }
}
