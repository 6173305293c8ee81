import Basics
import Clustering
import Model
import Store

/// The nodes of a taxonomy as they are now, with the vectors that stand for them.
struct TaxonomyNodes {
  struct Node {
    var id: String
    var label: String
    /// The document or collection that the node is made of.
    var origin: String?
    /// What documents under it may get.
    var fields: JSONObject
    /// Of a collection's node: the fields that are given in place of the taxonomy's.
    var enrichment: [EnrichmentField]?
  }

  private(set) var nodes: [Node] = []
  /// The place of each node's parent, -1 for a root.
  private(set) var parents: [Int32] = []
  private(set) var index: VectorIndex
  /// The nodes' own vectors, row by row; zeros for a node without.
  private(set) var own: [Float] = []
  /// Documents that are known to lie under a node, and in `labels` under which.
  private(set) var examples: [Float] = []
  private(set) var labels: [Int32] = []
  /// Of a taxonomy of paths: which node each path is.
  private(set) var paths: TaxonomyPaths?
  /// The least similarity that its retriever asks for.
  private(set) var least: Double?

  /// Reads the nodes of a taxonomy with their vectors. Throws `.notFound` for a collection that is gone, `.invalid` when there is no node, when the
  /// vectors do not fit each other, or when a parent does not exist or lies below its child.
  init(_ taxonomy: Taxonomy, in reader: Reader) throws(Problem) {
    let config = taxonomy.config
    let (collections, index, exampleCollection) = try Self.check(taxonomy, in: reader)
    self.index = index
    switch config.source {
    case .documents(_, let parentField):
      let choice = try TaxonomyChoice(taxonomy, collections[0], in: reader)
      least = choice?.least
      try readDocuments(collections[0], parentField, config, choice?.filter, reader)
    case .paths(_, let field, let separator): try readPaths(collections, field, separator, taxonomy, reader)
    case .collections(let given): try readCollections(given, collections, reader)
    }
    guard !nodes.isEmpty else {
      throw Problem(
        .invalid, "taxonomy '\(taxonomy.name)' has no nodes",
        hint: "Add documents with vectors to \(collections.map(\.name).joined(separator: ", "))",
        path: "taxonomy_id")
    }
    if let examples = config.classification.examples, let exampleCollection { try readExamples(exampleCollection, examples.nodeField, reader) }
  }

  /// What can be seen of a taxonomy before it has any node: that its collections exist and share a vector index, and that its tree is one.
  @discardableResult
  static func check(
    _ taxonomy: Taxonomy, in reader: Reader
  ) throws(Problem) -> (collections: [Collection], index: VectorIndex, examples: Collection?) {
    let config = taxonomy.config
    var collections: [Collection] = []
    for id in config.collectionIDs { collections.append(try collection(id, of: taxonomy, reader)) }
    let choice = try collections.first.map { first throws(Problem) in try TaxonomyChoice(taxonomy, first, in: reader) } ?? nil
    let index = try index(named: config.classification.vectorIndex ?? choice?.index, of: collections)
    if case .collections(let nodes) = config.source { _ = try TaxonomyTree(nodes: nodes.count, parents: parents(of: nodes)) }
    guard let examples = config.classification.examples else { return (collections, index, nil) }
    let labelled = try collection(examples.collectionID, of: taxonomy, reader)
    guard labelled.index(named: index.name)?.dimensions == index.dimensions else {
      throw Problem(
        .invalid, "the examples in '\(labelled.name)' have no vector index '\(index.name)' of \(index.dimensions) dimensions",
        hint: "Take a collection that shares the nodes' vector index", path: "config.classification.examples.collection_id")
    }
    return (collections, index, labelled)
  }

  private static func parents(of nodes: [TaxonomyConfig.CollectionNode]) throws(Problem) -> [Int32] {
    var places: [String: Int32] = [:]
    for (place, node) in nodes.enumerated() {
      guard places.updateValue(Int32(place), forKey: node.collectionID) == nil else {
        throw Problem(
          .invalid, "collection '\(node.collectionID)' is given twice", hint: "A collection is one node",
          path: "config.hierarchical_nodes[\(place)].collection_id")
      }
    }
    var parents: [Int32] = []
    for (place, node) in nodes.enumerated() {
      guard let name = node.parentID else {
        parents.append(-1)
        continue
      }
      guard let parent = places[name] else {
        throw Problem(
          .invalid, "the parent '\(name)' is no node", hint: "Name a collection of hierarchical_nodes, or leave it out for a root",
          path: "config.hierarchical_nodes[\(place)].parent_collection_id", didYouMean: Suggestion.nearest(to: name, in: places.keys.sorted()))
      }
      parents.append(parent)
    }
    return parents
  }

  private static func collection(_ id: String, of taxonomy: Taxonomy, _ reader: Reader) throws(Problem) -> Collection {
    guard let found = try reader.collection(id, in: taxonomy.namespaceID) else {
      throw Problem(
        .notFound, "collection '\(id)' of taxonomy '\(taxonomy.name)' does not exist", hint: "Make a new version of the taxonomy that names another",
        path: "taxonomy_id")
    }
    return found
  }

  /// The one index that is meant, of the same dimension in every collection.
  private static func index(named name: String?, of collections: [Collection]) throws(Problem) -> VectorIndex {
    let first = collections[0]
    let known = first.vectorIndexes.map(\.name)
    guard let index = name.map(first.index(named:)) ?? (known.count == 1 ? first.vectorIndexes.first : nil) else {
      throw Problem(
        .invalid,
        name.map { "collection '\(first.name)' has no vector index '\($0)'" } ?? "collection '\(first.name)' has \(known.count) vector indexes",
        hint: known.isEmpty ? "Create it with vector_indexes" : "Name one of: \(known.joined(separator: ", "))",
        path: "config.classification.vector_index", didYouMean: name.flatMap { Suggestion.nearest(to: $0, in: known) })
    }
    for other in collections.dropFirst() where other.index(named: index.name)?.dimensions != index.dimensions {
      throw Problem(
        .invalid,
        "index '\(index.name)' has \(index.dimensions) dimensions in '\(first.name)' and \(other.index(named: index.name)?.dimensions ?? 0) in '\(other.name)'",
        hint: "Take collections that share a vector index", path: "config")
    }
    return index
  }

  // MARK: - From documents

  private mutating func readDocuments(
    _ collection: Collection, _ parentField: String?, _ config: TaxonomyConfig, _ filter: Filter?, _ reader: Reader
  ) throws(Problem) {
    let set = try reader.vectors(of: [collection.id], index: index.name, filter: filter)
    own = set.values
    var parentNames: [String?] = []
    var found: [Node] = []
    var aliases: [String: Int32] = [:]
    try reader.bodiesOfVectors(of: [collection.id], index: index.name, filter: filter) { row, document throws(Problem) in
      var fields = try JSON(parsing: document.body).object ?? JSONObject()
      fields["_internal"] = nil
      let label = fields.value(at: config.classification.labelField)?.string ?? fields["label"]?.string ?? fields["name"]?.string ?? document.id
      found.append(Node(id: document.id, label: label, origin: document.id, fields: fields))
      // A tree may be written in identifiers of its own.
      for key in ["node_id", "id"] { if let alias = fields[key]?.string, aliases[alias] == nil { aliases[alias] = Int32(row) } }
      parentNames.append(parentField.flatMap { fields.value(at: $0)?.string })
    }
    nodes = found
    guard parentField != nil else {
      parents = Array(repeating: -1, count: nodes.count)
      return
    }
    let places = Dictionary(found.enumerated().map { ($1.id, Int32($0)) }) { first, _ in first }
    for (place, name) in parentNames.enumerated() {
      guard let name, !name.isEmpty else {
        parents.append(-1)
        continue
      }
      guard let parent = places[name] ?? aliases[name] else {
        throw Problem(
          .invalid, "node '\(nodes[place].id)' has the parent '\(name)', which is no node with a vector",
          hint: "Name a document of '\(collection.name)', or leave it out for a root", path: "config.parent_field")
      }
      parents.append(parent)
    }
  }

  // MARK: - From paths

  private mutating func readPaths(
    _ collections: [Collection], _ field: String, _ separator: String, _ taxonomy: Taxonomy, _ reader: Reader
  ) throws(Problem) {
    let ids = collections.map(\.id)
    examples = try reader.vectors(of: ids, index: index.name).values
    var paths = TaxonomyPaths(field: field, separator: separator)
    var (nodes, parents, labels): ([Node], [Int32], [Int32]) = ([], [], [])
    try reader.bodiesOfVectors(of: ids, index: index.name) { _, document throws(Problem) in
      let fields = try JSON(parsing: document.body).object ?? JSONObject()
      let steps = paths.steps(of: fields)
      var place: Int32 = -1
      for depth in steps.indices where !steps[depth].isEmpty {
        let path = steps[...depth].joined(separator: separator)
        if let known = paths.places[path] {
          place = Int32(known)
          continue
        }
        nodes.append(
          Node(
            id: Identifier.derived("node", from: taxonomy.id, path), label: steps[depth], origin: nil,
            fields: ["label": .string(steps[depth]), field: .string(path)]))
        parents.append(place)
        place = Int32(nodes.count - 1)
        paths.places[path] = nodes.count - 1
      }
      labels.append(place)
    }
    self.paths = paths
    (self.nodes, self.parents, self.labels) = (nodes, parents, labels)
    own = Array(repeating: 0, count: nodes.count * index.dimensions)
  }

  // MARK: - From collections

  private mutating func readCollections(
    _ given: [TaxonomyConfig.CollectionNode], _ collections: [Collection], _ reader: Reader
  ) throws(Problem) {
    parents = try Self.parents(of: given)
    for (place, node) in given.enumerated() {
      let collection = collections[place]
      var fields = collection.metadata
      fields["label"] = .string(node.label ?? collection.name)
      fields["collection_name"] = .string(collection.name)
      if let summary = node.summary ?? collection.description { fields["summary"] = .string(summary) }
      if let keywords = node.keywords { fields["keywords"] = .array(keywords.map(JSON.string)) }
      nodes.append(
        Node(id: node.collectionID, label: node.label ?? collection.name, origin: node.collectionID, fields: fields, enrichment: node.enrichment))
      let set = try reader.vectors(of: [node.collectionID], index: index.name)
      examples += set.values
      labels += Array(repeating: Int32(place), count: set.count)
    }
    own = Array(repeating: 0, count: nodes.count * index.dimensions)
  }

  // MARK: - Examples

  private mutating func readExamples(_ collection: Collection, _ nodeField: String, _ reader: Reader) throws(Problem) {
    var places: [String: Int32] = [:]
    for (place, node) in nodes.enumerated() {
      for name in [node.id, node.fields["node_id"]?.string, node.label] { if let name, places[name] == nil { places[name] = Int32(place) } }
    }
    examples += try reader.vectors(of: [collection.id], index: index.name).values
    var found: [Int32] = []
    try reader.bodiesOfVectors(of: [collection.id], index: index.name) { _, document throws(Problem) in
      let name = try JSON(parsing: document.body).object?.value(at: nodeField)?.string
      found.append(name.flatMap { places[$0] } ?? -1)
    }
    labels += found
  }
}
