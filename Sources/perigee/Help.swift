import Basics

/// Help texts, made from the table of commands. They begin with examples, because that is what people copy.
enum Help {
  static let topics = ["scripting", "exit-codes", "licences"]

  static func usage(of command: Command) -> String {
    let words = command.positionals.map { word in
      switch word.count {
      case .one: word.name
      case .optional: "[\(word.name)]"
      case .rest: "[\(word.name)…]"
      }
    }
    return (["perigee \(command.name)"] + words + (command.options.isEmpty ? [] : ["[OPTIONS]"])).joined(separator: " ")
  }

  /// The overview: three examples, then every command in a line.
  static func overview(_ commands: [Command], _ stream: Console.Stream) -> String {
    var text = "Perigee clusters documents, watches them, and acts when your conditions hold.\n\n"
    text += stream.styled("Start here", .bold) + "\n"
    text += list(
      [
        ("perigee demo", "see it work on real data, in 20 seconds"), ("perigee", "serve ./perigee.db on this machine"),
        ("perigee next \"0 9 * * 1-5\" --tz Europe/Paris", "when a cron expression fires"),
      ], stream)
    text += "\n" + stream.styled("Commands", .bold) + "\n"
    text += list(commands.map { ($0.name, $0.summary) }, stream)
    text +=
      "\n'perigee help COMMAND' tells more about one; 'perigee help scripting' leads through scripts, 'perigee help exit-codes' tells what the exit codes mean.\n"
    return text
  }

  static func page(_ command: Command, _ stream: Console.Stream) -> String {
    var text = "\(command.summary).\n\n" + stream.styled("Examples", .bold) + "\n"
    text += list(command.examples.map { ($0.line, $0.what) }, stream)
    text += "\n" + stream.styled("Usage", .bold) + "\n  \(usage(of: command))\n"
    if !command.positionals.isEmpty { text += list(command.positionals.map { ($0.name, $0.help) }, stream) }
    text += "\n" + stream.styled("Options", .bold) + "\n"
    text += list(command.allOptions.map { ($0.form, $0.help) }, stream)
    if !command.notes.isEmpty { text += "\n\(command.notes)\n" }
    return text
  }

  /// The verbs of a noun: what `perigee key` alone shows.
  static func group(_ noun: String, _ commands: [Command], _ stream: Console.Stream) -> String {
    let verbs = commands.filter { $0.name.hasPrefix(noun + " ") }
    return stream.styled("perigee \(noun)", .bold) + "\n" + list(verbs.map { ($0.name, $0.summary) }, stream)
  }

  static func exitCodes(_ stream: Console.Stream) -> String {
    stream.styled("Exit codes", .bold) + "\n" + list(ExitCode.allCases.map { ("\($0.rawValue)", $0.meaning) }, stream)
  }

  private static func list(_ items: [(String, String)], _ stream: Console.Stream) -> String {
    let width = min(items.map { $0.0.columnCount }.max() ?? 0, 46)
    var text = ""
    for (term, meaning) in items {
      let styled = stream.styled(term, .cyan)
      if term.columnCount > width {
        text += "  \(styled)\n  \(String(repeating: " ", count: width))  \(meaning)\n"
      } else {
        text += "  \(styled)\(String(repeating: " ", count: width - term.columnCount))  \(meaning)\n"
      }
    }
    return text
  }
}
