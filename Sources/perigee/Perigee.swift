import Basics
import Glibc

/// The command line from the words typed to an exit code.
enum Perigee {
  static let version = "0.1.0"

  static func run(_ arguments: [String], surroundings: Surroundings, console given: Console? = nil) -> ExitCode {
    let console = given ?? .standard(colour: colour(in: arguments))
    do throws(Problem) {
      if let point = getenv(CrashPoint.variable) { try CrashPoint.arm(String(cString: point)) }
      let code = try dispatch(arguments, surroundings, console)
      if let problem = Output.problem { throw problem }
      return code
    } catch {
      ProblemText.say(error, on: console)
      return ExitCode(error.kind)
    }
  }

  private static func dispatch(_ arguments: [String], _ surroundings: Surroundings, _ console: Console) throws(Problem) -> ExitCode {
    guard let first = arguments.first else { return try start("serve", [], surroundings, console) }
    switch first {
    case "--help", "-h":
      console.out.write(Array(Help.overview(Command.all, console.out).utf8))
      return .ok
    case "--version", "-V": return try start("version", [], surroundings, console)
    default: break
    }
    if first.hasPrefix("-") { return try start("serve", arguments, surroundings, console) }
    let (command, rest) = try find(arguments, console)
    guard let command else { return .usage }
    return try start(command, rest, surroundings, console)
  }

  /// The command that the first word or two name, and the words behind it; nil after showing what a noun alone could mean.
  private static func find(_ arguments: [String], _ console: Console) throws(Problem) -> (Command?, [String]) {
    let first = arguments[0]
    if arguments.count > 1, let command = Command.named("\(first) \(arguments[1])") { return (command, Array(arguments.dropFirst(2))) }
    if let command = Command.named(first) { return (command, Array(arguments.dropFirst())) }
    let verbs = Command.all.map(\.name).filter { $0.hasPrefix(first + " ") }.map { String($0.dropFirst(first.count + 1)) }
    if !verbs.isEmpty {
      guard arguments.count > 1, !arguments[1].hasPrefix("-") else {
        console.err.write(Array(Help.group(first, Command.all, console.err).utf8))
        return (nil, [])
      }
      let near = Suggestion.nearest(to: arguments[1], in: verbs)
      throw Problem(
        .invalid, "'perigee \(first)' cannot '\(arguments[1])'", hint: "It can: \(verbs.joined(separator: ", "))",
        didYouMean: near.map { "perigee \(first) \($0)" })
    }
    let words = Command.all.map(\.name) + Set(Command.all.compactMap { $0.name.split(separator: " ").first.map(String.init) }).sorted()
    throw Problem(
      .invalid, "there is no command '\(first)'", hint: "'perigee help' lists them",
      didYouMean: Suggestion.nearest(to: first, in: words).map { "perigee \($0)" })
  }

  private static func start(_ name: String, _ rest: [String], _ surroundings: Surroundings, _ console: Console) throws(Problem) -> ExitCode {
    guard let command = Command.named(name) else { throw Problem(.internal, "the table has no command '\(name)'") }
    return try start(command, rest, surroundings, console)
  }

  private static func start(_ command: Command, _ rest: [String], _ surroundings: Surroundings, _ console: Console) throws(Problem) -> ExitCode {
    let invocation = try Invocation(command, rest, console: console, surroundings: surroundings)
    if let word = invocation.text("color"), Console.ColourChoice(rawValue: word) == nil {
      throw Problem(.invalid, "'\(word)' is no choice of colours", hint: "One of: auto, always, never", path: "--color")
    }
    if invocation.has("help") {
      console.out.write(Array(Help.page(command, console.out).utf8))
      return .ok
    }
    return try command.run(invocation)
  }

  /// `--color` is looked for before anything is parsed, because parsing may already have something to say.
  private static func colour(in arguments: [String]) -> Console.ColourChoice {
    for (i, word) in arguments.enumerated() {
      if word == "--" { break }
      if word.hasPrefix("--color=") { return .init(rawValue: String(word.dropFirst(8))) ?? .auto }
      if word == "--color", i + 1 < arguments.count { return .init(rawValue: arguments[i + 1]) ?? .auto }
    }
    return .auto
  }
}
