import Basics
import Model
import Store

extension Operation {
  static let indexOperations: [Operation] = [
    Operation(
      "ensure_namespace_indexes", "POST", "/v1/namespaces/{namespace_identifier}/ensure-indexes",
      "Build the indexes that a namespace declares in payload_indexes; with force_rebuild anew", tag: "Namespaces", scope: .admin,
      inNamespace: false, query: [Parameter("force_rebuild", .boolean)], body: []
    ) { host, call throws(Problem) in
      let namespace = try find(call, host)
      _ = try Fields(call.body, accepting: [])
      let isAnew = call.query["force_rebuild"]?.bool ?? false
      let indexes = try host.read { reader throws(Problem) in try reader.payloadIndexes(in: namespace.id) }
      for index in indexes { try host.build(index, anew: isAnew) }
      let names = JSON.array(indexes.map { .string($0.field) })
      return .json([
        "namespace_id": .string(namespace.id), "ensured": isAnew ? [] : names, "rebuilt": isAnew ? names : [], "skipped": [], "created": names,
        "payload_indexes": .array(try host.read { reader throws(Problem) in try reader.payloadIndexes(in: namespace.id) }.map(\.json)),
      ])
    }
  ]
}
