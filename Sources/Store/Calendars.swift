package import Basics
package import Model

extension Transaction {
  /// Makes a calendar, or replaces what it holds.
  package mutating func put(_ calendar: Calendar) {
    add(
      .putCalendar,
      [
        ("namespace_id", .text(calendar.namespaceID)), ("name", .text(calendar.name)), ("description", .optional(calendar.description)),
        ("exclusions", .json(.array(calendar.exclusions.map(\.json)))), ("created_at", .instant(calendar.createdAt)),
        ("updated_at", .instant(calendar.updatedAt)),
      ])
  }

  /// Lost (`calendar`) when there is none of that name.
  package mutating func deleteCalendar(_ name: String, in namespaceID: String) {
    add(.deleteCalendar, [("namespace_id", .text(namespaceID)), ("name", .text(name))], expecting: .exactly(1), guardName: "calendar")
  }
}

extension Reader {
  package func calendar(_ name: String, in namespaceID: String) throws(Problem) -> Calendar? {
    try connection.first(.calendar, [("namespace_id", .text(namespaceID)), ("name", .text(name))], Calendar.read)
  }

  /// By name.
  package func calendars(in namespaceID: String) throws(Problem) -> [Calendar] {
    try connection.rows(.calendars, [("namespace_id", .text(namespaceID))], Calendar.read)
  }

  /// Puts in what the calendars hold that a schedule names. Throws `.invalid` for one that does not exist, with the near miss.
  package func resolve(_ schedule: inout Schedule, in namespaceID: String) throws(Problem) {
    for (index, exclusion) in schedule.exclude.enumerated() {
      guard case .calendar(let name, _) = exclusion else { continue }
      guard let found = try calendar(name, in: namespaceID) else {
        let known = try calendars(in: namespaceID).map(\.name)
        throw Problem(
          .invalid, "calendar '\(name)' does not exist",
          hint: known.isEmpty ? "Make it first: PUT /v1/calendars/\(name)" : "There are: \(known.joined(separator: ", "))",
          path: "schedule_config.exclude[\(index)].calendar", didYouMean: Suggestion.nearest(to: name, in: known))
      }
      schedule.exclude[index] = .calendar(name, found.exclusions)
    }
  }

  /// The trigger with what its calendars hold. One that is gone stays a name, and is told when the schedule is compiled.
  func withCalendars(_ trigger: Trigger) -> Trigger {
    guard trigger.schedule.exclude.contains(where: \.isNamed) else { return trigger }
    var result = trigger
    try? resolve(&result.schedule, in: trigger.namespaceID)
    return result
  }
}

extension Calendar {
  static func read(_ row: inout Row) throws(Problem) -> Calendar {
    let (namespaceID, name, description) = (row.text(), row.text(), row.optionalText())
    let stored: JSON = ["exclude": try row.json()]
    return Calendar(
      namespaceID: namespaceID, name: name, description: description, exclusions: try Exclusion.list(Fields(stored)), createdAt: row.instant(),
      updatedAt: row.instant())
  }
}
