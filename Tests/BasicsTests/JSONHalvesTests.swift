import Basics
import Testing

@Suite("Arrays read in halves") struct JSONHalvesTests {
  private func halved(_ text: String) -> Result<[JSON], Problem> {
    var text = text
    return JSONParser.$worthHalving.withValue(0) {
      text.withUTF8 { bytes in
        JSONParser.read(UnsafeRawBufferPointer(bytes)) { parser throws(JSONFault) in
          guard parser.isAtArray else { return [try parser.value()] }
          return try parser.arrayInHalves { parser throws(JSONFault) in try parser.value() }
        }
      }
    }
  }

  /// The same as the parser that reads from end to end: its values, or its words.
  private func agree(_ text: String) {
    let whole: Result<[JSON], Problem>
    do throws(Problem) {
      let json = try JSON(parsing: text)
      whole = .success(json.array ?? [json])
    } catch { whole = .failure(error) }
    switch (halved(text), whole) {
    case (.success(let found), .success(let expected)): #expect(found == expected, "\(text)")
    case (.failure(let found), .failure(let expected)): #expect(found.message == expected.message && found.kind == expected.kind, "\(text)")
    case (let found, let expected): Issue.record("\(found) instead of \(expected): \(text)")
    }
  }

  @Test(
    "are what they are from end to end, also where what looks like an element is none",
    arguments: [
      "[]", "[{}]", "[1, 2, 3]", #"[{"a": 1}]"#, #"[{"a": 1}, {"a": 2}, {"a": 3}, {"a": 4}]"#, #"[{"a": 1},{"a": 2},{"a": 3},{"b": 4}]"#,
      // Elements of an inner array, and text that looks like elements.
      #"[{"a": [{"a": 1}, {"a": 2}, {"a": 3}, {"a": 4}, {"a": 5}]}]"#, #"[{"a": "x}, {\"a\": 1}, {\"a\": 2}, {\"a\": 3}, {"}, {"a": 1}]"#,
      #"[{"a": 1}, {"a": [[{"a": 1}, {"a": 2}], [{"a": 1}, {"a": 2}]]}, {"a": 2}]"#, #"[{"a}, {\"": 1}, {"a}, {\"": 2}, {"a}, {\"": 3}]"#,
      // Wrong in the first half, in the second, in both, and behind.
      #"[{"a": tru}, {"a": 2}, {"a": 3}, {"a": 4}]"#, #"[{"a": 1}, {"a": 2}, {"a": 3}, {"a": nul}]"#, #"[{"a": 01}, {"a": 2}, {"a": 3}, {"a": 4.}]"#,
      #"[{"a": 1}, {"a": 2}, {"a": 3}, {"a": 4}] x"#, #"[{"a": 1}, {"a": 2}, {"a": 3}, {"a": 4}"#, #"[{"a": 1}, {"a": 2}, {"a": 3}, ]"#,
      #"[{"a": 1}, {"a": 2} {"a": 3}, {"a": 4}]"#, #"[{"a": 1}]}, {"a": 2}, {"a": 3}"#,
    ])
  func table(text: String) { agree(text) }

  @Test("are what they are from end to end, whole, cut and with a byte changed", arguments: [1, 2, 3, 4] as [UInt64])
  func property(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let pieces = [
      #"{"a": 1}"#, #"{"a": [{"a": 2}, {"a": 3}]}"#, #"{"a": "}, {\"a\": 4}"}"#, #"{"a": {"a": -1.5e3}}"#, #"{"b": 1}"#, "7", #"{"a":"é"}"#,
    ]
    for _ in 0..<200 {
      let count = Int(random.next() % 12)
      let text = "[" + (0..<count).map { _ in pieces[Int(random.next() % 7)] }.joined(separator: random.next() % 2 == 0 ? "," : " ,\n ") + "]"
      agree(text)
      agree(String(text.prefix(Int(random.next() % UInt64(text.count + 1)))))
      var bytes = Array(text.utf8)
      bytes[Int(random.next() % UInt64(bytes.count))] = Array("{}[],:\"a1 ".utf8)[Int(random.next() % 10)]
      agree(String(decoding: bytes, as: UTF8.self))
    }
  }

  @Test("nest no deeper than other texts may, in either half")
  func depth() {
    for level in [61, 62, 63, 64] {
      let deep = String(repeating: "[", count: level) + String(repeating: "]", count: level)
      agree(#"[{"a": 1}, {"a": 2}, {"a": 3}, {"a": \#(deep)}]"#)
      agree(#"[{"a": \#(deep)}, {"a": 2}, {"a": 3}, {"a": 1}]"#)
    }
  }

  @Test("an errand's outcome is there when it is asked for, as often as it is asked for")
  func errands() {
    let errands = (0..<20).map { number in Errand { number * 2 } }
    #expect(errands.map { $0.outcome() } == (0..<20).map { $0 * 2 })
    #expect(errands.map { $0.outcome() } == (0..<20).map { $0 * 2 })
  }
}
