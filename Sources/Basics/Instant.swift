/// A moment of wall time: milliseconds since 1970-01-01T00:00:00Z. It schedules; `Ticks` measures.
package struct Instant: Hashable, Comparable, Sendable {
  package var milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }
  package init(seconds: Int64) { milliseconds = seconds * 1000 }

  /// Whole seconds since the epoch, rounded towards the past.
  package var seconds: Int64 { milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0) }

  package static func < (a: Instant, b: Instant) -> Bool { a.milliseconds < b.milliseconds }
  package static func + (a: Instant, b: Duration) -> Instant { Instant(milliseconds: a.milliseconds &+ b.inMilliseconds) }
  package static func - (a: Instant, b: Duration) -> Instant { Instant(milliseconds: a.milliseconds &- b.inMilliseconds) }
  package static func - (a: Instant, b: Instant) -> Duration { .milliseconds(a.milliseconds &- b.milliseconds) }
}

extension Duration {
  /// Whole milliseconds, rounded towards zero; a duration beyond Int64 is clamped.
  package var inMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    return overflow ? (seconds < 0 ? .min : .max) : product &+ attoseconds / 1_000_000_000_000_000
  }
  package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

/// A reading of a monotonic clock in nanoseconds. Only differences mean anything.
package struct Ticks: Comparable, Sendable {
  package var nanoseconds: UInt64
  package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }
  package static func < (a: Ticks, b: Ticks) -> Bool { a.nanoseconds < b.nanoseconds }
  package static func - (a: Ticks, b: Ticks) -> Duration { .nanoseconds(Int64(bitPattern: a.nanoseconds &- b.nanoseconds)) }
}

// MARK: - RFC 3339

extension Instant: CustomStringConvertible {
  /// RFC 3339 in UTC; the milliseconds appear only when there are some: `2024-01-01T02:00:00Z`.
  package var description: String {
    let day = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
    let second = Int(seconds - day * 86400)
    let date = CivilDate(daysSinceEpoch: Int(day))
    let fraction = Int(milliseconds &- seconds &* 1000)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(24)
    if date.year < 0 || date.year > 9999 { bytes += Array("\(date.year)".utf8) } else { append(date.year, 4, to: &bytes) }
    bytes.append(UInt8(ascii: "-"))
    append(date.month, 2, to: &bytes)
    bytes.append(UInt8(ascii: "-"))
    append(date.day, 2, to: &bytes)
    bytes.append(UInt8(ascii: "T"))
    append(second / 3600, 2, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    append(second / 60 % 60, 2, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    append(second % 60, 2, to: &bytes)
    if fraction != 0 {
      bytes.append(UInt8(ascii: "."))
      append(fraction, 3, to: &bytes)
    }
    bytes.append(UInt8(ascii: "Z"))
    return String(decoding: bytes, as: UTF8.self)
  }

  private func append(_ number: Int, _ width: Int, to bytes: inout [UInt8]) {
    var power = 1
    for _ in 1..<width { power *= 10 }
    while power > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(number / power % 10))
      power /= 10
    }
  }

  /// Reads RFC 3339 (`T` or a space between date and time; `Z`, an offset, or nothing, which means UTC; a date alone is its midnight).
  /// Fractions beyond milliseconds are cut. Nil when the text is something else.
  package init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8)
    var at = 0
    func digits(_ count: Int) -> Int? {
      guard at + count <= bytes.count else { return nil }
      var value = 0
      for byte in bytes[at..<at + count] {
        guard byte >= 48, byte <= 57 else { return nil }
        value = value * 10 + Int(byte - 48)
      }
      at += count
      return value
    }
    func take(_ character: Character) -> Bool {
      guard at < bytes.count, bytes[at] == character.asciiValue else { return false }
      at += 1
      return true
    }
    guard let year = digits(4), take("-"), let month = digits(2), take("-"), let day = digits(2),
      (1...12).contains(month), day >= 1, day <= CivilDate.days(in: month, of: year)
    else { return nil }
    var total = Int64(CivilDate(year: year, month: month, day: day).daysSinceEpoch) * 86400
    var fraction: Int64 = 0
    if at < bytes.count {
      guard take("T") || take("t") || take(" "), let hour = digits(2), take(":"), let minute = digits(2), hour < 24, minute < 60 else { return nil }
      var second = 0
      if take(":") {
        guard let read = digits(2), read < 61 else { return nil }
        second = min(read, 59)  // a leap second counts as the one before it
        if take(".") {
          var scale: Int64 = 100
          let start = at
          while at < bytes.count, bytes[at] >= 48, bytes[at] <= 57 {
            fraction += Int64(bytes[at] - 48) * scale
            scale /= 10
            at += 1
          }
          guard at > start else { return nil }
        }
      }
      total += Int64(hour * 3600 + minute * 60 + second)
      if !(take("Z") || take("z")), at < bytes.count {
        let sign: Int64
        if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
        guard let hours = digits(2) else { return nil }
        _ = take(":")
        guard let minutes = digits(2), hours < 24, minutes < 60 else { return nil }
        total -= sign * Int64(hours * 3600 + minutes * 60)
      }
    }
    guard at == bytes.count else { return nil }
    milliseconds = total * 1000 + fraction
  }
}

/// A day of the proleptic Gregorian calendar.
///
/// Conversion after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (days_from_civil, civil_from_days).
package struct CivilDate: Hashable, Comparable, Sendable {
  package var year: Int
  package var month: Int
  package var day: Int

  package init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  package init(daysSinceEpoch days: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  package var daysSinceEpoch: Int {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// 0 = Sunday … 6 = Saturday.
  package var weekday: Int {
    let remainder = (daysSinceEpoch + 4) % 7
    return remainder < 0 ? remainder + 7 : remainder
  }

  package static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  package static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  package static func < (a: CivilDate, b: CivilDate) -> Bool { (a.year, a.month, a.day) < (b.year, b.month, b.day) }
}
