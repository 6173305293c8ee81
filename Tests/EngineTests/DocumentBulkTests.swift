import Basics
import Engine
import Model
import TestSupport
import Testing

@Suite("Documents in bulk") struct DocumentBulkTests {
  private let store: TemporaryStore
  private static let words = ["collection_identifier": "words"]

  init() throws {
    store = try TemporaryStore()
    for name in ["words", "others"] { try store.call("create_collection", body: ["collection_name": .string(name)]) }
    let documents: [JSON] = (0..<2500).map {
      ["document_id": .string("d\($0)"), "n": .int($0), "even": .bool($0 % 2 == 0), "metadata": ["status": "new", "by": "me"]]
    }
    for start in stride(from: 0, to: 2500, by: 1000) {
      try store.call("upsert_documents", path: Self.words, body: ["documents": .array(Array(documents[start..<min(start + 1000, 2500)]))])
    }
    try store.call("upsert_documents", path: ["collection_identifier": "others"], body: ["documents": [["document_id": "o1", "n": 7]]])
  }

  private func count(_ filter: JSON) throws -> Int64? {
    try store.call("count_documents", path: Self.words, query: ["filters": .string(filter.text)])["count"]?.int
  }

  @Test("one change goes to all that pass, in one transaction a thousand; a dotted key keeps its siblings, a whole field is replaced")
  func bulk() throws {
    let answer = try store.call(
      "bulk_update_documents", path: Self.words, body: ["filters": ["even": true], "update_data": ["metadata.status": "done", "even": false]])
    // The filter does not hold any more once a document was changed, and still none is left out.
    #expect(answer["updated_count"] == 1250 && answer["status"] == "COMPLETED", "\(answer.text)")
    #expect(try count(["metadata.status": "done"]) == 1250 && count(["metadata.by": "me"]) == 2500 && count(["even": true]) == 0)
    try store.call("batch_update_documents", path: Self.words, body: ["filters": ["n": 3], "update_data": ["metadata": ["x": 1]]])
    let document = try store.call("get_document", path: ["collection_identifier": "words", "document_id": "d3"])
    #expect(document["metadata"] == ["x": 1])
    #expect(try store.call("bulk_update_documents", path: Self.words, body: ["update_data": ["seen": true]])["updated_count"] == 2500)
  }

  @Test(
    "of a long call the first mistake is named by its place, and nothing is written",
    arguments: [[0], [127], [199], [200], [399], [3, 250], [250, 399], [199, 200]])
  func mistakes(places: [Int]) throws {
    func documents(_ wrong: [Int]) -> JSON {
      .array((0..<400).map { ["document_id": wrong.contains($0) ? .int($0) : .string("new\($0)"), "n": .int(-$0 - 1)] })
    }
    let problem = #expect(throws: Problem.self) {
      try store.call("upsert_documents", path: Self.words, body: ["documents": documents(places)])
    }
    #expect(problem?.path == "documents[\(places[0])].document_id", "\(problem?.path ?? "-")")
    #expect(try count(["field": "n", "operator": "lt", "value": 0]) == 0)
    let answer = try store.call("upsert_documents", path: Self.words, body: ["documents": documents([])])
    #expect(answer["document_ids"] == .array((0..<400).map { .string("new\($0)") }) && answer["added"] == 400)
    #expect(try count(["field": "n", "operator": "lt", "value": 0]) == 400)
  }

  @Test("each document gets a change of its own; those that are not there are named, and the rest is done")
  func batch() throws {
    let answer = try store.call(
      "batch_update_documents", path: Self.words,
      body: [
        "updates": [
          ["document_id": "d1", "update_data": ["n": -1]], ["document_id": "none", "update_data": ["n": 0]],
          ["document_id": "d2", "update_data": ["a.b": 2]],
        ]
      ])
    #expect(answer["updated_count"] == 2 && answer["failed_count"] == 1 && answer["results"]?.array?.map { $0["success"] } == [true, false, true])
    #expect(try count(["a.b": 2]) == 1 && count(["n": -1]) == 1)
  }

  @Test("deleting by a filter or by identifiers says what was deleted")
  func deleting() throws {
    let some = try store.call("batch_delete_documents", path: Self.words, body: ["document_ids": ["d0", "none"], "reason": "old"])
    #expect(some["deleted_count"] == 1 && some["failed_count"] == 1, "\(some.text)")
    let odd = try store.call("batch_delete_documents", path: Self.words, body: ["filters": ["even": false]])
    #expect(odd["deleted_count"] == 1250)
    #expect(try count([:]) == 1249)
  }

  @Test(
    "what is wrong changes nothing",
    arguments: [
      ("batch_update_documents", #"{}"#), ("batch_update_documents", #"{"updates": []}"#),
      ("batch_update_documents", #"{"updates": [{"document_id": "d1"}]}"#),
      (
        "batch_update_documents",
        #"{"updates": [{"document_id": "d1", "update_data": {"n": 0}}, {"document_id": "d2", "update_data": {"document_id": "x"}}]}"#
      ),
      ("batch_update_documents", #"{"updates": [{"document_id": "d1", "update_data": {"n": 0}}], "filters": {"n": 1}}"#),
      ("bulk_update_documents", #"{"update_data": {}}"#), ("bulk_update_documents", #"{"update_data": {"a..b": 1}}"#),
      ("bulk_update_documents", #"{"update_data": {"vectors": {}}}"#), ("bulk_update_documents", #"{"update_data": {"n": 0}, "filter": {}}"#),
      ("batch_delete_documents", #"{}"#), ("batch_delete_documents", #"{"document_ids": ["d1"], "filters": {"n": 1}}"#),
    ])
  func refused(operation: String, body: String) throws {
    let error = #expect(throws: Problem.self) { try store.call(operation, path: Self.words, body: JSON(parsing: body)) }
    #expect(error?.kind == .invalid, "\(error?.description ?? "")")
    #expect(try count([:]) == 2500 && count(["n": 0]) == 1)
  }

  @Test("lists go over several collections, and say which do not exist")
  func lists() throws {
    let all = try store.call("list_namespace_documents", body: ["filters": ["n": 7], "include_total": true])
    #expect(all["results"]?.array?.count == 2 && all["pagination"]?["total"] == 2)
    let one = try store.call("list_namespace_documents", body: ["collection_ids": ["others", "none"]])
    #expect(one["results"]?.array?.map { $0["document_id"] } == ["o1"] && one["unknown_collection_ids"] == ["none"])
    let none = #expect(throws: Problem.self) { try store.call("list_namespace_documents", body: ["collections": ["none"]]) }
    #expect(none?.kind == .notFound)
    let several = try store.call(
      "list_documents_batch",
      body: [
        "queries": [
          ["key": "good", "request": ["collection_id": "words", "limit": 3]], ["key": "bad", "request": ["limt": 3]],
        ]
      ])
    let results = several["results"]?.array ?? []
    #expect(results.count == 2 && results[0]["response"]?["results"]?.array?.count == 3 && results[0]["error"] == .null)
    #expect(results[1]["response"] == .null && results[1]["error"]?.string?.contains("Did you mean 'limit'?") == true)
    let found = try store.call("batch_get_documents", body: ["document_ids": ["o1", "d5", "none"]])
    #expect(found["documents"]?.array?.map { $0["document_id"] } == ["o1", "d5"] && found["not_found"] == ["none"])
  }

  @Test("a document is changed wherever in the namespace it is")
  func anywhere() throws {
    let changed = try store.call("patch_namespace_document", path: ["document_id": "o1"], body: ["n": 8])
    #expect(changed["n"] == 8)
    #expect(try store.call("update_namespace_document", path: ["document_id": "o1"], body: ["m": 9])["m"] == 9)
    #expect(throws: Problem.self) { try store.call("patch_namespace_document", path: ["document_id": "none"], body: ["n": 8]) }
  }

  @Test("the same write with the same key is done once; with other documents it is a conflict; after a day it is new")
  func idempotency() throws {
    func upsert(_ n: JSON, key: JSON = "k1") throws(Problem) -> JSON {
      try store.call("upsert_documents", path: Self.words, body: ["documents": [["text": n]], "options": ["idempotency_key": key]])
    }
    let first = try upsert(1)
    #expect(try upsert(1) == first)
    #expect(try count(["text": 1]) == 1)
    let error = #expect(throws: Problem.self) { try upsert(2) }
    #expect(error?.kind == .conflict && error?.path == "options.idempotency_key")
    #expect(try upsert(2, key: "k2") != first)
    try store.reopen()
    #expect(try upsert(1) == first)
    try store.advance(by: .seconds(24 * 3600 + 1))
    #expect(try upsert(1)["document_ids"] != first["document_ids"])
  }
}
