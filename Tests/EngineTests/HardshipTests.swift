import Basics
@testable import Engine
import Glibc
import Model
import Store
import TestSupport
import Testing

/// What happens to a run when the ground moves under it.
@Suite("Runs over changing ground") struct HardshipTests {
  private func end(_ fixture: Fixture, _ task: JSON) throws -> JSON {
    try fixture.store.host.settle()
    return try fixture.store.call("get_task", path: ["task_id": task["task_id"]?.string ?? ""])
  }

  private func count(_ fixture: Fixture, _ collection: String = "points") throws -> Int64? {
    try fixture.store.call("count_documents", path: ["collection_identifier": collection])["count"]?.int
  }

  /// Hooks that write the same document several times, and what is there afterwards: its `n`, or nil when it is gone.
  @Test(
    "a hook sees its own writes: what it wrote, changed and deleted twice is committed as it left it",
    arguments: [
      ("put('points', {document_id = 'x', n = 1}); perigee.documents.put('points', {document_id = 'x', n = 2})", 2),
      ("put('points', {document_id = 'x', n = 1}); perigee.documents.patch('points', 'x', {n = 3})", 3),
      ("put('points', {document_id = 'x', n = 1}); perigee.documents.delete('points', 'x')", nil),
      ("delete('points', 'd0'); perigee.documents.put('points', {document_id = 'x', n = 4})", 4),
      ("delete('points', 'd0'); perigee.documents.put('points', {document_id = 'd0', n = 5})", nil),
      (
        "patch('points', 'd1', {n = 1}); perigee.documents.patch('points', 'd1', {n = 6}); perigee.documents.put('points', {document_id = 'x', n = 6})",
        6
      ),
      (
        "put('points', {document_id = 'x', n = 1}); perigee.documents.delete('points', 'x'); perigee.documents.put('points', {document_id = 'x', n = 7})",
        7
      ),
      ("delete('points', 'd0'); assert(not pcall(perigee.documents.patch, 'points', 'd0', {n = 1}))", nil),
      ("delete('points', 'd0'); assert(perigee.documents.delete('points', 'd0') == false)", nil),
      ("put('points', {document_id = 'x', n = 8}); assert(not pcall(perigee.documents.patch, 'points', 'nowhere', {n = 1}))", 8),
    ] as [(String, Int64?)])
  func ownWrites(script: String, n: Int64?) throws {
    let fixture = try Fixture(documents: 3)
    let id = try fixture.trigger(
      "cron", ["cron_expression": "0 0 1 1 *"], action: ["script": .string("return function(ctx) perigee.documents.\(script) end")])
    let task = try end(fixture, try fixture.store.call("execute_trigger_now", path: ["trigger_id": id]))
    #expect(task["status"] == "COMPLETED", "\(task.text)")
    let found = try? fixture.store.call("get_document", path: ["collection_identifier": "points", "document_id": "x"])
    #expect(found?["n"]?.int == n)
    let listed = try fixture.store.call("list_documents", path: ["collection_identifier": "points"])["results"]?.array?.count
    #expect(try count(fixture) == listed.map(Int64.init), "the collection's count is the number of its documents")
  }

  @Test("enrichment leaves out documents that were deleted while they were clustered")
  func enrichmentOfTheDeleted() throws {
    let waiting = Signal()
    let fixture = try Fixture(documents: 60) { _, message in if message.contains("reached") { waiting.give() } }
    let cluster = try fixture.cluster(3, extra: ["enrich_source_collection": true])
    // The after hook waits for the test's word when the vectors have been read and before anything is written.
    let id = try fixture.trigger(
      "cron", ["cron_expression": "0 0 1 1 *"],
      action: [
        "cluster_id": .string(cluster), "hooks": ["after": "return function(ctx) ctx.log('reached') while perigee.kv.get('go') ~= true do end end"],
      ], kind: "cluster")
    let task = try fixture.store.call("execute_trigger_now", path: ["trigger_id": id])
    waiting.wait()
    try fixture.store.call("delete_document", path: ["collection_identifier": "points", "document_id": "d7"])
    try fixture.store.call("set_kv", path: ["key": "go"], body: ["value": true])
    let ended = try end(fixture, task)
    #expect(ended["status"] == "COMPLETED", "\(ended.text)")
    #expect(try count(fixture) == 59)
    let documents = try fixture.store.call("list_documents", path: ["collection_identifier": "points"], body: ["limit": 100])["results"]?.array ?? []
    #expect(documents.count == 59 && documents.allSatisfy { $0["cluster_id"] != nil })
  }

  @Test("a run never writes its result over the documents that it reads, nor over documents that are not results")
  func outputIsNoSource() throws {
    let fixture = try Fixture(documents: 30)
    let cluster = try fixture.cluster(3)
    try fixture.store.call("create_collection", body: ["collection_name": "letters"])
    try fixture.store.call(
      "create_document", path: ["collection_identifier": "letters"], body: ["document_id": "a", "text": "of somebody"])
    for (name, documents) in [("points", 30), ("letters", 1)] as [(String, Int64)] {
      #expect { try fixture.store.call("execute_cluster", path: ["cluster_id": cluster], body: ["output_collection_ids": [.string(name)]]) } throws: {
        ($0 as? Problem)?.path == "output_collection_ids[0]"
      }
      #expect {
        try fixture.trigger(
          "interval", ["interval_seconds": 60], action: ["cluster_id": .string(cluster), "output_collection_ids": [.string(name)]], kind: "cluster")
      } throws: { ($0 as? Problem)?.path == "action_config.output_collection_ids[0]" }
      #expect(try count(fixture, name) == documents)
    }
    // What becomes a source or gets documents later is seen when the run begins.
    try fixture.store.call("create_collection", body: ["collection_name": "results"])
    let id = try fixture.trigger(
      "cron", ["cron_expression": "0 0 1 1 *"], action: ["cluster_id": .string(cluster), "output_collection_ids": ["results"]], kind: "cluster")
    for status in ["COMPLETED", "COMPLETED"] {
      #expect(try end(fixture, try fixture.store.call("execute_trigger_now", path: ["trigger_id": id]))["status"] == .string(status))
    }
    #expect(try count(fixture, "results") == 33)
    try fixture.store.call("create_document", path: ["collection_identifier": "results"], body: ["document_id": "mine", "text": "keep me"])
    let task = try end(fixture, try fixture.store.call("execute_trigger_now", path: ["trigger_id": id]))
    #expect(task["status"] == "FAILED" && task["error"]?.string?.contains("results") == true, "\(task.text)")
    #expect(try count(fixture, "results") == 34)
  }

  @Test("a cluster deleted under its running task lets the task end")
  func clusterDeleted() throws {
    let waiting = Signal()
    let fixture = try Fixture(documents: 30) { _, message in if message.contains("reached") { waiting.give() } }
    let cluster = try fixture.cluster(3)
    let id = try fixture.trigger(
      "cron", ["cron_expression": "0 0 1 1 *"],
      action: [
        "cluster_id": .string(cluster),
        "hooks": ["after": "return function(ctx) ctx.log('reached') while perigee.kv.get('go') ~= true do end end"],
      ], kind: "cluster")
    let task = try fixture.store.call("execute_trigger_now", path: ["trigger_id": id])
    waiting.wait()
    try fixture.store.call("delete_cluster", path: ["cluster_id": cluster])
    try fixture.store.call("set_kv", path: ["key": "go"], body: ["value": true])
    let ended = try end(fixture, task)
    #expect(ended["status"] == "FAILED", "\(ended.text)")
  }

  @Test("tasks of a deleted namespace are forgotten, pending and running ones alike")
  func namespaceDeleted() throws {
    let fixture = try Fixture(documents: 30)
    let loop: JSON = ["script": "return function() while perigee.kv.get('go') ~= true do end end"]
    let id = try fixture.trigger("cron", ["cron_expression": "0 0 1 1 *"], action: loop)
    for _ in 0..<20 { try fixture.store.call("execute_trigger_now", path: ["trigger_id": id]) }
    try fixture.store.call("delete_namespace", path: ["namespace_identifier": "default"])
    // Without their namespace the scripts fail at their next call; nothing is left that anybody waits for.
    try fixture.store.host.settle()
    #expect(try fixture.store.call("list_tasks")["results"]?.array?.isEmpty == true)
  }

  @Test("an instant that has its task already is passed over, not tried for ever")
  func instantTwice() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("cron", ["cron_expression": "0 * * * *"])
    try fixture.store.advance(by: .seconds(3600))
    #expect(try fixture.history(id).count == 1)
    // The clock is set back, and an edit counts the next instant from there.
    fixture.store.clock.advance(by: .seconds(-1800))
    try fixture.store.call("update_trigger", path: ["trigger_id": id], body: ["schedule_config": ["cron_expression": "0 * * * *"]])
    #expect(try fixture.read(id)["next_scheduled_at"] == "2026-01-01T02:00:00Z")
    try fixture.store.advance(by: .seconds(1800))
    #expect(try fixture.history(id).count == 1)
    #expect(try fixture.read(id)["next_scheduled_at"] == "2026-01-01T02:00:00Z")
    try fixture.store.advance(by: .seconds(3600))
    #expect(try fixture.history(id).count == 2)
  }

  @Test("decisions go on when the row that counted them is gone")
  func lostEvaluation() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("interval", ["interval_seconds": 60, "predicate": "return function() return false, 'no' end"])
    for _ in 0..<3 { try fixture.store.advance(by: .seconds(60)) }
    #expect(try fixture.decisions(id) == ["held x3"])
    var behind = Transaction()
    behind.add(.deleteEvaluationsOfTrigger, [("trigger_id", .text(id))])
    try fixture.store.host.commit(behind)
    for _ in 0..<3 { try fixture.store.advance(by: .seconds(60)) }
    #expect(try fixture.decisions(id) == ["held x3"])
    #expect(try fixture.read(id)["next_scheduled_at"] == "2026-01-01T00:07:00Z")
  }

  @Test("a hook cannot gather writes without end: 64 MiB in all, small ones weighing something too", arguments: [(1_000_000, 64), (100, 100_000)])
  func gatheringIsBounded(size: Int, enough: Int) throws {
    let gathering = Gathering()
    let body: JSON = ["value": .string(String(repeating: "x", count: size))]
    var admitted = 0
    while admitted < 1_000_000, (try? gathering.admit(body)) != nil { admitted += 1 }
    #expect(admitted >= enough && admitted * size <= 64 << 20)
    #expect { try gathering.admit(body) } throws: { ($0 as? Problem)?.kind == .budget }
  }

  @Test("a reason is kept with its decision, but not megabytes of it")
  func longReason() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger("interval", ["interval_seconds": 60, "predicate": "return function() return false, string.rep('é', 100000) end"])
    try fixture.store.advance(by: .seconds(60))
    let reason = try fixture.store.call("list_trigger_evaluations", path: ["trigger_id": id])["results"]?.array?.first?["reason"]?.string ?? ""
    #expect(reason.hasPrefix("éééé") && reason.hasSuffix("…") && reason.utf8.count < 1100)
  }

  @Test("a counter that would leave 64 bits is refused and stays, for clients and for scripts")
  func counterOverflow() throws {
    let fixture = try Fixture()
    try fixture.store.call("set_kv", path: ["key": "n"], body: ["value": .int(Int64.max - 1 as Int64)])
    #expect(try fixture.store.call("increment_kv", path: ["key": "n"])["value"] == .int(Int64.max))
    #expect { try fixture.store.call("increment_kv", path: ["key": "n"]) } throws: { ($0 as? Problem)?.kind == .invalid }
    let id = try fixture.trigger(
      "cron", ["cron_expression": "0 0 1 1 *"],
      action: ["script": "return function() assert(not pcall(perigee.kv.incr, 'n')) perigee.kv.incr('n', -1) end"])
    let task = try end(fixture, try fixture.store.call("execute_trigger_now", path: ["trigger_id": id]))
    #expect(task["status"] == "COMPLETED", "\(task.text)")
    #expect(try fixture.store.call("get_kv", path: ["key": "n"])["value"] == .int(Int64.max - 1 as Int64))
  }

  @Test("a collection named twice for a cluster is refused, also by name and id")
  func sourceTwice() throws {
    let fixture = try Fixture(documents: 3)
    let id = try fixture.store.call("get_collection", path: ["collection_identifier": "points"])["collection_id"] ?? ""
    #expect { try fixture.cluster(2, extra: ["collection_ids": ["points", id]]) } throws: { ($0 as? Problem)?.path == "collection_ids[1]" }
  }

  @Test("cancel answers, and the task ends once, whether it waits, runs or is through")
  func cancelAnytime() throws {
    let fixture = try Fixture(documents: 30)
    let id = try fixture.trigger("cron", ["cron_expression": "0 0 1 1 *"], action: ["script": "return function() for i = 1, 1e5 do end end"])
    for round in 0..<40 {
      let task = try fixture.store.call("execute_trigger_now", path: ["trigger_id": id])
      for _ in 0..<round % 8 { try fixture.store.host.beat() }
      try fixture.store.call("cancel_task", path: ["task_id": task["task_id"]?.string ?? ""])
      let ended = try end(fixture, task)
      #expect(["CANCELED", "COMPLETED"].contains(ended["status"]?.string), "\(ended.text)")
    }
    #expect(try fixture.read(id)["consecutive_failures"] == 0)
  }

  @Test("a host closes at once, whatever is queued, and a task that was cut off goes on after the start")
  func closing() throws {
    let fixture = try Fixture()
    let slow = "return function() while perigee.kv.get('go') ~= true do end return true end"
    for _ in 0..<100 { _ = try fixture.trigger("interval", ["interval_seconds": 60, "predicate": .string(slow)]) }
    let id = try fixture.trigger("cron", ["cron_expression": "0 0 1 1 *"], action: ["script": .string(slow)])
    let task = try fixture.store.call("execute_trigger_now", path: ["trigger_id": id])
    fixture.store.clock.advance(by: .seconds(60))
    fixture.store.host.clockMoved()
    try fixture.store.host.beat()
    let started = ContinuousClock.now
    fixture.store.host.close()
    #expect(ContinuousClock.now - started < .seconds(2))
    try fixture.store.reopen()
    try fixture.store.call("set_kv", path: ["key": "go"], body: ["value": true])
    #expect(try end(fixture, task)["status"] == "COMPLETED")
  }
}

/// Lets a test wait for another thread.
private final class Signal: Sendable {
  // nonisolated(unsafe): sem_t is made for use by many threads, and its address never changes.
  nonisolated(unsafe) private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(semaphore, 0, 0) }
  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func give() { sem_post(semaphore) }
  func wait() { while sem_wait(semaphore) != 0 {} }
}
