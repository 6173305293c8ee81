import Basics
import Testing

@testable import Model

private let surroundings = Words.surroundings
private let collection = Words.collection

@Suite("Documents as they come in") struct DocumentTests {
  @Test("fields at the root and in payload become fields, vectors become vectors, the rest is ours")
  func reading() throws {
    let json: JSON = [
      "document_id": "a", "kind": "noun", "payload": ["n": 1, "document_id": "ignored"],
      "vectors": ["mixpeek://x@v1/text": [1, 2, 3], "image": [0.5, 1]],
      "_internal": ["x": 1],
    ]
    let document = try Document(json, in: collection, path: "documents[0]", surroundings: surroundings)
    #expect(document.id == "a" && document.fields == ["kind": "noun", "n": 1])
    #expect(document.vectors == ["text": [1, 2, 3], "image": [0.5, 1]])
    let shown = try #require(document.json(vectors: true).object)
    #expect(shown["kind"] == "noun" && shown["vectors"]?["image"] == [0.5, 1.0] && shown["collection_id"] == "col_1")
    #expect(document.json()["vectors"] == nil)
  }

  @Test("an identifier is made when none is given")
  func identifier() throws {
    #expect(try Document(["a": 1], in: collection, path: "", surroundings: surroundings).id.hasPrefix("doc_"))
  }

  @Test(
    "a wrong vector is refused with its place",
    arguments: [
      (["text": [1, 2]], "documents[7].vectors.text", "2 numbers"), (["text": [1, 2, "x"]], "documents[7].vectors.text[2]", "element 2"),
      (["text": [1, 2, 1e39]], "documents[7].vectors.text[2]", "too large"),
      (["txt": [1, 2, 3]], "documents[7].vectors.txt", "Did you mean 'text'?"),
      (["text": "1,2,3"], "documents[7].vectors.text", "string"),
    ] as [(JSON, String, String)])
  func wrongVectors(vectors: JSON, path: String, piece: String) throws {
    do throws(Problem) {
      _ = try Document(["document_id": "a", "vectors": vectors], in: collection, path: "documents[7]", surroundings: surroundings)
      Issue.record("accepted")
    } catch {
      #expect(error.path == path)
      #expect(error.description.contains(piece), "\(error)")
    }
  }

  @Test("identifiers that cannot be said in a path or a log are refused", arguments: ["", "a\u{0}b", "a\nb", String(repeating: "x", count: 256)])
  func badIdentifiers(id: String) {
    #expect(throws: Problem.self) { try Document(["document_id": .string(id)], in: collection, path: "", surroundings: surroundings) }
  }

  @Test("vector indexes read both of the API's spellings and refuse doubles")
  func indexes() throws {
    let list = try VectorIndex.list(
      [["name": "a", "dimension": 3, "metric": "dot_product"], ["field": "f", "name": "b", "dimensions": 4, "distance": "euclidean"]], path: "v")
    #expect(list.map(\.metric) == [.dot, .euclidean] && list.map(\.dimensions) == [3, 4])
    #expect { try VectorIndex.list([["name": "a", "dimension": 3], ["name": "a", "dimension": 4]], path: "v") } throws: {
      ($0 as? Problem)?.path == "v[1].name"
    }
    #expect { try VectorIndex.list([["name": "a", "dimension": 0]], path: "v") } throws: { ($0 as? Problem)?.path == "v[0].dimension" }
  }
}

@Suite("Filters as they come in") struct FilterTests {
  @Test(
    "each form of the grammar means what it says",
    arguments: [
      (["status": "active"], .compare(field: "status", .eq, "active")),
      (["a": 1, "b": true], .all([.compare(field: "a", .eq, 1), .compare(field: "b", .eq, true)])),
      (["case_sensitive": false, "field": "n", "operator": "gte", "value": 3], .compare(field: "n", .gte, 3)),
      (["field": "n", "value": 3], .compare(field: "n", .eq, 3)),
      (
        ["OR": [["a": 1], ["AND": [["b": 2], ["c": 3]]]]],
        .any([.compare(field: "a", .eq, 1), .all([.compare(field: "b", .eq, 2), .compare(field: "c", .eq, 3)])])
      ),
      (["NOT": [["a": 1]], "AND": .null], .none([.compare(field: "a", .eq, 1)])),
    ] as [(JSON, Filter)])
  func grammar(json: JSON, expected: Filter) throws {
    #expect(try Filter(json, path: "filters") == expected)
  }

  @Test(
    "what is not in the grammar is refused where it stands",
    arguments: [
      (["field": "n", "operator": "qe", "value": 3], "filters.operator"), (["AND": ["x"]], "filters.AND[0]"), ([1], "filters"),
      (["field": "n", "operator": "in", "value": 3], "filters.value"), (["n": [1, 2]], "filters.n"),
      (["field": "n", "operator": "geo_radius", "value": 3], "filters.operator"),
    ] as [(JSON, String)])
  func refused(json: JSON, path: String) {
    #expect { try Filter(json, path: "filters") } throws: { ($0 as? Problem)?.path == path }
  }

  @Test("nesting has an end")
  func depth() {
    var json: JSON = ["a": 1]
    for _ in 0..<40 { json = ["AND": [json]] }
    #expect(throws: Problem.self) { try Filter(json, path: "filters") }
  }
}

@Suite("Cluster definitions and pages") struct ClusterDefinitionTests {
  private func body(_ config: JSON) -> JSON { ["collection_ids": ["words"], "cluster_name": "topics", "vector_config": config] }

  @Test("k-means parameters come from either place, with the contract's defaults")
  func parameters() throws {
    let own = try ClusterDefinition(
      creating: body(["clustering_method": "kmeans", "kmeans_parameters": ["n_clusters": 5, "random_state": 7]]), in: "ns", surroundings: surroundings
    )
    guard case .kmeans(let kmeans) = own.algorithm else { return }
    #expect(kmeans.clusters == 5 && kmeans.seed == 7 && kmeans.maxIterations == 300 && kmeans.runs == 10)
    let other = try ClusterDefinition(
      creating: body(["clustering_method": "kmeans", "algorithm_params": ["n_clusters": 3, "min_samples": 5]]), in: "ns", surroundings: surroundings)
    #expect(other.algorithm.json["n_clusters"] == 3)
    #expect(other.id.wholeMatch(of: /clust_[a-zA-Z0-9]+/) != nil)
  }

  @Test(
    "wrong parameters are named",
    arguments: [
      (["clustering_method": "kmean"], "vector_config.clustering_method", "Did you mean 'kmeans'?"),
      (["clustering_method": "leiden"], "vector_config.clustering_method", "'hdbscan' comes nearest"),
      (
        ["clustering_method": "hdbscan", "hdbscan_parameters": ["min_cluster_size": 1]], "vector_config.hdbscan_parameters.min_cluster_size",
        "Give 2 to"
      ),
      (
        ["clustering_method": "agglomerative", "algorithm_params": ["n_clusters": 5, "distance_threshold": 2]],
        "vector_config.algorithm_params.distance_threshold", "Give one of them"
      ),
      (["clustering_method": "spectral", "algorithm_params": ["affinity": "rfb"]], "vector_config.algorithm_params.affinity", "Did you mean 'rbf'?"),
      (["clustering_method": "dbscan", "algorithm_params": ["metric": "mahalanobis"]], "vector_config.algorithm_params.metric", "not in this build"),
      (
        ["clustering_method": "kmeans", "hdbscan_parameters": ["min_cluster_size": 9]], "vector_config.hdbscan_parameters",
        "says nothing of 'kmeans'"
      ),
      (
        ["clustering_method": "kmeans", "kmeans_parameters": ["n_clusters": 5], "algorithm_params": ["n_clusters": 4]],
        "vector_config.algorithm_params", "Give one of them"
      ),
      (
        ["clustering_method": "kmeans", "preprocessing_steps": [["method": "pcs"]]], "vector_config.preprocessing_steps[0].method",
        "Did you mean 'pca'?"
      ),
      (["clustering_method": "kmeans", "vis_n_components": 4], "vector_config.vis_n_components", "Give 2 to 3"),
      (["clustering_method": "kmeans", "kmeans_parameters": ["n_clusters": 1]], "vector_config.kmeans_parameters.n_clusters", "Give 2 to 1000"),
      (
        ["clustering_method": "kmeans", "kmeans_parameters": ["n_cluster": 5]], "vector_config.kmeans_parameters.n_cluster",
        "Did you mean 'n_clusters'?"
      ),
      ([:], "vector_config.clustering_method", "missing"),
    ] as [(JSON, String, String)])
  func refused(config: JSON, path: String, piece: String) {
    do throws(Problem) {
      _ = try ClusterDefinition(creating: body(config), in: "ns", surroundings: surroundings)
      Issue.record("accepted")
    } catch {
      #expect(error.path == path)
      #expect(error.description.contains(piece), "\(error)")
    }
  }

  @Test("pages read every alias and keep their limits")
  func pages() throws {
    #expect(try Page(Fields(["page_size": 7, "page": 3])) == Page(limit: 7, offset: 14))
    #expect(try Page(Fields(["limit": 5, "next_cursor": "c", "include_total": true])) == Page(limit: 5, cursor: "c", includeTotal: true))
    #expect(throws: Problem.self) { try Page(Fields(["limit": 0])) }
    #expect(throws: Problem.self) { try Page(Fields(["offset": 10001])) }
  }

  @Test("keys are shown once: what is kept is a hash, and the hash is of the whole key")
  func keys() {
    let (key, secret) = APIKey.make(name: "first", surroundings: .real)
    #expect(secret.hasPrefix("sk_") && secret.count == 46 && key.hash == SHA256.hex(secret) && secret.hasPrefix(key.prefix))
    #expect(!key.json.text.contains(secret) && !key.json.text.contains(key.hash))
    var revoked = key
    revoked.revokedAt = Instant(seconds: 1)
    #expect(key.isUsable(at: Instant(seconds: 5)) && !revoked.isUsable(at: Instant(seconds: 5)))
  }
}
