import Basics
import Model
import Store

extension Operation {
  /// A call carries at most this many objects.
  private static let uploadLimit = 100
  /// More objects than this are not sorted in memory.
  private static let sortLimit = 50_000
  /// How often an upload is tried that others were faster with.
  private static let attempts = 3

  private static let objectNames = [
    "key_prefix", "blobs", "skip_duplicates", "canonicalize_source", "force_remirror", "edges", "idempotency_key", "…fields",
  ]
  private static let listNames = ["filters", "sort", "search", "select", "return_presigned_urls"]

  static let objectOperations: [Operation] = [
    Operation(
      "create_object_buckets", "POST", "/v1/buckets/{bucket_identifier}/objects", "Add one object", tag: "Bucket objects", scope: .write,
      query: [Parameter("policy", .string), Parameter("auto_process", .boolean)], body: objectNames
    ) { host, call throws(Problem) in
      let bucket = try host.bucket(call)
      let policy: Bucket.Policy? = try Fields(.object(call.query)).choice("policy")
      let upload = try stored(host) { () throws(Problem) in
        var upload = ObjectUpload(host, bucket, policy: policy)
        try upload.add(call.body, path: "")
        return upload
      }
      if call.query["auto_process"]?.bool ?? false { try host.process(upload.accepted.map(\.object.id), of: bucket) }
      return .json(upload.accepted.first.map { .object($0.json) } ?? .null)
    },
    Operation(
      "create_objects_batch_buckets", "POST", "/v1/buckets/{bucket_identifier}/objects/batch", "Add up to 100 objects, each on its own",
      tag: "Bucket objects", scope: .write, query: [Parameter("auto_process", .boolean)], body: ["objects"]
    ) { host, call throws(Problem) in
      let bucket = try host.bucket(call)
      let fields = try Fields(call.body, accepting: ["objects"])
      guard let given = fields["objects"] else { throw fields.missing("objects", example: "[{\"title\": \"a text\"}]") }
      guard let items = given.array else { throw Problem(.invalid, "expected an array, got \(given.typeName)", path: "objects") }
      guard items.count <= uploadLimit else {
        throw Problem(.invalid, "\(items.count) objects are given, \(uploadLimit) are allowed", hint: "Send them in several calls", path: "objects")
      }
      var failed: [JSON] = []
      var places: [Int] = []
      let upload = try stored(host) { () throws(Problem) in
        var upload = ObjectUpload(host, bucket)
        (failed, places) = ([], [])
        for (position, item) in items.enumerated() {
          do throws(Problem) {
            try upload.add(item, path: "objects[\(position)]")
            places.append(position)
          } catch {
            guard [.invalid, .unsupported, .conflict, .notFound].contains(error.kind) else { throw error }
            failed.append(["object_index": .int(position), "error": .string(error.description), "error_type": .string(error.kind.rawValue)])
          }
        }
        return upload
      }
      let succeeded = zip(upload.accepted, places).map { item, position -> JSON in
        var json = item.json
        json["object_index"] = .int(position)
        return .object(json)
      }
      if call.query["auto_process"]?.bool ?? false, !succeeded.isEmpty { try host.process(upload.accepted.map(\.object.id), of: bucket) }
      return .json([
        "succeeded": .array(succeeded), "failed": .array(failed), "total_requested": .int(items.count), "succeeded_count": .int(succeeded.count),
        "failed_count": .int(failed.count),
      ])
    },
    Operation(
      "get_object_buckets", "GET", "/v1/buckets/{bucket_identifier}/objects/{object_identifier}", "Read an object", tag: "Bucket objects",
      scope: .read, query: [Parameter("return_presigned_urls", .boolean), Parameter("include_document_count", .boolean)]
    ) { host, call throws(Problem) in
      let object = try host.object(call)
      var json = object.json.object ?? JSONObject()
      if call.query["include_document_count"]?.bool ?? false {
        let query = DocumentQuery(
          namespaceID: object.namespaceID, filter: .compare(field: Lineage.rootObject, .eq, .string(object.id)),
          page: Page(limit: 1, includeTotal: true))
        json["document_count"] = .int(try host.read { reader throws(Problem) in try reader.documents(query).total })
      }
      return .kept(.object(json))
    },
    Operation(
      "list_objects_buckets", "POST", "/v1/buckets/{bucket_identifier}/objects/list", "Page, filter and sort objects", tag: "Bucket objects",
      scope: .read, query: Parameter.paging, body: Page.names + listNames, list),
    Operation(
      "list_objects_get_buckets", "GET", "/v1/buckets/{bucket_identifier}/objects", "Page objects", tag: "Bucket objects", scope: .read,
      query: Parameter.paging, list),
    Operation(
      "patch_object_buckets", "PATCH", "/v1/buckets/{bucket_identifier}/objects/{object_identifier}", "Set some fields of an object",
      tag: "Bucket objects", scope: .write, body: ["key_prefix", "skip_duplicates", "…fields"]
    ) { host, call throws(Problem) in .json(try change(host, call, replaces: false)) },
    Operation(
      "update_object_buckets", "PUT", "/v1/buckets/{bucket_identifier}/objects/{object_identifier}", "Replace the fields of an object",
      tag: "Bucket objects", scope: .write, body: ["key_prefix", "metadata", "skip_duplicates", "…fields"]
    ) { host, call throws(Problem) in .json(try change(host, call, replaces: true)) },
    Operation(
      "delete_object_buckets", "DELETE", "/v1/buckets/{bucket_identifier}/objects/{object_identifier}",
      "Delete an object; documents made of it stay", tag: "Bucket objects", scope: .write, answers: .nothing
    ) { host, call throws(Problem) in
      let object = try host.object(call)
      var transaction = Transaction()
      transaction.deleteObject(object)
      try host.commit(transaction, telling: .about([object.id], of: object.bucketID, in: object.namespaceID, .objectDeleted))
      return .nothing
    },
  ]

  /// Reads, decides and commits; when somebody else wrote in between, once more from the start.
  private static func stored(_ host: Host, _ make: () throws(Problem) -> ObjectUpload) throws(Problem) -> ObjectUpload {
    for attempt in 1...attempts {
      let upload = try make()
      do throws(Problem) {
        _ = try host.write([.statements(upload.transaction())] + upload.events.map(Write.event))
        return upload
      } catch { guard error.kind == .conflict, attempt < attempts else { throw error } }
    }
    throw Problem(.conflict, "others write the same objects at the same time", hint: "Try again")
  }

  private static func change(_ host: Host, _ call: Call, replaces: Bool) throws(Problem) -> JSON {
    let bucket = try host.bucket(call)
    let before = try host.object(call)
    var object = before
    try object.change(by: call.body, replaces: replaces, in: bucket, at: host.surroundings.now())
    var transaction = Transaction()
    transaction.update(object, over: before)
    transaction.adjustBucket(bucket.id, objects: 0, bytes: object.size - before.size)
    do throws(Problem) {
      try host.commit(transaction, telling: .about([object.id], of: bucket.id, in: bucket.namespaceID, .objectUpdated))
    } catch {
      guard error.kind == .conflict, object.uniqueKey != before.uniqueKey else { throw error }
      throw Problem(.conflict, "another object has the unique key \(object.uniqueKey ?? "")", hint: "Give it another value", path: "unique_key")
    }
    return object.json
  }

  private static func list(_ host: Host, _ call: Call) throws(Problem) -> Answer {
    let bucket = try host.bucket(call)
    let fields = try call.listFields(accepting: listNames)
    let page = try Page(fields)
    try fields.check(["return_presigned_urls": .boolean])
    let filter = try CollectionSource.filter(fields["filters"], path: "filters")
    let search = try fields.string("search").map(Filter.fold).flatMap { $0.isEmpty ? nil : $0 }
    // The official client sends an empty order where none is meant.
    let order = fields["sort"] == [:] ? nil : try SortOrder(fields)
    let select = try fields.strings("select")
    var found: [BucketObject] = []
    var last = page.cursor ?? ""
    // A page in the order of arrival ends the walk as soon as it is full; everything else has to see all objects.
    let isPlain = filter == nil && search == nil
    let wanted = order == nil && (isPlain || !page.includeTotal) ? page.offset + page.limit + 1 : Int.max
    while found.count < wanted {
      let after = last
      let step = min(500, isPlain && wanted != .max ? wanted - found.count : 500)
      let objects = try host.read { reader throws(Problem) in try reader.objects(in: bucket.id, after: after, limit: step) }
      found +=
        isPlain
        ? objects
        : objects.filter { object in
          let shown = SourceItem(object).shown
          return filter?.matches(shown) ?? true && search.map { part in shown.members.contains { $0.value.says(part) } } ?? true
        }
      guard order == nil || found.count <= sortLimit else {
        throw Problem(.tooLarge, "more than \(sortLimit) objects are to be sorted", hint: "Narrow them by filters, or leave sort out", path: "sort")
      }
      guard let end = objects.last, objects.count == step else { break }
      last = end.id
    }
    if let order { found = order.sorted(found) }
    let total = isPlain ? bucket.holdings.objects : wanted == .max ? Int64(found.count) : -1
    let shown = found.dropFirst(page.offset).prefix(page.limit)
    let next = order == nil && found.count > page.offset + page.limit ? shown.last?.id : nil
    return .json(page.envelope(Listing(items: shown.map { Self.json(of: $0, select) }, total: total, nextCursor: next)))
  }

  private static func json(of object: BucketObject, _ select: [String]?) -> JSON {
    guard let select, let all = object.json.object else { return object.json }
    return .object(JSONObject(members: all.members.filter { ["object_id", "bucket_id"].contains($0.key) || select.contains($0.key) }))
  }
}

extension SortOrder {
  /// Objects by one of their values: numbers before texts, objects without it last, alike ones as they came.
  fileprivate func sorted(_ objects: [BucketObject]) -> [BucketObject] {
    let keyed = objects.map { ($0, SourceItem($0).shown.value(at: field) ?? .null) }
    return keyed.enumerated().sorted { a, b in
      let (x, y) = (a.element.1, b.element.1)
      if x.isNull || y.isNull { return x.isNull == y.isNull ? a.offset < b.offset : y.isNull }
      if precedes(x, y) { return !descending }
      if precedes(y, x) { return descending }
      return a.offset < b.offset
    }.map(\.element.0)
  }

  private func precedes(_ a: JSON, _ b: JSON) -> Bool {
    if let x = a.double, let y = b.double { return x < y }
    if let x = a.string, let y = b.string { return x < y }
    return a.double != nil && b.double == nil
  }
}

extension JSON {
  /// Whether a text of it contains a part, both without case.
  fileprivate func says(_ part: String) -> Bool {
    switch self {
    case .string(let text): Filter.fold(text).contains(part)
    case .array(let items): items.contains { $0.says(part) }
    case .object(let object): object.members.contains { $0.value.says(part) }
    case .null, .bool, .int, .double: false
    }
  }
}

extension Host {
  /// The object that the path names.
  func object(_ call: Call) throws(Problem) -> BucketObject {
    let bucket = try bucket(call)
    let id = try call.parameter("object_identifier")
    guard let found = try read({ reader throws(Problem) in try reader.object(id, in: bucket.id) }) else {
      throw Problem(.notFound, "object '\(id)' is not in bucket '\(bucket.name)'", path: "object_identifier")
    }
    return found
  }
}
