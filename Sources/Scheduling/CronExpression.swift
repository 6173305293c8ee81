package import Basics

/// A cron expression: which wall-clock times it asks for, in whatever zone it is read.
///
/// Five fields (minute hour day month weekday), or six with seconds first, or a macro from `@yearly` to `@hourly`. Each field takes `*`, lists,
/// ranges and steps; months and weekdays also three-letter names; days `L`, `LW`, `nW`; weekdays `n#k` and `nL`. Zones, gaps and folds are
/// the business of `Occurrences`.
package struct CronExpression: Sendable, Equatable {
  /// As it was given, without blanks around it.
  package let text: String
  /// Six, seconds first; the second of a five-field expression is 0.
  package let fields: [CronField]
  package let hasSeconds: Bool
  /// Whether the minute or the hour begins with `*`: such a job follows elapsed time over a change of the clocks, any other follows the wall clock.
  package let isWildcard: Bool

  // Bit n is the value n: the search is carry arithmetic over these.
  let seconds: UInt64
  let minutes: UInt64
  let hours: UInt64
  let months: UInt64
  let days: DayRule
  /// Seconds after midnight of the first and of the last time in a day.
  let earliest: Int
  let latest: Int

  /// Refuses, as `.invalid` at `cron_expression`, what is not an expression or can never come; `details` carry `field`, `column` and `value`.
  package init(_ text: String) throws(Problem) {
    let (fields, words) = try CronParser.parse(text)
    self.text = text.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
    self.fields = fields
    hasSeconds = words == 6
    isWildcard = fields[1].startsWithStar || fields[2].startsWithStar
    seconds = fields[0].bits
    minutes = fields[1].bits
    hours = fields[2].bits
    months = fields[4].bits
    days = DayRule(dayOfMonth: fields[3], dayOfWeek: fields[5])
    earliest = hours.trailingZeroBitCount * 3600 + minutes.trailingZeroBitCount * 60 + seconds.trailingZeroBitCount
    latest = (63 - hours.leadingZeroBitCount) * 3600 + (63 - minutes.leadingZeroBitCount) * 60 + 63 - seconds.leadingZeroBitCount
    if !days.isPossible(in: fields[4].values) { throw impossible }
  }

  package func field(_ place: CronField.Place) -> CronField {
    switch place {
    case .second: fields[0]
    case .minute: fields[1]
    case .hour: fields[2]
    case .dayOfMonth: fields[3]
    case .month: fields[4]
    case .dayOfWeek: fields[5]
    }
  }

  private var impossible: Problem {
    let day = field(.dayOfMonth)
    let month = field(.month)
    let where_ = month.isUnrestricted ? "no month" : "month '\(month.text)' never"
    let weekday = field(.dayOfWeek)
    let also = weekday.isUnrestricted ? "" : " with day_of_week '\(weekday.text)'"
    var last = ["0", "0", "L", month.text, "*"]
    if hasSeconds { last.insert("0", at: 0) }
    return Problem(
      .invalid, "cron_expression '\(text)' never comes: \(where_) has day_of_month '\(day.text)'\(also)",
      hint: "Write a day that exists, or the last day of the month: \"\(last.joined(separator: " "))\".", path: CronParser.path,
      details: ["field": .string(day.place.rawValue), "column": .int(day.column), "value": .string(day.text)])
  }
}

extension CronExpression: CustomStringConvertible {
  package var description: String { text }
}
