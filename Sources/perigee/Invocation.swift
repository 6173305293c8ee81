import Basics

/// A command with what was typed behind it, read against the command's table.
struct Invocation: Sendable {
  let command: Command
  let console: Console
  let surroundings: Surroundings
  private(set) var words: [String] = []
  private var values: [String: String] = [:]

  /// Reads the words behind the command's name. Every problem is `.invalid`, names what was typed, and shows a right form.
  init(_ command: Command, _ arguments: [String], console: Console, surroundings: Surroundings) throws(Problem) {
    self.command = command
    self.console = console
    self.surroundings = surroundings
    var rest = arguments[...]
    while let word = rest.popFirst() {
      if word == "--" {
        words += rest
        break
      }
      guard word.hasPrefix("-"), word != "-" else {
        words.append(word)
        continue
      }
      try read(option: word, &rest)
    }
    try checkWords()
  }

  private mutating func read(option word: String, _ rest: inout ArraySlice<String>) throws(Problem) {
    let isLong = word.hasPrefix("--")
    let body = word.dropFirst(isLong ? 2 : 1)
    var name = String(body)
    var attached: String?
    if isLong {
      if let equals = body.firstIndex(of: "=") {
        name = String(body[..<equals])
        attached = String(body[body.index(after: equals)...])
      }
    } else if body.count > 1 {
      name = String(body.prefix(1))
      attached = String(body.dropFirst())
    }
    guard let option = command.allOptions.first(where: { isLong ? $0.name == name : $0.letter.map(String.init) == name }) else {
      if command.passesUnknownOptions, !words.isEmpty {
        words.append(word)
        return
      }
      throw unknown(option: isLong ? "--\(name)" : "-\(name)", name)
    }
    if values[option.name] != nil { throw Problem(.invalid, "--\(option.name) is given twice", hint: "Give it once") }
    guard let placeholder = option.value else {
      if let attached {
        throw Problem(.invalid, "--\(option.name) takes no value, and '\(attached)' is given", hint: "Write --\(option.name) alone")
      }
      values[option.name] = ""
      return
    }
    if let attached {
      values[option.name] = attached
    } else if let next = rest.popFirst(), next != "--" {
      values[option.name] = next
    } else {
      throw Problem(.invalid, "--\(option.name) needs a value", hint: "Write --\(option.name) \(placeholder)")
    }
  }

  private func unknown(option: String, _ name: String) -> Problem {
    let known = command.allOptions.map(\.name)
    return Problem(
      .invalid, "'perigee \(command.name)' has no option \(option)", hint: "See 'perigee help \(command.name)'",
      didYouMean: Suggestion.nearest(to: name, in: known).map { "--\($0)" })
  }

  private func checkWords() throws(Problem) {
    if has("help") { return }
    let required = command.positionals.filter { $0.count == .one }.count
    if words.count < required {
      let missing = command.positionals[words.count]
      throw Problem(.invalid, "\(missing.name) is missing: \(missing.help)", hint: command.examples.first.map { "For example: \($0.line)" })
    }
    if !command.positionals.contains(where: { $0.count == .rest }), words.count > command.positionals.count {
      throw Problem(.invalid, "'\(words[command.positionals.count])' is one word too many", hint: "Usage: \(Help.usage(of: command))")
    }
  }

  // MARK: - What was given

  func has(_ name: String) -> Bool { values[name] != nil }
  var wantsJSON: Bool { has("json") }
  func text(_ name: String) -> String? { values[name] }
  func word(_ position: Int) -> String? { position < words.count ? words[position] : nil }

  func int(_ name: String, in range: ClosedRange<Int>, example: Int? = nil) throws(Problem) -> Int? {
    guard let text = values[name] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw Problem(
        .invalid, "'\(text)' is not a whole number from \(range.lowerBound) to \(range.upperBound)",
        hint: "For example --\(name) \(example ?? max(range.lowerBound, 1))", path: "--\(name)")
    }
    return number
  }

  func duration(_ name: String) throws(Problem) -> Duration? {
    guard let text = values[name] else { return nil }
    guard let duration = Duration.parsing(text) else {
      throw Problem(.invalid, "'\(text)' is not a length of time", hint: "For example --\(name) 30s, 5m or 250ms", path: "--\(name)")
    }
    return duration
  }

  func instant(_ name: String) throws(Problem) -> Instant? {
    guard let text = values[name] else { return nil }
    guard let instant = Instant(text) else {
      throw Problem(.invalid, "'\(text)' is not a moment in RFC 3339", hint: "For example --\(name) 2025-06-01T02:00:00Z", path: "--\(name)")
    }
    return instant
  }

  /// A JSON object given as an option's value.
  func object(_ name: String) throws(Problem) -> JSON? {
    guard let text = values[name] else { return nil }
    let json: JSON
    do throws(Problem) { json = try JSON(parsing: text) } catch { throw error.within("--\(name)") }
    guard case .object = json else {
      let example = name == "filter" ? "{\"status\": \"active\"}" : "{\"n_clusters\": 50}"
      throw Problem(.invalid, "expected a JSON object, got \(json.typeName)", hint: "For example --\(name) '\(example)'", path: "--\(name)")
    }
    return json
  }

  var storePath: String { text("store") ?? "perigee.db" }
  var namespace: String { text("namespace") ?? "default" }
}
