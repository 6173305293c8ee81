import Basics
import Clustering
import Model
import Store

/// What a run reads: the vectors and words of the documents that its definition and its filters mean.
struct ClusterSource {
  let collections: [Collection]
  let index: VectorIndex
  let set: VectorSet
  /// The words of each document, in the order of the vectors.
  let texts: [String]

  init(_ definition: ClusterDefinition, _ filter: Filter?, withTexts: Bool = true, in reader: Reader) throws(Problem) {
    collections = try Self.collections(definition.collectionIDs, "collection_ids", of: definition, reader)
    index = try Self.index(of: definition, in: collections)
    set = try reader.vectors(of: collections.map(\.id), index: index.name, filter: filter)
    var texts: [String] = []
    if withTexts {
      texts.reserveCapacity(set.count)
      try reader.bodiesOfVectors(of: collections.map(\.id), index: index.name, filter: filter) { _, document throws(Problem) in
        texts.append(try Self.text(of: document.body, fields: definition.textFields))
      }
    }
    self.texts = texts
  }

  /// The vectors as the algorithm sees them. Throws when there are none.
  func matrix(_ definition: ClusterDefinition) throws(Problem) -> Matrix {
    guard set.count > 0 else {
      throw Problem(
        .invalid, "no document has a vector in index '\(index.name)'",
        hint: "Add documents with vectors to \(collections.map(\.name).joined(separator: ", "))", path: "collection_ids")
    }
    let matrix = try Matrix(rows: set.count, columns: index.dimensions, values: set.values)
    return definition.normalize && index.metric == .cosine ? try matrix.normalised() : matrix
  }

  static func collections(_ ids: [String], _ path: String, of definition: ClusterDefinition, _ reader: Reader) throws(Problem) -> [Collection] {
    var found: [Collection] = []
    for id in ids {
      guard let collection = try reader.collection(id, in: definition.namespaceID) else {
        throw Problem(.notFound, "collection '\(id)' does not exist", path: path)
      }
      found.append(collection)
    }
    return found
  }

  /// The one vector index that is meant: named, or the first of the first collection; of the same dimension in every collection.
  static func index(of definition: ClusterDefinition, in collections: [Collection]) throws(Problem) -> VectorIndex {
    guard let first = collections.first else { throw Problem(.invalid, "there is no collection to cluster", path: "collection_ids") }
    let known = first.vectorIndexes.map(\.name)
    let name = definition.vectorIndex ?? known.first
    guard let name, let index = first.index(named: name) else {
      throw Problem(
        .invalid, "collection '\(first.name)' has no vector index" + (definition.vectorIndex.map { " '\($0)'" } ?? ""),
        hint: known.isEmpty ? "Create it with vector_indexes" : "Name one of: \(known.joined(separator: ", "))", path: "vector_config.feature_uris",
        didYouMean: definition.vectorIndex.flatMap { Suggestion.nearest(to: $0, in: known) })
    }
    for other in collections.dropFirst() where other.index(named: name)?.dimensions != index.dimensions {
      throw Problem(
        .invalid,
        "index '\(name)' has \(index.dimensions) dimensions in '\(first.name)' and \(other.index(named: name)?.dimensions ?? 0) in '\(other.name)'",
        path: "collection_ids")
    }
    return index
  }

  /// The words of a document: of the named fields, or of every string at its root. Where some strings have several words, those of one word
  /// are left out: they are categories and codes, and would name every cluster alike.
  static func text(of body: UnsafeRawBufferPointer, fields: [String]?) throws(Problem) -> String {
    guard case .object(let object) = try JSON(parsing: body) else { return "" }
    var texts: [String] = []
    for member in object.members where fields?.contains(member.key) ?? true {
      if case .string(let text) = member.value { texts.append(text) }
    }
    let sentences = fields == nil ? texts.filter { $0.contains(" ") } : texts
    return (sentences.isEmpty ? texts : sentences).joined(separator: "\n")
  }
}
