package import Basics
package import Model

/// Some vectors of a collection, by the positions of their documents: row i of `values` belongs to `positions[i]`.
package struct VectorPiece {
  package var positions: [Int64] = []
  /// Row by row, without gaps.
  package var values: [Float] = []
}

extension Reader {
  /// Lends the vectors of those documents of a collection that pass a filter, in the order of insertion and in pieces of at most `rows`. A filter
  /// whose documents an index finds reads nothing but these.
  package func scanVectors(
    of collectionID: String, in namespaceID: String, index: VectorIndex, filter: Filter?, rows limit: Int,
    _ each: (VectorPiece) throws(Problem) -> Void
  ) throws(Problem) {
    var sql = FilterSQL()
    var tables = "vectors"
    var tests = ["vectors.collection_id = $collection_id", "vectors.index_name = $index_name"]
    var parameters: Connection.Parameters = [("collection_id", .text(collectionID)), ("index_name", .text(index.name))]
    if let filter {
      tables += " JOIN documents ON documents.collection_id = vectors.collection_id AND documents.position = vectors.position"
      if case .chosen(let condition, _) = try DocumentPlan(self, namespaceID, [collectionID], filter, []).way {
        tests.append(
          """
          vectors.position IN (SELECT chosen.position FROM document_fields AS chosen
            WHERE chosen.index_id = \(condition.indexID) AND chosen.collection_id = $collection_id AND \(try condition.sql(&sql)))
          """)
      }
      tests.append("(\(try sql.condition(filter)))")
    }
    parameters += sql.parameters
    let statement = "SELECT vectors.position, vectors.vector FROM \(tables) WHERE \(tests.joined(separator: " AND ")) ORDER BY vectors.position"
    let prepared = try translating { () throws(SQLiteFault) in try connection.prepared(composed: statement) }
    var piece = VectorPiece()
    try connection.forEach(prepared, parameters) { row throws(Problem) in
      piece.positions.append(row.int())
      let bytes = row.bytes()
      guard bytes.count == index.dimensions * 4 else {
        throw Problem(
          .unavailable, "a vector '\(index.name)' of \(collectionID) has \(bytes.count) bytes, not \(index.dimensions * 4)", hint: SQLiteFault.restore
        )
      }
      let start = piece.values.count
      piece.values.append(contentsOf: repeatElement(0, count: index.dimensions))
      piece.values.withUnsafeMutableBytes { UnsafeMutableRawBufferPointer(rebasing: $0[(start * 4)...]).copyMemory(from: bytes) }
      if piece.positions.count == limit {
        try each(piece)
        piece.positions.removeAll(keepingCapacity: true)
        piece.values.removeAll(keepingCapacity: true)
      }
      return true
    }
    if !piece.positions.isEmpty { try each(piece) }
  }

  /// The documents at these positions of a collection, in the order of the positions given; those that are gone are missing.
  package func documents(at positions: [Int64], of collectionID: String, vectors: Bool = false) throws(Problem) -> [Int64: Document] {
    var result: [Int64: Document] = [:]
    for position in positions {
      let parameters: Connection.Parameters = [("collection_id", .text(collectionID)), ("position", .integer(position))]
      guard var document = try connection.first(.documentAt, parameters, Document.read) else { continue }
      if vectors { document.vectors = try self.vectors(of: collectionID, at: position) }
      result[position] = document
    }
    return result
  }
}
