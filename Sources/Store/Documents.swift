package import Basics
package import Model

extension Transaction {
  /// Adds a document: one of the same identifier in the collection is a `.conflict`.
  ///
  /// `position` counts insertions over the whole store (`Reader.highestPosition` tells where to go on); lists go by it.
  package mutating func insert(_ document: Document, in namespaceID: String, position: Int64) {
    add(.insertDocument) { tape in
      tape.put("collection_id", document.collectionID)
      tape.put("document_id", document.id)
      tape.put("namespace_id", namespaceID)
      tape.put("position", position)
      tape.put("body", document.fields)
      tape.put("created_at", document.createdAt)
      tape.put("updated_at", document.updatedAt)
    }
    // Into the indexes of its fields; passed over where the namespace has none.
    add(.indexDocument) { tape in
      tape.put("namespace_id", namespaceID)
      tape.put("collection_id", document.collectionID)
      tape.put("position", position)
    }
    for (name, vector) in document.vectors {
      add(.insertVector) { tape in
        tape.put("collection_id", document.collectionID)
        tape.put("index_name", name)
        tape.put("position", position)
        tape.put("document_id", document.id)
        tape.put("vector", .floats(vector))
      }
    }
  }

  /// Replaces the document's fields and the vectors that are given; other vectors and its place in lists stay. Lost when it is gone.
  package mutating func update(_ document: Document) {
    add(.updateDocument, expecting: .exactly(1), guardName: "document") { tape in
      tape.put("body", document.fields)
      tape.put("updated_at", document.updatedAt)
      tape.put("collection_id", document.collectionID)
      tape.put("document_id", document.id)
    }
    for (name, vector) in document.vectors {
      add(.putVector, expecting: .exactly(1), guardName: "document") { tape in
        tape.put("collection_id", document.collectionID)
        tape.put("index_name", name)
        tape.put("vector", .floats(vector))
        tape.put("document_id", document.id)
      }
    }
  }

  /// Lost when there is no such document.
  package mutating func deleteDocument(_ documentID: String, from collectionID: String) {
    let parameters: [(name: String, value: Value)] = [("collection_id", .text(collectionID)), ("document_id", .text(documentID))]
    add(.deleteVectorsOfDocument, parameters)
    add(.deleteDocument, parameters, expecting: .exactly(1), guardName: "document")
  }

  /// Deletes the oldest documents of a collection, at most `limit`: a large collection goes in pieces, so that nobody waits long.
  /// The outcome returns their identifiers; fewer than `limit` means that it is empty.
  package mutating func deleteDocuments(from collectionID: String, limit: Int) {
    let parameters: [(name: String, value: Value)] = [("collection_id", .text(collectionID)), ("limit", .integer(Int64(limit)))]
    add(.deleteVectorPiece, parameters)
    add(.deleteDocumentPiece, parameters)
  }
}

extension Reader {
  /// A document with its vectors; without a collection, the oldest of this identifier in the namespace.
  package func document(
    _ documentID: String, collectionID: String? = nil, in namespaceID: String, vectors: Bool = true
  ) throws(Problem) -> Document? {
    var parameters: Connection.Parameters = [("namespace_id", .text(namespaceID)), ("document_id", .text(documentID))]
    if let collectionID { parameters.append(("collection_id", .text(collectionID))) }
    let statement: Statement = collectionID == nil ? .documentAnywhere : .document
    let found = try connection.first(statement, parameters) { row throws(Problem) in (document: try Document.read(&row), position: row.int()) }
    guard let (found, position) = found else { return nil }
    var document = found
    if vectors { document.vectors = try self.vectors(of: document.collectionID, at: position) }
    return document
  }

  func vectors(of collectionID: String, at position: Int64) throws(Problem) -> [String: [Float]] {
    var result: [String: [Float]] = [:]
    for name in try connection.rows(.vectorIndexes, [("collection_id", .text(collectionID))], { $0.text() }) {
      result[name] = try connection.first(
        .vector, [("collection_id", .text(collectionID)), ("index_name", .text(name)), ("position", .integer(position))]
      ) { $0.floats() }
    }
    return result
  }

  /// Which of these identifiers the collection has.
  package func existing(_ documentIDs: some Sequence<String>, in collectionID: String) throws(Problem) -> Set<String> {
    var result: Set<String> = []
    for id in documentIDs where try connection.number(.documentExists, [("collection_id", .text(collectionID)), ("document_id", .text(id))]) == 1 {
      result.insert(id)
    }
    return result
  }

  /// Every identifier of a collection.
  package func documentIDs(in collectionID: String) throws(Problem) -> Set<String> {
    Set(try connection.rows(.documentIDs, [("collection_id", .text(collectionID))]) { $0.text() })
  }

  /// The text of these documents, by identifier; those that are gone are missing.
  package func bodies(of documentIDs: [String], in collectionID: String) throws(Problem) -> [String: String] {
    var result: [String: String] = [:]
    for id in documentIDs {
      result[id] = try connection.first(.documentBody, [("collection_id", .text(collectionID)), ("document_id", .text(id))]) { $0.text() }
    }
    return result
  }

  /// The highest position that a document has; 0 in an empty store.
  package func highestPosition() throws(Problem) -> Int64 { try connection.number(.highestPosition, []) }
}

extension Document {
  /// Without the vectors, which are rows of their own.
  static func read(_ row: inout Row) throws(Problem) -> Document {
    Document(id: row.text(), collectionID: row.text(), fields: try row.object(), createdAt: row.instant(), updatedAt: row.instant())
  }
}
