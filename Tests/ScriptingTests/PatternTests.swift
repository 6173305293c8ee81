import Basics
import CLua
import Glibc
import Scripting
import Testing

@Suite("Patterns") struct PatternTests {
  /// Ordinary Lua's answer to the same source.
  static func stock(_ source: String) -> String {
    var source = source
    var length = 0
    return source.withUTF8 { bytes in
      guard let text = bytes.withMemoryRebound(to: CChar.self, { clua_stock($0.baseAddress, $0.count, &length) }) else { return "" }
      defer { free(text) }
      return String(cString: text)
    }
  }

  static let driver = """
    local out = {}
    local function show(...)
      local t = table.pack(...)
      for i = 1, t.n do t[i] = tostring(t[i]) end
      return table.concat(t, ",", 1, t.n)
    end
    local function note(...)
      local text = show(...)
      out[#out + 1] = (text:gsub("stock:%d+: ", ""):gsub("p:%d+: ", ""):gsub(" in pattern", ""):gsub(" in replacement string", ""))
    end
    for _, case in ipairs(cases) do
      local s, p, init = case[1], case[2], case[3]
      note(pcall(string.find, s, p, init))
      note(pcall(string.match, s, p, init))
      note(pcall(function() local r = {} for a, b in string.gmatch(s, p) do r[#r + 1] = show(a, b) end return table.concat(r, ";") end))
      note(pcall(string.gsub, s, p, "<%0>"))
      note(pcall(string.gsub, s, p, "%1-%2", 3))
      note(pcall(string.gsub, s, p, function(a, b) if a == "a" then return nil end return show(a, b) end))
    end
    return table.concat(out, "\\n")
    """

  @Test("match as Lua's own do, malformed ones included", arguments: 0..<140) func differential(round: Int) throws {
    var random = SeededRandom(seed: UInt64(round) &* 7919 &+ 1)
    let parts = [
      "a", "b", "c", ".", "%a", "%d", "%w", "%S", "%W", "[abc]", "[^b]", "[a-b]", "[%d_]", "[]]", "[^]a]", "(", ")", "()", "(a", "%1", "%2", "%b()",
      "%b", "%f[%w]", "%f", "*", "+",
      "-", "?", "$", "^", "%", "[", "]", "%%", "%.", "x*", "a-", "[a-", "[%a-z]", "%0", "%z", "(.-)", "b?",
    ]
    let subjects = ["a", "b", "c", "1", " ", "(", ")", "ab", "%", "]", "-", "_", "."]
    func quoted(_ text: String) -> String { "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\"" }
    var cases = ""
    for _ in 0..<250 {
      let pattern = (0..<Int.random(in: 1..<8, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
      let subject = (0..<Int.random(in: 0..<14, using: &random)).map { _ in subjects.randomElement(using: &random) ?? "" }.joined()
      cases += "{\(quoted(subject)), \(quoted(pattern)), \(Int.random(in: -4..<6, using: &random))},\n"
    }
    let source = "local cases = {\n\(cases)}\n" + Self.driver
    let expected = Self.stock(source)
    let ours = try onScriptThread {
      try? Interpreter(memory: 64 << 20).run(
        Script(name: "p", version: 1, source: source), kind: .action, budget: Budget(wall: .seconds(20), memory: 64 << 20), host: TestHost()
      ).values()
    }
    let theirs = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let mine = (ours?.first?.string ?? "").split(separator: "\n", omittingEmptySubsequences: false)
    #expect(theirs.count == 1500 && mine.count == theirs.count)
    let differing = zip(theirs, mine).enumerated().filter { $1.0 != $1.1 }.prefix(3)
    let rows = cases.split(separator: "\n")
    #expect(differing.isEmpty, "\(differing.map { "\(rows[$0.offset / 6]) call \($0.offset % 6): \($0.element.0) but ours \($0.element.1)" })")
  }

  @Test("too large for the inline memory work the same") func large() throws {
    #expect(
      try values("return ('x'):rep(200):match(('x'):rep(100) .. '(.*)$') == ('x'):rep(100), ('ab'):rep(50):gsub(('[ab]'):rep(40), '-')") == [
        true, .string("--" + String(repeating: "ab", count: 10)), 2,
      ])
    #expect(try problem("return ('x'):find(('a?'):rep(40000))")?.message.contains("64 KiB") == true)
  }
}

@Suite("Table functions") struct TableFunctionTests {
  @Test(
    "do what Lua's own do",
    arguments: [
      "local t = {3, 1, 2} table.sort(t) return table.concat(t, ',')",
      "local t = {} for i = 1, 500 do t[i] = (i * 7919) % 503 end table.sort(t, function(a, b) return a > b end) return table.concat(t, ',')",
      "local t = {1, 2, 3} table.insert(t, 2, 9) table.insert(t, 10) return table.concat(t, ',') .. table.remove(t) .. table.remove(t, 1) .. #t",
      "return table.concat(table.move({1, 2, 3}, 1, 3, 2), ',') .. table.concat(table.move({1, 2, 3}, 2, 3, 1), ',') "
        + ".. table.concat(table.move({1, 2}, 1, 2, 3, {0, 0}), ',')",
      "return select('#', table.unpack({1, nil, 3}, 1, 3)) .. table.pack(1, nil).n .. tostring(table.unpack({}, 1, 2))",
      "return tostring(pcall(table.insert, {1}, 5, 2)) .. tostring(pcall(table.remove, {1}, 5)) "
        + ".. tostring(table.remove({})) .. tostring(pcall(table.concat, {{}}))",
      "return table.concat({1, 2, 3}, '-', 2, 3) .. table.concat({}, 'x') .. ('ab'):rep(3, ',') .. ('x'):rep(0) .. ('x'):rep(-1)",
      "return string.format('%5.2f|%d|%s|%q|%x|%-5s|%%', 3.14159, 42, 'hi', 'a\\nb', 255, 'l')",
      "local ok, e = pcall(function() return string.format('%d', 'x') end) return tostring(ok) .. (e:gsub('^.-: ', ''))",
      "return tostring(tonumber('0x10')) .. tostring(tonumber('z', 36)) .. tostring(tonumber('1e1')) "
        + ".. tostring(tonumber('')) .. tostring(tonumber('8', 8))",
      "local c = coroutine.wrap(function(...) local n = select('#', ...) local a = coroutine.yield(n) return a * 2 end) "
        + "return tostring(c(1, 2) + c(10))",
      "local co = coroutine.create(function() error('inside') end) local ok, e = coroutine.resume(co) "
        + "return tostring(ok) .. (e:gsub('^.-: ', '')) .. coroutine.status(co) .. tostring(coroutine.close(co))",
      "local ok, e = pcall(coroutine.wrap(function() error({}) end)) return tostring(ok) .. type(e)",
      "local log = '' local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() log = log .. 'closed' end}) "
        + "coroutine.yield() end) "
        + "coroutine.resume(co) return tostring(coroutine.close(co)) .. log .. coroutine.status(co)",
      "local a = setmetatable({}, {__concat = function(x, y) return type(x) .. type(y) end}) return (1 .. a) .. (a .. 'x') .. ('p' .. 'q' .. a)",
      "return tostring(select(2, xpcall(function() error('x', 0) end, function(m) return m .. 'y' end)))",
    ])
  func same(source: String) throws {
    #expect(try values(source).first?.string == PatternTests.stock(source))
  }
}
