import Basics
import Model
import TestSupport
import Testing

@testable import Engine

@Suite("Actions on batches and collections") struct BatchActionTests {
  private func trigger(_ store: TemporaryStore, _ kind: String, _ config: JSON, _ type: String, _ schedule: JSON) throws(Problem) -> String {
    try store.call(
      "create_trigger",
      body: ["action_type": .string(kind), "action_config": config, "trigger_type": .string(type), "schedule_config": schedule])["trigger_id"]?.string
      ?? ""
  }

  private func history(_ store: TemporaryStore, _ id: String) throws(Problem) -> [JSON] {
    try store.call("get_trigger_history", path: ["trigger_id": id])["executions"]?.array ?? []
  }

  private static let schedules: [(type: String, schedule: JSON)] = [
    ("cron", ["cron_expression": "* * * * *"]), ("interval", ["interval_seconds": 60]),
    ("event", ["event_type": "custom.go", "event_threshold": 1]),
    ("conditional", ["condition_type": "script", "script": ["source": "return function(ctx) return true end"], "check_interval_seconds": 60]),
  ]

  /// Makes the trigger of a schedule due, once.
  private func fire(_ fixture: BucketFixture, _ type: String) throws {
    if type == "event" { try fixture.store.call("emit_event", body: ["event_type": "custom.go"]) }
    try fixture.store.advance(by: .seconds(60))
  }

  @Test("collection_trigger processes the collection's buckets, by triggers of each type", arguments: schedules.indices)
  func collectionTrigger(index: Int) throws {
    let (type, schedule) = Self.schedules[index]
    let fixture = try BucketFixture()
    try fixture.collection()
    _ = try fixture.upload(4)
    let config: JSON = [
      "collection_id": "topics", "source_filters": ["year": 2002],
      "hooks": ["after": "return function(ctx, result) return {seen = result.documents_written} end"],
    ]
    let id = try trigger(fixture.store, "collection_trigger", config, type, schedule)
    try fire(fixture, type)
    let runs = try history(fixture.store, id)
    #expect(runs.count == 1 && runs.first?["status"] == "COMPLETED", "\(JSON.array(runs).text)")
    #expect(try fixture.documents().map { $0["year"] } == [2002])
    let task = try fixture.store.call("get_task", path: ["task_id": runs.first?["task_id"]?.string ?? ""])
    let outputs = task["outputs"]?.array?.first
    #expect(outputs?["documents_written"] == 1 && outputs?["object_count"] == 1 && task["task_type"] == "api_collections_trigger", "\(task.text)")
    let batch = try fixture.store.call("get_batch_by_id_batches", path: ["batch_id": outputs?["batch_id"]?.string ?? ""])
    #expect(batch["status"] == "COMPLETED" && batch["task_id"] == task["task_id"])
  }

  @Test("batch_rerun runs a batch again, by triggers of each type", arguments: schedules.indices)
  func rerun(index: Int) throws {
    let (type, schedule) = Self.schedules[index]
    let fixture = try BucketFixture()
    try fixture.collection()
    _ = try fixture.upload(4)
    let batch = try fixture.batch()
    try fixture.run(batch)
    // By its name, or as the last of its collection.
    let config: JSON = index % 2 == 0 ? ["batch_id": .string(batch)] : ["collection_id": "topics"]
    let id = try trigger(fixture.store, "batch_rerun", config, type, schedule)
    try fire(fixture, type)
    #expect(try history(fixture.store, id).map { $0["status"] } == ["COMPLETED"])
    let done = try fixture.read(batch)
    #expect(done["retry_count"] == 1 && done["documents_replaced"] == 4 && done["status"] == "COMPLETED")
    #expect(try fixture.count() == 4)
    #expect(try fixture.events().count == 2)
  }

  @Test("batch_rerun does only what failed, or only what a filter means")
  func narrowed() throws {
    let fixture = try BucketFixture()
    let store = fixture.store
    try fixture.collection(extractor: ["feature_extractor_name": "hashing", "version": "v1", "input_mappings": ["text": "text"]])
    let ids = try fixture.upload([BucketFixture.article(0), ["title": "later"], BucketFixture.article(2)])
    let batch = try fixture.batch()
    try fixture.run(batch)
    let failed = try trigger(
      store, "batch_rerun", ["batch_id": .string(batch), "retry_failed_only": true], "interval", ["interval_seconds": 3600])
    try store.call("patch_object_buckets", path: ["bucket_identifier": "articles", "object_identifier": ids[1]], body: ["text": "words"])
    try store.call("execute_trigger_now", path: ["trigger_id": failed])
    try store.host.settle()
    var done = try fixture.read(batch)
    #expect(done["documents_written"] == 1 && done["documents_replaced"] == 0 && done["status"] == "COMPLETED")
    // Nothing is left that failed: the run has nothing to do and succeeds.
    let task = try store.call("execute_trigger_now", path: ["trigger_id": failed])
    try store.host.settle()
    let ended = try store.call("get_task", path: ["task_id": task["task_id"]?.string ?? ""])
    #expect(ended["status"] == "COMPLETED" && ended["outputs"]?.array?.first?["message"] != nil)
    let filtered = try trigger(
      store, "batch_rerun", ["batch_id": .string(batch), "filters": ["year": 2002]], "interval", ["interval_seconds": 3600])
    try store.call("execute_trigger_now", path: ["trigger_id": filtered])
    try store.host.settle()
    done = try fixture.read(batch)
    #expect(done["documents_replaced"] == 1 && done["progress"]?["processed"] == 3, "\(done.text)")
  }

  @Test("a collection that reads a collection processes its documents, those that are named or pass")
  func fromCollection() throws {
    let fixture = try BucketFixture()
    let store = fixture.store
    try fixture.collection()
    _ = try fixture.upload(5)
    try fixture.run(fixture.batch())
    try fixture.collection(
      "copies", extractor: .null, source: ["type": "collection", "collection_id": "topics"], indexes: [["name": "text", "dimensions": 64]])
    let answer = try store.call(
      "trigger_collection", path: ["collection_identifier": "copies"],
      body: ["include_collections": ["topics"], "source_filters": ["AND": [["field": "year", "operator": "gte", "value": 2003]]]])
    #expect(answer["total_tiers"] == 1 && answer["task_id"] != nil && answer["source_collection_ids"]?.array?.count == 1)
    try store.host.settle()
    let (originals, copies) = (try fixture.documents(vectors: true), try fixture.documents("copies", vectors: true))
    #expect(copies.compactMap { $0["year"]?.int } == [2003, 2004])
    // Their vectors come along.
    for copy in copies { #expect(originals.first { $0["document_id"] == copy["source_document_id"] }?["vectors"] == copy["vectors"]) }
    #expect(try store.call("get_batch_by_id_batches", path: ["batch_id": answer["batch_id"]?.string ?? ""])["type"] == "COLLECTION")
  }

  @Test(
    "an action that was cut off in the middle goes on where it was, and every object has one document",
    arguments: ["batch_rerun", "collection_trigger"], [1, 3, 5])
  func restart(kind: String, request: Int) throws {
    let canceller = Canceller()
    let fixture = try BucketFixture(courier: canceller.courier)
    let store = fixture.store
    try fixture.collection(extractor: BatchFlowTests.endpoint)
    _ = try fixture.upload(300)
    var config: JSON = ["collection_id": "topics"]
    if kind == "batch_rerun" {
      let batch = try fixture.batch()
      try fixture.run(batch)
      config = ["batch_id": .string(batch)]
    }
    let id = try trigger(store, kind, config, "interval", ["interval_seconds": 3600])
    let (begun, first) = (Reply<Bool>(), store.host)
    canceller.act(at: canceller.requests + request) {
      begun.give(true)
      while !first.isClosing {}
    }
    let task = try store.call("execute_trigger_now", path: ["trigger_id": id])
    _ = begun.wait()
    try store.reopen()
    try store.host.settle()
    let ended = try store.call("get_task", path: ["task_id": task["task_id"]?.string ?? ""])
    #expect(ended["status"] == "COMPLETED" && ended["additional_data"]?["attempt"] == 2, "\(ended.text)")
    let done = try store.call("get_batch_by_id_batches", path: ["batch_id": ended["outputs"]?.array?.first?["batch_id"]?.string ?? ""])
    #expect(done["status"] == "COMPLETED" && done["task_id"] == task["task_id"], "\(done.text)")
    #expect(try fixture.count() == 300)
    #expect(try history(store, id).map { $0["status"] } == ["COMPLETED"])
    #expect(try store.call("get_trigger", path: ["trigger_id": id])["execution_count"] == 1)
  }

  @Test(
    "an action that names what is not there, or makes no sense, is refused when it is made",
    arguments: [
      ("batch_rerun", #"{"batch_id": "btch_none"}"#, "action_config.batch_id"),
      ("batch_rerun", #"{}"#, "action_config.batch_id"),
      ("batch_rerun", #"{"collection_id": "topic"}"#, "action_config.collection_id"),
      ("batch_rerun", #"{"collection_id": "topics", "retry_failed_only": "yes"}"#, "action_config.retry_failed_only"),
      ("collection_trigger", #"{"collection_id": "plain"}"#, "action_config.collection_id"),
      ("collection_trigger", #"{"collection_id": "topics", "include_buckets": ["other"]}"#, "action_config.include_buckets[0]"),
      ("collection_trigger", #"{"collection_id": "topics", "include_collections": ["plain"]}"#, "action_config.include_collections"),
      ("collection_trigger", #"{"collection_id": "topics", "dedup_strategy": "replce"}"#, "action_config.dedup_strategy"),
      (
        "collection_trigger", #"{"collection_id": "topics", "source_filters": {"field": "a", "operator": "equals", "value": 1}}"#,
        "action_config.source_filters.operator"
      ),
    ])
  func refused(kind: String, text: String, path: String) throws {
    let config = try JSON(parsing: text)
    let fixture = try BucketFixture()
    try fixture.collection()
    try fixture.store.call("create_collection", body: ["collection_name": "plain"])
    #expect { try trigger(fixture.store, kind, config, "interval", ["interval_seconds": 60]) } throws: { ($0 as? Problem)?.path == path }
    #expect(try fixture.store.call("list_triggers")["total"] == 0)
  }

  @Test("a trigger that would start itself by the batches it ends is refused")
  func loop() throws {
    let fixture = try BucketFixture()
    try fixture.collection()
    let schedule: JSON = ["event_type": "collection.batch_completed", "event_threshold": 1, "collection_id": "topics"]
    #expect { try trigger(fixture.store, "collection_trigger", ["collection_id": "topics"], "event", schedule) } throws: {
      ($0 as? Problem)?.message.contains("start itself") == true
    }
  }

  @Test("a loop that nobody could foresee ends by itself")
  func deepLoop() throws {
    let fixture = try BucketFixture()
    try fixture.collection()
    _ = try fixture.upload(1)
    let batch = try fixture.batch()
    try fixture.run(batch)
    let schedule: JSON = ["event_type": "collection.batch_completed", "event_threshold": 1, "cooldown_seconds": 0]
    let id = try trigger(fixture.store, "batch_rerun", ["batch_id": .string(batch)], "event", schedule)
    try fixture.store.call("resubmit_batch_buckets_batches", path: fixture.path(batch))
    for _ in 0..<12 { try fixture.store.advance(by: .seconds(1)) }
    let runs = try history(fixture.store, id)
    #expect((1...8).contains(runs.count))
  }
}
