import Basics
import Engine
import Model
import TestSupport
import Testing

/// Nodes in the corners of a cube, beside the documents of `Fixture`.
struct TaxonomyFixture {
  let fixture: Fixture
  var store: TemporaryStore { fixture.store }
  static let corners = ["alpha", "beta", "gamma", "delta"]

  init(documents: Int = 0, groups: Int = 3, log: @escaping @Sendable (String, String) -> Void = { _, _ in }) throws {
    fixture = try Fixture(documents: documents, groups: groups, log: log)
  }

  static func axis(_ places: Int...) -> JSON { .array((0..<Fixture.dimensions).map { .double(places.contains($0) ? 1 : 0) }) }

  @discardableResult
  func collection(_ name: String, _ documents: JSON = [], metadata: JSON = [:]) throws -> String {
    let made = try store.call(
      "create_collection",
      body: [
        "collection_name": .string(name), "vector_indexes": [["name": "v", "dimensions": .int(Fixture.dimensions), "metric": "cosine"]],
        "metadata": metadata,
      ])
    if documents != [] { try store.call("upsert_documents", path: ["collection_identifier": name], body: ["documents": documents]) }
    return made["collection_id"]?.string ?? ""
  }

  /// One node per corner, in a collection `nodes`.
  func nodes(_ count: Int = 3) throws {
    try collection(
      "nodes",
      .array(
        (0..<count).map { corner in
          [
            "document_id": .string("n\(corner)"), "label": .string(Self.corners[corner]), "shelf": .int(10 + corner), "text": "of the node",
            "vectors": ["v": Self.axis(corner)],
          ]
        }))
  }

  @discardableResult
  func taxonomy(_ config: JSON, name: String = "things", metadata: JSON = [:]) throws(Problem) -> String {
    try store.call("create_taxonomy", body: ["taxonomy_name": .string(name), "config": config, "metadata": metadata])["taxonomy_id"]?.string ?? ""
  }

  /// A flat one that maps the label onto `category`.
  func flat(_ extra: JSONObject = [:]) throws -> String {
    try nodes()
    var config: JSONObject = [
      "taxonomy_type": "flat", "input_mappings": [],
      "source_collection": ["collection_id": "nodes", "enrichment_fields": [["field_path": "label", "target_field": "category"]]],
    ]
    for member in extra.members { config[member.key] = member.value }
    return try taxonomy(.object(config))
  }

  /// Enriches and answers the task's outputs.
  @discardableResult
  func apply(_ taxonomy: String, to collection: String = "points", _ extra: JSONObject = [:], expecting status: String = "COMPLETED") throws -> JSON {
    store.clock.advance(by: .seconds(1))
    var body: JSONObject = ["taxonomy_id": .string(taxonomy)]
    for member in extra.members { body[member.key] = member.value }
    let task = try store.call("apply_taxonomy_to_collection", path: ["collection_identifier": collection], body: .object(body))
    try store.host.settle()
    let done = try store.call("get_task", path: ["task_id": task["task_id"]?.string ?? ""])
    #expect(done["status"]?.string == status, "\(done.text)")
    return done["outputs"]?.array?.first ?? .null
  }

  func documents(_ collection: String = "points", _ filters: JSON = .null) throws -> [JSON] {
    try store.call("list_documents", path: ["collection_identifier": collection], body: ["limit": 1000, "filters": filters])["results"]?.array ?? []
  }

  func document(_ id: String, in collection: String = "points") throws -> JSON {
    try store.call("get_document", path: ["collection_identifier": collection, "document_id": id])
  }
}

@Suite("Taxonomies as they are kept") struct TaxonomyTests {
  @Test("name a retriever that exists, or none")
  func retrievers() throws {
    let world = try TaxonomyFixture()
    let error = #expect(throws: Problem.self) { try world.flat(["retriever_id": "ret_none"]) }
    #expect(error?.kind == .notFound && error?.path == "config.retriever_id")
    #expect(try world.store.call("list_taxonomies")["total_count"] == 0)
  }

  @Test("one is made, read by id and name, listed, renamed, cloned and deleted, in the contract's shapes")
  func keeping() throws {
    let world = try TaxonomyFixture()
    let id = try world.flat(["top_k": 2])
    let read = try world.store.call("get_taxonomy", path: ["taxonomy_identifier": "things"])
    #expect(read["taxonomy_id"]?.string == id && id.hasPrefix("tax_") && read["version"] == 1 && read["ready"] == true)
    let config = read["config"]
    #expect(
      config?["taxonomy_type"] == "flat" && config?["top_k"] == 2 && config?["retriever_id"]?.string?.hasPrefix("ret_") == true
        && config?["input_mappings"] == [])
    #expect(config?["source_collection"]?["collection_id"]?.string?.hasPrefix("col_") == true)
    let list = try world.store.call("list_taxonomies")
    #expect(list["total_count"] == 1 && list["results"]?.array?.first?["taxonomy_name"] == "things")
    #expect { try world.taxonomy(["source_collection": ["collection_id": "nodes"]]) } throws: { ($0 as? Problem)?.kind == .conflict }
    let patched = try world.store.call(
      "patch_taxonomy", path: ["taxonomy_identifier": id], body: ["taxonomy_name": "goods", "description": "of ours", "metadata": ["a": 1]])
    #expect(patched["taxonomy_name"] == "goods" && patched["description"] == "of ours" && patched["version"] == 1)
    let copy = try world.store.call("clone_taxonomy", path: ["taxonomy_identifier": "goods"], body: ["taxonomy_name": "copy"])
    #expect(copy["source_taxonomy_id"]?.string == id && copy["taxonomy"]?["config"]?["top_k"] == 2)
    let next = try world.store.call(
      "create_taxonomy_version", path: ["taxonomy_id": id], body: ["config": ["source_collection": ["collection_id": "nodes"], "top_k": 3]])
    #expect(next["version"] == 2 && next["config"]?["top_k"] == 3)
    let versions = try world.store.call("list_taxonomy_versions", path: ["taxonomy_id": id])
    #expect(versions["results"]?.array?.compactMap { $0["version"]?.int } == [2, 1])
    let old = try world.store.call("get_taxonomy", path: ["taxonomy_identifier": id], query: ["version": 1])
    #expect(old["config"]?["top_k"] == 2)
    #expect { try world.store.call("get_taxonomy", path: ["taxonomy_identifier": id], query: ["version": 3]) } throws: {
      ($0 as? Problem)?.path == "version"
    }
    try world.store.reopen()
    #expect(try world.store.call("get_taxonomy", path: ["taxonomy_identifier": "goods"])["config"]?["top_k"] == 3)
    try world.store.call("delete_taxonomy", path: ["taxonomy_identifier": "goods"])
    #expect { try world.store.call("get_taxonomy", path: ["taxonomy_identifier": "gods"]) } throws: { ($0 as? Problem)?.kind == .notFound }
    #expect(try world.store.call("list_taxonomies_get")["total_count"] == 1)
  }

  @Test(
    "what is wrong is refused, names its place, and leaves nothing",
    arguments: [
      ([:] as JSON, "config.source_collection"), (["taxonomy_type": "flat", "source_collection": [:]], "config.source_collection.collection_id"),
      (["source_collection": ["collection_id": "noodles"]], "config.source_collection.collection_id"),
      (["source_collection": ["collection_id": "nodes"], "top_k": 51], "config.top_k"),
      (["source_collection": ["collection_id": "nodes"], "topk": 5], "config.topk"),
      (["source_collection": ["collection_id": "nodes"], "taxonomy_type": "round"], "config.taxonomy_type"),
      (
        ["source_collection": ["collection_id": "nodes", "enrichment_fields": [["field_path": "label", "target_field": "_internal"]]]],
        "config.source_collection.enrichment_fields[0].target_field"
      ),
      (["source_collection": ["collection_id": "nodes"], "classification": ["vector_index": "w"]], "config.classification.vector_index"),
      (["source_collection": ["collection_id": "nodes"], "classification": ["threshold": 2]], "config.classification.threshold"),
      (["source_collection": ["collection_id": "nodes"], "classification": ["method": "neighbors"]], "config.classification.examples"),
      (["taxonomy_type": "hierarchical"], "config"),
      (["path_field": "path", "parent_field": "parent", "source_collection": ["collection_id": "nodes"]], "config.parent_field"),
      (["inference_strategy": "llm"], "config.inference_strategy"), (["path_field": "path"], "config.inference_collections"),
      (
        ["hierarchical_nodes": [["collection_id": "nodes", "parent_collection_id": "points"]]],
        "config.hierarchical_nodes[0].parent_collection_id"
      ),
    ] as [(JSON, String)])
  func refusals(config: JSON, path: String) throws {
    let world = try TaxonomyFixture()
    try world.nodes()
    #expect {
      try world.taxonomy(config)
    } throws: { error in
      let problem = error as? Problem
      return problem?.path == path && problem?.kind != .internal
    }
    #expect(try world.store.call("list_taxonomies")["total_count"] == 0)
  }

  @Test("a taxonomy of documents, and of a cluster run, is made with its nodes at once")
  func promoted() throws {
    let world = try TaxonomyFixture(documents: 60)
    let made = try world.store.call(
      "create_taxonomy_from_documents",
      body: [
        "taxonomy_name": "picked", "node_label": "first",
        "documents": .array((0..<4).map { ["collection_id": "points", "document_id": .string("d\($0 * 3)")] })
          .appending(["collection_id": "points", "document_id": "nobody"]),
      ])
    for key in [
      "taxonomy_id", "taxonomy_name", "node_document_id", "node_collection_id", "node_label", "vector_name", "vector_dimensions", "documents_used",
      "enrichment_hint",
    ] { #expect(made[key] != nil && made[key] != .null, "\(key)") }
    #expect(made["documents_used"] == 4 && made["documents_skipped"]?.array?.count == 1 && made["taxonomy_created"] == true)
    let second = try world.store.call(
      "create_taxonomy_node_from_documents", path: ["taxonomy_identifier": "picked"],
      body: ["node_label": "second", "documents": [["collection_id": "points", "document_id": "d1"]], "node_fields": ["shelf": 7]])
    #expect(second["node_collection_id"] == made["node_collection_id"] && second["taxonomy_created"] == false)
    try world.apply("picked")
    #expect(try world.document("d30")["picked_label"] == "first" && world.document("d31")["picked_label"] == "second")

    let cluster = try world.fixture.cluster(3)
    let task = try world.store.call("execute_cluster", path: ["cluster_id": cluster])
    try world.store.host.settle()
    let run = task["run_id"] ?? .null
    let promoted = try world.store.call(
      "create_taxonomy_from_documents",
      body: ["taxonomy_name": "groups", "cluster_run": ["cluster_id": .string(cluster), "run_id": run], "enrichment_target_field": "topic"])
    #expect(promoted["nodes"]?.array?.count == 3 && promoted["documents_used"] == 60)
    try world.apply("groups")
    let topics = Dictionary(grouping: try world.documents(), by: { $0["kind"]?.string ?? "" }).mapValues {
      Set($0.compactMap { $0["topic"]?.string })
    }
    #expect(topics.count == 3 && topics.values.allSatisfy { $0.count == 1 } && Set(topics.values.flatMap(\.self)).count == 3)
    #expect {
      try world.store.call(
        "create_taxonomy_from_documents", body: ["taxonomy_name": "x", "cluster_run": ["cluster_id": .string(cluster), "run_id": "run_no"]])
    } throws: { ($0 as? Problem)?.path == "cluster_run.run_id" }
  }

  @Test("a few documents are tried without a trace, by their vectors or where they are")
  func trial() throws {
    let world = try TaxonomyFixture(documents: 6)
    let id = try world.flat(["top_k": 2])
    let answer = try world.store.call(
      "execute_taxonomy", path: ["taxonomy_identifier": id],
      body: ["source_documents": [["vectors": ["v": TaxonomyFixture.axis(1)]], ["document_id": "d2", "collection_id": "points"]]])
    #expect(answer["stats"] == ["processed_docs": 2, "batches": 1, "errors": 0, "enriched": 2])
    let matches = answer["matches"]?.array ?? []
    #expect(matches.count == 4 && matches[0]["label"] == "beta" && matches[0]["node_id"] == "n1" && matches[2]["label"] == "gamma")
    #expect(abs((matches[0]["score"]?.double ?? 0) - 1) < 1e-6 && matches[0]["path"] == ["beta"] && matches[0]["enriched_fields"] == ["category"])
    #expect(answer["results"]?.array?.map { $0["category"] } == ["beta", "gamma"])
    let sampled = try world.store.call(
      "execute_taxonomy_deprecated", path: ["taxonomy_identifier": id], body: ["source_collection_id": "points", "scroll_filters": ["kind": "alpha"]])
    #expect(sampled["stats"]?["processed_docs"] == 2)
    #expect(try world.documents().allSatisfy { $0["category"] == nil })
    #expect {
      try world.store.call("execute_taxonomy", path: ["taxonomy_identifier": id], body: ["source_documents": [["document_id": "dx"]]])
    } throws: { ($0 as? Problem)?.path == "source_documents[0].document_id" }
  }
}

extension JSON {
  fileprivate func appending(_ item: JSON) -> JSON { .array((array ?? []) + [item]) }
}
