import Basics
import Scripting
import Testing

@Suite("Running a script") struct RunTests {
  @Test(
    "answers, however the script is written",
    arguments: [
      "return function(ctx) return ctx.n > 3, 'large' end",
      "ctx.n > 3, 'large'",
      "return ctx.n > 3, 'large'",
      "local limit = 3\nreturn ctx.n > limit, 'large'",
      "-- a comment first\nctx.n > 3, 'large'",
    ])
  func forms(source: String) throws {
    let verdict = try run(source, kind: .predicate, context: ["n": 4]).verdict()
    #expect(verdict.passed && verdict.reason == "large")
    #expect(try !run(source, kind: .predicate, context: ["n": 2]).verdict().passed)
  }

  @Test(
    "is neither true nor false when a predicate answers with something else",
    arguments: [
      ("return 1", "a number"), ("nil", "nothing"), ("return 'true'", "a string"), ("return function() end", "nothing"), ("return {}", "a table"),
    ])
  func strictVerdicts(source: String, said: String) throws {
    let problem = try #require(try problem(source, kind: .predicate))
    #expect(problem.kind == .script)
    #expect(problem.message.contains(said == "nothing" && source == "nil" ? "nil" : said), "\(problem)")
    #expect(problem.hint != nil)
  }

  @Test("of a metric gives a number, or fails") func metrics() throws {
    #expect(try run("return 0.25", kind: .metric).number() == 0.25)
    #expect(try run("return function(ctx) return 3 end", kind: .metric).number() == 3)
    #expect(try problem("return 'x'", kind: .metric)?.message == "test: the metric answered with a string, not with a number")
  }

  @Test("calls the hook that is asked for") func hooks() throws {
    let source = """
      return {
        before = function(ctx) return false, "not today" end,
        after = function(ctx, result) return result.num_clusters end,
      }
      """
    #expect(try run(source, kind: .hook, entry: "before").values() == [false, "not today"])
    #expect(try run(source, kind: .hook, entry: "after", arguments: [["num_clusters": 7]]).values() == [7])
    #expect(try run(source, kind: .hook, entry: "on_failure").values() == [])
    #expect(try run("return function(ctx, result) return result end", kind: .hook, entry: "after", arguments: ["done"]).values() == ["done"])
  }

  @Test("keeps ctx.state from run to run") func state() throws {
    let source = "return function(ctx) ctx.state.n = (ctx.state.n or 0) + 1 return ctx.state.n end"
    let first = try run(source)
    #expect(try first.values() == [1])
    let second = try run(source, state: first.state)
    #expect(try second.values() == [2])
    #expect(second.state == ["n": 2])
  }

  @Test("that fails leaves no state, and one that grows too large fails") func stateLimits() throws {
    #expect(try run("return function(ctx) ctx.state.n = 1 error('no') end").state == nil)
    let large = try run("return function(ctx) ctx.state.text = string.rep('x', 70000) end")
    guard case .failed(let problem) = large.outcome else { throw Problem(.internal, "it returned") }
    #expect(problem.message.hasPrefix("test: ctx.state has grown to 700"))
    #expect(large.state == nil)
  }

  @Test("gives a batch script its arguments") func batch() throws {
    let host = TestHost()
    let run = try ScriptingTests.run("print(arg[1], ...) perigee.progress(1, 2) return #arg", kind: .batch, arguments: ["a", 2], host: host)
    #expect(try run.values() == [2])
    #expect(host.lines.map(\.text) == ["a\ta\t2"])
    #expect(host.calls.map(\.name) == ["progress"])
  }

  @Test("sees nothing of the run before") func isolation() throws {
    let outcome = try onScriptThread { () -> [[JSON]] in
      let interpreter = Interpreter(memory: 16 << 20)
      let script = Script(name: "s", version: 1, source: "local was = leaked leaked = 1 return was == nil, math.random(1, 1 << 60)")
      return (0..<3).map { _ in
        (try? interpreter.run(script, kind: .action, budget: ScriptKind.action.budget, host: TestHost()).values()) ?? []
      }
    }
    #expect(outcome.allSatisfy { $0.first == true })
    #expect(Set(outcome.compactMap { $0.last?.int }).count == 3)
  }

  @Test("draws the same random numbers from the same seed") func seeds() throws {
    func draw() throws -> [JSON] {
      try onScriptThread {
        var random = SeededRandom(seed: 7)
        let interpreter = Interpreter(memory: 16 << 20, random: { random.next() })
        return try? interpreter.run(
          Script(name: "s", version: 1, source: "return math.random(), math.random(10), math.random(0)"), kind: .action,
          budget: ScriptKind.action.budget, host: TestHost()
        ).values()
      } ?? []
    }
    #expect(try draw() == draw())
    #expect(try draw().count == 3)
  }

  @Test("counts what it cost, and keeps what it explained") func costs() throws {
    let host = TestHost()
    let run = try ScriptingTests.run(
      "return function(ctx) for i = 1, 100000 do end ctx:explain('rows', 12) perigee.kv.get('a') return true end", kind: .predicate, host: host)
    #expect(run.explain == ["rows": 12])
    #expect(run.cost.instructions >= 100_000 && run.cost.instructions < 150_000)
    #expect(run.cost.hostCalls == 2)
    #expect(run.cost.nanoseconds > 0 && run.cost.peakBytes > 10_000)
  }

  @Test("does not compile in words that say where") func check() throws {
    let problem = try onScriptThread { () -> Problem? in
      do throws(Problem) {
        try Interpreter(memory: 16 << 20).check(Script(name: "guard", version: 2, source: "return function(ctx)\n  retrun true\nend"))
        return nil
      } catch { return error }
    }
    #expect(problem?.message == "guard (version 2), line 2: does not compile: syntax error near 'true'")
    #expect(problem?.details["source_line"] == "  retrun true")
  }
}
