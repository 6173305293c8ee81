package import Basics
package import Model

extension Transaction {
  package mutating func insert(_ script: StoredScript) {
    add(
      .insertScript,
      [
        ("script_id", .text(script.id)), ("namespace_id", .text(script.namespaceID)), ("name", .text(script.name)),
        ("kind", .text(script.kind.rawValue)), ("description", .optional(script.description)),
        ("events", .strings(script.events.map(\.rawValue))), ("active_version", .optional(script.activeVersion)),
        ("last_version", .integer(script.lastVersion)), ("created_at", .instant(script.createdAt)), ("updated_at", .instant(script.updatedAt)),
      ])
  }

  /// Lost (`script`) when it is gone, or somebody has made a version since `lastVersion` was `expected`.
  package mutating func update(_ script: StoredScript, expecting expected: Int64) {
    add(
      .updateScript,
      [
        ("description", .optional(script.description)), ("events", .strings(script.events.map(\.rawValue))),
        ("active_version", .optional(script.activeVersion)), ("last_version", .integer(script.lastVersion)),
        ("updated_at", .instant(script.updatedAt)), ("script_id", .text(script.id)), ("expected", .integer(expected)),
      ], expecting: .exactly(1), guardName: "script")
  }

  package mutating func insert(_ version: ScriptVersion) {
    add(
      .insertScriptVersion,
      [
        ("script_id", .text(version.scriptID)), ("version", .integer(version.number)), ("source", .text(version.source)),
        ("tests", .optional(version.tests)), ("report", .json(version.report)), ("note", .optional(version.note)),
        ("created_at", .instant(version.createdAt)), ("created_by", .optional(version.createdBy)),
      ])
  }

  /// Deletes a script with all of its versions.
  package mutating func deleteScript(_ scriptID: String) {
    add(.deleteScriptVersions, [("script_id", .text(scriptID))])
    add(.deleteScript, [("script_id", .text(scriptID))], expecting: .exactly(1), guardName: "script")
  }
}

extension Reader {
  /// A script by its identifier or its name.
  package func script(_ identifier: String, in namespaceID: String) throws(Problem) -> StoredScript? {
    try connection.first(.script, [("namespace_id", .text(namespaceID)), ("identifier", .text(identifier))], StoredScript.read)
  }

  /// In the order of their names.
  package func scripts(
    in namespaceID: String, kind: StoredScript.Kind? = nil, _ page: Page = Page(limit: 1000)
  ) throws(Problem) -> Listing<StoredScript> {
    let parameters: Connection.Parameters = [("namespace_id", .text(namespaceID)), ("kind", .optional(kind?.rawValue))]
    return Listing(
      items: try connection.rows(.scripts, parameters + page.parameters, StoredScript.read), total: try connection.number(.countScripts, parameters))
  }

  package func scriptVersion(_ number: Int64, of scriptID: String) throws(Problem) -> ScriptVersion? {
    try connection.first(.scriptVersion, [("script_id", .text(scriptID)), ("version", .integer(number))], ScriptVersion.read)
  }

  /// Newest first.
  package func scriptVersions(of scriptID: String, _ page: Page = Page(limit: 100)) throws(Problem) -> [ScriptVersion] {
    try connection.rows(.scriptVersions, [("script_id", .text(scriptID))] + page.parameters, ScriptVersion.read)
  }
}

extension StoredScript {
  static func read(_ row: inout Row) throws(Problem) -> StoredScript {
    StoredScript(
      id: row.text(), namespaceID: row.text(), name: row.text(), kind: try row.word(), description: row.optionalText(),
      events: try row.strings().compactMap(Schedule.EventType.init(rawValue:)), activeVersion: row.optionalInt(), lastVersion: row.int(),
      createdAt: row.instant(), updatedAt: row.instant())
  }
}

extension ScriptVersion {
  static func read(_ row: inout Row) throws(Problem) -> ScriptVersion {
    ScriptVersion(
      scriptID: row.text(), number: row.int(), source: row.text(), tests: row.optionalText(), report: try row.object(), note: row.optionalText(),
      createdAt: row.instant(), createdBy: row.optionalText())
  }
}
