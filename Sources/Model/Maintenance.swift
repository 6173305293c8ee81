package import Basics

/// A time in which no trigger fires, while each keeps its state: counters go on counting, and what became due waits for the end.
package struct Maintenance: Sendable, Equatable {
  package var since: Instant
  /// When it ends by itself; nil leaves that to somebody.
  package var until: Instant?
  package var note: String?
  /// Who switched it on.
  package var by: String?

  package init(since: Instant, until: Instant? = nil, note: String? = nil, by: String? = nil) {
    self.since = since
    self.until = until
    self.note = note
    self.by = by
  }

  package func holds(at now: Instant) -> Bool { until.map { now < $0 } ?? true }

  /// Reads what `json` wrote; nil for anything else.
  package init?(_ json: JSON?) {
    guard let json, let since = json["since"]?.string.flatMap({ Instant($0) }) else { return nil }
    self.init(since: since, until: json["until"]?.string.flatMap { Instant($0) }, note: json["note"]?.string, by: json["by"]?.string)
  }

  package var json: JSON {
    ["since": .instant(since), "until": .optional(until), "note": .optional(note), "by": .optional(by)]
  }

  /// `{enabled, until?, note?}` of a request; nil switches it off.
  package static func read(_ body: JSON, by name: String, at now: Instant) throws(Problem) -> Maintenance? {
    let fields = try Fields(body, accepting: names)
    guard let enabled = try fields.bool("enabled") else { throw fields.missing("enabled", example: "true") }
    let until = try fields.instant("until")
    let note = try fields.string("note")
    guard enabled else { return nil }
    if let until, until <= now {
      throw Problem(
        .invalid, "\(until) has passed; it is \(now)", hint: "Give a later moment, or leave it out to switch it off yourself", path: "until")
    }
    return Maintenance(since: now, until: until, note: note, by: name)
  }

  package static let names = ["enabled", "until", "note"]
}
