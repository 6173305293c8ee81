import Basics
import Model
import Scripting

/// One run of a script on request, instead of by a trigger: what it is given, and what came of it.
struct ScriptTrial {
  struct Outcome {
    var run: ScriptRun
    /// The answers of a filter come beside the run.
    var accepted: Bool?
    var record: JSONObject
    var state: JSON?

    /// `value`, `reason`, `values`, `state`, `explain`, `log`, `cost`, and `error` when it failed.
    var json: JSONObject {
      var result = JSONObject()
      switch run.outcome {
      case .returned(let values):
        let value = accepted.map(JSON.bool) ?? values.first ?? .null
        result["value"] = value
        if let reason = ScriptRun.reason(values) { result["reason"] = .string(reason) }
        result["values"] = .array(values)
      case .failed(let problem), .killed(let problem):
        result["error"] = .string(problem.description)
        result["problem"] = [
          "kind": .string(problem.kind.rawValue), "message": .string(problem.message), "hint": .optional(problem.hint),
          "did_you_mean": .optional(problem.didYouMean), "line": problem.details["line"] ?? .null,
          "source_line": problem.details["source_line"] ?? .null, "traceback": problem.details["traceback"] ?? .null,
        ]
      }
      result["explain"] = .object(run.explain)
      if let state { result["state"] = state }
      result["log"] = record["log"] ?? []
      result["cost"] = run.cost.json
      return result
    }
  }

  var host: Host
  var namespaceID: String
  var kind: StoredScript.Kind
  var script: Script
  /// Members of `ctx`, over those that are always there.
  var context = JSONObject()
  var state: JSON = [:]
  var event: JSON?
  var arguments: [JSON] = []
  /// Of an after hook, and of a failure hook.
  var result: JSON?
  var error: JSON?
  var entry: String?
  var depth = 0
  var budget: Budget?
  var clock: Instant?
  var seed: UInt64?
  var cancellation: Cancellation?
  var output: (String, String) -> Void = { _, _ in }

  /// Runs it on this thread, which has to have a script's stack. With `isCommitted`, what a hook or an action writes is committed.
  func perform(caller: Caller, isCommitted: Bool) throws(Problem) -> Outcome {
    guard let kind = kind.scriptKind else {
      throw Problem(
        .invalid, "'\(script.name)' is a \(kind.rawValue), which does not run by itself",
        hint: kind == .module ? "Require it from another script" : "Run it with perigee scripts test", path: "kind")
    }
    let writes: ScriptSession.Writes = kind == .batch ? .immediate : kind.rights.contains(.write) ? .gathered : .none
    let session = ScriptSession(
      host, namespaceID: namespaceID, trigger: nil, writes: writes, caller: caller, clock: clock, depth: depth, output: output)
    let random = seed.map { seed in { seed } } ?? host.surroundings.random
    let budget = budget ?? kind.budget
    let interpreter = Interpreter(memory: min(budget.memory, 1 << 32), random: random)
    var context = self.context
    let now = clock ?? host.surroundings.now()
    if context["now"] == nil { context["now"] = .double(Double(now.milliseconds) / 1000) }
    if context["trigger"] == nil { context["trigger"] = ["trigger_id": "trg_test", "name": "test", "status": "active", "event_counter": 0] }
    var outcome: Outcome
    if kind == .filter {
      let answer = interpreter.filter(
        script, events: ScriptEvents([try scriptEvent(at: now)]), context: context, budget: budget, host: session, cancellation: cancellation)
      outcome = Outcome(run: answer.run, accepted: answer.accepted.first, record: session.record(of: answer.run))
    } else {
      let entry = kind == .hook ? entry ?? (error != nil ? "on_failure" : result != nil ? "after" : "before") : nil
      let given = kind == .hook ? [error ?? result].compactMap(\.self) : arguments
      let run = interpreter.run(
        script, kind: kind, entry: entry, context: context, state: state, arguments: given, budget: budget, host: session, cancellation: cancellation)
      outcome = Outcome(run: run, record: session.record(of: run), state: run.state)
    }
    if case .returned = outcome.run.outcome, isCommitted, let gathered = session.gathering?.writes, !gathered.isEmpty { _ = try host.write(gathered) }
    return outcome
  }

  private func scriptEvent(at now: Instant) throws(Problem) -> ScriptEvent {
    let fields = try Fields(event ?? [:], path: "event", accepting: ["type", "collection_id", "document_id", "document", "payload", "at"])
    let document = fields["document"]
    return ScriptEvent(
      type: try fields.string("type") ?? "documents_added", collectionID: try fields.string("collection_id") ?? "col_test",
      documentID: try fields.string("document_id") ?? document?["document_id"]?.string ?? "doc_test", document: document.map(\.bytes) ?? [],
      payload: fields["payload"].map(\.bytes) ?? [], at: try fields.instant("at") ?? now)
  }
}

extension StoredScript.Kind {
  /// How such a script is run; nil for those that are only part of others' runs.
  var scriptKind: ScriptKind? {
    switch self {
    case .predicate: .predicate
    case .filter: .filter
    case .hook: .hook
    case .action: .action
    case .metric: .metric
    case .batch: .batch
    case .module, .test: nil
    }
  }
}
