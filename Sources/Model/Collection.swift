package import Basics

/// A set of documents with the vector indexes that they share.
package struct Collection: Sendable, Equatable {
  package var id: String
  package var namespaceID: String
  package var name: String
  package var description: String?
  package var vectorIndexes: [VectorIndex]
  package var metadata: JSONObject
  /// What the caller said of source and extractor, answered as given.
  package var source: JSON
  package var extractor: JSON
  /// Whether batches fill it; what it holds can be read, changed and grouped either way.
  package var isEnabled: Bool
  package var createdAt: Instant
  package var updatedAt: Instant

  package init(
    id: String, namespaceID: String, name: String, description: String? = nil, vectorIndexes: [VectorIndex] = [], metadata: JSONObject = JSONObject(),
    source: JSON = ["type": "direct_upsert"], extractor: JSON = .null, isEnabled: Bool = true, createdAt: Instant, updatedAt: Instant
  ) {
    self.id = id
    self.namespaceID = namespaceID
    self.name = name
    self.description = description
    self.vectorIndexes = vectorIndexes
    self.metadata = metadata
    self.source = source
    self.extractor = extractor
    self.isEnabled = isEnabled
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }

  package static let accepted = [
    "collection_id", "collection_name", "description", "source", "input_schema", "feature_extractor", "features", "enabled", "metadata", "schedule",
    "taxonomy_applications", "cluster_applications", "alert_applications", "retriever_enrichments", "retriever_transform", "embedding_task",
    "vector_indexes", "vector_configs",
  ]

  /// Reads a create request. Vector indexes come from `vector_indexes` (ours), the passthrough extractor's `vector_fields` (the SDK's way),
  /// or the namespace.
  package init(creating body: JSON, in namespace: Namespace, surroundings: Surroundings) throws(Problem) {
    let fields = try Fields(body, accepting: Self.accepted)
    try fields.check(["input_schema": .object, "embedding_task": .string])
    try fields.refuse(["features"], hint: "Name a feature_extractor: passthrough_extractor, hashing_extractor, http_extractor or script_extractor")
    try fields.refuse(["retriever_enrichments", "retriever_transform"], hint: "Let a trigger do it, or a hook of one")
    let name = try Names.check(fields.required("collection_name", example: "\"words\""), path: "collection_name")
    var indexes = try VectorIndex.list(fields["vector_indexes"], path: "vector_indexes")
    if indexes.isEmpty { indexes = try VectorIndex.list(fields["vector_configs"], path: "vector_configs") }
    let extractor = try fields.objectValue("feature_extractor")
    if indexes.isEmpty, let extractor {
      indexes = try VectorIndex.list(extractor["parameters"]?["vector_fields"], path: "feature_extractor.parameters.vector_fields")
    }
    let method = try FeatureExtractor(extractor.map(JSON.object) ?? .null)
    if let own = method.index {
      // Given or inherited indexes hold what the extractor makes, or it brings its own.
      if indexes.isEmpty {
        indexes = [own]
      } else if let named = indexes.first(where: { $0.name == own.name }) {
        guard named.dimensions == own.dimensions else {
          throw Problem(
            .invalid, "index '\(own.name)' has \(named.dimensions) dimensions, the extractor makes \(own.dimensions)",
            hint: "Give the extractor \"dimensions\": \(named.dimensions)", path: "feature_extractor.parameters.dimensions")
        }
      } else {
        indexes.append(own)
      }
    }
    if indexes.isEmpty { indexes = namespace.vectorIndexes }
    let source = try Fields(fields["source"], path: "source")
    if !source.object.isEmpty {
      _ = try CollectionSource(.object(source.object))
      guard source["type"] != nil else { throw source.missing("type", example: "\"bucket\"") }
    }
    let now = surroundings.now()
    self.init(
      id: Identifier.make("col", surroundings), namespaceID: namespace.id, name: name, description: try fields.string("description"),
      vectorIndexes: indexes, metadata: try fields.objectValue("metadata") ?? JSONObject(),
      source: source.object.isEmpty ? ["type": "direct_upsert"] : .object(source.object), extractor: extractor.map(JSON.object) ?? .null,
      isEnabled: try fields.bool("enabled") ?? true, createdAt: now, updatedAt: now)
  }

  package func index(named name: String) -> VectorIndex? { vectorIndexes.first { $0.name == name } }

  package func json(documentCount: Int64) -> JSON {
    return [
      "collection_id": .string(id), "collection_name": .string(name), "namespace_id": .string(namespaceID), "description": .optional(description),
      "source": source, "feature_extractor": .object(FeatureExtractor.shown(extractor)), "vector_indexes": .array(vectorIndexes.map(\.json)),
      "metadata": .object(metadata),
      "enabled": .bool(isEnabled), "document_count": .int(documentCount), "created_at": .instant(createdAt), "updated_at": .instant(updatedAt),
    ]
  }
}
