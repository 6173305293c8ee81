package import Basics
package import Model

extension Transaction {
  /// Announces an index: documents that come from now on are in it. Give it a number of its own.
  package mutating func insert(_ index: PayloadIndex) throws(Problem) {
    let keys = try PayloadIndex.keys(of: index.field, path: "field_name")
    add(
      .insertPayloadIndex,
      [
        ("index_id", .integer(index.id)), ("namespace_id", .text(index.namespaceID)), ("field", .text(index.field)),
        ("path", .text(try FilterSQL.path(keys, index.field))), ("kind", .text(index.kind.rawValue)), ("protected", .flag(index.isProtected)),
        ("origin", .text(index.origin.rawValue)), ("ready", .flag(index.isReady)), ("created_at", .instant(index.createdAt)),
      ])
  }

  package mutating func update(_ index: PayloadIndex) {
    add(
      .updatePayloadIndex,
      [
        ("kind", .text(index.kind.rawValue)), ("protected", .flag(index.isProtected)), ("origin", .text(index.origin.rawValue)),
        ("ready", .flag(index.isReady)), ("index_id", .integer(index.id)),
      ], expecting: .exactly(1), guardName: "index")
  }

  /// Puts the documents of a stretch into an index; those that are in it already stay.
  package mutating func fill(index id: Int64, from collectionID: String, after: Int64, through: Int64) {
    add(
      .fillIndex,
      [("index_id", .integer(id)), ("collection_id", .text(collectionID)), ("after", .integer(after)), ("through", .integer(through))])
  }

  /// Takes the documents of a stretch out of an index.
  package mutating func clear(index id: Int64, from collectionID: String, after: Int64, through: Int64) {
    add(
      .deleteIndexPiece,
      [("index_id", .integer(id)), ("collection_id", .text(collectionID)), ("after", .integer(after)), ("through", .integer(through))])
  }

  package mutating func deletePayloadIndex(_ id: Int64) { add(.deletePayloadIndex, [("index_id", .integer(id))]) }
}

extension Reader {
  /// In the order in which they were announced.
  package func payloadIndexes(in namespaceID: String) throws(Problem) -> [PayloadIndex] {
    try connection.rows(.payloadIndexes, [("namespace_id", .text(namespaceID))], PayloadIndex.read)
  }

  /// Those of all namespaces that do not hold every document yet.
  package func unfinishedIndexes() throws(Problem) -> [PayloadIndex] { try connection.rows(.unfinishedIndexes, [], PayloadIndex.read) }

  /// The highest number that an index has; 0 when there is none.
  package func highestPayloadIndex() throws(Problem) -> Int64 { try connection.number(.highestPayloadIndex, []) }

  /// The position of the last of the next `limit` documents of a collection behind a position; nil when there is none.
  package func endOfPiece(of collectionID: String, after position: Int64, limit: Int) throws(Problem) -> Int64? {
    let parameters: Connection.Parameters = [
      ("collection_id", .text(collectionID)), ("after", .integer(position)), ("limit", .integer(Int64(limit))),
    ]
    return try connection.first(.indexPieceEnd, parameters) { $0.optionalInt() } ?? nil
  }
}

extension PayloadIndex {
  static func read(_ row: inout Row) throws(Problem) -> PayloadIndex {
    PayloadIndex(
      id: row.int(), namespaceID: row.text(), field: row.text(), kind: try row.word(), isProtected: row.flag(), origin: try row.word(),
      isReady: row.flag(), createdAt: row.instant())
  }
}
