package import Basics

/// A set of objects, or of documents of other collections, on their way into collections: each is processed once, in pieces that commit together
/// with what they made.
package struct Batch: Sendable, Equatable {
  package enum Status: String, Sendable, CaseIterable {
    case draft = "DRAFT"
    case pending = "PENDING"
    case inProgress = "IN_PROGRESS"
    case completed = "COMPLETED"
    case completedWithErrors = "COMPLETED_WITH_ERRORS"
    case failed = "FAILED"
    case canceled = "CANCELED"

    package var isFinal: Bool { self != .draft && isOpen == false }
    /// Submitted and not ended.
    package var isOpen: Bool { self == .pending || self == .inProgress }
  }

  package enum Kind: String, Sendable { case bucket = "BUCKET", collection = "COLLECTION" }

  /// What happens to an object whose document is there already.
  package enum Dedup: String, Sendable, CaseIterable {
    /// It is left alone.
    case skip
    /// Its document is made again, in its place.
    case replace
    /// As `replace`: a document has one identifier, which follows from its object, so there are never two.
    case force
  }

  /// What a batch has come to so far.
  package struct Counts: Sendable, Equatable {
    package var total: Int64 = 0
    package var processed: Int64 = 0
    package var failed: Int64 = 0
    package var skipped: Int64 = 0
    package var written: Int64 = 0
    package var replaced: Int64 = 0
    package init() {}
  }

  package var id: String
  package var namespaceID: String
  /// The bucket it belongs to; empty for documents of collections.
  package var bucketID: String
  package var kind: Kind
  package var name: String?
  package var status: Status
  /// The collections that it fills, in their order; empty until it is submitted, unless they were named.
  package var collectionIDs: [String]
  /// The same in tiers: those of a tier read what the tier before made. Known from the submission on.
  package var tiers: [[String]]
  package var dedup: Dedup
  package var metadata: JSONObject
  package var taskID: String?
  package var error: String?
  /// Why it is as it is, where somebody said so.
  package var message: String?
  package var counts: Counts
  /// How often it was started again.
  package var retries: Int64
  package var createdAt: Instant
  package var updatedAt: Instant
  package var startedAt: Instant?
  package var finishedAt: Instant?

  package init(
    id: String, namespaceID: String, bucketID: String, kind: Kind = .bucket, name: String? = nil, status: Status = .draft,
    collectionIDs: [String] = [], tiers: [[String]] = [], dedup: Dedup = .replace, metadata: JSONObject = JSONObject(), taskID: String? = nil,
    error: String? = nil, message: String? = nil, counts: Counts = Counts(), retries: Int64 = 0, createdAt: Instant, updatedAt: Instant,
    startedAt: Instant? = nil, finishedAt: Instant? = nil
  ) {
    self.id = id
    self.namespaceID = namespaceID
    self.bucketID = bucketID
    self.kind = kind
    self.name = name
    self.status = status
    self.collectionIDs = collectionIDs
    self.tiers = tiers
    self.dedup = dedup
    self.metadata = metadata
    self.taskID = taskID
    self.error = error
    self.message = message
    self.counts = counts
    self.retries = retries
    self.createdAt = createdAt
    self.updatedAt = updatedAt
    self.startedAt = startedAt
    self.finishedAt = finishedAt
  }

  /// What the end of the work means for the batch.
  package var outcome: Status {
    counts.failed == 0 ? .completed : counts.failed == counts.total ? .failed : .completedWithErrors
  }

  /// The numbers that outputs, events and progress tell.
  package var summary: JSONObject {
    [
      "batch_id": .string(id), "bucket_id": bucketID.isEmpty ? .null : .string(bucketID), "collection_ids": .array(collectionIDs.map(JSON.string)),
      "status": .string(status.rawValue), "object_count": .int(counts.total), "processed": .int(counts.processed), "failed": .int(counts.failed),
      "skipped": .int(counts.skipped), "documents_written": .int(counts.written), "documents_replaced": .int(counts.replaced),
    ]
  }

  package var progress: JSON {
    let total = counts.total
    return [
      "processed": .int(counts.processed), "total": .int(total), "percent": .double(total == 0 ? 0 : 100 * Double(counts.processed) / Double(total)),
      "errors": .int(counts.failed), "objects_failed": .int(counts.failed), "objects_skipped": .int(counts.skipped),
      "objects_extracted": .int(counts.processed - counts.failed - counts.skipped), "documents_skipped": .int(counts.skipped),
      "documents_written": .int(counts.written + counts.replaced), "batch_count": 1,
    ]
  }

  /// The contract's BatchModel. `objectIDs` and `failures` are as much of them as is to be shown.
  package func json(objectIDs: [String], failures: [BatchMember]) -> JSON {
    let duration: JSON = startedAt.flatMap { start in finishedAt.map { .double(($0 - start).inSeconds * 1000) } } ?? .null
    let source = kind == .bucket ? "bucket" : "collection"
    var result: JSONObject = [
      "batch_id": .string(id), "bucket_id": .string(bucketID), "namespace_id": .string(namespaceID), "batch_name": .optional(name),
      "status": .string(status.rawValue), "type": .string(kind.rawValue), "object_ids": .array(objectIDs.map(JSON.string)),
      "object_count": .int(counts.total), "dedup_strategy": .string(dedup.rawValue), "effective_dedup_strategy": .string(dedup.rawValue),
      "collection_ids": .array(collectionIDs.map(JSON.string)), "dag_tiers": .array(tiers.map { .array($0.map(JSON.string)) }),
      "total_tiers": .int(max(1, tiers.count)), "current_tier": 0, "error": .optional(error), "failure_reason": .optional(error),
      "status_message": .optional(message), "failed_object_count": .int(counts.failed), "failed_objects": .array(failures.map(\.failure)),
      "metadata": .object(metadata), "task_id": .optional(taskID), "progress": progress, "documents_written": .int(counts.written),
      "documents_replaced": .int(counts.replaced), "documents_deleted": 0, "documents_resolvable": .bool(status.isFinal && counts.written > 0),
      "retry_count": .int(retries), "max_retries": 3, "max_node_death_resubmits": 0, "max_deploy_resubmits": 0, "lifecycle": .null,
      "lifecycle_reason": .null, "created_at": .instant(createdAt), "updated_at": .instant(updatedAt),
    ]
    var summary = JSONObject()
    for failure in failures { summary[failure.kind.rawValue] = .int((summary[failure.kind.rawValue]?.int ?? 0) + 1) }
    result["error_summary"] = .object(summary)
    result["tier_tasks"] = .array(
      tiers.enumerated().map { number, collections in
        [
          "tier_num": .int(number), "task_id": .optional(taskID), "status": .string(status.rawValue),
          "collection_ids": .array(collections.map(JSON.string)), "source_type": .string(number == 0 ? source : "collection"),
          "started_at": .optional(startedAt), "completed_at": .optional(finishedAt), "duration_ms": duration,
        ]
      })
    return .object(result)
  }
}

/// One object's place in a batch, and what became of it.
package struct BatchMember: Sendable, Equatable {
  package enum Status: String, Sendable, CaseIterable {
    case pending = "PENDING"
    case completed = "COMPLETED"
    case failed = "FAILED"
    case skipped = "SKIPPED"
  }

  /// Whether trying again may help.
  package enum FailureKind: String, Sendable, CaseIterable { case transient, permanent, resource }

  package var ordinal: Int64
  /// The bucket or the collection that it lies in.
  package var sourceID: String
  package var objectID: String
  package var status: Status
  package var error: String?
  package var kind: FailureKind
  package var at: Instant?
  /// How often it has failed.
  package var failures: Int64

  package init(
    ordinal: Int64, sourceID: String, objectID: String, status: Status = .pending, error: String? = nil, kind: FailureKind = .permanent,
    at: Instant? = nil, failures: Int64 = 0
  ) {
    self.ordinal = ordinal
    self.sourceID = sourceID
    self.objectID = objectID
    self.status = status
    self.error = error
    self.kind = kind
    self.at = at
    self.failures = failures
  }

  /// The contract's FailedObjectRecord.
  package var failure: JSON {
    [
      "object_id": .string(objectID), "error": .string(error ?? ""), "error_type": .string(kind.rawValue),
      "timestamp": .string(at?.description ?? ""), "attempts": .int(failures),
    ]
  }
}

extension Batch {
  /// The `metadata` of a request: what its keeper likes, of which the contract gives four members their types.
  package static func metadata(_ fields: Fields) throws(Problem) -> JSONObject? {
    guard let object = try fields.objectValue("metadata") else { return nil }
    let members = try Fields(.object(object), path: fields.at("metadata"))
    for name in ["campaign_id", "source", "notes"] { _ = try members.string(name) }
    _ = try members.strings("tags")
    return object
  }
}
