import Basics
import Model
import Store

/// What operations and actions share about batches: finding what is to be done, and giving a batch to a task.
extension Host {
  /// The batch as a task takes it over: pending, its counts of documents begun anew. The claim is added to the transaction; it is lost when the
  /// batch is not as it was any more.
  func claim(
    _ batch: Batch, for task: TaskRecord, _ transaction: inout Transaction, tiers: [[Collection]]? = nil, total: Int64? = nil
  ) throws(Problem) -> Batch {
    var claimed = batch
    claimed.status = .pending
    claimed.taskID = task.id
    claimed.updatedAt = surroundings.now()
    claimed.counts = Batch.Counts()
    claimed.counts.total = total ?? batch.counts.total
    claimed.error = nil
    claimed.message = nil
    claimed.startedAt = nil
    claimed.finishedAt = nil
    if batch.status.isFinal { claimed.retries += 1 }
    if let tiers {
      claimed.tiers = tiers.map { $0.map(\.id) }
      claimed.collectionIDs = tiers.joined().map(\.id)
    }
    transaction.claim(claimed, over: batch)
    return claimed
  }

  /// The members of a batch whose objects pass a filter, as they are now; those that are gone do not pass.
  func members(of batch: Batch, passing filter: Filter) throws(Problem) -> [BatchMember] {
    var chosen: [BatchMember] = []
    var last: Int64 = -1
    while true {
      let after = last
      let page = try read { reader throws(Problem) in
        try reader.members(of: batch.id, after: after, limit: 500).map { member throws(Problem) -> (BatchMember, SourceItem?) in
          switch batch.kind {
          case .bucket: (member, try reader.object(member.objectID, in: member.sourceID).map { SourceItem($0) })
          case .collection:
            (
              member,
              try reader.document(member.objectID, collectionID: member.sourceID, in: batch.namespaceID, vectors: false).map { SourceItem($0) }
            )
          }
        }
      }
      chosen += page.filter { $0.1.map { filter.matches($0.shown) } ?? false }.map(\.0)
      guard let end = page.last?.0.ordinal, page.count == 500 else { return chosen }
      last = end
    }
  }

  /// The identifiers of a bucket's objects that pass, in the order in which they came.
  func eachObjectID(in bucketID: String, filter: Filter?, _ body: (String) throws(Problem) -> Void) throws(Problem) {
    var last = ""
    while true {
      let after = last
      if let filter {
        let objects = try read { reader throws(Problem) in try reader.objects(in: bucketID, after: after, limit: 500) }
        for object in objects where filter.matches(SourceItem(object).shown) { try body(object.id) }
        guard let end = objects.last, objects.count == 500 else { return }
        last = end.id
      } else {
        let ids = try read { reader throws(Problem) in try reader.objectIDs(in: bucketID, after: after, limit: 5_000) }
        for id in ids { try body(id) }
        guard let end = ids.last, ids.count == 5_000 else { return }
        last = end
      }
    }
  }

  /// The buckets or collections that a run of a collection reads: all of its sources, or those of them that are named.
  func sources(of collection: Collection, _ fields: Fields) throws(Problem) -> [String] {
    guard let source = collection.reading, source.kind == .bucket || source.kind == .collection else {
      throw Problem(
        .invalid, "collection '\(collection.name)' has no source to process: its documents are written directly",
        hint: "Make it with \"source\": {\"type\": \"bucket\", \"bucket_ids\": […]}", path: fields.at("collection_id"))
    }
    let isBucket = source.kind == .bucket
    let key = isBucket ? "include_buckets" : "include_collections"
    let other = isBucket ? "include_collections" : "include_buckets"
    if let named = try fields.strings(other), !named.isEmpty {
      throw Problem(
        .invalid, "collection '\(collection.name)' reads \(isBucket ? "buckets" : "collections")", hint: "Give \"\(key)\", or neither",
        path: fields.at(other))
    }
    let own = isBucket ? source.bucketIDs : source.collectionIDs
    guard let named = try fields.strings(key), !named.isEmpty else {
      for (index, id) in own.enumerated() {
        _ = try sourceID(id, isBucket, in: collection.namespaceID, path: "source.\(isBucket ? "bucket_ids" : "collection_ids")[\(index)]")
      }
      return own
    }
    var chosen: [String] = []
    for (index, name) in named.enumerated() {
      let at = "\(fields.at(key))[\(index)]"
      let id = try sourceID(name, isBucket, in: collection.namespaceID, path: at)
      guard own.contains(id) else {
        throw Problem(
          .invalid, "'\(name)' is not a source of collection '\(collection.name)'", hint: "It reads: \(own.joined(separator: ", "))", path: at,
          didYouMean: Suggestion.nearest(to: name, in: own))
      }
      chosen.append(id)
    }
    return chosen
  }

  private func sourceID(_ name: String, _ isBucket: Bool, in namespaceID: String, path: String) throws(Problem) -> String {
    isBucket ? try bucket(name, in: namespaceID, path: path).id : try collection(name, in: namespaceID, path: path).id
  }

  /// The batch that a run of a collection is: pending, the task's own, its members still to be found.
  func batch(of collection: Collection, _ fields: Fields, for task: TaskRecord) throws(Problem) -> Batch {
    try collection.checkEnabled(path: fields.at("collection_id"))
    let sources = try sources(of: collection, fields)
    let isBucket = collection.reading?.kind == .bucket
    let now = surroundings.now()
    return Batch(
      id: BatchAction.batchID(of: task), namespaceID: collection.namespaceID, bucketID: isBucket ? sources.first ?? "" : "",
      kind: isBucket ? .bucket : .collection, status: .pending, collectionIDs: [collection.id],
      dedup: try fields.choice("dedup_strategy") ?? .replace,
      taskID: task.id, createdAt: now, updatedAt: now)
  }

  // MARK: - What definitions name

  /// Puts identifiers in the place of the names of a collection's sources. A bucket that is not there is let pass where the extractor takes
  /// vectors as they come: such collections are often written directly.
  func resolveSource(of collection: inout Collection) throws(Problem) {
    guard let source = collection.reading, source.kind == .bucket || source.kind == .collection, var json = collection.source.object else { return }
    let isBucket = source.kind == .bucket
    let takesVectors = if case .passthrough = try FeatureExtractor(collection.extractor).method { true } else { false }
    var ids: [String] = []
    for (index, name) in (isBucket ? source.bucketIDs : source.collectionIDs).enumerated() {
      let at = isBucket ? "source.bucket_ids[\(index)]" : json["collection_ids"] == nil ? "source.collection_id" : "source.collection_ids[\(index)]"
      do throws(Problem) {
        ids.append(try sourceID(name, isBucket, in: collection.namespaceID, path: at))
      } catch {
        guard isBucket, takesVectors, error.kind == .notFound else { throw error }
        ids.append(name)
      }
    }
    json[isBucket ? "bucket_ids" : "collection_ids"] = .array(ids.map(JSON.string))
    if !isBucket, json["collection_id"] != nil { json["collection_id"] = ids.first.map(JSON.string) }
    collection.source = .object(json)
  }

  /// That what a trigger of batches names is there; puts identifiers in the place of names.
  func checkBatchAction(_ trigger: inout Trigger) throws(Problem) {
    let namespaceID = trigger.namespaceID
    let fields = try Fields(.object(trigger.action.config), path: "action_config")
    switch trigger.action.kind {
    case .batchRerun:
      if let id = try fields.string("batch_id") {
        guard try read({ reader throws(Problem) in try reader.batch(id, in: namespaceID) }) != nil else {
          let known = try read { reader throws(Problem) in try reader.batches(BatchQuery(namespaceID: namespaceID)).items.map(\.id) }
          throw .missing("batch", id, path: fields.at("batch_id"), known: known)
        }
      } else if let name = try fields.string("collection_id") {
        trigger.action.config["collection_id"] = .string(try collection(name, in: namespaceID, path: fields.at("collection_id")).id)
      }
    case .collectionTrigger:
      let name = try fields.required("collection_id", example: "\"col_articles\"")
      let found = try collection(name, in: namespaceID, path: fields.at("collection_id"))
      trigger.action.config["collection_id"] = .string(found.id)
      _ = try sources(of: found, fields)
    case .cluster, .taxonomyEnrichment, .retrieverExecution, .alertEvaluation, .script, .deleteNamespace: break
    }
  }
}

extension Host {
  func bucket(_ identifier: String, in namespaceID: String, path: String) throws(Problem) -> Bucket {
    try read { reader throws(Problem) in
      if let found = try reader.bucket(identifier, in: namespaceID) { return found }
      throw .missing("bucket", identifier, path: path, known: try reader.buckets(in: namespaceID, Page(limit: 100)).items.map(\.name))
    }
  }
}
