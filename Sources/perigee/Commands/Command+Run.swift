import Basics
import Engine
import Scripting

extension Command {
  static let run = Command(
    name: "run", summary: "Run a Lua batch script against a store",
    positionals: [
      Positional("FILE", .one, "The script; '-' is standard input"), Positional("ARGUMENT", .rest, "Words for the script, in its table 'arg'"),
    ],
    options: [
      Option("timeout", value: "TIME", "Stop it after 30s, 5m, …; without it it may take its time"),
      Option("memory", value: "MB", "Stop it when it needs more; without it the machine is the limit"),
      Option("dry-run", letter: "n", "Run it on a copy of the store and tell what it would change"),
      Option("in-server", "Let the server that has the store open run it; its output comes at the end"),
      Option("at", value: "TIME", "What the script takes for now, in RFC 3339"), Option("seed", value: "N", "What its dice begin with"),
      Option.store, Option.namespace,
    ],
    examples: [
      Example("perigee run tidy.lua --dry-run", "what would change, before it does"),
      Example("perigee run tidy.lua", "against ./perigee.db, or the server that has it open"),
      Example("perigee run report.lua 2025-06 --namespace words", "'arg[1]' is \"2025-06\""),
      Example("perigee run job.lua --timeout 5m --memory 512", "with limits"),
    ],
    notes: """
      The script has the same library as predicates, hooks and actions, and may write: perigee.documents,
      collections, clusters, triggers, tasks, kv, json, time, log. What it prints goes to standard output, what it
      logs to standard error. Options of its own go behind '--'.
      """,
    passesUnknownOptions: true
  ) { invocation throws(Problem) in
    let path = invocation.word(0) ?? "-"
    let timeout = try invocation.duration("timeout")
    let memory = try invocation.int("memory", in: 1...1 << 20).map { $0 << 20 } ?? ScriptKind.batch.budget.memory
    let bytes = try readFile(path, limit: 1 << 20)
    let script = Script(name: path == "-" ? "stdin" : path, version: 0, source: String(decoding: bytes, as: UTF8.self).withoutShebang)
    let arguments = invocation.words.dropFirst().map(JSON.string)
    let (clock, seed) = (try invocation.instant("at"), try invocation.int("seed", in: 0...Int.max))
    if invocation.has("dry-run") || invocation.has("in-server") {
      return try runInHost(script, arguments, timeout: timeout, memory: invocation.has("memory") ? memory : nil, clock, seed, invocation)
    }
    return try Connection.with(invocation, making: .namespace) { connection throws(Problem) in
      // This thread waits while the other runs, so nobody else touches the connection.
      nonisolated(unsafe) let connection = connection
      let (run, printed) = try ScriptThread.run { () -> (ScriptRun, [JSON]) in
        let runner = ScriptRunner(
          connection, invocation, memory: memory, clock: clock, seed: seed.map { UInt64($0) }, keepsOutput: invocation.wantsJSON)
        return (runner.run(script, arguments: arguments, budget: Budget(wall: timeout, memory: memory)), runner.printed)
      }
      let console = invocation.console
      let values: [JSON]
      do throws(Problem) { values = try run.values() } catch {
        // What was printed before it failed may be what tells why.
        for line in printed { console.say(line.string ?? "") }
        throw error
      }
      if invocation.wantsJSON {
        console.print(["value": values.first ?? .null, "values": .array(values), "output": .array(printed), "cost": run.cost.json])
      } else {
        for value in values where value != .null { console.print(value.string ?? value.text) }
      }
      return .ok
    }
  }

  /// The whole run happens where the store is; for a dry run, on a copy of it.
  private static func runInHost(
    _ script: Script, _ arguments: [JSON], timeout: Duration?, memory: Int?, _ clock: Instant?, _ seed: Int?, _ invocation: Invocation
  ) throws(Problem) -> ExitCode {
    let answer = try Connection.with(invocation, making: .namespace) { connection throws(Problem) in
      var body: JSONObject = [
        "source": .string(script.source), "kind": "batch", "name": .string(script.name), "arguments": .array(arguments),
        "dry_run": .bool(invocation.has("dry-run")), "timeout_seconds": .double(timeout.map { min($0.inSeconds, 300) } ?? 300),
        "memory_mb": .int(min((memory ?? 1 << 30) >> 20, 1024)),
      ]
      if let clock { body["at"] = .instant(clock) }
      if let seed { body["seed"] = .int(seed) }
      return try connection.call("run_source", body: .object(body))
    }
    let console = invocation.console
    if invocation.wantsJSON {
      console.print(answer)
    } else {
      for line in answer["output"]?.array ?? [] { console.print(line.string ?? "") }
      for value in answer["values"]?.array ?? [] where value != .null { console.print(value.string ?? value.text) }
    }
    if let problem = answer["problem"] {
      let kind = problem["kind"]?.string.flatMap(Problem.Kind.init(rawValue:)) ?? .script
      var failure = Problem(kind, problem["message"]?.string ?? "", hint: problem["hint"]?.string, didYouMean: problem["did_you_mean"]?.string)
      for key in ["line", "source_line", "traceback"] { if let value = problem[key], value != .null { failure.details[key] = value } }
      throw failure
    }
    if invocation.has("dry-run"), !invocation.wantsJSON { tell(answer["changes"]?.object ?? JSONObject(), console) }
    return .ok
  }

  /// What a dry run would have changed, a line each.
  private static func tell(_ changes: JSONObject, _ console: Console) {
    if changes.isEmpty { console.say("Nothing would change.") }
    for part in changes.members {
      for change in part.value.object?.members ?? [] {
        if part.key == "documents" {
          let counts = change.value.object?.members.map { "\(Format.count($0.value.int ?? 0)) \($0.key)" } ?? []
          console.say("would change documents in \(printable(change.key)): \(counts.joined(separator: ", "))")
        } else {
          let names = (change.value.array ?? []).compactMap(\.string).map(printable)
          console.say("would have \(change.key) \(part.key): \(names.joined(separator: ", "))")
        }
      }
    }
  }

  static let repl = Command(
    name: "repl", summary: "Type Lua against a store, line by line", options: [Option.store, Option.namespace],
    examples: [
      Example("perigee repl", "the same library as scripts, with history and completion"),
      Example("echo 'perigee.collections.list()' | perigee repl", "in a pipe"),
    ],
    notes: """
      Globals stay from line to line; values that JSON can hold, and functions written as 'function name(…)'.
      Tab completes the library's names, Ctrl-D leaves, ':help' tells more.
      """
  ) { invocation throws(Problem) in
    try Connection.with(invocation, making: .namespace) { connection throws(Problem) in
      // This thread waits while the other runs, so nobody else touches the connection.
      nonisolated(unsafe) let connection = connection
      return try ScriptThread.run { Dialogue(connection, invocation).hold() }
    }
  }
}

extension String {
  /// The first line as a comment of Lua, when it is one of the shell; lines keep their numbers.
  fileprivate var withoutShebang: String { hasPrefix("#!") ? "--" + self : self }
}
