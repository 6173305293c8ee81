import Basics
import Model
import Store

// Reading many documents at once: lists of one collection or of several, several lists in one call, many documents by their identifiers.
extension Operation {
  private static let collectionNames = ["collection_ids", "collection_id", "collections"]
  private static let batchGetNames = ["document_ids", "return_presigned_urls", "return_vectors"]
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
      body: batchGetNames
    ) { host, call throws(Problem) in
      let fields = try Fields(call.body, accepting: batchGetNames)
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
    if let first = unknown.first, known.isEmpty {
      throw .missing(
        "collection", first, path: "collection_ids",
        known: try host.read { reader throws(Problem) in
          try reader.collections(in: namespaceID, Page(limit: 100)).items.map(\.collection.name)
        })
    }
    var answer = try listed(host, call, fields, in: known)
    if !unknown.isEmpty { answer["unknown_collection_ids"] = .array(unknown.map(JSON.string)) }
    return .object(answer)
  }

  /// A list of the collection that the path names.
  static func listDocuments(_ host: Host, _ call: Call, in collections: [Collection]) throws(Problem) -> Answer {
    .json(.object(try listed(host, call, call.listFields(accepting: documentListNames), in: collections)))
  }

  /// An empty list of collections stands for every one of the namespace.
  private static func listed(_ host: Host, _ call: Call, _ fields: Fields, in collections: [Collection]) throws(Problem) -> JSONObject {
    var page = try Page(fields)
    try fields.check(["return_presigned_urls": .boolean])
    let order = try SortOrder(fields)
    let view = try DocumentView(fields)
    let share = try DocumentShare(fields, &page)
    var conditions = try filter(fields).map { [$0] } ?? []
    if let search = try fields.string("search"), !search.isEmpty { conditions.append(.mentions(search)) }
    if let share { conditions.append(share.filter) }
    let query = DocumentQuery(
      namespaceID: try call.namespaceID(), collectionIDs: collections.map(\.id), filter: conditions.count > 1 ? .all(conditions) : conditions.first,
      sort: order.map { [($0.field, $0.descending)] } ?? [], page: page, vectors: view.needsVectors, select: view.selectInStore)
    if let field = try groupField(fields) { return try grouped(host, query, by: field, view, share) }
    var listing = try host.looking(by: query) { reader throws(Problem) in try reader.documents(query) }
    listing.nextCursor = share.signing(listing.nextCursor)
    let (shown, warnings) = try view.show(listing.items, host, in: query.namespaceID)
    var answer = page.envelope(Listing(items: shown, total: listing.total, nextCursor: listing.nextCursor)).object ?? JSONObject()
    let total: JSON = page.includeTotal ? .int(listing.total) : .null
    answer["total_documents"] = total
    answer["stats"] = ["total_documents": total, "avg_blobs_per_document": 0, "total_groups": .null, "avg_documents_per_group": .null]
    answer["group_by_field"] = .null
    if !warnings.isEmpty { answer["warnings"] = .array(warnings.map(JSON.string)) }
    return answer
  }

  /// `"kind"` or `{"field": "kind"}`.
  private static func groupField(_ fields: Fields) throws(Problem) -> String? {
    if fields["group_by"]?.object == nil { return try fields.string("group_by", example: "\"category\"").flatMap { $0.isEmpty ? nil : $0 } }
    return try Fields(fields["group_by"], path: "group_by", accepting: ["field"]).required("field", example: "\"category\"")
  }

  /// Documents of one group that an answer shows at most, and of all of them together.
  private static let (groupShown, groupsShown) = (100, 10_000)

  private static func grouped(
    _ host: Host, _ query: DocumentQuery, by field: String, _ view: DocumentView, _ share: DocumentShare?
  ) throws(Problem) -> JSONObject {
    let page = query.page
    let most = max(1, min(groupShown, groupsShown / page.limit))
    let found = try host.looking(by: query, groupedBy: field) { reader throws(Problem) in try reader.groups(query, by: field, most: most) }
    var warnings: [String] = []
    var groups: [JSON] = []
    for group in found.listing.items {
      let (shown, more) = try view.show(group.documents, host, in: query.namespaceID)
      for warning in more where !warnings.contains(warning) { warnings.append(warning) }
      groups.append(["group_key": group.key, "documents": .array(shown), "count": .int(group.count)])
    }
    let cut = found.listing.items.count { $0.count > Int64($0.documents.count) }
    if cut > 0 {
      warnings.append("\(cut) of the groups have more documents than the \(most) shown of each; filter by the group's value for the others")
    }
    let listing = Listing<JSON>(items: [], total: found.listing.total, nextCursor: share.signing(found.listing.nextCursor))
    var answer = page.envelope(listing).object ?? JSONObject()
    answer["results"] = .null
    answer["groups"] = .array(groups)
    answer["group_by_field"] = .string(field)
    let documents: JSON = page.includeTotal ? .int(found.documents) : .null
    answer["total_documents"] = documents
    let isCounted = found.listing.total > 0 && found.documents >= 0
    answer["stats"] = [
      "total_documents": documents, "avg_blobs_per_document": 0, "total_groups": found.listing.total < 0 ? .null : .int(found.listing.total),
      "avg_documents_per_group": isCounted ? .double(Double(found.documents) / Double(found.listing.total)) : .null,
    ]
    if !warnings.isEmpty { answer["warnings"] = .array(warnings.map(JSON.string)) }
    return answer
  }
}

/// One of several shares of a list, so that as many workers may page through it side by side. The cursor carries it: sent alone it stays inside.
private struct DocumentShare {
  private let index: Int64
  private let count: Int64

  var filter: Filter { .share(index, of: count) }

  /// Reads `partition`, or what the page's cursor says of it, and leaves in the page the cursor of the store.
  init?(_ fields: Fields, _ page: inout Page) throws(Problem) {
    var carried: (index: Int64, count: Int64)?
    if let parts = page.cursor?.split(separator: "~", omittingEmptySubsequences: false), parts.count == 3, let index = Int64(parts[1]),
      let count = Int64(parts[2]), (1...256).contains(count), (0..<count).contains(index)
    {
      carried = (index, count)
      page.cursor = String(parts[0])
    }
    guard fields["partition"] != nil else {
      guard let carried else { return nil }
      (index, count) = carried
      return
    }
    let given = try Fields(fields["partition"], path: "partition", accepting: ["index", "count"])
    guard let count = try given.int("count", in: 1...256) else { throw given.missing("count", example: "4") }
    guard let index = try given.int("index", in: 0...(count - 1)) else { throw given.missing("index", example: "0") }
    if let carried, carried != (index, count) {
      throw Problem(
        .invalid, "the cursor belongs to share \(carried.index) of \(carried.count)", hint: "Leave partition out, or give the one of the page before",
        path: "partition")
    }
    (self.index, self.count) = (index, count)
  }

  func sign(_ cursor: String) -> String { "\(cursor)~\(index)~\(count)" }
}

extension DocumentShare? {
  /// The cursor as the answer gives it.
  fileprivate func signing(_ cursor: String?) -> String? { cursor.map { text in self?.sign(text) ?? text } }
}
