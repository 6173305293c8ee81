import Basics
import Model
import Store

/// What can be asked about syncs, behind the table of operations, and what a look leaves behind.
extension Host {
  /// Jobs of each sync that are remembered.
  private static let jobsKept: Int64 = 200
  private static let syncLimit = 256

  func sync(_ call: Call) throws(Problem) -> StandingSync {
    let bucket = try bucket(call)
    let id = try call.parameter("sync_config_id")
    return try read { reader throws(Problem) in
      if let found = try reader.sync(id, in: bucket.id) { return found }
      throw .missing("sync", id, path: "sync_config_id", known: try reader.syncs(of: bucket.id).map(\.sync.id))
    }
  }

  func create(_ given: BucketSync) throws(Problem) -> StandingSync {
    var sync = given
    try resolve(&sync)
    let all = try read { reader throws(Problem) in try reader.syncs() }
    guard all.count < Self.syncLimit else {
      throw Problem(.tooMany, "there are \(all.count) syncs, \(Self.syncLimit) are allowed", hint: "Delete one")
    }
    if let twin = all.first(where: { $0.sync.bucketID == sync.bucketID && $0.sync.path == sync.path && $0.sync.filters == sync.filters }) {
      throw Problem(
        .conflict, "sync '\(twin.sync.id)' follows the same files for this bucket", hint: "Change it, or delete it first", path: "source_path",
        details: ["sync_config_id": .string(twin.sync.id)])
    }
    var transaction = Transaction()
    transaction.insert(sync)
    try commit(transaction)
    try syncs.reload(self)
    return StandingSync(sync: sync, state: [:])
  }

  func change(_ standing: StandingSync, _ edit: (inout BucketSync) throws(Problem) -> Void) throws(Problem) -> StandingSync {
    var changed = standing
    try edit(&changed.sync)
    try resolve(&changed.sync)
    changed.sync.updatedAt = surroundings.now()
    var transaction = Transaction()
    transaction.update(changed.sync)
    try commit(transaction)
    try syncs.reload(self)
    return changed
  }

  func delete(_ standing: StandingSync) throws(Problem) {
    var transaction = Transaction()
    transaction.deleteSync(standing.sync.id)
    try commit(transaction)
    syncs.forget(standing.sync.id)
  }

  /// Finds the folder, which has to lie in one that the server allows, and the collections by their names.
  private func resolve(_ sync: inout BucketSync) throws(Problem) {
    let roots = syncRoots
    let given = sync.path
    // A relative path counts from the one folder that is allowed.
    let whole = given.hasPrefix("/") ? given : roots.count == 1 ? "\(roots[0])/\(given)" : given
    guard whole.hasPrefix("/") else {
      throw Problem(.invalid, "'\(given.prefix(80))' is not an absolute path", hint: "For example \"/srv/articles\"", path: "source_path")
    }
    guard !roots.isEmpty else { throw Folder.outside(given, roots) }
    guard let real = Folder.resolved(whole) else {
      // Whoever may not look there does not learn what is there.
      throw Folder.allows(whole, roots)
        ? Problem(.notFound, "there is no folder '\(given.prefix(200))'", hint: "Make it first", path: "source_path") : Folder.outside(given, roots)
    }
    guard Folder.allows(real, roots) else { throw Folder.outside(given, roots) }
    _ = try Folder(real, within: roots)
    sync.path = real
    for (index, name) in sync.collectionIDs.enumerated() {
      sync.collectionIDs[index] = try collection(name, in: sync.namespaceID, path: "batch_collection_ids[\(index)]").id
    }
  }

  /// The folders that may be followed, where they really are.
  var syncRoots: [String] { configuration.syncRoots.compactMap(Folder.resolved) }

  /// Asks for a look, and answers the job.
  func trigger(_ standing: StandingSync, isFull: Bool) throws(Problem) -> SyncJob {
    let now = surroundings.now()
    let job = SyncJob(
      id: Identifier.ordered("sjob", at: now, count: 0, surroundings), syncID: standing.sync.id, namespaceID: standing.sync.namespaceID,
      cause: .manual,
      startedAt: now)
    var transaction = Transaction()
    transaction.put(job)
    try commit(transaction)
    try syncs.look(standing.sync.id, isFull: isFull, job, self)
    return job
  }

  // MARK: - A look

  /// Looks through a folder and writes down what came of it. Looks that found nothing new leave no job behind unless somebody asked for them.
  func look(_ standing: StandingSync, _ given: SyncJob, isFull: Bool) throws(Problem) -> (job: SyncJob, folders: [String], isUnsettled: Bool) {
    let sync = standing.sync
    var job = given
    job.namespaceID = sync.namespaceID
    var folders: [String] = []
    var isUnsettled = false
    var failure: Problem?
    do throws(Problem) {
      var run = try SyncRun(self, roots: syncRoots, sync, job, isFull: isFull)
      do throws(Problem) { try run.perform() } catch { failure = error }
      (job, folders, isUnsettled) = (run.job, run.folders, run.isUnsettled)
    } catch { failure = error }
    if isClosing, failure != nil { throw Problem(.cancelled, "the host is shutting down") }
    let now = surroundings.now()
    job.status = failure == nil ? .completed : .failed
    job.error = failure?.description
    job.completedAt = now
    var transaction = Transaction()
    let isNews =
      job.counts.changesAnything || job.counts.synced + job.counts.failed > 0 || failure != nil && standing.state["last_error"]?.string != job.error
    if isNews || job.cause == .manual {
      transaction.put(job)
      transaction.deleteSyncJobs(of: sync.id, keeping: Self.jobsKept)
    }
    // A sync that was to look once has done so.
    let isOver = sync.mode == .initialOnly && failure == nil
    transaction.noteSync(sync.id, state: Self.state(standing.state, after: job, of: sync), isActive: !isOver)
    var writes: [Write] = [.statements(transaction)]
    if isNews {
      var payload: JSONObject = [
        "sync_config_id": .string(sync.id), "bucket_id": .string(sync.bucketID), "bucket_name": .optional(try bucketName(of: sync)),
        "sync_job_id": .string(job.id), "added": .int(job.counts.added), "updated": .int(job.counts.updated), "deleted": .int(job.counts.deleted),
        "failed_files": .int(job.counts.failed), "batch_ids": .array(job.batchIDs.map(JSON.string)),
      ]
      if let failure { payload["error"] = .string(failure.description) }
      writes.append(.event(EventWrite(namespaceID: sync.namespaceID, type: failure == nil ? .syncCompleted : .syncFailed, payload: payload)))
    }
    _ = try write(writes)
    if let failure, isNews { log("warn", "sync \(sync.id) of \(sync.path): \(failure)") }
    return (job, folders, isUnsettled)
  }

  private func bucketName(of sync: BucketSync) throws(Problem) -> String? {
    try read { reader throws(Problem) in try reader.bucket(sync.bucketID, in: sync.namespaceID)?.name }
  }

  private static func state(_ before: JSONObject, after job: SyncJob, of sync: BucketSync) -> JSONObject {
    var state = before
    func add(_ key: String, _ more: Int64) { state[key] = .int((before[key]?.int ?? 0) + more) }
    let counts = job.counts
    add("sync_run_counter", 1)
    add("total_files_synced", Int64(counts.synced))
    add("total_files_failed", Int64(counts.failed))
    add("total_bytes_synced", counts.bytes)
    add("batches_created", Int64(job.batchIDs.count))
    state["total_files_discovered"] = .int(counts.files)
    state["current_sync_run_id"] = .string(job.id)
    state["last_error"] = .optional(job.error.map { String($0.prefix(1000)) })
    if job.status == .completed { state["last_sync_at"] = .optional(job.completedAt) }
    state["consecutive_failures"] = .int(job.status == .completed ? 0 : (before["consecutive_failures"]?.int ?? 0) + 1)
    if sync.mode == .continuous, let end = job.completedAt { state["next_sync_at"] = .instant(end + .seconds(sync.pollingSeconds)) }
    return state
  }
}

extension StandingSync {
  /// The contract's SyncConfigurationModel.
  var json: JSON {
    var json: JSONObject = [
      "sync_config_id": .string(sync.id), "bucket_id": .string(sync.bucketID), "namespace_id": .string(sync.namespaceID), "internal_id": "org_local",
      "source_type": "local", "is_active": .bool(sync.isActive), "paused": .bool(!sync.isActive && sync.pauseReason != nil), "locked": false,
      "status": .string(status), "skip_duplicates": true, "created_at": .instant(sync.createdAt), "updated_at": .instant(sync.updatedAt),
    ]
    json.set(sync.definition.members)
    json.set(state.members)
    if !sync.isActive { json["next_sync_at"] = .null }
    return .object(json)
  }

  private var status: String {
    if !sync.isActive { return sync.mode == .initialOnly && state["last_sync_at"] != nil ? "COMPLETED" : "SUSPENDED" }
    if state["sync_run_counter"] == nil { return "PENDING" }
    return state["last_error"].map { $0 == .null } ?? true ? "ACTIVE" : "FAILED"
  }
}
