package import Basics
import CLua
import Glibc

/// A hardened Lua state. It belongs to the thread that made it, runs one script at a time, and survives whatever they do.
///
/// Scripts that run one after the other in the same interpreter see nothing of each other: each run has globals of its own, and the
/// libraries are read-only. After a run that used up its memory the state is thrown away and the next run gets a new one.
/// Threads with `ScriptThread.stackSize` of stack let scripts nest as deep as Lua allows; with less they get an error sooner.
package final class Interpreter {
  private var state: OpaquePointer?
  private let memory: Int
  let natives: [NativeFunction]
  private let table: FunctionTable
  private let random: () -> UInt64
  private let owner = pthread_self()
  private var isRunning = false

  /// Fields of `ctx` that are made when a script looks; what it throws is an error of the script.
  package typealias Rest = () throws(Problem) -> JSONObject

  /// `memory` bounds the heap of any run, whatever its budget says. `random` seeds `math.random` of each run. Without `modules` there is no
  /// `require`, nor anything else that only a namespace can answer.
  package init(memory: Int, natives: [NativeFunction] = [], modules: Bool = true, random: @escaping () -> UInt64 = Surroundings.real.random) {
    self.memory = memory
    self.natives = natives
    self.random = random
    table = FunctionTable.with(natives: natives, modules: modules)
  }

  deinit { clua_close(state) }

  /// Compiles, and says what is wrong if that fails. Nothing runs.
  package func check(_ script: Script) throws(Problem) {
    try check(script, expression: true)
  }

  /// As `check`; a batch script is never a bare expression.
  package func check(_ script: Script, kind: ScriptKind) throws(Problem) {
    try check(script, expression: kind != .batch)
  }

  private func check(_ script: Script, expression: Bool) throws(Problem) {
    let state = try open()
    var request = clua_request()
    request.expression = expression
    let result = script.withRequest(request) { clua_check(state, &$0) }
    guard result.outcome != Int32(CLUA_RETURNED.rawValue) else { return }
    throw ScriptFailure(script: script, message: clua_message(state).text, result: result, state: state).problem
  }

  /// Runs a script: its chunk, and then the function that the chunk returns, or the one named `entry` when it returns a table of them.
  /// A chunk that returns something else has answered with that already; `ctx` is a global, too.
  ///
  /// `context` becomes the fields of `ctx`, `state` its `ctx.state`; the function is called with `ctx` and the arguments. A batch
  /// script is only its chunk, with the arguments in `arg`. A predicate that does not answer with a boolean has failed.
  ///
  /// `rest` gives more fields of `ctx`, `state` among them; it is asked when the script first looks at something that `context` has not, and
  /// where it never is, the run's `state` is nil. Scripts see no difference, but that what takes long to make costs nothing unless it is wanted.
  package func run(
    _ script: Script, kind: ScriptKind, entry: String? = nil, context: JSONObject = JSONObject(), state saved: JSON? = nil, rest: Rest? = nil,
    arguments: [JSON] = [], budget: Budget, host: any ScriptHost, cancellation: Cancellation? = nil
  ) -> ScriptRun {
    let call = HostCall(kind: kind, host: host, cancellation: cancellation, natives: natives, rest: rest)
    var request = clua_request()
    request.expression = kind != .batch
    request.batch = kind == .batch
    request.asks_rest = rest != nil
    var run = execute(script, request, budget, call, entry: entry, context: context, saved: saved, arguments: arguments) { state, request in
      clua_run(state, &request, call.pointer)
    }
    if case .returned(let values) = run.outcome { run.outcome = judged(values, of: script, kind: kind) }
    if case .returned = run.outcome {} else { run.state = nil }
    return run
  }

  private func judged(_ values: [JSON], of script: Script, kind: ScriptKind) -> ScriptRun.Outcome {
    switch (kind, values.first) {
    case (.predicate, .bool?), (.metric, .int?), (.metric, .double?): .returned(values)
    case (.predicate, let value): .failed(ScriptRun.notBoolean(value).named(script))
    case (.metric, let value): .failed(ScriptRun.notNumber(value).named(script))
    default: .returned(values)
    }
  }

  /// What every way of running has in common: the state, the request, and the reading of what came of it.
  func execute(
    _ script: Script, _ request: clua_request, _ budget: Budget, _ call: HostCall, entry: String? = nil, context: JSONObject = JSONObject(),
    saved: JSON? = nil, arguments: [JSON] = [], enter: (OpaquePointer, inout clua_request) -> clua_result
  ) -> ScriptRun {
    guard !isRunning else {
      return ScriptRun(outcome: .failed(Problem(.script, "a script cannot run in an interpreter that already runs one")))
    }
    let state: OpaquePointer
    do { state = try open() } catch { return ScriptRun(outcome: .failed(error)) }
    isRunning = true
    defer { isRunning = false }
    call.state = state
    var request = request
    request.memory = min(memory, max(budget.memory, 0))
    request.wall = budget.wall.map { UInt64(max(1, $0 / .nanoseconds(1))) } ?? 0
    request.instructions = budget.instructions.map { UInt64(max(1, $0)) } ?? 0
    request.seed = random()
    var contextTape = Tape()
    contextTape.append(context)
    var stateTape = Tape()
    if let saved { stateTape.append(saved) }
    var argumentTape = Tape()
    for argument in arguments { argumentTape.append(argument) }
    let result = contextTape.bytes.lend { context in
      stateTape.bytes.lend { saved in
        argumentTape.bytes.lend { arguments in
          request.context = context
          request.state = saved
          request.arguments = arguments
          return script.withRequest(request, entry: entry) { enter(state, &$0) }
        }
      }
    }
    let cost = ScriptCost(
      instructions: result.instructions, nanoseconds: result.nanoseconds, peakBytes: result.peak, hostCalls: result.host_calls)
    var run = ScriptRun(outcome: .returned([]), explain: call.explain, state: nil, cost: cost)
    if result.outcome == Int32(CLUA_RETURNED.rawValue) {
      finish(&run, script, state)
    } else {
      let failure = ScriptFailure(script: script, message: clua_message(state).text, result: result, state: state, raised: call.raised)
      run.outcome = failure.outcome(budget: budget, memory: Int(request.memory), kind: call.kind)
    }
    return run
  }

  private static let stateLimit = 64 << 10

  private func finish(_ run: inout ScriptRun, _ script: Script, _ state: OpaquePointer) {
    var reader = TapeReader(clua_values(state))
    var values: [JSON] = []
    while !reader.isAtEnd { values.append(reader.json()) }
    let saved = clua_saved(state)
    guard saved.count <= Self.stateLimit else {
      let problem = Problem(
        .script, "ctx.state has grown to \(saved.count) bytes; the limit is \(Self.stateLimit)",
        hint: "Keep a summary there, and the rest in a collection.")
      run.outcome = .failed(problem.named(script))
      return
    }
    run.outcome = .returned(values)
    if saved.count > 0 {
      var reader = TapeReader(saved)
      run.state = reader.json()
    }
  }

  /// The state, made anew when there is none or the last run spoiled it.
  private func open() throws(Problem) -> OpaquePointer {
    precondition(pthread_equal(owner, pthread_self()) != 0, "an interpreter belongs to the thread that made it")
    if let state, clua_usable(state) { return state }
    clua_close(state)
    state = nil
    var callbacks = HostCall.callbacks
    guard let made = clua_open(table.functions.baseAddress, table.functions.count, &callbacks, memory, -1) else {
      throw Problem(.unavailable, "no memory for a Lua state", hint: "An interpreter needs about 20 kB; it was given \(memory) bytes.")
    }
    state = made
    return made
  }

  /// Bytes that the state holds now.
  package var usedMemory: Int { state.map { clua_memory($0) } ?? 0 }

  /// All that a script can name, one dotted path with its type a line.
  package func listing() throws(Problem) -> [String] {
    guard let text = clua_listing(try open()) else { throw Problem(.unavailable, "no memory for a listing") }
    defer { free(text) }
    return String(cString: text).split(separator: "\n").map(String.init).sorted()
  }
}
