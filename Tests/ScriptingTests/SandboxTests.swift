import Basics
import Glibc
import Scripting
import Testing

@Suite("The sandbox") struct SandboxTests {
  @Test("offers what is on its list, and nothing else") func listing() throws {
    let listing = try onScriptThread { try? Interpreter(memory: 16 << 20).listing() } ?? []
    let expected = try text(of: dataFolder("sandbox.txt"))
    #expect(listing == expected.split(separator: "\n").map(String.init))
  }

  @Test(
    "keeps its tables as they are",
    arguments: [
      "string.format = nil", "rawset(math, 'pi', 3)", "table.insert(perigee.kv, 1)", "table.remove(string)", "table.sort(table)",
      "perigee.kv.get = print",
      "setmetatable(string, {})", "setmetatable(perigee.json.array{}, {})", "table.move({1}, 1, 1, 1, coroutine)", "getmetatable('').__index = nil",
      "getmetatable(ctx).__index = nil", "perigee.json.array(string)", "string[1] = 2",
    ])
  func frozen(source: String) throws {
    #expect(try problem(source)?.kind == .script)
  }

  @Test("reads through its tables as if they were ordinary") func reading() throws {
    #expect(
      try values("local n = 0 for k, v in pairs(string) do n = n + 1 end return n, type(string), ('x'):rep(2), #'abc'") == [16, "table", "xx", 3])
    #expect(try values("return '10' + 5, 10 .. '', math.type(3.0), table.concat({1, 2}, '-')") == [15, "10", "float", "1-2"])
  }

  @Test("shows no addresses") func addresses() throws {
    let shown = try values("local t = {} return tostring(t) == ('%s'):format(t), tostring(print), tostring(perigee.json.null)")
    #expect(shown.first == true && shown.last == "null")
    #expect(try problem("return ('%p'):format({})")?.message.contains("addresses") == true)
  }

  @Test(
    "suggests the near name of one that does not exist",
    arguments: [
      ("perigee.documents.gett('a', 'b')", "get"), ("perigee.documnets.get('a', 'b')", "documents"), ("perigee.kv.increment('a')", nil),
      ("return perigee.time.nwo()", "now"),
    ] as [(String, String?)])
  func suggestions(source: String, near: String?) throws {
    let problem = try #require(try problem(source))
    #expect(problem.didYouMean == near)
    #expect(problem.message.contains("has no member"))
    if near == nil { #expect(problem.hint == "It has: delete, get, incr, set.") }
  }

  @Test(
    "answers a call without the right by naming it",
    arguments: [
      ("perigee.documents.put('c', {})", ScriptKind.predicate, "write"), ("perigee.kv.set('k', 1)", .filter, "write"),
      ("perigee.sleep(1)", .action, "batch"),
      ("perigee.tasks.wait('t')", .hook, "batch"), ("perigee.triggers.wait('t')", .action, "batch"),
    ])
  func rights(source: String, kind: ScriptKind, right: String) throws {
    let host = TestHost()
    let problem = try #require(try problem(source, kind: kind, host: host))
    #expect(problem.message.contains("needs the right '\(right)', which a \(kind.rawValue) does not have"))
    #expect(problem.details["cause"] == "forbidden")
    #expect(host.calls.isEmpty)
  }

  /// An error of Lua must not jump across a frame of Swift; so Swift sees nothing of Lua that could raise one.
  @Test("shows Swift nothing that can raise") func seam() throws {
    let header = try text(of: dataFolder("../../../Sources/CLua/include/clua.h"))
    #expect(header.contains("clua_open"))
    for word in ["lua_State", "lua.h>", "lauxlib", "lua_CFunction", "jmp_buf"] { #expect(!header.contains(word)) }
  }

  private func text(of path: String) throws -> String {
    let file = try #require(fopen(path, "rb"))
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }

  @Test("writes stubs that know every function, and no other") func stubs() {
    let text = Stubs.lua()
    let written = text.split(separator: "\n").filter { $0.hasPrefix("function ") }.count
    #expect(written == Library.functions.count - 1)  // json.null is a value
    for function in Library.functions { #expect(text.contains(function.spelling)) }
    #expect(text.contains("---@param filter? table\n---@return integer\nfunction ctx:count(collection, filter) end"))
  }

  @Test("makes stubs that are Lua") func stubsParse() throws {
    #expect(
      try onScriptThread {
        do throws(Problem) {
          for part in Stubs.lua().split(separator: "\n\n") {
            try Interpreter(memory: 16 << 20).check(Script(name: "stubs", version: 1, source: String(part)), kind: .batch)
          }
          return nil
        } catch { return error }
      } as Problem? == nil)
  }
}
