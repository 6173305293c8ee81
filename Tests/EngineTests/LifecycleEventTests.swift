import Basics
import Model
import TestSupport
import Testing

@testable import Engine

@Suite("Events of runs and collections") struct LifecycleEventTests {
  private func events(_ store: TemporaryStore, _ types: String) throws -> [JSON] {
    try store.call("list_events", query: ["event_types": .string(types), "limit": 1000])["results"]?.array ?? []
  }

  @Test("tell of every document that a clustering writes: added, updated at the next run, deleted when it has no place") func outputs() throws {
    let fixture = try Fixture(documents: 30)
    let id = try fixture.cluster(3)
    try fixture.store.call("execute_cluster", path: ["cluster_id": id])
    try fixture.store.host.settle()
    let output = try #require(try fixture.store.call("get_cluster", path: ["cluster_identifier": id])["output_collection_ids"]?.array?.first)
    func changes(after seq: Int64) throws -> [String: Int64] {
      var counts: [String: Int64] = [:]
      for event in try events(fixture.store, "documents_*") where event["collection_id"] == output && event["seq"]?.int ?? 0 > seq {
        counts[event["type"]?.string ?? "", default: 0] += event["count"]?.int ?? 0
        #expect(event["document_ids"]?.array.map { Int64($0.count) } == event["count"]?.int)
      }
      return counts
    }
    #expect(try changes(after: 0) == ["documents_added": 33])
    let last = try #require(try events(fixture.store, "documents_*").last?["seq"]?.int)
    try fixture.store.call("delete_document", path: ["collection_identifier": "points", "document_id": "d0"])
    try fixture.store.call("execute_cluster", path: ["cluster_id": id])
    try fixture.store.host.settle()
    // The clusters are documents of their run, the members stay the documents they are.
    #expect(try changes(after: last) == ["documents_added": 3, "documents_updated": 29, "documents_deleted": 4])
    #expect(try events(fixture.store, "cluster.execution.started").count == 2)
  }

  @Test("of a clustering start what listens, and not the trigger that started it") func loops() throws {
    let fixture = try Fixture(documents: 30)
    let id = try fixture.cluster(3)
    let output = try #require(try fixture.store.call("get_cluster", path: ["cluster_identifier": id])["output_collection_ids"]?.array?.first)
    // Everything that is added anywhere runs the cluster.
    let eager = try fixture.trigger(
      "event", ["event_type": "documents_added", "event_threshold": 1], action: ["cluster_id": .string(id)], kind: "cluster")
    let listener = try fixture.trigger("event", ["event_type": "documents_added", "event_threshold": 1, "collection_id": output])
    try fixture.add(1, from: 100)
    try fixture.store.host.settle()
    func runs(_ trigger: String) throws -> Int64? { try fixture.store.call("get_trigger", path: ["trigger_id": trigger])["execution_count"]?.int }
    #expect(try runs(eager) == 1 && runs(listener) == 1)
  }

  @Test("that scripts lead to are cut where runs start one another without an end") func scriptLoops() throws {
    let store = try TemporaryStore()
    try store.call("create_collection", body: ["collection_name": "c"])
    let made = try store.call(
      "create_trigger",
      body: [
        "action_type": "script", "action_config": ["script": "perigee.documents.put('c', {n = 1})"], "trigger_type": "event",
        "schedule_config": ["event_type": "documents_added", "event_threshold": 1, "collection_id": "c", "overlap": "queue_one"],
      ])
    try store.call("upsert_documents", path: ["collection_identifier": "c"], body: ["documents": [["document_id": "first"]]])
    try store.host.settle()
    let count = try #require(
      try store.call("get_trigger", path: ["trigger_id": made["trigger_id"]?.string ?? ""])["execution_count"]?.int)
    #expect(count == 9, "the document by hand, and eight runs deep")
  }

  @Test("make a collection's schedule a trigger of its own, which goes with it") func schedules() throws {
    let fixture = try BucketFixture()
    let store = fixture.store
    let body: JSON = [
      "collection_name": "topics", "source": ["type": "bucket", "bucket_ids": ["articles"]],
      "feature_extractor": ["feature_extractor_name": "hashing_extractor", "version": "v1", "parameters": ["dimensions": 16]],
      "schedule": ["trigger_type": "interval", "schedule_config": ["interval_seconds": 3600], "description": "hourly"],
    ]
    let made = try store.call("create_collection", body: body)
    let id = try #require(made["trigger_id"]?.string)
    #expect(made["schedule"]?["schedule_config"]?["interval_seconds"] == 3600 && made["schedule"]?["description"] == "hourly")
    _ = try fixture.upload(3)
    try store.host.settle()
    try store.advance(by: .seconds(3600))
    #expect(try fixture.count() == 3)
    #expect(try store.call("get_trigger", path: ["trigger_id": id])["action_type"] == "collection_trigger")
    let path = ["collection_identifier": "topics"]
    // Another kind of schedule is another trigger.
    let changed = try store.call(
      "update_collection", path: path, body: ["schedule": ["trigger_type": "cron", "schedule_config": ["cron_expression": "0 2 * * *"]]])
    let second = try #require(changed["trigger_id"]?.string)
    #expect(second != id && changed["schedule"]?["trigger_type"] == "cron")
    #expect(try store.call("get_trigger", path: ["trigger_id": id])["status"] == "disabled")
    #expect(try store.call("update_collection", path: path, body: ["description": "x"])["trigger_id"] == .string(second))
    #expect(try store.call("list_collections")["results"]?.array?.first { $0["collection_name"] == "topics" }?["trigger_id"] == .string(second))
    #expect(try store.call("update_collection", path: path, body: ["schedule": .null])["trigger_id"] == .null)
    #expect(try store.call("get_trigger", path: ["trigger_id": second])["status"] == "disabled")
    let third = try #require(
      try store.call("update_collection", path: path, body: ["schedule": body["schedule"] ?? .null])["trigger_id"]?.string)
    try store.call("delete_collection", path: path)
    #expect(try store.call("get_trigger", path: ["trigger_id": third])["status"] == "disabled")
  }

  @Test(
    "refuse a schedule that cannot be, and then make no collection",
    arguments: [
      (["trigger_type": "event", "schedule_config": ["event_type": "documents_added"]], "schedule.trigger_type"),
      (["trigger_type": "cron", "schedule_config": ["cron_expression": "99 2 * * *"]], "schedule.schedule_config.cron_expression"),
      (["trigger_type": "cron"], "schedule.schedule_config"), (["trigger_typ": "cron"], "schedule.trigger_typ"),
      (["trigger_type": "interval", "schedule_config": ["interval_seconds": 0]], "schedule.schedule_config.interval_seconds"),
    ] as [(JSON, String)])
  func badSchedules(schedule: JSON, path: String) throws {
    let store = try BucketFixture().store
    do {
      try store.call(
        "create_collection", body: ["collection_name": "topics", "source": ["type": "bucket", "bucket_ids": ["articles"]], "schedule": schedule])
      Issue.record("nothing was thrown")
    } catch { #expect((error as Problem).path == path, "\(error)") }
    #expect(try store.call("list_collections")["total_count"] == 0)
  }

  @Test("refuse a schedule where there is nothing to process from") func noSource() throws {
    let store = try TemporaryStore()
    do {
      try store.call(
        "create_collection",
        body: ["collection_name": "words", "schedule": ["trigger_type": "interval", "schedule_config": ["interval_seconds": 60]]])
      Issue.record("nothing was thrown")
    } catch { #expect((error as Problem).path == "schedule") }
  }
}
