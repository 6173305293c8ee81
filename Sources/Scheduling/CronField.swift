/// One field of a cron expression: where it stands, how it was written, and which values it allows.
package struct CronField: Sendable, Equatable {
  /// The six places, seconds first, under the names that error messages and programs use.
  package enum Place: String, Sendable, CaseIterable {
    case second, minute, hour
    case dayOfMonth = "day_of_month"
    case month
    case dayOfWeek = "day_of_week"
  }

  /// What one entry of a comma-separated list asks for. Weekdays count from 0 = Sunday; in a range 7 is Sunday, too.
  package enum Item: Sendable, Equatable {
    /// `*`, `*/n`, and `?`, which is `*` in another spelling.
    case every(step: Int)
    /// `a/n`: from a to the end of the field.
    case onward(from: Int, step: Int)
    /// `a`, `a-b`, `a-b/n`.
    case range(Int, Int, step: Int)
    /// `L`: the last day of the month.
    case last
    /// `LW`: the last day of the month from Monday to Friday.
    case lastWeekday
    /// `nW`: the day from Monday to Friday nearest to day n, in the same month.
    case nearestWeekday(to: Int)
    /// `n#k`: the k-th such weekday of the month.
    case nth(Int, weekday: Int)
    /// `nL`: the last such weekday of the month.
    case lastOf(weekday: Int)
  }

  package let place: Place
  /// As written; `*` for days that were written `?`.
  package let text: String
  /// The position of the field's first character in the expression, counted from 1.
  package let column: Int
  package let items: [Item]

  init(place: Place, text: String, column: Int, items: [Item]) {
    self.place = place
    self.text = text
    self.column = column
    self.items = items
  }

  /// Whether the text begins with `*`. Vixie's cron hangs two rules on this: how the day fields combine, and which jobs follow elapsed time.
  package var startsWithStar: Bool { text.utf8.first == UInt8(ascii: "*") }

  /// Bit n stands for the plain value n. What depends on the month (`L`, `W`, `#`) is not in here: see `DayRule`.
  package var bits: UInt64 {
    items.reduce(into: 0) { bits, item in
      for value in place.values(of: item) { bits |= 1 << UInt64(place == .dayOfWeek ? value % 7 : value) }
    }
  }

  /// Whether every value of the field is allowed.
  package var isUnrestricted: Bool { bits == place.range.reduce(into: 0) { $0 |= 1 << UInt64($1) } }

  /// The plain values in ascending order.
  package var values: [Int] { place.range.filter { bits >> UInt64($0) & 1 == 1 } }
}

extension CronField.Place {
  /// The values of the field; the weekday 7 counts as 0.
  package var range: ClosedRange<Int> {
    switch self {
    case .second, .minute: 0...59
    case .hour: 0...23
    case .dayOfMonth: 1...31
    case .month: 1...12
    case .dayOfWeek: 0...6
    }
  }

  /// What may be written: Sunday is 0 or 7.
  var writable: ClosedRange<Int> { self == .dayOfWeek ? 0...7 : range }

  /// Three letters each, in the order of their numbers.
  var names: [String] {
    switch self {
    case .month: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
    case .dayOfWeek: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
    default: []
    }
  }

  /// A right way to fill the field, for hints.
  var advice: String {
    switch self {
    case .second: "Write seconds from 0 to 59, e.g. \"0\", \"*/10\" or \"0,30\"."
    case .minute: "Write minutes from 0 to 59, e.g. \"0\", \"*/15\" or \"0,30\"."
    case .hour: "Write hours from 0 to 23, e.g. \"2\", \"9-17\" or \"*/6\"."
    case .dayOfMonth: "Write days from 1 to 31, e.g. \"1\", \"1,15\", \"L\" (the last) or \"15W\" (the weekday nearest the 15th)."
    case .month: "Write months from 1 to 12 or JAN to DEC, e.g. \"*\", \"1-3\" or \"JAN,JUL\"."
    case .dayOfWeek:
      "Write weekdays from 0 to 7 (0 and 7 are Sunday) or SUN to SAT, e.g. \"1-5\", \"MON\", \"5#2\" (the second Friday) or \"5L\" (the last)."
    }
  }

  func values(of item: CronField.Item) -> [Int] {
    switch item {
    case .every(let step): Array(stride(from: range.lowerBound, through: range.upperBound, by: step))
    case .onward(let start, let step): Array(stride(from: start, through: range.upperBound, by: step))
    case .range(let low, let high, let step): Array(stride(from: low, through: high, by: step))
    case .last, .lastWeekday, .nearestWeekday, .nth, .lastOf: []
    }
  }
}
