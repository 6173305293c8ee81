import Basics

extension Command {
  /// A calendar's file is at most this large.
  private static let calendarLimit = 1 << 20

  static let calendarSet = Command(
    name: "calendar set", summary: "Make a calendar of days and times that schedules leave out, or replace it",
    positionals: [
      Positional("NAME", .one, "What schedules call it"),
      Positional("ENTRY", .rest, "Dates (2026-12-25), or files: iCalendar (.ics), or JSON like [{\"cron\": \"* * * * 6\"}]"),
    ],
    options: [
      Option("cron", value: "EXPRESSION", "Minutes to leave out, e.g. '* 0-6 * * *'"), Option("description", value: "TEXT", "What it is"),
      Option.store,
      Option.namespace,
    ],
    examples: [
      Example("perigee calendar set holidays 2026-12-25 2027-01-01", "whole days, in each schedule's own zone"),
      Example("perigee calendar set holidays holidays.ics", "a file that a calendar program wrote"),
      Example("perigee calendar set nights --cron '* 0-5 * * *'", "times of the day"),
    ],
    notes: """
      A schedule names it in schedule_config: "exclude": [{"calendar": "holidays"}]. A due instant that it holds is
      skipped, with the reason 'calendar'. A change holds at once for every trigger that names it.
      """
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      var entries: [JSON] = []
      var dates: [JSON] = []
      for word in invocation.words.dropFirst() {
        if word.utf8.count == 10, Instant(word) != nil {
          dates.append(.string(word))
          continue
        }
        let bytes = try readFile(word, limit: calendarLimit)
        if bytes.starts(with: Array("BEGIN:VCALENDAR".utf8)) {
          entries.append(["ical": .string(String(decoding: bytes, as: UTF8.self))])
        } else {
          let json: JSON
          do throws(Problem) { json = try JSON(parsing: bytes) } catch { throw error.within(word) }
          entries += json["exclude"]?.array ?? json.array ?? [json]
        }
      }
      if !dates.isEmpty { entries.append(["dates": .array(dates)]) }
      if let cron = invocation.text("cron") { entries.append(["cron": .string(cron)]) }
      let calendar = try connection.call(
        "put_calendar", path: ["name": invocation.words[0]],
        body: ["exclude": .array(entries), "description": .optional(invocation.text("description"))])
      if invocation.wantsJSON {
        invocation.console.print(calendar)
      } else {
        invocation.console.say(
          "\(printable(calendar["name"]?.string ?? "")) has \(entries.count == 1 ? "1 entry" : "\(Format.count(entries.count)) entries")")
      }
      return .ok
    }
  }

  static let calendarList = Command(
    name: "calendar list", summary: "List the calendars, or show what one holds",
    positionals: [Positional("NAME", .optional, "Only this one")], options: [Option.store, Option.namespace],
    examples: [Example("perigee calendar list", "all of them"), Example("perigee calendar list holidays --json", "what one holds")]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      let console = invocation.console
      if let name = invocation.word(0) {
        let calendar = try connection.call("get_calendar", path: ["name": name])
        if invocation.wantsJSON {
          console.print(calendar)
        } else {
          for entry in calendar["exclude"]?.array ?? [] { console.print(printable(entry.text)) }
        }
        return .ok
      }
      let answer = try connection.call("list_calendars")
      if invocation.wantsJSON {
        console.print(answer)
        return .ok
      }
      var table = Table([.init("name"), .init("entries", .right), .init("changed"), .init("description", elastic: true)])
      for calendar in answer["results"]?.array ?? [] {
        table.add(
          calendar["name"]?.string ?? "", "\(calendar["exclude"]?.array?.count ?? 0)", calendar["updated_at"]?.string ?? "",
          calendar["description"]?.string ?? "")
      }
      table.print(to: console)
      return .ok
    }
  }

  static let calendarDelete = Command(
    name: "calendar delete", summary: "Delete a calendar that no trigger names", positionals: [Positional("NAME", .one, "Its name")],
    options: [Option.store, Option.namespace], examples: [Example("perigee calendar delete holidays", "refused while a trigger names it")]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      _ = try connection.call("delete_calendar", path: ["name": invocation.words[0]])
      if !invocation.wantsJSON { invocation.console.say("\(printable(invocation.words[0])) is deleted") }
      return .ok
    }
  }

  static let events = Command(
    name: "events", summary: "Show what has happened: events that triggers can listen to",
    options: [
      Option("type", value: "TYPE", "Only these: documents_added, trigger.stopped, custom.NAME, …"),
      Option("collection", value: "NAME", "Only those about this collection"), Option("since", value: "N", "After this number"),
      Option("limit", value: "N", "At most so many; without it 100"), Option.store, Option.namespace,
    ],
    examples: [
      Example("perigee events --type documents_added --limit 20", "the first twenty"),
      Example("perigee events --since 1200 --json", "go on from a number"),
    ]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      var query: JSONObject = ["limit": .int(try invocation.int("limit", in: 1...1000) ?? 100)]
      if let type = invocation.text("type") { query["event_type"] = .string(type) }
      if let collection = invocation.text("collection") { query["collection_id"] = .string(collection) }
      if let since = try invocation.int("since", in: 0...Int.max) { query["since"] = .int(since) }
      let answer = try connection.call("list_events", query: query)
      if invocation.wantsJSON {
        invocation.console.print(answer)
        return .ok
      }
      var table = Table([.init("n", .right), .init("at"), .init("type"), .init("count", .right), .init("about", elastic: true)])
      for event in answer["results"]?.array ?? [] {
        let about = event["payload"].map(\.text) ?? (event["document_ids"]?.array ?? []).prefix(8).compactMap(\.string).joined(separator: ", ")
        table.add(
          event["seq"]?.text ?? "", event["at"]?.string ?? "", event["type"]?.string ?? "", event["count"]?.text ?? "", about)
      }
      table.print(to: invocation.console)
      return .ok
    }
  }
}
