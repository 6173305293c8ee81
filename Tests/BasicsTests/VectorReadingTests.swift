import Testing

@testable import Basics

@Suite("Vectors in a JSON text") struct VectorReadingTests {
  /// What the parser takes as a vector, and what is left of the text as a value if it takes none.
  private func read(_ text: String) throws -> (vector: [Float]?, rest: JSON) {
    try Array(text.utf8).withUnsafeBytes { bytes in
      try JSONParser.read(bytes) { parser throws(JSONFault) in
        if let vector = parser.floats() { return (vector, .null) }
        return (nil, try parser.value())
      }.get()
    }
  }

  private func number(_ random: inout SeededRandom) -> String {
    func digits(_ most: UInt64) -> String { (0..<1 + random.next() % most).map { _ in "\(random.next() % 10)" }.joined() }
    switch random.next() % 12 {
    case 0: return "\(Int64(bitPattern: random.next()))"
    case 1: return "\(Double(bitPattern: random.next() % (0x7FE << 52)))"
    case 2: return "-\(Float(bitPattern: UInt32(truncatingIfNeeded: random.next() % 0x7F80_0000)))"
    case 3:
      return ["0", "-0", "-0.0", "1e5", "1E-7", "0.1e1", "123456789012345678901", "0.00000000000000000000000001", "16777217", "9007199254740993"]
        .randomElement(using: &random) ?? "0"
    default:
      let whole = random.next() % 3 == 0 ? "\(random.next() % 100_000)" : "0"
      return "\(random.next() % 2 == 0 ? "-" : "")\(whole).\(digits(19))"
    }
  }

  @Test("are the very floats that come of the values", arguments: [1, 2, 3] as [UInt64])
  func agreement(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for _ in 0..<2000 {
      let spaces = ["", "", " ", "\n\t "]
      let items = (0..<random.next() % 9).map { _ in
        "\(spaces.randomElement(using: &random) ?? "")\(number(&random))\(spaces.randomElement(using: &random) ?? "")"
      }
      let text = "[\(items.joined(separator: ","))]"
      let expected = Result { try JSON(parsing: text).floats().map(\.bitPattern) }
      let (vector, rest) = try read(text)
      if let vector {
        #expect(vector.map(\.bitPattern) == (try? expected.get()), "\(text)")
      } else {
        // Nothing was taken of what it does not know.
        #expect(rest == (try JSON(parsing: text)), "\(text)")
        #expect(items.isEmpty || (try? expected.get()) == nil, "\(text) is an ordinary vector")
      }
    }
  }

  @Test(
    "are not what only begins like one: the value says what is wrong, at the same byte",
    arguments: [
      "[1,]", "[1 2]", "[01]", "[1.]", "[.5]", "[1", "[", "[1,\"a\"]", "[1e400]", "[-]", "[1e39]", "[null]", "[1}", "\"AACAPw", "\"AA\\u0043APw==\"",
      "[1.5,tru]",
    ])
  func others(text: String) throws {
    let known = Result { try JSON(parsing: text) }
    let found = Result { try read(text) }
    switch (known, found) {
    case (.success(let value), .success(let read)): #expect(read.vector == nil && read.rest == value)
    case (.failure(let a), .failure(let b)): #expect("\(a)" == "\(b)")
    default: Issue.record("\(text): \(known) and \(found)")
    }
  }

  @Test("may be base64, with padding or without, and are refused with a character of another alphabet")
  func base64() throws {
    var random = SeededRandom(seed: 4)
    for count in 0..<40 {
      let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let text = Base64.text(bytes)
      #expect(Base64.bytes(text) == bytes)
      #expect(Base64.bytes(text.prefix { $0 != "=" }) == bytes)
      if !bytes.isEmpty {
        var wrong = Array(text.utf8)
        wrong[Int(random.next() % UInt64(wrong.count))] = UInt8(ascii: "-")
        #expect(Base64.bytes(String(decoding: wrong, as: UTF8.self)) == nil)
      }
      let floats = (0..<count).map { Float($0) / 3 }
      let quoted = "\"\(Base64.text(floats.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } }))\""
      #expect(try read(quoted).vector == floats)
      #expect(try JSON(parsing: quoted).floats() == floats)
    }
    #expect(try read("\"AADAfw==\"").vector == nil)
  }
}
