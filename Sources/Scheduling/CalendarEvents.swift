import Basics

/// The events of an iCalendar text (RFC 5545), reduced to the question whether a moment lies in one of them.
///
/// Understands what calendars of holidays and closing times are made of: `VEVENT` with `DTSTART` (date, UTC, `TZID`, or neither, which is the
/// trigger's zone), `DTEND` or `DURATION` in days and hours, and `RRULE` with DAILY, WEEKLY (`BYDAY` of plain weekdays), MONTHLY and YEARLY,
/// `INTERVAL`, `COUNT` and `UNTIL`. What would change an event's days and is not among these is refused rather than passed over.
struct CalendarEvents: Sendable {
  private enum Frequency: String { case daily = "DAILY", weekly = "WEEKLY", monthly = "MONTHLY", yearly = "YEARLY" }

  /// Times are seconds on the wall of `zone`, or of the trigger's zone when there is none.
  private struct Event: Sendable {
    var zone: Zone?
    var start: Int64
    var length: Int64
    var rule: Rule?
  }

  private struct Rule: Sendable {
    var frequency: Frequency
    var interval = 1
    var weekdays: Set<Int> = []
    /// The last wall second at which an instance may begin.
    var until: Int64 = .max
  }

  private static let weekdayNames = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"]
  private static let longest: Int64 = 366 * 86_400
  /// How many days `COUNT` is followed.
  private static let countedDays = 40_000

  private var events: [Event] = []

  func contains(wall: Int64, moment: Int64) -> Bool {
    events.contains { event in
      let local = event.zone.map { moment + $0.offset(at: Instant(seconds: moment)) } ?? wall
      guard let rule = event.rule else { return local >= event.start && local < event.start + event.length }
      let time = event.start - event.start.floored(by: 86_400) * 86_400
      // Whichever instance covers the moment began at most its length ago.
      var day = local.floored(by: 86_400)
      let first = max(event.start.floored(by: 86_400), (local - event.length).floored(by: 86_400))
      while day >= first {
        let begin = day * 86_400 + time
        if begin <= local, local < begin + event.length, begin <= rule.until, Self.recurs(rule, event, on: Int(day)) { return true }
        day -= 1
      }
      return false
    }
  }

  private static func recurs(_ rule: Rule, _ event: Event, on day: Int) -> Bool {
    let first = Int(event.start.floored(by: 86_400))
    let (date, start) = (CivilDate(daysSinceEpoch: day), CivilDate(daysSinceEpoch: first))
    switch rule.frequency {
    case .daily: return (day - first) % rule.interval == 0
    case .weekly:
      let weekdays = rule.weekdays.isEmpty ? [start.weekday] : rule.weekdays
      // RFC 5545 begins weeks on Monday unless WKST says otherwise.
      func monday(_ day: Int, _ weekday: Int) -> Int { day - (weekday + 6) % 7 }
      return weekdays.contains(date.weekday) && (monday(day, date.weekday) - monday(first, start.weekday)) / 7 % rule.interval == 0
    case .monthly: return date.day == start.day && ((date.year - start.year) * 12 + date.month - start.month) % rule.interval == 0
    case .yearly: return date.day == start.day && date.month == start.month && (date.year - start.year) % rule.interval == 0
    }
  }

  // MARK: - Reading

  /// Throws `.invalid` or `.unsupported`, naming the line.
  init(_ text: String, in zone: Zone, zones: Zones) throws(Problem) {
    var properties: [(name: String, parameters: [String: String], value: String, line: Int)]?
    var depth = 0
    var sawCalendar = false
    for (number, line) in Self.unfolded(text) {
      guard let colon = line.firstIndex(of: ":") else {
        throw Problem(.invalid, "line \(number) has no ':'", hint: "Give the text of an .ics file, lines and all")
      }
      let head = line[..<colon].split(separator: ";").map(String.init)
      let name = (head.first ?? "").uppercased()
      let value = String(line[line.index(after: colon)...])
      switch (name, value.uppercased()) {
      case ("BEGIN", "VCALENDAR"): sawCalendar = true
      case ("BEGIN", "VEVENT") where depth == 0: properties = []
      case ("END", "VEVENT") where depth == 0:
        if let properties, let event = try Self.event(properties, zones) { events.append(event) }
        properties = nil
      // An alarm inside an event has times of its own.
      case ("BEGIN", _) where properties != nil: depth += 1
      case ("END", _) where depth > 0: depth -= 1
      default:
        guard depth == 0 else { continue }
        var parameters: [String: String] = [:]
        for part in head.dropFirst() {
          let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
          if pair.count == 2 { parameters[pair[0].uppercased()] = pair[1].filter { $0 != "\"" } }
        }
        properties?.append((name, parameters, value, number))
      }
    }
    guard sawCalendar else { throw Problem(.invalid, "this is not a calendar", hint: "It begins with BEGIN:VCALENDAR") }
    guard !events.isEmpty else { throw Problem(.invalid, "the calendar has no event", hint: "Events stand between BEGIN:VEVENT and END:VEVENT") }
  }

  /// Lines with their numbers; a line that begins with a blank continues the one before.
  private static func unfolded(_ text: String) -> [(Int, String)] {
    var lines: [(Int, String)] = []
    // Swift takes "\r\n" for one character, and splitting at newlines finds all three ways to end a line.
    for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      if let first = raw.first, first == " " || first == "\t", let last = lines.indices.last {
        lines[last].1 += raw.dropFirst()
      } else if !raw.isEmpty {
        lines.append((index + 1, String(raw)))
      }
    }
    return lines
  }

  private static func event(
    _ properties: [(name: String, parameters: [String: String], value: String, line: Int)], _ zones: Zones
  ) throws(Problem) -> Event? {
    var event: Event?
    var isDate = false
    for property in properties where property.name == "DTSTART" {
      let (wall, date, zone) = try time(property.value, property.parameters, property.line, zones)
      isDate = date
      event = Event(zone: zone, start: wall, length: date ? 86_400 : 0)
    }
    guard var event else { throw Problem(.invalid, "an event has no DTSTART", hint: "For example DTSTART;VALUE=DATE:20261225") }
    for property in properties {
      switch property.name {
      case "STATUS" where property.value.uppercased() == "CANCELLED": return nil
      case "DTEND":
        let (wall, date, zone) = try time(property.value, property.parameters, property.line, zones)
        guard date == isDate, zone?.name == event.zone?.name else {
          throw Problem(.unsupported, "line \(property.line): DTEND is of another kind than DTSTART", hint: "Give both as dates, or both in one zone")
        }
        event.length = wall - event.start
      case "DURATION": event.length = try duration(property.value, property.line)
      case "RRULE": event.rule = try rule(property.value, property.line, event)
      case "EXDATE", "RDATE", "EXRULE", "RECURRENCE-ID":
        throw Problem(.unsupported, "line \(property.line): \(property.name) is not read", hint: "Write the days as events of their own")
      default: break
      }
    }
    guard event.length > 0, event.length <= longest else {
      throw Problem(.invalid, "an event lasts \(event.length) seconds", hint: "Give DTEND after DTSTART, within a year")
    }
    if let count = properties.first(where: { $0.name == "RRULE" }).flatMap({ Self.count($0.value) }) {
      let last = try lastOf(count, event)
      event.rule?.until = last
    }
    return event
  }

  /// `20261225`, `20261225T180000`, `20261225T180000Z`: seconds on the wall, whether it is a date, and the zone it names.
  private static func time(
    _ text: String, _ parameters: [String: String], _ line: Int, _ zones: Zones
  ) throws(Problem) -> (wall: Int64, isDate: Bool, zone: Zone?) {
    let digits = text.filter { $0 != "T" && $0 != "Z" }
    let number = Array(digits.utf8)
    guard number.count == 8 || number.count == 14, number.allSatisfy({ (48...57).contains($0) }) else {
      throw Problem(.invalid, "line \(line): '\(text.prefix(40))' is not a date or time", hint: "For example 20261225 or 20261225T180000Z")
    }
    func value(_ range: Range<Int>) -> Int { number[range].reduce(0) { $0 * 10 + Int($1 - 48) } }
    let (year, month, day) = (value(0..<4), value(4..<6), value(6..<8))
    guard (1...12).contains(month), day >= 1, day <= CivilDate.days(in: month, of: year) else {
      throw Problem(.invalid, "line \(line): '\(text.prefix(40))' is not a day of the calendar", hint: "For example 20261225")
    }
    var wall = Int64(CivilDate(year: year, month: month, day: day).daysSinceEpoch) * 86_400
    if number.count == 8 { return (wall, true, nil) }
    wall += Int64(value(8..<10) * 3600 + value(10..<12) * 60 + value(12..<14))
    if text.hasSuffix("Z") { return (wall, false, .utc) }
    guard let name = parameters["TZID"] else { return (wall, false, nil) }
    do { return (wall, false, try zones.zone(name)) } catch {
      throw Problem(.unsupported, "line \(line): \(error.message)", hint: "Use a name of the IANA database in TZID", didYouMean: error.didYouMean)
    }
  }

  /// `P1D`, `P1W`, `PT8H`, `P1DT12H30M`.
  private static func duration(_ text: String, _ line: Int) throws(Problem) -> Int64 {
    let units: [Character: Int64] = ["W": 604_800, "D": 86_400, "H": 3600, "M": 60, "S": 1]
    var total: Int64 = 0
    var number: Int64?
    for character in text.uppercased().drop(while: { $0 == "+" }) {
      if let digit = character.wholeNumberValue, (number ?? 0) < 1_000_000 {
        number = (number ?? 0) * 10 + Int64(digit)
      } else if let unit = units[character], let count = number {
        total += count * unit
        number = nil
      } else if !"PT".contains(character) || number != nil {
        throw Problem(.invalid, "line \(line): '\(text.prefix(40))' is not a duration", hint: "For example P1D or PT8H")
      }
    }
    return total
  }

  private static func rule(_ text: String, _ line: Int, _ event: Event) throws(Problem) -> Rule {
    var rule: Rule?
    let parts = text.uppercased().split(separator: ";").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
    for part in parts where part.count == 2 && part[0] == "FREQ" { rule = Frequency(rawValue: part[1]).map { Rule(frequency: $0) } }
    guard var rule else {
      throw Problem(.unsupported, "line \(line): '\(text.prefix(60))' has no FREQ that is read", hint: "One of: DAILY, WEEKLY, MONTHLY, YEARLY")
    }
    let start = CivilDate(daysSinceEpoch: Int(event.start.floored(by: 86_400)))
    for part in parts {
      let (key, value) = (part.first ?? "", part.count == 2 ? part[1] : "")
      switch key {
      case "FREQ", "WKST", "COUNT": break
      case "INTERVAL":
        guard let interval = Int(value), (1...10_000).contains(interval) else {
          throw Problem(.invalid, "line \(line): INTERVAL '\(value.prefix(20))' is not a number from 1", hint: "For example INTERVAL=2")
        }
        rule.interval = interval
      case "UNTIL":
        let digits = value.filter { $0 != "T" && $0 != "Z" }
        guard let end = Instant(digits.count >= 8 ? "\(digits.prefix(4))-\(digits.dropFirst(4).prefix(2))-\(digits.dropFirst(6).prefix(2))" : "") else {
          throw Problem(.invalid, "line \(line): UNTIL '\(value.prefix(20))' is not a date", hint: "For example UNTIL=20301231")
        }
        // To the end of that day: calendars of days and hours mean the day.
        rule.until = end.seconds + 86_399
      case "BYDAY" where rule.frequency == .weekly:
        for name in value.split(separator: ",") {
          guard let index = weekdayNames.firstIndex(of: String(name)) else {
            throw Problem(.unsupported, "line \(line): BYDAY '\(name.prefix(20))' is not read", hint: "One of: \(weekdayNames.joined(separator: ", "))")
          }
          rule.weekdays.insert(index)
        }
      // What only repeats DTSTART says nothing new; holiday calendars often write it.
      case "BYMONTHDAY" where value == "\(start.day)" && (rule.frequency == .yearly || rule.frequency == .monthly): break
      case "BYMONTH" where value == "\(start.month)" && rule.frequency == .yearly: break
      default:
        throw Problem(.unsupported, "line \(line): '\(key.prefix(20))=\(value.prefix(40))' of RRULE is not read", hint: "Write the days as events of their own")
      }
    }
    return rule
  }

  private static func count(_ rule: String) -> Int? {
    rule.uppercased().split(separator: ";").first { $0.hasPrefix("COUNT=") }.flatMap { Int($0.dropFirst("COUNT=".count)) }
  }

  /// When the last of `count` instances begins.
  private static func lastOf(_ count: Int, _ event: Event) throws(Problem) -> Int64 {
    guard let rule = event.rule, count > 0 else { throw Problem(.invalid, "COUNT \(count) is below 1", hint: "For example COUNT=10") }
    let first = Int(event.start.floored(by: 86_400))
    var left = count
    for day in first..<first + countedDays where recurs(rule, event, on: day) {
      left -= 1
      if left == 0 { return event.start + Int64(day - first) * 86_400 }
    }
    throw Problem(.unsupported, "COUNT \(count) reaches more than a hundred years ahead", hint: "Leave COUNT out")
  }
}
