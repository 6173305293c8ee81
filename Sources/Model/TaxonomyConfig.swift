package import Basics

/// What a taxonomy is made of: where its nodes come from, and what documents get from them.
package struct TaxonomyConfig: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable { case flat, hierarchical }

  /// Where the nodes come from.
  package enum Source: Sendable, Equatable {
    /// Each document of the collection is a node; with a field that names its parent, by identifier, they are a tree.
    case documents(collectionID: String, parentField: String?)
    /// Documents carry the path of their node, as `Animals/Birds`: every beginning of a path is a node, and they are its examples.
    case paths(collectionIDs: [String], field: String, separator: String)
    /// Each collection is a node, and its documents are the examples.
    case collections([CollectionNode])
  }

  package struct CollectionNode: Sendable, Equatable {
    package var collectionID: String
    package var parentID: String?
    package var label: String?
    package var summary: String?
    package var keywords: [String]?
    package var enrichment: [EnrichmentField]?
  }

  package var kind: Kind
  package var source: Source
  /// How many nodes a document gets.
  package var top: Int
  /// Nil gives the node's whole payload.
  package var enrichment: [EnrichmentField]?
  package var classification: Classification
  /// Of a flat one: the retriever whose filters say which documents are nodes, and whose search how near is near enough.
  package private(set) var retrieverID: String?
  /// As given, with the type's tag: what the API answers.
  package private(set) var object: JSONObject

  private static let common = ["taxonomy_type", "retriever_id", "input_mappings", "source_collection", "top_k", "step_analytics", "classification"]
  private static let hierarchical =
    common + [
      "inference_strategy", "inference_collections", "llm_provider", "llm_model", "llm_prompt_template", "llm_sample_size", "cluster_ids",
      "cluster_overlap_threshold", "hierarchical_nodes", "path_field", "path_separator", "parent_field",
    ]

  /// Reads a `config`; `classification` may stand in it, or come from the metadata beside it.
  package init(_ json: JSON, metadata: JSONObject = JSONObject(), path: String = "config") throws(Problem) {
    let free = try Fields(json, path: path)
    let isTree =
      ["path_field", "parent_field", "inference_strategy"].contains { free[$0] != nil } || free["hierarchical_nodes"]?.array?.isEmpty == false
    kind = try free.choice("taxonomy_type") ?? (isTree ? .hierarchical : .flat)
    let fields = try Fields(json, path: path, accepting: kind == .flat ? Self.common : Self.hierarchical)
    top = Int(try fields.int("top_k", in: 1...50) ?? 1)
    classification =
      fields["classification"] == nil
      ? try Classification(metadata["classification"], path: "metadata.classification")
      : try Classification(fields["classification"], path: fields.at("classification"))
    if classification.vectorIndex == nil { classification.vectorIndex = try Self.mappedIndex(fields) }
    let collection = try Fields(fields["source_collection"], path: fields.at("source_collection"), accepting: ["collection_id", "enrichment_fields"])
    enrichment = try EnrichmentField.list(collection["enrichment_fields"], path: collection.at("enrichment_fields"))
    source = kind == .flat ? try Self.documents(fields, collection) : try Self.tree(fields, collection)
    retrieverID = try fields.string("retriever_id")
    object = fields.object
    object["taxonomy_type"] = .string(kind.rawValue)
    object["top_k"] = kind == .flat ? .int(top) : object["top_k"]
    object["classification"] = classification == Classification() ? nil : classification.json
    if classification.method == .neighbors, classification.examples == nil, case .documents = source {
      throw Problem(
        .invalid, "the method 'neighbors' needs examples",
        hint: "Give {\"examples\": {\"collection_id\": \"col_labelled\", \"node_field\": \"category\"}}",
        path: fields.at("classification.examples"))
    }
  }

  private static func documents(_ fields: Fields, _ collection: Fields) throws(Problem) -> Source {
    guard fields["source_collection"] != nil else { throw fields.missing("source_collection", example: "{\"collection_id\": \"col_nodes\"}") }
    return .documents(
      collectionID: try collection.required("collection_id", example: "\"col_nodes\""), parentField: try fields.string("parent_field"))
  }

  private static func tree(_ fields: Fields, _ collection: Fields) throws(Problem) -> Source {
    let ways = ["path_field", "hierarchical_nodes", "inference_strategy", "parent_field"].filter { fields[$0] != nil && fields[$0] != .array([]) }
    guard let way = ways.first else {
      throw Problem(
        .invalid, "it is not said where the nodes come from",
        hint: "Give one of: path_field, hierarchical_nodes, parent_field with source_collection",
        path: fields.path)
    }
    guard ways.count == 1 else {
      throw Problem(
        .invalid, "\(ways.joined(separator: " and ")) exclude each other", hint: "Give one of them", path: fields.at(ways[1]))
    }
    switch way {
    case "path_field":
      let field = try fields.required("path_field", example: "\"category_path\"")
      let separator = try fields.string("path_separator") ?? "/"
      if separator.isEmpty { throw Problem(.invalid, "'path_separator' is empty", hint: "For example \"/\"", path: fields.at("path_separator")) }
      let own = try collection.string("collection_id").map { [$0] }
      guard let collections = try fields.strings("inference_collections", atLeast: 1) ?? own else {
        throw fields.missing("inference_collections", example: "[\"col_products\"]")
      }
      return .paths(collectionIDs: collections, field: field, separator: separator)
    case "hierarchical_nodes": return .collections(try nodes(fields))
    case "parent_field": return try documents(fields, collection)
    default:
      throw Problem(
        .unsupported, "the inference_strategy '\(fields["inference_strategy"]?.string ?? "")' is not in this build",
        hint: "Give path_field, hierarchical_nodes or parent_field; of a cluster run, POST /v1/taxonomies/from-documents makes a taxonomy",
        path: fields.at("inference_strategy"))
    }
  }

  private static func nodes(_ fields: Fields) throws(Problem) -> [CollectionNode] {
    guard let items = fields["hierarchical_nodes"]?.array else {
      throw Problem(.invalid, "expected an array", hint: "For example [{\"collection_id\": \"col_animals\"}]", path: fields.at("hierarchical_nodes"))
    }
    var result: [CollectionNode] = []
    for (position, item) in items.enumerated() {
      let node = try Fields(
        item, path: "\(fields.at("hierarchical_nodes"))[\(position)]",
        accepting: ["collection_id", "parent_collection_id", "label", "summary", "keywords", "retriever_id", "enrichment_fields", "input_mappings"])
      result.append(
        CollectionNode(
          collectionID: try node.required("collection_id", example: "\"col_animals\""), parentID: try node.string("parent_collection_id"),
          label: try node.string("label"), summary: try node.string("summary"), keywords: try node.strings("keywords"),
          enrichment: try EnrichmentField.list(node["enrichment_fields"], path: node.at("enrichment_fields"))))
    }
    return result
  }

  /// The vector index that an input mapping of the source type `vector` names.
  private static func mappedIndex(_ fields: Fields) throws(Problem) -> String? {
    guard let given = fields["input_mappings"] else { return nil }
    guard let items = given.array else { throw Problem(.invalid, "expected an array, got \(given.typeName)", path: fields.at("input_mappings")) }
    var found: String?
    for (position, item) in items.enumerated() {
      let mapping = try Fields(item, path: "\(fields.at("input_mappings"))[\(position)]")
      _ = try mapping.required("input_key", example: "\"query\"")
      if try mapping.string("source_type") == "vector", let path = try mapping.string("path"), found == nil {
        found = path.split { $0 == "/" || $0 == "." }.last.map(String.init)
      }
    }
    return found
  }

  /// The same with every collection named by what `resolve` makes of its name; the second argument is the place in the request.
  package func resolving(_ resolve: (String, String) throws(Problem) -> String) throws(Problem) -> TaxonomyConfig {
    var result = self
    switch source {
    case .documents(let id, let parentField):
      let found = try resolve(id, "config.source_collection.collection_id")
      result.source = .documents(collectionID: found, parentField: parentField)
      result.name(found)
    case .paths(let ids, let field, let separator):
      var found: [String] = []
      let isNamed = object["inference_collections"]?.array != nil
      for (position, id) in ids.enumerated() {
        found.append(try resolve(id, isNamed ? "config.inference_collections[\(position)]" : "config.source_collection.collection_id"))
      }
      result.source = .paths(collectionIDs: found, field: field, separator: separator)
      if isNamed { result.object["inference_collections"] = .array(found.map(JSON.string)) } else { result.name(found[0]) }
    case .collections(let nodes):
      var resolved = nodes
      var items = object["hierarchical_nodes"]?.array ?? []
      for (position, node) in nodes.enumerated() {
        let at = "config.hierarchical_nodes[\(position)]"
        var item = items[position].object ?? JSONObject()
        resolved[position].collectionID = try resolve(node.collectionID, "\(at).collection_id")
        item["collection_id"] = .string(resolved[position].collectionID)
        if let parent = node.parentID {
          resolved[position].parentID = try resolve(parent, "\(at).parent_collection_id")
          item["parent_collection_id"] = .optional(resolved[position].parentID)
        }
        items[position] = .object(item)
      }
      result.source = .collections(resolved)
      result.object["hierarchical_nodes"] = .array(items)
    }
    if let examples = classification.examples {
      result.classification.examples?.collectionID = try resolve(examples.collectionID, "config.classification.examples.collection_id")
      result.object["classification"] = result.classification.json
    }
    return result
  }

  private mutating func name(_ collectionID: String) {
    var named = object["source_collection"]?.object ?? JSONObject()
    named["collection_id"] = .string(collectionID)
    object["source_collection"] = .object(named)
  }

  /// The collections that it reads.
  package var collectionIDs: [String] {
    switch source {
    case .documents(let id, _): [id]
    case .paths(let ids, _, _): ids
    case .collections(let nodes): nodes.map(\.collectionID)
    }
  }
}
