import Basics
import Model
import Scheduling
import Scripting
import Store
import TestSupport
import Testing

@testable import Engine

/// What hooks and actions write is committed with the outcome of their run, or not at all.
@Suite("What a run gathers") struct GatheredWriteTests {
  /// Runs a script as an action, once, and gives its task.
  private func act(_ source: String, in fixture: Fixture) throws -> JSON {
    let id = try fixture.trigger("cron", ["cron_expression": "0 0 1 1 *"], action: ["script": .string(source)])
    let task = try fixture.store.call("execute_trigger_now", path: ["trigger_id": .init(id)])
    try fixture.store.host.settle()
    return try fixture.store.call("get_task", path: ["task_id": try #require(task["task_id"]?.string)])
  }

  private func count(_ operation: String, _ fixture: Fixture) throws -> Int {
    try fixture.store.call(operation)["results"]?.array?.count ?? -1
  }

  @Test("every function that a hook may call waits for its outcome, or says where to do it instead") func everything() throws {
    final class Asked { var operations: [String] = [] }
    for function in Library.functions where function.right == .write {
      let asked = Asked()
      let calls = LibraryCalls(surroundings: .real, zones: Zones()) { name, _, _, _ throws(Problem) in
        asked.operations.append(name)
        return [:]
      }
      let arguments = function.parameters.map { parameter -> JSON in
        switch parameter.type {
        case "string": "x"
        case "number": 1
        case "table[]": [[:]]
        default: parameter.name == "url" ? "http://127.0.0.1/" : [:]
        }
      }
      _ = try? calls.answer(function.name, arguments)
      #expect(!asked.operations.isEmpty, "\(function.name) asks for nothing")
      for name in asked.operations where name != "fetch" {
        let operation = try #require(Operation.named(name))
        guard operation.scope != .read, let refusal = GatherableWrites.refusal(of: name, in: "hook or action") else { continue }
        #expect(name.hasPrefix("cancel_") && refusal.hint?.contains("batch script") == true, "\(function.name): \(refusal)")
      }
    }
    for name in GatherableWrites.leaving.keys { #expect(Operation.named(name) != nil, "\(name)") }
  }

  static let administration = """
    local made = perigee.triggers.create{name = "made", action_type = "script", action_config = {script = "return 1"},
      trigger_type = "interval", schedule_config = {interval_seconds = 3600}}
    assert(perigee.triggers.get(made.trigger_id).status == "active")
    perigee.triggers.update(made.trigger_id, {name = "renamed"})
    assert(perigee.triggers.pause(made.trigger_id, {note = "not yet"}).status == "paused")
    assert(perigee.triggers.get(made.trigger_id).name == "renamed")
    perigee.triggers.execute(made.trigger_id)
    perigee.collections.create{collection_name = "copies", vector_indexes = {{name = "v", dimensions = 2}}}
    perigee.documents.put("copies", {document_id = "a", vectors = {v = {1, 0}}})
    assert(perigee.documents.get("copies", "a"))
    local cluster = perigee.clusters.create{collection_ids = {"points"}, cluster_name = "later",
      vector_config = {clustering_method = "kmeans", kmeans_parameters = {n_clusters = 3}}}
    perigee.clusters.execute(cluster.cluster_id)
    perigee.buckets.create{bucket_name = "files", bucket_schema = {properties = {text = {type = "text"}}}}
    perigee.kv.set("made", made.trigger_id)
    perigee.events.emit("custom.made", {n = 1})
    """

  @Test("is made, changed, paused and started when the run succeeds, and not at all when it fails", arguments: [true, false])
  func wholeOrNothing(succeeds: Bool) throws {
    let fixture = try Fixture(documents: 30)
    let before = try fixture.store.host.read { reader throws(Problem) in try reader.highestSeq() }
    let task = try act(Self.administration + (succeeds ? " return 'done'" : " error('no')"), in: fixture)
    #expect(task["status"]?.string == (succeeds ? "COMPLETED" : "FAILED"), "\(task.text)")
    #expect(try count("list_buckets", fixture) == (succeeds ? 1 : 0))
    #expect(try count("list_collections", fixture) == (succeeds ? 3 : 1))
    #expect(try count("list_clusters", fixture) == (succeeds ? 1 : 0))
    #expect(try count("list_triggers", fixture) == (succeeds ? 2 : 1))
    let events = try fixture.store.host.read { reader throws(Problem) in try reader.highestSeq() } - before
    guard succeeds else {
      // The trigger that the test makes.
      #expect(events <= 2, "\(events)")
      return
    }
    let made = try #require(fixture.store.call("get_kv", path: ["key": "made"])["value"]?.string)
    let trigger = try fixture.read(made)
    #expect(trigger["status"] == "paused" && trigger["name"] == "renamed" && trigger["execution_count"] == 1, "\(trigger.text)")
    #expect(try fixture.store.call("count_documents", path: ["collection_identifier": "copies"])["count"] == 1)
    let cluster = try #require(fixture.store.call("list_clusters")["results"]?.array?.first?["cluster_id"]?.string)
    let run = try fixture.store.call("get_latest_cluster_execution", path: ["cluster_id": cluster])
    #expect(run["status"] == "completed", "\(run.text)")
  }

  @Test("of a batch answers with its objects, though they are not written yet") func batch() throws {
    let fixture = try Fixture()
    let making = """
      perigee.buckets.create{bucket_name = "files", bucket_schema = {properties = {text = {type = "text"}}}}
      perigee.buckets.put("files", {text = "a"}) perigee.buckets.put("files", {text = "b"})
      """
    try fixture.store.call("run_source", body: ["kind": "batch", "source": .string(making)])
    let source = """
      local ids = {}
      for i, object in ipairs(perigee.buckets.objects("files")) do ids[i] = object.object_id end
      local batch = perigee.batches.create("files", {object_ids = ids})
      perigee.kv.set("same", table.concat(batch.object_ids, ",") == table.concat(ids, ",") and batch.object_count == #ids and #ids)
      """
    let task = try act(source, in: fixture)
    #expect(task["status"] == "COMPLETED", "\(task.text)")
    #expect(try fixture.store.call("get_kv", path: ["key": "same"])["value"] == 2)
  }

  @Test("may pause the very trigger that runs, and others that fire meanwhile") func pauses() throws {
    let fixture = try Fixture()
    let own = try fixture.trigger("interval", ["interval_seconds": 60], action: ["script": "perigee.triggers.pause(ctx.trigger.trigger_id) return 1"])
    try fixture.store.advance(by: .seconds(61))
    #expect(try fixture.read(own)["status"] == "paused" && fixture.read(own)["execution_count"] == 1)
    try fixture.store.advance(by: .seconds(600))
    #expect(try fixture.read(own)["execution_count"] == 1)
    // Both are due in the same moment: the one is paused on a row that has moved since.
    let busy = try fixture.trigger("interval", ["interval_seconds": 60])
    let pausing = try fixture.trigger("interval", ["interval_seconds": 60], action: ["script": .string("perigee.triggers.pause('\(busy)')")])
    try fixture.store.advance(by: .seconds(60))
    let asked = try fixture.read(pausing)
    #expect(try fixture.read(busy)["status"] == "paused", "\(asked.text)")
    try fixture.store.call("resume_trigger", path: ["trigger_id": .init(own)])
    try fixture.store.advance(by: .seconds(61))
    #expect(try fixture.read(own)["execution_count"] == 2)
  }

  @Test("that starts itself comes to an end where runs have started one another eight times") func loop() throws {
    let fixture = try Fixture()
    let id = try fixture.trigger(
      "cron", ["cron_expression": "0 0 1 1 *"],
      action: ["script": "perigee.kv.incr('runs') perigee.triggers.execute(ctx.trigger.trigger_id)"])
    try fixture.store.call("execute_trigger_now", path: ["trigger_id": .init(id)])
    try fixture.store.host.settle()
    #expect(try fixture.store.call("get_kv", path: ["key": "runs"])["value"] == 8)
    let last = try #require(fixture.read(id)["last_execution_error"]?.string)
    #expect(last.contains("9 runs have started one another"), "\(last)")
  }

  @Test(
    "is refused with what to do instead where it cannot wait, or cannot be read",
    arguments: [
      ("perigee.tasks.cancel(ctx.task_id)", "could not be taken back"),
      (
        "perigee.buckets.create{bucket_name = 'b', bucket_schema = {properties = {t = {type = 'text'}}}} perigee.buckets.put('b', {t = 'x'})",
        "already"
      ),
      ("perigee.collections.delete('points') perigee.documents.put('points', {document_id = 'a'})", "deleted by this run"),
      ("for i = 1, 200 do perigee.triggers.execute(ctx.trigger.trigger_id) end", "more than 100 tasks"),
      ("perigee.scripts.create{name = 'x', kind = 'predicate', source = 'return true'}", "right 'batch'"),
      ("perigee.triggers.execute('trg_none')", "does not exist"),
    ])
  func refusals(source: String, expected: String) throws {
    let fixture = try Fixture()
    let task = try act(source, in: fixture)
    #expect(task["status"] == "FAILED" && task["error"]?.string?.contains(expected) == true, "\(task.text)")
    #expect(try count("list_buckets", fixture) == 0 && count("list_collections", fixture) == 1)
  }

  @Test("of a call that fails and is caught is nothing, and the rest goes on") func caught() throws {
    let fixture = try Fixture()
    let source = """
      local ok, e = pcall(perigee.collections.update, "points", {description = "half", schedule = {trigger_type = "cron", schedule_config = {}}})
      assert(not ok)
      ok, e = pcall(perigee.triggers.update, ctx.trigger.trigger_id, {name = "x", schedule_config = {cron_expression = "bad"}})
      assert(not ok and perigee.triggers.get(ctx.trigger.trigger_id).name ~= "x")
      perigee.kv.set("went", "on")
      """
    let task = try act(source, in: fixture)
    #expect(task["status"] == "COMPLETED", "\(task.text)")
    let collection = try fixture.store.call("get_collection", path: ["collection_identifier": "points"])
    #expect(collection["description"] ?? .null != "half" && collection["schedule"] ?? .null == .null)
    #expect(try fixture.store.call("get_kv", path: ["key": "went"])["value"] == "on")
  }

  @Test("is seen by the hook after the action, and committed with what that writes") func hooks() throws {
    let fixture = try Fixture()
    let other = try fixture.trigger("interval", ["interval_seconds": 3600])
    let id =
      try fixture.store.call(
        "create_trigger",
        body: [
          "action_type": "script", "trigger_type": "cron", "schedule_config": ["cron_expression": "0 0 1 1 *"],
          "action_config": [
            "script": .string("perigee.triggers.update('\(other)', {description = 'by the action'})"),
            "hooks": [
              "after": .string(
                "return function(ctx) assert(perigee.triggers.get('\(other)').description == 'by the action') perigee.triggers.pause('\(other)') end")
            ],
          ],
        ])["trigger_id"]?.string ?? ""
    let task = try fixture.store.call("execute_trigger_now", path: ["trigger_id": .init(id)])
    try fixture.store.host.settle()
    let ended = try fixture.store.call("get_task", path: ["task_id": task["task_id"]?.string ?? ""])
    let edited = try fixture.read(other)
    #expect(edited["description"] == "by the action" && edited["status"] == "paused", "\(ended.text)")
  }

  @Test("in a transaction of a batch script is all there or not at all", arguments: [true, false]) func transaction(succeeds: Bool) throws {
    let fixture = try Fixture(documents: 30)
    let end = succeeds ? "" : "error('no')"
    let answer = try fixture.store.call(
      "run_source", body: ["kind": "batch", "source": .string("perigee.transaction(function() \(Self.administration) \(end) end)")])
    try fixture.store.host.settle()
    #expect((answer["problem"] == nil) == succeeds, "\(answer.text)")
    #expect(try count("list_triggers", fixture) == (succeeds ? 1 : 0) && count("list_collections", fixture) == (succeeds ? 3 : 1))
  }
}
