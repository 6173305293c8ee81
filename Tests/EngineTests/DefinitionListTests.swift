import Basics
import Engine
import Model
import TestSupport
import Testing

@Suite("Lists of definitions") struct DefinitionListTests {
  private func names(_ answer: JSON, _ key: String) -> [String] { answer["results"]?.array?.compactMap { $0[key]?.string } ?? [] }

  @Test(
    "are searched, filtered and sorted, and paged after that",
    arguments: [
      ("create_collection", "list_collections", "collection_name"), ("create_bucket", "list_buckets", "bucket_name"),
      ("create_namespace", "list_namespaces", "namespace_name"), ("create_cluster", "list_clusters", "cluster_name"),
    ])
  func selected(create: String, list: String, key: String) throws {
    let fixture = try Fixture(documents: 6)
    for name in ["gamma set", "alpha set", "Beta", "delta set"] {
      var body: JSONObject = [key: .string(name), "description": .string("about \(name == "Beta" ? "SETS" : name)")]
      if create == "create_bucket" { body["bucket_schema"] = ["properties": ["text": ["type": "text"]]] }
      if create == "create_cluster" {
        body["collection_ids"] = ["points"]
        body["vector_config"] = ["clustering_method": "kmeans", "kmeans_parameters": ["n_clusters": 2]]
      }
      try fixture.store.call(create, body: .object(body))
    }
    func ask(_ body: JSON) throws -> JSON { try fixture.store.call(list, body: body) }
    let found = try ask(["search": "SET", "sort": ["field": .string(key), "direction": "desc"], "limit": 2, "offset": 1, "include_total": true])
    let expected = ["gamma set", "delta set", "alpha set", "Beta"].filter { create != "create_collection" || !$0.isEmpty }
    #expect(names(found, key) == Array(expected[1...2]) && found["pagination"]?["total"] == 4, "\(found.text)")
    #expect(names(try ask(["search": "SET", "case_sensitive": true]), key) == ["Beta"])
    #expect(names(try ask(["filters": [key: "alpha set"]]), key) == ["alpha set"])
    #expect(
      names(try ask(["sorts": [["field": .string(key)]], "filters": ["field": .string(key), "operator": "contains", "value": "ta"]]), key) == [
        "Beta", "delta set",
      ])
  }

  @Test("of tasks know the contract's words, and find nothing for those that no task here is")
  func tasks() throws {
    let fixture = try Fixture(documents: 9)
    let cluster = try fixture.cluster()
    try fixture.store.call("execute_cluster", path: ["cluster_id": cluster])
    try fixture.store.host.settle()
    func count(_ body: JSON) throws(Problem) -> JSON? { try fixture.store.call("list_tasks", body: body)["total_count"] }
    #expect(try count(["task_type": "engine_cluster_build"]) == 1 && count(["task_type": "thumbnail"]) == 0)
    #expect(try count(["status": "COMPLETED"]) == 1 && count(["status": "ARCHIVED"]) == 0 && count(["task_type": "api_retrievers_execute"]) == 0)
    #expect(try count(["filters": ["status": "COMPLETED"]]) == 1 && count(["search": "no such task"]) == 0)
    for (key, path) in [("status", "status"), ("task_type", "task_type")] {
      let error = #expect(throws: Problem.self) { try count([key: "thumbnai"]) }
      #expect(error?.path == path)
    }
  }
}

@Suite("Changes of clusters") struct ClusterPatchTests {
  @Test("take parts of the vector_config at the root, leave the rest, and answer in the words of both models")
  func parts() throws {
    let fixture = try Fixture(documents: 12)
    let cluster = try fixture.cluster()
    let answer = try fixture.store.call(
      "patch_cluster", path: ["cluster_identifier": cluster],
      body: ["sample_size": 5, "layout_stability": "none", "algorithm_params": ["n_clusters": 2], "description": .null, "filters": .null])
    let config = answer["vector_config"]
    #expect(config?["sample_size"] == 5 && config?["layout_stability"] == "none" && answer["algorithm_params"]?["n_clusters"] == 2, "\(answer.text)")
    #expect(answer["collection_ids"] == answer["input_collections"])
    for field in ["source_cluster_ids", "face_cluster_merge"] {
      let error = #expect(throws: Problem.self) {
        try fixture.store.call("patch_cluster", path: ["cluster_identifier": cluster], body: [field: ["x"]])
      }
      #expect(error?.kind == .unsupported && error?.path == field)
    }
  }

  @Test("of a grouping by attributes keep its attributes")
  func attributes() throws {
    let fixture = try Fixture(documents: 6)
    let made = try fixture.store.call(
      "create_cluster", body: ["collection_ids": ["points"], "cluster_type": "attribute", "attribute_config": ["attributes": ["kind"]]])
    let path = ["cluster_identifier": made["cluster_id"]?.string ?? ""]
    let answer = try fixture.store.call("patch_cluster", path: path, body: ["description": "by kind"])
    #expect(answer["cluster_type"] == "attribute" && answer["attribute_config"]?["attributes"] == ["kind"] && answer["description"] == "by kind")
    let error = #expect(throws: Problem.self) { try fixture.store.call("patch_cluster", path: path, body: ["sample_size": 5]) }
    #expect(error?.path == "sample_size")
  }
}
