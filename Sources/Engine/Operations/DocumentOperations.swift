package import Basics
package import Model
import Store

extension Operation {
  /// A call carries at most this many documents.
  package static let documentLimit = 1000

  static let documentListNames = [
    "filters", "sort", "search", "partition", "return_presigned_urls", "return_vectors", "return_vector_names", "group_by", "select", "expand",
  ]
  private static let documentListQuery =
    Parameter.paging + [
      Parameter("filters", .string), Parameter("sort", .string), Parameter("search", .string), Parameter("return_vectors", .boolean),
      Parameter("select", .string), Parameter("return_presigned_urls", .boolean),
    ]
  /// What reading one document may be asked for.
  private static let documentQuery = [
    Parameter("return_vectors", .boolean), Parameter("return_presigned_urls", .boolean), Parameter("return_vector_names", .string),
    Parameter("expand", .string),
  ]

  static let documentOperations: [Operation] = [
    Operation(
      "create_document", "POST", "/v1/collections/{collection_identifier}/documents", "Insert one document with its vectors", tag: "Documents",
      scope: .write, body: ["document_id", "vectors", "…fields"]
    ) { host, call throws(Problem) in
      let collection = try host.collection(call)
      let document = try Document(call.body, in: collection, path: "", surroundings: host.surroundings)
      try host.write(documents: [.insert(document)], to: collection, call)
      return .json(document.json())
    },
    Operation(
      "upsert_documents", "PUT", "/v1/collections/{collection_identifier}/documents/upsert", "Insert or replace up to 1,000 documents",
      tag: "Documents",
      scope: .write, body: ["documents", "options"]
    ) { host, call throws(Problem) in
      let fields = try Fields(call.body, accepting: ["documents", "options"])
      return .json(try upsert(fields, into: host.collection(call), host, call))
    },
    Operation(
      "upsert_namespace_documents", "POST", "/v1/namespaces/{namespace_id}/documents/upsert", "Insert or replace up to 1,000 documents",
      tag: "Documents",
      scope: .write, inNamespace: false, body: ["collection_id", "documents", "options"]
    ) { host, call throws(Problem) in
      let namespace = try find(call, host)
      let fields = try Fields(call.body, accepting: ["collection_id", "documents", "options"])
      var inside = call
      inside.namespace = namespace
      let collection: Collection
      if let identifier = try fields.string("collection_id") {
        collection = try host.collection(identifier, in: namespace.id, path: "collection_id")
      } else {
        collection = try host.standaloneCollection(of: namespace)
      }
      return .json(try upsert(fields, into: collection, host, inside))
    },
    Operation(
      "get_namespace_document", "GET", "/v1/namespaces/{namespace_id}/documents/{document_id}", "Read one document of a namespace", tag: "Documents",
      scope: .read, inNamespace: false, query: documentQuery
    ) { host, call throws(Problem) in
      var inside = call
      inside.namespace = try find(call, host)
      return try shown(host, inside, in: nil)
    },
    Operation(
      "list_documents", "POST", "/v1/collections/{collection_identifier}/documents/list", "Page, filter and sort documents", tag: "Documents",
      scope: .read, query: documentListQuery, body: Page.names + documentListNames
    ) { host, call throws(Problem) in try listDocuments(host, call, in: [host.collection(call)]) },
    Operation(
      "list_documents_get", "GET", "/v1/collections/{collection_identifier}/documents", "Page, filter and sort documents", tag: "Documents",
      scope: .read,
      query: documentListQuery
    ) { host, call throws(Problem) in try listDocuments(host, call, in: [host.collection(call)]) },
    Operation(
      "count_documents", "GET", "/v1/collections/{collection_identifier}/documents/count", "Count documents", tag: "Documents", scope: .read,
      query: [Parameter("filters", .string)]
    ) { host, call throws(Problem) in
      let collection = try host.collection(call)
      let filter = try filter(Fields(.object(call.query)))
      let query = DocumentQuery(namespaceID: collection.namespaceID, collectionIDs: [collection.id], filter: filter)
      let count = try host.looking(by: query) { reader throws(Problem) in
        if let filter { return try reader.count(collection.id, filter: filter) }
        return try reader.documentCount(collection.id)
      }
      return .json(["count": .int(count), "collection_id": .string(collection.id)])
    },
    Operation(
      "get_document", "GET", "/v1/collections/{collection_identifier}/documents/{document_id}", "Read one document", tag: "Documents", scope: .read,
      query: documentQuery
    ) { host, call throws(Problem) in try shown(host, call, in: host.collection(call)) },
    Operation(
      "get_document_by_id", "GET", "/v1/documents/{document_id}", "Read one document without naming its collection", tag: "Documents", scope: .read,
      query: documentQuery
    ) { host, call throws(Problem) in try shown(host, call, in: nil) },
    Operation(
      "update_document", "PATCH", "/v1/collections/{collection_identifier}/documents/{document_id}", "Set fields of a document; the others stay",
      tag: "Documents", scope: .write, body: ["…fields", "vectors"]
    ) { host, call throws(Problem) in try change(host, call, in: host.collection(call)) },
    Operation(
      "replace_document", "PUT", "/v1/collections/{collection_identifier}/documents/{document_id}", "Set the given fields of a document",
      tag: "Documents",
      scope: .write, body: ["…fields", "vectors"]
    ) { host, call throws(Problem) in try change(host, call, in: host.collection(call)) },
    Operation(
      "delete_document", "DELETE", "/v1/collections/{collection_identifier}/documents/{document_id}", "Delete one document", tag: "Documents",
      scope: .write
    ) { host, call throws(Problem) in
      let collection = try host.collection(call)
      let id = try call.parameter("document_id")
      _ = try document(host, call, in: collection)
      try host.write(documents: [.delete(id: id)], to: collection, call)
      call.gathering?.note(nil, id, in: collection.id)
      return .json(["success": true, "message": "deleted", "document_id": .string(id)])
    },
  ]

  static func checkCount(_ count: Int, path: String) throws(Problem) {
    guard count <= documentLimit else {
      throw Problem(.tooLarge, "\(count) documents in one call", hint: "Send at most \(documentLimit) and call again", path: path)
    }
  }

  private static func upsert(_ fields: Fields, into collection: Collection, _ host: Host, _ call: Call) throws(Problem) -> JSON {
    let items = try incoming(fields, call)
    try checkCount(items.count, path: "documents")
    let documents = try documents(items, in: collection, host.surroundings)
    for document in documents { call.gathering?.note(document, document.id, in: collection.id) }
    let changes = documents.map(DocumentWrite.Change.upsert)
    let inserted: JSON = ["inserted": .int(documents.count), "document_ids": .array(documents.map { .string($0.id) }), "warnings": []]
    let options = try Fields(fields["options"], path: fields.at("options"), accepting: ["write_token", "idempotency_key"])
    _ = try options.bool("write_token")
    if let key = try options.string("idempotency_key") {
      let given = fields["documents"] ?? .null
      return try once(Names.checkID(key, path: options.at("idempotency_key")), changes, to: collection, body: given, answering: inserted, host)
    }
    let report = try host.write(documents: changes, to: collection, call)
    var answer = inserted.object ?? JSONObject()
    (answer["added"], answer["updated"]) = (.int(report.added), .int(report.updated))
    return .object(answer)
  }

  /// Fewer are checked before another thread has begun.
  private static let worthHalving = 128

  /// Checks documents against their collection, many of them on two threads: each stands by itself. Throws what is wrong with the first that is.
  private static func documents(
    _ items: [IncomingDocument], in collection: Collection, _ surroundings: Surroundings
  ) throws(Problem) -> [Document] {
    @Sendable func read(_ range: Range<Int>) -> Result<[Document], Problem> {
      var documents: [Document] = []
      documents.reserveCapacity(range.count)
      do throws(Problem) {
        for position in range {
          documents.append(try Document(items[position], in: collection, path: "documents[\(position)]", surroundings: surroundings))
        }
        return .success(documents)
      } catch { return .failure(error) }
    }
    guard items.count >= worthHalving else { return try read(items.indices).get() }
    let middle = items.count / 2
    let rest = Errand { read(middle..<items.count) }
    defer { rest.wait() }
    let first = try read(0..<middle).get()
    return try first + rest.outcome().get()
  }

  private static func incoming(_ fields: Fields, _ call: Call) throws(Problem) -> [IncomingDocument] {
    if let read = call.documents { return read }
    guard let items = fields["documents"] else { throw fields.missing("documents", example: "[{\"document_id\": \"a\", \"vectors\": {}}]") }
    guard let documents = items.array else { throw Problem(.invalid, "expected an array, got \(items.typeName)", path: "documents") }
    return documents.map { IncomingDocument($0) }
  }

  /// Writes documents, unless the same write was made with this key within a day: then it is answered as it was.
  private static func once(
    _ key: String, _ changes: [DocumentWrite.Change], to collection: Collection, body: JSON, answering answer: JSON, _ host: Host
  ) throws(Problem) -> JSON {
    let hash = SHA256.hex(JSON.array([.string(collection.id), body]).text)
    let now = host.surroundings.now()
    func earlier() throws(Problem) -> JSON? {
      guard let known = try host.read({ reader throws(Problem) in try reader.idempotentWrite(key, in: collection.namespaceID, at: now) }) else {
        return nil
      }
      guard known.bodyHash == hash else {
        throw Problem(
          .conflict, "the idempotency key '\(key)' came with other documents before", hint: "Give each write a key of its own",
          path: "options.idempotency_key")
      }
      return known.answer
    }
    if let known = try earlier() { return known }
    var transaction = Transaction()
    transaction.remember(IdempotentWrite(bodyHash: hash, answer: answer), as: key, in: collection.namespaceID, at: now)
    let documents = DocumentWrite(
      namespaceID: collection.namespaceID, collectionID: collection.id, collectionName: collection.name, changes: changes)
    do throws(Problem) {
      _ = try host.write([.statements(transaction), .documents(documents)])
      return answer
    } catch {
      // Its twin was written in the same moment.
      if error.kind == .conflict, let known = try earlier() { return known }
      throw error
    }
  }

  static func change(_ host: Host, _ call: Call, in collection: Collection) throws(Problem) -> Answer {
    let id = try call.parameter("document_id")
    // The body is read as a document for its checks; its fields are then set one by one.
    var body = try Fields(call.body).object
    body["document_id"] = .string(id)
    let given = try Document(.object(body), in: collection, path: "", surroundings: host.surroundings)
    // A script that writes later has to hear of a missing document now.
    var known = call.gathering == nil ? nil : try document(host, call, in: collection)
    let patch = DocumentWrite.Change.patch(id: id, .init(fields: given.fields, vectors: given.vectors))
    let report = try host.write(documents: [patch], to: collection, call)
    if let shown = report.documents.first { return .json(shown.json()) }
    known?.fields.set(given.fields.members)
    call.gathering?.note(known, id, in: collection.id)
    return .json(known?.json() ?? .null)
  }

  /// The document that the path names, as the query asks for it.
  private static func shown(_ host: Host, _ call: Call, in collection: Collection?) throws(Problem) -> Answer {
    let view = try DocumentView(Fields(.object(call.query)))
    return .kept(try view.show(document(host, call, in: collection, vectors: view.needsVectors), host, in: call.namespaceID()))
  }

  /// The document that the path names; a script sees it as its own writes have left it.
  static func document(_ host: Host, _ call: Call, in collection: Collection?, vectors: Bool = false) throws(Problem) -> Document {
    let id = try call.parameter("document_id")
    let namespaceID = try call.namespaceID()
    let found: Document?
    if let collection, let written = call.gathering?.known(id, in: collection.id) {
      found = written
    } else {
      found = try host.read { reader throws(Problem) in
        try reader.document(id, collectionID: collection?.id, in: namespaceID, vectors: vectors)
      }
    }
    guard let found else {
      throw Problem(
        .notFound, "document '\(id)' is not in \(collection.map { "collection '\($0.name)'" } ?? "this namespace")", path: "document_id")
    }
    return found
  }

  static func filter(_ fields: Fields) throws(Problem) -> Filter? {
    guard let given = fields["filters"] else { return nil }
    // In a query string the filter is JSON text.
    guard case .string(let text) = given else { return try Filter(given, path: "filters") }
    do throws(Problem) {
      let json = try JSON(parsing: text)
      return json == .null ? nil : try Filter(json, path: "filters")
    } catch {
      throw error.path == nil
        ? Problem(.invalid, "the filter is not JSON: \(error.message)", hint: "For example {\"status\":\"active\"}", path: "filters") : error
    }
  }
}

extension Host {
  /// Writes documents now, or gathers them when a script's writes are committed later.
  @discardableResult
  func write(documents changes: [DocumentWrite.Change], to collection: Collection, _ call: Call) throws(Problem) -> WriteReport {
    let write = Write.documents(
      DocumentWrite(namespaceID: collection.namespaceID, collectionID: collection.id, collectionName: collection.name, changes: changes))
    if let gathering = call.gathering {
      gathering.add(write)
      return WriteReport()
    }
    return try self.write([write])
  }

  /// Upserts documents that are already values: imports. Answers how many were new and how many replaced others.
  package func upsert(_ documents: [Document], into collection: Collection) throws(Problem) -> (added: Int, updated: Int) {
    let report = try write([
      .documents(
        DocumentWrite(
          namespaceID: collection.namespaceID, collectionID: collection.id, collectionName: collection.name, changes: documents.map { .upsert($0) }))
    ])
    return (report.added, report.updated)
  }

  /// Documents of a standalone namespace that name no collection live in one called `documents`, with the namespace's indexes.
  func standaloneCollection(of namespace: Namespace) throws(Problem) -> Collection {
    if let known = try read({ reader throws(Problem) in try reader.collection("documents", in: namespace.id) }) { return known }
    let now = surroundings.now()
    let made = Collection(
      id: Identifier.make("col", surroundings), namespaceID: namespace.id, name: "documents", vectorIndexes: namespace.vectorIndexes, createdAt: now,
      updatedAt: now)
    try create(made)
    return made
  }
}
