import Basics
import Model
import Store

// The older triggers, which only cluster: another view of the same triggers, with the clustering spelled out in each.
extension Operation {
  private static let path = "/v1/clusters/triggers"
  private static let createNames = ["cluster_id", "execution_config", "trigger_type", "schedule_config", "description", "status"]
  private static let listNames = ["cluster_id", "trigger_type", "status", "offset", "limit", "sort_by", "direction"]
  private static let configExample = "{\"collection_ids\": [\"col_words\"], \"config\": {\"algorithm\": \"kmeans\", \"n_clusters\": 5}}"

  static let clusterTriggerOperations: [Operation] = [
    Operation(
      "create_cluster_trigger", "POST", path, "Define a clustering and its schedule in one", tag: "Cluster triggers", scope: .write, success: 201,
      body: createNames
    ) { host, call throws(Problem) in
      let fields = try Fields(call.body, accepting: createNames)
      let named = try fields.string("cluster_id")
      guard named != nil || fields["execution_config"] != nil else {
        throw Problem(
          .invalid, "neither execution_config nor cluster_id is given",
          hint: "Give \"cluster_id\": \"clust_…\", or \"execution_config\": \(configExample)", path: "execution_config", details: ["type": "missing"],
          others: [Problem(.invalid, "neither cluster_id nor execution_config is given", path: "cluster_id", details: ["type": "missing"])])
      }
      if named != nil, fields["execution_config"] != nil {
        throw Problem(
          .invalid, "both cluster_id and execution_config are given", hint: "Give one: a cluster's configuration is its own", path: "execution_config"
        )
      }
      // What is wrong with the trigger is said before a cluster is made for it.
      var body: JSONObject = [
        "action_type": "cluster", "action_config": ["cluster_id": .string(named ?? "clust_new")],
        "trigger_type": fields.object["trigger_type"] ?? .null,
        "schedule_config": fields.object["schedule_config"] ?? .null, "description": fields.object["description"] ?? .null,
      ]
      if let status = fields["status"] { body["status"] = status }
      _ = try Trigger(creating: .object(body), in: call.namespaceID(), by: call.caller.name, surroundings: host.surroundings)
      if named != nil { return .json(try create(body, host, call)) }
      let clusterID = try define(Fields(fields["execution_config"], path: "execution_config", accepting: ["collection_ids", "config"]), host, call)
      body["action_config"] = ["cluster_id": .string(clusterID)]
      do throws(Problem) {
        return .json(try create(body, host, call))
      } catch {
        try perform("delete_cluster", host, call, path: ["cluster_id": clusterID])
        throw error
      }
    },
    Operation("get_cluster_trigger", "GET", path + "/{trigger_id}", "Read a clustering trigger", tag: "Cluster triggers", scope: .read) {
      host, call throws(Problem) in .json(try shown(host.clusteringTrigger(call), host))
    },
    Operation(
      "list_cluster_triggers", "POST", path + "/list", "List the clustering triggers", tag: "Cluster triggers", scope: .read, body: listNames
    ) { host, call throws(Problem) in
      let fields = try Fields(call.body, accepting: listNames)
      var query = try TriggerQuery(fields, in: call.namespaceID())
      query.actionType = .cluster
      if let identifier = try fields.string("cluster_id") {
        query.resourceID = try host.read { reader throws(Problem) in try reader.cluster(identifier, in: query.namespaceID)?.id ?? identifier }
      }
      let listing = try host.read { reader throws(Problem) in try reader.triggers(query) }
      var results: [JSON] = []
      for trigger in listing.items { results.append(try shown(trigger, host)) }
      return .json(["results": .array(results), "total": .int(listing.total), "offset": .int(query.offset), "limit": .int(query.limit)])
    },
    Operation(
      "update_cluster_trigger", "PATCH", path + "/{trigger_id}", "Change schedule, description or status", tag: "Cluster triggers", scope: .write,
      body: ["schedule_config", "description", "status"]
    ) { host, call throws(Problem) in
      let fields = try Fields(call.body)
      for immutable in ["cluster_id", "execution_config", "trigger_type"] where fields.object[immutable] != nil {
        throw Problem(.invalid, "'\(immutable)' cannot be changed", hint: "Delete the trigger and create another", path: immutable)
      }
      _ = try Fields(call.body, accepting: ["schedule_config", "description", "status"])
      return .json(try perform("update_trigger", on: host.clusteringTrigger(call), host, call))
    },
    Operation(
      "delete_cluster_trigger", "DELETE", path + "/{trigger_id}", "Retire a clustering trigger", tag: "Cluster triggers", scope: .write,
      answers: .nothing
    ) {
      host, call throws(Problem) in
      _ = try host.clusteringTrigger(call)
      try perform("delete_trigger", host, call, path: call.path)
      return .nothing
    },
    Operation(
      "pause_cluster_trigger", "POST", path + "/{trigger_id}/pause", "Stop firing, keep the definition", tag: "Cluster triggers", scope: .write,
      body: ["note", "until"]
    ) { host, call throws(Problem) in .json(try perform("pause_trigger", on: host.clusteringTrigger(call), host, call)) },
    Operation(
      "resume_cluster_trigger", "POST", path + "/{trigger_id}/resume", "Fire again, the next time counted from now", tag: "Cluster triggers",
      scope: .write, body: []
    ) { host, call throws(Problem) in .json(try perform("resume_trigger", on: host.clusteringTrigger(call), host, call)) },
    Operation(
      "get_cluster_trigger_history", "POST", path + "/{trigger_id}/history", "Past runs", tag: "Cluster triggers", scope: .read,
      body: ["offset", "limit", "status_filter"]
    ) { host, call throws(Problem) in
      let trigger = try host.clusteringTrigger(call)
      var asked = try Fields(call.body, accepting: ["offset", "limit", "status_filter"]).object
      if let word = asked["status_filter"]?.string { asked["status_filter"] = .string(word.uppercased()) }
      let fields = try Fields(.object(asked))
      let page = try Page(fields, defaultLimit: 50)
      let query = TaskQuery(
        namespaceID: trigger.namespaceID, status: try fields.choice("status_filter"), triggerID: trigger.id, offset: page.offset, limit: page.limit)
      let listing = try host.read { reader throws(Problem) in try reader.tasks(query) }
      let executions = listing.items.map { task -> JSON in
        [
          "job_id": .string(task.id), "triggered_at": .instant(task.createdAt), "status": .string(task.status.rawValue),
          "execution_time_ms": .optional(task.executionTime.map { Int64($0.inMilliseconds) }), "error": .optional(task.error),
          "num_clusters": task.outputs["num_clusters"] ?? .null, "num_documents": task.outputs["num_documents"] ?? .null,
        ]
      }
      return .json([
        "trigger_id": .string(trigger.id), "executions": .array(executions), "total": .int(listing.total), "offset": .int(page.offset),
        "limit": .int(page.limit),
      ])
    },
  ]

  /// Calls an operation of the newer triggers, in the same namespace, for the same caller.
  @discardableResult private static func perform(
    _ name: String, _ host: Host, _ call: Call, path: [String: String] = [:], body: JSON = [:]
  ) throws(Problem) -> JSON {
    var inner = call
    (inner.path, inner.body, inner.query) = (path, body, JSONObject())
    guard let operation = Operation.named(name) else { throw Problem(.internal, "there is no operation '\(name)'") }
    return try operation.perform(host, inner).json ?? .null
  }

  private static func perform(_ name: String, on trigger: Trigger, _ host: Host, _ call: Call) throws(Problem) -> JSON {
    try perform(name, host, call, path: call.path, body: call.body)
    return try shown(host.trigger(trigger.id, in: trigger.namespaceID), host)
  }

  private static func create(_ body: JSONObject, _ host: Host, _ call: Call) throws(Problem) -> JSON {
    do throws(Problem) {
      let made = try perform("create_trigger", host, call, body: .object(body))
      return try shown(host.trigger(made["trigger_id"]?.string ?? "", in: call.namespaceID()), host)
    } catch {
      var problem = error
      if problem.path == "action_config.cluster_id" { problem.path = "cluster_id" }
      throw problem
    }
  }

  /// Stores the clustering that an `execution_config` describes, and answers its identifier. Problems speak of the configuration as it was given.
  private static func define(_ fields: Fields, _ host: Host, _ call: Call) throws(Problem) -> String {
    guard let config = try fields.objectValue("config") else {
      throw fields.missing("config", example: "{\"algorithm\": \"kmeans\", \"n_clusters\": 5}")
    }
    let given = try Fields(.object(config), path: fields.at("config"))
    let algorithm = try given.required("algorithm", example: "\"kmeans\"")
    let needed = ["kmeans": "n_clusters", "hdbscan": "min_cluster_size"][algorithm]
    if let needed, given[needed] == nil { throw given.missing(needed, example: "5") }
    var parameters = config
    parameters["algorithm"] = nil
    let body: JSONObject = [
      "collection_ids": fields.object["collection_ids"] ?? .null,
      "vector_config": ["clustering_method": .string(algorithm), "algorithm_params": .object(Algorithm.own(parameters, of: algorithm))],
      "metadata": ["execution_config": .object(fields.object)],
    ]
    do throws(Problem) {
      return try perform("create_cluster", host, call, body: .object(body))["cluster_id"]?.string ?? ""
    } catch {
      var problem = error
      problem.path = problem.path.map { path in
        if path == "vector_config.clustering_method" { return given.at("algorithm") }
        let parameters = "vector_config.algorithm_params"
        return path.hasPrefix(parameters) ? fields.at("config") + path.dropFirst(parameters.count) : fields.at(path)
      }
      throw problem
    }
  }

  private static func shown(_ trigger: Trigger, _ host: Host) throws(Problem) -> JSON {
    let clusterID = trigger.action.resourceID ?? ""
    let definition = try host.read { reader throws(Problem) in try reader.cluster(clusterID, in: trigger.namespaceID) }
    var config = definition?.algorithm.json ?? JSONObject()
    config["algorithm"] = .string(definition?.algorithm.name ?? "unknown")
    // A trigger outlives its cluster only as a disabled one; the contract wants a collection named all the same.
    let described: JSON = ["collection_ids": .array((definition?.collectionIDs ?? ["deleted"]).map(JSON.string)), "config": .object(config)]
    var json = trigger.json(at: host.surroundings.now()).object ?? JSONObject()
    for name in ["name", "action_type", "action_config", "baseline_snapshot", "last_drift_measurement", "last_volume_measurement"] {
      json[name] = nil
    }
    json["last_execution_job_id"] = json["last_execution_task_id"]
    json["last_execution_task_id"] = nil
    json["cluster_id"] = .string(clusterID)
    json["execution_config"] = definition?.metadata["execution_config"] ?? described
    return .object(json)
  }
}

extension Host {
  /// The trigger that the path names, if it clusters; the others are not seen from here.
  fileprivate func clusteringTrigger(_ call: Call) throws(Problem) -> Trigger {
    let found = try trigger(call)
    guard found.action.kind == .cluster else {
      throw Problem(
        .notFound, "trigger '\(found.id)' does not cluster, it is one of \(found.action.kind.rawValue)", hint: "GET /v1/triggers/\(found.id)",
        path: "trigger_id")
    }
    return found
  }
}
