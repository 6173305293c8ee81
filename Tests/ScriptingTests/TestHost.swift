import Basics
import Scripting

/// A host that answers from a table of closures and remembers what it was asked.
final class TestHost: ScriptHost {
  var answers: [String: ([JSON]) -> JSON] = [:]
  var problems: [String: Problem] = [:]
  private(set) var calls: [(name: String, arguments: [JSON])] = []
  private(set) var lines: [(level: String, text: String)] = []
  private(set) var work = Cancellation()

  func begin(_ work: Cancellation) { self.work = work }

  func call(_ name: String, _ arguments: [JSON]) throws(Problem) -> JSON {
    calls.append((name, arguments))
    if let problem = problems[name] { throw problem }
    return answers[name]?(arguments) ?? arguments.first ?? .null
  }

  func write(log level: String, _ message: String) { lines.append((level, message)) }
}

/// Runs one source in a new interpreter, on a thread of its own.
func run(
  _ source: String, kind: ScriptKind = .action, entry: String? = nil, context: JSONObject = [:], state: JSON? = nil, arguments: [JSON] = [],
  budget: Budget? = nil, host: TestHost = TestHost()
) throws -> ScriptRun {
  nonisolated(unsafe) let host = host
  return try onScriptThread {
    Interpreter(memory: 64 << 20).run(
      Script(name: "test", version: 3, source: source), kind: kind, entry: entry, context: context, state: state, arguments: arguments,
      budget: budget ?? kind.budget, host: host)
  }
}

/// The values that a source returns.
func values(
  _ source: String, kind: ScriptKind = .action, context: JSONObject = [:], arguments: [JSON] = [], host: TestHost = TestHost()
) throws
  -> [JSON]
{
  try run(source, kind: kind, context: context, arguments: arguments, host: host).values()
}

/// The problem that a run ends with, whether it failed or was killed.
func problem(_ source: String, kind: ScriptKind = .action, budget: Budget? = nil, host: TestHost = TestHost()) throws -> Problem? {
  switch try run(source, kind: kind, budget: budget, host: host).outcome {
  case .returned: nil
  case .failed(let problem), .killed(let problem): problem
  }
}
