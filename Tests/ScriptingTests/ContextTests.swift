import Basics
import Scripting
import Testing

/// A run whose `ctx` has fields that are made when a script looks must be like one where all were there at the beginning.
@Suite("Fields of ctx that are made when a script looks") struct ContextTests {
  static let context: JSONObject = ["now": 12.5, "task_id": "task_1"]
  static let rest: JSONObject = ["trigger": ["trigger_id": "trg_1", "tags": ["a", "b"]], "cursor": 7]
  static let state: JSON = ["n": 3]

  /// What a run with all fields from the beginning gives, and one that is asked for them; and how often it was.
  private static func both(_ source: String) throws -> (whole: ScriptRun, late: ScriptRun, asked: Int) {
    try onScriptThread {
      let interpreter = Interpreter(memory: 16 << 20, random: { 1 })
      let script = Script(name: "s", version: 1, source: source)
      var all = context
      for member in rest.members { all[member.key] = member.value }
      let whole = interpreter.run(script, kind: .action, context: all, state: state, budget: ScriptKind.action.budget, host: TestHost())
      var asked = 0
      let late = interpreter.run(
        script, kind: .action, context: context,
        rest: { () throws(Problem) in
          asked += 1
          var fields = rest
          fields["state"] = state
          return fields
        }, budget: ScriptKind.action.budget, host: TestHost())
      return (whole, late, asked)
    }
  }

  private static func said(_ run: ScriptRun) -> String {
    switch run.outcome {
    case .returned(let values): "returned \(JSON.array(values).text)"
    case .failed(let problem): "failed \(problem)"
    case .killed(let problem): "killed \(problem)"
    }
  }

  /// Keys of a table in their order, as text.
  private static let keys = """
    local function keys(t) local k = {} for n in pairs(t) do k[#k + 1] = n end table.sort(k) return table.concat(k, ' ') end

    """

  @Test(
    "are there for whatever looks at them, and asked for once",
    arguments: [
      "return ctx.trigger.trigger_id", "return function(c) return c.trigger.tags[2], c.cursor end", "return ctx.state.n",
      "return function(c) c.state.n = c.state.n + 1 return c.state.n end", "return ctx.nothing == nil, ctx[1] == nil, ctx[{}] == nil",
      keys + "return keys(ctx)", "local n = 0 for k, v in next, ctx do n = n + 1 end return n", "return rawget(ctx, 'cursor')",
      "return ctx", "return {inside = ctx}", "return perigee.json.encode(ctx.state), #perigee.json.encode(ctx)", "print(ctx) return ctx.cursor",
      "ctx.trigger = nil return ctx.trigger == nil, ctx.cursor", "ctx.trigger = 'mine' return ctx.trigger, ctx.cursor",
      "rawset(ctx, 'cursor', 'mine') return ctx.cursor, ctx.trigger.trigger_id", "rawset(ctx, 'state', nil) return ctx.state == nil",
      "ctx.state = nil return ctx.trigger.trigger_id", "ctx.state = {m = 1}", "ctx[1] = 'one' return ctx[1], #ctx, ctx.cursor",
      keys + "ctx.own = 1 return keys(ctx)", "local t = setmetatable({}, {__index = ctx}) return t.cursor, rawget(t, 'cursor') == nil",
      "local t = setmetatable({}, {__newindex = ctx}) t.cursor = 9 return ctx.cursor",
      "return coroutine.wrap(function() return ctx.cursor, ctx.trigger.trigger_id end)()",
      "return select(2, pcall(function() return ctx.missing.field end)) ~= nil, ctx.cursor",
      "table.insert(ctx, 'x') return ctx[1], ctx.cursor", "local a, b = ctx.trigger, ctx.trigger return a == b, rawequal(ctx.state, ctx.state)",
      keys + "local first = next(ctx) return first ~= nil, keys(ctx)", "for k in pairs(ctx) do ctx[k] = nil end return next(ctx) == nil",
      "local n = 0 for i, v in ipairs(ctx) do n = n + 1 end return n, ctx.cursor", "error(ctx.trigger.trigger_id)",
      "return {before = function(c) return c.cursor end}",
    ])
  func looked(source: String) throws {
    let (whole, late, asked) = try Self.both(source)
    #expect(Self.said(late) == Self.said(whole))
    #expect(late.state == whole.state)
    #expect(asked <= 1)
  }

  @Test(
    "cost nothing where none looks, and the state stays what it was",
    arguments: [
      "return 1", "return function(c) return c.now end", "return ctx.task_id", "return type(ctx), getmetatable(ctx)", "return #ctx, rawlen(ctx)",
      "return function(c) c:explain('k', 1) c:log('seen') return c.now end", "return pcall(setmetatable, ctx, {})", "return rawequal(ctx, ctx)",
      "local f = ctx.explain return type(f)", "error('no')",
    ])
  func unseen(source: String) throws {
    let (whole, late, asked) = try Self.both(source)
    #expect(Self.said(late) == Self.said(whole))
    #expect(asked == 0)
    #expect(late.state == nil)
    #expect(late.explain == whole.explain)
  }

  @Test("that cannot be made are an error of the script, at each look again") func failing() throws {
    let run = try onScriptThread { () -> ScriptRun in
      let source = "local n = 0 for _ = 1, 3 do if not pcall(function() return ctx.trigger end) then n = n + 1 end end return n, ctx.now"
      return Interpreter(memory: 16 << 20).run(
        Script(name: "s", version: 1, source: source), kind: .action, context: Self.context,
        rest: { () throws(Problem) in throw Problem(.unavailable, "the store is away") }, budget: ScriptKind.action.budget, host: TestHost())
    }
    #expect(try run.values() == [3, 12.5])
    #expect(run.state == nil)
  }

  @Test("of one run are not those of the next") func apart() throws {
    let runs = try onScriptThread { () -> [ScriptRun] in
      let interpreter = Interpreter(memory: 16 << 20)
      return (1...3).map { number in
        let script = Script(name: "s", version: 1, source: number == 2 ? "return 'none'" : "return ctx.cursor, ctx.state.n")
        let rest: JSONObject = ["cursor": .int(Int64(number)), "state": ["n": .int(Int64(number * 10))]]
        return interpreter.run(script, kind: .action, rest: { rest }, budget: ScriptKind.action.budget, host: TestHost())
      }
    }
    let cursors = try runs.map { try $0.values() }
    #expect(cursors == [[1, 10], ["none"], [3, 30]])
  }
}
