import Basics
import Scripting
import Testing

@Suite("Values between Lua and the host") struct ConversionTests {
  /// Random values; null only in arrays, since as a member it means that the member is missing.
  static func value(_ random: inout SeededRandom, depth: Int = 0) -> JSON {
    switch Int.random(in: 0..<(depth > 4 ? 5 : 8), using: &random) {
    case 0: return .bool(.random(using: &random))
    case 1: return .int(Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0..<63, using: &random))
    case 2: return .double(Double.random(in: -1e9...1e9, using: &random))
    case 3: return .double(Double(Int.random(in: -5...5, using: &random)))
    case 4:
      let alphabet = Array("aé\"\\\n\u{0}\u{7f}☃😀 /{}[],:")
      return .string(String((0..<Int.random(in: 0..<8, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a" }))
    case 5, 6:
      return .array(
        (0..<Int.random(in: 0..<4, using: &random)).map { _ in Int.random(in: 0..<6, using: &random) == 0 ? .null : value(&random, depth: depth + 1) }
      )
    default:
      var object = JSONObject()
      for i in 0..<Int.random(in: 0..<4, using: &random) { object["k\(i)\u{e9}"] = value(&random, depth: depth + 1) }
      return .object(object)
    }
  }

  @Test("survive the way in and out, by the host's functions, by JSON text, and as a lazy document") func roundTrips() throws {
    var random = SeededRandom(seed: 20_26)
    let samples = (0..<300).map { _ in Self.value(&random) }
    let failures = try onScriptThread { () -> [String] in
      let interpreter = Interpreter(memory: 16 << 20)
      let script = Script(
        name: "s", version: 1,
        source: "return function(ctx, v) local json = perigee.json return perigee.kv.get('k', v), json.decode(json.encode(v)), json.encode(v) end")
      return samples.compactMap { sample in
        let host = TestHost()
        host.answers["kv.get"] = { $0[1] }
        let run = interpreter.run(script, kind: .action, arguments: [sample], budget: ScriptKind.action.budget, host: host)
        guard case .returned(let values) = run.outcome, values.count == 3, values[0] == sample, values[1] == sample, let text = values[2].string
        else {
          return "\(sample) became \(run.outcome)"
        }
        let event = FilterTests.event("{\"v\": \(text)}")
        let compare = Script(
          name: "f", version: 1, source: "return function(event, ctx) return perigee.json.encode(event.document.v) == ctx.text end")
        let lazy = interpreter.filter(
          compare, events: ScriptEvents([event]), context: ["text": .string(text)], budget: ScriptKind.filter.budget, host: host)
        return lazy.accepted == [true] ? nil : "\(sample) was read lazily as something else: \(lazy.run.outcome)"
      }
    }
    #expect(failures == [])
  }

  @Test("keep integers and floats apart") func numbers() throws {
    #expect(try values("return 3, 3.0, 1e300, math.mininteger, 0x7fffffffffffffff") == [3, 3.0, 1e300, .int(Int64.min), .int(Int64.max)])
    #expect(try values("return perigee.json.encode({3, 3.0, 0.1, 1e100, -0.0})") == ["[3,3.0,0.1,1e+100,-0.0]"])
    #expect(
      try values("return math.type(perigee.json.decode('9223372036854775807')), math.type(perigee.json.decode('9223372036854775808'))") == [
        "integer", "float",
      ])
  }

  @Test("tell empty arrays from empty objects, and keep null where it has a place") func shapes() throws {
    #expect(try values("return {}, perigee.json.array{}, perigee.json.array()") == [[:], [], []])
    #expect(
      try values("return perigee.json.encode(perigee.json.decode('{\"a\":[],\"b\":{},\"c\":null,\"d\":[null]}'))") == [
        #"{"a":[],"b":{},"c":null,"d":[null]}"#
      ])
    #expect(
      try values("return function(ctx, v) return v.missing == nil, v.list[1] == perigee.json.null end", arguments: [["missing": nil, "list": [nil]]])
        == [true, true])
  }

  @Test(
    "are refused when JSON has no form for them",
    arguments: [
      ("local t = {} t.t = t return t", "contains itself"), ("return {print}", "type function"), ("return 0/0", "nan has no JSON form"),
      ("return {1, nil, 3}", "names or gaps"),
      ("return {1, a = 2}", "names or gaps"), ("return {[true] = 1}", "type boolean"), ("return '\\xff'", "0xff at position 1"),
      ("return string", "library table"),
      ("local t = {} for i = 1, 70 do t = {t} end return t", "nested deeper than 64"), ("return {['\\xc0'] = 1}", "not valid UTF-8"),
      ("return coroutine.create(print)", "type thread"),
      ("local a = {} for i = 1, 40 do a = {a, a} end return a", "too large"),
    ])
  func refused(source: String, reason: String) throws {
    let problem = try #require(try problem(source))
    #expect(problem.message.contains(reason) || problem.message.contains("its limit"), "\(problem)")
  }

  @Test(
    "come from JSON text only when it is well formed",
    arguments: [
      "", "{", "[1,]", "{\"a\":1,}", "01", "1.", "-", "tru", "\"a", "\"\\x\"", "\"\\ud800\"", "1 2", "{\"a\" 1}", "[1 2]", "nan", "1e999", "\u{1}",
      "{a:1}", "'a'", ".5", "+1",
    ])
  func malformed(text: String) throws {
    let run = try run("return perigee.json.decode(ctx.text)", context: ["text": .string(text)])
    guard case .failed(let problem) = run.outcome else { throw Problem(.internal, "\(text) was read as \(run.outcome)") }
    #expect(problem.message.contains("malformed JSON at byte"))
  }

  @Test("stream from the host page by page") func each() throws {
    let host = TestHost()
    host.answers["documents.page"] = { arguments in
      let cursor = arguments[1].int ?? 0
      return ["documents": .array((cursor..<cursor + 3).map { ["i": .int($0)] }), "cursor": cursor >= 6 ? nil : .int(cursor + 3)]
    }
    let source = "local sum = 0 for doc in perigee.documents.each{collection = 'c', batch = 3} do sum = sum + doc.i end return sum"
    #expect(try values(source, host: host) == [36])
    #expect(
      host.calls.map(\.arguments) == [
        [["collection": "c", "batch": 3], nil], [["collection": "c", "batch": 3], 3], [["collection": "c", "batch": 3], 6],
      ])
  }

  @Test("reach the log with control characters made visible") func logging() throws {
    let host = TestHost()
    _ = try values("print('a\\27[2J', {b = 1}, nil) perigee.log.warn('careful', 1.5) ctx.log('x') ctx:log('y')", host: host)
    #expect(host.lines.map(\.level) == ["print", "warn", "info", "info"])
    #expect(host.lines.map(\.text) == ["a\\x1b[2J\t{\"b\":1}\tnil", "careful\t1.5", "x", "y"])
  }

  @Test("are times as the API writes them") func times() throws {
    #expect(
      try values("return perigee.time.parse('2024-01-01T02:00:00Z'), perigee.time.format(1704074400), perigee.time.parse('soon')") == [
        1_704_074_400, "2024-01-01T02:00:00Z", nil,
      ])
  }
}
