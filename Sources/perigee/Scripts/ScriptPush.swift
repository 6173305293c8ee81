import Basics
import Engine
import Model
import Scripting

/// Puts the scripts of a folder into the store, modules first, and tells of each what became of it.
struct ScriptPush {
  private let connection: Connection
  private let invocation: Invocation

  init(_ connection: Connection, _ invocation: Invocation) {
    self.connection = connection
    self.invocation = invocation
  }

  /// `.failed` when a script does not compile or fails its tests; the others are stored all the same.
  func push(_ folder: ScriptFolder) throws(Problem) -> ExitCode {
    var answers: [JSON] = []
    var worst = ExitCode.ok
    for entry in Self.ordered(folder.entries) {
      do throws(Problem) {
        let answer = try push(entry)
        answers.append(answer)
        if answer["status"] == "draft" { worst = .failed }
      } catch {
        worst = .failed
        answers.append(["name": .string(entry.name), "error": .string(error.description)])
        if !invocation.wantsJSON { ProblemText.say(error, on: invocation.console) }
      }
    }
    if invocation.wantsJSON { invocation.console.print(.object(["scripts": .array(answers)])) }
    return worst
  }

  /// What others require has to be there when their tests run.
  static func ordered(_ entries: [ScriptFolder.Entry]) -> [ScriptFolder.Entry] {
    entries.filter { $0.kind == .module } + entries.filter { $0.kind != .module }
  }

  func push(_ entry: ScriptFolder.Entry) throws(Problem) -> JSON {
    let check = ScriptCheck(Script(name: entry.name, version: 0, source: entry.source), kind: entry.kind)
    if let fault = check.findings.first(where: \.isError), !invocation.has("force") {
      throw Problem(
        .invalid, "line \(fault.line): \(fault.message)", hint: fault.hint, path: entry.path, didYouMean: fault.didYouMean)
    }
    let answer = try connection.call("put_script", path: ["script_id": entry.name], body: entry.body(note: invocation.text("note")))
    if !invocation.wantsJSON { tell(entry, answer) }
    return answer
  }

  private func tell(_ entry: ScriptFolder.Entry, _ answer: JSON) {
    let console = invocation.console
    let number = answer["version"]?.int ?? 0
    let tests = answer["tests"].flatMap { $0["passed"]?.int }.map { ", \(Format.count(Int($0), "test")) passed" } ?? ""
    if answer["status"] == "draft" {
      console.print(
        "\(console.out.styled("draft", .red, .bold))  \(entry.name) version \(number): its tests fail, version \(answer["active_version"]?.int.map { "\($0)" } ?? "none") stays active"
      )
      for failure in answer["tests"]?["failures"]?.array ?? [] {
        console.print("       \(printable(failure["name"]?.string ?? "")): \(printable(failure["message"]?.string ?? ""))")
      }
    } else if answer["unchanged"] == true {
      console.print("\(console.out.styled("same", .dim))   \(entry.name) version \(number)")
    } else {
      console.print("\(console.out.styled("active", .green)) \(entry.name) version \(number) (\(entry.kind.rawValue)\(tests))")
    }
  }
}
