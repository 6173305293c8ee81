import Basics
import Model
import Store

extension Operation {
  private static let executeNames = [
    "mode", "source_execution_ids", "assignment_threshold", "filters", "sample_size", "vis_n_components", "defer_visualization", "layout_stability",
    "llm_labeling", "output_collection_ids", "vis_method",
  ]
  private enum Mode: String, CaseIterable { case full, assign, composite }

  static let clusterOperations: [Operation] = [
    Operation(
      "create_cluster", "POST", "/v1/clusters", "Store a clustering definition and make its output collection", tag: "Clusters", scope: .write,
      body: ClusterDefinition.accepted
    ) { host, call throws(Problem) in
      var definition = try ClusterDefinition(creating: call.body, in: call.namespaceID(), surroundings: host.surroundings)
      var sources: [Collection] = []
      for (position, identifier) in definition.collectionIDs.enumerated() {
        sources.append(try host.collection(identifier, in: definition.namespaceID, path: "collection_ids[\(position)]"))
      }
      definition.collectionIDs = sources.map(\.id)
      if let position = sources.indices.first(where: { place in sources[..<place].contains { $0.id == sources[place].id } }) {
        throw Problem(
          .invalid, "collection '\(sources[position].name)' is given twice", hint: "Name each collection once", path: "collection_ids[\(position)]")
      }
      let index = definition.kind == .vector ? try ClusterSource.index(of: definition, in: sources) : nil
      let output = Collection(
        id: Identifier.make("col", host.surroundings), namespaceID: definition.namespaceID,
        name: "\(definition.name)_output_\(definition.id.suffix(6))",
        description: "Clusters and members of \(definition.name)", vectorIndexes: index.map { [$0] } ?? [],
        source: ["type": "collection", "collection_ids": .array(definition.collectionIDs.map(JSON.string))], createdAt: definition.createdAt,
        updatedAt: definition.createdAt)
      definition.outputCollectionIDs = [output.id]
      var transaction = Transaction()
      transaction.insert(output)
      transaction.insert(definition)
      do throws(Problem) {
        try host.commit(transaction, telling: .about(output, .collectionCreated), .about(definition, .clusterCreated))
        Gathering.current?.note(output)
        Gathering.current?.note(definition)
      } catch {
        guard error.kind == .conflict else { throw error }
        throw Problem(.conflict, "cluster '\(definition.name)' exists", hint: "Choose another cluster_name", path: "cluster_name")
      }
      return .json(definition.json)
    },
    Operation(
      "get_cluster", "GET", "/v1/clusters/{cluster_identifier}", "Read a cluster by id or name", tag: "Clusters", scope: .read
    ) { host, call throws(Problem) in
      let definition = try host.cluster(call)
      let run = try host.read { reader throws(Problem) in try reader.latestRun(of: definition.id) }
      var json = definition.json.object ?? JSONObject()
      if let run {
        json["status"] = .string(taskStatus(run.status))
        json["num_clusters"] = .int(run.groups.count)
        json["num_documents_clustered"] = .int(run.points)
        json["quality_metrics"] = .object(run.metrics)
        json["last_executed_at"] = .instant(run.createdAt)
        json["completed_at"] = .optional(run.completedAt)
        json["error"] = .optional(run.error)
      }
      return .json(.object(json))
    },
    Operation(
      "list_clusters", "POST", "/v1/clusters/list", "List clusters", tag: "Clusters", scope: .read, query: Parameter.paging,
      body: Page.names + ["search", "sort", "filters"], list),
    Operation("list_clusters_get", "GET", "/v1/clusters", "List clusters", tag: "Clusters", scope: .read, query: Parameter.paging, list),
    Operation(
      "patch_cluster", "PATCH", "/v1/clusters/{cluster_identifier}", "Change a cluster's name, filters or parameters", tag: "Clusters", scope: .write,
      body: ["cluster_name", "description", "metadata", "filters", "vector_config", "enrich_source_collection"]
    ) { host, call throws(Problem) in
      let definition = try host.cluster(call)
      let fields = try Fields(
        call.body, accepting: ["cluster_name", "description", "metadata", "filters", "vector_config", "enrich_source_collection"])
      // Read as a create request with the old values filled in, so that every check is the same.
      var body: JSONObject = [
        "collection_ids": .array(definition.collectionIDs.map(JSON.string)), "cluster_name": .string(definition.name),
        "description": .optional(definition.description), "metadata": .object(definition.metadata), "filters": definition.filters,
        "vector_config": .object(definition.vectorConfig), "enrich_source_collection": .bool(definition.enrichSource),
        "source_enrichment_config": [
          "field_mappings": .array(definition.enrichment.map { ["source_field": .string($0.key), "target_field": .string($0.value)] })
        ],
      ]
      for member in fields.object.members { body[member.key] = member.value }
      var changed = try ClusterDefinition(creating: .object(body), in: definition.namespaceID, surroundings: host.surroundings)
      changed.id = definition.id
      changed.outputCollectionIDs = definition.outputCollectionIDs
      changed.lastRunID = definition.lastRunID
      changed.lastTaskID = definition.lastTaskID
      changed.createdAt = definition.createdAt
      var transaction = Transaction()
      transaction.update(changed)
      try host.commit(transaction, telling: .about(changed, .clusterUpdated))
      Gathering.current?.note(changed)
      return .json(changed.json)
    },
    Operation(
      "delete_cluster", "DELETE", "/v1/clusters/{cluster_id}", "Remove a definition, its runs, triggers and output collections", tag: "Clusters",
      scope: .write, query: [Parameter("cascade_output_collections", .boolean)]
    ) { host, call throws(Problem) in
      let definition = try host.cluster(call)
      let triggers = try host.read { reader throws(Problem) in try reader.activeTriggers() }
      for var trigger in triggers where trigger.namespaceID == definition.namespaceID && trigger.action.resourceID == definition.id {
        trigger.status = .disabled
        try host.put(trigger, isNew: false)
      }
      var transaction = Transaction()
      var events = [EventWrite.about(definition, .clusterDeleted)]
      if call.query["cascade_output_collections"]?.bool ?? true {
        for id in definition.outputCollectionIDs {
          if let output = try host.read({ reader throws(Problem) in try reader.collection(id, in: definition.namespaceID) }) {
            transaction.deleteCollection(output.id)
            events.append(.about(output, .collectionDeleted))
          }
        }
      }
      transaction.deleteCluster(definition.id)
      _ = try host.write([.statements(transaction)] + events.map(Write.event))
      return .json(["success": true, "message": "deleted", "cluster_id": .string(definition.id)])
    },
    Operation(
      "execute_cluster", "POST", "/v1/clusters/{cluster_id}/execute", "Queue a run; answers its task", tag: "Clusters", scope: .execute,
      body: executeNames
    ) { host, call throws(Problem) in
      let definition = try host.cluster(call)
      let fields = try Fields(call.body, accepting: executeNames)
      var inputs: JSONObject = ["cluster_id": .string(definition.id)]
      _ = try ClusterOptions(fields)
      if let mode: Mode = try fields.choice("mode") {
        inputs["mode"] = .string(mode.rawValue)
        if mode == .composite {
          let ids = try fields.strings("source_execution_ids") ?? []
          _ = try host.read { reader throws(Problem) in try ClusterAction.runs(ids, in: definition.namespaceID, reader) }
        }
        if mode == .assign, definition.lastRunID == nil {
          throw Problem(.invalid, "there is no run to assign to", hint: "Run in mode \"full\" first", path: "mode")
        }
        guard mode == .full || definition.kind == .vector else {
          throw Problem(
            .invalid, "mode '\(mode.rawValue)' needs centroids, and a grouping by attributes has none", hint: "Leave it out", path: "mode")
        }
      }
      _ = try fields.number("assignment_threshold", in: 0...1)
      for name in ["source_execution_ids", "assignment_threshold", "sample_size", "vis_n_components", "vis_method", "layout_stability"] {
        if let value = fields[name] { inputs[name] = value }
      }
      if let filters = fields["filters"] {
        _ = try Filter(filters, path: "filters")
        inputs["filters"] = filters
      }
      if let named = try fields.strings("output_collection_ids") {
        let outputs = try host.read { reader throws(Problem) in try reader.outputs(named, of: definition, path: "output_collection_ids") }
        inputs["output_collection_ids"] = .array(outputs.map { .string($0.id) })
      }
      let task = TaskRecord(
        id: Identifier.make("task", host.surroundings), namespaceID: definition.namespaceID, kind: .cluster, inputs: inputs,
        createdAt: host.surroundings.now())
      try host.start(task)
      var json = task.json.object ?? JSONObject()
      json["run_id"] = .string(ClusterAction.runID(of: task))
      return .json(.object(json))
    },
    Operation(
      "get_cluster_groups", "GET", "/v1/clusters/{cluster_id}/groups", "The groups of the latest completed run", tag: "Clusters", scope: .read
    ) { host, call throws(Problem) in
      let definition = try host.cluster(call)
      let run = try host.read { reader throws(Problem) in
        if let id = definition.lastRunID { return try reader.run(id, in: definition.namespaceID) }
        return nil
      }
      let groups = (run?.json()["centroids"]?.array ?? []).map { centroid -> JSON in
        var group = centroid.object ?? JSONObject()
        group["member_count"] = group["num_members"]
        return .object(group)
      }
      return .json([
        "cluster_id": .string(definition.id), "run_id": .optional(run?.id), "groups": .array(groups), "total_groups": .int(groups.count),
        "total_documents": .int(run?.points ?? 0),
      ])
    },
    Operation(
      "get_latest_cluster_execution", "GET", "/v1/clusters/{cluster_id}/executions", "The latest run, or null", tag: "Cluster executions",
      scope: .read,
      query: [Parameter("include_vectors", .boolean)]
    ) { host, call throws(Problem) in
      let definition = try host.cluster(call)
      let run = try host.read { reader throws(Problem) in try reader.latestRun(of: definition.id) }
      return .json(run?.json() ?? .null)
    },
    Operation(
      "list_cluster_executions", "POST", "/v1/clusters/{cluster_id}/executions/list", "Run history", tag: "Cluster executions", scope: .read,
      query: Parameter.paging, body: Page.names + ["filters", "sort", "search"]
    ) { host, call throws(Problem) in
      let definition = try host.cluster(call)
      let page = try Page(call.listFields(accepting: ["filters", "sort", "search"]))
      let runs = try host.read { reader throws(Problem) in try reader.runs(of: definition.id, page) }
      return .json(page.envelope(try runs.map { run throws(Problem) in run.json() }))
    },
    Operation(
      "get_cluster_execution", "GET", "/v1/clusters/{cluster_id}/executions/{run_id}", "One run", tag: "Cluster executions", scope: .read,
      query: [Parameter("include_vectors", .boolean)]
    ) { host, call throws(Problem) in .json(try host.run(call).json(vectors: call.query["include_vectors"]?.bool ?? false)) },
    Operation(
      "cancel_cluster_execution", "POST", "/v1/clusters/{cluster_id}/executions/{run_id}/cancel", "Stop a pending or processing run",
      tag: "Cluster executions", scope: .execute, body: []
    ) { host, call throws(Problem) in
      let run = try host.run(call)
      guard run.status == .pending || run.status == .processing else {
        throw Problem(.conflict, "the run is \(run.status.rawValue)", hint: "Only a pending or processing run can be cancelled", path: "run_id")
      }
      try host.cancel(taskID: run.taskID)
      return .json(["success": true, "run_id": .string(run.id), "task_id": .string(run.taskID), "status": "canceled"])
    },
  ]

  private static func taskStatus(_ status: ClusterRun.Status) -> String {
    switch status {
    case .pending: "PENDING"
    case .processing: "IN_PROGRESS"
    case .completed: "COMPLETED"
    case .failed: "FAILED"
    case .canceled: "CANCELED"
    }
  }

  private static func list(_ host: Host, _ call: Call) throws(Problem) -> Answer {
    let page = try Page(call.listFields(accepting: ["search", "sort", "filters"]))
    let namespaceID = try call.namespaceID()
    let listing = try host.read { reader throws(Problem) in try reader.clusters(in: namespaceID, page) }
    return .json(page.envelope(try listing.map { definition throws(Problem) in definition.json }))
  }
}

extension Host {
  /// The cluster that the path names, by id or name.
  func cluster(_ call: Call) throws(Problem) -> ClusterDefinition {
    let identifier = call.path["cluster_identifier"] ?? call.path["cluster_id"] ?? ""
    return try cluster(identifier, in: call.namespaceID(), path: "cluster_id")
  }

  func cluster(_ identifier: String, in namespaceID: String, path: String) throws(Problem) -> ClusterDefinition {
    if let own = Gathering.current?.cluster(identifier, in: namespaceID) { return own }
    return try read { reader throws(Problem) in
      if let found = try reader.cluster(identifier, in: namespaceID) { return found }
      throw .missing("cluster", identifier, path: path, known: try reader.clusters(in: namespaceID, Page(limit: 100)).items.map(\.name))
    }
  }

  func run(_ call: Call) throws(Problem) -> ClusterRun {
    let definition = try cluster(call)
    let id = try call.parameter("run_id")
    guard let run = try read({ reader throws(Problem) in try reader.run(id, in: definition.namespaceID) }), run.clusterID == definition.id else {
      throw .missing("run", id, path: "run_id")
    }
    return run
  }
}
