package import Basics

/// A folder of this machine that a bucket follows: which files, how they become objects, and what is done when they change.
///
/// The names are the contract's, whose syncs follow storages of others; here the one connection is `local`.
package struct BucketSync: Sendable, Equatable {
  package enum Mode: String, Sendable, CaseIterable { case initialOnly = "initial_only", continuous }

  /// What happens to objects when their file is gone, has changed, or is not meant any more.
  package struct Reconcile: Sendable, Equatable {
    package var onDelete = true
    package var onUpdate = true
    package var onFilterDrift = true
    package var reExtract = true
    package init() {}
  }

  package static let connection = "local"

  package var id: String
  package var bucketID: String
  package var namespaceID: String
  /// Absolute, without links in it.
  package var path: String
  package var mode: Mode
  package var filters: FileFilters
  package var mapping: SchemaMapping?
  package var pollingSeconds: Int64
  package var batchSize: Int64
  package var skipsBatches: Bool
  /// Which collections process what comes; empty means all that read the bucket.
  package var collectionIDs: [String]
  package var reconcile: Reconcile
  /// Only files that were changed after this.
  package var syncFrom: Instant?
  package var mostPerRun: Int64
  package var description: String?
  package var metadata: JSONObject
  package var isActive: Bool
  package var pauseReason: String?
  package var createdBy: String
  package var createdAt: Instant
  package var updatedAt: Instant

  package static let accepted = [
    "connection_id", "source_path", "sync_mode", "file_filters", "schema_mapping", "polling_interval_seconds", "batch_size", "skip_batch_submission",
    "batch_collection_ids", "ingest_filter", "skip_duplicates", "reconcile", "sync_from", "provider_filters", "description",
    "max_objects_per_run", "sync_concurrency", "metadata",
  ]
  package static let changeable = [
    "description", "metadata", "status", "is_active", "polling_interval_seconds", "batch_size", "schema_mapping", "skip_batch_submission",
    "batch_collection_ids", "ingest_filter", "max_objects_per_run", "sync_concurrency", "reconcile", "provider_filters", "file_filters",
  ]

  /// Reads a create request. Whether the folder is there and allowed is for the host to say.
  package init(creating body: JSON, in bucket: Bucket, by creator: String, surroundings: Surroundings) throws(Problem) {
    let fields = try Fields(body, accepting: Self.accepted)
    if let connection = try fields.string("connection_id"), connection != Self.connection {
      throw Problem(
        .unsupported, "connection '\(connection.prefix(60))' is not in this build", hint: "Give \"local\": a folder of this machine",
        path: "connection_id", didYouMean: Suggestion.nearest(to: connection, in: [Self.connection]))
    }
    path = try fields.required("source_path", example: "\"/srv/articles\"")
    mode = try fields.choice("sync_mode") ?? .continuous
    let now = surroundings.now()
    id = Identifier.make("sync", surroundings)
    bucketID = bucket.id
    namespaceID = bucket.namespaceID
    filters = FileFilters()
    pollingSeconds = 300
    batchSize = 50
    skipsBatches = false
    collectionIDs = []
    reconcile = Reconcile()
    syncFrom = try fields.instant("sync_from")
    mostPerRun = 100_000
    metadata = JSONObject()
    isActive = true
    createdBy = creator
    createdAt = now
    updatedAt = now
    if fields["skip_duplicates"] != nil { _ = try fields.bool("skip_duplicates") }
    try read(fields)
  }

  /// Takes over what a change names; the rest stays.
  package mutating func change(by body: JSON, at now: Instant) throws(Problem) {
    let fields = try Fields(body, accepting: Self.changeable)
    if let status = try fields.string("status") {
      throw Problem(
        .unsupported, "a status ('\(status.prefix(40))') is not set by hand", hint: "Give \"is_active\", or pause and resume it", path: "status")
    }
    if let isActive = try fields.bool("is_active") { self.isActive = isActive }
    try read(fields)
    updatedAt = now
  }

  private mutating func read(_ fields: Fields) throws(Problem) {
    for name in ["ingest_filter", "provider_filters"] where fields[name] != nil && fields[name] != [:] {
      throw Problem(.unsupported, "'\(name)' is not in this build", hint: "Leave it out; file_filters say which files are meant", path: name)
    }
    if let given = fields["file_filters"] { filters = try FileFilters(given, path: "file_filters") }
    if let given = fields["schema_mapping"] { mapping = try SchemaMapping(given, path: "schema_mapping") }
    pollingSeconds = try fields.int("polling_interval_seconds", in: 30...86_400) ?? pollingSeconds
    batchSize = try fields.int("batch_size", in: 1...100) ?? batchSize
    skipsBatches = try fields.bool("skip_batch_submission") ?? skipsBatches
    collectionIDs = try fields.strings("batch_collection_ids") ?? collectionIDs
    mostPerRun = try fields.int("max_objects_per_run", in: 1...10_000_000) ?? mostPerRun
    _ = try fields.int("sync_concurrency", in: 1...100)
    if let text = try fields.string("description") { description = text }
    metadata = try fields.objectValue("metadata") ?? metadata
    guard let given = fields["reconcile"] else { return }
    let rules = try Fields(
      given, path: "reconcile", accepting: ["on_delete", "on_update", "on_filter_drift", "re_extract_on_update", "re_extract_fields"])
    if rules["re_extract_fields"] != nil {
      throw Problem(
        .unsupported, "'re_extract_fields' is not in this build", hint: "Leave it out; what has changed is processed again",
        path: rules.at("re_extract_fields"))
    }
    reconcile.onDelete = try rules.bool("on_delete") ?? true
    reconcile.onUpdate = try rules.bool("on_update") ?? true
    reconcile.onFilterDrift = try rules.bool("on_filter_drift") ?? true
    reconcile.reExtract = try rules.bool("re_extract_on_update") ?? true
  }

  /// What people say of it, as the store keeps it and as it is answered.
  package var definition: JSONObject {
    [
      "connection_id": .string(Self.connection), "source_path": .string(path), "sync_mode": .string(mode.rawValue),
      "file_filters": .object(filters.json),
      "schema_mapping": mapping?.json ?? .null, "polling_interval_seconds": .int(pollingSeconds), "batch_size": .int(batchSize),
      "skip_batch_submission": .bool(skipsBatches), "batch_collection_ids": collectionIDs.isEmpty ? .null : .array(collectionIDs.map(JSON.string)),
      "reconcile": [
        "on_delete": .bool(reconcile.onDelete), "on_update": .bool(reconcile.onUpdate), "on_filter_drift": .bool(reconcile.onFilterDrift),
        "re_extract_on_update": .bool(reconcile.reExtract),
      ],
      "sync_from": .optional(syncFrom), "max_objects_per_run": .int(mostPerRun), "description": .optional(description),
      "metadata": .object(metadata), "pause_reason": .optional(pauseReason), "created_by_user_id": .string(createdBy),
    ]
  }

  /// Reads what `definition` wrote.
  package init(
    id: String, bucketID: String, namespaceID: String, stored: JSONObject, isActive: Bool, createdAt: Instant, updatedAt: Instant
  ) throws(Problem) {
    self.id = id
    self.bucketID = bucketID
    self.namespaceID = namespaceID
    self.isActive = isActive
    self.createdAt = createdAt
    self.updatedAt = updatedAt
    path = stored["source_path"]?.string ?? ""
    mode = stored["sync_mode"]?.string.flatMap(Mode.init(rawValue:)) ?? .continuous
    filters = FileFilters()
    pollingSeconds = 300
    batchSize = 50
    skipsBatches = false
    collectionIDs = []
    reconcile = Reconcile()
    syncFrom = stored["sync_from"]?.string.flatMap { Instant($0) }
    mostPerRun = 100_000
    metadata = JSONObject()
    pauseReason = stored["pause_reason"]?.string
    createdBy = stored["created_by_user_id"]?.string ?? "local"
    try read(Fields(.object(stored)))
  }
}
