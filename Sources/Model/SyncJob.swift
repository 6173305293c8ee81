package import Basics

/// One look through a sync's folder, and what came of it.
package struct SyncJob: Sendable, Equatable {
  package enum Status: String, Sendable, CaseIterable { case running, completed, failed, interrupted, skipped }
  package enum Cause: String, Sendable, CaseIterable { case scheduled, manual, resume }

  /// What a look counted.
  package struct Counts: Sendable, Equatable {
    package var files = 0
    /// Files whose contents were taken in.
    package var synced = 0
    package var failed = 0
    /// Files that were as they had been.
    package var verified = 0
    package var added = 0
    package var updated = 0
    package var deleted = 0
    package var bytes: Int64 = 0
    package init() {}

    package var changesAnything: Bool { added + updated + deleted > 0 }
  }

  package var id: String
  package var syncID: String
  package var namespaceID: String
  package var status: Status
  package var cause: Cause
  package var counts = Counts()
  package var batchIDs: [String] = []
  package var taskIDs: [String] = []
  package var error: String?
  package var startedAt: Instant
  package var completedAt: Instant?

  package init(id: String, syncID: String, namespaceID: String, status: Status = .running, cause: Cause, startedAt: Instant) {
    self.id = id
    self.syncID = syncID
    self.namespaceID = namespaceID
    self.status = status
    self.cause = cause
    self.startedAt = startedAt
  }

  package var json: JSONObject {
    [
      "sync_job_id": .string(id), "sync_config_id": .string(syncID), "internal_id": "org_local", "namespace_id": .string(namespaceID),
      "status": .string(status.rawValue), "trigger": .string(cause.rawValue), "total_files": .int(counts.files), "files_synced": .int(counts.synced),
      "files_failed": .int(counts.failed), "files_verified": .int(counts.verified), "objects_added": .int(counts.added),
      "objects_updated": .int(counts.updated), "objects_deleted": .int(counts.deleted), "bytes_synced": .int(counts.bytes),
      "batch_ids": .array(batchIDs.map(JSON.string)), "task_ids": .array(taskIDs.map(JSON.string)), "error": .optional(error),
      "started_at": .instant(startedAt), "completed_at": .optional(completedAt), "updated_at": .instant(completedAt ?? startedAt),
      "progress_percent": .double(status == .running ? 0 : 100),
    ]
  }

  /// Reads what `json` wrote.
  package init(_ json: JSONObject) {
    func count(_ key: String) -> Int { Int(json[key]?.int ?? 0) }
    func texts(_ key: String) -> [String] { (json[key]?.array ?? []).compactMap(\.string) }
    id = json["sync_job_id"]?.string ?? ""
    syncID = json["sync_config_id"]?.string ?? ""
    namespaceID = json["namespace_id"]?.string ?? ""
    status = json["status"]?.string.flatMap(Status.init(rawValue:)) ?? .interrupted
    cause = json["trigger"]?.string.flatMap(Cause.init(rawValue:)) ?? .scheduled
    counts.files = count("total_files")
    counts.synced = count("files_synced")
    counts.failed = count("files_failed")
    counts.verified = count("files_verified")
    counts.added = count("objects_added")
    counts.updated = count("objects_updated")
    counts.deleted = count("objects_deleted")
    counts.bytes = json["bytes_synced"]?.int ?? 0
    batchIDs = texts("batch_ids")
    taskIDs = texts("task_ids")
    error = json["error"]?.string
    startedAt = json["started_at"]?.string.flatMap { Instant($0) } ?? Instant(milliseconds: 0)
    completedAt = json["completed_at"]?.string.flatMap { Instant($0) }
  }
}
