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

  init(_ host: Host) { self.host = host }

  func interpreter(for namespaceID: String) throws(Problem) -> Interpreter {
    order.removeAll { $0 == namespaceID }
    order.append(namespaceID)
    if let known = interpreters[namespaceID] { return known }
    if order.count > Self.limit { interpreters[order.removeFirst()] = nil }
    let made = try Interpreter()
    interpreters[namespaceID] = made
    return made
  }

  func run(
    _ script: Script, kind: ScriptKind, in namespaceID: String, context: JSONObject, state: JSON?, arguments: [JSON], session: ScriptSession,
    cancellation: Cancellation?
  ) throws(Problem) -> ScriptRun {
    try interpreter(for: namespaceID).run(
      script, kind: kind, context: context, state: state, arguments: arguments, budget: .standard(for: kind), host: session, cancellation: cancellation)
  }
}
