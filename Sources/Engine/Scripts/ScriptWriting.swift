import Basics
import Model
import Scripting
import Store

/// The making of a version of a stored script: compiled, tested, and only then active.
struct ScriptWriting {
  static let names = ["source", "tests", "description", "note", "events"]

  private let host: Host
  private let call: Call
  private let fields: Fields

  init(_ call: Call, host: Host) throws(Problem) {
    self.host = host
    self.call = call
    fields = try Fields(call.body, accepting: Self.names + ["name", "kind"])
  }

  init(restoring call: Call, host: Host) throws(Problem) {
    self.host = host
    self.call = call
    fields = try Fields([:])
  }

  func create() throws(Problem) -> JSON {
    let name = try StoredScript.checkName(fields.required("name", example: "\"urgent\""))
    guard let kind: StoredScript.Kind = try fields.choice("kind") else { throw fields.missing("kind", example: "\"predicate\"") }
    if try host.read({ reader throws(Problem) in try reader.script(name, in: call.namespaceID()) }) != nil {
      throw Problem(.conflict, "script '\(name)' exists", hint: "Make a new version: PUT /v1/scripts/\(name)", path: "name")
    }
    return try make(name, kind)
  }

  private func make(_ name: String, _ kind: StoredScript.Kind) throws(Problem) -> JSON {
    let now = host.surroundings.now()
    var script = StoredScript(
      id: Identifier.make("scr", host.surroundings), namespaceID: try call.namespaceID(), name: name, kind: kind,
      description: try fields.string("description"), events: try events(for: kind), lastVersion: 1, createdAt: now, updatedAt: now)
    var version = try version(of: script, number: 1)
    try judge(&version, &script)
    var transaction = Transaction()
    transaction.insert(script)
    transaction.insert(version)
    do throws(Problem) {
      try host.commit(transaction)
    } catch {
      // Somebody made one of this name in the same moment.
      guard error.kind == .conflict else { throw error }
      throw Problem(.conflict, "script '\(name)' exists", hint: "Make a new version: PUT /v1/scripts/\(name)", path: "name")
    }
    try host.hook(script)
    return shown(script, version)
  }

  /// A new version of a script; the first of one that is not there, if its kind is said.
  func put(_ identifier: String) throws(Problem) -> JSON {
    let kind: StoredScript.Kind? = try fields.choice("kind")
    for _ in 0..<8 {
      guard var script = try host.read({ reader throws(Problem) in try reader.script(identifier, in: call.namespaceID()) }) else {
        guard let kind else {
          // Throws that there is none, unless somebody made it in this moment.
          _ = try host.storedScript(identifier, in: call.namespaceID())
          continue
        }
        return try make(StoredScript.checkName(identifier, path: "script_id"), kind)
      }
      if let kind, kind != script.kind {
        throw Problem(
          .conflict, "script '\(script.name)' is a \(script.kind.rawValue), and that does not change",
          hint: "Delete it first, or choose another name",
          path: "kind")
      }
      let before = script.lastVersion
      if let description = try fields.string("description") { script.description = description }
      if fields["events"] != nil { script.events = try events(for: script.kind) }
      script.updatedAt = host.surroundings.now()
      var version = try version(of: script, number: before + 1)
      let id = script.id
      let last = try host.read { reader throws(Problem) in try reader.scriptVersion(before, of: id) }
      var transaction = Transaction()
      if let last, last.source == version.source, last.tests == version.tests, script.activeVersion == before {
        // Nothing new: pushing a folder again makes no versions.
        version = last
      } else {
        script.lastVersion = before + 1
        try judge(&version, &script)
        transaction.insert(version)
      }
      transaction.update(script, expecting: before)
      do throws(Problem) {
        try host.commit(transaction)
        try host.hook(script)
        return shown(script, version, isNew: script.lastVersion > before)
      } catch {
        // Another version was made meanwhile, or the script is gone: look again.
        guard error.kind == .conflict else { throw error }
      }
    }
    throw Problem(.conflict, "script '\(identifier)' changes all the time", hint: "Try again")
  }

  func restore(_ identifier: String, _ number: Int64) throws(Problem) -> JSON {
    var (script, version) = try host.storedScript(identifier, version: number, in: call.namespaceID())
    let before = script.lastVersion
    try judge(&version, &script, refusing: true)
    script.updatedAt = host.surroundings.now()
    var transaction = Transaction()
    transaction.update(script, expecting: before)
    try host.commit(transaction)
    try host.hook(script)
    return shown(script, version)
  }

  private func version(of script: StoredScript, number: Int64) throws(Problem) -> ScriptVersion {
    let source = try fields.required("source", example: "\"return function(ctx) return true end\"")
    try ScriptReference.checkSize(source, path: "source")
    let tests = try fields.string("tests")
    if let tests { try ScriptReference.checkSize(tests, path: "tests") }
    return ScriptVersion(
      scriptID: script.id, number: number, source: source, tests: tests, note: try fields.string("note"), createdAt: host.surroundings.now(),
      createdBy: call.caller.name)
  }

  private func events(for kind: StoredScript.Kind) throws(Problem) -> [Schedule.EventType] {
    guard let names = try fields.strings("events") else { return [] }
    guard kind == .hook || names.isEmpty else {
      throw Problem(.invalid, "'events' belongs to hooks, and this is a \(kind.rawValue)", hint: "Leave it out", path: "events")
    }
    var events: [Schedule.EventType] = []
    for (index, name) in names.enumerated() {
      do throws(Problem) {
        events.append(try Schedule.EventType.read(Fields(["event": .string(name)]), "event"))
      } catch {
        var problem = error
        problem.path = "events[\(index)]"
        throw problem
      }
    }
    return events
  }

  /// Compiles and tests. What does not compile is refused; what fails its tests is kept as a draft, or refused too.
  private func judge(_ version: inout ScriptVersion, _ script: inout StoredScript, refusing: Bool = false) throws(Problem) {
    let text = Script(name: script.name, version: Int(version.number), source: version.source)
    let interpreter = Interpreter(memory: 16 << 20)
    do throws(Problem) {
      try interpreter.check(text, kind: script.kind == .batch || script.kind == .module || script.kind == .test ? .batch : .predicate)
      if let tests = version.tests { try interpreter.check(Script(name: "\(script.name) tests", version: text.version, source: tests), kind: .batch) }
    } catch {
      var problem = error
      problem.kind = .invalid
      problem.path = "source"
      throw problem
    }
    if let report = try host.test(script, version, depth: call.depth) { version.report = report.brief }
    if !version.hasFailed {
      script.activeVersion = version.number
    } else if refusing {
      let first = version.report["failures"]?.array?.first
      throw Problem(
        .conflict,
        "version \(version.number) of '\(script.name)' fails its tests: \(first?["name"]?.string ?? "?"): \(first?["message"]?.string ?? "?")",
        hint: "The active version stays as it is", path: "version", details: ["tests": .object(version.report)])
    }
  }

  private func shown(_ script: StoredScript, _ version: ScriptVersion, isNew: Bool = true) -> JSON {
    var result = script.json(with: version)
    result["source"] = nil
    result["test_source"] = nil
    result["unchanged"] = .bool(!isNew)
    let warnings = ScriptCheck(
      Script(name: script.name, version: Int(version.number), source: version.source), kind: script.kind
    ).findings
    result["warnings"] = .array(warnings.map(\.json))
    return .object(result)
  }
}
