import Basics
import Model
import Scripting
import Testing

/// What people write who know other languages, or who know Lua from elsewhere.
@Suite("Mistakes of beginners") struct BeginnersTests {
  private func findings(_ source: String, _ kind: StoredScript.Kind) -> [ScriptCheck.Finding] {
    ScriptCheck(Script(name: "s", version: 1, source: source), kind: kind).findings
  }

  @Test(
    "are answered with what to write instead",
    arguments: [
      ("if ctx:count('t') = 5 then return true end", "write =="), ("if ctx.now != 5 then return true end", "~="),
      ("return not !ctx.state.x", "not x"),
      ("local n = 0; n += 1 return n > 0", "n = n + …"), ("local n = 0 n++ return n > 0", "n = n + 1"), ("return ctx.now > 5 && true", "and instead"),
      ("return ctx.now > 5 || true", "or instead"), ("return ctx.now > 5 ? true : false", "x and a or b"), ("let n = 5 return n > 5", "local NAME"),
      ("const n = 5 return n > 5", "<const>"), ("return ctx => ctx.now > 5", "function(ctx) … end"),
      ("return async function(ctx) return true end", "awaited"),
      ("// why\nreturn true", "begins with --"), ("local x = 1\n# why\nreturn true", "begins with --"),
      ("for i = 1, 3 do continue end return true", "::next::"),
      ("try f() catch (e) end", "pcall"), ("if ctx.now > 5 return true end", "if CONDITION then"), ("for i = 1, 10 n = i end", "for … do … end"),
      ("return \"unfinished", "quote that it began with"), ("local n = f('t' {a = 1})", "comma or an operator"),
      ("return ctx.now >= 5,", "expression, or statements"),
      ("return function(ctx) return 1, end", "Leave out the comma"), ("ctx.now > 5\nlocal x", "`return` before it"),
      ("return function(ctx)\n  if ctx.now > 5 then\n    return true\nend", "`end` of its own"),
      ("if x then\n y()\nelse if z then\n y()\nend\nreturn true", "elseif"), ("return true end", "more than there are"), ("import json", "require"),
      ("local t = {1, 2]", "another kind"),
      ("elif x then", "elseif"), ("raise x", "error("),
    ])
  func syntax(source: String, hint: String) throws {
    let found = try #require(findings(source, .predicate).first)
    #expect(found.isError && found.message.hasPrefix("does not compile: "))
    #expect(found.hint?.contains(hint) == true, "\(found)")
  }

  @Test(
    "in Lua's own words are recognised",
    arguments: [
      ("return function(ctx) retrun true end", "return"), ("fucntion f() end", "function"), ("if x thne y() end", "then"), ("locla n = 5", "local"),
      ("whlie true do end", "while"), ("return function(ctx) return 1 edn", "end"), ("for i = 1, 2 do f() ennd", "end"),
      ("local t = fasle or treu x", "true"),
    ])
  func keywords(source: String, word: String) throws {
    let found = try #require(findings(source, .predicate).first)
    #expect(found.didYouMean == word, "\(found)")
  }

  @Test(
    "in calls are found before they are made",
    arguments: [
      ("return perigee.kv:get('k') == 1", "called with a dot", "Write perigee.kv.get(…)"),
      ("return string:len('x') > 1", "called with a dot", "string.len(…)"),
      ("for e in ctx:events{since = 1} do end return true", "gives a list", "ipairs(ctx:events(…))"),
      ("for x in perigee.collections.list() do end return true", "gives a list", "ipairs(perigee.collections.list(…))"),
      ("return ctx:count('t', 'status == 1') > 5", "'filter' is a table, and a string is given", "{status"),
      ("return perigee.kv.get(5) == 1", "'key' is a string, and a number is given", ""),
      ("return perigee.kv.get{1} == 1", "'key' is a string, and a table", ""),
      ("function predicate(ctx) return true end", "without an answer", "return function(ctx)"),
      ("local n = 1 if n > 1 then n = 2 end", "without an answer", "return"),
      ("return null", "the global 'null' is nil", "written nil"), ("return json.encode({}) == ''", "the global 'json'", "It is perigee.json."),
      ("return opne > 5", "the global 'opne' is nil", ""), ("return thing > 5", "the global 'thing' is nil", "local thing"),
      ("throw 'x' return true", "the global 'throw'", "error("), ("try { f() } return true", "the global 'try'", "pcall"),
      ("console.log('x') return true", "the global 'console'", "print(…)"),
    ])
  func calls(source: String, message: String, hint: String) throws {
    let found = findings(source, .predicate)
    #expect(found.contains { $0.message.contains(message) && (hint.isEmpty || $0.hint?.contains(hint) == true) }, "\(found)")
  }

  @Test(
    "are not seen where there are none",
    arguments: [
      "return perigee.kv.get('a' .. 5) == 1", "local x, f = 1, print return ctx:count(x or 't', f{a = 1}) > 1 and f",
      "for i, e in ipairs(ctx:events{since = 1}) do print(i, e) end return true",
      "for _, e in next, ctx:events{since = 1} do print(e) end return true",
      "if ctx.now > 1 then return true else return false end", "return ctx.now > 5", "ctx.now > 5", "local function f() return 1 end return f() > 0",
      "return perigee.kv.get(('k'):rep(2)) == 1", "local new = 1 return new == 1", "local int, class = 1, 2 return int == class",
      "return (ctx.state.n or 0) == 5", "function(ctx) return true end", "return ctx:count('t', {a = {b = 1}}) > 1",
      "return ctx:count('t', nil) > 1", "local t = {continue = 1, let = 2} return t.continue == t.let",
      "while ctx.now < 1 do return true end return false",
      "for _, doc in ipairs(perigee.documents.list{collection = 'c'}.results) do print(doc) end return true",
    ])
  func passed(source: String) { #expect(findings(source, .predicate).isEmpty, "\(findings(source, .predicate))") }
}
