package import Basics

/// One piece of work that was started, by a trigger or by hand, and what became of it. The API calls it a task.
package struct TaskRecord: Sendable, Equatable {
  package enum Status: String, Sendable, CaseIterable {
    case pending = "PENDING"
    case inProgress = "IN_PROGRESS"
    case completed = "COMPLETED"
    case failed = "FAILED"
    case canceled = "CANCELED"
    case skipped = "SKIPPED"

    package var isFinal: Bool { self != .pending && self != .inProgress }
  }

  /// What the work is; the wire's `task_type` comes from a fixed list of the contract.
  package enum Kind: String, Sendable, CaseIterable {
    case cluster, taxonomyEnrichment = "taxonomy_enrichment", batchRerun = "batch_rerun", collectionTrigger = "collection_trigger"
    case retrieverExecution = "retriever_execution", alertEvaluation = "alert_evaluation", script, deleteNamespace = "namespace_delete"

    package var wireType: String {
      switch self {
      case .cluster: "engine_cluster_build"
      case .taxonomyEnrichment: "api_taxonomies_materialize"
      case .batchRerun: "api_buckets_batches_process"
      case .collectionTrigger: "api_collections_trigger"
      case .retrieverExecution, .alertEvaluation: "api_retrievers_execute"
      case .script: "plugin_custom"
      case .deleteNamespace: "api_namespaces_delete"
      }
    }
  }

  package var id: String
  package var namespaceID: String
  package var kind: Kind
  package var status: Status
  /// The trigger that fired, and the instant it was due. Together they are unique: a due instant makes one task.
  package var triggerID: String?
  package var scheduledAt: Instant?
  /// What the work is to be done with: the action's configuration, overrides, a run id.
  package var inputs: JSONObject
  package var outputs: JSONObject
  package var error: String?
  /// How many times it was started: more than once after a crash in the middle, or after a failure that was to be repeated.
  package var attempt: Int64
  package var createdAt: Instant
  package var startedAt: Instant?
  package var finishedAt: Instant?
  /// When a failed attempt is repeated; nil unless the task waits for that.
  package var retryAt: Instant?
  /// How many runs led to this one by their events; none for a task that time or a person started.
  package var depth: Int64

  package init(
    id: String, namespaceID: String, kind: Kind, status: Status = .pending, triggerID: String? = nil, scheduledAt: Instant? = nil,
    inputs: JSONObject = JSONObject(), outputs: JSONObject = JSONObject(), error: String? = nil, attempt: Int64 = 0, createdAt: Instant,
    startedAt: Instant? = nil, finishedAt: Instant? = nil, retryAt: Instant? = nil, depth: Int64 = 0
  ) {
    self.id = id
    self.namespaceID = namespaceID
    self.kind = kind
    self.status = status
    self.triggerID = triggerID
    self.scheduledAt = scheduledAt
    self.inputs = inputs
    self.outputs = outputs
    self.error = error
    self.attempt = attempt
    self.createdAt = createdAt
    self.startedAt = startedAt
    self.finishedAt = finishedAt
    self.retryAt = retryAt
    self.depth = depth
  }

  /// What its row says when its start is written.
  package mutating func begin(at now: Instant) {
    status = .inProgress
    attempt += 1
    startedAt = now
    retryAt = nil
  }

  package var executionTime: Duration? { startedAt.flatMap { start in finishedAt.map { $0 - start } } }

  package var json: JSON {
    var extra: JSONObject = [
      "namespace_id": .string(namespaceID), "attempt": .int(attempt), "created_at": .instant(createdAt), "started_at": .optional(startedAt),
      "finished_at": .optional(finishedAt),
    ]
    if let triggerID { extra["trigger_id"] = .string(triggerID) }
    if let acceptance = outputs["acceptance"] { extra["acceptance"] = acceptance }
    if let retryAt { extra["retry_at"] = .instant(retryAt) }
    if let scheduledAt { extra["scheduled_at"] = .instant(scheduledAt) }
    return [
      "task_id": .string(id), "task_type": .string(kind.wireType), "status": .string(status.rawValue),
      "inputs": inputs.isEmpty ? [] : [.object(inputs)], "outputs": outputs.isEmpty ? [] : [.object(outputs)],
      "additional_data": .object(extra), "error": .optional(error),
    ]
  }
}
