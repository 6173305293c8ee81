import Basics
import Model

extension Operation {
  static let maintenanceOperations: [Operation] = [
    Operation("get_maintenance", "GET", "/v1/maintenance", "Whether triggers are held", tag: "Maintenance", scope: .read, inNamespace: false) {
      host, _ throws(Problem) in .json(shown(try host.maintenance()))
    },
    Operation(
      "set_maintenance", "PUT", "/v1/maintenance", "Hold every trigger as it is, or let them go on", tag: "Maintenance", scope: .admin,
      inNamespace: false,
      body: Maintenance.names
    ) { host, call throws(Problem) in
      guard call.caller.namespaces.isEmpty else {
        throw Problem(
          .forbidden, "maintenance holds the triggers of every namespace, and this key enters only some", hint: "Use a key for all of them")
      }
      var change = try Maintenance.read(call.body, by: call.caller.name, at: host.surroundings.now())
      // Switched on again, it has still begun when it began.
      if let running = try host.maintenance(), change != nil { change?.since = running.since }
      try host.setMaintenance(change)
      return .json(shown(change))
    },
  ]

  private static func shown(_ maintenance: Maintenance?) -> JSON {
    var result: JSONObject = ["enabled": .bool(maintenance != nil)]
    for member in maintenance?.json.object?.members ?? [] { result[member.key] = member.value }
    return .object(result)
  }
}
