import Basics

/// Numbers as people read them.
enum Format {
  /// `20,000`
  static func count(_ value: Int64) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "-" : ""
    for (i, digit) in digits.enumerated() {
      if i > 0, (digits.count - i) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }
  static func count(_ value: Int) -> String { count(Int64(value)) }

  /// `1 document`, `20,000 documents`
  static func count(_ value: Int, _ noun: String) -> String { "\(count(value)) \(noun)\(value == 1 ? "" : "s")" }

  /// A number with exactly so many digits behind the point, rounded half away from zero: `3.14`.
  static func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
    var power: Int64 = 1
    for _ in 0..<digits { power *= 10 }
    guard let scaled = Int64(exactly: (value.magnitude * Double(power)).rounded()) else { return "\(value)" }
    let sign = value < 0 && scaled > 0 ? "-" : ""
    if digits == 0 { return "\(sign)\(scaled)" }
    let fraction = String(scaled % power)
    return "\(sign)\(scaled / power).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
  }

  /// A number with about three digits that matter: `0.0312`, `3.14`, `314`.
  static func number(_ value: Double) -> String {
    if value == value.rounded(), value.magnitude < 1e15 { return count(Int64(value)) }
    switch value.magnitude {
    case 100...: return fixed(value, 0)
    case 10..<100: return fixed(value, 1)
    case 0.1..<10: return fixed(value, 2)
    case 0.001..<0.1: return fixed(value, 4)
    default: return "\(value)"
    }
  }

  /// `0.8 ms`, `340 ms`, `2.4 s`, `1m 05s`, `2h 05m`, `3d 4h`
  static func duration(_ duration: Duration) -> String {
    let seconds = duration.inSeconds
    if seconds < 0 { return "-" + Format.duration(.zero - duration) }
    if seconds < 0.00995 { return "\(fixed(seconds * 1000, 1)) ms" }
    if seconds < 0.9995 { return "\(fixed(seconds * 1000, 0)) ms" }
    if seconds < 59.95 { return "\(fixed(seconds, 1)) s" }
    let whole = Int64(seconds.rounded())
    func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    if whole < 3600 { return "\(whole / 60)m \(two(whole % 60))s" }
    if whole < 86_400 { return "\(whole / 3600)h \(two(whole / 60 % 60))m" }
    return "\(whole / 86_400)d \(whole / 3600 % 24)h"
  }

  /// `312 B`, `4.1 kB`, `30.7 MB`, in powers of a thousand.
  static func bytes(_ value: Int64) -> String {
    var size = Double(value)
    for unit in ["B", "kB", "MB", "GB"] {
      if size < 999.5 { return unit == "B" ? "\(value) B" : "\(fixed(size, size < 99.95 ? 1 : 0)) \(unit)" }
      size /= 1000
    }
    return "\(fixed(size, 1)) TB"
  }

  /// How far an instant lies from now: `in 5m 00s`, `3.0 s ago`.
  static func distance(_ instant: Instant, from now: Instant) -> String {
    let gap = instant - now
    return gap.inMilliseconds >= 0 ? "in \(duration(gap))" : "\(duration(.zero - gap)) ago"
  }

  /// `10:04:31` in UTC: the clock part of an instant.
  static func clock(_ instant: Instant) -> String { String(instant.description.dropFirst(11).prefix(8)) }
}
