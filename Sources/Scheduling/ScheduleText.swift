import Basics

/// A schedule in plain English: `Every 15 minutes from 09:00 to 17:45, Monday to Friday (Europe/Paris)`.
package enum ScheduleText {
  /// The zone is named at the end, if one is given.
  package static func describe(_ expression: CronExpression, in zone: String? = nil) -> String {
    let time = TimeText(expression)
    let text = time.text + DayText(expression).text(afterPoint: time.isPoint)
    return zone.map { "\(text) (\($0))" } ?? text
  }

  /// `Every 90 minutes`; the largest unit that leaves nothing over.
  package static func describe(_ schedule: IntervalSchedule) -> String {
    let milliseconds = schedule.interval.inMilliseconds
    guard milliseconds % 1000 == 0 else { return "Every \(Double(milliseconds) / 1000) seconds" }
    let seconds = milliseconds / 1000
    let units: [(String, Int64)] = [("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)]
    for (unit, size) in units where seconds % size == 0 { return "Every " + (seconds == size ? unit : "\(seconds / size) \(unit)s") }
    return "Every \(seconds) seconds"
  }

  /// `a`, `a and b`, `a, b and c`.
  static func list(_ words: [String], _ conjunction: String = "and") -> String {
    guard words.count > 1 else { return words.joined() }
    return words.dropLast().joined(separator: ", ") + " \(conjunction) " + words[words.count - 1]
  }

  /// Values as a list in which three or more neighbours become a range: `1 to 5 and 9`.
  static func ranges(_ values: [Int], _ conjunction: String = "and", _ name: (Int) -> String) -> String {
    var runs: [ClosedRange<Int>] = []
    for value in values {
      if let last = runs.last, last.upperBound + 1 == value { runs[runs.count - 1] = last.lowerBound...value } else { runs.append(value...value) }
    }
    return list(runs.flatMap { run in run.count > 2 ? ["\(name(run.lowerBound)) to \(name(run.upperBound))"] : run.map(name) }, conjunction)
  }

  static func ordinal(_ number: Int) -> String {
    switch (number % 10, number % 100) {
    case (_, 11...13): "\(number)th"
    case (1, _): "\(number)st"
    case (2, _): "\(number)nd"
    case (3, _): "\(number)rd"
    default: "\(number)th"
    }
  }
}

/// The part of a schedule's text that says when in a day.
private struct TimeText {
  /// How the values of a field lie.
  enum Shape {
    case all
    case even(step: Int, from: Int)
    case single(Int)
    case run, other
  }

  let text: String
  /// Whether it names moments of a day, so that "every day" has to follow.
  let isPoint: Bool

  init(_ expression: CronExpression) {
    let seconds = expression.field(.second).values
    let minutes = expression.field(.minute).values
    let hours = expression.field(.hour).values
    let times = seconds.count * minutes.count * hours.count
    if times == 1 || (times <= 4 && !expression.isWildcard) {
      isPoint = true
      text = "At " + ScheduleText.list(hours.flatMap { hour in minutes.flatMap { minute in seconds.map { Self.clock(hour, minute, $0) } } })
      return
    }
    (text, isPoint) = seconds == [0] ? Self.text(minutes, hours) : (Self.text(seconds, minutes, hours), false)
  }

  private static func shape(_ values: [Int], of size: Int) -> Shape {
    if values.count == size { return .all }
    if values.count == 1 { return .single(values[0]) }
    let step = values[1] - values[0]
    let even = zip(values, values.dropFirst()).allSatisfy { $1 - $0 == step }
    if even, step > 1, values.count * step == size { return .even(step: step, from: values[0]) }
    return even && step == 1 ? .run : .other
  }

  /// On the full minute.
  private static func text(_ minutes: [Int], _ hours: [Int]) -> (String, Bool) {
    let (first, last) = (hours[0], hours[hours.count - 1])
    let (opening, closing) = (clock(first, minutes[0]), clock(last, minutes[minutes.count - 1]))
    switch (shape(minutes, of: 60), shape(hours, of: 24)) {
    case (.all, .all): return ("Every minute", false)
    case (.all, .single), (.all, .run): return ("Every minute from \(opening) to \(closing)", false)
    case (.all, _): return ("Every minute of the hours \(ScheduleText.ranges(hours) { "\($0)" })", false)
    case (.even(let step, 0), .all): return ("Every \(step) minutes", false)
    case (.even(let step, let from), .all): return ("Every \(step) minutes, from minute \(from) of each hour", false)
    case (.even(let step, _), .single), (.even(let step, _), .run): return ("Every \(step) minutes from \(opening) to \(closing)", false)
    case (.even(let step, _), _): return ("Every \(step) minutes of the hours \(ScheduleText.ranges(hours) { "\($0)" })", false)
    case (.single(0), .all): return ("Every hour", false)
    case (.single(let minute), .all): return ("Every hour at minute \(minute)", false)
    case (.single(0), .even(let step, 0)): return ("Every \(step) hours", false)
    case (.single, .even(let step, _)): return ("Every \(step) hours from \(opening) to \(closing)", false)
    case (.single, .run) where hours.count > 2: return ("Every hour from \(opening) to \(closing)", false)
    case (.single(let minute), _): return ("At " + ScheduleText.list(hours.map { clock($0, minute) }), true)
    case (_, .all): return ("At minutes \(ScheduleText.ranges(minutes) { "\($0)" }) of every hour", false)
    default: return ("At minutes \(ScheduleText.ranges(minutes) { "\($0)" }) of \(unit("hour", hours))", true)
    }
  }

  /// With seconds.
  private static func text(_ seconds: [Int], _ minutes: [Int], _ hours: [Int]) -> String {
    let opening =
      switch shape(seconds, of: 60) {
      case .all: "Every second"
      case .even(let step, 0): "Every \(step) seconds"
      default: "At \(unit("second", seconds))"
      }
    let isEven = !opening.hasPrefix("At")
    switch (minutes.count == 60, hours.count == 24) {
    case (true, true): return isEven ? opening : opening + " of every minute"
    case (true, false): return opening + (isEven ? " of \(unit("hour", hours))" : " of every minute of \(unit("hour", hours))")
    case (false, true): return opening + " of \(unit("minute", minutes)) of every hour"
    case (false, false): return opening + " of \(unit("minute", minutes)) of \(unit("hour", hours))"
    }
  }

  private static func unit(_ name: String, _ values: [Int]) -> String {
    values.count == 1 ? "\(name) \(values[0])" : "\(name)s \(ScheduleText.ranges(values) { "\($0)" })"
  }

  private static func clock(_ hour: Int, _ minute: Int, _ second: Int = 0) -> String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return two(hour) + ":" + two(minute) + (second == 0 ? "" : ":" + two(second))
  }
}
