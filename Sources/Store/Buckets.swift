package import Basics
package import Model

extension Transaction {
  /// One of the same name in the namespace is a `.conflict`.
  package mutating func insert(_ bucket: Bucket) {
    add(
      .insertBucket,
      [
        ("bucket_id", .text(bucket.id)), ("namespace_id", .text(bucket.namespaceID)), ("object_count", .integer(0)), ("failed_count", .integer(0)),
        ("total_bytes", .integer(0)), ("last_upload_at", .null), ("created_at", .instant(bucket.createdAt)),
      ] + Self.columns(of: bucket))
  }

  /// Writes what people say of a bucket; what it holds is counted by itself.
  package mutating func update(_ bucket: Bucket) {
    add(.updateBucket, [("bucket_id", .text(bucket.id))] + Self.columns(of: bucket), expecting: .exactly(1), guardName: "bucket")
  }

  private static func columns(of bucket: Bucket) -> [(name: String, value: Value)] {
    [
      ("name", .text(bucket.name)), ("description", .optional(bucket.description)), ("schema", .json(bucket.schema.json)),
      ("unique_key", .optional(bucket.uniqueKey?.stored)), ("metadata", .json(bucket.metadata)), ("updated_at", .instant(bucket.updatedAt)),
    ]
  }

  /// Deletes the bucket with its objects and syncs. Batches and documents made of them stay.
  package mutating func deleteBucket(_ bucketID: String) {
    deleteSyncs(ofBucket: bucketID)
    add(.deleteObjectsOfBucket, [("bucket_id", .text(bucketID))])
    add(.deleteBucket, [("bucket_id", .text(bucketID))], expecting: .exactly(1), guardName: "bucket")
  }

  /// Moves what the bucket is known to hold. `at`: when objects came, nil when none did.
  package mutating func adjustBucket(_ bucketID: String, objects: Int64, bytes: Int64, at: Instant? = nil) {
    add(
      .adjustBucket, [("bucket_id", .text(bucketID)), ("objects", .integer(objects)), ("bytes", .integer(bytes)), ("at", .optional(at))],
      expecting: .exactly(1), guardName: "bucket")
  }

  /// Counts anew how many objects have failed, in the buckets that a batch read.
  package mutating func recountFailedObjects(ofBatch batchID: String) { add(.recountFailedObjects, [("batch_id", .text(batchID))]) }

  // MARK: - Objects

  /// One of the same unique key or idempotency key in the bucket is a `.conflict`.
  package mutating func insert(_ object: BucketObject) {
    add(
      .insertObject,
      [
        ("namespace_id", .text(object.namespaceID)), ("idempotency_key", .optional(object.idempotencyKey)),
        ("created_at", .instant(object.createdAt)),
      ] + Self.columns(of: object))
  }

  /// Replaces an object. Lost (`object`) when it was changed after `before` was read.
  package mutating func update(_ object: BucketObject, over before: BucketObject) {
    add(
      .updateObject, [("expected", .json(before.stored))] + Self.columns(of: object), expecting: .exactly(1),
      guardName: "object")
  }

  private static func columns(of object: BucketObject) -> [(name: String, value: Value)] {
    [
      ("object_id", .text(object.id)), ("bucket_id", .text(object.bucketID)), ("key_prefix", .optional(object.keyPrefix)),
      ("body", .json(object.stored)), ("size", .integer(object.size)), ("content_hash", .text(object.contentHash)),
      ("unique_key", .optional(object.uniqueKey)), ("status", .text(object.status.rawValue)), ("error", .optional(object.error)),
      ("updated_at", .instant(object.updatedAt)),
    ]
  }

  /// What a batch made of an object; one that is gone meanwhile is left out.
  /// Guarded where the object is through: one that was deleted meanwhile has no documents. That one failed may be told of what is gone.
  package mutating func markObject(_ objectID: String, in bucketID: String, _ status: BucketObject.Status, error: String?) {
    add(
      .markObject,
      [("bucket_id", .text(bucketID)), ("object_id", .text(objectID)), ("status", .text(status.rawValue)), ("error", .optional(error))],
      expecting: status == .failed ? .any : .exactly(1), guardName: "object")
  }

  package mutating func deleteObject(_ object: BucketObject) {
    add(
      .deleteObject, [("bucket_id", .text(object.bucketID)), ("object_id", .text(object.id))], expecting: .exactly(1), guardName: "object")
    adjustBucket(object.bucketID, objects: -1, bytes: -object.size)
  }
}

extension Reader {
  /// A bucket by its identifier or its name.
  package func bucket(_ identifier: String, in namespaceID: String) throws(Problem) -> Bucket? {
    try connection.first(.bucket, [("namespace_id", .text(namespaceID)), ("identifier", .text(identifier))], Bucket.read)
  }

  /// In the order in which they were made.
  package func buckets(in namespaceID: String, _ page: Page = Page(limit: 1000)) throws(Problem) -> Listing<Bucket> {
    Listing(
      items: try connection.rows(.bucketStores, [("namespace_id", .text(namespaceID))] + page.parameters, Bucket.read),
      total: try connection.number(.countBuckets, [("namespace_id", .text(namespaceID))]))
  }

  package func object(_ objectID: String, in bucketID: String) throws(Problem) -> BucketObject? {
    try connection.first(.object, [("bucket_id", .text(bucketID)), ("object_id", .text(objectID))], BucketObject.read)
  }

  package func object(uniqueKey: String, in bucketID: String) throws(Problem) -> BucketObject? {
    try connection.first(.objectByUniqueKey, [("bucket_id", .text(bucketID)), ("unique_key", .text(uniqueKey))], BucketObject.read)
  }

  package func object(idempotencyKey: String, in bucketID: String) throws(Problem) -> BucketObject? {
    try connection.first(.objectByIdempotency, [("bucket_id", .text(bucketID)), ("idempotency_key", .text(idempotencyKey))], BucketObject.read)
  }

  /// The oldest object with these contents.
  package func object(contentHash: String, in bucketID: String) throws(Problem) -> BucketObject? {
    try connection.first(.objectByHash, [("bucket_id", .text(bucketID)), ("content_hash", .text(contentHash))], BucketObject.read)
  }

  /// Objects behind one, in the order in which they came; the empty text starts.
  package func objects(in bucketID: String, after objectID: String = "", limit: Int) throws(Problem) -> [BucketObject] {
    try connection.rows(
      .objectsAfter, [("bucket_id", .text(bucketID)), ("after", .text(objectID)), ("limit", .integer(Int64(limit)))], BucketObject.read)
  }

  package func objectIDs(in bucketID: String, after objectID: String = "", limit: Int) throws(Problem) -> [String] {
    try connection.rows(.objectIDsAfter, [("bucket_id", .text(bucketID)), ("after", .text(objectID)), ("limit", .integer(Int64(limit)))]) {
      $0.text()
    }
  }
}

extension Bucket.UniqueKey {
  var stored: JSONObject { ["fields": .array(fields.map(JSON.string)), "default_policy": .string(policy.rawValue)] }
}

extension Bucket {
  static func read(_ row: inout Row) throws(Problem) -> Bucket {
    let (id, namespaceID, name, description) = (row.text(), row.text(), row.text(), row.optionalText())
    let schema = try BucketSchema(row.json())
    let key = try row.optionalJSON()
    let metadata = try row.object()
    let holdings = Holdings(objects: row.int(), failed: row.int(), bytes: row.int(), lastUploadAt: row.optionalInstant())
    return Bucket(
      id: id, namespaceID: namespaceID, name: name, description: description, schema: schema, uniqueKey: try UniqueKey(key),
      metadata: metadata, holdings: holdings, createdAt: row.instant(), updatedAt: row.instant())
  }
}

extension BucketObject {
  static func read(_ row: inout Row) throws(Problem) -> BucketObject {
    var object = BucketObject(
      id: row.text(), bucketID: row.text(), namespaceID: row.text(), keyPrefix: row.optionalText(), createdAt: Instant(milliseconds: 0),
      updatedAt: Instant(milliseconds: 0))
    object.restore(try row.object())
    object.uniqueKey = row.optionalText()
    object.idempotencyKey = row.optionalText()
    object.status = try row.word()
    object.error = row.optionalText()
    object.createdAt = row.instant()
    object.updatedAt = row.instant()
    return object
  }
}
