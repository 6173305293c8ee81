import Basics
import Model
import TestSupport
import Testing

@testable import Engine

@Suite("Batches, from objects to documents") struct BatchFlowTests {
  @Test("an uploaded object becomes a document with a vector, the batch's end an event, and the event a trigger's run")
  func wholeWay() throws {
    let fixture = try BucketFixture()
    let store = fixture.store
    let collection = try fixture.collection()
    let trigger = try store.call(
      "create_trigger",
      body: [
        "action_type": "script", "action_config": ["script": "return function(ctx) return {ok = true} end"], "trigger_type": "event",
        "schedule_config": ["event_type": "collection.batch_completed", "collection_id": "topics", "event_threshold": 1],
      ])
    let ids = try fixture.upload(5)
    let batch = try fixture.batch(ids)
    #expect(try fixture.read(batch)["status"] == "DRAFT")
    let task = try fixture.run(batch)
    #expect(task["status"] == "COMPLETED" && task["task_type"] == "api_buckets_batches_process", "\(task.text)")
    #expect(task["outputs"]?.array?.first?["documents_written"] == 5)

    let done = try fixture.read(batch)
    #expect(done["status"] == "COMPLETED" && done["progress"]?["percent"]?.double == 100 && done["collection_ids"] == [.string(collection)])
    #expect(done["object_ids"] == .array(ids.map(JSON.string)))
    let documents = try fixture.documents(vectors: true)
    #expect(documents.count == 5)
    #expect(Set(documents.compactMap { $0["root_object_id"]?.string }) == Set(ids))
    #expect(documents.allSatisfy { $0["title"] != nil && $0["text"]?.array?.count == nil && $0["vectors"]?["text"]?.array?.count == 64 })

    let events = try fixture.events()
    #expect(events.count == 1)
    #expect(events.first?["payload"]?["batch_id"] == .string(batch) && events.first?["payload"]?["object_count"] == 5)
    #expect(events.first?["collection_id"] == .string(collection))
    try store.advance(by: .seconds(1))
    let history = try store.call("get_trigger_history", path: ["trigger_id": trigger["trigger_id"]?.string ?? ""])
    #expect(history["total"] == 1 && history["executions"]?.array?.first?["status"] == "COMPLETED")
    // Objects know what became of them.
    #expect(try store.call("get_object_buckets", path: ["bucket_identifier": "articles", "object_identifier": ids[0]])["status"] == "COMPLETED")
  }

  @Test("what fails, fails alone and says why; a retry does only that, and only what the mode means")
  func failures() throws {
    let fixture = try BucketFixture()
    let store = fixture.store
    try fixture.collection(extractor: [
      "feature_extractor_name": "hashing", "version": "v1", "input_mappings": ["text": "text"], "parameters": ["dimensions": 64],
    ])
    let ids = try fixture.upload([BucketFixture.article(0), ["title": "only a title"], BucketFixture.article(2)])
    let batch = try fixture.batch()
    #expect(try fixture.run(batch)["status"] == "COMPLETED")
    let partly = try fixture.read(batch)
    #expect(partly["status"] == "COMPLETED_WITH_ERRORS" && partly["failed_object_count"] == 1)
    let failed = try store.call("get_failed_documents_buckets_batches_batch", path: fixture.path(batch))
    #expect(failed["total"] == 1)
    let first = failed["failed_documents"]?.array?.first
    #expect(first?["object_id"] == .string(ids[1]) && first?["error_type"] == "permanent")
    #expect(first?["error"]?.string?.contains("no text in 'text'") == true, "\(failed.text)")
    #expect(try fixture.count() == 2)
    #expect(try store.call("get_bucket", path: ["bucket_identifier": "articles"])["failed_object_count"] == 1)

    func retry(_ body: JSON) throws(Problem) -> JSON { try store.call("retry_batch_buckets_batches", path: fixture.path(batch), body: body) }
    #expect { try retry(["retry_mode": "transient_only"]) } throws: { ($0 as? Problem)?.kind == .conflict }
    try store.call(
      "patch_object_buckets", path: ["bucket_identifier": "articles", "object_identifier": ids[1]], body: ["text": "now there are words"])
    let before = try fixture.documents()
    store.clock.advance(by: .seconds(1))
    #expect(try retry(["retry_mode": "all"])["retried_count"] == 1)
    try store.host.settle()
    let done = try fixture.read(batch)
    #expect(done["status"] == "COMPLETED" && done["documents_written"] == 1 && done["retry_count"] == 1)
    #expect(try fixture.count() == 3)
    // The others were not touched.
    let after = try fixture.documents()
    #expect(before.allSatisfy { after.contains($0) })
    #expect(try store.call("get_bucket", path: ["bucket_identifier": "articles"])["failed_object_count"] == 0)
    #expect { try retry(["retry_mode": "all"]) } throws: { ($0 as? Problem)?.kind == .conflict }
  }

  @Test("a batch of which nothing succeeds fails, and so does its task; its event says so")
  func nothing() throws {
    let fixture = try BucketFixture()
    try fixture.collection(extractor: ["feature_extractor_name": "hashing", "version": "v1", "input_mappings": ["text": "missing"]])
    _ = try fixture.upload(2)
    let batch = try fixture.batch()
    let task = try fixture.run(batch)
    #expect(task["status"] == "FAILED" && task["error"]?.string?.contains("all 2 objects") == true)
    #expect(try fixture.read(batch)["status"] == "FAILED")
    #expect(try fixture.events().map { $0["payload"]?["status"] } == ["FAILED"])
  }

  @Test("an object has one document, however often it is processed; skip leaves what is there alone")
  func onceEach() throws {
    let fixture = try BucketFixture()
    try fixture.collection()
    _ = try fixture.upload(200)
    let batch = try fixture.batch()
    try fixture.run(batch)
    let first = Set(try fixture.documents().compactMap { $0["document_id"]?.string })
    #expect(first.count == 200)
    try fixture.store.call("resubmit_batch_buckets_batches", path: fixture.path(batch))
    try fixture.store.host.settle()
    let again = try fixture.read(batch)
    #expect(again["documents_replaced"] == 200 && again["documents_written"] == 0 && again["status"] == "COMPLETED")
    #expect(Set(try fixture.documents().compactMap { $0["document_id"]?.string }) == first)
    let skipping = try fixture.batch(extra: ["dedup_strategy": "skip"])
    try fixture.run(skipping)
    let skipped = try fixture.read(skipping)
    #expect(skipped["progress"]?["objects_skipped"] == 200 && skipped["documents_written"] == 0 && skipped["documents_replaced"] == 0)
  }

  @Test("a collection that reads a collection is filled by the same batch, tier by tier")
  func tiers() throws {
    let fixture = try BucketFixture()
    let top = try fixture.collection()
    let below = try fixture.collection(
      "titles",
      extractor: [
        "feature_extractor_name": "hashing", "version": "v1", "input_mappings": ["text": "title"],
        "field_passthrough": [["source_path": "title", "target_path": "name"]],
      ],
      source: [
        "type": "collection", "collection_id": "topics",
        "source_filters": ["filters": ["AND": [["field": "year", "operator": "gte", "value": 2003]]]],
      ])
    let ids = try fixture.upload(6)
    let batch = try fixture.batch()
    try fixture.run(batch)
    let done = try fixture.read(batch)
    #expect(done["dag_tiers"] == [[.string(top)], [.string(below)]] && done["total_tiers"] == 2 && done["documents_written"] == 9, "\(done.text)")
    let documents = try fixture.documents("titles")
    #expect(documents.count == 3 && documents.allSatisfy { $0["name"] != nil && $0["title"] == nil && $0["source_collection_id"] == .string(top) })
    #expect(Set(documents.compactMap { $0["root_object_id"]?.string }) == Set(ids[3...]))
    #expect(try fixture.events().count == 2)
  }

  @Test("a cancelled batch keeps what was committed, says so, and can be run again")
  func cancellation() throws {
    let canceller = Canceller()
    let fixture = try BucketFixture(courier: canceller.courier)
    try fixture.collection(extractor: BatchFlowTests.endpoint)
    _ = try fixture.upload(300)
    let batch = try fixture.batch()
    // While the third request is under way, somebody cancels.
    canceller.act(at: 3) { [host = fixture.store.host, path = fixture.path(batch)] in
      let operation = Operation.named("cancel_batch_buckets_batches")
      let namespace = try? host.defaultNamespace(for: .local)
      _ = try? operation?.perform(host, Call(caller: .local, namespace: namespace, path: path, query: ["reason": "enough"]))
    }
    let task = try fixture.run(batch)
    #expect(task["status"] == "CANCELED")
    #expect(task["outputs"]?.array?.first?["progress"]?["processed"] == 128)
    let stopped = try fixture.read(batch)
    #expect(stopped["status"] == "CANCELED" && stopped["status_message"] == "enough", "\(stopped["status"]?.text ?? "")")
    #expect(try fixture.count() == 128)
    #expect(try fixture.events().isEmpty)
    try fixture.store.call("retry_batch_buckets_batches", path: fixture.path(batch))
    try fixture.store.host.settle()
    #expect(try fixture.read(batch)["status"] == "COMPLETED")
    #expect(try fixture.count() == 300)
  }

  @Test("an object that is deleted while it is processed leaves no document, and the others are processed", arguments: [1, 2])
  func deletedMeanwhile(request: Int) throws {
    let canceller = Canceller()
    let fixture = try BucketFixture(courier: canceller.courier)
    try fixture.collection(extractor: BatchFlowTests.endpoint)
    let ids = try fixture.upload(100)
    let (begun, proceed) = (Reply<Bool>(), Reply<Bool>())
    canceller.act(at: request) {
      begun.give(true)
      _ = proceed.wait()
    }
    let batch = try fixture.batch()
    try fixture.store.call("submit_batch_buckets_batches", path: fixture.path(batch))
    _ = begun.wait()
    try fixture.store.call("delete_object_buckets", path: ["bucket_identifier": "articles", "object_identifier": ids[5]])
    proceed.give(true)
    try fixture.store.host.settle()
    let done = try fixture.read(batch)
    #expect(done["status"] == "COMPLETED_WITH_ERRORS" && done["documents_written"] == 99, "\(done.text)")
    #expect(done["failed_objects"]?.array?.first?["error"]?.string?.contains("does not exist any more") == true, "\(done.text)")
    #expect(try fixture.count() == 99 && !fixture.documents().contains { $0["title"] == "article 5" })
  }

  @Test("after a stop in the middle the batch goes on where it was, and every object has one document", arguments: [1, 3, 5])
  func restart(request: Int) throws {
    let canceller = Canceller()
    let fixture = try BucketFixture(courier: canceller.courier)
    try fixture.collection(extractor: BatchFlowTests.endpoint)
    _ = try fixture.upload(300)
    let batch = try fixture.batch()
    // A piece is two requests; the host is closed while one of them is under way.
    let (begun, first) = (Reply<Bool>(), fixture.store.host)
    canceller.act(at: request) {
      begun.give(true)
      while !first.isClosing {}
    }
    let task = try fixture.store.call("submit_batch_buckets_batches", path: fixture.path(batch))
    _ = begun.wait()
    try fixture.store.reopen()
    try fixture.store.host.settle()
    let ended = try fixture.store.call("get_task", path: ["task_id": task["task_id"]?.string ?? ""])
    #expect(ended["status"] == "COMPLETED" && ended["additional_data"]?["attempt"] == 2, "\(ended.text)")
    let done = try fixture.read(batch)
    #expect(done["status"] == "COMPLETED" && done["documents_written"] == 300 && done["documents_replaced"] == 0)
    #expect(try fixture.count() == 300)
    #expect(try fixture.events().count == 1)
  }

  /// An embeddings endpoint of three dimensions, two requests to a piece.
  static let endpoint: JSON = [
    "feature_extractor_name": "http_extractor", "version": "v1", "input_mappings": ["text": "text"],
    "parameters": ["url": "http://127.0.0.1:1/v1/embeddings", "model": "test", "dimensions": 3, "batch_size": 64],
  ]
}
