package import Basics

/// How documents are to be grouped: which collections, by which algorithm, and where the result goes.
package struct ClusterDefinition: Sendable, Equatable {
  package var id: String
  package var namespaceID: String
  package var name: String
  package var description: String?
  package var collectionIDs: [String]
  package var algorithm: Algorithm
  /// The vector index whose vectors are clustered; nil means the first of the first collection.
  package var vectorIndex: String?
  package var normalize: Bool
  package var filters: JSON
  package var enrichSource: Bool
  /// Which result field goes into which document field when the sources are enriched.
  package var enrichment: [String: String]
  package var outputCollectionIDs: [String]
  /// The text fields that keywords are made from; nil means every string field.
  package var textFields: [String]?
  package var metadata: JSONObject
  /// The `vector_config` as it was given, and beside it the `llm_labeling`.
  package var vectorConfig: JSONObject
  package var lastRunID: String?
  package var lastTaskID: String?
  package var createdAt: Instant
  package var updatedAt: Instant

  package enum Kind: String, Sendable, CaseIterable { case vector, attribute }

  package var kind: Kind { if case .attribute = algorithm { .attribute } else { .vector } }
  /// What the vector_config says beside the algorithm; it was checked when it was stored.
  package var options: ClusterOptions { (try? ClusterOptions(Fields(.object(vectorConfig)))) ?? ClusterOptions() }

  package static let accepted = [
    "collection_ids", "source_cluster_ids", "cluster_name", "description", "metadata", "cluster_type", "vector_config", "attribute_config", "filters",
    "llm_labeling", "enrich_source_collection", "source_enrichment_config", "auto_execute_on_batch", "auto_execute_min_documents",
    "auto_execute_cooldown_seconds",
  ]

  /// What a `vector_config` may say.
  static let vectorNames =
    [
      "clustering_method", "algorithm_params", "feature_uri", "feature_uris", "feature_extractor_name", "version", "output_name",
      "normalize_features",
      "multi_feature_strategy", "feature_weights", "weight_learning_config", "output_strategy", "effective_feature_method", "enrich_source",
      "face_cluster_merge", "hierarchical", "max_hierarchy_depth",
    ] + ClusterOptions.names + (Algorithm.known + ["leiden", "evoc"]).map { $0 + "_parameters" }

  /// The result fields that enrichment can write.
  package static let enrichable = ["cluster_id", "cluster_label", "distance_to_centroid", "member_count", "keywords", "probability", "x", "y", "z"]

  package init(
    id: String, namespaceID: String, name: String, description: String? = nil, collectionIDs: [String], algorithm: Algorithm,
    vectorIndex: String? = nil,
    normalize: Bool = true, filters: JSON = .null, enrichSource: Bool = false, enrichment: [String: String] = [:], outputCollectionIDs: [String] = [],
    textFields: [String]? = nil, metadata: JSONObject = JSONObject(), vectorConfig: JSONObject = JSONObject(), createdAt: Instant
  ) {
    self.id = id
    self.namespaceID = namespaceID
    self.name = name
    self.description = description
    self.collectionIDs = collectionIDs
    self.algorithm = algorithm
    self.vectorIndex = vectorIndex
    self.normalize = normalize
    self.filters = filters
    self.enrichSource = enrichSource
    self.enrichment = enrichment
    self.outputCollectionIDs = outputCollectionIDs
    self.textFields = textFields
    self.metadata = metadata
    self.vectorConfig = vectorConfig
    self.createdAt = createdAt
    updatedAt = createdAt
  }

  package init(creating body: JSON, in namespaceID: String, surroundings: Surroundings) throws(Problem) {
    let fields = try Fields(body, accepting: Self.accepted)
    let type: Kind = try fields.choice("cluster_type") ?? (fields["attribute_config"] == nil ? .vector : .attribute)
    guard let collections = try fields.strings("collection_ids", atLeast: 1) else {
      throw fields.missing("collection_ids", example: "[\"col_words\"]")
    }
    let algorithm: Algorithm
    let config = try Fields(fields["vector_config"], path: "vector_config", accepting: Self.vectorNames)
    switch type {
    case .attribute:
      guard let configuration = fields["attribute_config"] else {
        throw fields.missing("attribute_config", example: "{\"attributes\": [\"category\"]}")
      }
      algorithm = .attribute(try AttributeGrouping(Fields(configuration, path: "attribute_config")))
    case .vector:
      guard fields["vector_config"] != nil else {
        throw fields.missing("vector_config", example: "{\"clustering_method\": \"kmeans\", \"kmeans_parameters\": {\"n_clusters\": 8}}")
      }
      algorithm = try Algorithm(vectorConfig: config)
    }
    _ = try ClusterOptions(config)
    try Self.refuseWhatIsNotHere(config)
    let single = try config.string("feature_uri").map { [$0] }
    let uris = try config.strings("feature_uris", atLeast: 1) ?? single ?? []
    guard uris.count <= 1 else {
      throw Problem(
        .unsupported, "\(uris.count) feature_uris are given", hint: "This build clusters one vector index at a time",
        path: "vector_config.feature_uris")
    }
    let id = Identifier.make("clust", surroundings)
    let metadata = try fields.objectValue("metadata") ?? JSONObject()
    var mapping: [String: String] = [:]
    let enrichment = try Fields(fields["source_enrichment_config"], path: "source_enrichment_config")
    for (position, item) in (enrichment["field_mappings"]?.array ?? []).enumerated() {
      let entry = try Fields(item, path: "source_enrichment_config.field_mappings[\(position)]", accepting: ["source_field", "target_field"])
      let source = try entry.required("source_field", example: "\"cluster_id\"")
      guard Self.enrichable.contains(source) else {
        throw Problem(
          .invalid, "unknown source_field '\(source)'", hint: "One of: \(Self.enrichable.joined(separator: ", "))", path: entry.at("source_field"),
          didYouMean: Suggestion.nearest(to: source, in: Self.enrichable))
      }
      mapping[source] = try entry.required("target_field", example: "\"topic\"")
    }
    if let filters = fields["filters"] { _ = try Filter(filters, path: "filters") }
    var said = config.object
    // What names groups by a language model is kept and told again; nobody asks one here.
    said["llm_labeling"] = try fields.objectValue("llm_labeling").map(JSON.object)
    if type == .attribute { said["aggregation_method"] = fields["attribute_config"]?["aggregation_method"] }
    let enriches = try fields.bool("enrich_source_collection") ?? false
    let enrichesByConfig = try config.bool("enrich_source") ?? false
    self.init(
      id: id, namespaceID: namespaceID,
      name: try fields.string("cluster_name").map { name throws(Problem) in try Names.check(name, path: "cluster_name") }
        ?? "cluster_\(id.suffix(6))",
      description: try fields.string("description"), collectionIDs: collections, algorithm: algorithm,
      vectorIndex: uris.first.map { $0.split(separator: "/").last.map(String.init) ?? $0 }, normalize: try config.bool("normalize_features") ?? true,
      filters: fields["filters"] ?? .null, enrichSource: enriches || enrichesByConfig, enrichment: mapping,
      textFields: try Fields(.object(metadata), path: "metadata").strings("text_fields"), metadata: metadata, vectorConfig: said,
      createdAt: surroundings.now())
  }

  /// What the contract's `vector_config` knows and this build does not do; its defaults pass, as typed clients send them.
  private static func refuseWhatIsNotHere(_ config: Fields) throws(Problem) {
    func choose(_ key: String, _ words: [String], here: [String], _ instead: String) throws(Problem) {
      guard let word = try config.string(key), !here.contains(word) else { return }
      guard words.contains(word) else {
        throw Problem(
          .invalid, "unknown \(key) '\(word)'", hint: "One of: \(words.joined(separator: ", "))", path: config.at(key),
          didYouMean: Suggestion.nearest(to: word, in: words), details: ["accepted": .array(words.map(JSON.string)), "type": "enum"])
      }
      throw Problem(.unsupported, "\(key) '\(word)' is not in this build", hint: instead, path: config.at(key))
    }
    // With one vector index each of these strategies is the same.
    let strategies = ["concatenate", "independent", "weighted"]
    try choose("multi_feature_strategy", strategies, here: strategies, "")
    try choose("output_strategy", ["single", "per_feature"], here: ["single", "per_feature"], "")
    try choose("effective_feature_method", ["mean", "median", "medoid"], here: ["mean"], "Give \"mean\"; representatives name each cluster's medoid")
    let weights = try Fields(config["feature_weights"], path: config.at("feature_weights"))
    for name in weights.object.keys {
      guard weights.object[name]?.double == nil else { continue }
      throw Problem(
        .invalid, "expected a number, got \(weights.object[name]?.typeName ?? "nothing")", hint: "For example 0.5", path: weights.at(name))
    }
    for key in ["feature_extractor_name", "version", "output_name"] { _ = try config.string(key) }
    _ = try config.int("max_hierarchy_depth", in: 1...5)
    if try config.bool("hierarchical") ?? false {
      throw Problem(
        .unsupported, "clusters of clusters ('hierarchical') are not in this build",
        hint: "'agglomerative' gives the whole tree; or run in mode \"composite\" over this cluster's runs", path: config.at("hierarchical"),
        didYouMean: "agglomerative")
    }
    if config["weight_learning_config"] != nil {
      throw Problem(
        .unsupported, "weights are not learned in this build", hint: "Leave it out: one vector index needs none",
        path: config.at("weight_learning_config"))
    }
    let merge = try Fields(config["face_cluster_merge"], path: config.at("face_cluster_merge"))
    if config["face_cluster_merge"] != nil, try merge.bool("enabled") ?? true {
      throw Problem(.unsupported, "'face_cluster_merge' is not in this build", hint: "Leave it out", path: config.at("face_cluster_merge"))
    }
  }
}
