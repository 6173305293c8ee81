import Basics
import Model
import Store

extension Operation {
  static let alertOperations: [Operation] = [
    Operation(
      "create_alert", "POST", "/v1/alerts", "Watch what a retriever finds, and tell somebody", tag: "Alerts", scope: .write, body: Alert.accepted
    ) {
      host, call throws(Problem) in
      var alert = try Alert(creating: call.body, in: call.namespaceID(), surroundings: host.surroundings)
      try host.resolve(&alert)
      var transaction = Transaction()
      transaction.insert(alert)
      try host.commit(transaction, of: alert, telling: .alertCreated)
      return .json(alert.json)
    },
    Operation("get_alert", "GET", "/v1/alerts/{alert_identifier}", "Read an alert by id or name", tag: "Alerts", scope: .read) {
      host, call throws(Problem) in .json(try host.alert(call).json)
    },
    Operation(
      "list_alerts_0", "POST", "/v1/alerts/list", "List alerts", tag: "Alerts", scope: .read, query: Parameter.paging,
      body: Page.names + ListSelection.names, list),
    Operation("list_alerts", "GET", "/v1/alerts", "List alerts", tag: "Alerts", scope: .read, query: Parameter.paging, list),
    Operation(
      "patch_alert", "PATCH", "/v1/alerts/{alert_identifier}", "Change an alert", tag: "Alerts", scope: .write, body: Alert.changeable
    ) { host, call throws(Problem) in
      var alert = try host.alert(call).changing(call.body)
      try host.resolve(&alert)
      alert.updatedAt = host.surroundings.now()
      var transaction = Transaction()
      transaction.update(alert)
      try host.commit(transaction, of: alert, telling: .alertUpdated)
      return .json(alert.json)
    },
    Operation(
      "delete_alert", "DELETE", "/v1/alerts/{alert_identifier}", "Remove an alert with its executions and triggers, and take it from its collections",
      tag: "Alerts", scope: .write
    ) { host, call throws(Problem) in
      let alert = try host.alert(call)
      try host.disableTriggers(about: alert.id, in: alert.namespaceID)
      var transaction = Transaction()
      transaction.deleteAlert(alert.id)
      try host.commit(transaction, of: alert, telling: .alertDeleted)
      return .json(["success": true, "message": "deleted", "alert_id": .string(alert.id)])
    },
    Operation(
      "list_alert_executions", "GET", "/v1/alerts/{alert_identifier}/executions", "What an alert saw, newest first", tag: "Alerts", scope: .read,
      query: Parameter.paging
    ) { host, call throws(Problem) in try executions(host, call, of: host.alert(call).id) },
    Operation(
      "list_all_executions_alerts", "GET", "/v1/alerts/executions", "What the alerts of the namespace saw, newest first", tag: "Alerts", scope: .read,
      query: Parameter.paging
    ) { host, call throws(Problem) in try executions(host, call, of: nil) },
    Operation("get_execution_alerts", "GET", "/v1/alerts/executions/{execution_id}", "What an alert saw once", tag: "Alerts", scope: .read) {
      host, call throws(Problem) in
      let (id, namespaceID) = (try call.parameter("execution_id"), try call.namespaceID())
      guard let execution = try host.read({ reader throws(Problem) in try reader.alertExecution(id, in: namespaceID) }) else {
        throw Problem(
          .notFound, "execution '\(id)' does not exist", hint: "The last \(Host.keptExecutions) of each alert are kept: GET /v1/alerts/executions",
          path: "execution_id")
      }
      return .json(execution.json)
    },
    Operation(
      "get_latest_result_alerts", "GET", "/v1/alerts/{alert_identifier}/results", "What an alert saw last", tag: "Alerts", scope: .read
    ) { host, call throws(Problem) in
      let alert = try host.alert(call)
      let listing = try host.read { reader throws(Problem) in try reader.alertExecutions(in: alert.namespaceID, of: alert.id, Page(limit: 1)) }
      guard let latest = listing.items.first else {
        throw Problem(
          .notFound, "alert '\(alert.name)' has not looked yet",
          hint:
            "It looks when a trigger with the action alert_evaluation fires, or when documents come to a collection that has it in alert_applications",
          path: "alert_identifier")
      }
      return .json(latest.json)
    },
  ]

  private static func list(_ host: Host, _ call: Call) throws(Problem) -> Answer {
    let fields = try call.listFields(accepting: ListSelection.names)
    let (page, selection, namespaceID) = (try Page.byPlace(fields), try ListSelection(fields), try call.namespaceID())
    let all = try host.read { reader throws(Problem) in try reader.alerts(in: namespaceID, Page(limit: 100_000)) }.items
    let listing = selection.page(page, of: all.map(\.json)) { [$0["name"]?.string, $0["description"]?.string] }
    var envelope = page.envelope(listing).object ?? JSONObject()
    var channels = JSONObject()
    for kind in Set(all.flatMap { $0.channels.map(\.kind.rawValue) }).sorted() {
      channels[kind] = .int(all.count { $0.channels.contains { $0.kind.rawValue == kind } })
    }
    let enabled = all.count(where: \.isEnabled)
    envelope["stats"] = [
      "total_alerts": .int(all.count), "enabled_alerts": .int(enabled), "disabled_alerts": .int(all.count - enabled),
      "alerts_by_channel_type": .object(channels),
    ]
    return .json(.object(envelope))
  }

  private static func executions(_ host: Host, _ call: Call, of alertID: String?) throws(Problem) -> Answer {
    let (page, namespaceID) = (try Page.byPlace(call.listFields(accepting: [])), try call.namespaceID())
    let listing = try host.read { reader throws(Problem) in try reader.alertExecutions(in: namespaceID, of: alertID, page) }
    return .json(page.envelope(try listing.map { execution throws(Problem) in execution.json }))
  }
}

extension Host {
  /// The alert that the path names, by id or name.
  func alert(_ call: Call) throws(Problem) -> Alert {
    try alert(call.parameter("alert_identifier"), in: call.namespaceID(), path: "alert_identifier")
  }

  func alert(_ identifier: String, in namespaceID: String, path: String) throws(Problem) -> Alert {
    try read { reader throws(Problem) in
      if let found = try reader.alert(identifier, in: namespaceID) { return found }
      throw .missing("alert", identifier, path: path, known: try reader.alerts(in: namespaceID, Page(limit: 100)).items.map(\.name))
    }
  }

  /// Names an alert's retriever by its identifier, and refuses inputs that it does not take.
  func resolve(_ alert: inout Alert) throws(Problem) {
    let retriever = try retriever(alert.retrieverID, in: alert.namespaceID, path: "retriever_id")
    alert.setRetriever(retriever.id)
    // What is missing may come from documents; what is given has to fit.
    for member in alert.inputs.members {
      try retriever.inputs.first { $0.name == member.key }?.check(member.value, path: "inputs.\(member.key)")
    }
  }

  func commit(_ transaction: Transaction, of alert: Alert, telling type: Schedule.EventType) throws(Problem) {
    let payload: JSONObject = ["alert_id": .string(alert.id), "alert_name": .string(alert.name), "retriever_id": .string(alert.retrieverID)]
    do throws(Problem) {
      _ = try write([.statements(transaction), .event(EventWrite(namespaceID: alert.namespaceID, type: type, payload: payload))])
    } catch {
      guard error.kind == .conflict else { throw error }
      throw Problem(.conflict, "alert '\(alert.name)' exists", hint: "Choose another name", path: "name")
    }
  }

  /// Names what a trigger executes or evaluates by identifiers, and refuses what does not exist.
  func checkRetrieval(_ trigger: inout Trigger) throws(Problem) {
    let namespaceID = trigger.namespaceID
    let config = try Fields(.object(trigger.action.config), path: "action_config")
    switch trigger.action.kind {
    case .retrieverExecution:
      let found = try retriever(
        config.required("retriever_id", example: "\"ret_1\""), in: namespaceID, path: config.at("retriever_id"))
      _ = try RetrieverValues(config.objectValue("inputs") ?? JSONObject(), for: found.inputs, path: config.at("inputs"))
      trigger.action.config["retriever_id"] = .string(found.id)
    case .alertEvaluation:
      let found = try alert(config.required("alert_id", example: "\"alt_1\""), in: namespaceID, path: config.at("alert_id"))
      trigger.action.config["alert_id"] = .string(found.id)
      if let name = try config.string("collection_id") {
        trigger.action.config["collection_id"] = .string(try collection(name, in: namespaceID, path: config.at("collection_id")).id)
      }
    default: break
    }
  }
}
