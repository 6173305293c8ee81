import Basics
import Glibc
import Scripting

/// `perigee repl`: reads Lua, runs it as a batch script, prints what it gives.
///
/// Each input runs with globals of its own, as every script does. So that they seem to stay, they are handed from run to run as JSON, and
/// functions as the text that defined them.
final class Dialogue {
  private let connection: Connection
  private let console: Console
  private let runner: ScriptRunner
  private let editor: LineEditor
  private let isInteractive: Bool
  private var globals: JSON = [:]
  private var functions: [(name: String, source: String)] = []

  private static let memory = 1 << 30

  init(_ connection: Connection, _ invocation: Invocation) {
    self.connection = connection
    console = invocation.console
    runner = ScriptRunner(connection, invocation, memory: Self.memory)
    isInteractive = isatty(0) == 1 && console.out.isTerminal
    editor = LineEditor(console: console, history: History(path: isInteractive ? History.userFile() : nil))
    editor.completions = { [weak self] word in self?.completions(of: word) ?? [] }
  }

  /// Until the input ends. In a pipe the first error ends it too.
  func hold() -> ExitCode {
    if isInteractive { console.say("Perigee \(Perigee.version), Lua 5.4, namespace '\(connection.namespace)'. :help tells more, Ctrl-D leaves.") }
    var pending = ""
    while true {
      switch editor.read(prompt: pending.isEmpty ? "> " : ">> ") {
      case .end:
        return pending.isEmpty ? .ok : evaluate(pending)
      case .abandoned: pending = ""
      case .line(let line):
        if pending.isEmpty, line.hasPrefix(":") {
          if !command(line) { return .ok }
          continue
        }
        pending += pending.isEmpty ? line : "\n" + line
        if pending.allSatisfy(\.isWhitespace) {
          pending = ""
        } else if !isUnfinished(pending) {
          let code = evaluate(pending)
          pending = ""
          if !isInteractive, code != .ok { return code }
        }
      }
    }
  }

  // MARK: - Evaluating

  /// Lua names the end of the text when more of it could make it right.
  private func isUnfinished(_ text: String) -> Bool {
    guard let asStatement = problem(of: text), let asExpression = problem(of: "return " + text) else { return false }
    return asStatement.message.hasSuffix("near <eof>") || asExpression.message.hasSuffix("near <eof>")
  }

  private func problem(of source: String) -> Problem? {
    do throws(Problem) {
      try runner.check(Script(name: "input", version: 0, source: source))
      return nil
    } catch { return error }
  }

  private func evaluate(_ text: String) -> ExitCode {
    let isExpression = problem(of: "return " + text) == nil
    if !isExpression, let problem = problem(of: text) {
      ProblemText.say(problem, on: console)
      return ExitCode(problem.kind)
    }
    let run = runner.run(
      Script(name: "input", version: 0, source: wrapped(isExpression ? "return " + text : text)), arguments: [globals],
      budget: Budget(wall: nil, memory: Self.memory))
    switch run.outcome {
    case .returned(let values):
      if case .object(let kept)? = values.first { globals = .object(kept) }
      remember(text)
      for value in values.dropFirst() { show(value) }
      return .ok
    case .failed(let problem), .killed(let problem):
      ProblemText.say(Self.unwrapped(problem, text), on: console)
      return ExitCode(problem.kind)
    }
  }

  /// The problem with the line as it was typed, and without the callers that the wrapping adds.
  private static func unwrapped(_ problem: Problem, _ text: String) -> Problem {
    var problem = problem
    problem.details["traceback"] = nil
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if let line = problem.details["line"]?.int, (1...lines.count).contains(Int(line)) {
      problem.details["source_line"] = .string(String(lines[Int(line) - 1]))
    }
    return problem
  }

  /// The input as a function, so that it keeps its line numbers; around it the globals come in and go out.
  private func wrapped(_ text: String) -> String {
    """
    local function input() \(text)
    end
    \(functions.map(\.source).joined(separator: "\n"))
    for name, value in next, arg[1] do _G[name] = value end
    arg = nil
    local results = table.pack(input())
    local plain = {boolean = true, number = true, string = true, table = true}
    for i = 1, results.n do
      if results[i] == nil then results[i] = perigee.json.null
      elseif not plain[type(results[i])] and results[i] ~= perigee.json.null then results[i] = tostring(results[i]) end
    end
    local kept = {}
    for name, value in next, _G do
      if name ~= "_G" and plain[type(value)] then kept[name] = value end
    end
    return kept, table.unpack(results, 1, results.n)
    """
  }

  /// Keeps a function that the input defined; a later definition takes the place of the earlier one.
  private func remember(_ text: String) {
    guard let match = text.prefixMatch(of: /\s*function\s+([A-Za-z_][A-Za-z0-9_]*)\s*\(/) else { return }
    let name = String(match.1)
    functions.removeAll { $0.name == name }
    functions.append((name, text))
  }

  // MARK: - Showing

  private func show(_ value: JSON) {
    if console.out.isTerminal, case .array(let items) = value, let table = Self.table(of: items, width: console.out.width ?? 80) {
      table.print(to: console)
    } else if console.out.isTerminal {
      console.print(value == .null ? "nil" : value.pretty)
    } else {
      console.print(value.text)
    }
  }

  /// Objects of plain values as rows, with as many columns as fit; nil when the list is something else.
  static func table(of items: [JSON], width: Int) -> Table? {
    let objects = items.compactMap(\.object)
    guard objects.count == items.count, objects.count > 1 else { return nil }
    var columns: [String] = []
    for member in objects.flatMap(\.members) where !columns.contains(member.key) {
      switch member.value {
      case .array, .object: continue
      default: columns.append(member.key)
      }
    }
    while !columns.isEmpty {
      let table = table(of: objects, columns)
      if table.width <= width || columns.count == 1 { return table }
      columns.removeLast()
    }
    return nil
  }

  private static func table(of objects: [JSONObject], _ columns: [String]) -> Table {
    var table = Table(columns.map { Table.Column($0) })
    for object in objects {
      table.add(
        columns.map { key in
          switch object[key] {
          case nil, .null?: ""
          case .string(let text)?: text.cut(to: 48)
          case let value?: value.text.cut(to: 48)
          }
        })
    }
    return table
  }

  // MARK: - Commands and completion

  /// False when the dialogue is to end.
  private func command(_ line: String) -> Bool {
    let words = line.dropFirst().split(separator: " ").map(String.init)
    switch words.first {
    case "q", "quit", "exit": return false
    case "help", "h", nil:
      console.print(
        """
        An expression is evaluated and printed; anything else runs as Lua.
          perigee.collections.list()             the collections of this namespace
          perigee.documents.count("words")       how many documents
          :functions [PREFIX]                    the library, e.g. :functions perigee.triggers
          :explain TRIGGER                       why a trigger fires or does not
          :at TIME                               let scripts take a moment for now; ':at' alone goes back
          :quit                                  leave, as does Ctrl-D
        """)
    case "functions", "f":
      list(words.count > 1 ? words[1] : "")
    case "explain", "why":
      explain(words.count > 1 ? words[1] : "")
    case "at":
      move(to: words.count > 1 ? words[1] : nil)
    case let word?:
      let known = ["help", "functions", "explain", "at", "quit"]
      let near = Suggestion.nearest(to: word, in: known).map { "Did you mean ':\($0)'?" } ?? "':help' tells which there are."
      console.say("There is no command ':\(word)'. \(near)")
    }
    return true
  }

  /// The functions whose names begin so.
  private func list(_ prefix: String) {
    let found = Library.functions.filter { $0.spelling.hasPrefix(prefix) && $0.kinds.contains(.batch) && !$0.isMethod }
    let calls = found.map { function in
      "\(function.spelling)(\(function.parameters.map { $0.isOptional ? "\($0.name)?" : $0.name }.joined(separator: ", ")))"
    }
    let widest = min(calls.map(\.count).max() ?? 0, 52)
    for (call, function) in zip(calls, found) {
      let gap = String(repeating: " ", count: max(0, widest - call.count) + 2)
      console.print("\(console.out.styled(call, .cyan))\(gap)\(function.summary)")
    }
    if found.isEmpty {
      let near = Suggestion.nearest(to: prefix, in: Library.functions.map(\.spelling)).map { "Did you mean '\($0)'?" } ?? "':functions' lists all."
      console.say("No function begins with '\(prefix)'. \(near)")
    }
  }

  private func explain(_ trigger: String) {
    do throws(Problem) {
      guard !trigger.isEmpty else { throw Problem(.invalid, "it is not said which trigger", hint: "For example ':explain nightly', or its id") }
      let query: JSONObject = runner.clock.map { ["at": .instant($0)] } ?? [:]
      let id = try TriggerText.find(trigger, connection)["trigger_id"]?.string ?? trigger
      let answer = try connection.call("explain_trigger", path: ["trigger_id": id], query: query)
      console.print(answer["text"]?.string ?? answer.pretty)
      for clause in answer["clauses"]?.array ?? [] {
        let mark = clause["holds"] == true ? console.out.styled("yes", .green) : console.out.styled("no ", .red)
        console.print("  \(mark)  \(printable(clause["text"]?.string ?? clause["clause"]?.string ?? ""))")
      }
    } catch { ProblemText.say(error, on: console) }
  }

  private func move(to text: String?) {
    guard let text else {
      runner.clock = nil
      console.say("Now is now again.")
      return
    }
    guard let instant = Instant(text) else {
      console.say("'\(text)' is not a moment in RFC 3339; write ':at 2025-06-01T02:00:00Z'.")
      return
    }
    runner.clock = instant
    console.say("Scripts take \(instant) for now; the store stays as it is.")
  }

  private func completions(of word: String) -> [String] {
    let names = Library.functions.filter { $0.kinds.contains(.batch) && !$0.isMethod }.map(\.spelling)
    return Self.completions(of: word, among: names + (globals.object?.keys ?? []) + functions.map(\.name))
  }

  /// One dotted part further: `perigee.do` gives `perigee.documents.`, and that the functions in it.
  static func completions(of word: String, among names: [String]) -> [String] {
    var found: [String] = []
    for name in names where name.hasPrefix(word) && !word.isEmpty {
      let rest = name.dropFirst(word.count)
      let step = rest.firstIndex(of: ".").map { String(name[...$0]) } ?? name
      if !found.contains(step) { found.append(step) }
    }
    return found.sorted()
  }
}
