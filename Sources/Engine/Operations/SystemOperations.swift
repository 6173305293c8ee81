import Basics
import Model
import Store

extension Operation {
  /// The version of the API served and of the host.
  package static let apiVersion = "0.82"
  package static let hostVersion = "0.1.0"

  static let systemOperations: [Operation] = [
    Operation("health", "GET", "/v1/health", "The process is up", tag: "Health", scope: nil, inNamespace: false) { _, _ throws(Problem) in
      .json(["status": "ok", "version": .string(hostVersion), "api_version": .string(apiVersion)])
    },
    Operation("health_liveness", "GET", "/v1/health/liveness", "Liveness probe", tag: "Health", scope: nil, inNamespace: false) {
      _, _ throws(Problem) in
      .json(["status": "ok"])
    },
    Operation("health_beat", "GET", "/v1/health/beat", "Is the scheduler ticking", tag: "Health", scope: nil, inNamespace: false) {
      host, _ throws(Problem) in
      let asked = host.surroundings.ticks()
      try host.beat()
      let trouble = host.meter.trouble
      return .json([
        "beat_running": .bool(trouble == nil), "held_by": .optional(trouble?.problem.description), "held_since": .optional(trouble?.since),
        "maintenance": try host.maintenance()?.json ?? .null, "last_heartbeat": .instant(host.surroundings.now()),
        "age_seconds": .double((host.surroundings.ticks() - asked).inSeconds),
      ])
    },
    Operation(
      "health_deep", "GET", "/v1/health/deep", "Health of every part", tag: "Health", scope: .read, inNamespace: false,
      query: [Parameter("deep", .boolean), Parameter("metrics", .boolean)]
    ) { host, _ throws(Problem) in
      try host.beat()
      _ = try host.read { reader throws(Problem) in try reader.namespaces(Page(limit: 1)) }
      let trouble = host.meter.trouble
      return .json([
        "status": trouble == nil ? "OK" : "DEGRADED", "held_by": .optional(trouble?.problem.description),
        "maintenance": try host.maintenance()?.json ?? .null,
        "data": [
          "cache": true, "metadata": true, "vector_store": true, "object_storage": true, "task_queue": true, "inference": true, "analytics": true,
        ],
      ])
    },
    Operation("whoami", "GET", "/v1/me", "Who this key is", tag: "Account", scope: .read, inNamespace: false) { _, call throws(Problem) in
      let scopes = call.caller.scopes.map(\.rawValue).sorted()
      return .json([
        "organization_id": "org_local", "organization_name": "Perigee", "account_type": "self_hosted",
        "user_email": .optional(call.caller.key?.userEmail),
        "rate_limits": call.caller.key?.rateLimit.map { ["requests_per_minute": .int($0)] } ?? .null,
        "key": [
          "name": .string(call.caller.name), "key_type": "secret", "permissions": .array(scopes.map(JSON.string)),
          "expires_at": .optional(call.caller.key?.expiresAt),
        ],
        "principal_scoped": false,
      ])
    },
  ]
}
