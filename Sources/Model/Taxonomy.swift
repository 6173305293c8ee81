package import Basics

/// A set of categories, flat or as a tree, that documents are put under by their vectors.
package struct Taxonomy: Sendable, Equatable {
  package var id: String
  package var namespaceID: String
  package var name: String
  package var description: String?
  /// Counts the configurations that it has had, from 1.
  package var version: Int64
  package var config: TaxonomyConfig
  package var metadata: JSONObject
  package var createdAt: Instant
  package var updatedAt: Instant

  package init(
    id: String, namespaceID: String, name: String, description: String? = nil, version: Int64 = 1, config: TaxonomyConfig,
    metadata: JSONObject = JSONObject(), createdAt: Instant, updatedAt: Instant? = nil
  ) {
    self.id = id
    self.namespaceID = namespaceID
    self.name = name
    self.description = description
    self.version = version
    self.config = config
    self.metadata = metadata
    self.createdAt = createdAt
    self.updatedAt = updatedAt ?? createdAt
  }

  package init(creating body: JSON, in namespaceID: String, surroundings: Surroundings) throws(Problem) {
    let fields = try Fields(body, accepting: ["taxonomy_name", "description", "config", "metadata"])
    let metadata = try fields.objectValue("metadata") ?? JSONObject()
    let name = try Names.check(fields.required("taxonomy_name", example: "\"products\""), path: "taxonomy_name")
    guard let config = fields["config"] else {
      throw fields.missing("config", example: "{\"taxonomy_type\": \"flat\", \"source_collection\": {\"collection_id\": \"col_nodes\"}}")
    }
    self.init(
      id: Identifier.make("tax", surroundings), namespaceID: namespaceID, name: name, description: try fields.string("description"),
      config: try TaxonomyConfig(config, metadata: metadata), metadata: metadata, createdAt: surroundings.now())
  }

  /// The name of a field of `_internal` in which this taxonomy keeps something of a document: `_taxonomy_tax_1_label`.
  package func mark(_ name: String) -> String { "_taxonomy_\(id)_\(name)" }

  /// Shown where a flat taxonomy names no retriever: clients of the contract cannot read one without. It may come back in a copy of the
  /// configuration, and means none.
  package var standIn: String { Identifier.derived("ret", from: id) }

  package var json: JSON {
    var config = self.config.object
    // Clients of the contract refuse a flat configuration without them.
    if self.config.kind == .flat {
      if config["retriever_id"] == nil { config["retriever_id"] = .string(standIn) }
      if config["input_mappings"] == nil { config["input_mappings"] = [] }
    }
    return [
      "taxonomy_id": .string(id), "version": .int(version), "taxonomy_name": .string(name), "description": .optional(description),
      "retriever_id": config["retriever_id"] ?? .null, "config": .object(config), "ready": true, "metadata": .object(metadata),
      "namespace_id": .string(namespaceID), "created_at": .instant(createdAt), "updated_at": .instant(updatedAt),
    ]
  }
}
