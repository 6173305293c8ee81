import Basics

extension Command {
  static let version = Command(
    name: "version", summary: "Print the version",
    examples: [Example("perigee version", "the version, and what it was built of"), Example("perigee version --json", "the same for programs")]
  ) { invocation in
    if invocation.wantsJSON {
      invocation.console.print(["version": .string(Perigee.version), "lua": "5.4", "platform": .string(platform)])
    } else {
      invocation.console.print("perigee \(Perigee.version) (\(platform), Lua 5.4)")
    }
    return .ok
  }

  #if arch(arm64)
    private static let platform = "linux-arm64"
  #else
    private static let platform = "linux-x86_64"
  #endif

  static let help = Command(
    name: "help", summary: "Tell about a command, or list them all",
    positionals: [Positional("COMMAND", .rest, "A command's name, 'scripting', 'exit-codes' or 'licences'")],
    examples: [
      Example("perigee help", "all commands"), Example("perigee help key create", "one command"),
      Example("perigee help exit-codes", "what the shell is told"),
    ]
  ) { invocation throws(Problem) in
    let (stream, name) = (invocation.console.out, invocation.words.joined(separator: " "))
    let text: String
    if name.isEmpty {
      text = Help.overview(all, stream)
    } else if name == "scripting" {
      text = ScriptingHelp.text
    } else if name == "exit-codes" {
      text = Help.exitCodes(stream)
    } else if name == "licences" {
      text = DemoData.licence
    } else if let command = named(name) {
      text = Help.page(command, stream)
    } else if all.contains(where: { $0.name.hasPrefix(name + " ") }) {
      text = Help.group(name, all, stream)
    } else {
      throw Problem(
        .invalid, "there is no help on '\(name)'", hint: "'perigee help' lists the commands",
        didYouMean: Suggestion.nearest(to: name, in: all.map(\.name) + Help.topics).map { "perigee help \($0)" })
    }
    stream.write(Array(text.utf8))
    return .ok
  }
}
