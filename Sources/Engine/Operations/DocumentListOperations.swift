import Basics
import Model
import Store

// Reading many documents at once: lists of one collection or of several, several lists in one call, many documents by their identifiers.
extension Operation {
  private static let collectionNames = ["collection_ids", "collection_id", "collections"]
  /// Lists that one call may ask for.
  private static let listLimit = 10

  static let documentListOperations: [Operation] = [
    Operation(
      "list_namespace_documents", "POST", "/v1/documents/list", "Page, filter and sort documents of several collections", tag: "Documents",
      scope: .read, query: Parameter.paging, body: Page.names + documentListNames + collectionNames
    ) { host, call throws(Problem) in .json(try list(host, call)) },
    Operation(
      "list_documents_batch", "POST", "/v1/documents/list/batch", "Up to 10 lists of documents in one call", tag: "Documents", scope: .read,
      body: ["queries"]
    ) { host, call throws(Problem) in
      let fields = try Fields(call.body, accepting: ["queries"])
      let example = "[{\"key\": \"a\", \"request\": {\"collection_ids\": [\"words\"]}}]"
      guard let queries = try fields.objects("queries", in: 1...listLimit, example: example) else {
        throw fields.missing("queries", example: example)
      }
      var results: [JSON] = []
      for query in queries {
        let part = try Fields(.object(query.object), path: query.path, accepting: ["key", "request"])
        let key = try part.required("key", example: "\"a\"")
        guard key.count <= 128 else {
          throw Problem(.invalid, "the key has \(key.count) characters", hint: "Give at most 128", path: part.at("key"))
        }
        var inner = call
        inner.body = part["request"] ?? [:]
        // One list that cannot be made does not take the others with it.
        do throws(Problem) {
          results.append(["key": .string(key), "response": try list(host, inner), "error": .null])
        } catch {
          results.append(["key": .string(key), "response": .null, "error": .string(error.description)])
        }
      }
      return .json(["results": .array(results)])
    },
    Operation(
      "batch_get_documents", "POST", "/v1/documents/batch-get", "Read up to 1,000 documents by their identifiers", tag: "Documents", scope: .read,
      body: ["document_ids", "return_presigned_urls", "return_vectors"]
    ) { host, call throws(Problem) in
      let fields = try Fields(call.body, accepting: ["document_ids", "return_presigned_urls", "return_vectors"])
      guard let ids = try fields.strings("document_ids", atLeast: 1) else { throw fields.missing("document_ids", example: "[\"doc_1\"]") }
      try checkCount(ids.count, path: "document_ids")
      let namespaceID = try call.namespaceID()
      _ = try fields.bool("return_presigned_urls")
      let vectors = try fields.bool("return_vectors") ?? false
      return try host.read { reader throws(Problem) in
        var found: [JSON] = []
        var missing: [JSON] = []
        for id in ids {
          if let document = try reader.document(id, in: namespaceID, vectors: vectors) {
            found.append(document.json(vectors: vectors))
          } else {
            missing.append(.string(id))
          }
        }
        return .json(["documents": .array(found), "not_found": .array(missing)])
      }
    },
  ]

  /// A list over the collections that the body names, by id or name; without any, over all of the namespace.
  private static func list(_ host: Host, _ call: Call) throws(Problem) -> JSON {
    let fields = try call.listFields(accepting: documentListNames + collectionNames)
    var named = try fields.strings("collection_ids")
    if named == nil { named = try fields.strings("collections") }
    if named == nil { named = try fields.string("collection_id").map { [$0] } }
    let namespaceID = try call.namespaceID()
    var known: [Collection] = []
    var unknown: [String] = []
    for name in named ?? [] {
      if let collection = try host.read({ reader throws(Problem) in try reader.collection(name, in: namespaceID) }) {
        known.append(collection)
      } else {
        unknown.append(name)
      }
    }
    // An empty list of collections means all of them; one of which none exists means none.
    let isEmpty = !unknown.isEmpty && known.isEmpty
    var answer = try listed(host, call, fields, in: isEmpty ? nil : known)
    answer["unknown_collection_ids"] = .array(unknown.map(JSON.string))
    return .object(answer)
  }

  /// A list of the collection that the path names.
  static func listDocuments(_ host: Host, _ call: Call, in collections: [Collection]) throws(Problem) -> Answer {
    .json(.object(try listed(host, call, call.listFields(accepting: documentListNames), in: collections)))
  }

  /// No collections at all (nil) have no documents; an empty list stands for every one of the namespace.
  private static func listed(_ host: Host, _ call: Call, _ fields: Fields, in collections: [Collection]?) throws(Problem) -> JSONObject {
    for name in ["group_by", "expand", "partition", "search"] where fields[name] != nil {
      throw Problem(.unsupported, "'\(name)' is not in this build", hint: "Leave it out", path: name)
    }
    let page = try Page(fields)
    let order = try SortOrder(fields)
    // In a query string the names are one text.
    var select = fields["select"]?.string.map { $0.split(separator: ",").map(String.init) }
    if select == nil { select = try fields.strings("select") }
    let vectors = try fields.bool("return_vectors") ?? false
    let query = DocumentQuery(
      namespaceID: try call.namespaceID(), collectionIDs: collections?.map(\.id) ?? [], filter: try filter(fields),
      sort: order.map { [($0.field, $0.descending)] } ?? [], page: page, vectors: vectors, select: select)
    let listing = collections == nil ? Listing(items: [], total: 0) : try host.documents(query)
    return page.envelope(try listing.map { document throws(Problem) in document.json(vectors: vectors) }).object ?? JSONObject()
  }
}
