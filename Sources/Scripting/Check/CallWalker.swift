import Basics
import Model

/// Goes through the words of a script once and looks at each name that begins a chain: `perigee.documents.get(…)`, `ctx:count(…)`.
struct CallWalker {
  private let tokens: [LuaToken]
  private let kind: StoredScript.Kind
  private var findings: [ScriptCheck.Finding] = []
  /// Local names of library tables and functions: `local docs = perigee.documents`.
  private var aliases: [String: String] = [:]
  private var declared: Set<String> = []

  private static let standard: [String: [String]] = [
    "string": [
      "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "pack", "packsize", "rep", "reverse", "sub", "unpack", "upper",
    ],
    "table": ["concat", "insert", "move", "pack", "remove", "sort", "unpack"],
    "math": [
      "abs", "acos", "asin", "atan", "ceil", "cos", "deg", "exp", "floor", "fmod", "huge", "log", "max", "maxinteger", "min", "mininteger", "modf",
      "pi", "rad", "random", "randomseed", "sin", "sqrt", "tan", "tointeger", "type", "ult",
    ],
    "utf8": ["char", "charpattern", "codepoint", "codes", "len", "offset"],
    "coroutine": ["close", "create", "isyieldable", "resume", "running", "status", "wrap", "yield"],
  ]
  private static let globals: Set<String> = [
    "_G", "_ENV", "_VERSION", "assert", "error", "getmetatable", "ipairs", "next", "pairs", "pcall", "print", "rawequal", "rawget", "rawlen",
    "rawset", "require", "select", "setmetatable", "tonumber", "tostring", "type", "xpcall", "perigee", "ctx", "event", "arg", "test", "self",
  ]
  private static let paths = Dictionary(uniqueKeysWithValues: Library.functions.map { ($0.path, $0) })

  init(_ tokens: [LuaToken], kind: StoredScript.Kind) {
    self.tokens = tokens
    self.kind = kind
  }

  private func text(_ index: Int) -> String { index >= 0 && index < tokens.count ? tokens[index].text : "" }
  private func isName(_ index: Int) -> Bool { index >= 0 && index < tokens.count && tokens[index].kind == .name }
  private func isSymbol(_ index: Int, _ symbol: String) -> Bool {
    index >= 0 && index < tokens.count && tokens[index].kind == .symbol && tokens[index].text == symbol
  }

  mutating func walk() -> [ScriptCheck.Finding] {
    declare()
    for index in tokens.indices where isName(index) && !isSymbol(index - 1, ".") && !isSymbol(index - 1, ":") && !isSymbol(index - 1, "::") {
      // A name before `=` within braces is a field; `goto` names a label; `<const>` is an attribute.
      if text(index - 1) == "goto" || isField(index) || isSymbol(index - 1, "<") && isSymbol(index + 1, ">") { continue }
      look(at: index)
    }
    checkAnswer()
    return findings
  }

  /// A predicate, filter or metric has to give its function back, or an answer.
  private mutating func checkAnswer() {
    guard [.predicate, .filter, .metric].contains(kind), let first = tokens.first, first.kind == .keyword else { return }
    guard ["function", "local", "if", "for", "while", "repeat", "do"].contains(first.text), first.text != "function" || isName(1) else { return }
    var open: [String] = []
    for token in tokens where token.kind == .keyword {
      switch token.text {
      case "function", "if", "do", "repeat": open.append(token.text)
      case "end", "until": _ = open.popLast()
      case "return" where !open.contains("function"): return
      default: break
      }
    }
    add(
      tokens.last?.line ?? 1, "the script ends without an answer: nothing is returned outside of its functions",
      hint: first.text == "function"
        ? "Write return function(\(kind == .filter ? "event" : "ctx")) … end." : "Let it end in return function(ctx) … end.")
  }

  /// Every name that is made somewhere, wherever: a use of one of them is never complained of.
  private mutating func declare() {
    for index in tokens.indices {
      switch tokens[index].text {
      case "local" where tokens[index].kind == .keyword:
        var at = index + 1
        if text(at) == "function" { at += 1 }
        while isName(at) {
          declared.insert(text(at))
          at += 1
          if isSymbol(at, "<") { at += 3 }
          guard isSymbol(at, ",") else { break }
          at += 1
        }
        noteAlias(index)
      case "for" where tokens[index].kind == .keyword:
        var at = index + 1
        while isName(at) || isSymbol(at, ",") {
          if isName(at) { declared.insert(text(at)) }
          at += 1
        }
      case "function" where tokens[index].kind == .keyword:
        var at = index + 1
        if isName(at), isSymbol(at + 1, "(") { declared.insert(text(at)) }
        while at < tokens.count, !isSymbol(at, "(") { at += 1 }
        while at < tokens.count, !isSymbol(at, ")") {
          if isName(at) { declared.insert(text(at)) }
          at += 1
        }
      case "=" where tokens[index].kind == .symbol:
        // Assignments make globals: `x = 1`, `a, b = 1, 2`.
        var at = index - 1
        while isName(at), !isSymbol(at - 1, "."), !isSymbol(at - 1, ":") {
          declared.insert(text(at))
          guard isSymbol(at - 1, ",") else { break }
          at -= 2
        }
      default: break
      }
    }
    for name in aliases.keys { declared.insert(name) }
  }

  /// `local NAME = perigee.a.b` and nothing behind it.
  private mutating func noteAlias(_ index: Int) {
    guard isName(index + 1), isSymbol(index + 2, "="), text(index + 3) == "perigee", isName(index + 3) else { return }
    var (path, at) = ("perigee", index + 4)
    while isSymbol(at, "."), isName(at + 1) {
      path += "." + text(at + 1)
      at += 2
    }
    if !isSymbol(at, "("), !isSymbol(at, "["), !isSymbol(at, ":"), !isSymbol(at, "{"), at >= tokens.count || tokens[at].kind != .string {
      aliases[text(index + 1)] = path
    }
  }

  private func isField(_ index: Int) -> Bool {
    guard isSymbol(index + 1, "="), isSymbol(index - 1, "{") || isSymbol(index - 1, ",") || isSymbol(index - 1, ";") else { return false }
    // `a, b = 1, 2` looks the same from here, unless a brace is open.
    var depth = 0
    for at in stride(from: index - 1, through: max(0, index - 4000), by: -1) where tokens[at].kind == .symbol {
      if tokens[at].text == "}" { depth += 1 }
      if tokens[at].text == "{" {
        if depth == 0 { return true }
        depth -= 1
      }
    }
    return false
  }

  private mutating func look(at index: Int) {
    let root = text(index)
    var path: String
    switch root {
    case "perigee" where !declared.contains(root): path = "perigee"
    case "ctx", "t", "event": return method(of: root, index)
    default:
      if let alias = aliases[root] {
        path = alias
      } else if let members = Self.standard[root], !declared.contains(root) {
        return standardMember(root, members, index)
      } else {
        return global(root, index)
      }
    }
    var at = index + 1
    while isSymbol(at, "."), isName(at + 1) {
      let next = path + "." + text(at + 1)
      guard Self.paths[next] != nil || Self.paths.keys.contains(where: { $0.hasPrefix(next + ".") }) else {
        if Self.paths[path] == nil { unknown(path, text(at + 1), members(of: path), tokens[at + 1].line) }
        return
      }
      path = next
      at += 2
    }
    guard let function = Self.paths[path] else {
      if isSymbol(at, ":"), isName(at + 1) { return dotted(path, text(at + 1), members(of: path), tokens[at].line) }
      if isSymbol(at, "(") {
        add(tokens[index].line, "'\(path)' is a table of functions, not a function", hint: "It has: \(members(of: path).joined(separator: ", ")).")
      }
      return
    }
    if isSymbol(at, ":"), isName(at + 1), !function.isValue { add(tokens[at].line, "'\(path)' is a function and has no methods") }
    checkKind(function, tokens[index].line)
    checkWalk(function, index, at)
    call(function, at, tokens[index].line)
  }

  /// `for x in ctx:events{…} do`: a list is no iterator.
  private mutating func checkWalk(_ function: LibraryFunction, _ root: Int, _ call: Int) {
    guard text(root - 1) == "in", !isName(root - 1), let returns = function.returns, !returns.hasPrefix("fun("), returns != "any" else { return }
    guard let end = self.end(ofCallAt: call), text(end + 1) == "do" else { return }
    let isList = returns.hasSuffix("[]")
    add(
      tokens[root].line, "\(function.spelling) gives a \(isList ? "list" : returns.replacing("?", with: "")), which `for` cannot walk by itself",
      hint: "Write for \(isList ? "_" : "key"), value in \(isList ? "ipairs" : "pairs")(\(function.spelling)(…)) do.")
  }

  /// Where the call ends that begins with these arguments; nil when it is none.
  private func end(ofCallAt start: Int) -> Int? {
    guard start < tokens.count else { return nil }
    if tokens[start].kind == .string { return start }
    guard isSymbol(start, "(") || isSymbol(start, "{") else { return nil }
    var depth = 0
    for at in start..<tokens.count where tokens[at].kind == .symbol {
      if ["(", "{", "["].contains(tokens[at].text) { depth += 1 }
      if [")", "}", "]"].contains(tokens[at].text) { depth -= 1 }
      if depth == 0 { return at }
    }
    return nil
  }

  /// `perigee.kv:get(…)`, `string:format(…)`: the table would be the first argument.
  private mutating func dotted(_ table: String, _ name: String, _ members: [String], _ line: Int) {
    let near = members.contains(name) ? name : Suggestion.nearest(to: name, in: members)
    guard let near else { return unknown(table, name, members, line) }
    add(line, "functions of '\(table)' are called with a dot", hint: "Write \(table).\(near)(…).")
  }

  private func members(of path: String) -> [String] {
    let prefix = path + "."
    return Set(Self.paths.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count).prefix { $0 != "." }) }).sorted()
  }

  private mutating func unknown(_ table: String, _ name: String, _ members: [String], _ line: Int) {
    let near = Suggestion.nearest(to: name, in: members)
    add(line, "\(table) has no member '\(name)'", hint: near == nil ? "It has: \(members.joined(separator: ", "))." : nil, near: near)
  }

  private mutating func checkKind(_ function: LibraryFunction, _ line: Int) {
    guard kind != .module, function.right != .none, !function.kinds.contains(where: { $0.rawValue == kind.rawValue }) else { return }
    add(
      line, "\(function.spelling) needs the right '\(function.right.rawValue)', which a \(kind.rawValue) does not have",
      hint: "These can: \(function.kinds.map(\.rawValue).joined(separator: ", ")).")
  }

  /// `ctx:count(…)`, `t:run{…}`, `event.document`.
  private mutating func method(of root: String, _ index: Int) {
    guard isName(index + 2), isSymbol(index + 1, ".") || isSymbol(index + 1, ":") else { return }
    let name = text(index + 2)
    let isCall = isSymbol(index + 3, "(") || isSymbol(index + 3, "{") || index + 3 < tokens.count && tokens[index + 3].kind == .string
    if root == "event" {
      let fields = ["type", "collection_id", "document_id", "document", "at", "payload"]
      if isSymbol(index + 1, "."), kind == .filter, !fields.contains(name) {
        add(
          tokens[index].line, "an event has no field '\(name)'", hint: "It has: \(fields.joined(separator: ", ")).",
          near: Suggestion.nearest(to: name, in: fields), isError: false)
      }
      return
    }
    if root == "t", kind != .test { return }
    let methods = Library.functions.filter { $0.name.hasPrefix(root + ".") }
    if let function = methods.first(where: { $0.name == "\(root).\(name)" }) {
      if function.takesContext, isSymbol(index + 1, "."), isCall {
        add(tokens[index].line, "'\(root).\(name)' is called with a colon", hint: "Write \(root):\(name)(…).", isError: false)
      }
      checkKind(function, tokens[index].line)
      checkWalk(function, index, index + 3)
      call(function, index + 3, tokens[index].line)
    } else if isSymbol(index + 1, ":") || isCall && root == "ctx" && Self.contextFields.contains(name) {
      let names = methods.map { String($0.name.dropFirst(root.count + 1)) }
      let near = Suggestion.nearest(to: name, in: names)
      add(
        tokens[index].line, "\(root) has no method '\(name)'", hint: near == nil ? "It has: \(names.sorted().joined(separator: ", "))." : nil,
        near: near)
    } else if root == "ctx", !Self.contextFields.contains(name), let near = Suggestion.nearest(to: name, in: Self.contextFields),
      !declared.contains("ctx.\(name)")
    {
      add(tokens[index].line, "ctx has no field '\(name)'", near: near, isError: false)
    }
  }

  private static let contextFields = ["trigger", "now", "scheduled_at", "state", "cursor", "last_run", "baseline", "task_id"]

  private mutating func standardMember(_ root: String, _ members: [String], _ index: Int) {
    guard isName(index + 2) else { return }
    if isSymbol(index + 1, ":") { return dotted(root, text(index + 2), members, tokens[index].line) }
    if isSymbol(index + 1, "."), !members.contains(text(index + 2)) { unknown(root, text(index + 2), members, tokens[index].line) }
  }

  private mutating func global(_ name: String, _ index: Int) {
    guard !declared.contains(name), !Self.globals.contains(name) else { return }
    let advice = ScriptAdvice(for: "attempt to index a nil value (global '\(name)')", isRunning: false)
    let near = advice.hint == nil ? Suggestion.nearest(to: name, in: declared.union(Self.globals).union(Self.standard.keys).sorted()) : nil
    add(
      tokens[index].line, "the global '\(name)' is nil",
      hint: near == nil ? advice.hint ?? "Nothing here gives it a value: `local \(name) = …`." : nil,
      near: near,
      isError: isSymbol(index + 1, "(") || isSymbol(index + 1, ".") || isSymbol(index + 1, "{")
        || tokens.indices.contains(index + 1) && tokens[index + 1].kind == .string)
  }

  // MARK: - Arguments

  private mutating func call(_ function: LibraryFunction, _ at: Int, _ line: Int) {
    guard !function.isValue, let count = arguments(at) else { return }
    let (least, most) = (function.parameters.filter { !$0.isOptional }.count, function.parameters.count)
    if function.isVariadic { return }
    checkLiterals(function, at)
    let form = "\(function.spelling)(\(function.parameters.map { $0.isOptional ? "[\($0.name)]" : $0.name }.joined(separator: ", ")))"
    if count.given > most {
      add(
        line,
        "\(function.spelling) takes \(most == 0 ? "no argument" : most == 1 ? "one argument" : "\(most) arguments"), and \(count.given) are given",
        hint: "It is called as \(form).")
    } else if count.given < least, !count.isOpen {
      let missing = function.parameters[count.given]
      let type = missing.type == "any" ? "" : ", a \(missing.type)"
      add(line, "\(function.spelling) is missing '\(missing.name)'\(type)", hint: "It is called as \(form).")
    }
  }

  /// Arguments whose kind can be seen: texts, numbers, truths and tables that are written in the call.
  private mutating func checkLiterals(_ function: LibraryFunction, _ start: Int) {
    var (at, place, depth, begins) = (isSymbol(start, "(") ? start + 1 : start, 0, 0, true)
    while at < tokens.count, place < function.parameters.count {
      let parameter = function.parameters[place]
      let ends = isSymbol(at + 1, ",") || isSymbol(at + 1, ")") || at == start
      if begins, let given = literal(at, ends: ends), let wanted = Self.wanted(parameter, function), !wanted.contains(given) {
        add(
          tokens[at].line, "\(function.spelling): '\(parameter.name)' is a \(parameter.type), and a \(given) is given",
          hint: given == "string" && wanted.contains("table") ? "A table is written {…}, as in {status = \"open\"}." : nil)
      }
      if !isSymbol(start, "(") { return }
      if ["(", "{", "["].contains(text(at)) || ["function", "if", "do", "repeat"].contains(text(at)) && tokens[at].kind == .keyword { depth += 1 }
      if [")", "}", "]"].contains(text(at)) || ["end", "until"].contains(text(at)) && tokens[at].kind == .keyword { depth -= 1 }
      if depth < 0 { return }
      at += 1
      begins = depth == 0 && isSymbol(at, ",")
      if begins {
        place += 1
        at += 1
      }
    }
  }

  private func literal(_ at: Int, ends: Bool) -> String? {
    switch tokens[at].kind {
    case .string: return ends ? "string" : nil
    case .number: return ends ? "number" : nil
    case .keyword: return ends && ["true", "false"].contains(tokens[at].text) ? "boolean" : nil
    case .symbol where tokens[at].text == "{":
      guard let end = end(ofCallAt: at) else { return nil }
      return isSymbol(end + 1, ",") || isSymbol(end + 1, ")") || !isSymbol(at - 1, "(") && !isSymbol(at - 1, ",") ? "table" : nil
    default: return nil
    }
  }

  /// What kinds of literal a parameter takes; nil when any may be right.
  private static func wanted(_ parameter: LibraryFunction.Parameter, _ function: LibraryFunction) -> Set<String>? {
    switch parameter.type {
    case "string": ["string"]
    case "number", "integer": ["number"]
    case "table", "table[]": function.name == "documents.each" || function.name == "http.get" || function.name == "http.post" ? nil : ["table"]
    default: nil
    }
  }

  /// How many arguments a call has that begins here, and whether its last one may stand for several; nil when it is no call.
  private func arguments(_ start: Int) -> (given: Int, isOpen: Bool)? {
    guard start < tokens.count else { return nil }
    if tokens[start].kind == .string || isSymbol(start, "{") { return (1, false) }
    guard isSymbol(start, "(") else { return nil }
    var (depth, count, at) = (0, 0, start)
    while at < tokens.count {
      let token = tokens[at]
      switch (token.kind, token.text) {
      case (.symbol, "("), (.symbol, "{"), (.symbol, "["), (.keyword, "function"), (.keyword, "if"), (.keyword, "do"), (.keyword, "repeat"):
        depth += 1
      case (.symbol, ")"), (.symbol, "}"), (.symbol, "]"), (.keyword, "end"), (.keyword, "until"): depth -= 1
      case (.symbol, ",") where depth == 1: count += 1
      default: break
      }
      if depth == 0 {
        let isEmpty = at == start + 1
        let isOpen =
          isSymbol(at - 1, ")") || isSymbol(at - 1, "...") || isSymbol(at - 1, "}") && (isName(at - 3) || isSymbol(at - 2, "{"))
          || at > 0 && tokens[at - 1].kind == .string && isName(at - 2)
        return (isEmpty ? 0 : count + 1, isOpen)
      }
      at += 1
    }
    return nil
  }

  private mutating func add(_ line: Int, _ message: String, hint: String? = nil, near: String? = nil, isError: Bool = true) {
    findings.append(ScriptCheck.Finding(line: line, message: message, hint: hint, didYouMean: near, isError: isError))
  }
}
