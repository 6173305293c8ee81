import Basics
import Testing

@Suite("JSON writing") struct JSONWriterTests {
  /// Values of every shape; strings have quotes, control characters and characters of one to four bytes.
  static func value(_ random: inout SeededRandom, depth: Int = 0) -> JSON {
    switch Int.random(in: 0..<(depth < 4 ? 9 : 6), using: &random) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &random))
    case 2: return .int(Int64.random(in: -100...100, using: &random))
    case 3: return .int(Int64(bitPattern: random.next()))
    case 4:
      let number = Double(bitPattern: random.next())
      return .double(number.isFinite ? number : Double.random(in: -1...1, using: &random))
    case 5, 6: return .string(text(&random))
    case 7: return .array((0..<Int.random(in: 0..<6, using: &random)).map { _ in value(&random, depth: depth + 1) })
    default:
      var object = JSONObject()
      for _ in 0..<Int.random(in: 0..<6, using: &random) { object[text(&random)] = value(&random, depth: depth + 1) }
      return .object(object)
    }
  }

  static func text(_ random: inout SeededRandom) -> String {
    let alphabet: [Character] = ["a", "Z", "\"", "\\", "/", "\n", "\u{1}", "\u{1f}", "\u{7f}", "é", "€", "😀", "\0", " ", "\u{2028}"]
    return String((0..<Int.random(in: 0..<24, using: &random)).map { _ in alphabet.randomElement(using: &random)! })
  }

  @Test("what is printed reads back as the same value, compact and pretty")
  func roundTrip() throws {
    var random = SeededRandom(seed: 1)
    for _ in 0..<3000 {
      let value = Self.value(&random)
      #expect(try JSON(parsing: value.bytes) == value)
      #expect(try JSON(parsing: value.text) == value)
      #expect(try JSON(parsing: value.pretty) == value)
      // Integers stay integers and doubles stay doubles, which `==` on texts shows.
      #expect(try JSON(parsing: value.bytes).text == value.text)
    }
  }

  @Test(
    "has one text for each value",
    arguments: [
      (.null, "null"), (true, "true"), (0, "0"), (-7, "-7"), (10, "10"), (.int(Int64.min), "-9223372036854775808"),
      (.int(Int64.max), "9223372036854775807"),
      (1.5, "1.5"), (3.0, "3.0"), (0.1, "0.1"), (.double(-0.0), "-0.0"), (1e300, "1e+300"), ([1, [2], []], "[1,[2],[]]"),
      (["a": 1, "b": ["c": "d"]], #"{"a":1,"b":{"c":"d"}}"#), ("a\"b\\c/d", #""a\"b\\c/d""#), ("\n\r\t\u{8}\u{1f}", #""\n\r\t\u0008\u001f""#),
      ("é€😀\u{7f}", "\"é€😀\u{7f}\""), ("", "\"\""),
    ] as [(JSON, String)])
  func text(value: JSON, expected: String) {
    #expect(value.text == expected)
    #expect(value.bytes == Array(expected.utf8))
  }

  @Test("is laid out for people, vectors on one line")
  func pretty() {
    let value: JSON = ["name": "a", "vector": [1, 0.5], "empty": [], "none": [:], "list": [["b": nil], [3]]]
    #expect(
      value.pretty == """
        {
          "name": "a",
          "vector": [1, 0.5],
          "empty": [],
          "none": {},
          "list": [
            {
              "b": null
            },
            [3]
          ]
        }
        """)
  }

  @Test("piece by piece gives the same text as a whole value")
  func pieces() throws {
    var writer = JSONWriter(capacity: 100)
    writer.beginObject()
    writer.member("id", "doc_1")
    writer.key("vector")
    writer.floats([0.1, -2, 1e-7] as [Float])
    writer.key("empty")
    writer.beginArray()
    writer.endArray()
    writer.key("list")
    writer.beginArray()
    writer.int(1)
    writer.double(2.5)
    writer.string("x")
    writer.value(.null)
    writer.raw("[0]".utf8)
    writer.beginObject()
    writer.endObject()
    writer.endArray()
    writer.endObject()
    #expect(String(decoding: writer.bytes, as: UTF8.self) == #"{"id":"doc_1","vector":[0.1,-2.0,1e-07],"empty":[],"list":[1,2.5,"x",null,[0],{}]}"#)
    #expect(throws: Never.self) { try JSON(parsing: writer.bytes) }
  }

  @Test("can be taken in parts, as a stream or as lines")
  func parts() {
    var writer = JSONWriter()
    writer.beginArray()
    writer.int(1)
    var all = writer.take()
    writer.int(2)
    writer.endArray()
    all += writer.take()
    writer.gap("\n")
    writer.int(3)
    all += writer.take()
    #expect(String(decoding: all, as: UTF8.self) == "[1,2]\n3")
  }

  @Test("writes floats so short that they read back as the same float")
  func floats() throws {
    var random = SeededRandom(seed: 3)
    let values = (0..<5000).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: random.next())) }.filter(\.isFinite)
    var writer = JSONWriter()
    writer.floats(values)
    #expect(try JSON(parsing: writer.bytes, limits: .standard).floats().map(\.bitPattern) == values.map(\.bitPattern))
  }
}

@Suite("JSON vectors") struct JSONVectorTests {
  @Test("are arrays of integers and doubles")
  func numbers() throws {
    #expect(try JSON(parsing: "[1, -2.5, 0, 3e38, 1e-60]").floats() == [1, -2.5, 0, 3e38, 0])
    #expect(try JSON.array([]).floats() == [])
  }

  @Test(
    "name the element that is wrong",
    arguments: [
      ([1, "x"], "[1]", "element 1 of the vector is of type string"), ([nil], "[0]", "element 0 of the vector is null"),
      ([0, 1, .double(.nan)], "[2]", "element 2 of the vector is nan"),
      ([1e39], "[0]", "element 0 of the vector is 1e+39, too large for a 32-bit float"),
      ([0, -1e300], "[1]", "element 1 of the vector is -1e+300, too large for a 32-bit float"),
      ([[1]], "[0]", "element 0 of the vector is of type array"),
      ("x", nil, "the vector is a string that is not base64 of 32-bit floats"),
    ] as [(JSON, String?, String)])
  func wrong(value: JSON, path: String?, message: String) {
    let problem = #expect(throws: Problem.self) { try value.floats() }
    #expect(problem?.path == path)
    #expect(problem?.message == message)
  }

  @Test("and other numbers can be checked for what JSON cannot say")
  func finite() {
    let value: JSON = ["a": [1, ["b": .double(.infinity)]]]
    #expect(#expect(throws: Problem.self) { try value.checkFinite() }?.path == "a[1].b")
    #expect(throws: Never.self) { try (["a": [1, 2.5, nil]] as JSON).checkFinite() }
  }
}
