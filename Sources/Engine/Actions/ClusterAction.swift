import Basics
import Clustering
import Model
import Store

/// Runs a cluster definition: loads the vectors, clusters them, and answers everything that has to be written, as one value.
struct ClusterAction {
  private let host: Host
  private let task: TaskRecord
  /// The action's configuration, after the before hook's overrides.
  private let config: JSONObject
  private let cancellation: Cancellation

  init(_ host: Host, _ task: TaskRecord, _ config: JSONObject, _ cancellation: Cancellation) {
    self.host = host
    self.task = task
    self.config = config
    self.cancellation = cancellation
  }

  /// The run of a task has one name, also when a crash makes the task run twice.
  static func runID(of task: TaskRecord) -> String { Identifier.derived("run", from: task.id) }

  private enum Mode: String, CaseIterable { case full, assign, composite }

  func perform(_ product: inout TaskRun.Product) throws(Problem) {
    let definition = try definition()
    let fields = try Fields(.object(config), path: "action_config")
    let runID = Self.runID(of: task)
    let started = host.surroundings.now()
    var run = ClusterRun(
      id: runID, clusterID: definition.id, namespaceID: task.namespaceID, taskID: task.id, status: .processing, createdAt: task.createdAt)
    var opening = Transaction()
    // A run of that name is there already when a crash made the task start again.
    if try host.read({ reader throws(Problem) in try reader.run(runID, in: task.namespaceID) }) == nil {
      opening.insert(run)
    } else {
      opening.update(run)
    }
    try host.commit(
      opening,
      telling: EventWrite(
        namespaceID: task.namespaceID, type: .clusterStarted,
        payload: [
          "cluster_id": .string(definition.id), "run_id": .string(runID), "task_id": .string(task.id), "trigger_id": .optional(task.triggerID),
        ], depth: task.depth + 1))

    let filter = try filter(of: definition)
    let (sources, outputs, before) = try host.read { reader throws(Problem) in
      (
        try ClusterSource.collections(definition.collectionIDs, "collection_ids", of: definition, reader),
        try self.outputs(of: definition, fields, reader),
        try reader.latestRun(of: definition.id, status: .completed)
      )
    }
    let members = try before.flatMap { run throws(Problem) in try host.read { reader throws(Problem) in try reader.members(of: run.id) } }
    let finding = try find(definition, fields, filter, before: before, members: members)
    try cancellation.check()

    run.status = .completed
    run.groups = finding.groups
    run.points = finding.points
    run.sourceDocuments = finding.documentIDs.count
    run.seed = finding.seed
    run.completedAt = host.surroundings.now()
    run.metrics = finding.metrics
    run.metrics["seconds"] = .double((host.surroundings.now() - started).inSeconds)
    run.details = finding.details

    var results = Transaction()
    results.update(run)
    results.pointCluster(definition.id, at: run.id, taskID: task.id, now: host.surroundings.now())
    if let members = finding.members(of: run) { results.put(members, keeping: before?.id) }
    let writing = ClusterWriting(host, task, definition, run, finding)
    let events = try writing.write(to: outputs, &results)
    product.writes.append(.statements(results))
    product.writes += events.map(Write.event)
    if definition.enrichSource { product.writes += writing.enrichments(of: sources) }
    // The last look: from here on all is one transaction.
    try cancellation.check()
    product.run = run
    product.outputs = [
      "run_id": .string(run.id), "cluster_id": .string(definition.id), "num_clusters": .int(run.groups.count), "num_documents": .int(run.points),
      "output_collection_ids": .array(outputs.map { .string($0.id) }), "metrics": .object(run.metrics),
    ]
    if let changes = run.details["changes"] { product.outputs["changes"] = changes }
    if let reason = run.details["reason"] { product.outputs["reason"] = reason }
  }

  private func find(
    _ definition: ClusterDefinition, _ fields: Fields, _ filter: Filter?, before: ClusterRun?, members: RunMembers?
  ) throws(Problem) -> ClusterFinding {
    let mode: Mode = try fields.choice("mode") ?? .full
    let options = try ClusterOptions(fields, over: definition.options)
    let limit = host.configuration.memoryLimit
    let progress = ClusterProgress(host, task)
    let surroundings = ClusterFinding.Surroundings(
      threads: host.configuration.threads, memoryLimit: limit, cancellation: cancellation, progress: progress.note)
    if case .attribute(let grouping) = definition.algorithm {
      guard mode == .full else {
        throw Problem(
          .invalid, "mode '\(mode.rawValue)' needs centroids, and a grouping by attributes has none", hint: "Leave it out", path: "action_config.mode"
        )
      }
      return try host.read { reader throws(Problem) in try ClusterFinding.attributes(grouping, definition, filter, before: before, in: reader) }
    }
    if mode == .composite {
      let ids = try fields.strings("source_execution_ids") ?? []
      let runs = try host.read { reader throws(Problem) in try Self.runs(ids, in: task.namespaceID, reader) }
      return try ClusterFinding.composite(definition, of: runs, surroundings)
    }
    let source = try host.read { reader throws(Problem) in try ClusterSource(definition, filter, withTexts: mode == .full, in: reader) }
    try cancellation.check()
    let earlier = members.map { EarlierMembers($0, beside: source.set) }
    guard mode == .assign else {
      return try ClusterFinding.full(definition, options, source, before: before, earlier: earlier, surroundings)
    }
    guard let before else {
      throw Problem(.invalid, "there is no run to assign to", hint: "Run in mode \"full\" first", path: "action_config.mode")
    }
    return try ClusterFinding.assign(
      definition, options, source, to: before, earlier: earlier, threshold: try fields.number("assignment_threshold", in: 0...1) ?? 0.5, surroundings)
  }

  /// The completed runs that a composite run is made of.
  static func runs(_ ids: [String], in namespaceID: String, _ reader: Reader) throws(Problem) -> [ClusterRun] {
    guard ids.count >= 2 else {
      throw Problem(
        .invalid, "a composite run needs at least 2 source_execution_ids, not \(ids.count)", hint: "Name completed runs: [\"run_a\", \"run_b\"]",
        path: "source_execution_ids")
    }
    var runs: [ClusterRun] = []
    for (index, id) in ids.enumerated() {
      guard let run = try reader.run(id, in: namespaceID) else { throw .missing("run", id, path: "source_execution_ids[\(index)]") }
      guard run.status == .completed else {
        throw Problem(
          .invalid, "run '\(id)' is \(run.status.rawValue)", hint: "Name completed runs", path: "source_execution_ids[\(index)]")
      }
      runs.append(run)
    }
    return runs
  }

  /// The last word on the run of a task that did not succeed; nil when its cluster is gone, and its runs with it.
  static func close(_ task: TaskRecord, _ status: ClusterRun.Status, error: Problem?, readers: Readers, at now: Instant) -> Write? {
    let id = runID(of: task)
    let clusterID = task.inputs["cluster_id"]?.string ?? ""
    let stored = try? readers.read { reader throws(Problem) in
      (run: try reader.run(id, in: task.namespaceID), cluster: try reader.cluster(clusterID, in: task.namespaceID))
    }
    guard let stored, stored.cluster != nil else { return nil }
    var run =
      stored.run
      ?? ClusterRun(
        id: id, clusterID: clusterID, namespaceID: task.namespaceID, taskID: task.id, status: status, createdAt: task.createdAt)
    run.status = status
    run.error = error?.description
    run.completedAt = now
    var transaction = Transaction()
    if stored.run == nil { transaction.insert(run) } else { transaction.update(run) }
    return .statements(transaction)
  }

  // MARK: - Reading

  private func definition() throws(Problem) -> ClusterDefinition {
    guard let name = config["cluster_id"]?.string else { throw Problem(.invalid, "the task names no cluster", path: "cluster_id") }
    guard let found = try host.read({ reader throws(Problem) in try reader.cluster(name, in: task.namespaceID) }) else {
      throw Problem(
        .notFound, "cluster '\(name)' does not exist", hint: "It was deleted after the trigger was made", path: "action_config.cluster_id")
    }
    return found
  }

  /// The definition's filter with the run's: a trigger's is merged over it, that of a run that was asked for takes its place.
  private func filter(of definition: ClusterDefinition) throws(Problem) -> Filter? {
    let stored = definition.filters == .null ? nil : try Filter(definition.filters, path: "filters")
    guard let json = config["filters"], json != .null else { return stored }
    let own = try Filter(json, path: "action_config.filters")
    guard task.triggerID != nil, let stored else { return own }
    return own.merged(over: stored)
  }

  private func outputs(of definition: ClusterDefinition, _ fields: Fields, _ reader: Reader) throws(Problem) -> [Collection] {
    if let given = try fields.strings("output_collection_ids") { return try reader.outputs(given, of: definition, path: "output_collection_ids") }
    return try ClusterSource.collections(definition.outputCollectionIDs, "output_collection_ids", of: definition, reader)
  }
}
