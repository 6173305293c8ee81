package import Basics
package import Model

extension Transaction {
  package mutating func insert(_ cluster: ClusterDefinition) {
    add(
      .insertCluster,
      cluster.columns + [
        ("cluster_id", .text(cluster.id)), ("namespace_id", .text(cluster.namespaceID)), ("created_at", .instant(cluster.createdAt)),
      ])
  }

  package mutating func update(_ cluster: ClusterDefinition) {
    add(.updateCluster, cluster.columns + [("cluster_id", .text(cluster.id))], expecting: .exactly(1), guardName: "cluster")
  }

  /// Deletes the definition with its runs.
  package mutating func deleteCluster(_ clusterID: String) {
    add(.deleteMembersOfCluster, [("cluster_id", .text(clusterID))])
    add(.deleteRunsOfCluster, [("cluster_id", .text(clusterID))])
    add(.deleteCluster, [("cluster_id", .text(clusterID))], expecting: .exactly(1), guardName: "cluster")
  }
}

extension Reader {
  /// A definition by its identifier or its name.
  package func cluster(_ identifier: String, in namespaceID: String) throws(Problem) -> ClusterDefinition? {
    try connection.first(.cluster, [("namespace_id", .text(namespaceID)), ("identifier", .text(identifier))], ClusterDefinition.read)
  }

  /// In the order in which they were made.
  package func clusters(in namespaceID: String, _ page: Page = Page(limit: 1000)) throws(Problem) -> Listing<ClusterDefinition> {
    let parameters: Connection.Parameters = [("namespace_id", .text(namespaceID))]
    return Listing(
      items: try connection.rows(.clusters, parameters + page.parameters, ClusterDefinition.read),
      total: try connection.number(.countClusters, parameters))
  }
}

extension ClusterDefinition {
  fileprivate var columns: [(name: String, value: Value)] {
    [
      ("name", .text(name)), ("description", .optional(description)), ("collection_ids", .strings(collectionIDs)),
      ("algorithm", .text(algorithm.name)), ("parameters", .json(algorithm.json)), ("vector_index", .optional(vectorIndex)),
      ("normalize", .flag(normalize)), ("filters", .json(filters)), ("enrich_source", .flag(enrichSource)),
      ("enrichment", .json(JSONObject(members: enrichment.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .string($0.value)) }))),
      ("output_collection_ids", .strings(outputCollectionIDs)), ("text_fields", textFields.map(Value.strings) ?? .null),
      ("metadata", .json(metadata)), ("vector_config", .json(vectorConfig)), ("last_run_id", .optional(lastRunID)),
      ("last_task_id", .optional(lastTaskID)), ("updated_at", .instant(updatedAt)),
    ]
  }

  static func read(_ row: inout Row) throws(Problem) -> ClusterDefinition {
    let (id, namespaceID, name, description) = (row.text(), row.text(), row.text(), row.optionalText())
    let collectionIDs = try row.strings()
    let algorithm = try Algorithm(named: row.text(), row.json(), path: "clusters.\(id).parameters", nameAt: "clusters.\(id).algorithm")
    let (vectorIndex, normalize, filters, enrichSource) = (row.optionalText(), row.flag(), try row.json(), row.flag())
    let enrichment = try row.object().members.map { ($0.key, $0.value.string ?? "") }
    let outputs = try row.strings()
    let textFields = try row.optionalJSON()?.array?.compactMap(\.string)
    var cluster = ClusterDefinition(
      id: id, namespaceID: namespaceID, name: name, description: description, collectionIDs: collectionIDs, algorithm: algorithm,
      vectorIndex: vectorIndex, normalize: normalize, filters: filters, enrichSource: enrichSource,
      enrichment: Dictionary(enrichment, uniquingKeysWith: { first, _ in first }), outputCollectionIDs: outputs, textFields: textFields,
      metadata: try row.object(), vectorConfig: try row.object(), createdAt: Instant(milliseconds: 0))
    cluster.lastRunID = row.optionalText()
    cluster.lastTaskID = row.optionalText()
    cluster.createdAt = row.instant()
    cluster.updatedAt = row.instant()
    return cluster
  }
}
