import Basics
import Model
import Store

extension Operation {
  static let bucketOperations: [Operation] = [
    Operation("create_bucket", "POST", "/v1/buckets", "Make a bucket for objects", tag: "Buckets", scope: .write, body: Bucket.accepted) {
      host, call throws(Problem) in
      let bucket = try Bucket(creating: call.body, in: call.namespaceID(), surroundings: host.surroundings)
      var transaction = Transaction()
      transaction.insert(bucket)
      try host.commit(transaction, naming: bucket)
      return .json(bucket.json)
    },
    Operation(
      "list_buckets", "POST", "/v1/buckets/list", "List buckets", tag: "Buckets", scope: .read, query: Parameter.paging,
      body: Page.names + ListSelection.names,
      list),
    Operation(
      "list_buckets_get", "GET", "/v1/buckets", "List buckets", tag: "Buckets", scope: .read,
      query: Parameter.paging + [Parameter("search", .string)], list),
    Operation("get_bucket", "GET", "/v1/buckets/{bucket_identifier}", "Read a bucket by id or name", tag: "Buckets", scope: .read) {
      host, call throws(Problem) in .kept(try host.bucket(call).json)
    },
    Operation(
      "patch_bucket", "PATCH", "/v1/buckets/{bucket_identifier}", "Change a bucket", tag: "Buckets", scope: .write,
      query: [Parameter("force_schema_break", .boolean)], body: Bucket.accepted, change),
    Operation(
      "update_bucket", "PUT", "/v1/buckets/{bucket_identifier}", "Change a bucket", tag: "Buckets", scope: .write,
      query: [Parameter("force_schema_break", .boolean)], body: Bucket.accepted, change),
    Operation(
      "delete_bucket", "DELETE", "/v1/buckets/{bucket_identifier}", "Delete a bucket and its objects; documents made of them stay", tag: "Buckets",
      scope: .write, query: [Parameter("force_foreclose", .boolean)]
    ) { host, call throws(Problem) in
      let bucket = try host.bucket(call)
      for status in [Batch.Status.pending, .inProgress] {
        let query = BatchQuery(namespaceID: bucket.namespaceID, bucketID: bucket.id, status: status, page: Page(limit: 1))
        if let open = try host.read({ reader throws(Problem) in try reader.batches(query).items.first }) {
          throw Problem(
            .conflict, "batch '\(open.id)' of the bucket is \(open.status.rawValue)", hint: "Wait for it, or cancel it first",
            path: "bucket_identifier")
        }
      }
      var transaction = Transaction()
      transaction.deleteBucket(bucket.id)
      var answer = host.doneAtOnce("api_buckets_delete", ["bucket_id": .string(bucket.id)], in: bucket.namespaceID, with: &transaction)
      try host.commit(transaction)
      answer.set([
        .init(key: "success", value: true), .init(key: "message", value: "deleted"), .init(key: "bucket_id", value: .string(bucket.id)),
        .init(key: "bucket_name", value: .string(bucket.name)), .init(key: "object_count", value: .int(bucket.holdings.objects)),
      ])
      return .json(.object(answer))
    },
  ]

  private static func change(_ host: Host, _ call: Call) throws(Problem) -> Answer {
    var bucket = try host.bucket(call)
    try bucket.change(by: call.body, at: host.surroundings.now())
    var transaction = Transaction()
    transaction.update(bucket)
    try host.commit(transaction, naming: bucket)
    return .json(bucket.json)
  }

  private static func list(_ host: Host, _ call: Call) throws(Problem) -> Answer {
    let fields = try call.listFields(accepting: ListSelection.names)
    let (page, selection, namespaceID) = (try Page.byPlace(fields), try ListSelection(fields), try call.namespaceID())
    let listing = try selection.listing(page, texts: ["bucket_name", "description"]) { page throws(Problem) in
      try host.read { reader throws(Problem) in try reader.buckets(in: namespaceID, page) }.map { bucket throws(Problem) in bucket.json }
    }
    return .kept(page.envelope(listing))
  }
}

extension Host {
  /// The bucket that the path names, by id or name.
  func bucket(_ call: Call) throws(Problem) -> Bucket {
    try bucket(call.path["bucket_identifier"] ?? "", in: call.namespaceID(), path: "bucket_identifier")
  }

  fileprivate func commit(_ transaction: Transaction, naming bucket: Bucket) throws(Problem) {
    do throws(Problem) {
      try commit(transaction)
    } catch {
      guard error.kind == .conflict else { throw error }
      throw Problem(.conflict, "bucket '\(bucket.name)' exists", hint: "Choose another bucket_name", path: "bucket_name")
    }
  }
}
