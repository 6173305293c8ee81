import Basics
import Model
import Scheduling
import Store

extension Operation {
  static let calendarOperations: [Operation] = [
    Operation("list_calendars", "GET", "/v1/calendars", "The calendars that schedules can leave out", tag: "Calendars", scope: .read) {
      host, call throws(Problem) in
      let namespaceID = try call.namespaceID()
      let calendars = try host.read { reader throws(Problem) in try reader.calendars(in: namespaceID) }
      return .json(["results": .array(calendars.map(\.json)), "total": .int(calendars.count)])
    },
    Operation("get_calendar", "GET", "/v1/calendars/{name}", "Read a calendar", tag: "Calendars", scope: .read) { host, call throws(Problem) in
      .json(try host.calendar(call).json)
    },
    Operation(
      "put_calendar", "PUT", "/v1/calendars/{name}", "Make a calendar of days and times to leave out, or replace it", tag: "Calendars", scope: .write,
      body: Calendar.accepted
    ) { host, call throws(Problem) in
      let (name, namespaceID, now) = (try call.parameter("name"), try call.namespaceID(), host.surroundings.now())
      var calendar = try Calendar(name, call.body, in: namespaceID, at: now)
      try calendar.check(zones: host.zones)
      if let known = try host.read({ reader throws(Problem) in try reader.calendar(name, in: namespaceID) }) { calendar.createdAt = known.createdAt }
      var transaction = Transaction()
      transaction.put(calendar)
      try host.commit(transaction)
      try host.reload(try host.triggers(naming: name, in: namespaceID).map(\.id))
      return .json(calendar.json)
    },
    Operation(
      "delete_calendar", "DELETE", "/v1/calendars/{name}", "Delete a calendar that no trigger names", tag: "Calendars", scope: .write,
      answers: .nothing
    ) {
      host, call throws(Problem) in
      let calendar = try host.calendar(call)
      let users = try host.triggers(naming: calendar.name, in: calendar.namespaceID)
      if let user = users.first {
        throw Problem(
          .conflict,
          "\(users.count) trigger\(users.count == 1 ? " names" : "s name") the calendar '\(calendar.name)', '\(user.name ?? user.id)' first",
          hint: "Change their schedule_config.exclude, or delete them", path: "name",
          details: ["trigger_ids": .array(users.prefix(20).map { .string($0.id) })])
      }
      var transaction = Transaction()
      transaction.deleteCalendar(calendar.name, in: calendar.namespaceID)
      try host.commit(transaction)
      return .nothing
    },
  ]
}

extension Host {
  fileprivate func calendar(_ call: Call) throws(Problem) -> Calendar {
    let (name, namespaceID) = (try call.parameter("name"), try call.namespaceID())
    return try read { reader throws(Problem) in
      if let found = try reader.calendar(name, in: namespaceID) { return found }
      let known = try reader.calendars(in: namespaceID).map(\.name)
      throw Problem(
        .notFound, "calendar '\(name)' does not exist", hint: known.isEmpty ? "Make it: PUT /v1/calendars/\(name)" : nil, path: "name",
        didYouMean: Suggestion.nearest(to: name, in: known))
    }
  }

  /// The triggers, deleted ones apart, whose schedule leaves out what a calendar holds.
  fileprivate func triggers(naming calendar: String, in namespaceID: String) throws(Problem) -> [Trigger] {
    var found: [Trigger] = []
    var query = TriggerQuery(namespaceID: namespaceID, sortBy: .createdAt, descending: false, limit: 1000)
    while true {
      let page = query
      let items = try read { reader throws(Problem) in try reader.triggers(page).items }
      found += items.filter { trigger in
        trigger.status != .disabled && trigger.schedule.exclude.contains { if case .calendar(calendar, _) = $0 { true } else { false } }
      }
      guard items.count == query.limit else { return found }
      query.offset += query.limit
    }
  }
}
