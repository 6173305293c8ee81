import Basics
import Clustering
import Model
import Store

/// The collections and the vector index that a trigger's measurements are about: named in the condition, or those that its action is about.
struct Scope {
  let collections: [Collection]
  let index: VectorIndex?

  init(_ trigger: Trigger, _ condition: Condition?, host: Host) throws(Problem) {
    try self.init(
      collectionID: condition?.collectionID, indexName: condition?.vectorIndex, trigger: trigger, host: host)
  }

  init(collectionID: String?, indexName: String?, trigger: Trigger, host: Host) throws(Problem) {
    (collections, index) = try host.read { reader throws(Problem) in
      var ids: [String] = []
      var name = indexName
      if let collectionID {
        ids = [collectionID]
      } else if trigger.action.kind == .cluster, let clusterID = trigger.action.resourceID,
        let definition = try reader.cluster(clusterID, in: trigger.namespaceID)
      {
        ids = definition.collectionIDs
        name = name ?? definition.vectorIndex
      } else {
        ids = try Self.subjects(of: trigger, reader)
      }
      var collections: [Collection] = []
      for id in ids {
        if let collection = try reader.collection(id, in: trigger.namespaceID) { collections.append(collection) }
      }
      let index = collections.first.flatMap { first in name.map { first.index(named: $0) } ?? first.vectorIndexes.first }
      return (collections, index)
    }
  }

  /// The collections that an action other than a clustering reads or fills.
  private static func subjects(of trigger: Trigger, _ reader: Reader) throws(Problem) -> [String] {
    let config = trigger.action.config
    func searched(_ retrieverID: String?) throws(Problem) -> [String] {
      try retrieverID.flatMap { id throws(Problem) in try reader.retriever(id, in: trigger.namespaceID) }?.collectionIDs ?? []
    }
    switch trigger.action.kind {
    case .taxonomyEnrichment, .collectionTrigger: return config["collection_id"]?.string.map { [$0] } ?? []
    case .batchRerun:
      if let id = config["collection_id"]?.string { return [id] }
      return try config["batch_id"]?.string.flatMap { id throws(Problem) in try reader.batch(id, in: trigger.namespaceID) }?.collectionIDs ?? []
    case .retrieverExecution: return try searched(config["retriever_id"]?.string)
    case .alertEvaluation:
      if let id = config["collection_id"]?.string { return [id] }
      return try searched(config["alert_id"]?.string.flatMap { id throws(Problem) in try reader.alert(id, in: trigger.namespaceID) }?.retrieverID)
    case .cluster, .script, .deleteNamespace: return []
    }
  }

  func documentCount(host: Host) throws(Problem) -> Int64 {
    try host.read { reader throws(Problem) in
      var total: Int64 = 0
      for collection in collections { total += try reader.documentCount(collection.id) }
      return total
    }
  }

  /// Documents that were deleted between two moments.
  func deletions(after start: Instant, through end: Instant, host: Host) throws(Problem) -> Int64 {
    try host.read { reader throws(Problem) in
      var total: Int64 = 0
      for collection in collections {
        total += try reader.eventCount(
          in: collection.namespaceID, type: .documentsDeleted, collectionID: collection.id, after: start, through: end)
      }
      return total
    }
  }

  /// How many vectors there are.
  func vectorCount(host: Host) throws(Problem) -> Int {
    guard let index, !collections.isEmpty else { return 0 }
    return try host.read { reader throws(Problem) in try reader.vectorCount(of: collections.map(\.id), index: index.name) }
  }

  /// Lends all vectors in pieces, on one snapshot of the store. `start` hears first how many will come.
  func forEachPiece(
    host: Host, start: (_ expected: Int, VectorIndex) throws(Problem) -> Void, _ each: (Matrix) throws(Problem) -> Void
  ) throws(Problem) {
    guard let index, !collections.isEmpty else { return }
    let ids = collections.map(\.id)
    try host.read { reader throws(Problem) in
      try start(reader.vectorCount(of: ids, index: index.name), index)
      try reader.forEachPiece(of: ids, index: index.name, rows: Self.piece) { rows, values throws(Problem) in
        try each(Matrix(rows: rows, columns: index.dimensions, values: values))
      }
    }
  }

  /// Vectors in memory at once where not more are needed: 6 MB of 384 dimensions.
  private static let piece = 4096
}
