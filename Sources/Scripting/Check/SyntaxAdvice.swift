import Basics

/// What to write instead, where a script does not compile: mostly what other languages have and Lua has not.
///
/// It looks at the words of the line that the compiler complains of. The first thing known of them is what it says.
struct SyntaxAdvice {
  private(set) var hint: String?
  private(set) var didYouMean: String?
  private let tokens: [LuaToken]
  private let message: String

  init(for message: String, line: Int?, source: String) {
    let all = LuaToken.all(in: source)
    tokens = all.filter { $0.line == line }
    self.message = message
    hint = operatorHint() ?? wordHint()
    if hint == nil { didYouMean = misspelt(all) }
    if hint == nil, didYouMean == nil { hint = shapeHint(all) ?? closing() }
  }

  private func isSymbol(_ index: Int, _ text: String) -> Bool {
    tokens.indices.contains(index) && tokens[index].kind == .symbol && tokens[index].text == text
  }

  private func complains(near word: String) -> Bool { message.hasSuffix("near '\(word)'") }

  /// Signs that Lua writes in another way.
  private func operatorHint() -> String? {
    if let first = tokens.first, first.kind == .symbol, first.text == "//" || first.text == "#", complains(near: first.text) {
      return "A comment begins with --."
    }
    if complains(near: "/"), isSymbol(0, "/") { return "A comment begins with --, one of several lines stands in --[[ … ]]." }
    for index in tokens.indices where tokens[index].kind == .symbol {
      let name = index > 0 && tokens[index - 1].kind == .name ? tokens[index - 1].text : "n"
      switch tokens[index].text {
      case "!": return isSymbol(index + 1, "=") || isSymbol(index + 1, "==") ? "Not equal is written ~=." : "Write not x instead of !x."
      case "&" where isSymbol(index + 1, "&"): return "Write and instead of &&."
      case "|" where isSymbol(index + 1, "|"): return "Write or instead of ||."
      case "?": return "There is no ? in Lua: write `x and a or b`, or if x then … else … end."
      case "=" where isSymbol(index + 1, ">"): return "A function is written function(ctx) … end."
      case "==" where isSymbol(index + 1, "="): return "Equal is written ==, not equal ~=."
      case "+" where isSymbol(index + 1, "+"): return "There is no ++ in Lua: write \(name) = \(name) + 1."
      case let sign where ["+", "-", "*", "/", "..", "%"].contains(sign) && isSymbol(index + 1, "="):
        return "There is no \(sign)= in Lua: write \(name) = \(name) \(sign) …."
      default: break
      }
    }
    return nil
  }

  /// Words that mean something elsewhere.
  static let foreign = [
    "let": "A variable is made by `local NAME = …`.", "var": "A variable is made by `local NAME = …`.",
    "const": "A constant is made by `local NAME <const> = …`.", "int": "Variables have no types: `local NAME = …`.",
    "async": "A function is written function(ctx) … end; nothing has to be awaited.",
    "await": "Nothing has to be awaited: a call returns when it is done.",
    "def": "A function is written function NAME(…) … end.", "func": "A function is written function NAME(…) … end.",
    "fn": "A function is written function NAME(…) … end.", "lambda": "A function is written function(x) return … end.",
    "continue": "There is no continue in Lua: write goto next, and the label ::next:: at the end of the loop.",
    "elif": "It is written elseif.", "elsif": "It is written elseif.", "foreach": "It is written for _, x in ipairs(list) do … end.",
    "try": "Errors are caught by pcall: local ok, message = pcall(function() … end).",
    "catch": "Errors are caught by pcall: local ok, message = pcall(function() … end).",
    "throw": "An error is raised by error(\"…\").", "raise": "An error is raised by error(\"…\").", "import": "A module is had by require \"name\".",
    "switch": "There is no switch in Lua: write if … elseif … else … end.", "new": "There is no new in Lua: a table is written {…}.",
    "class": "There are no classes in Lua: a table is written {…}.",
  ]

  private func wordHint() -> String? {
    for (index, token) in tokens.enumerated() where token.kind == .name {
      let follows = index + 1 < tokens.count ? tokens[index + 1] : nil
      // A name that somebody gave to something is followed by a sign.
      guard let hint = Self.foreign[token.text], follows.map({ $0.kind != .symbol || $0.text == "{" || $0.text == ":" }) ?? true else { continue }
      return hint
    }
    return nil
  }

  /// What the compiler says, in other words.
  private func shapeHint(_ all: [LuaToken]) -> String? {
    if complains(near: "=") { return "To compare, write ==; a single = gives a variable its value." }
    if message.hasPrefix("'then' expected") { return "It is written if CONDITION then … end." }
    if message.hasPrefix("'do' expected") { return "It is written for … do … end, or while CONDITION do … end." }
    if message.hasPrefix("unfinished string") { return "A text ends on its line, with the quote that it began with; several lines stand in [[ … ]]." }
    if message.hasPrefix("')' expected near") || message.hasPrefix("'}' expected near") || message.hasPrefix("']' expected near") {
      if message.contains("(to close") { return nil }
      let isBracket = [")", "}", "]"].contains(where: complains(near:))
      return isBracket ? "The bracket that is open is of another kind." : "Is a comma or an operator missing before that?"
    }
    if complains(near: "end") || complains(near: ")") || complains(near: "}") {
      let place = tokens.firstIndex { $0.text == "end" || $0.text == ")" || $0.text == "}" } ?? 0
      if tokens.indices.contains(where: { isSymbol($0, ",") && $0 + 1 < tokens.count && ["end", ")"].contains(tokens[$0 + 1].text) }), place > 0 {
        return "Leave out the comma before it."
      }
    }
    let signs = [">", "<", ">=", "<=", "==", "~=", "+", "*", "/", "..", "and", "or"]
    if message.hasPrefix("unexpected symbol near") || message.hasPrefix("syntax error near"), signs.contains(where: complains(near:)),
      !all.contains(where: { $0.kind == .keyword && $0.text == "return" && $0.line == tokens.first?.line && tokens.first?.text == "return" })
    {
      return "A value alone is no statement: write `return` before it, or `local x =`."
    }
    return nil
  }

  /// The word that the compiler names, or the one before it: where nothing else is called so, and it is nearly a word of Lua's.
  private func misspelt(_ all: [LuaToken]) -> String? {
    for index in tokens.indices.reversed() where message.hasSuffix("near <eof>") ? index == tokens.count - 1 : complains(near: tokens[index].text) {
      for place in [index, index - 1] where tokens.indices.contains(place) && tokens[place].kind == .name {
        let word = tokens[place].text
        if isSymbol(place - 1, ".") || isSymbol(place - 1, ":") || word.utf8.count < 3 || all.count(where: { $0.text == word }) > 1 { continue }
        if let near = Suggestion.nearest(to: word, in: LuaToken.keywords.sorted()) { return near }
      }
    }
    return nil
  }

  private func closing() -> String? {
    if message.hasPrefix("'end' expected") { return "Each function, if, for, while and do ends in an `end` of its own; else if is written elseif." }
    if message.hasPrefix("<eof> expected near 'end'") { return "There is an `end` more than there are beginnings." }
    if message.contains("'=' expected near") || message.contains("unexpected symbol") || message.contains("syntax error near") {
      return "A script is an expression, or statements that end in e.g. `return function(ctx) return true end`."
    }
    return message.contains("bytes long") ? "Split it; large data belongs into a collection." : nil
  }
}
