import Basics
import Engine
import HTTP
import TestSupport
import Testing

@Suite("Documents in bulk over HTTP") struct BulkBodyTests {
  private static let path = "/v1/collections/words/documents/upsert"
  private let scenario: Scenario

  init() throws {
    scenario = try Scenario(.direct)
    let made = try scenario.send("POST", "/v1/collections", ["collection_name": "words", "vector_indexes": [["name": "v", "dimensions": 3]]])
    #expect(made.status == 200)
  }

  private func vector(_ id: String) throws -> JSON? {
    try scenario.send("GET", "/v1/collections/words/documents/\(id)?return_vectors=true").json["v"]
  }

  @Test(
    "may be JSON lines, a document each; empty lines and a carriage return are no documents",
    arguments: ["application/x-ndjson", "application/jsonl"])
  func lines(type: String) throws {
    let text = "{\"document_id\": \"a\", \"n\": 1, \"vectors\": {\"v\": [1, 2, 3]}}\r\n\n{\"document_id\": \"b\", \"n\": 2}\n"
    let answer = try scenario.send("PUT", Self.path, headers: [("Content-Type", type)], raw: text)
    #expect(answer.status == 200 && answer.json["inserted"] == 2 && answer.json["document_ids"] == ["a", "b"], "\(answer.text)")
    #expect(try vector("a") == [1.0, 2.0, 3.0])
    let namespace = try scenario.send("POST", "/v1/namespaces/default/documents/upsert", headers: [("Content-Type", type)], raw: "{\"n\": 3}")
    #expect(namespace.status == 200 && namespace.json["inserted"] == 1)
  }

  @Test("say which line cannot be read, and change nothing; elsewhere lines are not taken")
  func wrongLines() throws {
    let lines = [("Content-Type", "application/x-ndjson")]
    let answer = try scenario.send("PUT", Self.path, headers: lines, raw: "{\"document_id\": \"a\"}\n{\"document_id\": }\n")
    #expect(answer.status == 400 && answer.text.contains("line 2"), "\(answer.text)")
    let field = try scenario.send("PUT", Self.path, headers: lines, raw: "{\"document_id\": \"a\"}\n7\n")
    #expect(field.status == 422 && field.text.contains("documents[1]"), "\(field.text)")
    #expect(try scenario.send("GET", "/v1/collections/words/documents/a").status == 404)
    #expect(try scenario.send("POST", "/v1/collections", headers: lines, raw: "{}").status == 415)
  }

  @Test(
    "may hold vectors as base64 of little-endian floats",
    arguments: [("AACAPwAAAMAAAEBA", true), ("AACAPwAAAMAAAEBA==", false), ("AACAPwAAAMA", false), ("AADAfwAAAAAAAAAA", false), ("!", false)])
  func base64(text: String, isVector: Bool) throws {
    let answer = try scenario.send("PUT", Self.path, ["documents": [["document_id": "a", "vectors": ["v": .string(text)]]]])
    #expect(answer.status == (isVector ? 200 : 422), "\(answer.text)")
    if isVector { #expect(try vector("a") == [1.0, -2.0, 3.0]) } else { #expect(answer.text.contains("documents[0].vectors.v")) }
  }
}
