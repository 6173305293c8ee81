package import Basics
package import Model

extension Transaction {
  package mutating func insert(_ run: ClusterRun) {
    add(
      .insertRun,
      run.columns + [
        ("run_id", .text(run.id)), ("cluster_id", .text(run.clusterID)), ("namespace_id", .text(run.namespaceID)),
        ("created_at", .instant(run.createdAt)),
      ])
  }

  package mutating func update(_ run: ClusterRun) {
    add(.updateRun, run.columns + [("run_id", .text(run.id))], expecting: .exactly(1), guardName: "run")
  }

  /// The definition remembers this run as its last. A definition that is gone remembers nothing.
  package mutating func pointCluster(_ clusterID: String, at runID: String, taskID: String, now: Instant) {
    add(
      .pointClusterAtRun,
      [("run_id", .text(runID)), ("task_id", .text(taskID)), ("updated_at", .instant(now)), ("cluster_id", .text(clusterID))])
  }

  package mutating func deleteRun(_ runID: String) {
    add(.deleteRun, [("run_id", .text(runID))], expecting: .exactly(1), guardName: "run")
  }
}

extension Reader {
  package func run(_ runID: String, in namespaceID: String) throws(Problem) -> ClusterRun? {
    try connection.first(.run, [("run_id", .text(runID)), ("namespace_id", .text(namespaceID))], ClusterRun.read)
  }

  /// The runs of a definition, newest first.
  package func runs(
    of clusterID: String, status: ClusterRun.Status? = nil, _ page: Page = Page(limit: 100)
  ) throws(Problem) -> Listing<ClusterRun> {
    let parameters: Connection.Parameters = [("cluster_id", .text(clusterID)), ("status", .optional(status?.rawValue))]
    return Listing(
      items: try connection.rows(.runs, parameters + page.parameters, ClusterRun.read), total: try connection.number(.countRuns, parameters))
  }

  /// The newest run of a definition, or the newest of a status.
  package func latestRun(of clusterID: String, status: ClusterRun.Status? = nil) throws(Problem) -> ClusterRun? {
    let parameters: Connection.Parameters = [("cluster_id", .text(clusterID)), ("status", .optional(status?.rawValue))]
    return try connection.first(.runs, parameters + Page(limit: 1).parameters, ClusterRun.read)
  }
}

extension ClusterRun {
  fileprivate var columns: [(name: String, value: Value)] {
    [
      ("task_id", .text(taskID)), ("status", .text(status.rawValue)), ("points", .integer(Int64(points))),
      ("source_documents", .integer(Int64(sourceDocuments))), ("groups", .json(.array(groups.map(\.stored)))),
      ("centroids", .floats(groups.flatMap(\.centroid))), ("metrics", .json(metrics)), ("seed", .integer(Int64(bitPattern: seed))),
      ("error", .optional(error)), ("completed_at", .optional(completedAt)), ("details", .json(details)),
    ]
  }

  static func read(_ row: inout Row) throws(Problem) -> ClusterRun {
    let (id, clusterID, namespaceID, taskID) = (row.text(), row.text(), row.text(), row.text())
    let (status, points, sources): (Status, Int, Int) = (try row.word(), Int(row.int()), Int(row.int()))
    let stored = try row.json().array ?? []
    var rest = row.floats()[...]
    var groups: [Group] = []
    groups.reserveCapacity(stored.count)
    for json in stored {
      let size = Int(json["dimensions"]?.int ?? 0)
      groups.append(Group(stored: json, centroid: Array(rest.prefix(size))))
      rest = rest.dropFirst(size)
    }
    var run = ClusterRun(
      id: id, clusterID: clusterID, namespaceID: namespaceID, taskID: taskID, status: status, points: points, sourceDocuments: sources,
      groups: groups, metrics: try row.object(), seed: UInt64(bitPattern: row.int()), error: row.optionalText(), createdAt: row.instant(),
      completedAt: row.optionalInstant())
    run.details = try row.object()
    return run
  }
}

extension ClusterRun.Group {
  /// Everything but the centroid, of which it says the length.
  fileprivate var stored: JSON {
    [
      "id": .string(id), "members": .int(members), "label": .string(label), "keywords": .array(keywords.map(JSON.string)),
      "mean": .optional(meanCosine), "min": .optional(minCosine),
      "representatives": .array(representatives.map { [.string($0.documentID), .string($0.collectionID)] }), "dimensions": .int(centroid.count),
    ]
  }

  fileprivate init(stored json: JSON, centroid: [Float]) {
    let representatives = (json["representatives"]?.array ?? []).compactMap(\.array).filter { $0.count == 2 }
    self.init(
      id: json["id"]?.string ?? "", members: Int(json["members"]?.int ?? 0), label: json["label"]?.string ?? "",
      keywords: json["keywords"]?.array?.compactMap(\.string) ?? [], meanCosine: json["mean"]?.double, minCosine: json["min"]?.double,
      representatives: representatives.map { .init(documentID: $0[0].string ?? "", collectionID: $0[1].string ?? "") }, centroid: centroid)
  }
}
