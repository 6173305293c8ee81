package import Basics

/// Makes programs at random from Lua's grammar and the library's table: most do something, many do it wrong.
///
/// What they are for is said by `LuaFuzzer.run`: whatever they do, the host goes on, and its memory comes back.
package struct LuaFuzzer {
  private var random: SeededRandom
  private var depth = 0
  private var names: [String] = []

  package init(seed: UInt64) { random = SeededRandom(seed: seed) }

  private mutating func pick<Items: Collection>(_ items: Items) -> Items.Element {
    items[items.index(items.startIndex, offsetBy: Int.random(in: 0..<items.count, using: &random))]
  }

  private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

  private static let atoms = [
    "nil", "true", "false", "0", "1", "-1", "2^53", "1e308", "0/0", "1/0", "math.mininteger", "'a'", "'%'", "''", "'x'", "'-'", "('ab'):rep(50)",
    "'\\0'",
    "'\\xff'", "{}", "{1,2,3}", "{a=1}", "{[1]=1,[3]=3}", "perigee.json.null", "perigee", "string", "ctx", "ctx.state", "_G", "print", "select",
    "...",
    "function(...) return ... end", "function() error({}) end", "coroutine.create(function(a) return coroutine.yield(a) end)",
    "setmetatable({}, {__index=function(t,k) return k end, __tostring=function() return 'T' end, __concat=function(a,b) return 'C' end, __lt=function() return true end})",
    "setmetatable({}, {__close=function() error('closing') end})", "perigee.vector.new{1,2,3}", "perigee.vector.new(4)", "perigee.json.array()",
  ]
  private static let functions: [String] = {
    let standard = [
      "string.byte", "string.char", "string.find", "string.format", "string.gmatch", "string.gsub", "string.len", "string.lower", "string.match",
      "string.rep", "string.reverse", "string.sub", "string.upper", "string.pack", "string.unpack", "table.concat", "table.insert", "table.move",
      "table.pack", "table.remove", "table.sort", "table.unpack", "math.floor", "math.random", "math.max", "math.fmod", "math.tointeger", "utf8.char",
      "utf8.codepoint", "utf8.len", "utf8.offset", "coroutine.resume", "coroutine.wrap", "coroutine.close", "coroutine.status", "pcall", "xpcall",
      "select", "tostring", "tonumber", "next", "pairs", "ipairs", "rawget", "rawset", "rawlen", "rawequal", "setmetatable", "getmetatable", "error",
      "assert", "type",
    ]
    return standard + Library.functions.filter { !$0.isValue && !$0.name.hasPrefix("t.") && $0.name != "sleep" }.map(\.spelling)
  }()
  private static let operators = ["+", "-", "*", "/", "//", "%", "^", "..", "==", "~=", "<", "<=", "and", "or", "&", "|", "~", "<<", ">>"]

  private mutating func expression() -> String {
    depth += 1
    defer { depth -= 1 }
    if depth > 5 { return pick(Self.atoms) }
    switch Int.random(in: 0..<100, using: &random) {
    case ..<30: return pick(Self.atoms)
    case ..<40: return names.isEmpty ? "ctx" : pick(names)
    case ..<65: return call()
    case ..<78: return "(\(expression()) \(pick(Self.operators)) \(expression()))"
    case ..<84: return pick(["-", "#", "not ", "~"]) + "(\(expression()))"
    case ..<90: return "{\(expression()), \(expression()), k = \(expression())}"
    case ..<95: return "(\(expression()))[\(expression())]"
    default: return "(function(a, b) \(statement()) return a, b end)(\(expression()))"
    }
  }

  private mutating func call() -> String {
    let count = Int.random(in: 0...4, using: &random)
    let arguments = (0..<count).map { _ in expression() }.joined(separator: ", ")
    return "\(pick(Self.functions))(\(arguments))"
  }

  private mutating func statement() -> String {
    depth += 1
    defer { depth -= 1 }
    if depth > 5 { return "" }
    switch Int.random(in: 0..<100, using: &random) {
    case ..<25:
      let name = "v\(names.count % 20)"
      let text = "local \(name)\(chance(5) ? " <close>" : "") = \(expression())"
      names.append(name)
      return text
    case ..<45: return "pcall(function() \(statement()) local _ = \(expression()) end)"
    case ..<60: return "local _ = \(expression())"
    case ..<68: return "for i = 1, \(pick(["3", "10", "1000", "1e9"])) do \(statement()) end"
    case ..<74: return "for k, v in pairs(\(expression())) do \(statement()) end"
    case ..<80: return "if \(expression()) then \(statement()) else \(statement()) end"
    case ..<85: return "local co = coroutine.wrap(function(...) \(statement()) coroutine.yield(...) end) pcall(co, \(expression()))"
    case ..<90: return "ctx.state.k\(Int.random(in: 0..<5, using: &random)) = \(expression())"
    case ..<94: return "for d in perigee.documents.each(\(expression())) do \(statement()) end"
    default: return "repeat \(statement()) until \(expression())"
    }
  }

  /// One program; most compile.
  package mutating func program() -> String {
    names = []
    depth = 0
    // What fails would end the program: most statements are guarded, so that the next has its turn.
    let lines = (0..<Int.random(in: 1...8, using: &random)).map { _ in
      let statement = statement()
      return statement.hasPrefix("local v") || chance(20) ? statement : "pcall(function(...) \(statement) end)"
    }
    return lines.joined(separator: "\n") + (chance(50) ? "\nreturn \(expression())" : "")
  }

  package struct Summary: Sendable {
    package var programs = 0
    package var returned = 0
    package var failed = 0
    package var killed = 0
    /// The longest that a run worked beyond its limit.
    package var slowest = Duration.zero
    /// Programs that worked for longer than `latency` after their limit, or took more memory than theirs.
    package var complaints: [String] = []
  }

  private static let budget = Budget(wall: .milliseconds(50), memory: 4 << 20)
  /// A filter's budget holds for each event on its own: together they have what others have.
  private static let share = Budget(wall: .milliseconds(50) / HostileCorpus.events.count, memory: 4 << 20)
  private static let latency = Duration.milliseconds(50)

  /// The program as a filter, to which each event's document is what `ctx` is to others; the ways into earlier ones are kept and taken.
  private static func filter(of source: String) -> String {
    "return function(event, ...) local ctx = event.document walks = walks or {} walks[#walks + 1] = pairs(ctx)"
      + " for i = 1, math.min(#walks, 20) do pcall(walks[i]) end\n\(source)\nend"
  }

  /// Runs programs until `deadline` has passed, by an interpreter that is made anew every thousand; `each` hears of each thousand.
  ///
  /// `worked` says how long the thread has worked: where time passes and nothing is done, the machine was busy with others.
  /// Call it on a script thread.
  package static func run(
    seed: UInt64, surroundings: Surroundings, worked: () -> Ticks = ThreadTime.now, until deadline: Ticks, each: (Summary) -> Void = { _ in }
  ) -> Summary {
    var fuzzer = LuaFuzzer(seed: seed)
    var summary = Summary()
    var interpreter = Interpreter(memory: budget.memory, random: { seed })
    while surroundings.ticks() < deadline {
      if summary.programs % 1000 == 999 {
        interpreter = Interpreter(memory: budget.memory, random: { seed })
        each(summary)
      }
      let source = fuzzer.program()
      summary.programs += 1
      let host = FuzzedHost(seed: seed &+ UInt64(summary.programs))
      let kinds: [ScriptKind] = [.batch, .action, .predicate, .filter]
      let kind = kinds[summary.programs % kinds.count]
      let began = worked()
      let run =
        kind == .filter
        ? interpreter.filter(
          Script(name: "fuzz", version: 1, source: filter(of: source)), events: HostileCorpus.events, budget: share, host: host
        ).run : interpreter.run(Script(name: "fuzz", version: 1, source: source), kind: kind, context: ["now": 1], budget: budget, host: host)
      let late = worked() - began - .milliseconds(50)
      summary.slowest = max(summary.slowest, late)
      switch run.outcome {
      case .returned: summary.returned += 1
      case .failed: summary.failed += 1
      case .killed: summary.killed += 1
      }
      if late > latency { summary.complaints.append("program \(summary.programs) worked for \(late.inMilliseconds) ms after its limit:\n\(source)") }
      if run.cost.peakBytes > UInt64(budget.memory) + 128 << 10 {
        summary.complaints.append("program \(summary.programs) used \(run.cost.peakBytes) bytes:\n\(source)")
      }
    }
    return summary
  }
}

/// Answers whatever it is asked with whatever it likes, errors among it.
private final class FuzzedHost: ScriptHost {
  private var random: SeededRandom
  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  func call(_ name: String, _ arguments: [JSON]) throws(Problem) -> JSON {
    switch Int.random(in: 0..<8, using: &random) {
    case 0: throw Problem(.invalid, "no", hint: "yes", path: "x")
    case 1: return .null
    case 2: return .int(Int64.random(in: .min ... .max, using: &random))
    case 3: return ["documents": [["document_id": "a", "n": 1], ["document_id": "b"]], "cursor": Bool.random(using: &random) ? .null : "c"]
    case 4: return .array([.null, [:], "text", 1.5])
    case 5: return ["name": "m", "source": "return {f = function(...) return ... end}"]
    case 6: return arguments.first ?? [:]
    default: return .string(String(repeating: "é", count: Int.random(in: 0..<300, using: &random)))
    }
  }

  func write(_ arguments: [JSON], to page: inout DocumentPage) throws(Problem) -> Bool {
    guard Bool.random(using: &random) else { return false }
    for text in ["{\"document_id\":\"a\",\"n\":1,\"s\":\"\\u00e9\"}", "{}", "{\"k\":{\"l\":[1,2,null]}}"] { page.append(Array(text.utf8)) }
    page.cursor = Int.random(in: 0..<4, using: &random) == 0 ? .int(1) : .null
    return true
  }

  func write(log level: String, _ message: String) {}
}
