package import Basics
package import Model

/// The vectors of some documents side by side: row i of `values` belongs to `documentIDs[i]` in `collectionIDs[i]`.
package struct VectorSet: Sendable {
  package var index: String
  package var dimensions: Int
  package var metric: VectorIndex.Metric
  package var documentIDs: [String]
  package var collectionIDs: [String]
  /// `count` x `dimensions`, row by row, without gaps.
  package var values: [Float]

  package var count: Int { documentIDs.count }
}

extension Reader {
  /// All vectors of an index, collection by collection in the order given, each in the order of insertion; with a filter, those of
  /// the documents that pass. Documents without a vector are left out. Goes from SQLite's pages into one array, row by row.
  ///
  /// `index` may be nil when the collections have only one. Throws `.notFound` for an index that a collection lacks, `.invalid` when
  /// they differ in dimensions.
  package func vectors(of collectionIDs: [String], index: String? = nil, filter: Filter? = nil) throws(Problem) -> VectorSet {
    let index = try commonIndex(of: collectionIDs, named: index)
    var sql = FilterSQL()
    let condition = try filter.map { filter throws(Problem) in try sql.condition(filter) }
    // Without a filter this is exact; with one, the rest of the array is never touched and costs address space only.
    var capacity = 0
    for id in collectionIDs {
      capacity += Int(try connection.number(.countVectors, [("collection_id", .text(id)), ("index_name", .text(index.name))]))
    }
    var result = VectorSet(
      index: index.name, dimensions: index.dimensions, metric: index.metric, documentIDs: [], collectionIDs: [], values: [])
    result.documentIDs.reserveCapacity(capacity)
    result.collectionIDs.reserveCapacity(capacity)
    if capacity == 0 { return result }
    var problem: Problem?
    let size = index.dimensions * 4
    result.values = [Float](unsafeUninitializedCapacity: capacity * index.dimensions) { buffer, filled in
      do throws(Problem) {
        for id in collectionIDs {
          try forEachVector(of: id, index.name, condition, sql.parameters, columns: "vectors.document_id, vectors.vector") { row throws(Problem) in
            let documentID = row.text()
            let bytes = row.bytes()
            guard bytes.count == size else {
              throw Problem(
                .unavailable, "the vector '\(index.name)' of \(documentID) has \(bytes.count) bytes, not \(size)", hint: SQLiteFault.restore)
            }
            UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled * 4..<filled * 4 + size]).copyMemory(from: bytes)
            filled += index.dimensions
            result.documentIDs.append(documentID)
            result.collectionIDs.append(id)
          }
        }
      } catch { problem = error }
    }
    if let problem { throw problem }
    return result
  }

  /// How many vectors of an index the collections have.
  package func vectorCount(of collectionIDs: [String], index: String) throws(Problem) -> Int {
    var count = 0
    for id in collectionIDs { count += Int(try connection.number(.countVectors, [("collection_id", .text(id)), ("index_name", .text(index))])) }
    return count
  }

  /// The vectors that `vectors(of:index:)` gives, in the same order, in pieces of at most `rows`: values row by row, and so never all at once.
  package func forEachPiece(
    of collectionIDs: [String], index: String, rows limit: Int, _ each: (_ rows: Int, _ values: [Float]) throws(Problem) -> Void
  ) throws(Problem) {
    let index = try commonIndex(of: collectionIDs, named: index)
    var values: [Float] = []
    values.reserveCapacity(limit * index.dimensions)
    for id in collectionIDs {
      try forEachVector(of: id, index.name, nil, [], columns: "vectors.document_id, vectors.vector") { row throws(Problem) in
        let documentID = row.text()
        let vector = row.floats()
        guard vector.count == index.dimensions else {
          throw Problem(
            .unavailable, "the vector '\(index.name)' of \(documentID) has \(vector.count) dimensions, not \(index.dimensions)",
            hint: SQLiteFault.restore)
        }
        values += vector
        if values.count == limit * index.dimensions {
          try each(limit, values)
          values.removeAll(keepingCapacity: true)
        }
      }
    }
    if !values.isEmpty { try each(values.count / index.dimensions, values) }
  }

  /// The documents of the same rows in the same order as `vectors(of:index:filter:)` gives on this snapshot, with their text.
  package func bodiesOfVectors(
    of collectionIDs: [String], index: String? = nil, filter: Filter? = nil, _ each: (_ row: Int, RawDocument) throws(Problem) -> Void
  ) throws(Problem) {
    let index = try commonIndex(of: collectionIDs, named: index)
    var sql = FilterSQL()
    let condition = try filter.map { filter throws(Problem) in try sql.condition(filter) } ?? "1"
    let columns = "documents.document_id, documents.collection_id, documents.body, documents.created_at, documents.updated_at, documents.position"
    var position = 0
    for id in collectionIDs {
      try forEachVector(of: id, index.name, condition, sql.parameters, columns: columns) { row throws(Problem) in
        try each(position, RawDocument(&row))
        position += 1
      }
    }
  }

  /// Goes along the vectors' own key, which is the order in which they lie in the file.
  private func forEachVector(
    of collectionID: String, _ index: String, _ condition: String?, _ parameters: Connection.Parameters, columns: String,
    _ each: (inout Row) throws(Problem) -> Void
  ) throws(Problem) {
    let join = "JOIN documents ON documents.collection_id = vectors.collection_id AND documents.position = vectors.position"
    let statement = """
      SELECT \(columns) FROM vectors \(condition == nil ? "" : join)
      WHERE vectors.collection_id = $collection_id AND vectors.index_name = $index_name \(condition.map { "AND (\($0))" } ?? "")
      ORDER BY vectors.position
      """
    let prepared = try translating { () throws(SQLiteFault) in try connection.prepared(composed: statement) }
    try connection.forEach(prepared, [("collection_id", .text(collectionID)), ("index_name", .text(index))] + parameters) { row throws(Problem) in
      try each(&row)
      return true
    }
  }

  private func commonIndex(of collectionIDs: [String], named name: String?) throws(Problem) -> VectorIndex {
    var common: VectorIndex?
    for id in collectionIDs {
      let indexes = try vectorIndexes(of: id)
      let names = indexes.map(\.name)
      guard let index = name == nil && indexes.count == 1 ? indexes[0] : indexes.first(where: { $0.name == name }) else {
        throw Problem(
          .notFound, name.map { "collection \(id) has no vector index '\($0)'" } ?? "collection \(id) has \(indexes.count) vector indexes",
          hint: names.isEmpty ? "Create the collection with vector_indexes" : "Name one of: \(names.joined(separator: ", "))", path: "vector_index",
          didYouMean: name.flatMap { Suggestion.nearest(to: $0, in: names) }, details: ["available": .array(names.map(JSON.string))])
      }
      if let common, common.dimensions != index.dimensions || common.name != index.name {
        throw Problem(
          .invalid, "the collections differ: '\(common.name)' has \(common.dimensions) dimensions, '\(index.name)' of \(id) has \(index.dimensions)",
          hint: "Take collections that share a vector index", path: "collection_ids")
      }
      common = common ?? index
    }
    guard let common else { throw Problem(.invalid, "no collection is given", hint: "For example [\"col_words\"]", path: "collection_ids") }
    return common
  }
}
