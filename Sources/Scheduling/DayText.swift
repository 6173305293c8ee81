/// The part of a schedule's text that says on which days.
struct DayText {
  private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
  ]
  private static let ordinals = ["first", "second", "third", "fourth", "fifth"]

  let expression: CronExpression
  init(_ expression: CronExpression) { self.expression = expression }

  /// With what joins it to the time before; after a moment of the day ("At 02:00") it says "every day", after a rhythm that goes without saying.
  func text(afterPoint: Bool) -> String {
    let join = afterPoint ? " " : ", "
    switch combination {
    case .everyDay: return allMonths ? (afterPoint ? " every day" : "") : "\(join)every day \(inMonths)"
    case .dayOfMonth: return join + days
    case .dayOfWeek where countsWeekdays: return join + countedWeekdays
    case .dayOfWeek:
      let names = plainWeekdays("and")
      return (names.contains(" to ") ? ", \(names)" : "\(join)every \(names)") + (allMonths ? "" : " \(inMonths)")
    case .either where countsWeekdays: return "\(join)\(days), or \(countedWeekdays)"
    case .either: return "\(join)\(days), or on \(plainWeekdays("and"))" + (allMonths ? "" : " \(inMonths)")
    case .both: return "\(join)\(days), if that is \(weekdaysToMatch)"
    }
  }

  /// As the rule has it, but two fields of which either may match and one always does are every day.
  private var combination: DayRule.Combination {
    let rule = expression.days.combination
    return rule == .either && (expression.field(.dayOfMonth).isUnrestricted || expression.field(.dayOfWeek).isUnrestricted) ? .everyDay : rule
  }

  // MARK: - Months

  private var allMonths: Bool { expression.field(.month).isUnrestricted }
  private var monthNames: String { ScheduleText.ranges(expression.field(.month).values) { Self.months[$0 - 1] } }
  private var inMonths: String { (monthNames.contains(" to ") ? "from " : "in ") + monthNames }
  private var ofMonth: String { allMonths ? "of the month" : "of \(monthNames)" }

  // MARK: - Days of the month

  /// `on the 1st and 15th of the month`.
  private var days: String {
    let field = expression.field(.dayOfMonth)
    if field.items.count == 1, case .every(let step) = field.items[0] {
      return "on every \(ScheduleText.ordinal(step)) day \(ofMonth), counted from the 1st"
    }
    var parts = field.bits == 0 ? [] : ["the \(ScheduleText.ranges(field.values) { ScheduleText.ordinal($0) })"]
    for item in field.items {
      switch item {
      case .last: parts.append("the last day")
      case .lastWeekday: parts.append("the last day from Monday to Friday")
      case .nearestWeekday(let day): parts.append("the day from Monday to Friday nearest the \(ScheduleText.ordinal(day))")
      case .every, .onward, .range, .nth, .lastOf: break
      }
    }
    return "on \(ScheduleText.list(parts)) \(ofMonth)"
  }

  // MARK: - Weekdays

  /// `Monday to Friday`, `Monday and Thursday`. The week of people begins on Monday, so that Saturday and Sunday are neighbours.
  private func plainWeekdays(_ conjunction: String) -> String {
    let days = expression.field(.dayOfWeek).values.map { $0 == 0 ? 7 : $0 }.sorted()
    return ScheduleText.ranges(days, conjunction) { Self.weekdays[$0 % 7] }
  }

  private var countsWeekdays: Bool { !counted.isEmpty }

  private var counted: [String] {
    expression.field(.dayOfWeek).items.compactMap { item in
      switch item {
      case .nth(let count, let weekday): "the \(Self.ordinals[count - 1]) \(Self.weekdays[weekday])"
      case .lastOf(let weekday): "the last \(Self.weekdays[weekday])"
      case .every, .onward, .range, .last, .lastWeekday, .nearestWeekday: nil
      }
    }
  }

  /// `Monday or the last Friday`.
  private var weekdaysToMatch: String {
    let plain = plainWeekdays("or")
    return ScheduleText.list((plain.isEmpty ? [] : [plain]) + counted, "or")
  }

  /// `on the second Friday of the month`.
  private var countedWeekdays: String {
    let plain = plainWeekdays("and")
    return "on \(ScheduleText.list((plain.isEmpty ? [] : ["every \(plain)"]) + counted)) \(ofMonth)"
  }
}
