import Basics
import Model
import Scheduling
import Scripting

/// What one test reaches: `test` and `t`, and the whole library over a store that is thrown away with it.
final class Trial: ScriptHost {
  private let subject: String?
  private let scripts: [ScriptText]
  private let zones: Zones
  private let chosen: Int?
  private let depth: Int
  private let heard: (String) -> Void
  private var number = -1
  private var sandbox: ScriptSandbox?
  private var session: ScriptSession?
  /// `ctx.state` of the script under test, kept from run to run as a trigger keeps it.
  private var state: JSON = [:]
  private(set) var log: [String] = []
  /// Of the expectation that failed last.
  private(set) var differences: [String]?

  private static let logLimit = 200

  init(subject: String?, scripts: [ScriptText], zones: Zones, chosen: Int?, depth: Int, heard: @escaping (String) -> Void) {
    self.subject = subject
    self.scripts = scripts
    self.zones = zones
    self.chosen = chosen
    self.depth = depth
    self.heard = heard
  }

  func write(log level: String, _ message: String) {
    if log.count < Self.logLimit { log.append(level == "print" ? message : "\(level): \(message)") }
  }

  func call(_ name: String, _ arguments: [JSON]) throws(Problem) -> JSON {
    func value(_ position: Int) -> JSON { position < arguments.count ? arguments[position] : .null }
    switch name {
    case "test":
      number += 1
      heard(value(0).string ?? "")
      return .bool(number == chosen)
    case "t.documents": return try documents(value(0).string ?? "", value(1))
    case "t.emit":
      let answer = try open().session.call("events.emit", [value(0), value(1)])
      try open().sandbox.host.settle()
      return answer
    case "t.advance":
      guard let text = value(0).string, let duration = Duration.parsing(text) else {
        throw Problem(.invalid, "t:advance: \(value(0).brief) is not a length of time", hint: "For example t:advance(\"2h\"), \"90s\" or \"1d12h\"")
      }
      try open().sandbox.advance(by: duration)
      return .null
    case "t.now": return .double(Double(try open().sandbox.host.surroundings.now().milliseconds) / 1000)
    case "t.run": return try run(LibraryCalls.options(arguments, 0))
    case "t.ok":
      if value(0) == .null || value(0) == .bool(false) {
        throw failure("it is \(value(0) == .null ? "nil" : "false"), expected a true value", value(1))
      }
      return .null
    case "t.equal":
      let lines = Difference.lines(actual: value(0), expected: value(1))
      if !lines.isEmpty {
        differences = lines
        throw failure(lines.joined(separator: "; "), value(2))
      }
      return .null
    case "t.near":
      guard let actual = value(0).double, let expected = value(1).double else { throw Problem(.invalid, "t:near takes two numbers") }
      let tolerance = value(2).double ?? 1e-9
      if !(abs(actual - expected) <= tolerance) { throw failure("it is \(actual), expected \(expected) within \(tolerance)", value(2)) }
      return .null
    default: return try open().session.call(name, arguments)
    }
  }

  private func failure(_ fact: String, _ what: JSON) -> Problem { Problem(.invalid, (what.string.map { "\($0): " } ?? "") + fact) }

  /// The store, made when it is first needed.
  private func open() throws(Problem) -> (sandbox: ScriptSandbox, session: ScriptSession) {
    if let sandbox, let session { return (sandbox, session) }
    let sandbox = try ScriptSandbox(scripts: scripts, zones: zones)
    let session = ScriptSession(
      sandbox.host, namespaceID: try sandbox.host.defaultNamespace(for: .local).id, trigger: nil, writes: .immediate, caller: .local,
      pause: { duration throws(Problem) in try sandbox.advance(by: duration) }, depth: depth + 1
    ) { _, _ in }
    self.sandbox = sandbox
    self.session = session
    return (sandbox, session)
  }

  private func documents(_ collection: String, _ documents: JSON) throws(Problem) -> JSON {
    let (sandbox, session) = try open()
    if try session.call("collections.get", [.string(collection)]) == .null {
      _ = try session.call("collections.create", [["collection_name": .string(collection), "vector_indexes": .array(Self.indexes(of: documents))]])
    }
    let answer = try session.call("documents.upsert", [.string(collection), documents])
    try sandbox.host.settle()
    return answer
  }

  /// The vector indexes that the documents need.
  private static func indexes(of documents: JSON) -> [JSON] {
    var indexes: [String: Int] = [:]
    for document in documents.array ?? [] {
      for member in document["vectors"]?.object?.members ?? [] { indexes[member.key] = member.value.array?.count }
    }
    return indexes.sorted { $0.key < $1.key }.map { ["name": .string($0.key), "dimensions": .int($0.value)] }
  }

  // MARK: - The script under test

  private func run(_ options: JSON) throws(Problem) -> JSON {
    let fields = try Fields(options, path: "t:run", accepting: ["script", "ctx", "state", "event", "result", "error", "entry", "arguments"])
    guard let name = try fields.string("script") ?? subject else {
      throw Problem(.invalid, "t:run: it is not said which script", hint: "For example t:run{script = \"urgent\"}", path: "script")
    }
    let (sandbox, _) = try open()
    let host = sandbox.host
    let namespaceID = try host.defaultNamespace(for: .local).id
    let (stored, version) = try host.storedScript(name, version: nil, in: namespaceID)
    if let given = fields["state"] { state = given }
    let trial = ScriptTrial(
      host: host, namespaceID: namespaceID, kind: stored.kind,
      script: Script(name: stored.name, version: Int(version.number), source: version.source),
      context: try fields.objectValue("ctx") ?? JSONObject(), state: state, event: fields["event"], arguments: fields["arguments"]?.array ?? [],
      result: fields["result"], error: fields["error"], entry: try fields.string("entry"), depth: depth + 1)
    let outcome = try trial.perform(caller: .local, isCommitted: true)
    if let kept = outcome.state { state = kept }
    try host.settle()
    return .object(outcome.json)
  }
}
