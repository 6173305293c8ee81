import Basics
import Engine
import Model
import TestSupport
import Testing

/// Generated clients send a body with all its defaults beside what the caller said in the query.
@Suite("A query beside a body") struct QueryAndBodyTests {
  private static let places: [(query: JSONObject, body: JSON, ids: [String])] = [
    (["page_size": 2], ["limit": 10, "offset": 0], ["d0", "d1"]), (["limit": 2], ["page_size": 5], ["d0", "d1"]),
    (["page": 2, "limit": 2], ["offset": 0, "limit": 10], ["d2", "d3"]), (["offset": 3], ["page": 9, "limit": 2], ["d3", "d4"]),
    ([:], ["limit": 2, "offset": 1], ["d1", "d2"]), (["page_size": 3], .null, ["d0", "d1", "d2"]),
  ]

  @Test("says where to page to, by whichever of its names", arguments: places)
  func paging(query: JSONObject, body: JSON, ids: [String]) throws {
    let store = try TemporaryStore()
    try store.call("create_collection", body: ["collection_name": "words"])
    let path = ["collection_identifier": "words"]
    let documents = (0..<8).map { JSON.object(["document_id": .string("d\($0)")]) }
    try store.call("upsert_documents", path: path, body: ["documents": .array(documents)])
    for (operation, path) in [("list_documents", path), ("list_namespace_documents", [:])] {
      let answer = try store.call(operation, path: path, query: query, body: body)
      #expect(answer["results"]?.array?.compactMap { $0["document_id"]?.string } == ids, "\(operation): \(answer.text)")
    }
  }

  private static let words: [(query: JSONObject, body: JSON, submits: Bool)] = [
    (["auto_submit": true], [:], true), (["trigger_processing": true], [:], true), ([:], ["auto_submit": true], true),
    ([:], ["trigger_processing": true], true), (["auto_submit": false], ["auto_submit": true], false),
    (["auto_submit": false], ["trigger_processing": true], false), (["trigger_processing": true], ["auto_submit": false], false), ([:], [:], false),
  ]

  @Test("says before it whether a new batch is submitted at once", arguments: words)
  func submitting(query: JSONObject, body: JSON, submits: Bool) throws {
    let fixture = try BucketFixture()
    try fixture.collection()
    var given = body.object ?? JSONObject()
    given["object_ids"] = .array(try fixture.upload(1).map(JSON.string))
    let path = ["bucket_identifier": "articles"]
    let batch = try fixture.store.call("create_batch_buckets_batches", path: path, query: query, body: .object(given))
    #expect((batch["status"] != "DRAFT") == submits, "\(batch.text)")
  }

  @Test("says before it whether a batch that is reset runs again", arguments: words)
  func resubmitting(query: JSONObject, body: JSON, submits: Bool) throws {
    let fixture = try BucketFixture()
    try fixture.collection()
    let batch = try fixture.batch(fixture.upload(1))
    _ = try fixture.run(batch)
    let again = try fixture.store.call("resubmit_batch_buckets_batches", path: fixture.path(batch), query: query, body: body)
    let isSaid = !query.isEmpty || body != [:]
    #expect((again["task_id"] != .null) == (isSaid ? submits : true), "\(again.text)")
  }

  @Test("answers for objects that are not looked for: one that is not there fails by itself")
  func unchecked() throws {
    let fixture = try BucketFixture()
    try fixture.collection()
    let known = try fixture.upload(1)
    let path = ["bucket_identifier": "articles"]
    let body: JSON = ["object_ids": .array(known.map(JSON.string) + ["obj_nowhere"])]
    let problem = #expect(throws: Problem.self) { try fixture.store.call("create_batch_buckets_batches", path: path, body: body) }
    #expect(problem?.kind == .notFound && problem?.path == "object_ids[1]")
    let made = try fixture.store.call("create_batch_buckets_batches", path: path, query: ["skip_validation": true], body: body)
    let batch = made["batch_id"]?.string ?? ""
    _ = try fixture.run(batch)
    let read = try fixture.read(batch)
    #expect(read["status"] == "COMPLETED_WITH_ERRORS" && read["failed_object_count"] == 1 && read["documents_written"] == 1, "\(read.text)")
  }
}
