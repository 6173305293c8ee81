import Basics
import Model
import Store

// What a run leaves to look at: its map, and the names that people give to it and its groups.
extension Operation {
  /// Points that a map shows unless more are asked for.
  private static let usualPoints = 5_000

  static let clusterResultOperations: [Operation] = [
    Operation(
      "get_cluster_visualization", "GET", "/v1/clusters/{cluster_id}/visualization", "The map of a run: a place for each document and each group",
      tag: "Clusters", scope: .read,
      query: [
        Parameter("max_points", .integer), Parameter("centroids_only", .boolean), Parameter("compact", .boolean), Parameter("run_id", .string),
      ]
    ) { host, call throws(Problem) in
      let definition = try host.cluster(call)
      let fields = try Fields(.object(call.query))
      let most = Int(try fields.int("max_points", in: 1...1_000_000) ?? Int64(usualPoints))
      guard let id = try fields.string("run_id") ?? definition.lastRunID else {
        throw Problem(
          .notFound, "cluster '\(definition.name)' has no completed run yet", hint: "POST /v1/clusters/\(definition.id)/execute", path: "run_id")
      }
      let (run, members) = try host.read { reader throws(Problem) in
        (try reader.run(id, in: definition.namespaceID), try reader.members(of: id))
      }
      guard let run, run.clusterID == definition.id else { throw .missing("run", id, path: "run_id") }
      guard let members, members.dimensions > 0 else {
        throw Problem(
          .notFound, "the map of run '\(id)' is not kept", hint: "Maps are kept of a cluster's last two runs over vectors", path: "run_id")
      }
      let map = RunMap(run, members)
      return .json(
        map.json(
          most: try fields.bool("centroids_only") ?? false ? 0 : most, isCompact: try fields.bool("compact") ?? false,
          centroidsOnly: try fields.bool("centroids_only") ?? false))
    },
    Operation(
      "export_cluster_execution", "GET", "/v1/clusters/{cluster_id}/executions/{run_id}/export",
      "The rows of a run, members and groups, as CSV; without a format, where to get them", tag: "Cluster executions", scope: .read,
      answers: .jsonOrText(type: "text/csv"),
      query: [Parameter("format", .string), Parameter("cluster_label", .string)]
    ) { host, call throws(Problem) in
      let run = try host.run(call)
      let fields = try Fields(.object(call.query))
      let members = try host.read { reader throws(Problem) in try reader.members(of: run.id) }
      guard let members else {
        throw Problem(.notFound, "the members of run '\(run.id)' are not kept", hint: "They are kept of a cluster's last two runs", path: "run_id")
      }
      let export = try RunExport(run, members, only: fields.string("cluster_label"))
      switch try fields.string("format") {
      case "csv"?: return .text(try export.csv(), type: "text/csv; charset=utf-8")
      case nil:
        return .json([
          "format": "csv", "download_url": .string("/v1/clusters/\(run.clusterID)/executions/\(run.id)/export?format=csv"),
          "rows": .int(export.count),
          "run_id": .string(run.id), "cluster_id": .string(run.clusterID),
        ])
      case let other?:
        throw Problem(
          .unsupported, "the format '\(other)' is not in this build", hint: "Give format=csv", path: "format",
          didYouMean: Suggestion.nearest(to: other, in: ["csv"]))
      }
    },
    Operation(
      "patch_cluster_execution_labels", "PATCH", "/v1/clusters/{cluster_id}/executions/{run_id}/labels",
      "Rename groups of a run; later runs keep the names", tag: "Cluster executions", scope: .write, body: ["labels"]
    ) { host, call throws(Problem) in
      var run = try host.run(call)
      let fields = try Fields(call.body, accepting: ["labels"])
      guard let labels = try fields.objectValue("labels") else { throw fields.missing("labels", example: "{\"cl_0\": \"invoices\"}") }
      var overrides = run.details["label_overrides"]?.object ?? JSONObject()
      let known = run.groups.map(\.id)
      for member in labels.members {
        guard known.contains(member.key) else {
          throw Problem(
            .notFound, "run '\(run.id)' has no group '\(member.key)'", path: "labels.\(member.key)",
            didYouMean: Suggestion.nearest(to: member.key, in: known))
        }
        guard let name = member.value.string, name.count <= 500 else {
          throw Problem(.invalid, "a label is a string of at most 500 characters", hint: "For example \"invoices\"", path: "labels.\(member.key)")
        }
        // An empty name gives the found one back.
        overrides[member.key] = name.isEmpty ? nil : .string(name)
      }
      run.details["label_overrides"] = .object(overrides)
      try host.rewrite(run)
      return .json(["cluster_id": .string(run.clusterID), "run_id": .string(run.id), "label_overrides": .object(overrides)])
    },
    Operation(
      "patch_cluster_execution_name", "PATCH", "/v1/clusters/{cluster_id}/executions/{run_id}/name", "Name a run, or take its name away",
      tag: "Cluster executions",
      scope: .write, body: ["run_name"]
    ) { host, call throws(Problem) in
      var run = try host.run(call)
      let fields = try Fields(call.body, accepting: ["run_name"])
      guard let given = try fields.string("run_name") else { throw fields.missing("run_name", example: "\"before the merge\"") }
      // An empty one takes the name away.
      let name = given.trimmed
      guard name.count <= 120 else {
        throw Problem(.invalid, "run_name has \(name.count) characters", hint: "Give at most 120", path: "run_name")
      }
      run.details["run_name"] = name.isEmpty ? nil : .string(name)
      try host.rewrite(run)
      return .json(["cluster_id": .string(run.clusterID), "run_id": .string(run.id), "run_name": run.details["run_name"] ?? .null])
    },
  ]
}

extension Host {
  fileprivate func rewrite(_ run: ClusterRun) throws(Problem) {
    var transaction = Transaction()
    transaction.update(run)
    try commit(transaction)
  }
}

/// A run's map, as it goes over the wire.
private struct RunMap {
  private static let axes = ["x", "y", "z"]
  private let run: ClusterRun
  private let members: RunMembers

  init(_ run: ClusterRun, _ members: RunMembers) {
    self.run = run
    self.members = members
  }

  private func id(_ label: Int32) -> String { label < 0 ? ClusterRun.noiseID : "cl_\(label)" }

  /// Of more documents than `most`, every so many-th.
  func json(most: Int, isCompact: Bool, centroidsOnly: Bool) -> JSON {
    let shown = centroidsOnly ? [] : rows(most)
    var result: JSONObject = [
      "cluster_id": .string(run.clusterID), "run_id": .string(run.id), "n_components": .int(members.dimensions), "total_points": .int(members.count),
      "returned_points": .int(shown.count), "centroids": .array(centroids()),
    ]
    for key in ["layout_stability_applied", "layout_stability_reason"] { result[key] = run.details[key] }
    if isCompact {
      var columns: JSONObject = [
        "document_id": .array(shown.map { .string(members.documentIDs[$0]) }), "cluster_id": .array(shown.map { .string(id(members.labels[$0])) }),
      ]
      for axis in 0..<members.dimensions { columns[Self.axes[axis]] = .array(shown.map { .double(coordinate($0, axis)) }) }
      result["columns"] = .object(columns)
    } else {
      result["points"] = .array(
        shown.map { row in
          var point: JSONObject = [
            "document_id": .string(members.documentIDs[row]), "collection_id": .string(members.collection(of: row)),
            "cluster_id": .string(id(members.labels[row])),
          ]
          for axis in 0..<members.dimensions { point[Self.axes[axis]] = .double(coordinate(row, axis)) }
          if !members.probabilities.isEmpty { point["probability"] = .double(Double(members.probabilities[row])) }
          return .object(point)
        })
    }
    return .object(result)
  }

  private func coordinate(_ row: Int, _ axis: Int) -> Double { Double(members.coordinates[row * members.dimensions + axis]) }

  private func rows(_ most: Int) -> [Int] {
    guard members.count > most else { return Array(0..<members.count) }
    return (0..<most).map { $0 * members.count / most }
  }

  /// Each group in the middle of its members.
  private func centroids() -> [JSON] {
    var sums: [Int32: [Double]] = [:]
    var counts: [Int32: Int] = [:]
    for row in 0..<members.count {
      let label = members.labels[row]
      var sum = sums[label] ?? [Double](repeating: 0, count: members.dimensions)
      for axis in 0..<members.dimensions { sum[axis] += coordinate(row, axis) }
      sums[label] = sum
      counts[label, default: 0] += 1
    }
    return run.groups.compactMap { group in
      guard let number = ClusterRun.number(of: group.id), let sum = sums[number], let count = counts[number] else { return nil }
      var item: JSONObject = ["cluster_id": .string(group.id), "label": .string(run.label(of: group)), "num_members": .int(group.members)]
      for axis in 0..<members.dimensions { item[Self.axes[axis]] = .double(sum[axis] / Double(count)) }
      return .object(item)
    }
  }
}
