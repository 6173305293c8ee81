import Basics
import CLua
import Glibc
import Scripting
import Testing

/// Counts the live instances of something that Swift frames hold while errors pass through Lua.
private final class Canary {
  nonisolated(unsafe) static var alive = 0
  init() { Self.alive += 1 }
  deinit { Self.alive -= 1 }
}

@Suite("Faults", .serialized) struct FaultTests {
  @Test("thrown in Swift pass through Lua ten thousand times and leave nothing behind") func throwing() throws {
    let outcome = try onScriptThread { () -> ScriptRun in
      let natives = [
        NativeFunction(path: "host.fail") { (arguments: [LuaValue]) throws(Problem) -> [LuaValue] in
          let canary = Canary()
          defer { withExtendedLifetime(canary) {} }
          throw Problem(.invalid, "thrown with \(arguments.count)")
        }
      ]
      let source =
        "local n = 0 for i = 1, 10000 do local ok, e = pcall(host.fail, i) if not ok and e == 'thrown with 1' then n = n + 1 end end return n"
      return Interpreter(memory: 16 << 20, natives: natives).run(
        Script(name: "s", version: 1, source: source), kind: .action, budget: Budget(wall: .seconds(20), memory: 16 << 20), host: TestHost())
    }
    #expect(try outcome.values() == [10000])
    #expect(Canary.alive == 0)
  }

  static let source = """
    local t = {}
    for i = 1, 20 do t[i] = {n = i, s = ('x'):rep(i)} end
    table.sort(t, function(a, b) return a.n > b.n end)
    local co = coroutine.wrap(function() for i = 1, 5 do coroutine.yield(('a%d'):format(i)) end end)
    local o = setmetatable({}, {__concat = function(a, b) return 'joined' end})
    local s = co() .. tostring(o .. 'x') .. ('abcabc'):gsub('%w', {a = '1'}) .. table.concat({1, 2, 3}, ',')
    for w in s:gmatch('%a+') do t[#t + 1] = w end
    local ok, e = pcall(error, {1, 2})
    local v = perigee.vector.new{1, 2, 3} + {1, 1, 1}
    s = s .. tostring(v * 2) .. #perigee.vector.nearest({1, 0}, {{1, 1}, {0, 1}}, 2) .. require('m').f(2)
    for d in perigee.each('q') do d.x = d.n for k in pairs(d) do s = s .. k end end
    perigee.transaction(function() s = s .. perigee.json.encode{v} end)
    return #t, s, ctx.list
    """

  /// One run in a new state whose n-th allocation fails: while it opens, or while it runs.
  private static func run(failing n: Int64, opening: Bool) -> (failed: Bool, outcome: Int32, left: Int) {
    let forms: [(String, Int)] = [
      ("host.nothing", CLUA_RAW), ("perigee.vector.new", CLUA_VECTOR), ("perigee.vector.nearest", CLUA_VECTOR), ("require", CLUA_REQUIRE),
      ("perigee.each", CLUA_EACH), ("perigee.transaction", CLUA_TRANSACTION), ("perigee.json.encode", CLUA_JSON_ENCODE),
    ]
    let functions = forms.enumerated().map { clua_function(path: strdup($0.element.0), id: Int32($0.offset), form: Int32($0.element.1)) }
    defer { for function in functions { free(UnsafeMutablePointer(mutating: function.path)) } }
    // A module for 'require', a page with one document for 'each', fields of 'ctx', nothing for the others.
    var host = clua_host(
      call: { context, id in
        guard let state = context.map({ OpaquePointer($0) }) else { return 0 }
        var tape: [UInt8] = []
        func text(_ text: String, tag: Bool = true) {
          if tag { tape.append(UInt8(CLUA_STRING)) }
          withUnsafeBytes(of: UInt32(text.utf8.count)) { tape.append(contentsOf: $0) }
          tape += Array(text.utf8)
        }
        func count(_ kind: Int, _ count: UInt32) {
          tape.append(UInt8(kind))
          withUnsafeBytes(of: count) { tape.append(contentsOf: $0) }
        }
        if id == 3 {
          count(CLUA_OBJECT, 2)
          text("name", tag: false)
          text("m")
          text("source", tag: false)
          text("return {f = function(n) return n * 2 end}")
        } else if id == 4 {
          count(CLUA_OBJECT, 1)
          text("documents", tag: false)
          count(CLUA_ARRAY, 1)
          tape.append(UInt8(CLUA_DOCUMENT))
          text("{\"document_id\":\"a\",\"n\":1}", tag: false)
        } else if id == CLUA_REST {
          count(CLUA_OBJECT, 2)
          text("list", tag: false)
          count(CLUA_ARRAY, 1)
          text("one")
          text("state", tag: false)
          count(CLUA_OBJECT, 0)
        }
        clua_reply(state, tape, tape.count)
        return 0
      }, cancelled: { _ in false })
    guard let state = clua_open(functions, functions.count, &host, 1 << 20, opening ? n : -1) else { return (true, 0, 0) }
    let failed = clua_fail_after(state, opening ? -1 : n) < 0
    var request = clua_request()
    request.memory = 1 << 20
    request.asks_rest = true
    let source = Array(Self.source.utf8)
    let name = Array("s".utf8)
    let outcome = source.withUnsafeBufferPointer { source in
      name.withUnsafeBufferPointer { name in
        request.source = clua_bytes(data: source.baseAddress, count: source.count)
        request.name = clua_bytes(data: name.baseAddress, count: name.count)
        return clua_run(state, &request, UnsafeMutableRawPointer(state)).outcome
      }
    }
    return (opening ? failed : clua_fail_after(state, -1) < 0, outcome, clua_close(state))
  }

  @Test("of memory, at every single allocation, are errors and nothing worse, and nothing leaks") func everyAllocation() throws {
    let (opened, ran, left) = try onScriptThread { () -> (Int64, Int64, Int) in
      var counts: [Int64] = [0, 0]
      var left = 0
      for (i, opening) in [true, false].enumerated() {
        while true {
          let run = Self.run(failing: counts[i], opening: opening)
          left += run.left
          if !run.failed { break }
          counts[i] += 1
        }
      }
      return (counts[0], counts[1], left)
    }
    #expect(opened > 40 && ran > 200, "\(opened), \(ran)")
    #expect(left == 0)
  }
}
