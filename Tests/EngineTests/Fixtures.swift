import Basics
import Clustering
import Engine
import Model
import Scheduling
import TestSupport

/// A store with a collection of points around `groups` corners of a cube, ready to be clustered.
struct Fixture {
  let store: TemporaryStore
  static let dimensions = 8

  init(
    documents: Int = 0, groups: Int = 3, store: TemporaryStore? = nil, retention: Retention = Retention(),
    log: @escaping @Sendable (String, String) -> Void = { _, _ in }
  ) throws {
    self.store = try store ?? TemporaryStore(retention: retention, log: log)
    let store = self.store
    try store.call(
      "create_collection",
      body: ["collection_name": "points", "vector_indexes": [["name": "v", "dimensions": .int(Self.dimensions), "metric": "euclidean"]]])
    if documents > 0 { try add(documents, groups: groups) }
  }

  /// Documents `d<from>…`, each near the corner `number % groups`, with a text that names its corner.
  static func documents(_ count: Int, from: Int = 0, groups: Int = 3, corner: Int? = nil) -> JSON {
    var random = SeededRandom(seed: UInt64(from) + 11)
    return .array(
      (from..<from + count).map { number in
        let group = corner ?? number % groups
        let vector = (0..<dimensions).map { JSON.double((($0 == group) ? 10 : 0) + Double.random(in: -0.5...0.5, using: &random)) }
        return [
          "document_id": .string("d\(number)"), "kind": .string(["alpha", "beta", "gamma", "delta"][group]),
          "text": .string("\(["alpha", "beta", "gamma", "delta"][group]) word\(number)"), "vectors": ["v": .array(vector)],
        ]
      })
  }

  /// Rows without a store.
  static func matrix(_ rows: Int) throws -> Matrix {
    var random = SeededRandom(seed: 3)
    return try Matrix((0..<rows).map { _ in (0..<dimensions).map { _ in Float.random(in: -1...1, using: &random) } })
  }

  func add(_ count: Int, from: Int = 0, groups: Int = 3, corner: Int? = nil) throws(Problem) {
    try store.call(
      "upsert_documents", path: ["collection_identifier": "points"],
      body: ["documents": Self.documents(count, from: from, groups: groups, corner: corner)])
  }

  func cluster(_ count: Int = 3, extra: JSONObject = [:]) throws -> String {
    var body: JSONObject = [
      "collection_ids": ["points"], "cluster_name": "topics", "metadata": ["text_fields": ["text"]],
      "vector_config": ["clustering_method": "kmeans", "kmeans_parameters": ["n_clusters": .int(count)]],
    ]
    for member in extra.members { body[member.key] = member.value }
    return try store.call("create_cluster", body: .object(body))["cluster_id"]?.string ?? ""
  }

  func trigger(_ type: String, _ schedule: JSON, action: JSON? = nil, kind: String = "script") throws -> String {
    try store.call(
      "create_trigger",
      body: [
        "action_type": .string(kind), "action_config": action ?? ["script": "return function(ctx) return {ok = true} end"],
        "trigger_type": .string(type),
        "schedule_config": schedule,
      ])["trigger_id"]?.string ?? ""
  }

  func read(_ id: String) throws -> JSON { try store.call("get_trigger", path: ["trigger_id": id]) }

  /// outcome and reason of a trigger's evaluations, oldest first.
  func decisions(_ id: String) throws -> [String] {
    try store.call("list_trigger_evaluations", path: ["trigger_id": id])["results"]?.array?.reversed().map {
      "\($0["outcome"]?.string ?? "")" + (($0["count"]?.int ?? 1) > 1 ? " x\($0["count"]?.int ?? 0)" : "")
    } ?? []
  }

  func history(_ id: String) throws -> [JSON] { try store.call("get_trigger_history", path: ["trigger_id": id])["executions"]?.array ?? [] }
}
