import Basics
import Model
import Scripting

/// The interpreters of one worker thread: one per namespace, so that nothing passes between tenants. Not Sendable, like they.
final class ScriptBench {
  private unowned let host: Host
  private var interpreters: [String: Interpreter] = [:]
  private var order: [String] = []
  /// More namespaces than this and the one unused longest gives up its state.
  private static let limit = 16
  /// What any run may hold at most; its kind's budget is tighter.
  private static let memory = 64 << 20

  init(_ host: Host) { self.host = host }

  func interpreter(for namespaceID: String) -> Interpreter {
    order.removeAll { $0 == namespaceID }
    order.append(namespaceID)
    if let known = interpreters[namespaceID] { return known }
    if order.count > Self.limit { interpreters[order.removeFirst()] = nil }
    let made = Interpreter(memory: Self.memory, random: host.surroundings.random)
    interpreters[namespaceID] = made
    return made
  }

  func run(
    _ script: Script, kind: ScriptKind, in namespaceID: String, context: JSONObject, state: JSON?, arguments: [JSON], session: ScriptSession,
    cancellation: Cancellation?
  ) -> ScriptRun {
    interpreter(for: namespaceID).run(
      script, kind: kind, context: context, state: state, arguments: arguments, budget: kind.budget, host: session, cancellation: cancellation)
  }
}
