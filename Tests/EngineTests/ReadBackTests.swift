import Basics
import Engine
import Model
import TestSupport
import Testing

/// A client that sends something and reads the thing again finds what it sent.
@Suite("What was said is told again") struct ReadBackTests {
  private static let said: [(request: JSON, answer: JSON)] = [
    (
      [
        "vector_config": [
          "clustering_method": "kmeans", "feature_uris": ["v"], "sample_size": 1000, "vis_n_components": 3, "layout_stability": "none",
          "multi_feature_strategy": "weighted", "preprocessing_steps": [["method": "whitening", "regularization": 0.5]],
          "algorithm_params": ["n_clusters": 3, "verbose": 0, "copy_x": true],
        ]
      ],
      [
        "sample_size": 1000, "vis_n_components": 3, "layout_stability": "none", "multi_feature_strategy": "weighted", "feature_uris": ["v"],
        "preprocessing_steps": [["method": "whitening", "regularization": 0.5]], "effective_feature_method": "mean", "hierarchical_vector": false,
      ]
    ),
    (
      ["vector_config": ["clustering_method": "optics", "optics_parameters": ["metric": "minkowski", "p": 2, "leaf_size": 30]]],
      ["algorithm": "optics"]
    ),
    (
      ["attribute_config": ["attributes": ["kind"], "hierarchical_grouping": true, "aggregation_method": "count"]],
      ["clustered_attributes": ["kind"], "hierarchical_grouping": true, "aggregation_method": "count", "cluster_type": "attribute"]
    ),
    (
      [
        "vector_config": ["clustering_method": "kmeans"], "llm_labeling": ["enabled": false, "provider": "openai", "candidate_labels": ["a", "b"]],
        "enrich_source_collection": true,
        "source_enrichment_config": ["field_mappings": [["source_field": "cluster_id", "target_field": "topic"]]],
      ],
      [
        "llm_labeling": ["enabled": false, "provider": "openai", "candidate_labels": ["a", "b"]], "enrich_source": true,
        "source_enrichment_config": ["field_mappings": [["source_field": "cluster_id", "target_field": "topic"]]],
      ]
    ),
  ]

  @Test("of a cluster, also when another part of it was changed", arguments: said)
  func clusters(request: JSON, answer: JSON) throws {
    let fixture = try Fixture(documents: 1)
    var body = request.object ?? JSONObject()
    (body["collection_ids"], body["cluster_name"]) = (["points"], "one")
    let made = try fixture.store.call("create_cluster", body: .object(body))
    let parameters = request["vector_config"]?["algorithm_params"] ?? request["vector_config"]?["optics_parameters"]
    func expect(_ json: JSON, _ when: String) {
      for member in answer.object?.members ?? [] { #expect(json[member.key] == member.value, "\(when): \(member.key)") }
      for member in parameters?.object?.members ?? [] where member.key != "verbose" {
        let told = json["algorithm_params"]?[member.key]
        #expect(told == member.value || told?.double != nil && told?.double == member.value.double, "\(when): \(member.key)")
      }
    }
    expect(made, "made")
    let path = ["cluster_identifier": "one"]
    expect(try fixture.store.call("get_cluster", path: path), "read")
    try fixture.store.call("patch_cluster", path: path, body: ["description": "another"])
    try fixture.store.reopen()
    let read = try fixture.store.call("get_cluster", path: path)
    #expect(read["description"] == "another")
    expect(read, "changed")
  }

  @Test("of a document's origin, under `_internal.lineage`, too; a field of the same name that says something else stays the user's")
  func lineage() throws {
    let fixture = try BucketFixture()
    let collection = try fixture.collection()
    let ids = try fixture.upload(1)
    _ = try fixture.run(fixture.batch(ids))
    let origin = try fixture.documents().first?["_internal"]?["lineage"]
    #expect(origin?["root_object_id"] == .string(ids[0]) && origin?["source_type"] == "bucket" && origin?["root_bucket_id"] != nil)
    func made(_ body: JSON) throws -> JSON {
      try fixture.store.call("create_document", path: ["collection_identifier": collection], body: body)
    }
    #expect(try made(["source_type": "direct_upsert"])["_internal"]?["lineage"] == ["source_type": "direct_upsert"])
    let own = try made(["source_type": "the web", "root_object_id": 7])
    #expect(own["_internal"]?["lineage"] == nil && own["source_type"] == "the web" && own["root_object_id"] == 7)
  }
}
