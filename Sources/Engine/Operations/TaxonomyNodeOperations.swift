import Basics
import Clustering
import Model
import Store

/// Taxonomies and nodes that are made of documents, or of the groups that a clustering found.
extension Operation {
  private static let nodeNames = ["node_label", "documents", "node_fields", "vector_name", "provenance"]

  static let taxonomyNodeOperations: [Operation] = [
    Operation(
      "create_taxonomy_from_documents", "POST", "/v1/taxonomies/from-documents",
      "Make a flat taxonomy whose first node is the middle of some documents, or whose nodes are the groups of a cluster run", tag: "Taxonomies",
      scope: .write, body: nodeNames + ["cluster_run", "taxonomy_name", "description", "enrichment_target_field"]
    ) { host, call throws(Problem) in
      let fields = try Fields(call.body, accepting: nodeNames + ["cluster_run", "taxonomy_name", "description", "enrichment_target_field"])
      let name = try Names.check(fields.required("taxonomy_name", example: "\"products\""), path: "taxonomy_name")
      let origin = NodeOrigin(host, namespaceID: try call.namespaceID(), fields)
      if fields["documents"] != nil, fields["cluster_run"] != nil {
        throw Problem(.invalid, "documents and cluster_run exclude each other", hint: "Give one of them", path: "cluster_run")
      }
      let made = fields["cluster_run"] == nil ? try origin.documents() : try origin.run()
      let now = host.surroundings.now()
      let id = Identifier.make("tax", host.surroundings)
      let collection = Collection(
        id: Identifier.make("col", host.surroundings), namespaceID: try call.namespaceID(), name: "\(name)_nodes_\(id.suffix(6))".suffixed(100),
        description: "The nodes of taxonomy \(name)", vectorIndexes: [made.index], createdAt: now, updatedAt: now)
      let target = try fields.string("enrichment_target_field") ?? "\(name)_label"
      let config = try TaxonomyConfig([
        "taxonomy_type": "flat",
        "source_collection": [
          "collection_id": .string(collection.id), "enrichment_fields": [["field_path": "label", "target_field": .string(target)]],
        ],
        "classification": ["vector_index": .string(made.index.name)],
      ])
      let taxonomy = Taxonomy(
        id: id, namespaceID: collection.namespaceID, name: name, description: try fields.string("description"), config: config, createdAt: now)
      var transaction = Transaction()
      transaction.insert(collection)
      transaction.insert(taxonomy)
      let documents = made.nodes.map { $0.document(in: collection, at: now) }
      do throws(Problem) {
        _ = try host.write([.statements(transaction), collection.inserting(documents)])
      } catch {
        guard error.kind == .conflict else { throw error }
        throw Problem(.conflict, "taxonomy '\(name)' exists", hint: "Choose another taxonomy_name", path: "taxonomy_name")
      }
      return .json(made.answer(taxonomy, collection, isNew: true))
    },
    Operation(
      "create_taxonomy_node_from_documents", "POST", "/v1/taxonomies/{taxonomy_identifier}/nodes/from-documents",
      "Add a node that is the middle of some documents", tag: "Taxonomies", scope: .write, body: nodeNames
    ) { host, call throws(Problem) in
      let taxonomy = try host.taxonomy(call)
      let fields = try Fields(call.body, accepting: nodeNames)
      guard case .documents(let id, _) = taxonomy.config.source else {
        throw Problem(
          .invalid, "the nodes of taxonomy '\(taxonomy.name)' are no documents", hint: "Add documents to its collections instead",
          path: "taxonomy_identifier")
      }
      let collection = try host.collection(id, in: taxonomy.namespaceID, path: "taxonomy_identifier")
      let index = try host.read { reader throws(Problem) in try TaxonomyNodes.check(taxonomy, in: reader).index }
      let made = try NodeOrigin(host, namespaceID: taxonomy.namespaceID, fields).documents(fitting: index)
      let now = host.surroundings.now()
      _ = try host.write([collection.inserting(made.nodes.map { $0.document(in: collection, at: now) })])
      return .json(made.answer(taxonomy, collection, isNew: false))
    },
  ]
}

extension Collection {
  fileprivate func inserting(_ documents: [Document]) -> Write {
    .documents(DocumentWrite(namespaceID: namespaceID, collectionID: id, collectionName: name, changes: documents.map { .insert($0) }))
  }
}

extension String {
  /// The end of it, so long at most.
  fileprivate func suffixed(_ length: Int) -> String { String(suffix(length)) }
}

/// Nodes that are to be made, and what they were made of.
private struct MadeNodes {
  struct Node {
    var id: String
    var label: String
    var fields: JSONObject
    var vector: [Float]
    var indexName: String
    /// Of a cluster's node: the cluster, and how many it had.
    var cluster: (id: String, members: Int)?

    func document(in collection: Collection, at now: Instant) -> Document {
      Document(id: id, collectionID: collection.id, fields: fields, vectors: [indexName: vector], createdAt: now, updatedAt: now)
    }
  }

  var nodes: [Node]
  var index: VectorIndex
  var used: Int
  var skipped: [JSON] = []

  func answer(_ taxonomy: Taxonomy, _ collection: Collection, isNew: Bool) -> JSON {
    var answer: JSONObject = [
      "taxonomy_id": .string(taxonomy.id), "taxonomy_name": .string(taxonomy.name), "node_document_id": .optional(nodes.first?.id),
      "node_collection_id": .string(collection.id), "node_label": .optional(nodes.first?.label), "vector_name": .string(index.name),
      "vector_dimensions": .int(index.dimensions), "documents_used": .int(used), "documents_skipped": .array(skipped),
      "taxonomy_created": .bool(isNew), "retriever_id": taxonomy.json["retriever_id"] ?? .null,
      "enrichment_hint": .string("POST /v1/collections/{collection}/apply-taxonomy {\"taxonomy_id\": \"\(taxonomy.id)\"}"),
    ]
    let promoted = nodes.compactMap { node -> JSON? in
      node.cluster.map {
        [
          "node_document_id": .string(node.id), "node_label": .string(node.label), "cluster_id": .string($0.id), "member_count": .int($0.members),
        ]
      }
    }
    if !promoted.isEmpty { answer["nodes"] = .array(promoted) }
    return .object(answer)
  }
}

/// Where the nodes of a request come from.
private struct NodeOrigin {
  private static let most = 200

  private let host: Host
  private let namespaceID: String
  private let fields: Fields

  init(_ host: Host, namespaceID: String, _ fields: Fields) {
    self.host = host
    self.namespaceID = namespaceID
    self.fields = fields
  }

  /// One node: the mean of the directions of the documents. Those that are gone or have no vector are left out, and told.
  func documents(fitting wanted: VectorIndex? = nil) throws(Problem) -> MadeNodes {
    guard let given = fields["documents"] else {
      throw fields.missing("documents", example: "[{\"collection_id\": \"col_words\", \"document_id\": \"doc_1\"}]")
    }
    guard let items = given.array, (1...Self.most).contains(items.count) else {
      throw Problem(
        .invalid, "documents is \(given.typeName) \(given.brief)", hint: "Give 1 to \(Self.most) of {\"collection_id\", \"document_id\"}",
        path: "documents")
    }
    let label = try fields.required("node_label", example: "\"Shoes\"")
    var index = wanted
    var (values, skipped): ([[Float]], [JSON]) = ([], [])
    for (position, item) in items.enumerated() {
      let reference = try Fields(item, path: "documents[\(position)]", accepting: ["collection_id", "document_id"])
      let collection = try host.collection(
        reference.required("collection_id", example: "\"col_words\""), in: namespaceID, path: reference.at("collection_id"))
      let id = try reference.required("document_id", example: "\"doc_1\"")
      let own = try self.index(of: collection, fitting: index)
      if index == nil { index = own }
      let document = try host.read { reader throws(Problem) in try reader.document(id, collectionID: collection.id, in: namespaceID) }
      if let vector = document?.vectors[own.name] {
        values.append(vector)
      } else {
        skipped.append([
          "collection_id": .string(collection.id), "document_id": .string(id),
          "reason": .string(document == nil ? "it does not exist" : "it has no vector '\(own.name)'"),
        ])
      }
    }
    guard let index, !values.isEmpty else {
      throw Problem(
        .invalid, "none of the documents has a vector", hint: "Name documents that have one", path: "documents",
        details: ["documents_skipped": .array(skipped)])
    }
    let none = try Matrix(rows: 1, columns: index.dimensions, values: Array(repeating: 0, count: index.dimensions))
    let middle = try TaxonomyAnchors.learn(nodes: none, examples: Matrix(values), labels: Array(repeating: 0, count: values.count))
    var content = try fields.objectValue("node_fields") ?? JSONObject()
    content.members.removeAll { Document.reserved.contains($0.key) }
    content["label"] = .string(label)
    if let provenance = try fields.objectValue("provenance") { content["provenance"] = .object(provenance) }
    let node = MadeNodes.Node(
      id: Identifier.make("doc", host.surroundings), label: label, fields: content, vector: middle[0], indexName: index.name)
    return MadeNodes(nodes: [node], index: index, used: values.count, skipped: skipped)
  }

  private func index(of collection: Collection, fitting wanted: VectorIndex?) throws(Problem) -> VectorIndex {
    let known = collection.vectorIndexes
    let name = try fields.string("vector_name")
    let found = name.map { name in known.first { $0.name == name } } ?? known.first { $0.name == wanted?.name } ?? (known.count == 1 ? known[0] : nil)
    guard let found, wanted == nil || wanted?.dimensions == found.dimensions else {
      throw Problem(
        .invalid,
        name.map { "collection '\(collection.name)' has no vector index '\($0)'\(wanted.map { " of \($0.dimensions) dimensions" } ?? "")" }
          ?? "collection '\(collection.name)' has no vector index that fits",
        hint: known.isEmpty ? "Create it with vector_indexes" : "Name one of: \(known.map(\.name).joined(separator: ", "))", path: "vector_name",
        didYouMean: name.flatMap { Suggestion.nearest(to: $0, in: known.map(\.name)) })
    }
    return wanted ?? found
  }

  /// One node per group of a run, on its centroid.
  func run() throws(Problem) -> MadeNodes {
    let named = try Fields(fields["cluster_run"], path: "cluster_run", accepting: ["cluster_id", "run_id"])
    let definition = try host.cluster(named.required("cluster_id", example: "\"clust_1\""), in: namespaceID, path: "cluster_run.cluster_id")
    let id = try named.required("run_id", example: "\"run_1\"")
    guard let run = try host.read({ reader throws(Problem) in try reader.run(id, in: namespaceID) }), run.clusterID == definition.id else {
      throw .missing("run", id, path: "cluster_run.run_id")
    }
    let groups = run.groups.filter { !$0.centroid.isEmpty }
    guard let dimensions = groups.first?.centroid.count, groups.allSatisfy({ $0.centroid.count == dimensions }) else {
      throw Problem(
        .invalid, "run '\(id)' has no centroids: it is \(run.status.rawValue)", hint: "Name a completed run over vectors", path: "cluster_run.run_id")
    }
    var index: VectorIndex?
    for collectionID in definition.collectionIDs where index == nil {
      let collection = try host.read { reader throws(Problem) in try reader.collection(collectionID, in: namespaceID) }
      index = collection?.vectorIndexes.first { $0.dimensions == dimensions && (definition.vectorIndex == nil || $0.name == definition.vectorIndex) }
    }
    guard let index else {
      throw Problem(
        .invalid, "the centroids of run '\(id)' have \(dimensions) dimensions, and no vector index of its collections has",
        hint: "Name a run whose vectors were not reduced before", path: "cluster_run.run_id")
    }
    let nodes = groups.map { group in
      let fields: JSONObject = [
        "label": .string(group.label), "keywords": .array(group.keywords.map(JSON.string)), "cluster_id": .string(group.id),
        "run_id": .string(run.id), "member_count": .int(group.members),
      ]
      return MadeNodes.Node(
        id: Identifier.derived("doc", from: run.id, group.id, Identifier.make("node", host.surroundings)), label: group.label, fields: fields,
        vector: group.centroid, indexName: index.name, cluster: (group.id, group.members))
    }
    return MadeNodes(nodes: nodes, index: index, used: run.points)
  }
}
