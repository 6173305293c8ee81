import Basics
import Engine
import Model
import TestSupport
import Testing

@Suite("Collections that are not enabled") struct EnabledTests {
  private func set(_ fixture: BucketFixture, _ isEnabled: Bool, _ name: String = "topics") throws(Problem) -> JSON {
    try fixture.store.call("update_collection", path: ["collection_identifier": name], body: ["enabled": .bool(isEnabled)])
  }

  @Test("are filled by no batch, nor what reads them, until they are enabled again")
  func batches() throws {
    let fixture = try BucketFixture()
    for name in ["topics", "more"] { try fixture.collection(name) }
    try fixture.collection("behind", source: ["type": "collection", "collection_id": "topics"])
    #expect(try set(fixture, false)["enabled"] == false)
    try fixture.store.reopen()
    #expect(try fixture.store.call("get_collection", path: ["collection_identifier": "topics"])["enabled"] == false)
    #expect(
      try fixture.store.call("list_collections")["results"]?.array?.map { $0["enabled"] } == [false, true, true])
    _ = try fixture.upload(3)
    try fixture.run(try fixture.batch())
    #expect(try fixture.count() == 0 && fixture.count("more") == 3 && fixture.count("behind") == 0)
    #expect(try set(fixture, true)["enabled"] == true)
    try fixture.run(try fixture.batch())
    #expect(try fixture.count() == 3 && fixture.count("more") == 3 && fixture.count("behind") == 3)
  }

  @Test("are refused where they are meant by name, and can be written directly")
  func named() throws {
    let fixture = try BucketFixture()
    let made = try fixture.store.call(
      "create_collection", body: ["collection_name": "topics", "enabled": false, "source": ["type": "bucket", "bucket_ids": ["articles"]]])
    #expect(made["enabled"] == false)
    _ = try fixture.upload(1)
    let batch = try fixture.batch(extra: ["collection_ids": ["topics"]])
    let submitting = #expect(throws: Problem.self) { try fixture.run(batch) }
    #expect(submitting?.kind == .conflict && submitting?.path == "collection_ids[0]")
    let triggering = #expect(throws: Problem.self) {
      try fixture.store.call("trigger_collection", path: ["collection_identifier": "topics"])
    }
    #expect(triggering?.kind == .conflict && triggering?.hint?.contains("enabled") == true)
    let trigger = try fixture.store.call(
      "create_trigger",
      body: [
        "action_type": "collection_trigger", "action_config": ["collection_id": "topics"], "trigger_type": "interval",
        "schedule_config": ["interval_seconds": 60],
      ])["trigger_id"]?.string
    try fixture.store.advance(by: .seconds(60))
    let run = try fixture.store.call("get_trigger_history", path: ["trigger_id": trigger ?? ""])["executions"]?.array?.first
    #expect(run?["status"] == "FAILED" && run?["error"]?.string?.contains("is not enabled") == true, "\(run?.text ?? "")")
    try fixture.store.call("create_document", path: ["collection_identifier": "topics"], body: ["text": "direct"])
    #expect(try fixture.count() == 1)
  }

  @Test(
    "are asked for by a boolean; what a collection cannot keep is refused",
    arguments: [
      (["enabled": "no"], "enabled", .invalid), (["embedding_task": ["a": 1]], "embedding_task", .invalid),
      (["input_schema": 3], "input_schema", .invalid), (["features": ["image_search"]], "features", .unsupported),
      (["retriever_enrichments": [["retriever_id": "r"]]], "retriever_enrichments", .unsupported),
    ] as [(JSON, String, Problem.Kind)])
  func refusing(body: JSON, path: String, kind: Problem.Kind) throws {
    let store = try TemporaryStore()
    var creation: JSONObject = ["collection_name": "topics"]
    creation.set(body.object?.members ?? [])
    let error = #expect(throws: Problem.self) { try store.call("create_collection", body: .object(creation)) }
    #expect(error?.path == path && error?.kind == kind)
    #expect(try store.call("list_collections")["total_count"] == 0)
  }

  @Test("a filter of objects that is none is refused, and processes nothing", arguments: ["x", 3, ["a"]] as [JSON])
  func wrongFilters(filter: JSON) throws {
    let fixture = try BucketFixture()
    try fixture.collection()
    _ = try fixture.upload(1)
    for (operation, field) in [("list_objects_buckets", "filters"), ("trigger_collection", "source_filters")] {
      let error = #expect(throws: Problem.self) {
        try fixture.store.call(
          operation, path: ["bucket_identifier": "articles", "collection_identifier": "topics"], body: .object([field: filter]))
      }
      #expect(error?.kind == .invalid && error?.path == field)
    }
    #expect(try fixture.store.call("list_all_batches")["total_count"] == 0)
  }
}
