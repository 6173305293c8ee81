package import Basics
package import Model

/// Some documents with one vector each, in the order of insertion: row i of `values` belongs to `documents[i]`.
package struct VectorPage: Sendable {
  /// With their fields and without their vectors, which are in `values`.
  package var documents: [Document]
  /// Row by row, without gaps.
  package var values: [Float]
  /// The position of the last one; nil when there is none.
  package var last: Int64?
}

/// A stretch of a collection, by the positions of its documents.
package struct VectorSpan: Sendable {
  package var collectionID: String
  package var index: VectorIndex
  package var filter: Filter?
  /// The position before the first.
  package var after: Int64
  /// The position of the last.
  package var through: Int64

  package init(collectionID: String, index: VectorIndex, filter: Filter?, after: Int64, through: Int64) {
    self.collectionID = collectionID
    self.index = index
    self.filter = filter
    self.after = after
    self.through = through
  }
}

extension Reader {
  /// The first `limit` documents of a span that have a vector and pass its filter.
  package func vectorPage(_ span: VectorSpan, limit: Int) throws(Problem) -> VectorPage {
    let columns =
      "documents.document_id, documents.collection_id, documents.body, documents.created_at, documents.updated_at, documents.position, vectors.vector"
    var page = VectorPage(documents: [], values: [])
    page.values.reserveCapacity(limit * span.index.dimensions)
    let (statement, parameters) = try statement(columns, span, ending: "ORDER BY vectors.position LIMIT $limit")
    try connection.forEach(statement, parameters + [("limit", .integer(Int64(limit)))]) { row throws(Problem) in
      let document = try Document.read(&row)
      page.last = row.int()
      let vector = row.floats()
      guard vector.count == span.index.dimensions else {
        throw Problem(
          .unavailable, "the vector '\(span.index.name)' of \(document.id) has \(vector.count) numbers, not \(span.index.dimensions)",
          hint: SQLiteFault.restore)
      }
      page.documents.append(document)
      page.values += vector
      return true
    }
    return page
  }

  /// How many documents of a span have a vector and pass its filter.
  package func count(_ span: VectorSpan) throws(Problem) -> Int64 {
    let (statement, parameters) = try statement("count(*)", span, ending: "")
    var count: Int64 = 0
    try connection.forEach(statement, parameters) { row throws(Problem) in
      count = row.int()
      return true
    }
    return count
  }

  private func statement(_ columns: String, _ span: VectorSpan, ending: String) throws(Problem) -> (Prepared, Connection.Parameters) {
    var sql = FilterSQL()
    let condition = try span.filter.map { filter throws(Problem) in try sql.condition(filter) } ?? "1"
    let text = """
      SELECT \(columns) FROM vectors
      JOIN documents ON documents.collection_id = vectors.collection_id AND documents.position = vectors.position
      WHERE vectors.collection_id = $collection_id AND vectors.index_name = $index_name AND vectors.position > $after
        AND vectors.position <= $through AND (\(condition)) \(ending)
      """
    let prepared = try translating { () throws(SQLiteFault) in try connection.prepared(composed: text) }
    let parameters: Connection.Parameters = [
      ("collection_id", .text(span.collectionID)), ("index_name", .text(span.index.name)), ("after", .integer(span.after)),
      ("through", .integer(span.through)),
    ]
    return (prepared, parameters + sql.parameters)
  }
}
