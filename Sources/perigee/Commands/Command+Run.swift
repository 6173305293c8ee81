import Basics
import Scripting

extension Command {
  static let run = Command(
    name: "run", summary: "Run a Lua batch script against a store",
    positionals: [
      Positional("FILE", .one, "The script; '-' is standard input"), Positional("ARGUMENT", .rest, "Words for the script, in its table 'arg'"),
    ],
    options: [
      Option("timeout", value: "TIME", "Stop it after 30s, 5m, …; without it it may take its time"),
      Option("memory", value: "MB", "Stop it when it needs more; without it the machine is the limit"), Option.store, Option.namespace,
    ],
    examples: [
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
    return try Connection.with(invocation, making: .namespace) { connection throws(Problem) in
      // This thread waits while the other runs, so nobody else touches the connection.
      nonisolated(unsafe) let connection = connection
      let run = try ScriptThread.run {
        ScriptRunner(connection, invocation, memory: memory).run(script, arguments: arguments, budget: Budget(wall: timeout, memory: memory))
      }
      let values = try run.values()
      let console = invocation.console
      if invocation.wantsJSON {
        console.print([
          "returned": .array(values),
          "cost": [
            "instructions": .int(Int64(run.cost.instructions)), "seconds": .double(Double(run.cost.nanoseconds) / 1e9),
            "peak_bytes": .int(Int64(run.cost.peakBytes)), "host_calls": .int(Int64(run.cost.hostCalls)),
          ],
        ])
      } else {
        for value in values where value != .null { console.print(value.string ?? value.text) }
      }
      return .ok
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
