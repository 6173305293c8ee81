package import Basics

/// One thing in a bucket: fields at its root, and blobs, which are values or addresses of a schema's properties.
package struct BucketObject: Sendable, Equatable {
  /// What has become of an object in the batches it was in.
  package enum Status: String, Sendable, CaseIterable {
    case draft = "DRAFT"
    case completed = "COMPLETED"
    case failed = "FAILED"

    /// The contract's word: what no batch has processed yet is pending.
    package var shown: String { self == .draft ? "PENDING" : rawValue }
  }

  package struct Blob: Sendable, Equatable {
    package var id: String
    package var property: String
    package var type: BucketSchema.FieldType
    package var keyPrefix: String?
    package var data: JSON
    package var metadata: JSONObject
  }

  package var id: String
  package var bucketID: String
  package var namespaceID: String
  package var keyPrefix: String?
  package var fields: JSONObject
  package var blobs: [Blob]
  package var edges: [JSON]
  package var status: Status
  package var error: String?
  /// The values of the bucket's unique key, as text; nil where the bucket has none.
  package var uniqueKey: String?
  package var idempotencyKey: String?
  package var createdAt: Instant
  package var updatedAt: Instant

  package init(
    id: String, bucketID: String, namespaceID: String, keyPrefix: String? = nil, fields: JSONObject = JSONObject(), blobs: [Blob] = [],
    edges: [JSON] = [], status: Status = .draft, error: String? = nil, uniqueKey: String? = nil, idempotencyKey: String? = nil, createdAt: Instant,
    updatedAt: Instant
  ) {
    self.id = id
    self.bucketID = bucketID
    self.namespaceID = namespaceID
    self.keyPrefix = keyPrefix
    self.fields = fields
    self.blobs = blobs
    self.edges = edges
    self.status = status
    self.error = error
    self.uniqueKey = uniqueKey
    self.idempotencyKey = idempotencyKey
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }

  /// Names at the root that are ours and cannot be fields.
  package static let reserved: Set<String> = [
    "object_id", "bucket_id", "key_prefix", "blobs", "source_details", "edges", "status", "error", "created_at", "updated_at", "document_count",
    "consistency", "skip_duplicates", "canonicalize_source", "force_remirror", "idempotency_key",
  ]
  private static let blobNames = [
    "property", "key_prefix", "type", "data", "upload_id", "checksum", "metadata", "canonicalize_source", "force_remirror",
  ]

  /// Reads an object of a request: blobs, and the fields at its root and in `metadata`… whatever is not ours. `id` is given by the caller.
  ///
  /// `path` is where it lies in the request, empty for the root.
  package init(_ json: JSON, id: String, in bucket: Bucket, path: String, surroundings: Surroundings) throws(Problem) {
    let members = try Fields(json, path: path)
    try Self.checkTheRest(members)
    if let taken = members.object.keys.first(where: { ["object_id", "bucket_id", "status", "created_at", "updated_at"].contains($0) }) {
      throw Problem(.invalid, "'\(taken)' is given by the host", hint: "Leave it out, or call your own field differently", path: members.at(taken))
    }
    if members.object["auto_process"] != nil, bucket.schema.field(named: "auto_process") == nil {
      throw Problem(
        .invalid, "'auto_process' is a parameter of the query", hint: "Send it there: ?auto_process=true", path: members.at("auto_process"))
    }
    let now = surroundings.now()
    self.init(
      id: id, bucketID: bucket.id, namespaceID: bucket.namespaceID, keyPrefix: try members.string("key_prefix"),
      fields: JSONObject(members: members.object.members.filter { !Self.reserved.contains($0.key) }), createdAt: now, updatedAt: now)
    if let key = try members.string("idempotency_key") { idempotencyKey = try Names.checkID(key, path: members.at("idempotency_key")) }
    edges = try members["edges"].map { json throws(Problem) in try Self.edges(json, path: members.at("edges")) } ?? []
    if let given = members["blobs"] {
      guard let items = given.array else { throw Problem(.invalid, "expected an array, got \(given.typeName)", path: members.at("blobs")) }
      for (position, item) in items.enumerated() {
        blobs.append(try Self.blob(item, position, of: id, in: bucket, path: "\(members.at("blobs"))[\(position)]"))
      }
    }
    try bucket.schema.complete(&fields, given: Set(blobs.map(\.property)), path: path)
    uniqueKey = try Self.uniqueKey(of: payload, bucket, path: path)
  }

  private static func checkTheRest(_ members: Fields) throws(Problem) {
    try members.check(["skip_duplicates": .boolean, "canonicalize_source": .boolean, "force_remirror": .boolean])
  }

  private static func blob(_ json: JSON, _ position: Int, of id: String, in bucket: Bucket, path: String) throws(Problem) -> Blob {
    let fields = try Fields(json, path: path, accepting: blobNames)
    let property = try fields.required("property", example: "\"content\"")
    let known = bucket.schema.fields.map(\.name)
    guard let field = bucket.schema.field(named: property) else {
      throw Problem(
        .invalid, "the schema of bucket '\(bucket.name)' has no property '\(property)'",
        hint: known.isEmpty ? "Add it to bucket_schema first" : "It has: \(known.joined(separator: ", "))", path: fields.at("property"),
        didYouMean: Suggestion.nearest(to: property, in: known))
    }
    guard let type: BucketSchema.FieldType = try fields.choice("type") else { throw fields.missing("type", example: "\"\(field.type.rawValue)\"") }
    if fields["upload_id"] != nil {
      throw Problem(.unsupported, "uploads are not in this build", hint: "Give the value, or its address, as \"data\"", path: fields.at("upload_id"))
    }
    guard let data = fields["data"] else { throw fields.missing("data", example: "\"a text\"") }
    try BucketSchema.check(data, as: field, path: fields.at("data"))
    return Blob(
      id: Identifier.derived("blob", from: id, "\(position)"), property: property, type: type, keyPrefix: try fields.string("key_prefix"), data: data,
      metadata: try fields.objectValue("metadata") ?? JSONObject())
  }

  private static func edges(_ json: JSON, path: String) throws(Problem) -> [JSON] {
    guard let items = json.array else { throw Problem(.invalid, "expected an array, got \(json.typeName)", path: path) }
    for (position, item) in items.enumerated() {
      let edge = try Fields(item, path: "\(path)[\(position)]")
      _ = try edge.required("type", example: "\"related_to\"")
      _ = try edge.required("target_object_id", example: "\"obj_1\"")
      let _: EdgeDirection? = try edge.choice("direction")
      try edge.check(["target_collection_id": .string, "attributes": .object])
    }
    return items
  }

  private enum EdgeDirection: String, CaseIterable { case out, `in` }

  private static func uniqueKey(of payload: JSONObject, _ bucket: Bucket, path: String) throws(Problem) -> String? {
    guard let key = bucket.uniqueKey else { return nil }
    var values: [JSON] = []
    for name in key.fields {
      guard let value = payload.value(at: name), value != .null else {
        throw Problem(
          .invalid, "'\(name)' is missing, and objects of bucket '\(bucket.name)' are told apart by it", hint: "Give it a value",
          path: path.isEmpty ? name : "\(path).\(name)", details: ["type": "missing"])
      }
      values.append(value)
    }
    return JSON.array(values).text
  }

  /// The values that an extractor reads: the fields, and each blob under its property's name.
  package var payload: JSONObject {
    var result = fields
    for blob in blobs { result[blob.property] = blob.data }
    return result
  }

  /// Sets the fields that a change names. With `replaces` the others go, otherwise they stay; null removes a field in either case.
  package mutating func change(by json: JSON, replaces: Bool, in bucket: Bucket, at now: Instant) throws(Problem) {
    let members = try Fields(json)
    try Self.checkTheRest(members)
    for name in ["object_id", "bucket_id", "blobs", "status", "created_at", "updated_at"] where members.object[name] != nil {
      throw Problem(.invalid, "'\(name)' cannot be changed", hint: "Delete the object and make another", path: name)
    }
    if let prefix = try members.string("key_prefix") { keyPrefix = prefix }
    let changes = members.object.members.filter { !Self.reserved.contains($0.key) }
    if replaces { fields = JSONObject() }
    fields.set(changes, nullRemoves: true)
    try bucket.schema.complete(&fields, given: Set(blobs.map(\.property)), path: "")
    uniqueKey = try Self.uniqueKey(of: payload, bucket, path: "")
    updatedAt = now
  }

  /// SHA-256 of what the caller gave, in hexadecimal: equal for equal contents, whatever they are called.
  package var contentHash: String { SHA256.hex(JSON.object(payload.sorted).text) }

  /// About what the object takes in the store, in bytes.
  package var size: Int64 { Int64(JSON.object(stored).text.utf8.count) }

  /// The part that the store keeps as text.
  package var stored: JSONObject {
    ["fields": .object(fields), "blobs": .array(blobs.map { .object(Self.json(of: $0)) }), "edges": .array(edges)]
  }

  /// Reads what `stored` wrote.
  package mutating func restore(_ stored: JSONObject) {
    fields = stored["fields"]?.object ?? JSONObject()
    edges = stored["edges"]?.array ?? []
    blobs = (stored["blobs"]?.array ?? []).compactMap { json in
      guard let id = json["blob_id"]?.string, let property = json["property"]?.string,
        let type = json["type"]?.string.flatMap(BucketSchema.FieldType.init(rawValue:))
      else { return nil }
      return Blob(
        id: id, property: property, type: type, keyPrefix: json["key_prefix"]?.string, data: json["data"] ?? .null,
        metadata: json["properties"]?.object ?? JSONObject())
    }
  }

  private static func json(of blob: Blob) -> JSONObject {
    [
      "blob_id": .string(blob.id), "property": .string(blob.property), "type": .string(blob.type.rawValue), "key_prefix": .optional(blob.keyPrefix),
      "data": blob.data, "properties": .object(blob.metadata),
    ]
  }

  package var json: JSON {
    var result: JSONObject = ["object_id": .string(id), "bucket_id": .string(bucketID), "key_prefix": .optional(keyPrefix)]
    result.members += fields.members
    result["blobs"] = .array(blobs.map { .object(Self.json(of: $0)) })
    result["edges"] = .array(edges)
    result["status"] = .string(status.shown)
    result["error"] = .optional(error)
    result["created_at"] = .instant(createdAt)
    result["updated_at"] = .instant(updatedAt)
    return .object(result)
  }
}

extension JSONObject {
  /// The same members in the order of their names.
  fileprivate var sorted: JSONObject { JSONObject(members: members.sorted { $0.key < $1.key }) }
}
