import Basics
import Model
import Scripting

/// The interpreters of one worker thread: one per namespace, so that nothing passes between tenants. Not Sendable, like they.
final class ScriptBench {
  private unowned let host: Host
  private var interpreters: [String: Interpreter] = [:]
  private var order: [String] = []
  /// The seed of the last run's dice.
  private var seed: UInt64 = 0
  /// More namespaces than this and the one unused longest gives up its state.
  private static let limit = 64
  /// What any run may hold at most; its kind's budget is tighter.
  private static let memory = 64 << 20

  init(_ host: Host) { self.host = host }

  func interpreter(for namespaceID: String, _ isolation: ScriptReference.Isolation = .shared) -> Interpreter {
    if isolation == .fresh { return make() }
    order.removeAll { $0 == namespaceID }
    order.append(namespaceID)
    if let known = interpreters[namespaceID] { return known }
    if order.count > Self.limit { interpreters[order.removeFirst()] = nil }
    let made = make()
    interpreters[namespaceID] = made
    return made
  }

  private func make() -> Interpreter {
    Interpreter(
      memory: Self.memory,
      random: { [unowned self] in
        seed = host.surroundings.random()
        return seed
      })
  }

  func run(
    _ script: Script, kind: ScriptKind, entry: String? = nil, in namespaceID: String, isolation: ScriptReference.Isolation, context: JSONObject,
    state: JSON? = nil, rest: Interpreter.Rest? = nil, arguments: [JSON],
    session: ScriptSession,
    cancellation: Cancellation?
  ) -> ScriptRun {
    if kind == .predicate { session.recording = ScriptRecording() }
    let run = interpreter(for: namespaceID, isolation).run(
      script, kind: kind, entry: entry, context: context, state: state, rest: rest, arguments: arguments, budget: kind.budget, host: session,
      cancellation: cancellation)
    session.recording?.context = context
    session.recording?.state = state ?? [:]
    session.recording?.seed = seed
    return run
  }
}
