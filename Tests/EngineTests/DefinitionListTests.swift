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

  @Test(
    "are walked by cursors, each thing once, in whatever order they are asked for",
    arguments: [
      ("list_collections", "collection_id"), ("list_buckets", "bucket_id"), ("list_namespaces", "namespace_id"), ("list_clusters", "cluster_id"),
      ("list_retrievers", "retriever_id"), ("list_taxonomies", "taxonomy_id"), ("list_tasks", "task_id"), ("list_cluster_executions", "run_id"),
      ("list_batches_buckets", "batch_id"), ("list_all_batches", "batch_id"), ("list_alerts_0", "alert_id"),
    ])
  func cursors(list: String, key: String) throws {
    let fixture = try Fixture(documents: 6)
    let cluster = try fixture.cluster(2)
    try fixture.store.call("create_bucket", body: ["bucket_name": "b", "bucket_schema": ["properties": ["text": ["type": "text"]]]])
    let object = try fixture.store.call("create_object_buckets", path: ["bucket_identifier": "b"], body: ["text": "x"])["object_id"] ?? .null
    let stage: JSON = ["stage_name": "f", "config": ["stage_id": "attribute_filter", "parameters": ["field": "kind", "value": "alpha"]]]
    for number in 0..<7 {
      let name = JSON.string("thing \(number)")
      switch list {
      case "list_collections": try fixture.store.call("create_collection", body: ["collection_name": name])
      case "list_buckets": try fixture.store.call("create_bucket", body: ["bucket_name": name, "bucket_schema": ["properties": [:]]])
      case "list_namespaces": try fixture.store.call("create_namespace", body: ["namespace_name": name])
      case "list_clusters":
        let config: JSON = ["clustering_method": "kmeans", "kmeans_parameters": ["n_clusters": 2]]
        try fixture.store.call("create_cluster", body: ["collection_ids": ["points"], "cluster_name": name, "vector_config": config])
      case "list_retrievers", "list_alerts_0":
        let body: JSON = ["retriever_name": name, "collection_identifiers": ["points"], "stages": [stage]]
        let made = try fixture.store.call("create_retriever", body: body)
        let id = made["retriever_id"] ?? made["retriever"]?["retriever_id"] ?? .null
        if list == "list_alerts_0" {
          let channels: JSON = ["channels": [["channel_type": "webhook", "channel_id": "wh_0123456789abcdef"]]]
          try fixture.store.call("create_alert", body: ["name": name, "retriever_id": id, "notification_config": channels])
        }
      case "list_taxonomies":
        try fixture.store.call("create_taxonomy", body: ["taxonomy_name": name, "config": ["source_collection": ["collection_id": "points"]]])
      case "list_tasks", "list_cluster_executions":
        try fixture.store.call("execute_cluster", path: ["cluster_id": cluster])
        try fixture.store.host.settle()
        fixture.store.clock.advance(by: .seconds(1))
      default: try fixture.store.call("create_batch_buckets_batches", path: ["bucket_identifier": "b"], body: ["object_ids": [object]])
      }
    }
    let path = ["cluster_id": cluster, "bucket_identifier": "b"]
    func ask(_ body: JSONObject) throws(Problem) -> JSON { try fixture.store.call(list, path: path, body: .object(body)) }
    for order in list.contains("batches") ? [[:]] : [[:], ["sort": ["field": "created_at", "direction": "desc"]]] as [JSONObject] {
      var body = order
      body["limit"] = 1000
      let all = names(try ask(body), key)
      #expect(all.count >= 7)
      body["limit"] = 3
      var (walked, pages): ([String], Int) = ([], 0)
      repeat {
        let page = try ask(body)
        walked += names(page, key)
        pages += 1
        body = order
        body["limit"] = 3
        guard let cursor = page["pagination"]?["next_cursor"], cursor != .null else { break }
        body[["cursor", "next_cursor", "after"][pages % 3]] = cursor
      } while pages < 20
      #expect(walked == all && pages == (all.count + 2) / 3)
    }
    for wrong in ["x", "after:", "after:-1", "after:1e3", "after:99999999999999"] {
      let error = #expect(throws: Problem.self) { try ask(["cursor": .string(wrong)]) }
      #expect(error?.path == "cursor" && error?.kind == .invalid)
    }
  }

  @Test("of batches show a key all that it may see, page by page, and nothing else")
  func foreignBatches() throws {
    let store = try TemporaryStore()
    let own = try store.call("create_namespace", body: ["namespace_name": "own"])["namespace_id"]?.string ?? ""
    let second = try store.call("create_namespace", body: ["namespace_name": "second"])["namespace_id"]?.string ?? ""
    func perform(_ name: String, in namespaceID: String, _ body: JSON, path: [String: String] = [:]) throws -> JSON {
      let operation = try #require(Operation.named(name))
      let namespace = try store.host.namespace(namespaceID, for: .local)
      let answer = try operation.perform(store.host, Call(caller: .local, namespace: namespace, path: path, query: [:], body: body))
      return answer.json ?? .null
    }
    for id in [own, second, "default"] {
      if id == "default" { _ = try store.host.defaultNamespace(for: .local) }
      _ = try perform("create_bucket", in: id, ["bucket_name": "b", "bucket_schema": ["properties": ["text": ["type": "text"]]]])
      let object = try perform("create_object_buckets", in: id, ["text": "x"], path: ["bucket_identifier": "b"])["object_id"] ?? .null
      for _ in 0..<3 { _ = try perform("create_batch_buckets_batches", in: id, ["object_ids": [object]], path: ["bucket_identifier": "b"]) }
    }
    let caller = Caller(name: "limited", scopes: [.read], namespaces: [own, second])
    var (seen, cursor): ([String], JSON) = ([], .null)
    for _ in 0..<9 {
      let page = try store.call("list_all_batches", body: ["limit": 4, "cursor": cursor], caller: caller)
      #expect(page["total_count"] == 6)
      seen += page["results"]?.array?.compactMap { $0["namespace_id"]?.string } ?? []
      cursor = page["pagination"]?["next_cursor"] ?? .null
      if cursor == .null { break }
    }
    #expect(seen.filter { $0 == own }.count == 3 && seen.filter { $0 == second }.count == 3 && seen.count == 6)
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
