import Basics
import Model
import Store

/// One look through a sync's folder: new and changed files become objects, what is gone goes, and what came is given to the collections.
///
/// Each piece is one transaction of objects and of where they come from, under names that follow from the file and its rows; a file is marked as
/// taken in last of all. So a look that a crash cuts short is simply made again, and finds what is there already.
struct SyncRun {
  private let host: Host
  private let roots: [String]
  private let sync: BucketSync
  private let bucket: Bucket
  /// Whether files are read that look as they did.
  private let isFull: Bool
  private(set) var job: SyncJob
  /// The folders that were seen, for who watches them.
  private(set) var folders: [String] = []
  /// Something was being written while it was read.
  private(set) var isUnsettled = false

  /// A file that cannot be taken in is tried again so often while it stays as it is.
  private static let attempts: Int64 = 3
  /// Objects of a batch, and deletions of a transaction.
  private static let batchLimit = 1000
  private static let deletionPiece = 100
  /// A file that was changed so short a time ago may change again without looking different.
  private static let freshness: Duration = .seconds(2)

  init(_ host: Host, roots: [String], _ sync: BucketSync, _ job: SyncJob, isFull: Bool) throws(Problem) {
    self.host = host
    self.roots = roots
    self.sync = sync
    self.job = job
    self.isFull = isFull
    guard let found = try host.read({ reader throws(Problem) in try reader.bucket(sync.bucketID, in: sync.namespaceID) }) else {
      throw Problem(.notFound, "the sync's bucket is gone", path: "bucket_id")
    }
    bucket = found
  }

  mutating func perform() throws(Problem) {
    let folder = try Folder(sync.path, within: roots)
    let (files, folders) = try folder.files(limit: Int(sync.mostPerRun))
    self.folders = folders
    let syncID = sync.id
    var known: [String: SyncedFile] = [:]
    for file in try host.read({ reader throws(Problem) in try reader.syncFiles(of: syncID) }) { known[file.path] = file }
    for file in files {
      if host.isClosing { throw Problem(.cancelled, "the host is shutting down") }
      guard takes(file) else { continue }
      job.counts.files += 1
      let before = known.removeValue(forKey: file.path)
      if let before, isSettled(before, file) {
        job.counts.verified += 1
      } else {
        try take(file, before, folder)
      }
    }
    try reconcile(known, with: Set(files.map(\.path)))
    try submit()
  }

  private func takes(_ file: Folder.File) -> Bool {
    let modified = Instant(milliseconds: file.modified / 1_000_000)
    return sync.filters.takes(file.path, size: file.size, modified: modified) && (sync.syncFrom.map { modified > $0 } ?? true)
  }

  private func isSettled(_ before: SyncedFile, _ file: Folder.File) -> Bool {
    guard !isFull, before.size == file.size, before.modified == file.modified else { return false }
    return before.error == nil || before.failures >= Self.attempts
  }

  // MARK: - A file

  private mutating func take(_ file: Folder.File, _ before: SyncedFile?, _ folder: borrowing Folder) throws(Problem) {
    var noted = before ?? SyncedFile(path: file.path, updatedAt: job.startedAt)
    noted.generation += 1
    var rows = FileRows(file.path)
    var intake = SyncIntake(host, sync, bucket, file.path, generation: noted.generation, hasRows: rows.hasRows)
    var contents: [UInt8] = []
    do throws(Problem) {
      let wholeIsCompared = !rows.hasRows
      let read = try folder.read(file, limit: rows.limit) { bytes throws(Problem) in
        if wholeIsCompared { contents.append(contentsOf: bytes) }
        try rows.take(bytes) { content throws(Problem) in try intake.add(content) }
      }
      let hash = wholeIsCompared ? SHA256.hash(contents).hexadecimal : ""
      if let before, !hash.isEmpty, before.hash == hash, before.error == nil, !isFull {
        // Touched, and not changed.
        job.counts.verified += 1
        noted.generation = before.generation
      } else {
        try rows.end { content throws(Problem) in try intake.add(content) }
        try intake.finish()
        try deleteObjects(of: file.path, before: noted.generation)
        job.counts.synced += 1
        job.counts.bytes += read.size
        noted.objects = Int64(intake.objects)
      }
      noted.hash = hash
      noted.size = read.size
      noted.modified = isFresh(read) ? 0 : read.modified
      noted.error = intake.failure
      noted.failures = intake.failure == nil ? 0 : Self.attempts
      if intake.failure != nil { job.counts.failed += 1 }
    } catch {
      if error.kind == .conflict {
        isUnsettled = true
        return
      }
      guard [.invalid, .malformed, .tooLarge, .unsupported].contains(error.kind) || error.kind == .unavailable && error.path == nil else {
        throw error
      }
      job.counts.failed += 1
      noted.size = file.size
      noted.modified = file.modified
      noted.failures += 1
      noted.error = error.description
    }
    noted.firstFailedAt = noted.error == nil ? nil : noted.firstFailedAt ?? host.surroundings.now()
    noted.updatedAt = host.surroundings.now()
    job.counts.added += intake.added
    job.counts.updated += intake.updated
    var transaction = Transaction()
    transaction.put(noted, of: sync.id)
    try host.commit(transaction)
    CrashPoint.pass(.syncedFile)
  }

  private func isFresh(_ file: Folder.File) -> Bool {
    let age = host.surroundings.now() - Instant(milliseconds: file.modified / 1_000_000)
    return age < Self.freshness && age > .zero - Self.freshness
  }

  // MARK: - What is gone

  /// `gone`: files that are known and were not met, or are not meant any more.
  private mutating func reconcile(_ gone: [String: SyncedFile], with there: Set<String>) throws(Problem) {
    guard sync.mode == .continuous else { return }
    for path in gone.keys.sorted() {
      let isThere = there.contains(path)
      guard isThere ? sync.reconcile.onFilterDrift : sync.reconcile.onDelete else { continue }
      try deleteObjects(of: path, before: Int64.max)
      var transaction = Transaction()
      transaction.deleteSyncFile(path, of: sync.id)
      try host.commit(transaction)
    }
  }

  /// Takes away the objects of a file from before a generation, and the documents that were made of them.
  private mutating func deleteObjects(of path: String, before generation: Int64) throws(Problem) {
    let sync = sync
    while true {
      let ids = try host.read { reader throws(Problem) in
        try reader.syncObjects(from: path, before: generation, of: sync.id, limit: Self.deletionPiece)
      }
      guard !ids.isEmpty else { return }
      var transaction = Transaction()
      var deleted: [String] = []
      for id in ids {
        transaction.forgetSyncObject(id, of: sync.id)
        guard sync.reconcile.onDelete, let object = try host.read({ reader throws(Problem) in try reader.object(id, in: sync.bucketID) }) else {
          continue
        }
        transaction.deleteObject(object)
        deleted.append(id)
      }
      var writes: [Write] = [.statements(transaction)]
      if !deleted.isEmpty {
        writes += try host.deletions(ofDocumentsFrom: deleted, of: bucket)
        writes.append(.event(.about(deleted, of: bucket.id, in: bucket.namespaceID, .objectDeleted)))
      }
      _ = try host.write(writes)
      job.counts.deleted += deleted.count
    }
  }

  // MARK: - Processing

  /// Gives what no batch has taken yet to the collections that read the bucket; the batch is made in the transaction that says so.
  private mutating func submit() throws(Problem) {
    let sync = sync
    guard !sync.skipsBatches else { return }
    let collections = try host.allCollections(in: sync.namespaceID)
    // Those that are not enabled wait, and what they miss is theirs to process once they are.
    let named = sync.collectionIDs.filter { id in collections.contains { $0.id == id && $0.isEnabled } }
    guard collections.contains(where: { $0.reads(bucket: sync.bucketID) }), sync.collectionIDs.isEmpty || !named.isEmpty else { return }
    while true {
      let ids = try host.read { reader throws(Problem) in try reader.pendingSyncObjects(of: sync.id, limit: Self.batchLimit) }
      guard !ids.isEmpty else { return }
      var there: [String] = []
      try host.read { reader throws(Problem) in for id in ids where try reader.object(id, in: sync.bucketID) != nil { there.append(id) } }
      let now = host.surroundings.now()
      var transaction = Transaction()
      for id in ids { transaction.markProcessed(id, of: sync.id) }
      guard !there.isEmpty else {
        try host.commit(transaction)
        continue
      }
      var batch = Batch(
        id: Identifier.make("btch", host.surroundings), namespaceID: sync.namespaceID, bucketID: sync.bucketID, createdAt: now, updatedAt: now)
      batch.metadata = ["sync_config_id": .string(sync.id), "sync_job_id": .string(job.id)]
      batch.counts.total = Int64(there.count)
      transaction.insert(batch)
      for (ordinal, id) in there.enumerated() {
        transaction.insert(BatchMember(ordinal: Int64(ordinal), sourceID: sync.bucketID, objectID: id), in: batch.id)
      }
      let (submitted, task) = try host.submit(batch, named: named, transaction)
      job.batchIDs.append(submitted.id)
      job.taskIDs.append(task.id)
    }
  }
}

extension Host {
  /// What deletes the documents that collections have made of objects, and what further collections have made of those.
  func deletions(ofDocumentsFrom objectIDs: [String], of bucket: Bucket) throws(Problem) -> [Write] {
    let collections = try allCollections(in: bucket.namespaceID)
    var writes: [Write] = []
    var seen: Set<String> = []
    var waiting: [(sourceID: String, ids: [String])] = [(bucket.id, objectIDs)]
    while let (sourceID, ids) = waiting.popLast() {
      for collection in collections {
        guard let source = collection.reading, source.kind == .bucket ? source.bucketIDs.contains(sourceID) : source.collectionIDs.contains(sourceID),
          seen.insert("\(sourceID) \(collection.id)").inserted
        else { continue }
        let documents = ids.map { Identifier.derived("doc", from: collection.id, sourceID, $0) }
        writes.append(
          .documents(
            DocumentWrite(
              namespaceID: bucket.namespaceID, collectionID: collection.id, collectionName: collection.name,
              changes: documents.map { .delete(id: $0) })))
        waiting.append((collection.id, documents))
      }
    }
    return writes
  }
}
