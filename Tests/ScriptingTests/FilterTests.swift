import Basics
import Scripting
import Testing

@Suite("Filters") struct FilterTests {
  static func event(_ document: String, payload: String = "") -> ScriptEvent {
    ScriptEvent(
      type: "document.created", collectionID: "col_1", documentID: "doc_1", document: Array(document.utf8), payload: Array(payload.utf8),
      at: Instant(seconds: 1000))
  }

  func filter(_ source: String, _ documents: [String], budget: Budget? = nil) throws -> (accepted: [Bool], run: ScriptRun) {
    try onScriptThread {
      let events = ScriptEvents(documents.map { Self.event($0, payload: #"{"n":[1,2]}"#) })
      return Interpreter(memory: 16 << 20).filter(
        Script(name: "filter", version: 1, source: source), events: events, context: ["limit": 5],
        budget: budget ?? ScriptKind.filter.budget, host: TestHost())
    }
  }

  @Test(
    "read what they look for",
    arguments: [
      ("event.document.kind == 'urgent'", true), ("event.document.n == 12", true), ("event.document.x == 0.5", true),
      ("event.document.deep.er[2] == 'b'", true),
      ("event.document.none == nil", true), ("event.document.null == nil", true), ("event.document.yes == true and event.document.no == false", true),
      ("event.document['a key'] == 'ü\\n\"'", true), ("event.document.text == 'a, b: {c}'", true), ("event.document.last == -1", true),
      ("event.type == 'document.created' and event.collection_id == 'col_1' and event.document_id == 'doc_1' and event.at == 1000", true),
      ("event.payload.n[2] == 2", true), ("event.nothing == nil", true), ("ctx.limit == 5", true), ("event.document.kind == 'calm'", false),
      ("return function(event, ctx) return event.document.n > ctx.limit end", true),
      ("return function(event) local n = 0 for k, v in pairs(event.document) do n = n + 1 end return n == 10 end", true),
      ("return function(event) return perigee.json.encode(event.document.deep) == '{\"er\":[\"a\",\"b\"]}' end", true),
      ("return function(event) return perigee.json.decode(perigee.json.encode(event.document)).n == 12 end", true),
      ("event.document.na == nil", true), ("event.document.escaped == 1", true),
    ])
  func fields(source: String, expected: Bool) throws {
    let document = #"""
      { "kind": "urgent", "n":12, "x": 0.5,"deep": {"er": ["a","b"], "n": 1}, "null": null, "yes": true, "no" : false, "a key": "\u00fc\n\"",
        "text": "a, b: {c}", "\u0065scaped": 1, "last":-1 }
      """#.replacing(", \"n\": 1}", with: "}")
    let result = try filter(source, [document])
    _ = try result.run.values()
    #expect(result.accepted == [expected])
  }

  @Test("see each event's own type and collection, whatever those before it had") func mixed() throws {
    let kinds = [("a", "x"), ("a", "x"), ("b", "x"), ("b", "y"), ("", ""), ("", "y"), ("a", "y"), ("a", "x")]
    let events = (0..<3000).map { number in
      let (type, collection) = kinds[number * 7 % 11 % kinds.count]
      let document = "{\"kind\":\"\(type)/\(collection)/\(number)\"}"
      return ScriptEvent(
        type: type, collectionID: collection, documentID: "\(number)", document: Array(document.utf8), at: Instant(seconds: Int64(number)))
    }
    let source = """
      return function(event)
        local whole = (event.type or "") .. "/" .. (event.collection_id or "") .. "/" .. event.document_id
        return event.document.kind == whole and event.at == tonumber(event.document_id)
      end
      """
    let accepted = try onScriptThread {
      Interpreter(memory: 16 << 20).filter(
        Script(name: "filter", version: 1, source: source), events: ScriptEvents(events), budget: ScriptKind.filter.budget, host: TestHost()
      ).accepted
    }
    #expect(accepted == [Bool](repeating: true, count: events.count))
  }

  @Test("judge each event on its own, in order") func many() throws {
    let documents = (0..<3000).map { #"{"i":\#($0),"kind":"\#($0 % 3 == 0 ? "a" : "b")"}"# }
    for source in ["event.document.kind == 'a'", "return function(event) return event.document.kind == 'a' end"] {
      let result = try filter(source, documents)
      #expect(result.accepted == (0..<3000).map { $0 % 3 == 0 })
      #expect(result.run.cost.nanoseconds > 0)
    }
    #expect(try filter("true", []).accepted == [])
  }

  @Test("stop at the event that they fail on") func failure() throws {
    let documents = (0..<10).map { #"{"i":\#($0)}"# }
    for source in ["return function(event) if event.document.i == 7 then error('seven') end return true end", "event.document.i ~= 7 or nil"] {
      let result = try filter(source, documents)
      #expect(result.accepted == Array(repeating: true, count: 7))
      guard case .failed(let problem) = result.run.outcome else { throw Problem(.internal, "\(result.run.outcome)") }
      #expect(problem.message.contains("seven") || problem.message.contains("answered with nil"))
    }
  }

  @Test("have the whole budget for each event") func budgets() throws {
    let documents = (0..<40).map { #"{"i":\#($0)}"# }
    let source = "return function(event) for i = 1, 50000 do end if event.document.i == 30 then while true do end end return true end"
    let result = try filter(source, documents, budget: Budget(wall: nil, memory: 16 << 20, instructions: 100_000))
    #expect(result.accepted.count == 30)
    guard case .killed = result.run.outcome else { throw Problem(.internal, "\(result.run.outcome)") }
  }

  @Test(
    "cannot change what they see",
    arguments: [
      "event.x = 1", "event.document.x = 1", "rawset(event.document, 'x', 1)", "getmetatable(event.document).__index = nil",
      "local n = #event.document",
      "local f = pairs(event.document) f(event) event.none()",
    ])
  func readOnly(statement: String) throws {
    let result = try filter("return function(event) \(statement) return true end", [#"{"a":1}"#])
    guard case .failed = result.run.outcome else { throw Problem(.internal, "\(result.run.outcome)") }
  }

  @Test(
    "fail on a document that is not JSON instead of reading past its end",
    arguments: [#"{"a": "#, #"{"a"#, #"{"a": "b"#, "{", "", "[1]", #"{"a":"\"#, "12"])
  func malformed(document: String) throws {
    let result = try filter("return function(event) return event.document == nil or event.document.a == nil end", [document])
    if case .returned = result.run.outcome { #expect(result.accepted == [true]) }
  }
}

@Suite("Events laid out") struct ScriptEventsTests {
  private static func events(_ count: Int) -> [ScriptEvent] {
    (0..<count).map { (number: Int) -> ScriptEvent in
      let (document, payload) = ("{\"n\":\(number)}", number % 3 == 0 ? "[\(number)]" : "")
      return ScriptEvent(
        type: number % 5 == 0 ? "a" : "b", collectionID: number % 7 < 3 ? "c" : "", documentID: "d\(number)", document: Array(document.utf8),
        payload: Array(payload.utf8), at: Instant(milliseconds: 1_767_225_600_000 + Int64(number)))
    }
  }

  @Test("are what they were") func roundTrip() {
    let events = Self.events(100)
    let laid = ScriptEvents(events)
    #expect(laid.count == 100 && !laid.isEmpty && ScriptEvents().isEmpty)
    for (position, event) in events.enumerated() {
      let read = laid[position]
      #expect([read.type, read.collectionID, read.documentID] == [event.type, event.collectionID, event.documentID])
      #expect([read.document, read.payload] == [event.document, event.payload])
      #expect(read.at == event.at)
    }
  }

  @Test("are chosen by flags or a condition, in their order; what has no flag goes") func chosen() throws {
    let laid = ScriptEvents(Self.events(10))
    func ids(_ events: ScriptEvents) -> [String] { (0..<events.count).map { events[$0].documentID } }
    #expect(ids(laid.keeping([true, false, true])) == ["d0", "d2"])
    #expect(ids(try laid.filter { $0.type == "a" }) == ["d0", "d5"])
    var longer = laid.keeping([true])
    longer.append(type: "b", collectionID: "c", documentID: "new", document: [], at: Instant(seconds: 1))
    #expect(ids(longer) == ["d0", "new"] && longer[0].type == "a" && longer[1].collectionID == "c" && longer[1].type == "b")
  }

  @Test("are read by a filter as they lie there, and so are documents whose names come in another order each time") func orders() throws {
    var random = SeededRandom(seed: 5)
    var events = ScriptEvents()
    var expected: [Bool] = []
    for number in 0..<400 {
      let names = (0..<Int.random(in: 1...70, using: &random)).map { "f\($0)" }.shuffled(using: &random)
      let members = names.map { "\"\($0)\":\"\($0)/\(number)\"" }
      let space = ["", " ", "\n "].randomElement(using: &random) ?? ""
      let text = "{" + members.joined(separator: space + "," + space) + "}"
      events.append(type: "t", collectionID: "c", documentID: "\(number)", document: text.utf8, at: Instant(seconds: 1))
      expected.append(names.count > 5)
    }
    let source = """
      return function(event)
        local d = event.document
        for _, name in ipairs{"f3", "f0", "f5", "f3", "f1"} do
          local value = d[name]
          if value ~= nil and value ~= name .. "/" .. event.document_id then error(name .. ": " .. value) end
        end
        return d.f5 ~= nil
      end
      """
    let (script, laid) = (Script(name: "f", version: 1, source: source), events)
    let result = try onScriptThread {
      Interpreter(memory: 16 << 20).filter(script, events: laid, budget: ScriptKind.filter.budget, host: TestHost())
    }
    _ = try result.run.values()
    #expect(result.accepted == expected)
  }

  /// Names and texts that look like the marks between members, escaped ones, prefixes of each other, and longer ones than are read ahead.
  private static let oddNames = [
    "a", "b", "aa", "ab", "a b", "\"", "\\", ":", ",", "}", "{", ":1,", ",\"b", "\\\"a", "\n", "\u{1}", "ü", "", " ", "1",
    String(repeating: "k", count: 40),
    String(repeating: "k", count: 41), "a\":1,\"b",
  ]

  private static func oddValue(_ random: inout SeededRandom) -> JSON {
    switch Int.random(in: 0..<12, using: &random) {
    case 0: .int(.random(in: -3...12, using: &random))
    case 1: .int([.min, .max, 999_999_999_999_999_999, 1_000_000_000_000_000_000, -1_000_000_000_000_000_000].randomElement(using: &random) ?? 0)
    case 2: .double([0.5, -0.0, 1e300, 1e-7, 123456.789, -2.25, 3e21].randomElement(using: &random) ?? 0)
    case 3: .bool(.random(using: &random))
    case 4: .null
    case 5: .array([.int(1), .string("]"), .object(["a": .int(2), "b": .string("}")])])
    case 6: .object(["a": .string("inner"), "b": .array([])])
    case 7: .string(",\"a\":1,\"b\":2,")
    case 8: .string("{\"a\":")
    case 9: .string(String(repeating: "long text, ", count: Int.random(in: 0...9, using: &random)))
    default: .string(oddNames.randomElement(using: &random) ?? "")
    }
  }

  @Test("show the same in whatever order and however often they are asked, read ahead or not") func readAhead() throws {
    var random = SeededRandom(seed: 11)
    for round in 0..<24 {
      var events = ScriptEvents()
      let flat = round % 3 == 0
      for number in 0..<150 {
        var document = JSONObject()
        // Most documents of a kind are alike; some are not.
        let names = number % 7 == 0 ? Self.oddNames.shuffled(using: &random) : Self.oddNames
        for name in names.prefix(Int.random(in: number % 5 == 0 ? 0...6 : 15...22, using: &random)) {
          let value = Self.oddValue(&random)
          document[name] = flat && (value.array != nil || value.object != nil) ? .int(number) : value
        }
        let text = JSON.object(document).bytes
        let spaced = number % 11 == 3 ? Array(String(decoding: text, as: UTF8.self).replacing("\",\"", with: "\" , \"").utf8) : text
        events.append(type: "t", collectionID: "c", documentID: "\(number)", document: spaced, at: Instant(seconds: 1))
      }
      let asked = Self.oddNames.shuffled(using: &random).prefix(Int.random(in: 1...12, using: &random))
      let list = JSON.array(asked.map(JSON.string)).text
      let source = """
        local names = perigee.json.decode([==[\(list)]==])
        local function same(a, b)
          if b == perigee.json.null then b = nil end
          if type(a) ~= type(b) or math.type(a) ~= math.type(b) then return false end
          return a == b or type(a) == "table" and perigee.json.encode(a) == perigee.json.encode(b)
        end
        return function(event)
          local d = event.document
          local all = perigee.json.decode(perigee.json.encode(d))
          for _, name in ipairs(names) do
            if not same(d[name], all[name]) then
              error(event.document_id .. ": " .. name .. " is " .. tostring(d[name]) .. ", not " .. tostring(all[name]))
            end
            if event.document_id == "77" then break end
          end
          return true
        end
        """
      let (script, laid) = (Script(name: "f", version: 1, source: source), events)
      let result = try onScriptThread {
        Interpreter(memory: 16 << 20).filter(script, events: laid, budget: ScriptKind.filter.budget, host: TestHost())
      }
      _ = try result.run.values()
      #expect(result.accepted.count == 150)
    }
  }

  @Test("show nothing of an earlier run's documents, nor of one that was stopped") func forgotten() throws {
    let documents = (0..<200).map { #"{"a":"old \#($0)","b":\#($0)}"# }
    let asking = Script(name: "f", version: 1, source: "local d = event.document if d.b == 150 then error('stop') end return d.a ~= nil")
    let looking = Script(name: "g", version: 1, source: "return event.document == nil or event.document.a == nil and event.document.b == nil")
    let accepted = try onScriptThread {
      let interpreter = Interpreter(memory: 16 << 20)
      func run(_ script: Script, _ documents: [String]) -> [Bool] {
        let events = ScriptEvents(documents.map { FilterTests.event($0) })
        return interpreter.filter(script, events: events, budget: ScriptKind.filter.budget, host: TestHost()).accepted
      }
      return [run(asking, documents), run(looking, ["{}", "", #"{"c":1}"#, ""]), run(asking, documents), run(looking, ["", "{}"])]
    }
    #expect(accepted.map(\.count) == [150, 4, 150, 2])
    #expect(accepted.allSatisfy { $0.allSatisfy { $0 } })
  }
}
