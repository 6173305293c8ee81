package import Basics
package import Model

extension Transaction {
  package mutating func insert(_ collection: Collection) {
    add(
      .insertCollection,
      [
        ("collection_id", .text(collection.id)), ("namespace_id", .text(collection.namespaceID)), ("name", .text(collection.name)),
        ("description", .optional(collection.description)), ("metadata", .json(collection.metadata)), ("source", .json(collection.source)),
        ("extractor", .json(collection.extractor)), ("enabled", .flag(collection.isEnabled)), ("created_at", .instant(collection.createdAt)),
        ("updated_at", .instant(collection.updatedAt)),
      ])
    for (ordinal, index) in collection.vectorIndexes.enumerated() {
      add(
        .insertVectorIndex,
        [
          ("collection_id", .text(collection.id)), ("name", .text(index.name)), ("ordinal", .integer(Int64(ordinal))),
          ("dimensions", .integer(Int64(index.dimensions))), ("metric", .text(index.metric.rawValue)),
        ])
    }
  }

  /// Writes everything but the vector indexes, which are what the vectors were checked against.
  package mutating func update(_ collection: Collection) {
    add(
      .updateCollection,
      [
        ("name", .text(collection.name)), ("description", .optional(collection.description)), ("metadata", .json(collection.metadata)),
        ("source", .json(collection.source)), ("extractor", .json(collection.extractor)), ("enabled", .flag(collection.isEnabled)),
        ("updated_at", .instant(collection.updatedAt)),
        ("collection_id", .text(collection.id)),
      ], expecting: .exactly(1), guardName: "collection")
  }

  /// Deletes the collection with its documents. Where it holds many, take those away first with `deleteDocuments`.
  package mutating func deleteCollection(_ collectionID: String) {
    for statement in [
      Statement.deleteVectorsOfCollection, .deleteDocumentsOfCollection, .deleteVectorIndexes, .deleteWordCounts, .deleteApplicationsOfCollection,
    ] {
      add(statement, [("collection_id", .text(collectionID))])
    }
    add(.deleteCollection, [("collection_id", .text(collectionID))], expecting: .exactly(1), guardName: "collection")
  }

  /// Moves the collection's count of documents; the host keeps it in step with inserts and deletes.
  package mutating func adjustDocumentCount(_ collectionID: String, by difference: Int64) {
    add(
      .adjustDocumentCount, [("by", .integer(difference)), ("collection_id", .text(collectionID))], expecting: .exactly(1), guardName: "collection")
  }
}

extension Transaction {
  /// Sets the count kept with the collection to what is there now.
  package mutating func recountDocuments(_ collectionID: String) {
    add(.recountDocuments, [("collection_id", .text(collectionID))], expecting: .exactly(1), guardName: "collection")
  }
}

extension Reader {
  /// A collection by its identifier or its name.
  package func collection(_ identifier: String, in namespaceID: String) throws(Problem) -> Collection? {
    try remembered(Question(.collection, identifier, in: namespaceID)) { () throws(Problem) in
      let parameters: Connection.Parameters = [("namespace_id", .text(namespaceID)), ("identifier", .text(identifier))]
      guard var collection = try connection.first(.collection, parameters, Collection.read) else { return nil }
      collection.vectorIndexes = try vectorIndexes(of: collection.id)
      return collection
    }
  }

  /// In the order in which they were made, each with its count of documents.
  package func collections(
    in namespaceID: String, _ page: Page = Page(limit: 1000)
  ) throws(Problem) -> Listing<(collection: Collection, documents: Int64)> {
    var items = try connection.rows(.collections, [("namespace_id", .text(namespaceID))] + page.parameters) { row throws(Problem) in
      (collection: try Collection.read(&row), documents: row.int())
    }
    for index in items.indices { items[index].collection.vectorIndexes = try vectorIndexes(of: items[index].collection.id) }
    return Listing(items: items, total: try connection.number(.countCollections, [("namespace_id", .text(namespaceID))]))
  }

  package func collectionIDs(in namespaceID: String) throws(Problem) -> [String] {
    try connection.rows(.collectionIDs, [("namespace_id", .text(namespaceID))]) { $0.text() }
  }

  /// The namespace that a collection is in; nil when there is no such collection.
  func namespace(of collectionID: String) throws(Problem) -> String? {
    try connection.first(.namespaceOfCollection, [("collection_id", .text(collectionID))]) { $0.text() }
  }

  /// The count kept with the collection; 0 when there is no such collection.
  package func documentCount(_ collectionID: String) throws(Problem) -> Int64 {
    try connection.number(.documentCount, [("collection_id", .text(collectionID))])
  }

  func vectorIndexes(of collectionID: String) throws(Problem) -> [VectorIndex] {
    try connection.rows(.vectorIndexes, [("collection_id", .text(collectionID))]) { row throws(Problem) in
      VectorIndex(name: row.text(), dimensions: Int(row.int()), metric: try row.word())
    }
  }
}

extension Collection {
  /// Without the vector indexes, which are rows of their own.
  static func read(_ row: inout Row) throws(Problem) -> Collection {
    Collection(
      id: row.text(), namespaceID: row.text(), name: row.text(), description: row.optionalText(), metadata: try row.object(),
      source: try row.json(), extractor: try row.json(), isEnabled: row.flag(), createdAt: row.instant(), updatedAt: row.instant())
  }
}
