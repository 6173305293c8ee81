import Basics
import Testing

@testable import Model

private let surroundings = Words.surroundings
private let collection = Words.collection

@Suite("Documents read out of a body") struct IncomingDocumentTests {
  private static let bodies = [
    #"{"documents": [{"document_id": "a", "vectors": {"text": [0.25, -1, 3e2], "image": "AACAPwAAAMA="}, "kind": "noun"}, {"n": [1, 2]}], "options": {}}"#,
    #"{"options": null, "documents": [{"document_id": "ä", "payload": {"vectors": {"text": [1]}}, "vectors": {"mixpeek://x@v1/text": [1,2,3]}}]}"#,
    #"{"documents": [{"vectors": {"text": [1, 2], "image": [1, "x"]}}, 7, {"vectors": [1, 2]}, {"vectors": null}, {"vectors": {"text": null}}]}"#,
    #"{"documents": {"a": [1, 2]}, "collection_id": "c"}"#, #"[{"vectors": {"text": [1, 2, 3]}}]"#, "null", #"{"documents": [ ]}"#,
    #"{"documents": [{"vectors": {"text": [1, 2, 3], "txt": [1]}}, {"vectors": {"image": [1e39, 0]}}, {"document_id": 5}]}"#,
    #"{"documents": [{"document_id": "b", "meta": {"vectors": {"text": [1, 2, 3]}}}]}"#,
  ]

  /// The documents of a body as they would be stored, or what is wrong with each; nil where it has no array of them.
  private func documents(_ items: [IncomingDocument]) -> [String] {
    items.enumerated().map { place, item in
      do throws(Problem) {
        return "\(try Document(item, in: collection, path: "documents[\(place)]", surroundings: surroundings))"
      } catch { return "\(error) at \(error.path ?? "")" }
    }
  }

  private func agree(_ bytes: [UInt8]) {
    agree(inHalves: bytes)
    JSONParser.$worthHalving.withValue(0) { agree(inHalves: bytes) }
  }

  private func agree(inHalves bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    switch (Result { try JSON(parsing: bytes) }, Result { try IncomingDocuments(parsing: bytes) }) {
    case (.failure(let a), .failure(let b)): #expect("\(a)" == "\(b)", "\(text)")
    case (.success(let value), .success(let read)):
      #expect(read.documents.map(documents) == value["documents"]?.array.map { documents($0.map { IncomingDocument($0) }) }, "\(text)")
      // Beside the documents, the body is what it is.
      var others = value
      if var object = others.object, read.documents != nil {
        object["documents"] = .null
        others = .object(object)
      }
      #expect(read.body == others, "\(text)")
    case (let a, let b): Issue.record("\(text): \(a) and \(b)")
    }
  }

  @Test("are those that come of the body as a value, and so is whatever is wrong with them", arguments: bodies.indices)
  func agreement(number: Int) {
    let bytes = Array(Self.bodies[number].utf8)
    agree(bytes)
    var random = SeededRandom(seed: UInt64(number))
    for _ in 0..<400 {
      var broken = bytes
      for _ in 0...random.next() % 2 {
        let place = Int(random.next() % UInt64(broken.count))
        switch random.next() % 3 {
        case 0: broken.remove(at: place)
        case 1: broken[place] = Array("[]{},:\"0-e. \\".utf8).randomElement(using: &random) ?? 0
        default: broken.insert(broken[Int(random.next() % UInt64(broken.count))], at: place)
        }
      }
      agree(broken)
    }
  }

  @Test("of lines are one each, wherever lines end, and a wrong line is named")
  func lines() throws {
    let lines = [#"{"document_id": "a", "vectors": {"text": [1, 2, 3]}}"#, "", " \r", #"{"n": 1}"#, "7"]
    for end in ["", "\n", "\r\n"] {
      let read = try #require(try IncomingDocuments(lines: Array((lines.joined(separator: "\n") + end).utf8)).documents)
      #expect(read.map(\.json) == [["document_id": "a", "vectors": ["text": nil]], ["n": 1], 7])
      #expect(read[0].vectors.map(\.values) == [[1, 2, 3]])
    }
    let problem = #expect(throws: Problem.self) { try IncomingDocuments(lines: Array("{}\n\n{\"a\" 1}".utf8)) }
    #expect(problem?.kind == .malformed && problem?.message.hasPrefix("line 3: ") == true)
    #expect(try IncomingDocuments(lines: []).documents?.isEmpty == true)
  }

  @Test(
    "of lines are the same, and so is the line that is wrong, whether they are read in halves or from end to end", arguments: [1, 2, 3] as [UInt64])
  func halvedLines(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let lines = [
      #"{"document_id": "a", "vectors": {"text": [1, 2, 3]}}"#, "", " \t\r", #"{"n": [1, 2], "text": "x\ny"}"#, "{\"n\": 1}\r", "{", #"{"n": 1} 2"#,
      "7",
    ]
    for round in 0..<300 {
      // Most texts have nothing wrong in them.
      let text = (0..<Int(random.next() % 9)).map { _ in lines[Int(random.next() % (round % 3 == 0 ? 8 : 5))] }.joined(separator: "\n")
      func read() -> String {
        do throws(Problem) { return "\(try IncomingDocuments(lines: Array(text.utf8)))" } catch { return "\(error)" }
      }
      #expect(JSONParser.$worthHalving.withValue(0) { read() } == read(), "\(text)")
    }
  }
}
