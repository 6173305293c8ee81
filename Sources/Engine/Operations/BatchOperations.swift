import Basics
import Model
import Store

extension Operation {
  private static let createNames = [
    "object_ids", "filters", "collection_ids", "limit", "dedup_strategy", "metadata", "batch_name", "auto_submit", "trigger_processing",
  ]
  private static let submitNames = ["include_processing_history", "collection_ids", "webhook_url"]
  private static let listNames = ["status", "collection_id", "bucket_id", "namespace_id"]
  private static let base = "/v1/buckets/{bucket_identifier}/batches"
  private static let one = base + "/{batch_id}"

  static let batchOperations: [Operation] = [
    Operation(
      "create_batch_buckets_batches", "POST", base, "Group objects for processing", tag: "Batches", scope: .write,
      query: [Parameter("skip_validation", .boolean), Parameter("auto_submit", .boolean), Parameter("trigger_processing", .boolean)],
      body: createNames
    ) { host, call throws(Problem) in
      let bucket = try host.bucket(call)
      let fields = try Fields(call.body, accepting: createNames)
      var batch = try host.draft(fields, in: bucket)
      let ids = try host.chosen(fields, in: bucket, areKnown: call.query["skip_validation"]?.bool ?? false)
      batch.counts.total = Int64(ids.count)
      let submits = try submits(fields, call) ?? false
      var transaction = Transaction()
      transaction.insert(batch)
      for (ordinal, id) in ids.enumerated() {
        transaction.insert(BatchMember(ordinal: Int64(ordinal), sourceID: bucket.id, objectID: id), in: batch.id)
      }
      if submits { batch = try host.submit(batch, transaction).batch } else { try host.commit(transaction) }
      return .json(try host.shown(batch, made: ids))
    },
    Operation("get_batch_buckets_batches", "GET", one, "The state of a batch", tag: "Batches", scope: .read) { host, call throws(Problem) in
      .json(try host.shown(host.batch(call)))
    },
    Operation(
      "list_batches_buckets", "POST", base + "/list", "The batches of a bucket, newest first", tag: "Batches", scope: .read,
      body: Page.names + listNames
    ) { host, call throws(Problem) in
      let bucket = try host.bucket(call)
      return .json(try host.batches(call, BatchQuery(namespaceID: bucket.namespaceID, bucketID: bucket.id), accepting: listNames))
    },
    Operation(
      "patch_batch_buckets_batches", "PATCH", one, "Change a batch's metadata", tag: "Batches", scope: .write, body: ["metadata"]
    ) { host, call throws(Problem) in
      var batch = try host.batch(call)
      let fields = try Fields(call.body, accepting: ["metadata"])
      if let metadata = try Batch.metadata(fields) { batch.metadata = metadata }
      batch.updatedAt = host.surroundings.now()
      var transaction = Transaction()
      transaction.describe(batch)
      try host.commit(transaction)
      return .json(try host.shown(batch))
    },
    Operation(
      "delete_batch_buckets_batches", "DELETE", one, "Delete a batch; the documents it made stay", tag: "Batches", scope: .write
    ) { host, call throws(Problem) in
      let batch = try host.batch(call)
      if batch.status.isOpen {
        throw Problem(.conflict, "batch '\(batch.id)' is \(batch.status.rawValue)", hint: "Cancel it first, or wait for it", path: "batch_id")
      }
      var transaction = Transaction()
      transaction.deleteBatch(batch.id)
      try host.commit(transaction)
      return .json(["success": true, "message": "Successfully deleted", "batch_id": .string(batch.id)])
    },
    Operation(
      "add_objects_to_batch_buckets_batches", "POST", one + "/objects", "Add objects to a draft", tag: "Batches", scope: .write,
      query: [Parameter("skip_validation", .boolean)], body: ["object_ids"]
    ) { host, call throws(Problem) in
      let bucket = try host.bucket(call)
      let batch = try host.batch(call)
      let fields = try Fields(call.body, accepting: ["object_ids"])
      guard fields["object_ids"] != nil else { throw fields.missing("object_ids", example: "[\"obj_1\"]") }
      let ids = try host.chosen(fields, in: bucket, areKnown: call.query["skip_validation"]?.bool ?? false)
      return .json(try host.shown(host.add(ids, to: batch)))
    },
    Operation(
      "submit_batch_buckets_batches", "POST", one + "/submit", "Run a draft; answers its task", tag: "Batches", scope: .execute,
      query: [Parameter("force", .boolean)], body: submitNames
    ) { host, call throws(Problem) in
      let batch = try host.batch(call)
      let fields = try Fields(call.body, accepting: submitNames)
      if fields["webhook_url"] != nil {
        throw Problem(
          .unsupported, "'webhook_url' is not in this build", hint: "Let a trigger listen to collection.batch_completed", path: "webhook_url")
      }
      guard batch.status == .draft else {
        throw Problem(
          .conflict, "batch '\(batch.id)' is \(batch.status.rawValue)",
          hint: batch.status.isOpen ? "It runs already" : "Resubmit it, or retry what failed",
          path: "batch_id")
      }
      return .json(try host.submit(batch, named: fields.strings("collection_ids") ?? []).task.json)
    },
    Operation(
      "cancel_batch_buckets_batches", "POST", one + "/cancel", "Stop a batch; what is written stays", tag: "Batches", scope: .execute,
      query: [Parameter("reason", .string)], body: []
    ) { host, call throws(Problem) in .json(try host.cancel(host.batch(call), call)) },
    Operation(
      "retry_batch_buckets_batches", "POST", one + "/retry", "Run what failed once more", tag: "Batches", scope: .execute,
      body: ["retry_mode", "tier_nums", "max_retry_count"]
    ) { host, call throws(Problem) in
      let batch = try host.batch(call)
      let fields = try Fields(call.body, accepting: ["retry_mode", "tier_nums", "max_retry_count"])
      let mode: RetryMode = try fields.choice("retry_mode") ?? .transientOnly
      let most = try fields.int("max_retry_count", in: 1...10) ?? 3
      let (task, count) = try host.retry(batch, mode == .all ? nil : .transient, most)
      return .json([
        "batch_id": .string(batch.id), "task_id": .string(task.id), "status": .string(Batch.Status.pending.rawValue), "retried_count": .int(count),
        "retry_mode": .string(mode.rawValue), "message": .string("\(count) objects are tried again"),
      ])
    },
    Operation(
      "resubmit_batch_buckets_batches", "POST", one + "/resubmit", "Run a finished batch once more, all of it", tag: "Batches", scope: .execute,
      query: [Parameter("from_tier", .integer), Parameter("auto_submit", .boolean), Parameter("trigger_processing", .boolean)],
      body: ["auto_submit", "trigger_processing"]
    ) { host, call throws(Problem) in
      let batch = try host.batch(call)
      let fields = try Fields(call.body, accepting: ["auto_submit", "trigger_processing"])
      if let tier = call.query["from_tier"]?.int, tier != 0 {
        throw Problem(.unsupported, "a batch begins with its first tier here, not with tier \(tier)", hint: "Leave from_tier out", path: "from_tier")
      }
      let submits = try submits(fields, call) ?? true
      let (again, task) = try host.resubmit(batch, submits: submits)
      return .json([
        "batch_id": .string(again.id), "task_id": .optional(task?.id), "status": .string(again.status.rawValue),
        "message": .string(task == nil ? "the batch is a draft again" : "the batch runs again"), "object_count": .int(again.counts.total),
      ])
    },
    Operation(
      "get_failed_documents_buckets_batches_batch", "GET", one + "/failed-documents", "What failed, and why", tag: "Batches", scope: .read,
      query: [Parameter("tier_num", .integer), Parameter("collection_id", .string), Parameter("limit", .integer), Parameter("offset", .integer)]
    ) { host, call throws(Problem) in
      let batch = try host.batch(call)
      let fields = try Fields(.object(call.query))
      let limit = Int(try fields.int("limit", in: 1...1000) ?? 100)
      let offset = Int(try fields.int("offset", in: 0...1_000_000) ?? 0)
      let failed = try host.read { reader throws(Problem) in try reader.failedMembers(of: batch.id, limit: limit, offset: offset) }
      return .json([
        "batch_id": .string(batch.id), "failed_documents": .array(failed.map(\.failure)), "total": .int(batch.counts.failed), "limit": .int(limit),
        "offset": .int(offset),
      ])
    },
    Operation(
      "get_batch_by_id_batches", "GET", "/v1/batches/{batch_id}", "A batch without its bucket", tag: "Batches", scope: .read, inNamespace: false
    ) {
      host, call throws(Problem) in .json(try host.shown(host.batch(call)))
    },
    Operation(
      "cancel_batch_by_id_batches", "POST", "/v1/batches/{batch_id}/cancel", "Stop a batch without its bucket", tag: "Batches", scope: .execute,
      inNamespace: false, query: [Parameter("reason", .string)], body: []
    ) { host, call throws(Problem) in .json(try host.cancel(host.batch(call), call)) },
    Operation(
      "list_all_batches", "POST", "/v1/batches/list", "Batches of every namespace that the key opens", tag: "Batches", scope: .read,
      inNamespace: false, body: Page.names + listNames
    ) { host, call throws(Problem) in
      let fields = try Fields(call.body)
      // A script stays in its namespace, which comes with the call.
      var query = BatchQuery(namespaceID: call.namespace?.id ?? (call.caller.namespaces.count == 1 ? call.caller.namespaces[0] : nil))
      if let named = try fields.string("namespace_id") {
        let found = try host.namespace(named, for: call.caller)
        if let own = call.namespace, own.id != found.id {
          throw Problem(
            .invalid, "the request is about the namespace '\(own.name)', its body about '\(found.name)'", hint: "Name one of them",
            path: "namespace_id", details: ["http_status": 400])
        }
        query.namespaceID = found.id
      }
      query.bucketID = try fields.string("bucket_id")
      return .json(try host.batches(call, query, accepting: listNames))
    },
    Operation(
      "trigger_collection", "POST", "/v1/collections/{collection_identifier}/trigger", "Process a collection from its sources", tag: "Collections",
      scope: .execute, answers: .accepted,
      body: ["include_buckets", "include_collections", "object_ids", "source_filters", "dedup_strategy", "reembed"]
    ) { host, call throws(Problem) in .accepted(try host.trigger(host.collection(call), call)) },
  ]

  /// What a request says of submitting at once: the word before its old name, the query before the body; nil when it says nothing.
  private static func submits(_ fields: Fields, _ call: Call) throws(Problem) -> Bool? {
    let told = (try fields.bool("auto_submit"), try fields.bool("trigger_processing"))
    return call.query["auto_submit"]?.bool ?? told.0 ?? call.query["trigger_processing"]?.bool ?? told.1
  }

  private enum RetryMode: String, CaseIterable { case transientOnly = "transient_only", all }
}
