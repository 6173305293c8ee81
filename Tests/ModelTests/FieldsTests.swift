import Basics
import Model
import Testing

@Suite("Fields of a request") struct FieldsTests {
  /// A million of them took the server a minute, and the answer was larger than the request.
  @Test("that nobody knows are named, but not all of a million")
  func manyUnknown() throws {
    let object = JSONObject(members: (0..<50_000).map { .init(key: "k\($0)", value: 1) })
    let started = ContinuousClock.now
    #expect { try Fields(.object(object), accepting: ["name", "description"]) } throws: { error in
      guard let problem = error as? Problem else { return false }
      return problem.path == "k0" && problem.others.count == 31 && problem.others[0].path == "k1"
    }
    #expect(ContinuousClock.now - started < .seconds(5))
  }
}
