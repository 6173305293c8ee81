import Basics
import Model
import Scripting
import Testing

@Suite("Vectors in Lua") struct VectorTests {
  private func numbers(_ source: String) throws -> [Double] { try values("local v = perigee.vector " + source).compactMap(\.double) }

  @Test("compute what their definitions say, for every remainder of the lanes", arguments: [1, 2, 7, 8, 9, 15, 16, 17, 33])
  func definitions(size: Int) throws {
    var random = SeededRandom(seed: UInt64(size))
    let a = (0..<size).map { _ in Double(Float.random(in: -2...2, using: &random)) }
    let b = (0..<size).map { _ in Double(Float.random(in: -2...2, using: &random)) }
    func list(_ numbers: [Double]) -> String { "{" + numbers.map { "\($0)" }.joined(separator: ",") + "}" }
    let dot = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    let (na, nb) = (a.reduce(0) { $0 + $1 * $1 }.squareRoot(), b.reduce(0) { $0 + $1 * $1 }.squareRoot())
    let distance = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    let got = try numbers(
      "local a, b = v.new(\(list(a))), \(list(b)) return v.dot(a, b), v.norm(a), v.cosine(a, b), v.distance(a, b), a:dot(v.new(b)), #a")
    for (value, expected) in zip(got, [dot, na, dot / (na * nb), distance, dot, Double(size)]) {
      #expect(abs(value - expected) < 1e-5 * max(1, abs(expected)))
    }
    let sums = try numbers(
      "local s = (v.new(\(list(a))) + v.new(\(list(b))) * 2 - v.scale(\(list(a)), 0.5)) return table.unpack(perigee.json.decode(perigee.json.encode(s)))"
    )
    for i in 0..<size { #expect(abs(sums[i] - (a[i] * 0.5 + b[i] * 2)) < 1e-5) }
  }

  @Test("are values: they compare, print, cross as lists, and cannot be changed") func values_() throws {
    #expect(
      try values("local v = perigee.vector return v.new{1, 2} == v.new{1, 2}, v.new{1, 2} ~= v.new{1, 3}, tostring(v.new{0.5, 1}), v.new(2)[2]") == [
        true, true, "[0.5, 1]", 0.0,
      ])
    #expect(try values("return perigee.vector.new{0.1, 2}") == [[0.1, 2.0]])
    #expect(try problem("perigee.vector.new{1}[1] = 2")?.message.contains("cannot be changed") == true)
    #expect(try problem("setmetatable(perigee.vector.new{1}, {})") != nil)
    #expect(try values("return getmetatable(perigee.vector.new{1}), perigee.vector.new{1}[2] == nil") == [false, true])
  }

  @Test(
    "refuse what does not fit, with a message",
    arguments: [
      ("perigee.vector.dot({1}, {1, 2})", "1 and 2 numbers"), ("perigee.vector.new{1, 'x'}", "number 2 of the list is a string"),
      ("perigee.vector.new(-1)", "cannot be made"), ("perigee.vector.new(1e9 // 1 | 0)", "cannot be made"),
      ("perigee.vector.mean{}", "of no vectors"),
      ("perigee.vector.mean{{1}, {1, 2}}", "vector 2 has 2 numbers"), ("perigee.vector.nearest({1}, {{1}}, 0)", "count from 1"),
      ("perigee.vector.norm('x')", "a vector or a list"), ("perigee.vector.norm(string)", "a vector or a list"),
      ("return {} + perigee.vector.new{1}", "1 numbers"),
      ("return perigee.vector.new{1/0}", "no JSON form"),
    ])
  func refused(source: String, message: String) throws {
    let problem = try problem(source)
    #expect(problem?.message.contains(message) == true, "\(String(describing: problem))")
  }

  @Test("find the nearest as a sort of all would") func nearest() throws {
    let source = """
      local v, all = perigee.vector, {}
      for i = 1, 200 do all[i] = v.new{math.sin(i), math.cos(i * 3), math.sin(i * 7)} end
      local query, order = v.new{1, 0.5, -0.25}, {}
      for i = 1, 200 do order[i] = {index = i, score = v.cosine(query, all[i])} end
      table.sort(order, function(a, b) if a.score == b.score then return a.index < b.index end return a.score > b.score end)
      for place, near in ipairs(v.nearest(query, all, 20)) do assert(near.index == order[place].index and near.score == order[place].score, place) end
      return #v.nearest(query, all), #v.nearest(query, {}, 5), v.mean{{1, 2}, {3, 4}}
      """
    #expect(try values(source) == [1, 0, [2.0, 3.0]])
  }

  @Test("are stopped by the budget like everything else") func budget() throws {
    let source = "local v = perigee.vector.new(1 << 19) while true do perigee.vector.dot(v, v) end"
    #expect(try problem(source, budget: Budget(wall: .seconds(20), memory: 16 << 20, instructions: 100_000))?.details["limit"] == "instructions")
  }
}

@Suite("Checks before the run") struct ScriptCheckTests {
  private func findings(_ source: String, _ kind: String = "batch") -> [ScriptCheck.Finding] {
    ScriptCheck(Script(name: "s", version: 1, source: source), kind: .init(rawValue: kind) ?? .batch).findings
  }

  @Test(
    "find what is sure to fail, with its line",
    arguments: [
      ("\nperigee.documents.gett('a', 'b')", "batch", 2, "no member 'gett'"), ("perigee.document.get('a', 'b')", "batch", 1, "no member 'document'"),
      ("perigee.kv.get()", "batch", 1, "missing 'key'"), ("perigee.kv.get('a', 'b')", "batch", 1, "takes one argument, and 2"),
      ("perigee.uuid(1)", "batch", 1, "takes no argument"),
      ("perigee.kv.set('a', function(a, b) return a, b end, {}, 4)", "batch", 1, "takes 3 arguments, and 4"),
      ("local docs = perigee.documents\ndocs.fetch('a')", "batch", 2, "perigee.documents has no member 'fetch'"),
      ("perigee.kv('a')", "batch", 1, "a table of functions"),
      ("return ctx:counts('a') > 1", "predicate", 1, "no method 'counts'"),
      ("perigee.kv.set('a', 1) return true", "predicate", 1, "needs the right 'write'"),
      ("string.trim('a')", "batch", 1, "string has no member 'trim'"), ("prnt('a')", "batch", 1, "the global 'prnt' is nil"),
      ("os.exit()", "batch", 1, "the global 'os'"),
      ("return (", "batch", 1, "does not compile"), ("ctx:explain('a')", "predicate", 1, "missing 'value'"),
    ])
  func errors(source: String, kind: String, line: Int, message: String) throws {
    let found = findings(source, kind)
    #expect(found.contains { $0.isError && $0.line == line && $0.message.contains(message) }, "\(found)")
  }

  @Test(
    "pass what may be right",
    arguments: [
      "local perigee = {x = 1} return perigee.y", "local t = {get = 1} print(t.get, t.foo)", "perigee.kv.set('a', (function() return 1, 2 end)())",
      "perigee.kv.get(table.unpack{'a'})", "perigee.kv.get(...)", "for k, v in pairs{a = 1} do print(k, v) end",
      "local f function f(a) return f(a) end",
      "x = 1 print(x)", "local s = [[ perigee.nothing() ]] -- perigee.other()\nprint(s)", "--[==[ perigee.a.b() ]==] print(1)", "goto done ::done::",
      "local a <const>, b <close> = 1, nil print(a, b)", "print{perigee = 1}", "perigee.log.info('a', 1, {})", "print('\\'perigee.x()')",
      "local ok = perigee.json.null == nil",
      "perigee.documents.each{collection = 'c', filter = {a = 1}}", "perigee.documents.each'c'",
      "perigee.transaction(function() local a, b = 1, 2 end)",
      "if x then elseif y then end local x, y",
    ])
  func passed(source: String) { #expect(findings(source).isEmpty, "\(findings(source))") }

  @Test("know every function of the library as it is: its own stubs pass") func library() {
    for function in Library.functions where !function.isMethod && !function.isValue {
      let arguments = function.parameters.filter { $0.name != "..." }.map { _ in "nil" }.joined(separator: ", ")
      let kind = function.kinds.last?.rawValue ?? "batch"
      #expect(findings("\(function.spelling)(\(arguments))", kind).isEmpty, "\(function.spelling)")
    }
  }
}

@Suite("Programs made at random") struct FuzzTests {
  @Test("end one way or another, in time and within their memory", arguments: [1, 2, 3] as [UInt64]) func short(seed: UInt64) throws {
    let summary = try onScriptThread { LuaFuzzer.run(seed: seed, surroundings: Self.counting(seed), until: Ticks(nanoseconds: 301)) }
    #expect(summary.programs > 250 && summary.complaints.isEmpty, "\(summary.complaints)")
    // About one in fifteen comes to its end.
    #expect(summary.returned > 8 && summary.failed > 20, "\(summary)")
  }

  @Test("are measured by what their thread worked, not by what passed meanwhile", arguments: [(0, true), (99_000_000, true), (101_000_000, false)])
  func measure(nanoseconds: UInt64, fine: Bool) throws {
    let summary = try onScriptThread { () -> LuaFuzzer.Summary in
      var worked: UInt64 = 0
      return LuaFuzzer.run(
        seed: 1, surroundings: Self.counting(1),
        worked: {
          worked += nanoseconds
          return Ticks(nanoseconds: worked)
        }, until: Ticks(nanoseconds: 31))
    }
    #expect(summary.programs == 30 && summary.complaints.count == (fine ? 0 : 30), "\(summary)")
  }

  /// Ticks that count calls: so many programs, however fast the machine is.
  private static func counting(_ seed: UInt64) -> Surroundings {
    nonisolated(unsafe) var ticks: UInt64 = 0
    return Surroundings(
      now: { Instant(seconds: 0) },
      ticks: {
        ticks += 1
        return Ticks(nanoseconds: ticks)
      }, random: { seed })
  }
}
