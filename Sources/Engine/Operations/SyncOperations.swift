import Basics
import Model
import Store

extension Operation {
  private static let syncsPath = "/v1/buckets/{bucket_identifier}/syncs"

  static let syncOperations: [Operation] = [
    Operation(
      "create_sync_configuration_buckets", "POST", syncsPath, "Follow a folder of this machine: its files become objects", tag: "Bucket syncs",
      scope: .write, body: BucketSync.accepted
    ) { host, call throws(Problem) in
      let bucket = try host.bucket(call)
      let sync = try BucketSync(creating: call.body, in: bucket, by: call.caller.name, surroundings: host.surroundings)
      return .json(try host.create(sync).json)
    },
    Operation(
      "list_sync_configurations_buckets", "POST", "\(syncsPath)/list", "List a bucket's syncs, newest first", tag: "Bucket syncs", scope: .read,
      query: Parameter.paging, body: Page.names + ["connection_id", "status", "is_active"]
    ) { host, call throws(Problem) in
      let bucket = try host.bucket(call)
      let fields = try call.listFields(accepting: ["connection_id", "status", "is_active"])
      let page = try Page.byPlace(fields)
      try fields.check(["connection_id": .string])
      let (isActive, status) = (try fields.bool("is_active"), try fields.string("status"))
      let found = try host.read { reader throws(Problem) in try reader.syncs(of: bucket.id) }.filter { standing in
        (isActive.map { $0 == standing.sync.isActive } ?? true) && (status.map { standing.json["status"] == .string($0) } ?? true)
      }
      var answer =
        page.envelope(Listing(items: found.dropFirst(page.offset).prefix(page.limit).map(\.json), total: Int64(found.count))).object ?? [:]
      answer["total"] = .int(found.count)
      return .json(.object(answer))
    },
    Operation(
      "get_sync_configuration_buckets_id_config", "GET", "\(syncsPath)/{sync_config_id}", "Read a sync, with what it has come to",
      tag: "Bucket syncs", scope: .read
    ) { host, call throws(Problem) in .json(try host.sync(call).json) },
    Operation(
      "update_sync_configuration_buckets_id_config", "PATCH", "\(syncsPath)/{sync_config_id}", "Change a sync", tag: "Bucket syncs", scope: .write,
      body: BucketSync.changeable
    ) { host, call throws(Problem) in
      let body = call.body
      let now = host.surroundings.now()
      return .json(try host.change(try host.sync(call)) { sync throws(Problem) in try sync.change(by: body, at: now) }.json)
    },
    Operation(
      "delete_sync_configuration_buckets_id_config", "DELETE", "\(syncsPath)/{sync_config_id}", "Stop following a folder; the objects stay",
      tag: "Bucket syncs", scope: .write
    ) { host, call throws(Problem) in
      let standing = try host.sync(call)
      try host.delete(standing)
      return .json(["success": true, "message": "deleted", "sync_config_id": .string(standing.sync.id)])
    },
    Operation(
      "pause_sync_configuration_buckets_id_config", "POST", "\(syncsPath)/{sync_config_id}/pause", "Look no more until it is resumed",
      tag: "Bucket syncs", scope: .write, body: ["reason"]
    ) { host, call throws(Problem) in
      let reason = try Fields(call.body, accepting: ["reason"]).string("reason")
      return .json(
        try host.change(try host.sync(call)) { sync throws(Problem) in
          sync.isActive = false
          sync.pauseReason = reason ?? "paused by \(call.caller.name)"
        }.json)
    },
    Operation(
      "resume_sync_configuration_buckets_id_config", "POST", "\(syncsPath)/{sync_config_id}/resume", "Follow the folder again, at once",
      tag: "Bucket syncs", scope: .write, body: []
    ) { host, call throws(Problem) in
      .json(
        try host.change(try host.sync(call)) { sync throws(Problem) in
          sync.isActive = true
          sync.pauseReason = nil
        }.json)
    },
    Operation(
      "trigger_sync_configuration_buckets_id_config", "POST", "\(syncsPath)/{sync_config_id}/trigger", "Look through the folder now; answers a job",
      tag: "Bucket syncs", scope: .execute, query: [Parameter("full_sync", .boolean)], body: []
    ) { host, call throws(Problem) in
      let job = try host.trigger(try host.sync(call), isFull: call.query["full_sync"]?.bool ?? false)
      return .json(["success": true, "sync_job_id": .string(job.id), "sync_config_id": .string(job.syncID), "status": .string(job.status.rawValue)])
    },
    Operation(
      "list_sync_jobs_buckets_id_config", "POST", "\(syncsPath)/{sync_config_id}/jobs", "What the looks found, newest first", tag: "Bucket syncs",
      scope: .read, query: Parameter.paging, body: Page.names + ["status"]
    ) { host, call throws(Problem) in
      let standing = try host.sync(call)
      let fields = try call.listFields(accepting: ["status"])
      let page = try Page.byPlace(fields)
      let status: SyncJob.Status? = try fields.choice("status")
      let jobs = try host.read { reader throws(Problem) in try reader.syncJobs(of: standing.sync.id, status: status, page) }
      var answer = page.envelope(try jobs.map { job throws(Problem) in .object(job.json) }).object ?? [:]
      answer["total"] = .int(jobs.total)
      return .json(.object(answer))
    },
    Operation(
      "get_sync_job_buckets_id_config", "GET", "\(syncsPath)/{sync_config_id}/jobs/{sync_job_id}", "What one look found", tag: "Bucket syncs",
      scope: .read
    ) { host, call throws(Problem) in
      let standing = try host.sync(call)
      let id = try call.parameter("sync_job_id")
      guard let job = try host.read({ reader throws(Problem) in try reader.syncJob(id, of: standing.sync.id) }) else {
        throw .missing("sync job", id, path: "sync_job_id")
      }
      return .json(.object(job.json))
    },
    Operation(
      "list_dlq_entries_buckets_id_syncs_config", "POST", "\(syncsPath)/{sync_config_id}/dlq", "The files that could not be taken in, and why",
      tag: "Bucket syncs", scope: .read, query: Parameter.paging, body: Page.names
    ) { host, call throws(Problem) in
      let sync = try host.sync(call).sync
      let page = try Page.byPlace(call.listFields(accepting: []))
      let files = try host.read { reader throws(Problem) in try reader.failedSyncFiles(of: sync.id, page) }
      let shown = try files.map { file throws(Problem) -> JSON in
        [
          "dlq_id": .string(Identifier.derived("dlq", from: sync.id, file.path)), "sync_config_id": .string(sync.id),
          "source_object_id": .string(file.path), "source_path": .string("\(sync.path)/\(file.path)"), "error_type": "validation_error",
          "error_message": .optional(file.error), "first_seen_at": .optional(file.firstFailedAt), "last_seen_at": .instant(file.updatedAt),
          "retry_count": .int(file.failures), "max_retries_reached": .bool(file.failures >= 3), "internal_id": "org_local",
          "namespace_id": .string(sync.namespaceID), "bucket_id": .string(sync.bucketID),
        ]
      }
      var answer = page.envelope(shown).object ?? [:]
      answer["total"] = .int(files.total)
      return .json(.object(answer))
    },
  ]
}
