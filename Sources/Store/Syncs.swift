package import Basics
package import Model

/// A file of a sync as it was when it was taken in.
package struct SyncedFile: Sendable, Equatable {
  /// Relative to the sync's folder.
  package var path: String
  package var size: Int64
  /// When it was changed last, in nanoseconds since 1970; 0 where that cannot be trusted.
  package var modified: Int64
  /// SHA-256 of the contents in hexadecimal; empty for files whose rows are compared one by one.
  package var hash: String
  /// Counts how often the file was taken in.
  package var generation: Int64
  package var objects: Int64
  package var failures: Int64
  package var error: String?
  package var firstFailedAt: Instant?
  package var updatedAt: Instant

  package init(
    path: String, size: Int64 = 0, modified: Int64 = 0, hash: String = "", generation: Int64 = 0, objects: Int64 = 0, failures: Int64 = 0,
    error: String? = nil, firstFailedAt: Instant? = nil, updatedAt: Instant
  ) {
    self.path = path
    self.size = size
    self.modified = modified
    self.hash = hash
    self.generation = generation
    self.objects = objects
    self.failures = failures
    self.error = error
    self.firstFailedAt = firstFailedAt
    self.updatedAt = updatedAt
  }
}

extension Transaction {
  package mutating func insert(_ sync: BucketSync) {
    add(
      .insertSync,
      [
        ("bucket_id", .text(sync.bucketID)), ("namespace_id", .text(sync.namespaceID)), ("state", .json(JSONObject())),
        ("created_at", .instant(sync.createdAt)),
      ] + Self.columns(of: sync))
  }

  package mutating func update(_ sync: BucketSync) {
    add(.updateSync, Self.columns(of: sync), expecting: .exactly(1), guardName: "sync")
  }

  private static func columns(of sync: BucketSync) -> [(String, Value)] {
    [
      ("sync_config_id", .text(sync.id)), ("definition", .json(sync.definition)), ("is_active", .flag(sync.isActive)),
      ("updated_at", .instant(sync.updatedAt)),
    ]
  }

  /// What the looks of a sync have come to, in sum.
  package mutating func noteSync(_ syncID: String, state: JSONObject, isActive: Bool) {
    add(.noteSync, [("sync_config_id", .text(syncID)), ("state", .json(state)), ("is_active", .flag(isActive))])
  }

  /// Deletes a sync and what it knows of files; the objects stay.
  package mutating func deleteSync(_ syncID: String) {
    let parameters: [(String, Value)] = [("sync_config_id", .text(syncID))]
    for statement in [Statement.deleteSyncObjects, .deleteSyncFiles, .deleteSyncJobs, .deleteSync] { add(statement, parameters) }
  }

  /// Deletes the syncs of a bucket that is to be deleted.
  mutating func deleteSyncs(ofBucket bucketID: String) {
    let parameters: [(String, Value)] = [("bucket_id", .text(bucketID))]
    for statement in [Statement.deleteSyncObjectsOfBucket, .deleteSyncFilesOfBucket, .deleteSyncJobsOfBucket, .deleteSyncsOfBucket] {
      add(statement, parameters)
    }
  }

  /// Lost (`sync`) when the sync was deleted meanwhile.
  package mutating func put(_ file: SyncedFile, of syncID: String) {
    add(
      .putSyncFile,
      [
        ("sync_config_id", .text(syncID)), ("path", .text(file.path)), ("size", .integer(file.size)), ("modified", .integer(file.modified)),
        ("hash", .text(file.hash)), ("generation", .integer(file.generation)), ("objects", .integer(file.objects)),
        ("failures", .integer(file.failures)), ("error", .optional(file.error)), ("first_failed_at", .optional(file.firstFailedAt)),
        ("updated_at", .instant(file.updatedAt)),
      ], expecting: .exactly(1), guardName: "sync")
  }

  package mutating func deleteSyncFile(_ path: String, of syncID: String) {
    add(.deleteSyncFile, [("sync_config_id", .text(syncID)), ("path", .text(path))])
  }

  /// Notes that an object comes of a file. `isPending`: whether a batch is to take it; false leaves what was.
  package mutating func noteSyncObject(_ objectID: String, from path: String, generation: Int64, isPending: Bool, of syncID: String) {
    add(
      .putSyncObject,
      [
        ("sync_config_id", .text(syncID)), ("object_id", .text(objectID)), ("path", .text(path)), ("generation", .integer(generation)),
        ("pending", .flag(isPending)),
      ])
  }

  package mutating func forgetSyncObject(_ objectID: String, of syncID: String) {
    add(.deleteSyncObject, [("sync_config_id", .text(syncID)), ("object_id", .text(objectID))])
  }

  /// A batch has taken the object.
  package mutating func markProcessed(_ objectID: String, of syncID: String) {
    add(.markSyncObject, [("sync_config_id", .text(syncID)), ("object_id", .text(objectID))])
  }

  package mutating func put(_ job: SyncJob) {
    add(
      .putSyncJob,
      [
        ("sync_job_id", .text(job.id)), ("sync_config_id", .text(job.syncID)), ("status", .text(job.status.rawValue)), ("body", .json(job.json)),
        ("started_at", .instant(job.startedAt)),
      ])
  }

  /// Forgets all but the newest jobs of a sync.
  package mutating func deleteSyncJobs(of syncID: String, keeping count: Int64) {
    add(.deleteOldSyncJobs, [("sync_config_id", .text(syncID)), ("keep", .integer(count))])
  }
}

/// A sync with what its looks have come to.
package struct StandingSync: Sendable {
  package var sync: BucketSync
  package var state: JSONObject

  package init(sync: BucketSync, state: JSONObject) {
    self.sync = sync
    self.state = state
  }
}

extension Reader {
  package func sync(_ syncID: String, in bucketID: String? = nil) throws(Problem) -> StandingSync? {
    try connection.first(.sync, [("sync_config_id", .text(syncID)), ("bucket_id", .optional(bucketID))], StandingSync.read)
  }

  /// The syncs of a bucket, or of all, newest first.
  package func syncs(of bucketID: String? = nil) throws(Problem) -> [StandingSync] {
    try connection.rows(.syncs, [("bucket_id", .optional(bucketID))], StandingSync.read)
  }

  package func syncFiles(of syncID: String) throws(Problem) -> [SyncedFile] {
    try connection.rows(.syncFiles, [("sync_config_id", .text(syncID))], SyncedFile.read)
  }

  /// Files that could not be taken in, and their number.
  package func failedSyncFiles(of syncID: String, _ page: Page) throws(Problem) -> Listing<SyncedFile> {
    Listing(
      items: try connection.rows(.failedSyncFiles, [("sync_config_id", .text(syncID))] + page.parameters, SyncedFile.read),
      total: try connection.number(.countFailedSyncFiles, [("sync_config_id", .text(syncID))]))
  }

  /// Objects of a file from before a generation, at most so many.
  package func syncObjects(from path: String, before generation: Int64, of syncID: String, limit: Int) throws(Problem) -> [String] {
    try connection.rows(
      .oldSyncObjects,
      [
        ("sync_config_id", .text(syncID)), ("path", .text(path)), ("generation", .integer(generation)), ("limit", .integer(Int64(limit))),
      ]
    ) { $0.text() }
  }

  /// Objects that no batch has taken yet.
  package func pendingSyncObjects(of syncID: String, limit: Int) throws(Problem) -> [String] {
    try connection.rows(.pendingSyncObjects, [("sync_config_id", .text(syncID)), ("limit", .integer(Int64(limit)))]) { $0.text() }
  }

  package func syncJob(_ jobID: String, of syncID: String) throws(Problem) -> SyncJob? {
    try connection.first(.syncJob, [("sync_job_id", .text(jobID)), ("sync_config_id", .text(syncID))]) { row throws(Problem) in
      SyncJob(try row.object())
    }
  }

  /// Newest first.
  package func syncJobs(of syncID: String, status: SyncJob.Status?, _ page: Page) throws(Problem) -> Listing<SyncJob> {
    let conditions: Connection.Parameters = [("sync_config_id", .text(syncID)), ("status", .optional(status?.rawValue))]
    return Listing(
      items: try connection.rows(.syncJobs, conditions + page.parameters) { row throws(Problem) in SyncJob(try row.object()) },
      total: try connection.number(.countSyncJobs, conditions))
  }
}

extension StandingSync {
  static func read(_ row: inout Row) throws(Problem) -> StandingSync {
    let (id, bucketID, namespaceID) = (row.text(), row.text(), row.text())
    let definition = try row.object()
    let isActive = row.flag()
    let state = try row.object()
    return StandingSync(
      sync: try BucketSync(
        id: id, bucketID: bucketID, namespaceID: namespaceID, stored: definition, isActive: isActive, createdAt: row.instant(),
        updatedAt: row.instant()), state: state)
  }
}

extension SyncedFile {
  static func read(_ row: inout Row) throws(Problem) -> SyncedFile {
    SyncedFile(
      path: row.text(), size: row.int(), modified: row.int(), hash: row.text(), generation: row.int(), objects: row.int(), failures: row.int(),
      error: row.optionalText(), firstFailedAt: row.optionalInstant(), updatedAt: row.instant())
  }
}
