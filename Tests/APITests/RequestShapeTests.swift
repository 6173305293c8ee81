import Basics
import Engine
import TestSupport
import Testing

@testable import API

@Suite("What of a request nobody reads") struct RequestShapeTests {
  private static let wrong: [(operation: String, body: JSON, path: String)] = [
    ("create_namespace", ["namespace_type": "own"], "namespace_type"),
    ("create_namespace", ["infrastructure": ["max_workers": 0]], "infrastructure.max_workers"),
    ("create_namespace", ["infrastructure": ["authorization": ["mode": "pul"]]], "infrastructure.authorization.mode"),
    ("patch_namespace", ["tiering": ["idle_days": ["cold": "soon"]]], "tiering.idle_days.cold"), ("patch_namespace", ["pinned": true], "pinned"),
    ("create_namespace", ["feature_extractors": [["feature_extractor_name": "text"]]], "feature_extractors[0].version"),
    ("create_namespace", ["payload_indexes": [["field_name": "a", "type": "text", "field_schema": true]]], "payload_indexes[0].field_schema"),
    ("create_collection", ["input_schema": ["properties": ["a": ["type": "txt"]]]], "input_schema.properties.a.type"),
    ("create_cluster", ["llm_labeling": ["max_samples_per_cluster": 21]], "llm_labeling.max_samples_per_cluster"),
    ("execute_cluster", ["llm_labeling": ["labeling_context": .string(String(repeating: "x", count: 2001))]], "llm_labeling.labeling_context"),
    ("create_retriever", ["display_config": ["title": "t", "inputs": [], "exposed_fields": []]], "display_config.exposed_fields"),
    ("create_retriever", ["stages": [["stage_name": "a", "config": [:], "description": 1]]], "stages[0].description"),
    ("execute_retriever", ["consistency": ["mode": "strong", "max_staleness_ms": -1]], "consistency.max_staleness_ms"),
    (
      "create_taxonomy", ["config": ["taxonomy_type": "flat", "step_analytics": ["timestamp_field": "t"]]], "config.step_analytics.sequence_id_field"
    ),
    ("create_bucket", ["bucket_schema": ["properties": ["a": ["type": "text", "description": 1]]]], "bucket_schema.properties.a.description"),
  ]

  @Test("is judged by the description, and the mistake is told with its place", arguments: wrong)
  func mistakes(operation: String, body: JSON, path: String) throws {
    let operation = try #require(Operation.named(operation))
    let problem = #expect(throws: Problem.self) { try RequestShape.checked(body, of: operation) }
    #expect(problem?.kind == .invalid && problem?.path == path, "\(String(describing: problem))")
    #expect(problem?.message.isEmpty == false)
  }

  private static let fitting: [(operation: String, body: JSON)] = [
    ("create_namespace", ["infrastructure": .null, "tiering": ["enabled": true, "unknown": 1], "namespace_type": "standard"]),
    (
      "create_cluster",
      ["llm_labeling": ["enabled": false, "candidate_labels": ["a"], "response_shape": ["a": "b"], "model_name": "gpt-4o-2024-08-06"]]
    ),
    ("create_retriever", ["display_config": ["title": "t", "inputs": [], "exposed_fields": ["a"], "theme": [:], "more": 1]]),
    ("list_documents", ["anything": 1]), ("create_collection", ["source": .null]),
  ]

  @Test("passes as it is when it is right", arguments: fitting)
  func right(operation: String, body: JSON) throws {
    #expect(try RequestShape.checked(body, of: #require(Operation.named(operation))) == body)
  }

  @Test("is described by some operation that takes it")
  func members() throws {
    let models = try WireModels.shared()
    var read: Set<String> = []
    for (name, members) in RequestShape.idle {
      let operation = try #require(Operation.named(name), "\(name) is no operation")
      let model = models.entry(operation.method, operation.path)?.request.flatMap(WireModels.name).flatMap(models.schema)
      // Some operations take what their model in the contract has not: there it passes.
      let described = members.map { String($0.prefix { $0 != "." }) }.filter { model?["properties"]?[$0] != nil || model == nil }
      read.formUnion(described.filter { operation.body?.contains($0) == true })
    }
    #expect(read == Set(RequestShape.idle.values.joined().map { String($0.prefix { $0 != "." }) }))
  }

  @Test("null is no body where none is needed, and a mistake where one is, as the description says", arguments: Transport.allCases)
  func null(transport: Transport) throws {
    let scenario = try Scenario(transport)
    let paths = try scenario.send("GET", "/openapi.json").json["paths"]
    func type(_ path: String, _ method: String) -> JSON? {
      paths?[path]?[method]?["requestBody"]?["content"]?["application/json"]?["schema"]?["type"]
    }
    #expect(try scenario.send("POST", "/v1/triggers/list", raw: "null").status == 200)
    #expect(type("/v1/triggers/list", "post") == ["object", "null"])
    let refused = try scenario.send("POST", "/v1/triggers", raw: "null")
    #expect(refused.status == 422 && refused.json["error"]?["message"]?.string?.contains("null") == true, "\(refused.text)")
    #expect(type("/v1/triggers", "post") == "object")
    #expect(try scenario.send("PATCH", "/v1/namespaces/default", raw: "null").status == 422)
    // Nor is it a document.
    _ = try scenario.send("POST", "/v1/collections", ["collection_name": "words"])
    let written = try scenario.send("PUT", "/v1/collections/words/documents/upsert", ["documents": [["n": 1], .null]])
    #expect(written.status == 422 && written.json["error"]?["details"]?["path"] == "documents[1]", "\(written.text)")
    #expect(try scenario.send("GET", "/v1/collections/words/documents/count").json["count"] == 0)
  }
}
