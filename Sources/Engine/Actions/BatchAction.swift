import Basics
import Model
import Scripting
import Store

/// Processes a batch: one that was submitted, one that is run again, or one that a collection's trigger makes of its sources.
///
/// A batch belongs to the task that processes it. A task that starts again after a crash finds the batch its own and goes on with what is
/// pending; only a task that takes the batch over decides what is to be done anew.
struct BatchAction {
  private let host: Host
  private let bench: ScriptBench
  private let task: TaskRecord
  /// The action's configuration, after the before hook's overrides.
  private let config: Fields
  private let cancellation: Cancellation

  /// How many members are written at once while a batch is put together.
  private static let chunk = 5_000

  init(_ host: Host, _ bench: ScriptBench, _ task: TaskRecord, _ config: JSONObject, _ cancellation: Cancellation) throws(Problem) {
    self.host = host
    self.bench = bench
    self.task = task
    self.config = try Fields(.object(config), path: "action_config")
    self.cancellation = cancellation
  }

  /// The batch that a task of a collection's trigger makes has one name, also when a crash makes the task run twice.
  static func batchID(of task: TaskRecord) -> String { Identifier.derived("btch", from: task.id) }

  // MARK: - A batch that is there

  func rerun(_ product: inout TaskRun.Product) throws(Problem) {
    let batch = try named()
    let onlyFailed = try config.bool("retry_failed_only") ?? false
    if batch.taskID == task.id {
      if batch.status.isOpen { return try process(batch, &product) }
      // An attempt of this task failed: what it could not do is tried once more.
      return try process(takeOver(batch, onlyFailed: true), &product)
    }
    if onlyFailed, batch.status.isFinal, batch.counts.failed == 0 {
      product.outputs = batch.summary
      product.outputs["message"] = "nothing of the batch had failed"
      return
    }
    try process(takeOver(batch, onlyFailed: onlyFailed), &product)
  }

  private func named() throws(Problem) -> Batch {
    let namespaceID = task.namespaceID
    if let id = try config.string("batch_id") {
      guard let found = try host.read({ reader throws(Problem) in try reader.batch(id, in: namespaceID) }) else {
        throw Problem(.notFound, "batch '\(id)' does not exist", hint: "It was deleted after the trigger was made", path: config.at("batch_id"))
      }
      return found
    }
    // The task's own batch goes before a newer one of the collection: it is what this task began.
    if let own = try host.read({ reader throws(Problem) in try reader.batch(ofTask: task.id, in: namespaceID) }) { return own }
    let name = try config.required("collection_id", example: "\"col_articles\"")
    let collection = try host.collection(name, in: namespaceID, path: config.at("collection_id"))
    guard let found = try host.read({ reader throws(Problem) in try reader.lastBatch(of: collection.id, in: namespaceID) }) else {
      throw Problem(
        .notFound, "no batch of collection '\(collection.name)' has ended yet", hint: "Submit one first", path: config.at("collection_id"))
    }
    return found
  }

  private func takeOver(_ batch: Batch, onlyFailed: Bool) throws(Problem) -> Batch {
    guard batch.status.isFinal else {
      throw Problem(
        .conflict, "batch '\(batch.id)' is \(batch.status.rawValue)",
        hint: batch.status == .draft ? "Submit it first" : "Wait for it, or cancel it", path: config.at("batch_id"))
    }
    let filter = try config["filters"].map { json throws(Problem) in try Filter(json, path: config.at("filters")) }
    var transaction = Transaction()
    if let filter {
      let chosen = try host.members(of: batch, passing: filter).filter { !onlyFailed || $0.status == .failed }
      for var member in chosen {
        member.status = .pending
        transaction.mark(member, in: batch.id)
      }
    } else if onlyFailed {
      transaction.resetFailedMembers(of: batch.id, nil, failedFewerThan: .max)
    } else {
      transaction.resetMembers(of: batch.id)
    }
    let claimed = try host.claim(batch, for: task, &transaction)
    try host.commit(transaction)
    return claimed
  }

  private func process(_ batch: Batch, _ product: inout TaskRun.Product) throws(Problem) {
    var work = try BatchWork(batch, host, bench, task, cancellation)
    var done = try work.run()
    done.status = done.outcome
    if done.status == .failed, done.counts.total > 0 {
      let first = try host.read { reader throws(Problem) in try reader.failedMembers(of: done.id, limit: 1).first?.error }
      throw Problem(
        .invalid, "all \(done.counts.total) objects of the batch failed", hint: first.map { "The first: \($0)" },
        details: ["batch_id": .string(done.id)])
    }
    product.outputs = done.summary
    product.writes += Self.ending(done, error: nil, depth: task.depth, at: host.surroundings.now())
  }

  // MARK: - A batch of a collection's sources

  func trigger(_ product: inout TaskRun.Product) throws(Problem) {
    let name = try config.required("collection_id", example: "\"col_articles\"")
    let collection = try host.collection(name, in: task.namespaceID, path: config.at("collection_id"))
    let id = Self.batchID(of: task)
    var batch = try host.read { reader throws(Problem) in try reader.batch(id, in: task.namespaceID) }
    if batch == nil {
      let made = try host.batch(of: collection, config, for: task)
      var transaction = Transaction()
      transaction.insert(made)
      try host.commit(transaction)
      batch = made
    }
    guard let found = batch else { return }
    if found.status.isFinal {
      // An attempt of this task failed: what it could not do is tried once more.
      try process(found.tiers.isEmpty ? build(found, collection) : takeOver(found, onlyFailed: true), &product)
    } else {
      // Without tiers it was not put together to the end.
      try process(found.tiers.isEmpty ? build(found, collection) : found, &product)
    }
    product.outputs["collection_id"] = .string(collection.id)
  }

  /// Writes down what there is to do, in chunks, and last that it is complete.
  private func build(_ batch: Batch, _ collection: Collection) throws(Problem) -> Batch {
    let sources = try host.sources(of: collection, config)
    let filter = try CollectionSource.filter(config["source_filters"], path: config.at("source_filters"))
    let only = try config.strings("object_ids").map { Set($0) }
    var transaction = Transaction()
    transaction.deleteMembers(of: batch.id)
    var (ordinal, inChunk): (Int64, Int) = (0, 0)
    func add(_ objectID: String, _ sourceID: String) throws(Problem) {
      transaction.insert(BatchMember(ordinal: ordinal, sourceID: sourceID, objectID: objectID), in: batch.id)
      ordinal += 1
      inChunk += 1
      guard inChunk == Self.chunk else { return }
      try cancellation.check()
      try host.commit(transaction)
      transaction = Transaction()
      inChunk = 0
    }
    for source in sources {
      switch batch.kind {
      case .bucket:
        try host.eachObjectID(in: source, filter: filter) { id throws(Problem) in if only?.contains(id) ?? true { try add(id, source) } }
      case .collection:
        var ids: [String] = []
        try host.readers.read(cancellation: cancellation) { reader throws(Problem) in
          try reader.bodies(of: [source], in: batch.namespaceID, filter: filter) { document throws(Problem) in
            ids.append(document.id)
            return true
          }
        }
        for id in ids where only?.contains(id) ?? true { try add(id, source) }
      }
    }
    let tiers = BatchPlan.tiers(from: [collection], among: try host.allCollections(in: batch.namespaceID))
    let claimed = try host.claim(batch, for: task, &transaction, tiers: tiers, total: ordinal)
    try host.commit(transaction)
    return claimed
  }

  // MARK: - The end

  /// What a batch's end writes: its status, the failures of its bucket, and an event for each collection that it fills.
  private static func ending(_ batch: Batch, error: Problem?, depth: Int64, at now: Instant) -> [Write] {
    var transaction = Transaction()
    transaction.finish(batch, batch.status, error: error?.description, at: now)
    if batch.kind == .bucket { transaction.recountFailedObjects(ofBatch: batch.id) }
    var writes: [Write] = [.statements(transaction)]
    guard batch.status != .canceled else { return writes }
    for id in batch.collectionIDs {
      var payload = batch.summary
      payload["collection_id"] = .string(id)
      payload["task_id"] = .optional(batch.taskID)
      writes.append(
        .event(EventWrite(namespaceID: batch.namespaceID, type: .batchCompleted, collectionID: id, payload: payload, depth: depth + 1)))
    }
    return writes
  }

  /// The last word on the batch of a task that did not succeed; nothing when the task had none, or it has ended.
  static func close(_ task: TaskRecord, _ status: Batch.Status, error: Problem?, readers: Readers, at now: Instant) -> [Write] {
    let found = try? readers.read { reader throws(Problem) -> Batch? in
      guard var batch = try reader.batch(ofTask: task.id, in: task.namespaceID), !batch.status.isFinal else { return nil }
      batch.count(try reader.memberCounts(of: batch.id))
      return batch
    }
    guard var batch = found ?? nil else { return [] }
    batch.status = status
    return ending(batch, error: error, depth: task.depth, at: now)
  }
}
