import Basics
import Glibc
import Testing

@Suite("JSON reading") struct JSONParserTests {
  @Test(
    "takes what RFC 8259 allows, and gets it right",
    arguments: [
      ("null", .null), ("true", true), (" false ", false), ("\t\r\n 0 \n", 0), ("-1", -1), ("[]", []), ("[ ]", []), ("{}", [:]), ("{ }", [:]),
      ("\"\"", ""), ("\"a\"", "a"), ("[1,2 , 3]", [1, 2, 3]), ("[[],[[]]]", [[], [[]]]), ("[null]", [nil]),
      ("{\"a\":1,\"b\":{\"c\":[true]}}", ["a": 1, "b": ["c": [true]]]), ("{\"\":0}", ["": 0]), ("{ \"a\" : 1 }", ["a": 1]),
      ("9223372036854775807", .int(Int64.max)), ("-9223372036854775808", .int(Int64.min)),
      ("9223372036854775808", .double(9_223_372_036_854_775_808)), ("-9223372036854775809", .double(-9_223_372_036_854_775_808)),
      ("18446744073709551616", .double(18_446_744_073_709_551_616)), ("100000000000000000000000", .double(1e23)),
      ("1.0", .double(1)), ("1e2", .double(100)), ("1E+2", .double(100)), ("1.5e-3", .double(0.0015)), ("0e0", .double(0)), ("0.0e99999", .double(0)),
      ("1e-400", .double(0)), ("5e-324", .double(.leastNonzeroMagnitude)), ("1.7976931348623157e308", .double(1.7976931348623157e308)),
      ("123456789012345678", .int(Int64(123_456_789_012_345_678))), ("0.1e1", .double(1)), ("1e00000000000000000000002", .double(100)),
      ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\u{8}\u{c}\n\r\t"), ("\"\\u00e9\\u20AC\"", "é€"), ("\"\\ud83d\\ude00\"", "😀"),
      ("\"\\u0000\"", "\0"),
      ("\"é€😀\"", "é€😀"), ("\"\u{7f}\"", "\u{7f}"), ("\"plain text of more than eight bytes\"", "plain text of more than eight bytes"),
      ("\"seven..\\n and then é some more text\"", "seven..\n and then é some more text"), ("\"\\uFFFF\"", "\u{FFFF}"),
    ] as [(String, JSON)])
  func accepts(text: String, expected: JSON) throws {
    let value = try JSON(parsing: text)
    // Members are compared in order here, and strings by their bytes.
    #expect(String(reflecting: value) == String(reflecting: expected))
    #expect(try JSON(parsing: Array(text.utf8)) == value)
  }

  @Test(
    "refuses everything else, and says at which byte",
    arguments: [
      ("", 0), (" ", 1), ("nul", 0), ("nulL", 0), ("True", 0), ("[1,]", 3), ("[,1]", 1), ("[1 2]", 3), ("[1", 2), ("[", 1), ("]", 0), ("[1}", 2),
      ("{\"a\":1,}", 7), ("{a:1}", 1), ("{'a':1}", 1), ("{\"a\" 1}", 5), ("{\"a\":}", 5), ("{\"a\"", 4), ("{\"a\":1", 6), ("{", 1), ("{1:2}", 1),
      ("{\"a\":1 \"b\":2}", 7), ("{\"a\":1,\"a\":2}", 7), ("{\"a\":1,\"\\u0061\":2}", 7), ("{\"e\\u0301\":1,\"\\u00e9\":2}", 13),
      ("1 2", 2), ("[] x", 3), ("// no", 0), ("[1]//", 3), ("NaN", 0), ("[Infinity]", 1), ("-Infinity", 1), ("+1", 0), (".5", 0), ("1.", 2),
      ("1.e5", 2), ("01", 0), ("-01", 1), ("00", 0), ("-", 1), ("1e", 2), ("1e+", 3), ("0x1F", 1), ("1_000", 1), ("1e400", 0), ("-1e309", 0),
      ("\"a", 0), ("\"", 0), ("\"\\x\"", 1), ("\"\\", 1), ("\"\\u12\"", 1), ("\"\\u12G4\"", 1), ("\"a\nb\"", 2), ("\"a\tb\"", 2), ("\"\0\"", 1),
      ("\"\\ud800\"", 1), ("\"\\udc00\"", 1), ("\"\\ud800\\u0041\"", 1), ("\"x\\ud800\\ud800\"", 2), ("\"\\uD83Dx\"", 1), ("'a'", 0),
      ("\u{FEFF}1", 0),
      ("\u{a0}1", 0), ("\u{c}1", 0), ("{\"é\":1,]", 8),
    ])
  func refuses(text: String, offset: Int) {
    let problem = #expect(throws: Problem.self) { try JSON(parsing: text) }
    #expect(problem?.kind == .malformed)
    #expect(problem?.details["byte_offset"] == .int(offset), "\(String(describing: problem))")
    #expect(problem?.message.contains("at byte \(offset) ") == true)
  }

  @Test(
    "refuses bytes that are not UTF-8, and says which",
    arguments: [
      ([0x22, 0xFF, 0x22], 1), ([0x22, 0x61, 0xC3, 0x22], 2), ([0x22, 0xC0, 0xAF, 0x22], 1), ([0x22, 0xED, 0xA0, 0x80, 0x22], 1),
      ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 1), ([0x22, 0xE2, 0x82, 0x22], 1), ([0x22, 0x5C, 0x6E, 0x80, 0x22], 3), ([0xFF], 0),
      ([0x5B, 0xFE, 0x5D], 1),
      ([0x22, 0xC3, 0xA9, 0xC3, 0x22], 3), ([0x7B, 0x22, 0xE9, 0x22, 0x3A, 0x31, 0x7D], 2),
    ] as [([UInt8], Int)])
  func encoding(bytes: [UInt8], offset: Int) {
    let problem = #expect(throws: Problem.self) { try JSON(parsing: bytes) }
    #expect(problem?.details["byte_offset"] == .int(offset), "\(String(describing: problem))")
  }

  @Test("names line and column in characters, and what was there")
  func places() {
    let problem = #expect(throws: Problem.self) { try JSON(parsing: "{\n  \"größe\": 1,\n  \"ü\": x\n}") }
    #expect(problem?.message == "expected a value, found 'x' at byte 26 (line 3, column 8) of the JSON text")
    let comma = #expect(throws: Problem.self) { try JSON(parsing: "[1,]") }
    #expect(comma?.hint == "Leave out the comma before it.")
    let twice = #expect(throws: Problem.self) { try JSON(parsing: #"{"name":1,"name":2}"#) }
    #expect(twice?.message == "the key \"name\" a second time at byte 10 (line 1, column 11) of the JSON text")
  }

  @Test("nests 64 deep and no deeper, without running out of stack")
  func depth() throws {
    let fits = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(try JSON(parsing: fits).array?.count == 1)
    for text in ["[" + fits + "]", String(repeating: "[", count: 100_000), String(repeating: "{\"a\":", count: 100_000)] {
      #expect(#expect(throws: Problem.self) { try JSON(parsing: text) }?.kind == .tooLarge)
    }
    let siblings = "[" + Array(repeating: "[]", count: 1000).joined(separator: ",") + "]"
    #expect(try JSON(parsing: siblings, limits: JSONLimits(depth: 2, bytes: 1 << 20)).array?.count == 1000)
  }

  @Test("refuses a text above the size limit before looking at it")
  func size() throws {
    let problem = #expect(throws: Problem.self) { try JSON(parsing: "[1,2,3]", limits: JSONLimits(depth: 4, bytes: 6)) }
    #expect(problem?.kind == .tooLarge)
    #expect(try JSON(parsing: "[1,2]", limits: JSONLimits(depth: 4, bytes: 6)) == [1, 2])
  }

  @Test("finds a duplicate among many keys, wherever it stands", arguments: [2, 16, 17, 18, 40])
  func duplicates(count: Int) throws {
    let keys = (0..<count).map { "\"k\($0)\":\($0)" }
    #expect(try JSON(parsing: "{" + keys.joined(separator: ",") + "}").object?.count == count)
    for victim in 0..<count {
      let text = "{" + (keys + [keys[victim]]).joined(separator: ",") + "}"
      #expect(throws: Problem.self) { try JSON(parsing: text) }
    }
  }

  @Test("keeps the order of members")
  func order() throws {
    let keys = (0..<50).map { "k\($0 * 7919 % 50)" }
    let text = "{" + keys.map { "\"\($0)\":null" }.joined(separator: ",") + "}"
    #expect(try JSON(parsing: text).object?.keys == keys)
  }

  @Test("never reads past its bytes, wherever a text is cut")
  func cuts() throws {
    let text = Array(#"{"a":[1,-2.5e3,true,null,"x\u00e9\ud83d\ude00é"],"b":{"c":"long enough for eight"}}"#.utf8)
    for length in 0..<text.count {
      // The cut text is followed by bytes that would complete it, so that reading too far would show.
      let cut = text.withUnsafeBytes { bytes in Result { () throws(Problem) in try JSON(parsing: UnsafeRawBufferPointer(rebasing: bytes[..<length])) }
      }
      #expect(throws: Problem.self) { try cut.get() }
    }
  }

  @Test("survives every single-byte change of a text, and what it accepts it can print and read again")
  func mutations() throws {
    var random = SeededRandom(seed: 7)
    let original = Array(#"{"a":[1,-2.5e3,true,null,"x\u00e9\ud83d\ude00é"],"b":{"c":"long enough for eight"},"d":0.1}"#.utf8)
    var accepted = 0
    for _ in 0..<20_000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: at)
        default: bytes.insert(original[Int.random(in: 0..<original.count, using: &random)], at: at)
        }
      }
      guard let value = try? JSON(parsing: bytes) else { continue }
      accepted += 1
      #expect(try JSON(parsing: value.bytes) == value)
    }
    #expect(accepted > 100)
  }
}

@Suite("JSON numbers") struct JSONNumberTests {
  /// What the C library makes of it, which rounds correctly.
  private func oracle(_ text: String) -> Double { strtod(text, nil) }

  private func check(_ text: String) throws {
    let value = try #require(try JSON(parsing: text).double)
    let expected = oracle(text)
    #expect(value.bitPattern == expected.bitPattern, "\(text): \(value), expected \(expected)")
  }

  @Test("are rounded as strtod does it, for doubles of every size")
  func randomBits() throws {
    var random = SeededRandom(seed: 11)
    var seen = 0
    while seen < 20_000 {
      let value = Double(bitPattern: random.next())
      guard value.isFinite else { continue }
      seen += 1
      try check(value.description)
    }
  }

  @Test("are rounded as strtod does it, for digits of every length around the table's edges")
  func randomDigits() throws {
    var random = SeededRandom(seed: 12)
    for _ in 0..<40_000 {
      let digits = Int.random(in: 1...24, using: &random)
      var text = String(Int.random(in: 1...9, using: &random))
      for _ in 1..<max(digits, 2) { text += String(Int.random(in: 0...9, using: &random)) }
      if Bool.random(using: &random) { text.insert(".", at: text.index(text.startIndex, offsetBy: Int.random(in: 1..<text.count, using: &random))) }
      if Bool.random(using: &random) { text = "0.0000" + text.filter { $0 != "." } }
      text += "e\(Int.random(in: -60...70, using: &random))"
      try check(text)
      try check("-" + text)
    }
  }

  @Test("half way between two doubles go to the even one")
  func ties() throws {
    var random = SeededRandom(seed: 13)
    for _ in 0..<5000 {
      // 54 significant bits: the last one is exactly the half.
      let odd = random.next() >> 10 | 1 << 53 | 1
      for text in ["\(odd).0", "\(odd)00.0e-2", "\(odd)e0", "\(odd)e1", "\(odd)e-3"] where text.filter(\.isNumber).count <= 21 { try check(text) }
      try check("\(odd).5")
      try check("\(odd).0000000000000000000000000001")
    }
    for text in [
      "9007199254740993.0", "9007199254740992.5", "2.2250738585072011e-308", "2.2250738585072014e-308", "4.9e-324", "2.4e-324", "1e22", "1e23",
    ] {
      try check(text)
    }
  }

  @Test("keep integers exact up to the edges of Int64, and make doubles beyond")
  func integers() throws {
    for offset in -3...3 {
      for edge in [Int128(Int64.max), Int128(Int64.min), 0, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000] {
        let number = edge + Int128(offset)
        let value = try JSON(parsing: "\(number)")
        if let exact = Int64(exactly: number) { #expect(value == .int(exact)) } else { #expect(value == .double(oracle("\(number)"))) }
      }
    }
    #expect(try JSON(parsing: "-0").double?.sign == .minus)
    #expect(try JSON(parsing: "-0.0").double?.sign == .minus)
    #expect(try JSON(parsing: "-0").typeName == "number")
  }
}
