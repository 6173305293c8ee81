import Basics
import Scripting
import Testing

@Suite("Errors of scripts") struct ErrorTests {
  @Test("name script, version, line, source line, and the way there") func place() throws {
    let source = "local function deep()\n  error('no such colour')\nend\nreturn function(ctx)\n  deep()\n  return true\nend"
    let problem = try #require(try problem(source))
    #expect(problem.kind == .script)
    #expect(problem.message == "test (version 3), line 2: no such colour")
    #expect(problem.details["script"] == "test" && problem.details["version"] == 3 && problem.details["line"] == 2)
    #expect(problem.details["source_line"] == "  error('no such colour')")
    #expect(problem.details["traceback"] == ["test:2: in the function at line 1", "test:5: in the function at line 4"])
  }

  @Test(
    "come with advice",
    arguments: [
      ("return string.formt('x')", "format", "there is no such function"),
      ("return ctx.trigger.name", nil, "look first whether it is there"),
      ("return ctx.schedulde_at + 1", "scheduled_at", "give a default"),
      ("return 'a' .. ctx.nothing_here", nil, "use tostring(x)"),
      ("return os.time()", nil, "perigee.time.now()"),
      ("return ctx.missing > 3", nil, "give a default"),
      ("pritn('x')", "print", "there is no such function"),
    ] as [(String, String?, String)])
  func advice(source: String, near: String?, hint: String) throws {
    let problem = try #require(try problem(source))
    #expect(problem.didYouMean == near, "\(problem)")
    #expect(problem.hint?.contains(hint) == true, "\(problem)")
  }

  @Test("of the host keep their facts") func hostProblems() throws {
    let host = TestHost()
    host.problems["documents.get"] = Problem(
      .notFound, "there is no collection 'newz'", hint: "Make it first.", path: "collection", didYouMean: "news")
    let problem = try #require(try problem("local x = 1\nreturn perigee.documents.get('newz', 'd')", host: host))
    #expect(problem.message == "test (version 3), line 2: collection: there is no collection 'newz'")
    #expect(problem.didYouMean == "news" && problem.hint == "Make it first." && problem.details["cause"] == "notFound")
  }

  @Test("of the host can be caught") func caught() throws {
    let host = TestHost()
    host.problems["kv.get"] = Problem(.unavailable, "the disk is full")
    let caught = try values("local ok, message = pcall(perigee.kv.get, 'x') return ok, message", host: host)
    #expect(caught == [false, "the disk is full"])
  }

  @Test(
    "are shown whatever was thrown",
    arguments: [
      ("error({code = 3})", ": {code = 3}"), ("error({})", ": {}"), ("error(setmetatable({}, {}))", ": {}"),
      ("error({1, 'two', x = {y = {z = 1}}, [7] = true, ['a b'] = 0.5})", #"{1, "two", [7] = true, ["a b"] = 0.5, x = {y = {…}}}"#),
      (
        "error({f = print, n = perigee.json.decode('[null]')[1], c = coroutine.create(print), [{}] = 1, [1.5] = 2})",
        "{c = thread, f = function, n = null, …}"
      ),
      (#"error({s = 'a"\\b\n\0' .. string.rep('ü', 50)})"#, #"{s = "a\"\\b\n\000ü"#), ("error({message = {code = 4}})", "{message = {code = 4}}"),
      ("local t = {} for i = 1, 20000 do t[-i] = i end error(t)", ": {[-20000] = 20000, [-19999] = 19999,"),
      ("local t = {} t.t = t error(t)", "{t = {t = {…}}}"), ("error(setmetatable({}, {__index = {message = 'of its class'}}))", "of its class"),
      ("error(print)", ": function"), ("error(coroutine.create(print))", ": thread"), ("error({message = 'from a table'})", "from a table"),
      ("error(setmetatable({}, {__tostring = function() return 'spoken' end}))", "spoken"),
      ("error()", "nil"), ("error(12)", "12"), ("error('at the caller', 0)", "at the caller"), ("error(string.rep('x', 5000000))", "xxxx"),
    ])
  func objects(source: String, shown: String) throws {
    let again = try problem(source)?.message
    let problem = try #require(try problem(source))
    #expect(problem.message.contains(shown))
    #expect(problem.message.utf8.count < 1200)
    #expect(problem.message.wholeMatch(of: /.*: [0-9a-f]{8,}.*/.dotMatchesNewlines()) == nil, "no address: \(problem.message)")
    #expect(again == problem.message, "the same in every run")
  }

  @Test("of arguments name the parameter and the call") func arguments() throws {
    let problem = try #require(try problem("return perigee.documents.get('c')"))
    #expect(problem.message.hasSuffix("id: nothing is not a string"))
    #expect(problem.hint == "It is called as perigee.documents.get(collection, id).")
  }

  @Test("show the line of a call that Lua's own functions refuse") func standard() throws {
    #expect(try problem("local x\nx = ('a'):rep({})")?.message == "test (version 3), line 2: bad argument #1 to 'rep' (number expected, got table)")
  }
}
