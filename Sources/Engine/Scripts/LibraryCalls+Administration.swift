import Basics
import Model

extension LibraryCalls {
  /// How a function becomes an operation: which of its leading arguments are path parameters, and where its table goes.
  private struct Route {
    enum Rest { case none, body, query, key(String) }
    var operation: String
    var path: [String] = []
    var rest = Rest.none
    /// A thing that is not there is nil, and nothing to delete is false.
    var mayMiss = false
    /// The member of the answer that is given; nil gives all of it.
    var result: String?
  }

  private static let routes: [String: Route] = [
    "documents.create": Route(operation: "create_document", path: ["collection_identifier"], rest: .body),
    "documents.delete_many": Route(operation: "batch_delete_documents", path: ["collection_identifier"], rest: .key("document_ids")),
    "collections.update": Route(operation: "update_collection", path: ["collection_identifier"], rest: .body),
    "namespaces.update": Route(operation: "patch_namespace", path: ["namespace_identifier"], rest: .body),
    "namespaces.stats": Route(operation: "get_namespace_stats", path: ["namespace_identifier"]),
    "clusters.update": Route(operation: "patch_cluster", path: ["cluster_identifier"], rest: .body),
    "clusters.latest": Route(operation: "get_latest_cluster_execution", path: ["cluster_id"]),
    "clusters.cancel": Route(operation: "cancel_cluster_execution", path: ["cluster_id", "run_id"]),
    "triggers.preview": Route(operation: "preview_schedule", rest: .body),
    "triggers.simulate": Route(operation: "simulate_trigger", rest: .body),
    "triggers.bulk": Route(operation: "bulk_triggers", rest: .body),
    "triggers.evaluation": Route(operation: "get_evaluation", path: ["evaluation_id"], mayMiss: true),
    "triggers.replay": Route(operation: "replay_evaluation", path: ["evaluation_id"]),
    "tasks.cancel": Route(operation: "cancel_task", path: ["task_id"]),
    "taxonomies.create": Route(operation: "create_taxonomy", rest: .body),
    "taxonomies.get": Route(operation: "get_taxonomy", path: ["taxonomy_identifier"], mayMiss: true),
    "taxonomies.list": Route(operation: "list_taxonomies", rest: .body, result: "results"),
    "taxonomies.apply": Route(operation: "apply_taxonomy_to_collection", path: ["collection_identifier"], rest: .body),
    "taxonomies.classify": Route(operation: "execute_taxonomy", path: ["taxonomy_identifier"], rest: .body),
    "retrievers.create": Route(operation: "create_retriever", rest: .body),
    "retrievers.get": Route(operation: "get_retriever", path: ["retriever_id"], mayMiss: true),
    "retrievers.list": Route(operation: "list_retrievers", rest: .body, result: "results"),
    "retrievers.update": Route(operation: "patch_retriever", path: ["retriever_id"], rest: .body, result: "retriever"),
    "retrievers.execute": Route(operation: "execute_retriever", path: ["retriever_id"], rest: .body),
    "retrievers.executions": Route(operation: "list_executions_retrievers", path: ["retriever_id"], rest: .body, result: "results"),
    "alerts.create": Route(operation: "create_alert", rest: .body),
    "alerts.get": Route(operation: "get_alert", path: ["alert_identifier"], mayMiss: true),
    "alerts.list": Route(operation: "list_alerts_0", rest: .body, result: "results"),
    "alerts.update": Route(operation: "patch_alert", path: ["alert_identifier"], rest: .body),
    "alerts.latest": Route(operation: "get_latest_result_alerts", path: ["alert_identifier"], mayMiss: true),
    "alerts.executions": Route(operation: "list_alert_executions", path: ["alert_identifier"], result: "results"),
    "namespaces.ensure_indexes": Route(operation: "ensure_namespace_indexes", path: ["namespace_identifier"]),
    "events.list": Route(operation: "list_events", rest: .query, result: "results"),
    "syncs.create": Route(operation: "create_sync_configuration_buckets", path: ["bucket_identifier"], rest: .body),
    "syncs.list": Route(operation: "list_sync_configurations_buckets", path: ["bucket_identifier"], rest: .body, result: "results"),
    "syncs.run": Route(operation: "trigger_sync_configuration_buckets_id_config", path: ["bucket_identifier", "sync_config_id"]),
    "syncs.delete": Route(operation: "delete_sync_configuration_buckets_id_config", path: ["bucket_identifier", "sync_config_id"]),
    "webhooks.create": Route(operation: "create_webhook_organizations", rest: .body),
    "webhooks.get": Route(operation: "get_webhook_organizations", path: ["identifier"], mayMiss: true),
    "webhooks.list": Route(operation: "list_webhooks_organizations", rest: .body, result: "results"),
    "webhooks.deliveries": Route(operation: "list_webhook_deliveries", path: ["identifier"], rest: .query, result: "results"),
    "webhooks.delete": Route(operation: "delete_webhook_organizations", path: ["identifier"]),
    "scripts.list": Route(operation: "list_scripts", rest: .body, result: "results"),
    "scripts.create": Route(operation: "create_script", rest: .body),
    "scripts.put": Route(operation: "put_script", path: ["script_id"], rest: .body),
    "scripts.versions": Route(operation: "list_script_versions", path: ["script_id"], result: "results"),
    "scripts.restore": Route(operation: "restore_script", path: ["script_id"], rest: .key("version")),
    "scripts.run": Route(operation: "run_script", path: ["script_id"], rest: .body),
    "scripts.test": Route(operation: "test_script", path: ["script_id"]),
  ]

  private static let deletions = [
    "namespaces.delete": ("delete_namespace", "namespace_identifier"), "clusters.delete": ("delete_cluster", "cluster_id"),
    "scripts.delete": ("delete_script", "script_id"), "taxonomies.delete": ("delete_taxonomy", "taxonomy_identifier"),
    "retrievers.delete": ("delete_retriever", "retriever_id"), "alerts.delete": ("delete_alert", "alert_identifier"),
  ]

  /// The functions that are one operation each. Nil for other names.
  func administration(_ name: String, _ arguments: [JSON]) throws(Problem) -> JSON? {
    if let (operation, key) = Self.deletions[name] {
      let path = [key: try word(arguments, 0, name)]
      return try existed { () throws(Problem) in try perform(operation, path: path) }
    }
    switch name {
    case "triggers.explain":
      let query: JSONObject = arguments.count > 1 && arguments[1] != .null ? ["at": arguments[1]] : [:]
      return try perform("explain_trigger", path: ["trigger_id": try word(arguments, 0, name)], query: query)
    case "scripts.get":
      let query: JSONObject = arguments.count > 1 && arguments[1] != .null ? ["version": arguments[1]] : [:]
      let path = ["script_id": try word(arguments, 0, name)]
      return try optional { () throws(Problem) in try perform("get_script", path: path, query: query) }
    case "events.emit":
      var body: JSONObject = ["event_type": .string(try word(arguments, 0, name))]
      if arguments.count > 1 { body["payload"] = Self.options(arguments, 1) }
      if arguments.count > 2, arguments[2] != .null { body["collection_id"] = arguments[2] }
      return try perform("emit_event", body: .object(body))
    case "documents.distinct": return try distinct(arguments)
    case "documents.aggregate": return try aggregate(arguments)
    case "call": return try anything(arguments)
    case "http.get", "http.post":
      let position = name == "http.get" ? 1 : 2
      var body = try Fields(Self.options(arguments, position), path: name, accepting: ["headers", "method"]).object
      body["url"] = .string(try word(arguments, 0, name))
      if name == "http.post" {
        body["body"] = arguments.count > 1 ? arguments[1] : .string("")
        if body["method"] == nil { body["method"] = "POST" }
      }
      return try perform("fetch", body: .object(body))
    default: break
    }
    guard let route = Self.routes[name] else { return nil }
    var path: [String: String] = [:]
    for (position, key) in route.path.enumerated() { path[key] = try word(arguments, position, name) }
    let next = route.path.count
    var body: JSON = [:]
    var query = JSONObject()
    switch route.rest {
    case .none: break
    case .query: query = Self.options(arguments, next).object ?? query
    case .body: body = Self.options(arguments, next)
    case .key(let key): body = [key: next < arguments.count ? arguments[next] : .null]
    }
    let (made, asked) = (body, query)
    let answer: JSON
    if route.mayMiss {
      answer = try optional { () throws(Problem) in try perform(route.operation, path: path, query: asked, body: made) }
    } else {
      answer = try perform(route.operation, path: path, query: asked, body: made)
    }
    return route.result.flatMap { answer[$0] } ?? answer
  }

  private func word(_ arguments: [JSON], _ position: Int, _ name: String) throws(Problem) -> String {
    guard position < arguments.count, let value = arguments[position].string else {
      throw Problem(.invalid, "\(name): argument \(position + 1) must be a string", path: name)
    }
    return value
  }

  /// `perigee.call(operation, {…})`: the members that the path or the query ask for go there, all others are the body.
  private func anything(_ arguments: [JSON]) throws(Problem) -> JSON {
    let name = try word(arguments, 0, "call")
    guard let operation = Operation.named(name) else {
      throw Problem(
        .notFound, "there is no operation '\(name)'", hint: "GET /openapi.json lists them",
        didYouMean: Suggestion.nearest(to: name, in: Operation.all.map(\.name)))
    }
    var path: [String: String] = [:]
    var query = JSONObject()
    var body = JSONObject()
    let wanted = operation.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    for member in Self.options(arguments, 1).object?.members ?? [] {
      if wanted.contains(member.key) {
        path[member.key] = member.value.string ?? member.value.text
      } else if operation.body == nil || operation.query.contains(where: { $0.name == member.key }) && operation.body?.contains(member.key) == false {
        query[member.key] = member.value
      } else {
        body[member.key] = member.value
      }
    }
    if let missing = wanted.first(where: { path[$0] == nil }) {
      throw Problem(
        .invalid, "call: '\(name)' needs '\(missing)'", hint: "For example perigee.call(\"\(name)\", {\(missing) = \"…\"})", path: missing)
    }
    return try perform(name, path: path, query: query, body: .object(body))
  }
}
