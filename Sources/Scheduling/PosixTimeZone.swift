import Basics

/// The rule at the end of a TZif file, for all years after its table: `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// The syntax is POSIX's TZ variable with the extensions of RFC 9636, section 3.3.1: hours from -167 to 167 in the times of change. Offsets
/// here are seconds east of Greenwich, which POSIX writes with the opposite sign. Nothing assumes that the second offset is the larger one:
/// Dublin's "standard" time is its summer time.
struct PosixTimeZone: Sendable, Equatable {
  struct Change: Sendable, Equatable {
    enum Day: Sendable, Equatable {
      /// `Jn`: 1 to 365, never counting 29 February.
      case julian(Int)
      /// `n`: 0 to 365, counting it.
      case ordinal(Int)
      /// `Mm.w.d`: the w-th weekday d of the month, 5 being the last.
      case weekday(month: Int, week: Int, day: Int)
    }
    var day: Day
    /// Seconds after midnight on the wall clock before the change.
    var time: Int64
  }

  struct Saving: Sendable, Equatable {
    var offset: Int64
    var start: Change
    var end: Change
  }

  var standard: Int64
  var saving: Saving?

  // MARK: - What it says

  /// The offset at a moment, and between which two changes it lies; moments are seconds since the epoch.
  func period(at moment: Int64) -> Zone.Period {
    guard let saving else { return Zone.Period(start: Zone.beginning, end: Zone.end, offset: standard) }
    let year = CivilDate(daysSinceEpoch: Int(moment.floored(by: 86400))).year
    // A change may lie up to seven days outside its year, so two years to each side hold the neighbours. Where two fall on one moment (all-year
    // saving time, RFC 9636's "EST5EDT,0/0,J365/25"), the later in this order holds.
    var period = Zone.Period(start: Zone.beginning, end: Zone.end, offset: standard)
    for year in year - 2...year + 2 {
      for change in changes(in: year, saving) {
        if change.moment <= moment {
          if change.moment >= period.start { period = Zone.Period(start: change.moment, end: period.end, offset: change.offset) }
        } else if change.moment < period.end {
          period.end = change.moment
        }
      }
    }
    return period
  }

  /// The two changes of a year in the order of time, each with the offset that it brings.
  func changes(in year: Int) -> [(moment: Int64, offset: Int64)] { saving.map { changes(in: year, $0) } ?? [] }

  private func changes(in year: Int, _ saving: Saving) -> [(moment: Int64, offset: Int64)] {
    let start = (moment: saving.start.wall(in: year) - standard, offset: saving.offset)
    let end = (moment: saving.end.wall(in: year) - saving.offset, offset: standard)
    return start.moment <= end.moment ? [start, end] : [end, start]
  }
}

extension PosixTimeZone.Change {
  func wall(in year: Int) -> Int64 {
    let newYear = CivilDate(year: year, month: 1, day: 1).daysSinceEpoch
    let days: Int
    switch day {
    case .julian(let count): days = newYear + count - 1 + (CivilDate.isLeap(year) && count > 59 ? 1 : 0)
    case .ordinal(let count): days = newYear + count
    case .weekday(let month, let week, let weekday):
      let first = CivilDate(year: year, month: month, day: 1)
      var date = 1 + (weekday - first.weekday + 7) % 7 + (week - 1) * 7
      if date > CivilDate.days(in: month, of: year) { date -= 7 }
      days = first.daysSinceEpoch + date - 1
    }
    return Int64(days) * 86400 + time
  }
}

// MARK: - Reading it

extension PosixTimeZone {
  /// Nil when the text is not such a rule.
  init?(_ text: some Sequence<UInt8>) {
    var reader = Reader(bytes: Array(text))
    guard reader.name(), let west = reader.time(hours: 24) else { return nil }
    standard = -west
    if reader.isAtEnd { return }
    guard reader.name() else { return nil }
    var offset = standard + 3600
    if reader.peek != UInt8(ascii: ",") {
      guard let west = reader.time(hours: 24) else { return nil }
      offset = -west
    }
    guard let start = reader.change(), let end = reader.change(), reader.isAtEnd else { return nil }
    saving = Saving(offset: offset, start: start, end: end)
  }

  private struct Reader {
    let bytes: [UInt8]
    var at = 0
    init(bytes: [UInt8]) { self.bytes = bytes }

    var peek: UInt8? { at < bytes.count ? bytes[at] : nil }
    var isAtEnd: Bool { at == bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard peek == UInt8(ascii: character) else { return false }
      at += 1
      return true
    }

    /// An abbreviation: at least three letters, or between `<` and `>` also digits and signs.
    mutating func name() -> Bool {
      let start = at
      if take("<") {
        while let byte = peek, byte != UInt8(ascii: ">") { at += byte > 32 && byte < 127 ? 1 : bytes.count }
        return take(">") && at - start >= 5
      }
      while let byte = peek, (97...122).contains(byte | 0x20) { at += 1 }
      return at - start >= 3
    }

    mutating func number(upTo limit: Int) -> Int? {
      let start = at
      var value = 0
      while let byte = peek, (48...57).contains(byte), at - start < 4 {
        value = value * 10 + Int(byte - 48)
        at += 1
      }
      return at > start && value <= limit ? value : nil
    }

    /// `[+-]hh[:mm[:ss]]`, in seconds.
    mutating func time(hours: Int) -> Int64? {
      let negative = take("-")
      if !negative { _ = take("+") }
      guard let hour = number(upTo: hours) else { return nil }
      var seconds = hour * 3600
      for unit in [60, 1] where take(":") {
        guard let part = number(upTo: 59) else { return nil }
        seconds += part * unit
      }
      return Int64(negative ? -seconds : seconds)
    }

    /// `,date[/time]`; without a time at 02:00.
    mutating func change() -> Change? {
      guard take(","), let day = day() else { return nil }
      guard take("/") else { return Change(day: day, time: 7200) }
      return time(hours: 167).map { Change(day: day, time: $0) }
    }

    private mutating func day() -> Change.Day? {
      if take("J") { return number(upTo: 365).flatMap { $0 > 0 ? .julian($0) : nil } }
      if take("M") {
        guard let month = number(upTo: 12), month > 0, take("."), let week = number(upTo: 5), week > 0, take("."), let day = number(upTo: 6) else {
          return nil
        }
        return .weekday(month: month, week: week, day: day)
      }
      return number(upTo: 365).map(Change.Day.ordinal)
    }
  }
}
