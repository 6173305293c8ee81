import Basics
import Engine
import Model
import TestSupport
import Testing

@Suite("What the contract says of single operations") struct ContractWordsTests {
  @Test("to cancel a task succeeds, whether it is there, is over or never was") func cancelling() throws {
    let fixture = try Fixture(documents: 6)
    let cluster = try fixture.cluster(2)
    let task = try fixture.store.call("execute_cluster", path: ["cluster_id": cluster])["task_id"]?.string ?? ""
    try fixture.store.host.settle()
    for (id, word) in [(task, "COMPLETED already"), ("task_none", "no such task")] {
      let answer = try fixture.store.call("cancel_task", path: ["task_id": id])
      #expect(answer["success"] == true && answer["task_id"]?.string == id && answer["message"]?.string?.contains(word) == true, "\(answer.text)")
    }
    #expect(try fixture.store.call("get_task", path: ["task_id": task])["status"] == "COMPLETED")
    // Of another's task one learns nothing, and it goes on.
    let stranger = Caller(name: "stranger", scopes: [.execute], namespaces: ["ns_other"])
    let waiting = try fixture.store.call("execute_cluster", path: ["cluster_id": cluster])["task_id"]?.string ?? ""
    #expect(try fixture.store.call("cancel_task", path: ["task_id": waiting], caller: stranger)["message"] == "there is no such task")
    try fixture.store.host.settle()
    #expect(try fixture.store.call("get_task", path: ["task_id": waiting])["status"] == "COMPLETED")
  }

  @Test("what is deleted at once can be asked after as a task, for a day, by those who might see it") func deletions() throws {
    let store = try TemporaryStore()
    let made = try store.call("create_namespace", body: ["namespace_name": "other"])["namespace_id"]?.string ?? ""
    try store.call("create_bucket", body: ["bucket_name": "b", "bucket_schema": ["properties": ["text": ["type": "text"]]]])
    try store.call("create_object_buckets", path: ["bucket_identifier": "b"], body: ["text": "x"])
    let bucket = try store.call("delete_bucket", path: ["bucket_identifier": "b"])
    #expect(bucket["success"] == true && bucket["bucket_name"] == "b" && bucket["object_count"] == 1 && bucket["task_type"] == "api_buckets_delete")
    let namespace = try store.call("delete_namespace", path: ["namespace_identifier": "other"])
    #expect(namespace["task_type"] == "api_namespaces_delete" && namespace["namespace_id"]?.string == made)
    try store.reopen()
    for answer in [bucket, namespace] {
      let path = ["task_id": answer["task_id"]?.string ?? ""]
      let task = try store.call("get_task", path: path)
      #expect(task["status"] == "COMPLETED" && task["task_type"] == answer["task_type"] && task["error"] == .null)
      let stranger = Caller(name: "stranger", scopes: [.read], namespaces: ["ns_another"])
      #expect { try store.call("get_task", path: path, caller: stranger) } throws: { ($0 as? Problem)?.kind == .notFound }
      #expect(try store.call("cancel_task", path: path)["success"] == true)
    }
    store.clock.advance(by: .seconds(86_401))
    #expect { try store.call("get_task", path: ["task_id": bucket["task_id"]?.string ?? ""]) } throws: { ($0 as? Problem)?.kind == .notFound }
  }

  @Test(
    "the name of a run is trimmed, and an empty one takes it away",
    arguments: [("  July ", "July"), ("", nil), ("   ", nil), (String(repeating: "x", count: 120), String(repeating: "x", count: 120))])
  func runNames(given: String, kept: String?) throws {
    let fixture = try Fixture(documents: 6)
    let cluster = try fixture.cluster(2)
    try fixture.store.call("execute_cluster", path: ["cluster_id": cluster])
    try fixture.store.host.settle()
    let run = try fixture.store.call("get_latest_cluster_execution", path: ["cluster_id": cluster])["run_id"]?.string ?? ""
    let path = ["cluster_id": cluster, "run_id": run]
    try fixture.store.call("patch_cluster_execution_name", path: path, body: ["run_name": "before"])
    #expect(try fixture.store.call("patch_cluster_execution_name", path: path, body: ["run_name": .string(given)])["run_name"] == .optional(kept))
    #expect(try fixture.store.call("get_cluster_execution", path: path)["run_name"]?.string == kept)
    for (wrong, kind) in [(["run_name": .string(String(repeating: "x", count: 121))], "121"), (["run_name": 5], "integer"), ([:], "missing")]
      as [(JSON, String)]
    {
      let error = #expect(throws: Problem.self) { try fixture.store.call("patch_cluster_execution_name", path: path, body: wrong) }
      #expect(error?.path == "run_name" && error?.message.contains(kind) == true)
    }
  }

  @Test("to process at once is asked for in the query, unless the schema has a field of that name") func autoProcess() throws {
    let fixture = try BucketFixture()
    let error = #expect(throws: Problem.self) {
      try fixture.store.call("create_object_buckets", path: ["bucket_identifier": "articles"], body: ["text": "x", "auto_process": true])
    }
    #expect(error?.path == "auto_process" && error?.hint?.contains("?auto_process=true") == true)
    let several = try fixture.store.call(
      "create_objects_batch_buckets", path: ["bucket_identifier": "articles"],
      body: ["objects": [["text": "x", "auto_process": true], ["text": "y"]]])
    #expect(several["succeeded_count"] == 1 && several["failed_count"] == 1)
    try fixture.store.call(
      "create_bucket", body: ["bucket_name": "own", "bucket_schema": ["properties": ["auto_process": ["type": "boolean"]]]])
    let made = try fixture.store.call("create_object_buckets", path: ["bucket_identifier": "own"], body: ["auto_process": true])
    #expect(made["auto_process"] == true && made["status"] == "PENDING")
  }

  @Test("words of tasks may be in capitals, as the contract's examples have them; a list of namespaces may be a summary") func words() throws {
    let store = try TemporaryStore()
    #expect(try store.call("list_tasks", body: ["status": "PENDING", "task_type": "API_BUCKETS_UPLOADS_BATCH_CONFIRM"])["total_count"] == 0)
    try store.call("create_namespace", body: ["namespace_name": "one", "vector_configs": [["name": "v", "dimension": 2]]])
    func first(_ query: JSONObject) throws -> JSON? { try store.call("list_namespaces", query: query)["results"]?.array?.first }
    #expect(try first([:])?["vector_configs"]?.array?.count == 1 && first(["view": "full"])?["vector_configs"] != nil)
    let summary = try first(["view": "summary"])
    #expect(summary?["vector_configs"] == nil && summary?["payload_indexes"] == nil && summary?["namespace_name"] == "one")
    #expect { try first(["view": "sumary"]) } throws: { ($0 as? Problem)?.didYouMean == "summary" }
  }
}
