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
    "unpack": "It is called table.unpack.",
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

  init(for message: String, compiling: Bool) {
    if compiling {
      if message.contains("'=' expected near") || message.contains("unexpected symbol") || message.contains("syntax error near") {
        hint = "A script is an expression, or statements that end in e.g. `return function(ctx) return true end`."
      } else if message.contains("bytes long") {
        hint = "Split it; large data belongs into a collection."
      }
      return
    }
    guard message.contains("nil") else { return }
    let subject = Self.subject(of: message)
    if let subject, let instead = Self.absent[subject.name] {
      hint = instead
      return
    }
    if let subject, let near = Suggestion.nearest(to: subject.name, in: Self.names), near != subject.name { didYouMean = near }
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
