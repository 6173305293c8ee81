import Basics
import Testing

@Suite("JSON objects") struct JSONObjectTests {
  @Test("that take many members at once are as if they had taken them one by one", arguments: 1...8 as ClosedRange<UInt64>)
  func setting(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    func members(_ count: Int) -> [JSONObject.Member] {
      (0..<count).map { _ in
        .init(
          key: "k\(Int.random(in: 0..<12, using: &random))",
          value: Int.random(in: 0..<3, using: &random) == 0 ? .null : .int(Int64.random(in: 0..<99, using: &random)))
      }
    }
    for removes in [false, true] {
      var old = JSONObject()
      for member in members(8) { old[member.key] = member.value == .null ? 0 : member.value }
      let changes = JSONObject(members: members(10)).lastOfEach
      var expected = old
      for change in changes { expected[change.key] = removes && change.value == .null ? nil : .some(change.value) }
      var got = old
      got.set(changes, nullRemoves: removes)
      #expect(got.members.map(\.key) == expected.members.map(\.key) && got == expected)
    }
  }
}

extension JSONObject {
  fileprivate var lastOfEach: [Member] {
    var result = JSONObject()
    for member in members { result[member.key] = member.value }
    return result.members
  }
}
