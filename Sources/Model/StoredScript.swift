package import Basics

/// A script that is kept in the store under a name, in versions of which at most one is active.
package struct StoredScript: Sendable, Equatable {
  /// What it is for. `module` is what `require` finds; `test` holds tests of others.
  package enum Kind: String, Sendable, CaseIterable { case predicate, filter, hook, action, metric, batch, module, test }

  package var id: String
  package var namespaceID: String
  package var name: String
  package var kind: Kind
  package var description: String?
  /// `hook`: the events of the namespace after which it runs; empty for hooks that only triggers name.
  package var events: [Schedule.EventType]
  /// The version that runs where no other is named; nil while none has passed its tests.
  package var activeVersion: Int64?
  /// How many versions were made.
  package var lastVersion: Int64
  package var createdAt: Instant
  package var updatedAt: Instant

  package init(
    id: String, namespaceID: String, name: String, kind: Kind, description: String? = nil, events: [Schedule.EventType] = [],
    activeVersion: Int64? = nil,
    lastVersion: Int64, createdAt: Instant, updatedAt: Instant
  ) {
    self.id = id
    self.namespaceID = namespaceID
    self.name = name
    self.kind = kind
    self.description = description
    self.events = events
    self.activeVersion = activeVersion
    self.lastVersion = lastVersion
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }

  /// Names are words with dots, dashes or slashes of folders left out: they stand in `require "name"` and in file names.
  package static func checkName(_ name: String, path: String = "name") throws(Problem) -> String {
    let isPlain = name.utf8.allSatisfy { (97...122).contains($0 | 0x20) || (48...57).contains($0) || [45, 46, 95].contains($0) }
    guard isPlain, (1...100).contains(name.utf8.count), !name.hasPrefix("."), !name.hasPrefix("-") else {
      throw Problem(
        .invalid, "'\(name.prefix(40))' cannot be a script's name", hint: "Give 1 to 100 letters, digits, '_', '-' or '.', for example \"urgent\"",
        path: path)
    }
    return name
  }

  package var json: JSONObject {
    [
      "script_id": .string(id), "name": .string(name), "kind": .string(kind.rawValue), "description": .optional(description),
      "events": .array(events.map { .string($0.rawValue) }), "active_version": .optional(activeVersion), "last_version": .int(lastVersion),
      "created_at": .instant(createdAt), "updated_at": .instant(updatedAt),
    ]
  }
}

/// One text of a stored script, with the tests that came with it and what they said. It never changes.
package struct ScriptVersion: Sendable, Equatable {
  /// `draft`: its tests fail, so it has never been active.
  package enum Status: String, Sendable { case active, draft, superseded }

  package var scriptID: String
  package var number: Int64
  package var source: String
  /// Lua with `test("…", function(t) … end)`.
  package var tests: String?
  /// What the tests said: passed, failed, and each of those that failed. Empty without tests.
  package var report: JSONObject
  /// Why it was made, in the words of who made it.
  package var note: String?
  package var createdAt: Instant
  package var createdBy: String?

  package init(
    scriptID: String, number: Int64, source: String, tests: String? = nil, report: JSONObject = JSONObject(), note: String? = nil, createdAt: Instant,
    createdBy: String? = nil
  ) {
    self.scriptID = scriptID
    self.number = number
    self.source = source
    self.tests = tests
    self.report = report
    self.note = note
    self.createdAt = createdAt
    self.createdBy = createdBy
  }

  package var hasFailed: Bool { report["failed"]?.int ?? 0 > 0 }

  package func status(in script: StoredScript) -> Status { script.activeVersion == number ? .active : hasFailed ? .draft : .superseded }

  /// Without the texts, which lists leave out.
  package func summary(in script: StoredScript) -> JSONObject {
    [
      "version": .int(number), "status": .string(status(in: script).rawValue), "bytes": .int(source.utf8.count),
      "sha256": .string(SHA256.hex(source)),
      "tests": report.isEmpty ? .null : .object(report), "note": .optional(note), "created_at": .instant(createdAt),
      "created_by": .optional(createdBy),
    ]
  }
}
