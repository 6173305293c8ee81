import Basics
import Model
import Store

/// What can be asked about batches, behind the table of operations.
extension Host {
  /// More objects than this do not go into one batch.
  private static let batchLimit = 50_000
  /// As much of a batch's objects and failures as its answer shows.
  private static let shownFailures = 100

  /// The batch that the path names; below a bucket, one of that bucket.
  func batch(_ call: Call) throws(Problem) -> Batch {
    let id = try call.parameter("batch_id")
    let bucket = call.path["bucket_identifier"] == nil ? nil : try self.bucket(call)
    let found = try read { reader throws(Problem) in try reader.batch(id, in: call.namespace?.id) }
    guard let found, call.caller.opens(found.namespaceID), bucket.map({ $0.id == found.bucketID }) ?? true else {
      let only = bucket?.namespaceID ?? (call.caller.namespaces.count == 1 ? call.caller.namespaces[0] : nil)
      let query = BatchQuery(namespaceID: only, bucketID: bucket?.id, page: Page(limit: 100))
      let known = try read { reader throws(Problem) in try reader.batches(query).items.filter { call.caller.opens($0.namespaceID) } }
      throw .missing("batch", id, path: "batch_id", known: known.map(\.id))
    }
    return found
  }

  /// A batch with its objects and the first of what failed. `made`: the objects of one that may not be written yet, as in a hook.
  func shown(_ batch: Batch, made: [String]? = nil) throws(Problem) -> JSON {
    try read { reader throws(Problem) in
      let stored = made == nil ? try reader.memberIDs(of: batch.id, limit: Self.batchLimit) : []
      return batch.json(
        objectIDs: made ?? stored,
        failures: batch.counts.failed == 0 ? [] : try reader.failedMembers(of: batch.id, limit: Self.shownFailures))
    }
  }

  func batches(_ call: Call, _ base: BatchQuery, accepting names: [String]) throws(Problem) -> JSON {
    let fields = try call.listFields(accepting: names)
    var query = base
    query.page = try Page.byPlace(fields, defaultLimit: 100)
    query.status = try fields.choice("status")
    query.collectionID = try fields.string("collection_id")
    try fields.check(["bucket_id": .string, "namespace_id": .string])
    let page = query.page
    let listing = try read { reader throws(Problem) in
      var found: Listing<Batch>
      if query.namespaceID == nil, !call.caller.namespaces.isEmpty {
        // Of those that a key may see, the page: not of all, of which it would see a part.
        query.page = Page(limit: 100_000)
        let visible = try reader.batches(query).items.filter { call.caller.opens($0.namespaceID) }
        found = Listing(items: Array(visible.dropFirst(page.offset).prefix(page.limit)), total: Int64(visible.count))
      } else {
        found = try reader.batches(query)
      }
      return try found.map { batch throws(Problem) in
        batch.json(objectIDs: try reader.memberIDs(of: batch.id, limit: Self.shownFailures), failures: [])
      }
    }
    return page.envelope(listing)
  }

  // MARK: - Drafts

  func draft(_ fields: Fields, in bucket: Bucket) throws(Problem) -> Batch {
    let now = surroundings.now()
    let named = try fields.strings("collection_ids") ?? []
    var batch = Batch(
      id: Identifier.make("btch", surroundings), namespaceID: bucket.namespaceID, bucketID: bucket.id,
      dedup: try fields.choice("dedup_strategy") ?? .replace, createdAt: now, updatedAt: now)
    if let name = try fields.string("batch_name") { batch.name = try Names.check(name, path: "batch_name", in: 1...256) }
    batch.metadata = try Batch.metadata(fields) ?? JSONObject()
    batch.collectionIDs = try self.collections(named, in: bucket.namespaceID).map(\.id)
    return batch
  }

  private func collections(_ names: [String], in namespaceID: String) throws(Problem) -> [Collection] {
    var found: [Collection] = []
    for (index, name) in names.enumerated() {
      let collection = try collection(name, in: namespaceID, path: "collection_ids[\(index)]")
      if !found.contains(where: { $0.id == collection.id }) { found.append(collection) }
    }
    return found
  }

  /// The objects that a request names, or that pass its filter. `areKnown`: the caller answers for the names; one that is not there fails by itself.
  func chosen(_ fields: Fields, in bucket: Bucket, areKnown: Bool = false) throws(Problem) -> [String] {
    let limit = Int(try fields.int("limit", in: 1...Int64(Self.batchLimit)) ?? Int64(Self.batchLimit))
    var ids: [String] = []
    var seen: Set<String> = []
    if let named = try fields.strings("object_ids", atLeast: 1) {
      if fields["filters"] != nil {
        throw Problem(.invalid, "both object_ids and filters are given", hint: "Give one of them", path: "filters")
      }
      let known =
        areKnown ? [] : try read { reader throws(Problem) in try named.map { id throws(Problem) in try reader.object(id, in: bucket.id) != nil } }
      if let index = known.firstIndex(of: false) {
        let near = try read { reader throws(Problem) in try reader.objectIDs(in: bucket.id, limit: 100) }
        throw Problem(
          .notFound, "object '\(named[index])' is not in bucket '\(bucket.name)'", path: "object_ids[\(index)]",
          didYouMean: Suggestion.nearest(to: named[index], in: near))
      }
      ids = named.filter { seen.insert($0).inserted }
    } else if let json = fields.object["filters"], json != .null {
      let filter = try CollectionSource.filter(json, path: "filters")
      do throws(Problem) {
        try eachObjectID(in: bucket.id, filter: filter) { id throws(Problem) in
          ids.append(id)
          // The walk ends as soon as there are enough.
          if ids.count == limit { throw Problem(.cancelled, "enough") }
        }
      } catch { guard ids.count == limit else { throw error } }
    } else {
      throw Problem(
        .invalid, "neither object_ids nor filters are given", hint: "Give \"object_ids\": [\"obj_…\"], or \"filters\": {} for all",
        path: "object_ids",
        details: ["type": "missing"])
    }
    guard ids.count <= Self.batchLimit else {
      throw Problem(
        .tooLarge, "\(ids.count) objects are given, \(Self.batchLimit) are allowed in a batch", hint: "Make several batches", path: "object_ids")
    }
    return Array(ids.prefix(limit))
  }

  func add(_ ids: [String], to batch: Batch) throws(Problem) -> Batch {
    guard batch.status == .draft else {
      throw Problem(.conflict, "batch '\(batch.id)' is \(batch.status.rawValue)", hint: "Only a draft takes more objects", path: "batch_id")
    }
    let known = Set(try read { reader throws(Problem) in try reader.memberIDs(of: batch.id, limit: Self.batchLimit) })
    let fresh = ids.filter { !known.contains($0) }
    guard known.count + fresh.count <= Self.batchLimit else {
      throw Problem(.tooLarge, "the batch would have \(known.count + fresh.count) objects, \(Self.batchLimit) are allowed", path: "object_ids")
    }
    var longer = batch
    longer.counts.total += Int64(fresh.count)
    longer.updatedAt = surroundings.now()
    var transaction = Transaction()
    for (index, id) in fresh.enumerated() {
      transaction.insert(BatchMember(ordinal: batch.counts.total + Int64(index), sourceID: batch.bucketID, objectID: id), in: batch.id)
    }
    transaction.claim(longer, over: batch)
    try commit(transaction)
    return longer
  }

  // MARK: - Running

  private func task(_ kind: TaskRecord.Kind, _ inputs: JSONObject, in namespaceID: String) -> TaskRecord {
    TaskRecord(id: Identifier.make("task", surroundings), namespaceID: namespaceID, kind: kind, inputs: inputs, createdAt: surroundings.now())
  }

  /// Gives a draft to a task of its own. `transaction` is written with it, before the claim.
  func submit(
    _ batch: Batch, named: [String] = [], _ transaction: Transaction = Transaction()
  ) throws(Problem) -> (batch: Batch, task: TaskRecord) {
    guard batch.counts.total > 0 else {
      throw Problem(.invalid, "the batch has no objects", hint: "Add some first", path: "object_ids")
    }
    let chosen = try collections(named.isEmpty ? batch.collectionIDs : named, in: batch.namespaceID)
    let tiers = try BatchPlan.tiers(bucketIDs: [batch.bucketID], named: chosen, all: try allCollections(in: batch.namespaceID))
    guard !tiers.isEmpty else {
      throw Problem(
        .invalid, "no collection reads the bucket '\(batch.bucketID)'",
        hint: "Make one with \"source\": {\"type\": \"bucket\", \"bucket_ids\": [\"\(batch.bucketID)\"]}", path: "collection_ids")
    }
    // What an extractor cannot do is told now, not by each object.
    for collection in tiers.joined() { _ = try FeatureExtractor(collection.extractor, path: "\(collection.name).feature_extractor") }
    let task = task(.batchRerun, ["batch_id": .string(batch.id)], in: batch.namespaceID)
    var whole = transaction
    let claimed = try claim(batch, for: task, &whole, tiers: tiers)
    try start(task, with: whole)
    return (claimed, task)
  }

  /// Makes a batch of objects that were just uploaded and submits it, where a collection reads them.
  func process(_ objectIDs: [String], of bucket: Bucket) throws(Problem) {
    let reads = try allCollections(in: bucket.namespaceID).contains { $0.reads(bucket: bucket.id) }
    guard reads else { return }
    let now = surroundings.now()
    var batch = Batch(
      id: Identifier.make("btch", surroundings), namespaceID: bucket.namespaceID, bucketID: bucket.id, createdAt: now, updatedAt: now)
    var seen: Set<String> = []
    let ids = objectIDs.filter { seen.insert($0).inserted }
    batch.counts.total = Int64(ids.count)
    var transaction = Transaction()
    transaction.insert(batch)
    for (ordinal, id) in ids.enumerated() {
      transaction.insert(BatchMember(ordinal: Int64(ordinal), sourceID: bucket.id, objectID: id), in: batch.id)
    }
    _ = try submit(batch, transaction)
  }

  private func finished(_ batch: Batch) throws(Problem) {
    guard batch.status.isFinal else {
      throw Problem(
        .conflict, "batch '\(batch.id)' is \(batch.status.rawValue)", hint: batch.status == .draft ? "Submit it" : "Wait for it, or cancel it",
        path: "batch_id")
    }
  }

  /// Starts what failed again; answers how much that is.
  func retry(_ batch: Batch, _ kind: BatchMember.FailureKind?, _ most: Int64) throws(Problem) -> (TaskRecord, Int64) {
    try finished(batch)
    let counts = try read { reader throws(Problem) in try reader.memberCounts(of: batch.id) }
    let ready = counts.filter { count in
      count.status == .pending || count.status == .failed && kind.map { $0 == count.kind } ?? true && count.failures < most
    }.reduce(0) { $0 + $1.count }
    guard ready > 0 else {
      throw Problem(
        .conflict,
        batch.counts.failed == 0 ? "nothing of batch '\(batch.id)' has failed" : "none of the \(batch.counts.failed) failures can be tried again so",
        hint: batch.counts.failed == 0 ? "Resubmit it to run all of it again" : "Give \"retry_mode\": \"all\", or a larger max_retry_count",
        path: "retry_mode")
    }
    let task = task(.batchRerun, ["batch_id": .string(batch.id), "retry_failed_only": true], in: batch.namespaceID)
    var transaction = Transaction()
    transaction.resetFailedMembers(of: batch.id, kind, failedFewerThan: most)
    _ = try claim(batch, for: task, &transaction)
    try start(task, with: transaction)
    return (task, ready)
  }

  /// Runs all of a finished batch again, or makes it a draft again.
  func resubmit(_ batch: Batch, submits: Bool) throws(Problem) -> (Batch, TaskRecord?) {
    try finished(batch)
    var transaction = Transaction()
    transaction.resetMembers(of: batch.id)
    if submits {
      let task = task(.batchRerun, ["batch_id": .string(batch.id)], in: batch.namespaceID)
      let claimed = try claim(batch, for: task, &transaction)
      try start(task, with: transaction)
      return (claimed, task)
    }
    var draft = batch
    draft.status = .draft
    draft.taskID = nil
    draft.counts = Batch.Counts()
    draft.counts.total = batch.counts.total
    draft.tiers = []
    draft.updatedAt = surroundings.now()
    transaction.claim(draft, over: batch)
    try commit(transaction)
    return (draft, nil)
  }

  /// Stops the batch's task, and answers it.
  func cancel(_ batch: Batch, _ call: Call) throws(Problem) -> JSON {
    guard batch.status.isOpen, let taskID = batch.taskID else {
      throw Problem(
        .conflict, "batch '\(batch.id)' is \(batch.status.rawValue)", hint: "Only a batch that waits or runs can be cancelled", path: "batch_id")
    }
    if let reason = try Fields(.object(call.query)).string("reason") {
      var told = batch
      told.message = reason
      told.updatedAt = surroundings.now()
      var transaction = Transaction()
      transaction.describe(told)
      try commit(transaction)
    }
    try cancel(taskID: taskID)
    guard let task = try read({ reader throws(Problem) in try reader.task(taskID) }) else {
      throw Problem(.notFound, "task '\(taskID)' of the batch is gone", path: "batch_id")
    }
    return task.json
  }

  /// Processes a collection from its sources, in a batch of its own.
  func trigger(_ collection: Collection, _ call: Call) throws(Problem) -> JSON {
    let names = ["include_buckets", "include_collections", "object_ids", "source_filters", "dedup_strategy", "reembed"]
    let fields = try Fields(call.body, accepting: names)
    if fields["reembed"] != nil {
      throw Problem(
        .unsupported, "'reembed' is not in this build", hint: "Leave it out; \"dedup_strategy\": \"replace\" makes the vectors anew", path: "reembed")
    }
    // As an action would have it, so that every check is the same.
    var config = JSONObject(members: fields.object.members.filter { $0.value != .null })
    config["collection_id"] = .string(collection.id)
    _ = try Action(type: TaskRecord.Kind.collectionTrigger.rawValue, config: .object(config), path: "")
    _ = try FeatureExtractor(collection.extractor)
    let task = task(.collectionTrigger, config, in: collection.namespaceID)
    let batch = try batch(of: collection, Fields(.object(config)), for: task)
    let sources = try sources(of: collection, Fields(.object(config)))
    var transaction = Transaction()
    transaction.insert(batch)
    try start(task, with: transaction)
    let ids = JSON.array(sources.map(JSON.string))
    let tiers = BatchPlan.tiers(from: [collection], among: try allCollections(in: collection.namespaceID))
    let isBucket = batch.kind == .bucket
    return [
      "task_id": .string(task.id), "task_ids": [.string(task.id)], "batch_id": .string(batch.id), "batch_ids": [.string(batch.id)], "batch_count": 1,
      "collection_id": .string(collection.id), "source_bucket_ids": isBucket ? ids : .null, "source_collection_ids": isBucket ? .null : ids,
      "total_tiers": .int(tiers.count), "message": .string("processing \(sources.joined(separator: ", "))"),
    ]
  }
}
