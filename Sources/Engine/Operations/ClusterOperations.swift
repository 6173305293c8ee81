import Basics
import Model
import Store

extension Operation {
  private static let executeNames = [
    "mode", "source_execution_ids", "assignment_threshold", "filters", "sample_size", "vis_n_components", "defer_visualization", "layout_stability",
    "llm_labeling", "output_collection_ids", "vis_method",
  ]
  /// What a create request has; beside it parts of the vector_config, which a patch gives at its root.
  private static let accepted = [
    "cluster_name", "description", "metadata", "filters", "vector_config", "enrich_source_collection", "source_enrichment_config", "llm_labeling",
  ]
  private static let vectorNames = ["sample_size", "layout_stability", "algorithm_params"]
  private static let patchNames = accepted + vectorNames + ["source_cluster_ids", "face_cluster_merge"]
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
      let automatic = try application(Fields(call.body), of: definition)
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
      if let automatic { for source in sources { try host.add(automatic, at: source, by: call.caller.name) } }
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
      return .kept(.object(json))
    },
    Operation(
      "list_clusters", "POST", "/v1/clusters/list", "List clusters", tag: "Clusters", scope: .read, query: Parameter.paging,
      body: Page.names + ListSelection.names, list),
    Operation(
      "list_clusters_get", "GET", "/v1/clusters", "List clusters", tag: "Clusters", scope: .read,
      query: Parameter.paging + [Parameter("search", .string)], list),
    Operation(
      "patch_cluster", "PATCH", "/v1/clusters/{cluster_identifier}", "Change a cluster's name, filters or parameters", tag: "Clusters", scope: .write,
      body: patchNames
    ) { host, call throws(Problem) in
      let definition = try host.cluster(call)
      let fields = try Fields(call.body, accepting: patchNames)
      // Read as a create request with the old values filled in, so that every check is the same.
      var body: JSONObject = [
        "collection_ids": .array(definition.collectionIDs.map(JSON.string)), "cluster_name": .string(definition.name),
        "description": .optional(definition.description), "metadata": .object(definition.metadata), "filters": definition.filters,
        "vector_config": .object(definition.vectorConfig), "enrich_source_collection": .bool(definition.enrichSource),
        "source_enrichment_config": [
          "field_mappings": .array(definition.enrichment.map { ["source_field": .string($0.key), "target_field": .string($0.value)] })
        ],
        "cluster_type": .string(definition.kind.rawValue),
      ]
      if definition.kind == .attribute { body["attribute_config"] = .object(definition.algorithm.json) }
      // The SDK says null for what it leaves alone.
      for member in fields.object.members where accepted.contains(member.key) && member.value != .null { body[member.key] = member.value }
      if let config = try Self.vectorConfig(fields, of: definition) { body["vector_config"] = .object(config) }
      var changed = try ClusterDefinition(creating: .object(body), in: definition.namespaceID, surroundings: host.surroundings)
      changed.id = definition.id
      changed.outputCollectionIDs = definition.outputCollectionIDs
      changed.lastRunID = definition.lastRunID
      changed.lastTaskID = definition.lastTaskID
      changed.createdAt = definition.createdAt
      var transaction = Transaction()
      transaction.update(changed)
      do throws(Problem) {
        try host.commit(transaction, telling: .about(changed, .clusterUpdated))
      } catch {
        guard error.kind == .conflict else { throw error }
        throw Problem(.conflict, "cluster '\(changed.name)' exists", hint: "Choose another cluster_name", path: "cluster_name")
      }
      Gathering.current?.note(changed)
      // The contract answers a patch by other names than it reads a cluster.
      var json = changed.json.object ?? JSONObject()
      json["collection_ids"] = .array(changed.collectionIDs.map(JSON.string))
      json["vector_config"] = changed.kind == .vector ? .object(changed.vectorConfig) : .null
      json["attribute_config"] = changed.kind == .attribute ? .object(changed.algorithm.json) : .null
      json["enrich_source_collection"] = .bool(changed.enrichSource)
      return .json(.object(json))
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
      try fields.check(["defer_visualization": .boolean])
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
      query: Parameter.paging, body: Page.names + ListSelection.names
    ) { host, call throws(Problem) in
      let definition = try host.cluster(call)
      let fields = try call.listFields(accepting: ListSelection.names)
      let (page, selection) = (try Page.byPlace(fields), try ListSelection(fields))
      let runs = try selection.listing(page, texts: ["run_id", "run_name", "status", "error_message"]) { page throws(Problem) in
        try host.read { reader throws(Problem) in try reader.runs(of: definition.id, page) }.map { run throws(Problem) in run.json() }
      }
      return .json(page.envelope(runs))
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

  /// The configuration that a patch leaves, when it says something of it beside all of it.
  private static func vectorConfig(_ fields: Fields, of definition: ClusterDefinition) throws(Problem) -> JSONObject? {
    for name in ["source_cluster_ids", "face_cluster_merge"] where fields[name] != nil {
      throw Problem(.unsupported, "'\(name)' is not in this build", hint: "Leave it out", path: name)
    }
    guard vectorNames.contains(where: { fields[$0] != nil }) else { return nil }
    guard definition.kind == .vector else {
      throw Problem(.invalid, "the cluster groups by attributes and has no vector_config", path: vectorNames.first { fields[$0] != nil })
    }
    var config = try fields.objectValue("vector_config") ?? definition.vectorConfig
    for name in ["sample_size", "layout_stability"] { if let value = fields[name] { config[name] = value } }
    if let parameters = try fields.objectValue("algorithm_params") {
      // They are read where the method's own parameters stand, over those that there are.
      let own = "\(config["clustering_method"]?.string ?? "")_parameters"
      var merged = config[config[own] == nil ? "algorithm_params" : own]?.object ?? JSONObject()
      merged.set(parameters.members)
      config[config[own] == nil ? "algorithm_params" : own] = .object(merged)
    }
    return config
  }

  /// What `auto_execute_on_batch` makes of a new cluster at each of its collections.
  private static func application(_ fields: Fields, of definition: ClusterDefinition) throws(Problem) -> CollectionApplication? {
    if fields["source_cluster_ids"] != nil {
      throw Problem(
        .unsupported, "'source_cluster_ids' is not in this build", hint: "Execute with \"mode\": \"composite\" and \"source_execution_ids\"",
        path: "source_cluster_ids")
    }
    let least = try fields.int("auto_execute_min_documents", in: 0...1_000_000_000)
    let cooldown = try fields.int("auto_execute_cooldown_seconds", in: 0...2_592_000) ?? 3600
    guard try fields.bool("auto_execute_on_batch") ?? false else { return nil }
    var given: JSONObject = ["cluster_id": .string(definition.id), "auto_execute_on_batch": true, "cooldown_seconds": .int(cooldown)]
    if let least { given["min_document_threshold"] = .int(least) }
    return try CollectionApplication(.object(given), .cluster, path: "")
  }

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
    let fields = try call.listFields(accepting: ListSelection.names)
    let (page, selection, namespaceID) = (try Page.byPlace(fields), try ListSelection(fields), try call.namespaceID())
    let listing = try selection.listing(page, texts: ["cluster_name", "description"]) { page throws(Problem) in
      try host.read { reader throws(Problem) in
        try reader.clusters(in: namespaceID, page).map { definition throws(Problem) in definition.json }
      }
    }
    return .kept(page.envelope(listing))
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
