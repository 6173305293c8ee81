import Basics

/// One thing the command line can do. The table of these (`Command.all`) gives parsing, help and the check for unknown options,
/// so they cannot disagree.
struct Command: Sendable {
  /// A word that is not an option.
  struct Positional: Sendable {
    enum Count: Sendable { case one, optional, rest }
    var name: String
    var count: Count
    var help: String
    init(_ name: String, _ count: Count = .one, _ help: String) {
      self.name = name
      self.count = count
      self.help = help
    }
  }

  struct Example: Sendable {
    var line: String
    var what: String
    init(_ line: String, _ what: String) {
      self.line = line
      self.what = what
    }
  }

  /// One word, or two for what is done to a kind of thing: `key create`.
  var name: String
  var summary: String
  var positionals: [Positional] = []
  var options: [Option] = []
  var examples: [Example]
  /// Paragraphs for `perigee help NAME`.
  var notes: String = ""
  /// Options that the table does not know are handed on, as the words of a script.
  var passesUnknownOptions = false
  var run: @Sendable (Invocation) throws(Problem) -> ExitCode

  /// Its own options, and those that every command takes.
  var allOptions: [Option] { options + Option.common }
}

/// An option of a command: a flag, or a name with a value.
struct Option: Sendable {
  /// Long name without dashes.
  var name: String
  /// One letter for `-x`.
  var letter: Character?
  /// What stands for the value in help texts; nil makes it a flag.
  var value: String?
  var help: String

  init(_ name: String, letter: Character? = nil, value: String? = nil, _ help: String) {
    self.name = name
    self.letter = letter
    self.value = value
    self.help = help
  }

  /// `-n, --count N`
  var form: String { (letter.map { "-\($0), " } ?? "") + "--\(name)" + (value.map { " \($0)" } ?? "") }

  static let common = [
    Option("json", "Print the result as one JSON document"),
    Option("color", value: "WHEN", "Colours: auto (on a terminal), always, never"),
    Option("help", letter: "h", "Show this help"),
  ]
  static let store = Option("store", value: "FILE", "The store; without it ./perigee.db")
  static let namespace = Option("namespace", value: "NAME", "The namespace; without it 'default'")
}
