import Basics

/// What to try after one of Lua's common errors.
struct ScriptAdvice {
  private(set) var hint: String?
  private(set) var didYouMean: String?

  /// Names that Lua programs expect and that are not here, and what there is instead.
  private static let absent = [
    "os": "The time is perigee.time.now(); files and processes are not offered.",
    "io": "Files are not offered; use perigee.documents or perigee.kv, and print for output.",
    "package": "Modules are not loaded from files.",
    "load": "Code cannot be made from text.", "loadstring": "Code cannot be made from text.", "dofile": "Files are not offered.",
    "debug": "The debug library is not offered.", "collectgarbage": "Memory is managed by the host.",
    "unpack": "It is called table.unpack.", "null": "Nothing is written nil in Lua.", "None": "Nothing is written nil in Lua.",
    "undefined": "Nothing is written nil in Lua.", "NULL": "Nothing is written nil in Lua.", "True": "It is written true.",
    "False": "It is written false.", "console": "A line is written by print(…) or perigee.log.info(…).", "printf": "Write print(string.format(…)).",
    "len": "The length of x is #x.", "JSON": "It is perigee.json.", "Math": "It is math.", "Date": "The time is perigee.time.now().",
    "parseInt": "A number is made by tonumber(…).", "str": "A text is made by tostring(…).", "int": "A whole number is made by math.tointeger(…).",
  ]
  private static let fields = [
    "trigger", "now", "scheduled_at", "last_run", "baseline", "cursor", "state", "document", "collection_id", "document_id", "payload", "type", "at",
  ]
  private static let standard = [
    "string", "table", "math", "utf8", "coroutine", "perigee", "ctx", "event", "pairs", "ipairs", "tostring", "tonumber", "print", "require",
    "select", "pcall",
    "error",
    "assert", "type", "next", "format", "gsub", "gmatch", "match", "find", "sub", "rep", "upper", "lower", "len", "byte", "char", "reverse", "insert",
    "remove", "concat", "sort", "unpack", "pack", "move", "floor", "ceil", "abs", "max", "min", "sqrt", "random", "huge", "tointeger",
  ]
  private static let names = Array(Set(fields + standard + Library.names.flatMap { $0.split(separator: ".").map(String.init) })).sorted()

  /// `isRunning`: the value was nil when it was looked at, and not only by its name.
  init(for message: String, isRunning: Bool = true) {
    guard message.contains("nil") else { return }
    let subject = Self.subject(of: message)
    if let subject, subject.kind == "global",
      let instead = Self.absent[subject.name] ?? SyntaxAdvice.foreign[subject.name] ?? Self.below(subject.name)
    {
      hint = instead
      return
    }
    if let subject, let near = Suggestion.nearest(to: subject.name, in: Self.names), near != subject.name { didYouMean = near }
    guard isRunning else { return }
    let what = subject.map { "\($0.kind == "global" ? "The global" : "The field") '\($0.name)' is nil" } ?? "A value is nil"
    if message.hasPrefix("attempt to index") {
      hint = "\(what) here; look first whether it is there, as in `if x then … end`."
    } else if message.hasPrefix("attempt to call") {
      hint = "\(what): there is no such function."
    } else if message.contains("arithmetic") || message.hasPrefix("attempt to compare") {
      hint = "\(what); give a default, as in `(x or 0)`."
    } else if message.contains("concatenate") {
      hint = "\(what); use tostring(x), or a default, as in `(x or \"\")`."
    }
  }

  /// Where a table of the library is that somebody names without `perigee`.
  private static func below(_ name: String) -> String? {
    Library.names.contains { $0.hasPrefix(name + ".") } && name != "ctx" && name != "t" ? "It is perigee.\(name)." : nil
  }

  /// What Lua names in brackets: "(field 'colour')", "(global 'os')".
  private static func subject(of message: String) -> (kind: String, name: String)? {
    for kind in ["field", "global", "method", "local", "upvalue"] {
      guard let start = message.firstRange(of: "(\(kind) '") else { continue }
      let rest = message[start.upperBound...]
      guard let end = rest.firstIndex(of: "'") else { continue }
      return (kind, String(rest[..<end]))
    }
    return nil
  }
}
