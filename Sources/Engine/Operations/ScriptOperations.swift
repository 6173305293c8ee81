import Basics
import Model
import Scripting
import Store

extension Operation {
  private static let versionQuery = [Parameter("version", .integer)]
  private static let runNames = [
    "version", "arguments", "ctx", "state", "event", "result", "error", "entry", "dry_run", "timeout_seconds", "memory_mb", "at", "seed",
  ]

  static let scriptOperations: [Operation] = [
    Operation(
      "create_script", "POST", "/v1/scripts", "Store a script; it becomes active when its tests pass", tag: "Scripts", scope: .scripts,
      body: ScriptWriting.names + ["name", "kind"]
    ) { host, call throws(Problem) in
      let writing = try ScriptWriting(call, host: host)
      return .json(try writing.create())
    },
    Operation(
      "list_scripts", "POST", "/v1/scripts/list", "List scripts", tag: "Scripts", scope: .read, query: Parameter.paging, body: Page.names + ["kind"],
      list),
    Operation(
      "list_scripts_get", "GET", "/v1/scripts", "List scripts", tag: "Scripts", scope: .read, query: Parameter.paging + [Parameter("kind", .string)],
      list),
    Operation(
      "check_script", "POST", "/v1/scripts/check", "Compile a script and look for unknown functions and wrong calls; nothing is stored",
      tag: "Scripts",
      scope: .read, body: ["source", "kind", "name"]
    ) { _, call throws(Problem) in
      let fields = try Fields(call.body, accepting: ["source", "kind", "name"])
      let kind: StoredScript.Kind = try fields.choice("kind") ?? .batch
      let script = Script(
        name: try fields.string("name") ?? "script", version: 0, source: try fields.required("source", example: "\"return true\""))
      return .json(.object(ScriptCheck(script, kind: kind).json))
    },
    Operation(
      "run_source", "POST", "/v1/scripts/run", "Run a script that is given in place", tag: "Scripts", scope: .scripts,
      body: runNames + ["source", "kind", "name"]
    ) { host, call throws(Problem) in
      let fields = try Fields(call.body, accepting: runNames + ["source", "kind", "name"])
      // What is given in place has no versions; the field is that of a stored script.
      try fields.check(["version": .integer])
      let kind: StoredScript.Kind = try fields.choice("kind") ?? .batch
      let script = Script(
        name: try fields.string("name") ?? "script", version: 0, source: try fields.required("source", example: "\"return 1 + 1\""))
      return .json(try host.run(script, kind: kind, fields, call))
    },
    Operation(
      "get_script", "GET", "/v1/scripts/{script_id}", "Read a script by id or name, with the source of its active or another version", tag: "Scripts",
      scope: .read, query: versionQuery
    ) { host, call throws(Problem) in
      let stored = try host.storedScript(call.parameter("script_id"), in: call.namespaceID())
      let version = try Fields(.object(call.query)).int("version")
      // Without an active version the newest draft is shown, so that its failure can be seen.
      let (_, text) = try host.storedScript(stored.id, version: version ?? stored.activeVersion ?? stored.lastVersion, in: call.namespaceID())
      return .json(.object(stored.json(with: text)))
    },
    Operation(
      "put_script", "PUT", "/v1/scripts/{script_id}", "Make a new version; it becomes active when its tests pass", tag: "Scripts", scope: .scripts,
      body: ScriptWriting.names + ["kind", "name"]
    ) { host, call throws(Problem) in
      try Fields(call.body).check(["name": .string, "kind": .string])
      let writing = try ScriptWriting(call, host: host)
      return .json(try writing.put(try call.parameter("script_id")))
    },
    Operation("delete_script", "DELETE", "/v1/scripts/{script_id}", "Delete a script and its versions", tag: "Scripts", scope: .scripts) {
      host, call throws(Problem) in
      let stored = try host.storedScript(call.parameter("script_id"), in: call.namespaceID())
      let users = try host.triggers(using: stored)
      guard users.isEmpty else {
        throw Problem(
          .conflict,
          "script '\(stored.name)' is used by \(users.count == 1 ? "a trigger" : "\(users.count) triggers"): \(users.prefix(5).joined(separator: ", "))",
          hint: "Change or delete them first", path: "script_id", details: ["triggers": .array(users.map(JSON.string))])
      }
      try host.unhook(stored)
      var transaction = Transaction()
      transaction.deleteScript(stored.id)
      try host.commit(transaction)
      return .json(["success": true, "script_id": .string(stored.id), "name": .string(stored.name)])
    },
    Operation(
      "list_script_versions", "GET", "/v1/scripts/{script_id}/versions", "The versions of a script, newest first", tag: "Scripts", scope: .read,
      query: Parameter.paging
    ) { host, call throws(Problem) in
      let stored = try host.storedScript(call.parameter("script_id"), in: call.namespaceID())
      let page = try Page.byPlace(Fields(.object(call.query)), defaultLimit: 50)
      let versions = try host.read { reader throws(Problem) in try reader.scriptVersions(of: stored.id, page) }
      return .json(page.envelope(Listing(items: versions.map { .object($0.summary(in: stored)) }, total: stored.lastVersion)))
    },
    Operation(
      "restore_script", "POST", "/v1/scripts/{script_id}/restore", "Make an old version the active one; its tests have to pass", tag: "Scripts",
      scope: .scripts, body: ["version"]
    ) { host, call throws(Problem) in
      let fields = try Fields(call.body, accepting: ["version"])
      guard let number = try fields.int("version", in: 1 ... .max) else { throw fields.missing("version", example: "3") }
      return .json(try ScriptWriting(restoring: call, host: host).restore(try call.parameter("script_id"), number))
    },
    Operation(
      "run_script", "POST", "/v1/scripts/{script_id}/run", "Run a stored script with what it is given, and show what came of it", tag: "Scripts",
      scope: .execute, body: runNames
    ) { host, call throws(Problem) in
      let fields = try Fields(call.body, accepting: runNames)
      let (stored, text) = try host.storedScript(call.parameter("script_id"), version: fields.int("version"), in: call.namespaceID())
      return .json(try host.run(Script(name: stored.name, version: Int(text.number), source: text.source), kind: stored.kind, fields, call))
    },
    Operation(
      "test_script", "POST", "/v1/scripts/{script_id}/test", "Run the tests of a script", tag: "Scripts", scope: .execute, body: ["version"]
    ) { host, call throws(Problem) in
      let version = try Fields(call.body, accepting: ["version"]).int("version")
      let stored = try host.storedScript(call.parameter("script_id"), in: call.namespaceID())
      let (_, text) = try host.storedScript(stored.id, version: version ?? stored.activeVersion ?? stored.lastVersion, in: call.namespaceID())
      let report = try host.test(stored, text, depth: call.depth)
      var answer = report?.json ?? ["passed": 0, "failed": 0, "tests": []]
      answer["name"] = .string(stored.name)
      answer["version"] = .int(text.number)
      return .json(.object(answer))
    },
  ]

  private static func list(_ host: Host, _ call: Call) throws(Problem) -> Answer {
    let fields = try call.listFields(accepting: ["kind"])
    let page = try Page.byPlace(fields, defaultLimit: 100)
    let kind: StoredScript.Kind? = try fields.choice("kind")
    let listing = try host.read { reader throws(Problem) in try reader.scripts(in: call.namespaceID(), kind: kind, page) }
    return .json(page.envelope(Listing(items: listing.items.map { .object($0.json) }, total: listing.total)))
  }
}

extension StoredScript {
  /// The script with one of its versions, texts included.
  func json(with version: ScriptVersion) -> JSONObject {
    var result = json
    for member in version.summary(in: self).members where member.key != "created_at" { result[member.key] = member.value }
    result["source"] = .string(version.source)
    result["test_source"] = .optional(version.tests)
    return result
  }
}

extension Host {
  /// Scripts run deeper than this in one another end with an error.
  static let deepestScript = 4

  /// The triggers that name a script; deleted ones do not count.
  func triggers(using script: StoredScript) throws(Problem) -> [String] {
    var query = TriggerQuery(namespaceID: script.namespaceID, sortBy: .createdAt, descending: false, limit: 1000)
    var users: [String] = []
    while true {
      let page = query
      let items = try read { reader throws(Problem) in try reader.triggers(page).items }
      for trigger in items where trigger.status != .disabled && !trigger.isNamespaceHook {
        if trigger.scripts.contains(where: { $0.reference.stored == script.name || $0.reference.stored == script.id }) {
          users.append(trigger.name ?? trigger.id)
        }
      }
      if items.count < query.limit { return users }
      query.offset += query.limit
    }
  }

  /// Runs the tests of a version among the other active scripts of its namespace; nil when it has none.
  func test(_ stored: StoredScript, _ version: ScriptVersion, depth: Int) throws(Problem) -> ScriptTesting.Report? {
    guard let tests = stored.kind == .test ? version.source : version.tests else { return nil }
    guard depth <= Self.deepestScript else { throw Problem(.invalid, "scripts test one another more than \(Self.deepestScript) deep") }
    var among: [ScriptText] = []
    let others = try read { reader throws(Problem) in
      var texts: [(StoredScript, ScriptVersion)] = []
      for other in try reader.scripts(in: stored.namespaceID).items where other.id != stored.id {
        guard let number = other.activeVersion, let text = try reader.scriptVersion(number, of: other.id) else { continue }
        texts.append((other, text))
      }
      return texts
    }
    for (other, text) in others { among.append(ScriptText(name: other.name, kind: other.kind, source: text.source)) }
    if stored.kind != .test { among.append(ScriptText(name: stored.name, kind: stored.kind, source: version.source)) }
    return try ScriptTesting(
      of: stored.kind == .test ? nil : stored.name, tests: tests, named: stored.kind == .test ? stored.name : "\(stored.name) tests",
      version: Int(version.number), among: among, zones: zones, surroundings: surroundings, depth: depth
    ).run()
  }

  /// Runs a script for somebody who asked. A dry run happens on a copy of the store and tells what it would have changed.
  func run(_ script: Script, kind: StoredScript.Kind, _ fields: Fields, _ call: Call) throws(Problem) -> JSON {
    guard call.depth <= Self.deepestScript else { throw Problem(.invalid, "scripts run one another more than \(Self.deepestScript) deep") }
    let isDryRun = try fields.bool("dry_run") ?? false
    let isBatch = kind == .batch
    var budget = kind.scriptKind?.budget ?? Budget(wall: .seconds(10), memory: 64 << 20)
    if isBatch { budget = Budget(wall: .seconds(30), memory: 256 << 20) }
    if let seconds = try fields.number("timeout_seconds", in: 0.001...300) { budget.wall = .seconds(seconds) }
    if let megabytes = try fields.int("memory_mb", in: 1...1024) { budget.memory = Int(megabytes) << 20 }
    guard fields["arguments"] == nil || fields["arguments"]?.array != nil else {
      throw Problem(.invalid, "'arguments' is a list", hint: "For example \"arguments\": [\"2025-06\"]", path: "arguments")
    }
    let sandbox = isDryRun ? try ScriptSandbox(copying: self) : nil
    let changes = try sandbox.map { box throws(Problem) in try ScriptChanges(in: box, call.namespaceID()) }
    let lines = LineBox()
    let trial = ScriptTrial(
      host: sandbox?.host ?? self, namespaceID: try call.namespaceID(), kind: kind, script: script,
      context: try fields.objectValue("ctx") ?? JSONObject(),
      state: .object(try fields.objectValue("state") ?? JSONObject()), event: try fields.objectValue("event").map(JSON.object),
      arguments: fields["arguments"]?.array ?? [],
      result: fields["result"], error: fields["error"], entry: try fields.string("entry"), depth: call.depth, budget: budget,
      clock: try fields.instant("at"), seed: try fields.int("seed").map { UInt64(bitPattern: $0) }, output: { lines.add($0, $1) })
    let caller = call.caller
    let outcome: Swift.Result<JSONObject, Problem> = try ScriptThread.run {
      do throws(Problem) {
        let outcome = try trial.perform(caller: caller, isCommitted: true)
        return .success(outcome.json)
      } catch { return .failure(error) }
    }
    var result = try outcome.get()
    result["script"] = .string(script.name)
    result["version"] = .int(script.version)
    result["output"] = .array(lines.all.map(JSON.string))
    if let changes {
      result["dry_run"] = true
      result["changes"] = try changes.json()
    }
    return .object(result)
  }
}

/// What a script printed. It is filled by the script's thread while its maker waits.
private final class LineBox: @unchecked Sendable {
  // @unchecked: the thread that made it stands still while the script's thread adds lines.
  private(set) var all: [String] = []
  private static let limit = 10_000

  func add(_ level: String, _ message: String) {
    guard all.count < Self.limit, level != "progress" else { return }
    all.append(level == "print" ? message : "\(level): \(message)")
  }
}
