import Basics
import Engine
import Model
import TestSupport
import Testing

@Suite("What means nothing here") struct IdleFieldTests {
  @Test(
    "has its type all the same",
    arguments: [
      ("create_standalone_namespace", ["namespace_id": "own", "storage": "s3"], "storage"),
      ("create_standalone_namespace", ["namespace_id": "own", "config": [1]], "config"),
      ("run_source", ["source": "return 1", "event": "created"], "event"),
      ("run_source", ["source": "return 1", "version": true], "version"),
      ("preview_schedule", ["cron_expression": "0 2 * * *", "action_config": true], "action_config"),
      ("list_namespace_documents", ["return_presigned_urls": 3], "return_presigned_urls"),
      ("list_collections", ["sorts": [.null]], "sorts[0]"),
      (
        "create_cluster", ["collection_ids": ["points"], "vector_config": ["clustering_method": "kmeans", "feature_uris": []]],
        "vector_config.feature_uris"
      ),
      ("create_collection", ["collection_name": "words", "source": ["collection_ids": ["points"]]], "source.type"),
    ] as [(String, JSON, String)])
  func types(operation: String, body: JSON, path: String) throws {
    let fixture = try Fixture(documents: 1)
    let problem = #expect(throws: Problem.self) { try fixture.store.call(operation, body: body) }
    #expect(problem?.path == path && problem?.kind == .invalid, "\(String(describing: problem))")
  }

  @Test(
    "has its type in an object's edges, too",
    arguments: [("direction", "up"), ("direction", 1), ("attributes", "none"), ("target_collection_id", 2)] as [(String, JSON)])
  func edges(field: String, value: JSON) throws {
    let fixture = try BucketFixture()
    func make(_ edge: JSONObject) throws(Problem) -> JSON {
      try fixture.store.call("create_object_buckets", path: ["bucket_identifier": "articles"], body: ["text": "x", "edges": [.object(edge)]])
    }
    var edge: JSONObject = ["type": "cites", "target_object_id": "obj_1", "direction": "in", "attributes": ["page": 2]]
    #expect(try make(edge)["edges"]?.array?.first == .object(edge))
    edge[field] = value
    let problem = #expect(throws: Problem.self) { try make(edge) }
    #expect(problem?.path == "edges[0].\(field)", "\(String(describing: problem))")
  }
}
