import Basics
import Testing

@testable import perigee

@Suite("Options") struct OptionTests {
  private static let command = Command(
    name: "paint", summary: "Paint", positionals: [.init("WALL", .one, "what to paint"), .init("TOOL", .optional, "with what")],
    options: [
      Option("coats", letter: "c", value: "N", "how often"), Option("quick", letter: "q", "do not wait"), Option("wait", value: "TIME", "how long"),
    ],
    examples: [.init("perigee paint wall", "once")]
  ) { _ in .ok }

  private func read(_ words: String...) throws(Problem) -> Invocation {
    try Invocation(Self.command, words, console: Recorder().console(), surroundings: standing)
  }

  @Test(
    "may stand anywhere and in every usual form",
    arguments: [
      ["wall", "--coats", "3"], ["--coats", "3", "wall"], ["--coats=3", "wall"], ["-c", "3", "wall"], ["-c3", "wall"], ["wall", "-q", "-c3"],
    ])
  func forms(words: [String]) throws {
    let invocation = try Invocation(Self.command, words, console: Recorder().console(), surroundings: standing)
    #expect(try invocation.int("coats", in: 1...9) == 3)
    #expect(invocation.words == ["wall"])
  }

  @Test("are none behind two dashes")
  func dashes() throws {
    let invocation = try read("--", "--quick", "-c")
    #expect(invocation.words == ["--quick", "-c"])
    #expect(!invocation.has("quick"))
  }

  @Test("may have a value that looks like an option, after an equals sign or a space")
  func values() throws {
    #expect(try read("wall", "--wait=-1").text("wait") == "-1")
    #expect(try read("wall", "--wait", "-").text("wait") == "-")
  }

  @Test(
    "that are wrong are told with what would be right",
    arguments: [
      (["wall", "--coat", "3"], "no option --coat", "--coats"), (["wall", "-x"], "no option -x", nil),
      (["wall", "--coats"], "--coats needs a value", nil),
      (["wall", "--quick=1"], "takes no value", nil), (["wall", "-c1", "--coats", "2"], "given twice", nil), ([], "WALL is missing", nil),
      (["wall", "brush", "bucket"], "'bucket' is one word too many", nil),
    ] as [([String], String, String?)])
  func wrong(words: [String], message: String, near: String?) {
    let problem = #expect(throws: Problem.self) { try Invocation(Self.command, words, console: Recorder().console(), surroundings: standing) }
    #expect(problem?.kind == .invalid)
    #expect(problem?.message.contains(message) ?? false, "\(problem?.message ?? "")")
    #expect(problem?.didYouMean == near)
  }

  @Test(
    "with numbers and times are checked",
    arguments: [("coats", "0"), ("coats", "x"), ("coats", "10"), ("coats", "1.5"), ("wait", "soon"), ("wait", "5 m"), ("wait", "")])
  func typed(name: String, value: String) throws {
    let invocation = try read("wall", "--\(name)=\(value)")
    let problem = #expect(throws: Problem.self) {
      if name == "coats" { _ = try invocation.int("coats", in: 1...9) } else { _ = try invocation.duration("wait") }
    }
    #expect(problem?.path == "--\(name)")
    #expect(problem?.message.contains("'\(value)'") ?? false)
  }
}

@Suite("Commands") struct CommandTests {
  @Test(
    "that do not exist are answered with the nearest",
    arguments: [("impotr", "perigee import"), ("key creat", "perigee key create"), ("hlep", "perigee help"), ("triger list", "perigee trigger")])
  func unknown(words: String, near: String) {
    let recorder = Recorder()
    let code = Perigee.run(words.split(separator: " ").map(String.init), surroundings: standing, console: recorder.console())
    #expect(code == .usage)
    #expect(recorder.out.isEmpty)
    #expect(recorder.err.contains("Did you mean '\(near)'?"), "\(recorder.err)")
  }

  @Test("of a noun are listed when only the noun is given")
  func noun() {
    let (code, out, err) = perform("key")
    #expect(code == .usage)
    #expect(out.isEmpty)
    #expect(["key create", "key list", "key revoke"].allSatisfy(err.contains))
  }

  @Test("have names, summaries and at least one example each; no option is described twice", arguments: Command.all)
  func table(command: Command) {
    #expect(!command.summary.hasSuffix("."))
    #expect(!command.examples.isEmpty)
    #expect(command.examples.allSatisfy { $0.line.contains("perigee \(command.name)") }, "\(command.name)")
    let names = command.allOptions.map(\.name) + command.allOptions.compactMap { $0.letter.map(String.init) }
    #expect(Set(names).count == names.count, "\(command.name)")
  }

  @Test("explain themselves, in less than 150 columns", arguments: Command.all)
  func help(command: Command) {
    let (code, out, err) = perform("help", command.name)
    #expect(code == .ok)
    #expect(err.isEmpty)
    #expect(out == perform(command.name.split(separator: " ").map(String.init) + ["--help"]).out)
    #expect(out.split(separator: "\n").allSatisfy { String($0).columnCount < 150 })
    expectSnapshot(out, "help-\(command.name.split(separator: " ").joined(separator: "-")).txt")
  }

  private func perform(_ words: [String]) -> (code: ExitCode, out: String) {
    let recorder = Recorder()
    return (Perigee.run(words, surroundings: standing, console: recorder.console()), recorder.out)
  }
  private func perform(_ words: String...) -> (code: ExitCode, out: String, err: String) {
    let recorder = Recorder()
    let code = Perigee.run(words.flatMap { $0.split(separator: " ").map(String.init) }, surroundings: standing, console: recorder.console())
    return (code, recorder.out, recorder.err)
  }

  @Test("begin with three examples in the overview")
  func overview() {
    let (code, out, _) = perigeeTests.perform("help")
    #expect(code == .ok)
    expectSnapshot(out, "help.txt")
    expectSnapshot(perigeeTests.perform("help", "exit-codes").out, "help-exit-codes.txt")
    #expect(perigeeTests.perform("help", "licences").out.contains("WordNet 3.0 Copyright 2006 by Princeton University"))
  }
}

extension Command: CustomTestStringConvertible {
  public var testDescription: String { name }
}
