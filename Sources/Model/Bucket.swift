package import Basics

/// A store for raw objects, from which collections make their documents.
package struct Bucket: Sendable, Equatable {
  /// What a write means when an object with the same unique key is there.
  package enum Policy: String, Sendable, CaseIterable { case insert, update, upsert }

  /// The fields that tell objects apart, and what a write of a known one means unless the request says so itself.
  package struct UniqueKey: Sendable, Equatable {
    package var fields: [String]
    package var policy: Policy

    /// Reads `{"fields": ["sku"], "default_policy"?: "upsert"}`; nil for null.
    package init?(_ json: JSON?) throws(Problem) {
      guard let json, json != .null else { return nil }
      let members = try Fields(json, path: "unique_key", accepting: ["fields", "default_policy"])
      guard let names = try members.strings("fields", atLeast: 1) else { throw members.missing("fields", example: "[\"sku\"]") }
      fields = names
      policy = try members.choice("default_policy") ?? .upsert
    }
  }

  /// What a bucket holds now; kept in step with the objects.
  package struct Holdings: Sendable, Equatable {
    package var objects: Int64 = 0
    package var failed: Int64 = 0
    package var bytes: Int64 = 0
    package var lastUploadAt: Instant?
    package init(objects: Int64 = 0, failed: Int64 = 0, bytes: Int64 = 0, lastUploadAt: Instant? = nil) {
      self.objects = objects
      self.failed = failed
      self.bytes = bytes
      self.lastUploadAt = lastUploadAt
    }
  }

  package var id: String
  package var namespaceID: String
  package var name: String
  package var description: String?
  package var schema: BucketSchema
  package var uniqueKey: UniqueKey?
  package var metadata: JSONObject
  package var holdings: Holdings
  package var createdAt: Instant
  package var updatedAt: Instant

  package init(
    id: String, namespaceID: String, name: String, description: String? = nil, schema: BucketSchema, uniqueKey: UniqueKey? = nil,
    metadata: JSONObject = JSONObject(), holdings: Holdings = Holdings(), createdAt: Instant, updatedAt: Instant
  ) {
    self.id = id
    self.namespaceID = namespaceID
    self.name = name
    self.description = description
    self.schema = schema
    self.uniqueKey = uniqueKey
    self.metadata = metadata
    self.holdings = holdings
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }

  package static let accepted = [
    "bucket_name", "description", "bucket_schema", "unique_key", "metadata", "storage_class", "destination", "ingest_filter", "source_adapter",
  ]

  package init(creating body: JSON, in namespaceID: String, surroundings: Surroundings) throws(Problem) {
    let fields = try Fields(body, accepting: Self.accepted)
    let name = try Names.check(fields.required("bucket_name", example: "\"articles\""), path: "bucket_name")
    guard let schema = fields["bucket_schema"] else {
      throw fields.missing("bucket_schema", example: "{\"properties\": {\"title\": {\"type\": \"text\"}}}")
    }
    try Self.refuseCloud(fields)
    let now = surroundings.now()
    self.init(
      id: Identifier.make("bkt", surroundings), namespaceID: namespaceID, name: name, description: try fields.string("description"),
      schema: try BucketSchema(schema), metadata: try fields.objectValue("metadata") ?? JSONObject(), createdAt: now, updatedAt: now)
    uniqueKey = try UniqueKey(fields["unique_key"])
  }

  /// Takes the fields over that a change names; the others stay. A bucket's unique key cannot change under its objects.
  package mutating func change(by body: JSON, at now: Instant) throws(Problem) {
    let fields = try Fields(body, accepting: Self.accepted)
    try Self.refuseCloud(fields)
    if let name = try fields.string("bucket_name") { self.name = try Names.check(name, path: "bucket_name") }
    if fields.object["description"] != nil { description = try fields.string("description") }
    if let metadata = try fields.objectValue("metadata") { self.metadata = metadata }
    if let schema = fields["bucket_schema"] { self.schema = try BucketSchema(schema) }
    if fields["unique_key"] != nil {
      let key = try UniqueKey(fields["unique_key"])
      guard key?.fields == uniqueKey?.fields || holdings.objects == 0 else {
        throw Problem(
          .conflict, "the bucket holds \(holdings.objects) objects, and their unique key cannot change",
          hint: "Empty it first, or make another bucket", path: "unique_key.fields")
      }
      uniqueKey = key
    }
    updatedAt = now
  }

  /// What needs somebody else's cloud is refused rather than ignored.
  private static func refuseCloud(_ fields: Fields) throws(Problem) {
    for name in ["destination", "ingest_filter", "source_adapter"] where fields[name] != nil {
      throw Problem(.unsupported, "'\(name)' is not in this build", hint: "Leave it out; objects are kept in the store itself", path: name)
    }
    guard let storage = try fields.string("storage_class"), storage != "standard" else { return }
    throw Problem(
      .unsupported, "storage_class '\(storage)' is not in this build", hint: "Give \"standard\", or leave it out", path: "storage_class",
      didYouMean: Suggestion.nearest(to: storage, in: ["standard"]))
  }

  package var json: JSON {
    [
      "bucket_id": .string(id), "bucket_name": .string(name), "namespace_id": .string(namespaceID), "description": .optional(description),
      "bucket_schema": .object(schema.json),
      "unique_key": uniqueKey.map { ["fields": .array($0.fields.map(JSON.string)), "default_policy": .string($0.policy.rawValue)] } ?? .null,
      "metadata": .object(metadata), "storage_class": "standard", "object_count": .int(holdings.objects),
      "failed_object_count": .int(holdings.failed), "total_size_bytes": .int(holdings.bytes), "status": "ACTIVE", "is_locked": false,
      "last_upload_at": .optional(holdings.lastUploadAt), "created_at": .instant(createdAt), "updated_at": .instant(updatedAt),
    ]
  }
}
