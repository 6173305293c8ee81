package import Basics
package import Model
import Scheduling
import Scripting
import Store

/// What one run of a script may reach: its namespace, through the same operations as the API, with what its kind may do.
///
/// Belongs to the thread that runs the script. Writes are refused (predicates, filters), gathered as a value that is committed with the
/// outcome (hooks, actions), or made at once (batch scripts).
package final class ScriptSession: ScriptHost {
  package enum Writes: Sendable { case none, gathered, immediate }

  let host: Host
  /// Read when it is first needed: many scripts call nothing.
  private lazy var namespace: Namespace? = try? host.read { reader throws(Problem) in try reader.namespace(namespaceID) }
  private let namespaceID: String
  private let caller: Caller
  private let trigger: CurrentTrigger?
  private let writes: Writes
  let gathering: Gathering?
  /// What the script takes for now; in a simulation that is not the host's.
  private let surroundings: Surroundings
  private let output: (_ level: String, _ message: String) -> Void
  /// How a batch script waits.
  private let pause: (Duration) throws(Problem) -> Void
  private let began: Ticks
  /// Raised when the run is to end: for what works in a call without reading.
  private var work = Cancellation()
  /// Kept of a predicate's run, so that the decision can be replayed.
  var recording: ScriptRecording?
  /// Set for a replay: the answers come from there, one after the other, and not from the store.
  var replayed: ArraySlice<ScriptRecording.Call>?
  /// How many runs this one is deep in: metrics that ask metrics, scripts that run or test scripts.
  private let depth: Int
  private static let deepest = 4
  /// The modules that the run has required, and in which version.
  private(set) var modules: [String: Int64] = [:]
  /// For a replay: the versions of the modules that were required then.
  var replayedModules: [String: Int64] = [:]
  private var fetches = 0
  /// What a batch script has written in the transaction that is open.
  private var transaction: Gathering?
  private var lines: [JSON] = []
  private var lineBytes = 0

  /// What `log` lines and `print` of one run may keep in an evaluation.
  private static let lineLimit = 8 * 1024

  /// `runs`: how many runs led to this one.
  package convenience init(_ host: Host, namespaceID: String, trigger: Trigger?, writes: Writes, runs: Int64 = 0) {
    self.init(host, namespaceID: namespaceID, current: trigger.map { CurrentTrigger($0) }, writes: writes, runs: runs)
  }

  /// `current`: the trigger, read when the script wants to know more of it.
  convenience init(_ host: Host, namespaceID: String, current: CurrentTrigger?, writes: Writes, runs: Int64) {
    self.init(
      host, namespaceID: namespaceID, current: current, writes: writes, caller: Caller(name: "script", scopes: Set(APIKey.Scope.allCases)), runs: runs
    ) { level, message in
      if level != "print" { host.log(level, "script: \(message)") }
    }
  }

  /// For a rehearsal: the script's clock stands at a moment, and nobody hears what it says.
  convenience init(_ host: Host, namespaceID: String, trigger: Trigger?, writes: Writes, clock: Instant) {
    self.init(
      host, namespaceID: namespaceID, current: trigger.map { CurrentTrigger($0) }, writes: writes,
      caller: Caller(name: "script", scopes: Set(APIKey.Scope.allCases)), clock: clock
    ) { _, _ in }
  }

  package convenience init(
    _ host: Host, namespaceID: String, trigger: Trigger?, writes: Writes, caller: Caller, clock: Instant? = nil,
    pause: ((Duration) throws(Problem) -> Void)? = nil, depth: Int = 0, runs: Int64 = 0,
    output: @escaping (_ level: String, _ message: String) -> Void
  ) {
    self.init(
      host, namespaceID: namespaceID, current: trigger.map { CurrentTrigger($0) }, writes: writes, caller: caller, clock: clock, pause: pause,
      depth: depth, runs: runs, output: output)
  }

  private init(
    _ host: Host, namespaceID: String, current trigger: CurrentTrigger?, writes: Writes, caller: Caller, clock: Instant? = nil,
    pause: ((Duration) throws(Problem) -> Void)? = nil, depth: Int = 0, runs: Int64 = 0,
    output: @escaping (_ level: String, _ message: String) -> Void
  ) {
    self.host = host
    var surroundings = host.surroundings
    if let clock { surroundings.now = { clock } }
    self.surroundings = surroundings
    if let pause { self.pause = pause } else { self.pause = { duration throws(Problem) in host.pause(duration) } }
    self.depth = depth
    self.namespaceID = namespaceID
    self.trigger = trigger
    self.writes = writes
    self.caller = caller
    self.output = output
    gathering = writes == .gathered ? Gathering(depth: runs) : nil
    began = host.surroundings.ticks()
  }

  package func write(log level: String, _ message: String) {
    if lineBytes < Self.lineLimit {
      lineBytes += message.utf8.count
      lines.append(.string(level == "print" ? message : "\(level): \(message)"))
    }
    output(level, message)
  }

  package func begin(_ work: Cancellation) { self.work = work }

  /// What is kept of a run in its evaluation or task: explained values, log lines, cost.
  func record(of run: ScriptRun) -> JSONObject {
    var result = run.explain
    if !lines.isEmpty { result["log"] = .array(lines) }
    result["cost"] = run.cost.json
    if !modules.isEmpty { recording?.modules = modules }
    if let recording { result["replay"] = recording.json }
    return result
  }

  /// Whether nobody writes down what is read, or has written it down.
  var isPlain: Bool { recording == nil && replayed == nil }
  var liveNamespaceID: String? { namespace?.id }

  // MARK: - Calls

  package func call(_ name: String, _ arguments: [JSON]) throws(Problem) -> JSON {
    if name == "require" { return try require(arguments) }
    if replayed != nil {
      guard let next = replayed?.popFirst(), next.name == name, next.arguments == .array(arguments) else {
        throw Problem(.conflict, "the script called '\(name)' with \(JSON.array(arguments).text), which it did not when it was recorded")
      }
      return try next.replayed()
    }
    do throws(Problem) {
      let answer = try ReadLimit.with(timeLeft) { () throws(Problem) in try self.answer(name, arguments) }
      recording?.add(ScriptRecording.Call(name: name, arguments: .array(arguments), answer: answer))
      return answer
    } catch {
      recording?.add(ScriptRecording.Call(name: name, arguments: .array(arguments), problem: error))
      throw error
    }
  }

  /// What is left of the run's time: Lua's own clock cannot stop a read in the middle of a call.
  var timeLeft: Duration? {
    let kind: ScriptKind = writes == .none ? .predicate : writes == .gathered ? .hook : .batch
    return kind.budget.wall.map { max(.milliseconds(1), $0 - (host.surroundings.ticks() - began)) }
  }

  private func answer(_ name: String, _ arguments: [JSON]) throws(Problem) -> JSON {
    switch name {
    case "ctx.metric":
      guard let metric = arguments.first?.string else { throw Problem(.invalid, "\(name): argument 1 must be the metric, a string", path: name) }
      if !Self.measured.contains(metric) {
        return .double(try self.metric(ScriptReference(stored: metric), now: surroundings.now()))
      }
      return try measure(["metric": .string(metric)])["value"] ?? .null
    case "ctx.drift": return .object(try measure(LibraryCalls.options(arguments, 0)))
    case "ctx.events": return try events(LibraryCalls.options(arguments, 0))
    case "transaction": return try transact(arguments.first?.string ?? "")
    case "progress":
      guard writes == .immediate else { throw Problem(.forbidden, "only a batch script shows progress") }
      output("progress", JSON.array(arguments).text)
      return .null
    default:
      var calls = LibraryCalls(surroundings: surroundings, zones: host.zones) { operation, path, query, body throws(Problem) in
        try self.perform(operation, path: path, query: query, body: body)
      }
      calls.work = work
      if writes == .immediate { calls.pause = pause }
      return try calls.answer(name, arguments)
    }
  }

  private func perform(_ name: String, path: [String: String], query: JSONObject, body: JSON) throws(Problem) -> JSON {
    guard let operation = Operation.named(name) else { throw Problem(.internal, "there is no operation '\(name)'") }
    if operation.inNamespace, namespace == nil { throw Problem(.notFound, "namespace '\(namespaceID)' is gone") }
    let gathering = transaction ?? gathering
    let isWrite = name != "fetch" && operation.scope != nil && operation.scope != .read
    if name == "fetch" {
      try countFetch()
    } else if isWrite, let scope = operation.scope {
      if writes == .none { throw Problem(.forbidden, "this kind of script may only read", hint: "Write from a hook, an action or a batch script") }
      guard caller.may(scope) else { throw Problem(.forbidden, "the key does not allow '\(scope.rawValue)'") }
      if let gathering {
        if let refusal = GatherableWrites.refusal(of: name, in: transaction == nil ? "hook or action" : "transaction") { throw refusal }
        try gathering.admit(body)
      }
    }
    var call = Call(caller: caller, namespace: namespace, path: path, query: query, body: body)
    call.gathering = gathering
    call.depth = depth + 1
    let answer: Operation.Answer
    if let gathering {
      answer = try GatherableWrites.perform(operation, call, on: host, gathering, isWrite: isWrite)
    } else {
      answer = try operation.perform(host, call)
    }
    switch answer {
    case .json(let value), .accepted(let value), .kept(let value, _): return value
    case .nothing: return .bool(true)
    case .events: throw .streamsOnlyOverHTTP
    case .text(let text, _): return .string(text)
    }
  }

  private func measure(_ options: JSON) throws(Problem) -> JSONObject {
    guard let trigger = try trigger?.row() else { throw Problem(.invalid, "there is no trigger here to measure for") }
    let fields = try Fields(options, path: "ctx", accepting: ["metric", "collection", "collection_id", "vector_index"])
    var config: JSONObject = ["threshold": .int(0)]
    let metric = try fields.string("metric") ?? "cosine_drift"
    config["metric"] = .string(metric)
    let (drifts, volumes) = (Self.drifts, Self.volumes)
    guard drifts.contains(metric) || volumes.contains(metric) else {
      throw Problem(
        .invalid, "unknown metric '\(metric)'", hint: "One of: \((drifts + volumes).joined(separator: ", "))",
        didYouMean: Suggestion.nearest(to: metric, in: drifts + volumes))
    }
    config["condition_type"] = .string(drifts.contains(metric) ? "drift" : "volume")
    if let named = fields["collection"] ?? fields["collection_id"] {
      config["collection_id"] = named
    } else if case .conditional(let condition) = trigger.schedule.when, let id = condition.collectionID {
      config["collection_id"] = .string(id)
    } else if case .event(let rule) = trigger.schedule.when, let id = rule.collectionID {
      config["collection_id"] = .string(id)
    }
    config["vector_index"] = fields["vector_index"]
    guard case .conditional(let condition) = try Schedule(.conditional, .object(config), path: "ctx").when else { return [:] }
    return try Measurement(condition, trigger, host: host).json
  }

  /// A module's text. What was required is kept with a recording by name and version: the text is in the store.
  private func require(_ arguments: [JSON]) throws(Problem) -> JSON {
    guard let name = arguments.first?.string else { throw Problem(.invalid, "require takes a module's name") }
    var module = try host.module(name, in: namespaceID)
    if let version = replayedModules[name], version != module.version {
      let (_, then) = try host.storedScript(name, version: version, in: namespaceID)
      module = (module.name, version, then.source)
    }
    modules[name] = module.version
    return ["name": .string(module.name), "version": .int(module.version), "source": .string(module.source)]
  }

  /// The steps of `perigee.transaction`: what is written between "begin" and "commit" is gathered, and then committed in one piece.
  private func transact(_ step: String) throws(Problem) -> JSON {
    switch step {
    case "begin":
      guard writes == .immediate else {
        throw Problem(.forbidden, "only a batch script makes transactions", hint: "What hooks and actions write is one already")
      }
      guard transaction == nil else { throw Problem(.conflict, "a transaction is open already", hint: "Let the outer one do all of it") }
      transaction = Gathering()
    case "commit":
      let gathered = transaction?.writes ?? []
      transaction = nil
      if !gathered.isEmpty { _ = try host.write(gathered) }
    default: transaction = nil
    }
    return .null
  }

  /// A request to the outside: as many as a run may make, and none while a transaction is open, which would wait for it.
  private func countFetch() throws(Problem) {
    guard writes != .none else {
      throw Problem(.forbidden, "this kind of script may only read", hint: "Ask from a hook, an action or a batch script")
    }
    guard caller.may(.execute) else { throw Problem(.forbidden, "the key does not allow 'execute'") }
    guard transaction == nil else { throw Problem(.forbidden, "nothing is sent while a transaction is open", hint: "Do it before or after") }
    fetches += 1
    guard writes == .immediate || fetches <= Self.fetchLimit else {
      throw Problem(.budget, "a run may send \(Self.fetchLimit) requests", hint: "Send fewer, or do it in a batch script")
    }
  }

  private static let fetchLimit = 5

  private static let drifts = Condition.drifts.map(\.rawValue)
  private static let volumes = ["count", "added", "growth_ratio"]
  private static var measured: [String] { drifts + volumes }

  /// The number of a stored metric, which runs in an interpreter of its own: it may be asked for in the middle of another script.
  func metric(_ reference: ScriptReference, now: Instant) throws(Problem) -> Double {
    guard depth < Self.deepest else {
      throw Problem(.invalid, "metrics ask for one another more than \(Self.deepest) deep", hint: "Let one of them stand alone")
    }
    let script: Script
    do throws(Problem) {
      script = try host.script(reference, as: [.metric], in: namespaceID, called: "metric")
    } catch {
      guard error.kind == .notFound, error.path == "name", let name = reference.stored else { throw error }
      let known = try host.read { reader throws(Problem) in try reader.scripts(in: namespaceID, kind: .metric).items.map(\.name) }
      throw Problem(
        .notFound, "there is no metric '\(name)'", hint: "There are: \((Self.measured + known).joined(separator: ", "))",
        didYouMean: Suggestion.nearest(to: name, in: Self.measured + known))
    }
    let session = ScriptSession(
      host, namespaceID: namespaceID, current: trigger, writes: .none, caller: caller, clock: surroundings.now(), depth: depth + 1,
      output: output)
    var budget = ScriptKind.metric.budget
    if let left = timeLeft, let wall = budget.wall { budget.wall = min(wall, left) }
    let row = try trigger?.row()
    let context = row.map { Self.context($0, scheduledAt: nil, now: now) } ?? Self.moment(now)
    let run = Interpreter(memory: budget.memory, random: surroundings.random).run(
      script, kind: .metric, context: context, budget: budget, host: session)
    return try run.number()
  }

  private func events(_ options: JSON) throws(Problem) -> JSON {
    let fields = try Fields(options, path: "ctx.events", accepting: ["since", "limit", "type", "collection_id"])
    let since = try fields.int("since") ?? 0
    let limit = Int(try fields.int("limit", in: 1...1000) ?? 100)
    let type: Schedule.EventType? = try fields.choice("type")
    let collection = try fields.string("collection_id")
    return try host.read { reader throws(Problem) in
      .array(try reader.events(in: namespaceID, since: since, type: type, collectionID: collection, limit: limit).map(\.json))
    }
  }

  // MARK: - ctx

  /// The fields of `ctx`: plain values, taken before the run.
  static func context(_ trigger: Trigger, scheduledAt: Instant?, now: Instant) -> JSONObject {
    var context = moment(now, scheduledAt: scheduledAt)
    for member in about(trigger, at: now).members { context[member.key] = member.value }
    return context
  }

  /// Those that are known of any run.
  static func moment(_ now: Instant, scheduledAt: Instant? = nil) -> JSONObject {
    var context: JSONObject = ["now": seconds(now)]
    if let scheduledAt { context["scheduled_at"] = seconds(scheduledAt) }
    return context
  }

  /// Those that tell of the trigger.
  static func about(_ trigger: Trigger, at now: Instant) -> JSONObject {
    var context: JSONObject = ["trigger": trigger.json(at: now), "cursor": .int(trigger.eventCursor)]
    if let baseline = trigger.baseline { context["baseline"] = .object(baseline.json) }
    if let taskID = trigger.lastExecutionTaskID, let at = trigger.lastTriggeredAt {
      context["last_run"] = [
        "task_id": .string(taskID), "at": seconds(at), "status": .optional(trigger.lastExecutionStatus),
        "error": .optional(trigger.lastExecutionError),
      ]
    }
    return context
  }

  private static func seconds(_ instant: Instant) -> JSON { .double(Double(instant.milliseconds) / 1000) }
}
