// What is right by the rules, and yet perhaps not what was meant.

extension CronExpression {
  /// Remarks on the expression itself, one sentence each; `Occurrences.warnings` adds those that depend on the zone.
  package var warnings: [String] {
    var warnings: [String] = []
    let day = field(.dayOfMonth)
    let weekday = field(.dayOfWeek)
    if days.combination == .either {
      warnings.append(
        "day_of_month '\(day.text)' and day_of_week '\(weekday.text)' are both given, so it comes on days that match either of them; "
          + "write '*' in one of them if only the other should count")
    }
    if days.combination == .both {
      warnings.append(
        "'\((day.startsWithStar ? day : weekday).text)' begins with '*', so it comes only on days that match both day_of_month '\(day.text)' "
          + "and day_of_week '\(weekday.text)'")
    }
    for field in fields { warnings += field.unevenSteps }
    return warnings
  }
}

extension CronField {
  /// A step restarts with every hour, day, month, year or week: it is even only if it divides the whole.
  fileprivate var unevenSteps: [String] {
    items.compactMap { item in
      let (start, step): (Int, Int)
      switch item {
      case .every(let every): (start, step) = (place.range.lowerBound, every)
      case .onward(let from, let every): (start, step) = (from, every)
      default: return nil
      }
      if step == 1 || place.range.count % step == 0 { return nil }
      let values = place.values(of: item)
      let last = values[values.count - 1]
      if values.count == 1 { return "\(place.rawValue) '\(text)': a step of \(step) is larger than the field, so only \(last) matches" }
      return "\(place.rawValue) '\(text)': \(step) does not divide \(place.whole), so after \(last) comes \(start) again, which is not \(step) later"
    }
  }
}

extension CronField.Place {
  fileprivate var whole: String {
    switch self {
    case .second: "60 seconds"
    case .minute: "60 minutes"
    case .hour: "24 hours"
    case .dayOfMonth: "every month"
    case .month: "12 months"
    case .dayOfWeek: "7 days"
    }
  }
}
