package import Basics
package import Model

extension Transaction {
  /// Guarded: no namespace has the identifier of one as its name, or the names of two would mean one of them.
  package mutating func insert(_ namespace: Namespace) {
    add(
      .insertNamespace,
      [
        ("namespace_id", .text(namespace.id)), ("name", .text(namespace.name)), ("description", .optional(namespace.description)),
        ("vector_indexes", .json(VectorIndex.stored(namespace.vectorIndexes))), ("shard", .integer(namespace.shard)),
        ("max_concurrent_tasks", .optional(namespace.maxConcurrentTasks)), ("mode", .text(namespace.mode.rawValue)),
        ("created_at", .instant(namespace.createdAt)), ("updated_at", .instant(namespace.updatedAt)),
      ], expecting: .exactly(1), guardName: "namespace")
  }

  package mutating func update(_ namespace: Namespace) {
    add(
      .updateNamespace,
      [
        ("name", .text(namespace.name)), ("description", .optional(namespace.description)),
        ("vector_indexes", .json(VectorIndex.stored(namespace.vectorIndexes))), ("updated_at", .instant(namespace.updatedAt)),
        ("namespace_id", .text(namespace.id)), ("max_concurrent_tasks", .optional(namespace.maxConcurrentTasks)),
        ("mode", .text(namespace.mode.rawValue)),
      ], expecting: .exactly(1), guardName: "namespace")
  }

  /// Deletes the namespace and everything in it. Where it holds many documents, take those away first with `deleteDocuments`.
  package mutating func deleteNamespace(_ namespaceID: String) {
    let everything: [Statement] = [
      .deleteEvaluationsOfNamespace, .deleteBucketsOfNamespace, .deleteEventKeysOfNamespace, .deleteSnapshotsOfNamespace,
      .deleteTriggerDefinitionsOfNamespace, .deleteTriggersOfNamespace, .deleteCalendarsOfNamespace,
      .deleteTasksOfNamespace, .deleteMembersOfNamespace, .deleteRunsOfNamespace,
      .deleteClustersOfNamespace, .deleteTaxonomyVersionsOfNamespace, .deleteTaxonomiesOfNamespace,
      .deleteSyncObjectsOfNamespace, .deleteSyncFilesOfNamespace, .deleteSyncJobsOfNamespace, .deleteSyncsOfNamespace,
      .deleteBatchMembersOfNamespace, .deleteBatchesOfNamespace, .deleteObjectsOfNamespace, .deleteBucketStoresOfNamespace,
      .deleteWordCountsOfNamespace, .deleteRetrievalsOfNamespace, .deleteRetrieversOfNamespace, .deleteAlertExecutionsOfNamespace,
      .deleteAlertsOfNamespace, .deleteApplicationsOfNamespace,
      .deleteIdempotentWritesOfNamespace, .deleteEventsOfNamespace, .deleteValuesOfNamespace, .deleteScriptVersionsOfNamespace,
      .deleteScriptsOfNamespace, .deleteVectorsOfNamespace,
      .deleteDocumentsOfNamespace, .deletePayloadIndexesOfNamespace, .deleteVectorIndexesOfNamespace,
      .deleteCollectionsOfNamespace,
    ]
    for statement in everything { add(statement, [("namespace_id", .text(namespaceID))]) }
    add(.deleteNamespace, [("namespace_id", .text(namespaceID))], expecting: .exactly(1), guardName: "namespace")
  }
}

extension Reader {
  /// A namespace by its identifier or its name.
  package func namespace(_ identifier: String) throws(Problem) -> Namespace? {
    try remembered(Question(.namespace, identifier)) { () throws(Problem) in
      try connection.first(.namespace, [("identifier", .text(identifier))], Namespace.read)
    }
  }

  /// How much a namespace holds.
  package func counts(ofNamespace id: String) throws(Problem) -> (collections: Int64, documents: Int64, buckets: Int64, objects: Int64) {
    let found = try connection.first(.namespaceCounts, [("namespace_id", .text(id))]) { row throws(Problem) in
      (collections: row.int(), documents: row.int(), buckets: row.int(), objects: row.int())
    }
    return found ?? (0, 0, 0, 0)
  }

  /// In the order in which they were made.
  package func namespaces(_ page: Page = Page(limit: 1000)) throws(Problem) -> Listing<Namespace> {
    Listing(items: try connection.rows(.namespaces, page.parameters, Namespace.read), total: try connection.number(.countNamespaces, []))
  }

  /// How many tasks run at once in each namespace that says so.
  package func taskLimits() throws(Problem) -> [(namespaceID: String, limit: Int64)] {
    try connection.rows(.taskLimits, []) { ($0.text(), $0.int()) }
  }
}

extension Namespace {
  /// Which of 64 parts of a fleet the namespace belongs to: the first byte of the SHA-256 of its identifier, modulo 64.
  var shard: Int64 { Int64(SHA256.hash(id.utf8)[0] % 64) }

  static func read(_ row: inout Row) throws(Problem) -> Namespace {
    Namespace(
      id: row.text(), name: row.text(), description: row.optionalText(), vectorIndexes: try VectorIndex.list(row.json(), path: "vector_indexes"),
      mode: try row.word(), createdAt: row.instant(), updatedAt: row.instant(), maxConcurrentTasks: row.optionalInt())
  }
}

extension VectorIndex {
  /// The indexes as JSON that `VectorIndex.list` reads back.
  static func stored(_ indexes: [VectorIndex]) -> JSON {
    .array(indexes.map { ["name": .string($0.name), "dimensions": .int($0.dimensions), "metric": .string($0.metric.rawValue)] })
  }
}
