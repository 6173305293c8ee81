import Basics
import Scripting
import Testing

@Suite("Budgets") struct BudgetTests {
  static let endless = [
    "while true do end",
    "coroutine.wrap(function() while true do end end)()",
    "local c = coroutine.create(function() while true do coroutine.yield() end end) while true do coroutine.resume(c) end",
    "local function f() pcall(f) f() end while true do pcall(f) end",
    "while true do xpcall(function() while true do end end, function() while true do end end) end",
    "local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end}) while true do pcall(function() return t[1] end) end",
    "while true do local t = {} for i = 1, 300 do t[i] = -i end table.sort(t, math.max) end",
    "local o = setmetatable({}, {__concat = function() while true do end end}) return 'a' .. o",
    "local o = setmetatable({}, {__close = function() while true do end end}) local x <close> = o while true do end",
    "coroutine.wrap(function() local x <close> = setmetatable({}, {__close = function() while true do end end}) "
      + "coroutine.yield() end)() while true do end",
    "local c = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() while true do end end}) coroutine.yield() end) "
      + "coroutine.resume(c) pcall(coroutine.close, c) while true do end",
    "string.rep('a', 60000):gsub('.-.-.-.-b', '')", "for _ in type do end", "for i = 1, math.huge do end", "::again:: goto again",
    "local function f(...) return f(...) end return f(1)", "local t = setmetatable({}, {__index = type}) for _ in ipairs(t) do end",
    "while true do coroutine.wrap(function() end)() end", "while true do pcall(error) end",
    // Setting a hook takes time in proportion to the depth of calls.
    "local function f(n) if n > 0 then return 1 + f(n - 1) end while true do end end return f(40000)",
    "local function f(n) if n > 0 then f(n - 1) end end while true do f(40000) end",
  ]

  @Test("stop a script by time, wherever it is", arguments: endless) func wall(source: String) throws {
    let run = try ScriptingTests.run(source, budget: Budget(wall: .milliseconds(30), memory: 16 << 20))
    guard case .killed(let problem) = run.outcome else { throw Problem(.internal, "\(run.outcome)") }
    #expect(problem.kind == .budget)
    #expect(problem.details["limit"] == "wall")
    #expect(problem.message.contains("it was stopped after 30 ms"))
    #expect(problem.hint == "Let it do less in one run.")
  }

  @Test("stop a script by instructions, wherever it is", arguments: endless) func instructions(source: String) throws {
    let run = try ScriptingTests.run(source, budget: Budget(wall: nil, memory: 16 << 20, instructions: 200_000))
    guard case .killed(let problem) = run.outcome else { throw Problem(.internal, "\(run.outcome)") }
    #expect(problem.details["limit"] == "instructions" && problem.details["limit_value"] == 200_000)
    #expect(run.cost.instructions < 2_000_000)
  }

  @Test("hold for a script that a host's function runs in another interpreter, and then again for the one that called it")
  func nested() throws {
    let host = TestHost()
    let endless = Script(name: "s", version: 1, source: "perigee.kv.get('x') while true do end")
    let brief = Budget(wall: .milliseconds(20), memory: 16 << 20)
    host.answers["kv.get"] = { _ in
      guard
        case .killed(let problem) = Interpreter(memory: 16 << 20).run(
          Script(name: "inner", version: 1, source: "while true do end"), kind: .metric, budget: brief, host: TestHost()
        ).outcome
      else { return .null }
      host.write(log: "limit", problem.details["limit"]?.string ?? "")
      return .null
    }
    nonisolated(unsafe) let lent = host
    let outcomes = try onScriptThread {
      let interpreter = Interpreter(memory: 16 << 20)
      return (0..<3).map { _ in interpreter.run(endless, kind: .action, budget: Budget(wall: .milliseconds(60), memory: 16 << 20), host: lent).outcome
      }
    }
    for outcome in outcomes {
      guard case .killed(let problem) = outcome else { throw Problem(.internal, "\(outcome)") }
      #expect(problem.details["limit"] == "wall")
    }
    #expect(host.lines.map(\.text) == ["wall", "wall", "wall"])
  }

  @Test("count every instruction when these are limited, and the first hundred thousand when they are not") func counting() throws {
    func instructions(_ rounds: Int, limit: Int64?) throws -> UInt64 {
      let run = try ScriptingTests.run("for i = 1, \(rounds) do end", budget: Budget(wall: nil, memory: 16 << 20, instructions: limit))
      guard case .returned = run.outcome else { throw Problem(.internal, "\(run.outcome)") }
      return run.cost.instructions
    }
    for limit in [nil, 100_000_000] as [Int64?] { #expect(try (20_000...21_000).contains(instructions(20_000, limit: limit))) }
    #expect(try (3_000_000...3_001_000).contains(instructions(3_000_000, limit: 100_000_000)))
    #expect(try (100_000..<200_000).contains(instructions(3_000_000, limit: nil)))
  }

  @Test("say which line was reached") func line() throws {
    let problem = try #require(try problem("local n = 0\nwhile true do\n  n = n + 1\nend", budget: Budget(wall: .milliseconds(20), memory: 16 << 20)))
    #expect([2, 3].contains(problem.details["line"]?.int))
    #expect(problem.details["source_line"] != nil)
  }

  @Test("of memory end the run, and the interpreter goes on") func memory() throws {
    let complaint = try onScriptThread { () -> String? in
      let interpreter = Interpreter(memory: 4 << 20)
      let budget = Budget(wall: .seconds(5), memory: 4 << 20)
      for source in ["local t = {} while true do t[#t + 1] = {} end", "local s = 'x' while true do s = s .. s end"] {
        let run = interpreter.run(Script(name: "greedy", version: 1, source: source), kind: .action, budget: budget, host: TestHost())
        guard case .killed(let problem) = run.outcome else { return "\(run.outcome)" }
        guard problem.details["limit"] == "memory", run.cost.peakBytes <= 5 << 20 else { return "\(problem)" }
        let next = interpreter.run(Script(name: "modest", version: 1, source: "return 1"), kind: .action, budget: budget, host: TestHost())
        guard case .returned([1]) = next.outcome, interpreter.usedMemory < 200_000 else { return "\(next.outcome), \(interpreter.usedMemory) bytes" }
      }
      return nil
    }
    #expect(complaint == nil)
  }

  @Test("let the memory of a killed run be used again") func reuse() throws {
    let peaks = try onScriptThread { () -> [UInt64] in
      let interpreter = Interpreter(memory: 8 << 20)
      let script = Script(name: "s", version: 1, source: "local t = {} for i = 1, 20000 do t[i] = {i} end while true do end")
      return (0..<20).map { _ in
        interpreter.run(script, kind: .action, budget: Budget(wall: nil, memory: 8 << 20, instructions: 400_000), host: TestHost()).cost.peakBytes
      }
    }
    #expect(peaks.allSatisfy { $0 > 1_000_000 && $0 < 4 << 20 }, "\(peaks)")
  }

  @Test("end when they are cancelled") func cancellation() throws {
    let cancellation = Cancellation()
    let host = TestHost()
    host.answers["kv.get"] = { _ in
      cancellation.cancel()
      return .null
    }
    nonisolated(unsafe) let lent = host
    let run = try onScriptThread {
      Interpreter(memory: 16 << 20).run(
        Script(name: "s", version: 1, source: "perigee.kv.get('x') while true do end"), kind: .action, budget: Budget(wall: nil, memory: 16 << 20),
        host: lent, cancellation: cancellation)
    }
    guard case .killed(let problem) = run.outcome else { throw Problem(.internal, "\(run.outcome)") }
    #expect(problem.kind == .cancelled)
  }

  @Test("tell the host in the middle of its work that the time is over, or that nobody wants the run any more") func work() throws {
    for ends in [true, false] {
      let host = TestHost()
      let cancellation = Cancellation()
      nonisolated(unsafe) var looks = 0
      host.answers["kv.get"] = { [unowned host] _ in
        // Stopped by a count, should nobody say so: then it is seen here, not by a test that hangs.
        while !host.work.isCancelled, looks < 2_000_000_000 {
          looks += 1
          if !ends, looks == 100 { cancellation.cancel() }
        }
        return .bool(host.work.isCancelled)
      }
      nonisolated(unsafe) let asked = host
      let run = try onScriptThread {
        Interpreter(memory: 16 << 20).run(
          Script(name: "w", version: 1, source: "return pcall(perigee.kv.get, 'x')"), kind: .action,
          budget: Budget(wall: ends ? .milliseconds(10) : nil, memory: 16 << 20), host: asked, cancellation: cancellation)
      }
      guard case .killed = run.outcome else { throw Problem(.internal, "\(run.outcome)") }
      #expect(host.work.isCancelled && looks < 2_000_000_000)
    }
  }

  @Test("bound how many values cross at once: each takes the host more bytes than it takes the script") func manyValues() throws {
    let many = "local t = {} for i = 1, 100000 do t[i] = true end local all = {} for i = 1, 11 do all[i] = t end "
    for use in ["perigee.kv.set('k', all)", "perigee.kv.set('k', table.unpack(all))", "return all", "ctx.state = all"] {
      let problem = try #require(try problem(many + use))
      #expect(problem.message.contains("value too large: at most 1048576 values cross"), "\(use): \(problem)")
    }
    #expect(try values(many + "all[11] = nil for i = 1, 3 do perigee.kv.set('k', all) end return #all") == [10])
  }

  @Test("leave room for a large live heap: garbage is collected before the limit is met") func collection() throws {
    let source = "local keep = {} for i = 1, 20000 do keep[i] = {i} end local s for i = 1, 2000000 do s = {i} end return #keep"
    #expect(try run(source, budget: Budget(wall: .seconds(20), memory: 4 << 20)).values() == [20000])
  }

  @Test("do not let C calls nest until the stack is gone, whatever stack there is") func nesting() throws {
    let source = "local function f(s) return (s:gsub('.', f)) end return f('x')"
    let here = Interpreter(memory: 16 << 20)  // on a thread of the test's pool
    let run = here.run(Script(name: "s", version: 1, source: source), kind: .action, budget: ScriptKind.action.budget, host: TestHost())
    guard case .failed(let problem) = run.outcome else { throw Problem(.internal, "\(run.outcome)") }
    #expect(problem.message.contains("stack overflow"))
  }
}
