package import Basics
package import Model

extension Transaction {
  package mutating func insert(_ batch: Batch) {
    add(
      .insertBatch,
      [
        ("batch_id", .text(batch.id)), ("namespace_id", .text(batch.namespaceID)), ("bucket_id", .text(batch.bucketID)),
        ("kind", .text(batch.kind.rawValue)), ("name", .optional(batch.name)), ("status", .text(batch.status.rawValue)),
        ("collection_ids", .strings(batch.collectionIDs)), ("tiers", .json(batch.storedTiers)), ("dedup", .text(batch.dedup.rawValue)),
        ("metadata", .json(batch.metadata)), ("task_id", .optional(batch.taskID)), ("error", .optional(batch.error)),
        ("message", .optional(batch.message)), ("retries", .integer(batch.retries)), ("created_at", .instant(batch.createdAt)),
        ("updated_at", .instant(batch.updatedAt)), ("started_at", .optional(batch.startedAt)), ("finished_at", .optional(batch.finishedAt)),
        ("total", .integer(batch.counts.total)),
      ] + Self.counts(of: batch))
  }

  private static func counts(of batch: Batch) -> [(name: String, value: Value)] {
    [
      ("processed", .integer(batch.counts.processed)), ("failed", .integer(batch.counts.failed)), ("skipped", .integer(batch.counts.skipped)),
      ("written", .integer(batch.counts.written)), ("replaced", .integer(batch.counts.replaced)),
    ]
  }

  /// Writes what people say of a batch: name, metadata, message.
  package mutating func describe(_ batch: Batch) {
    add(
      .updateBatch,
      [
        ("name", .optional(batch.name)), ("metadata", .json(batch.metadata)), ("message", .optional(batch.message)),
        ("updated_at", .instant(batch.updatedAt)), ("batch_id", .text(batch.id)),
      ], expecting: .exactly(1), guardName: "batch")
  }

  /// Gives the batch to a task, with the status and the counts that it begins with (or back to nobody, as a draft).
  ///
  /// Lost (`batch`) when it is not as it was in `before`: somebody else was faster.
  package mutating func claim(_ batch: Batch, over before: Batch) {
    add(
      .claimBatch,
      [
        ("status", .text(batch.status.rawValue)), ("collection_ids", .strings(batch.collectionIDs)), ("tiers", .json(batch.storedTiers)),
        ("task_id", .optional(batch.taskID)), ("retries", .integer(batch.retries)), ("total", .integer(batch.counts.total)),
        ("updated_at", .instant(batch.updatedAt)), ("batch_id", .text(batch.id)), ("expected", .text(before.status.rawValue)),
        ("expected_task", .optional(before.taskID)),
      ] + Self.counts(of: batch), expecting: .exactly(1), guardName: "batch")
  }

  /// The counts after a piece of work. Lost (`batch`) when the batch has ended or belongs to another task.
  package mutating func move(_ batch: Batch, at now: Instant) {
    add(
      .moveBatch, [("batch_id", .text(batch.id)), ("task_id", .optional(batch.taskID)), ("at", .instant(now))] + Self.counts(of: batch),
      expecting: .exactly(1), guardName: "batch")
  }

  /// The batch ends. One that has ended already stays as it is.
  package mutating func finish(_ batch: Batch, _ status: Batch.Status, error: String?, at now: Instant) {
    add(
      .finishBatch,
      [
        ("status", .text(status.rawValue)), ("error", .optional(error)), ("at", .instant(now)), ("batch_id", .text(batch.id)),
        ("task_id", .optional(batch.taskID)),
      ])
  }

  /// Lost (`batch`) when it is under way or gone. The documents it made stay.
  package mutating func deleteBatch(_ batchID: String) {
    deleteMembers(of: batchID)
    add(.deleteBatch, [("batch_id", .text(batchID))], expecting: .exactly(1), guardName: "batch")
  }

  // MARK: - Members

  package mutating func insert(_ member: BatchMember, in batchID: String) {
    add(
      .insertMember,
      [
        ("batch_id", .text(batchID)), ("ordinal", .integer(member.ordinal)), ("source_id", .text(member.sourceID)),
        ("object_id", .text(member.objectID)),
      ])
  }

  package mutating func mark(_ member: BatchMember, in batchID: String) {
    add(
      .markMember,
      [
        ("status", .text(member.status.rawValue)), ("error", .optional(member.error)), ("error_kind", .text(member.kind.rawValue)),
        ("at", .optional(member.at)), ("failures", .integer(member.failures)), ("batch_id", .text(batchID)), ("ordinal", .integer(member.ordinal)),
      ], expecting: .exactly(1), guardName: "member")
  }

  /// Every object is to be done again.
  package mutating func resetMembers(of batchID: String) { add(.resetMembers, [("batch_id", .text(batchID))]) }

  /// Those that failed are to be done again: of one kind only, if one is given, and those that have failed fewer than `most` times.
  package mutating func resetFailedMembers(of batchID: String, _ kind: BatchMember.FailureKind?, failedFewerThan most: Int64) {
    add(
      .resetFailedMembers, [("batch_id", .text(batchID)), ("error_kind", .optional(kind?.rawValue)), ("most", .integer(most))])
  }

  package mutating func deleteMembers(of batchID: String) { add(.deleteMembers, [("batch_id", .text(batchID))]) }
}

/// Which batches a list shows, of one namespace or of all; the newest come first.
package struct BatchQuery: Sendable {
  package var namespaceID: String?
  package var bucketID: String?
  package var status: Batch.Status?
  package var collectionID: String?
  package var page: Page

  package init(
    namespaceID: String?, bucketID: String? = nil, status: Batch.Status? = nil, collectionID: String? = nil, page: Page = Page(limit: 100)
  ) {
    self.namespaceID = namespaceID
    self.bucketID = bucketID
    self.status = status
    self.collectionID = collectionID
    self.page = page
  }
}

/// How many objects of a batch ended in one way.
package struct MemberCount: Sendable, Equatable {
  package var status: BatchMember.Status
  package var kind: BatchMember.FailureKind
  package var failures: Int64
  package var count: Int64
}

extension Reader {
  package func batch(_ batchID: String, in namespaceID: String? = nil) throws(Problem) -> Batch? {
    try connection.first(.batch, [("batch_id", .text(batchID)), ("namespace_id", .optional(namespaceID))], Batch.read)
  }

  package func batches(_ query: BatchQuery) throws(Problem) -> Listing<Batch> {
    let conditions: Connection.Parameters = [
      ("namespace_id", .optional(query.namespaceID)), ("bucket_id", .optional(query.bucketID)), ("status", .optional(query.status?.rawValue)),
      ("pattern", .text(Self.pattern(query.collectionID))),
    ]
    return Listing(
      items: try connection.rows(.batches, conditions + query.page.parameters, Batch.read), total: try connection.number(.countBatches, conditions))
  }

  /// The batch that ended last of those that fill a collection; a cancelled one does not count.
  package func lastBatch(of collectionID: String, in namespaceID: String) throws(Problem) -> Batch? {
    try connection.first(
      .lastBatchOfCollection, [("namespace_id", .text(namespaceID)), ("pattern", .text(Self.pattern(collectionID)))], Batch.read)
  }

  package func batch(ofTask taskID: String, in namespaceID: String) throws(Problem) -> Batch? {
    try connection.first(.batchOfTask, [("namespace_id", .text(namespaceID)), ("task_id", .text(taskID))], Batch.read)
  }

  /// A list of identifiers is JSON text; an identifier stands in it between quotes.
  private static func pattern(_ collectionID: String?) -> String { collectionID.map { "%\"\($0)\"%" } ?? "%" }

  /// What is left to do, in its order.
  package func pendingMembers(of batchID: String, limit: Int) throws(Problem) -> [BatchMember] {
    try connection.rows(.pendingMembers, [("batch_id", .text(batchID)), ("limit", .integer(Int64(limit)))], BatchMember.read)
  }

  package func failedMembers(of batchID: String, limit: Int, offset: Int = 0) throws(Problem) -> [BatchMember] {
    try connection.rows(
      .failedMembers, [("batch_id", .text(batchID)), ("limit", .integer(Int64(limit))), ("offset", .integer(Int64(offset)))], BatchMember.read)
  }

  /// Members behind an ordinal, in their order.
  package func members(of batchID: String, after ordinal: Int64, limit: Int) throws(Problem) -> [BatchMember] {
    try connection.rows(
      .membersAfter, [("batch_id", .text(batchID)), ("after", .integer(ordinal)), ("limit", .integer(Int64(limit)))], BatchMember.read)
  }

  package func memberIDs(of batchID: String, limit: Int) throws(Problem) -> [String] {
    try connection.rows(.memberIDs, [("batch_id", .text(batchID)), ("limit", .integer(Int64(limit)))]) { $0.text() }
  }

  package func memberCounts(of batchID: String) throws(Problem) -> [MemberCount] {
    try connection.rows(.countMembers, [("batch_id", .text(batchID))]) { row throws(Problem) in
      MemberCount(status: try row.word(), kind: try row.word(), failures: row.int(), count: row.int())
    }
  }
}

extension Batch {
  var storedTiers: JSON { .array(tiers.map { .array($0.map(JSON.string)) }) }

  static func read(_ row: inout Row) throws(Problem) -> Batch {
    var batch = Batch(
      id: row.text(), namespaceID: row.text(), bucketID: row.text(), kind: try row.word(), name: row.optionalText(), status: try row.word(),
      collectionIDs: try row.strings(), createdAt: Instant(milliseconds: 0), updatedAt: Instant(milliseconds: 0))
    batch.tiers = (try row.json().array ?? []).map { $0.array?.compactMap(\.string) ?? [] }
    batch.dedup = try row.word()
    batch.metadata = try row.object()
    batch.taskID = row.optionalText()
    batch.error = row.optionalText()
    batch.message = row.optionalText()
    batch.counts.total = row.int()
    batch.counts.processed = row.int()
    batch.counts.failed = row.int()
    batch.counts.skipped = row.int()
    batch.counts.written = row.int()
    batch.counts.replaced = row.int()
    batch.retries = row.int()
    batch.createdAt = row.instant()
    batch.updatedAt = row.instant()
    batch.startedAt = row.optionalInstant()
    batch.finishedAt = row.optionalInstant()
    return batch
  }
}

extension BatchMember {
  static func read(_ row: inout Row) throws(Problem) -> BatchMember {
    BatchMember(
      ordinal: row.int(), sourceID: row.text(), objectID: row.text(), status: try row.word(), error: row.optionalText(), kind: try row.word(),
      at: row.optionalInstant(), failures: row.int())
  }
}
