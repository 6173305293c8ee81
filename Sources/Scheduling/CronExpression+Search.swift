import Basics

// Wall time is counted in seconds since 1970-01-01T00:00:00 on the wall, as if there were no zones.

extension CronExpression {
  /// The first matching wall time in `from..<limit`.
  func firstMatch(from: Int64, before limit: Int64) -> Int64? {
    guard from < limit else { return nil }
    let day = from.floored(by: 86400)
    let date = CivilDate(daysSinceEpoch: Int(day))
    var firstOfMonth = Int(day) - date.day + 1
    var (year, month) = (date.year, date.month)
    var length = CivilDate.days(in: month, of: year)
    var mask = daysFiring(month, length, firstOfMonth)
    if mask >> UInt32(date.day) & 1 == 1, let time = firstTime(from: Int(from - day * 86400)) {
      let match = day * 86400 + Int64(time)
      return match < limit ? match : nil
    }
    // From here on a whole day is free: its first time is the one.
    mask &= ~0 << UInt32(date.day + 1)
    while mask == 0 {
      firstOfMonth += length
      if Int64(firstOfMonth) * 86400 >= limit { return nil }
      (year, month) = month == 12 ? (year + 1, 1) : (year, month + 1)
      length = CivilDate.days(in: month, of: year)
      mask = daysFiring(month, length, firstOfMonth)
    }
    let match = Int64(firstOfMonth + mask.trailingZeroBitCount - 1) * 86400 + Int64(earliest)
    return match < limit ? match : nil
  }

  /// The last matching wall time in `from..<limit`.
  func lastMatch(from: Int64, before limit: Int64) -> Int64? {
    guard from < limit else { return nil }
    let day = (limit - 1).floored(by: 86400)
    let date = CivilDate(daysSinceEpoch: Int(day))
    var firstOfMonth = Int(day) - date.day + 1
    var (year, month) = (date.year, date.month)
    var mask = daysFiring(month, CivilDate.days(in: month, of: year), firstOfMonth)
    if mask >> UInt32(date.day) & 1 == 1, let time = lastTime(upTo: Int(limit - 1 - day * 86400)) {
      let match = day * 86400 + Int64(time)
      return match >= from ? match : nil
    }
    mask &= ~(~0 << UInt32(date.day))
    while mask == 0 {
      if Int64(firstOfMonth) * 86400 < from { return nil }
      (year, month) = month == 1 ? (year - 1, 12) : (year, month - 1)
      let length = CivilDate.days(in: month, of: year)
      firstOfMonth -= length
      mask = daysFiring(month, length, firstOfMonth)
    }
    let match = Int64(firstOfMonth + 31 - mask.leadingZeroBitCount - 1) * 86400 + Int64(latest)
    return match >= from ? match : nil
  }

  /// Bit d: whether day d of the month fires. `firstOfMonth` counts days since the epoch, which was a Thursday.
  @inline(__always) private func daysFiring(_ month: Int, _ length: Int, _ firstOfMonth: Int) -> UInt32 {
    guard months >> UInt64(month) & 1 == 1 else { return 0 }
    let weekday = (firstOfMonth + 4) % 7
    return days.mask(length: length, first: weekday < 0 ? weekday + 7 : weekday)
  }

  // MARK: - Within a day, in seconds after midnight

  private func firstTime(from time: Int) -> Int? {
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60)
    if hours >> UInt64(hour) & 1 == 1 {
      if minutes >> UInt64(minute) & 1 == 1, let second = Self.lowest(seconds, from: second) { return hour * 3600 + minute * 60 + second }
      if let minute = Self.lowest(minutes, from: minute + 1) { return hour * 3600 + minute * 60 + seconds.trailingZeroBitCount }
    }
    guard let hour = Self.lowest(hours, from: hour + 1) else { return nil }
    return hour * 3600 + earliest % 3600
  }

  private func lastTime(upTo time: Int) -> Int? {
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60)
    if hours >> UInt64(hour) & 1 == 1 {
      if minutes >> UInt64(minute) & 1 == 1, let second = Self.highest(seconds, below: second + 1) { return hour * 3600 + minute * 60 + second }
      if let minute = Self.highest(minutes, below: minute) { return hour * 3600 + minute * 60 + latest % 60 }
    }
    guard let hour = Self.highest(hours, below: hour) else { return nil }
    return hour * 3600 + latest % 3600
  }

  /// The lowest bit at or above a place, 0 to 60.
  @inline(__always) private static func lowest(_ bits: UInt64, from place: Int) -> Int? {
    let rest = bits >> UInt64(place)
    return rest == 0 ? nil : place + rest.trailingZeroBitCount
  }

  /// The highest bit below a place, 0 to 60.
  @inline(__always) private static func highest(_ bits: UInt64, below place: Int) -> Int? {
    let rest = bits & ~(~0 << UInt64(place))
    return rest == 0 ? nil : 63 - rest.leadingZeroBitCount
  }
}

extension Int64 {
  /// Division that rounds towards the past, which `/` does not before 1970.
  @inline(__always) func floored(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
