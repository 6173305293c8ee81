import Basics
import Clustering
import Model
import Store

/// A taxonomy tried on a few documents: what they would get, and why. Nothing is stored.
struct TaxonomyTrial {
  private static let most = 5

  private let host: Host
  private let taxonomy: Taxonomy
  private let fields: Fields

  init(_ host: Host, _ taxonomy: Taxonomy, _ fields: Fields) {
    self.host = host
    self.taxonomy = taxonomy
    self.fields = fields
  }

  func answer() throws(Problem) -> JSON {
    let taxonomy = self.taxonomy
    let model = try host.read { reader throws(Problem) in try TaxonomyModel(taxonomy, in: reader) }
    let documents = try samples(model)
    guard !documents.isEmpty else {
      return ["stats": ["processed_docs": 0, "batches": 0, "errors": 0, "enriched": 0], "results": [], "matches": []]
    }
    let findings = try model.classify(documents.map(\.document), Matrix(documents.map(\.vector)))
    let assignment = TaxonomyAssignment(model)
    var (results, matches): ([JSON], [JSON]) = ([], [])
    for ((document, _), found) in zip(documents, findings) {
      let changes = assignment.changes(of: document.fields, found)
      var result = document
      result.fields.set(changes.members.filter { $0.key != "_internal" })
      result.fields["_internal"] = .object(Document.merge(changes["_internal"]?.object ?? JSONObject(), into: JSONObject()))
      results.append(result.json())
      let names = changes.members.filter { $0.key != "_internal" && $0.value != .null }.map { JSON.string($0.key) }
      for finding in found {
        let path = model.path(of: finding.node)
        matches.append([
          "document_id": .string(document.id), "taxonomy_id": .string(taxonomy.id), "taxonomy_name": .string(taxonomy.name),
          "node_id": .string(model.nodes[finding.node].id), "label": .string(model.nodes[finding.node].label), "score": .double(finding.score),
          "path": .array(path.map(JSON.string)), "hierarchy_level": .int(path.count - 1), "enriched_fields": .array(names),
        ])
      }
    }
    let enriched = findings.count { !$0.isEmpty }
    return [
      "stats": ["processed_docs": .int(documents.count), "batches": 1, "errors": 0, "enriched": .int(enriched)], "results": .array(results),
      "matches": .array(matches),
    ]
  }

  // MARK: - The documents

  private func samples(_ model: TaxonomyModel) throws(Problem) -> [(document: Document, vector: [Float])] {
    let key = fields["source_documents"] == nil ? "documents" : "source_documents"
    let source = try fields.string("source_collection_id").map { name throws(Problem) in
      try host.collection(name, in: taxonomy.namespaceID, path: "source_collection_id")
    }
    guard let given = fields[key] else {
      guard let source else {
        throw fields.missing("source_documents", example: "[{\"document_id\": \"doc_1\", \"collection_id\": \"col_inventory\"}]")
      }
      return try first(of: source, model)
    }
    guard let items = given.array else { throw Problem(.invalid, "expected an array, got \(given.typeName)", path: key) }
    guard (1...Self.most).contains(items.count) else {
      throw Problem(
        .invalid, "\(items.count) documents are given", hint: "Give 1 to \(Self.most); a whole collection is enriched by a task", path: key)
    }
    var documents: [(Document, [Float])] = []
    for (position, item) in items.enumerated() { documents.append(try sample(item, "\(key)[\(position)]", source, model)) }
    return documents
  }

  private func sample(_ item: JSON, _ path: String, _ source: Collection?, _ model: TaxonomyModel) throws(Problem) -> (Document, [Float]) {
    let members = try Fields(item, path: path)
    let namespaceID = taxonomy.namespaceID
    if members["vectors"] != nil {
      let stand = Collection(
        id: source?.id ?? "sample", namespaceID: taxonomy.namespaceID, name: source?.name ?? "sample", vectorIndexes: [model.index],
        createdAt: host.surroundings.now(), updatedAt: host.surroundings.now())
      let document = try Document(item, in: stand, path: path, surroundings: host.surroundings)
      guard let vector = document.vectors[model.index.name] else {
        throw Problem(.invalid, "the document has no vector '\(model.index.name)'", hint: "Give it under vectors", path: "\(path).vectors")
      }
      return (document, vector)
    }
    let id = try members.required("document_id", example: "\"doc_1\"")
    let named = try members.string("collection_id").map { name throws(Problem) in
      try host.collection(name, in: namespaceID, path: members.at("collection_id"))
    }
    let place = named ?? source
    guard let document = try host.read({ reader throws(Problem) in try reader.document(id, collectionID: place?.id, in: namespaceID) }) else {
      throw Problem(
        .notFound, "document '\(id)' does not exist", hint: "Name its collection_id, or give its vectors", path: members.at("document_id"))
    }
    let home = try host.collection(document.collectionID, in: namespaceID, path: members.at("collection_id"))
    let index = try model.index(in: home, path: members.at("collection_id"))
    guard let vector = document.vectors[index.name] else {
      throw Problem(
        .invalid, "document '\(id)' has no vector '\(index.name)'", hint: "Give it one, or choose another", path: members.at("document_id"))
    }
    return (document, vector)
  }

  private func first(of source: Collection, _ model: TaxonomyModel) throws(Problem) -> [(document: Document, vector: [Float])] {
    let index = try model.index(in: source, path: "source_collection_id")
    let filter = try fields["scroll_filters"].map { json throws(Problem) in try Filter(json, path: "scroll_filters") }
    let span = VectorSpan(collectionID: source.id, index: index, filter: filter, after: 0, through: .max)
    let page = try host.read { reader throws(Problem) in try reader.vectorPage(span, limit: Self.most) }
    return page.documents.enumerated().map { row, document in
      (document, Array(page.values[row * index.dimensions..<(row + 1) * index.dimensions]))
    }
  }
}
