package import Basics

/// Days and times under a name, for the schedules of a namespace to leave out: holidays, closing hours.
package struct Calendar: Sendable, Equatable {
  package var namespaceID: String
  package var name: String
  package var description: String?
  package var exclusions: [Exclusion]
  package var createdAt: Instant
  package var updatedAt: Instant

  package static let accepted = ["name", "description", "exclude"]

  package init(namespaceID: String, name: String, description: String?, exclusions: [Exclusion], createdAt: Instant, updatedAt: Instant) {
    self.namespaceID = namespaceID
    self.name = name
    self.description = description
    self.exclusions = exclusions
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }

  /// Reads a definition. A calendar holds no calendars: what it means would change with theirs.
  package init(_ name: String, _ body: JSON, in namespaceID: String, at now: Instant) throws(Problem) {
    let fields = try Fields(body, accepting: Self.accepted)
    if let other = try fields.string("name"), other != name {
      throw Problem(.invalid, "the name '\(other)' is not that of the path, '\(name)'", hint: "Leave it out", path: "name")
    }
    guard fields["exclude"] != nil else { throw fields.missing("exclude", example: "[{\"dates\": [\"2026-12-25\"]}]") }
    let exclusions = try Exclusion.list(fields)
    guard !exclusions.isEmpty else {
      throw Problem(.invalid, "the calendar is empty", hint: "For example \"exclude\": [{\"dates\": [\"2026-12-25\"]}]", path: "exclude")
    }
    for (index, exclusion) in exclusions.enumerated() {
      if case .calendar(let inner, _) = exclusion {
        throw Problem(
          .invalid, "a calendar cannot name another ('\(inner)')", hint: "Name both in the trigger's \"exclude\"", path: "exclude[\(index)].calendar")
      }
    }
    self.init(
      namespaceID: namespaceID, name: try Names.check(name, path: "name"), description: try fields.string("description"), exclusions: exclusions,
      createdAt: now, updatedAt: now)
  }

  package var json: JSON {
    [
      "name": .string(name), "description": .optional(description), "exclude": .array(exclusions.map(\.json)), "created_at": .instant(createdAt),
      "updated_at": .instant(updatedAt),
    ]
  }
}
