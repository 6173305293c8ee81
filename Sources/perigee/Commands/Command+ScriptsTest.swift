import Basics
import Engine
import Glibc
import Model
import Scheduling
import Scripting

extension Command {
  static let scriptsTest = Command(
    name: "scripts test", summary: "Run the tests of scripts: of a folder, a file, or a stored script",
    positionals: [Positional("TARGET", .one, "A folder, a file, or the name of a stored script")],
    options: [
      Option("tap", "Print as the Test Anything Protocol"), Option("junit", "Print as JUnit's XML"),
      Option("filter", value: "TEXT", "Only scripts whose name holds this"), Option.store, Option.namespace,
    ],
    examples: [
      Example("perigee scripts test scripts/", "every NAME_test.lua, each test with a store and a clock of its own"),
      Example("perigee scripts test scripts/ --junit > report.xml", "for continuous integration"),
      Example("perigee scripts test urgent", "a stored script, where it is stored"),
    ],
    notes: """
      A test is a function with a throw-away store and a clock that stands still until it is moved:
        test("fires after an hour", function(t)
          t:documents("tickets", {{document_id = "a", kind = "urgent"}})
          t:advance("1h")
          t:equal(t:run{state = {n = 1}}.value, true)
        end)
      t:run runs the script under test and gives value, reason, values, state, explain, log and error.
      No store and no server is needed for files.
      """
  ) { invocation throws(Problem) in
    let forms = ["tap", "junit", "json"].filter(invocation.has)
    guard forms.count < 2 else {
      throw Problem(.invalid, "--\(forms[0]) and --\(forms[1]) are given", hint: "Say one: each is the whole output", path: "--\(forms[1])")
    }
    let target = invocation.word(0) ?? "."
    if access(target, F_OK) != 0, !target.hasSuffix(".lua"), !target.contains("/") { return try testStored(target, invocation) }
    let folder = try ScriptFolder(target)
    // One file is tested among its neighbours, which it may require.
    let among = target.hasSuffix(".lua") ? try neighbours(of: target) : folder
    var suites: [TestOutput.Suite] = []
    let cancellation = Cancellation()
    Interrupts.handle { cancellation.cancel() }
    for entry in folder.entries {
      if let part = invocation.text("filter"), !entry.name.contains(part) { continue }
      guard let tests = entry.kind == .test ? (entry.path, entry.source) : entry.tests else { continue }
      let testing = ScriptTesting(
        of: entry.kind == .test ? nil : entry.name, tests: tests.1, named: tests.0.split(separator: "/").last.map(String.init) ?? entry.name,
        among: among.texts, zones: Zones(), surroundings: invocation.surroundings)
      suites.append(TestOutput.Suite(name: tests.0, report: try testing.run(cancellation: cancellation)))
    }
    guard !suites.isEmpty else {
      throw Problem(
        .notFound, "there are no tests in '\(target)'", hint: "Put them beside a script, in NAME_test.lua; 'perigee example urgent_test' shows some")
    }
    return show(TestOutput(suites: suites), invocation)
  }

  private static func neighbours(of file: String) throws(Problem) -> ScriptFolder {
    let parts = file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    return try ScriptFolder(parts.isEmpty ? "." : parts.joined(separator: "/"))
  }

  private static func show(_ output: TestOutput, _ invocation: Invocation) -> ExitCode {
    let console = invocation.console
    if invocation.wantsJSON {
      console.print(output.json)
    } else {
      let lines = invocation.has("tap") ? output.tap : invocation.has("junit") ? output.junit : output.lines(console.out)
      for line in lines { console.print(line) }
    }
    return output.failed == 0 ? .ok : .failed
  }

  private static func testStored(_ name: String, _ invocation: Invocation) throws(Problem) -> ExitCode {
    try Connection.with(invocation) { connection throws(Problem) in
      let answer = try connection.call("test_script", path: ["script_id": name])
      let results = (answer["tests"]?.array ?? []).map { row in
        var problem: Problem?
        if row["status"] == "failed" {
          problem = Problem(.script, row["message"]?.string ?? "", hint: row["hint"]?.string)
          for key in ["line", "source_line", "traceback", "differences"] { if let value = row[key] { problem?.details[key] = value } }
        }
        return ScriptTesting.Result(
          name: row["name"]?.string ?? "", problem: problem, seconds: row["seconds"]?.double ?? 0, log: row["log"]?.array?.compactMap(\.string) ?? [])
      }
      return show(
        TestOutput(suites: [TestOutput.Suite(name: answer["name"]?.string ?? name, report: ScriptTesting.Report(results: results))]), invocation)
    }
  }

  static let scriptsCheck = Command(
    name: "scripts check", summary: "Find mistakes in scripts before they run",
    positionals: [Positional("PATH", .rest, "Folders or files; without one the current folder")],
    options: [Option("kind", value: "KIND", "For files that do not say their kind")],
    examples: [
      Example("perigee scripts check scripts/", "unknown functions, wrong numbers of arguments, missing rights"),
      Example("perigee scripts check tidy.lua --kind batch", "a file that does not say what it is"),
    ],
    notes: "Nothing runs. What is sure to fail is an error and ends with code 1; what looks odd is a warning."
  ) { invocation throws(Problem) in
    var rows: [JSON] = []
    var faults = 0
    for path in invocation.words.isEmpty ? ["."] : invocation.words {
      for (file, name, kind, source) in try checked(path, invocation) {
        let check = ScriptCheck(Script(name: name, version: 0, source: source), kind: kind)
        faults += check.findings.count { $0.isError }
        rows.append(["path": .string(file), "findings": .array(check.findings.map(\.json))])
        if invocation.wantsJSON { continue }
        for finding in check.findings {
          let stream = invocation.console.out
          let word = finding.isError ? stream.styled("error", .red, .bold) : stream.styled("warning", .yellow)
          let more = (finding.didYouMean.map { " Did you mean '\($0)'?" } ?? "") + (finding.hint.map { " \($0)" } ?? "")
          invocation.console.print("\(file):\(finding.line): \(word): \(printable(finding.message)).\(more)")
        }
      }
    }
    if invocation.wantsJSON { invocation.console.print(["errors": .int(faults), "files": .array(rows)]) }
    if !invocation.wantsJSON, rows.allSatisfy({ $0["findings"] == [] }) {
      invocation.console.say("\(Format.count(rows.count, "file")), nothing to complain of")
    }
    return faults == 0 ? .ok : .failed
  }

  private static func checked(_ path: String, _ invocation: Invocation) throws(Problem) -> [(String, String, StoredScript.Kind, String)] {
    if let word = invocation.text("kind") {
      guard let kind = StoredScript.Kind(rawValue: word) else {
        let kinds = StoredScript.Kind.allCases.map(\.rawValue)
        throw Problem(
          .invalid, "'\(word)' is no kind of script", hint: "One of: \(kinds.joined(separator: ", "))", path: "--kind",
          didYouMean: Suggestion.nearest(to: word, in: kinds))
      }
      return [(path, path, kind, String(decoding: try readFile(path, limit: 1 << 20), as: UTF8.self))]
    }
    var files: [(String, String, StoredScript.Kind, String)] = []
    for entry in try ScriptFolder(path).entries {
      files.append((entry.path, entry.name, entry.kind, entry.source))
      if let tests = entry.tests { files.append((tests.path, entry.name + "_test", .test, tests.source)) }
    }
    return files
  }

  static let stubs = Command(
    name: "stubs", summary: "Write what editors need to know of the library",
    positionals: [Positional("DIR", .optional, "Where perigee.d.lua and .luarc.json go; without it the current folder")],
    options: [Option("print", "Print perigee.d.lua instead")],
    examples: [
      Example("perigee stubs scripts/", "completion, types and help in editors with the Lua language server"),
      Example("perigee stubs --print", "to look at"),
    ]
  ) { invocation throws(Problem) in
    if invocation.has("print") {
      invocation.console.out.write(Array(Stubs.lua().utf8))
      return .ok
    }
    let folder = invocation.word(0) ?? "."
    for (name, text) in [("perigee.d.lua", Stubs.lua()), (".luarc.json", Stubs.configuration)] {
      let path = folder + "/" + name
      let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw fileProblem(path, "write", errno) }
      writeAll(Array(text.utf8), to: descriptor)
      guard close(descriptor) == 0 else { throw fileProblem(path, "write", errno) }
      if !invocation.wantsJSON { invocation.console.print(path) }
    }
    if invocation.wantsJSON { invocation.console.print(["written": [.string(folder + "/perigee.d.lua"), .string(folder + "/.luarc.json")]]) }
    return .ok
  }
}
