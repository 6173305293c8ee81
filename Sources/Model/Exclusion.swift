package import Basics

/// Days and times at which a schedule's instants do not count: holidays, weekends, closing hours.
///
/// Whether a cron expression or a calendar's text is right is decided by `Scheduling`; this is their shape.
package enum Exclusion: Sendable, Equatable {
  /// Whole days on the clock of the trigger's zone.
  case dates([CivilDate])
  /// The minutes (with six fields: the seconds) that a cron expression matches.
  case cron(String)
  /// The events of an iCalendar text (RFC 5545).
  case ical(String)
  /// A calendar of the namespace, by name, with what it holds where that has been looked up.
  case calendar(String, [Exclusion]?)

  /// A calendar is at most this many bytes of text.
  static let sizeLimit = 64 * 1024

  init(_ json: JSON, path: String) throws(Problem) {
    let fields = try Fields(json, path: path, accepting: ["dates", "cron", "ical", "calendar"])
    guard fields.object.count == 1 else {
      throw Problem(.invalid, "an exclusion has one of dates, cron, ical, calendar", hint: "For example {\"dates\": [\"2026-12-25\"]}", path: path)
    }
    if let texts = try fields.strings("dates", atLeast: 1) {
      var days: [CivilDate] = []
      for (index, text) in texts.enumerated() {
        guard text.utf8.count == 10, let midnight = Instant(text) else {
          throw Problem(.invalid, "'\(text)' is not a date", hint: "For example \"2026-12-25\"", path: fields.at("dates") + "[\(index)]")
        }
        days.append(CivilDate(daysSinceEpoch: Int(midnight.seconds / 86_400) - (midnight.seconds % 86_400 < 0 ? 1 : 0)))
      }
      self = .dates(days)
    } else if fields["cron"] != nil {
      self = .cron(try fields.required("cron", example: "\"* * * * 6\""))
    } else if fields["calendar"] != nil {
      self = .calendar(try fields.required("calendar", example: "\"holidays\""), nil)
    } else {
      let text = try fields.required("ical", example: "\"BEGIN:VCALENDAR…\"")
      guard text.utf8.count <= Self.sizeLimit else {
        throw Problem(
          .tooLarge, "the calendar has \(text.utf8.count) bytes, \(Self.sizeLimit) are allowed", hint: "Keep only the years that are needed",
          path: fields.at("ical"))
      }
      self = .ical(text)
    }
  }

  /// Reads the list under `exclude`.
  package static func list(_ fields: Fields, _ key: String = "exclude") throws(Problem) -> [Exclusion] {
    guard let value = fields[key] else { return [] }
    guard let items = value.array else {
      throw Problem(
        .invalid, "expected an array, got \(value.typeName)", hint: "For example [{\"dates\": [\"2026-12-25\"]}]", path: fields.at(key))
    }
    var result: [Exclusion] = []
    for (index, item) in items.enumerated() { result.append(try Exclusion(item, path: fields.at(key) + "[\(index)]")) }
    return result
  }

  package var isNamed: Bool { if case .calendar = self { true } else { false } }

  package var json: JSON {
    switch self {
    case .dates(let days): ["dates": .array(days.map { .string(String(Instant(seconds: Int64($0.daysSinceEpoch) * 86_400).description.prefix(10))) })]
    case .cron(let expression): ["cron": .string(expression)]
    case .ical(let text): ["ical": .string(text)]
    case .calendar(let name, _): ["calendar": .string(name)]
    }
  }
}
