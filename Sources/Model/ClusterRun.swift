package import Basics

/// One execution of a cluster definition and its result.
package struct ClusterRun: Sendable, Equatable {
  package enum Status: String, Sendable, CaseIterable { case pending, processing, completed, failed, canceled }

  package struct Group: Sendable, Equatable {
    /// `cl_0`, `cl_1`, …
    package var id: String
    package var members: Int
    package var label: String
    package var keywords: [String]
    package var meanCosine: Double?
    package var minCosine: Double?
    package var representatives: [Representative]
    package var centroid: [Float]

    package init(
      id: String, members: Int, label: String, keywords: [String], meanCosine: Double?, minCosine: Double?, representatives: [Representative],
      centroid: [Float]
    ) {
      self.id = id
      self.members = members
      self.label = label
      self.keywords = keywords
      self.meanCosine = meanCosine
      self.minCosine = minCosine
      self.representatives = representatives
      self.centroid = centroid
    }
  }

  package struct Representative: Sendable, Equatable {
    package var documentID: String
    package var collectionID: String
    package init(documentID: String, collectionID: String) {
      self.documentID = documentID
      self.collectionID = collectionID
    }
  }

  package var id: String
  package var clusterID: String
  package var namespaceID: String
  package var taskID: String
  package var status: Status
  package var points: Int
  package var sourceDocuments: Int
  package var groups: [Group]
  /// silhouette_score, davies_bouldin_index, inertia, iterations, … as the contract names them.
  package var metrics: JSONObject
  package var seed: UInt64
  package var error: String?
  /// What else is known: `mode`, `algorithm`, `algorithm_params`, `reason`, `changes` since the run before, `label_overrides`, `run_name`, …
  package var details = JSONObject()
  package var createdAt: Instant
  package var completedAt: Instant?

  package init(
    id: String, clusterID: String, namespaceID: String, taskID: String, status: Status, points: Int = 0, sourceDocuments: Int = 0,
    groups: [Group] = [],
    metrics: JSONObject = JSONObject(), seed: UInt64 = 0, error: String? = nil, createdAt: Instant, completedAt: Instant? = nil
  ) {
    self.id = id
    self.clusterID = clusterID
    self.namespaceID = namespaceID
    self.taskID = taskID
    self.status = status
    self.points = points
    self.sourceDocuments = sourceDocuments
    self.groups = groups
    self.metrics = metrics
    self.seed = seed
    self.error = error
    self.createdAt = createdAt
    self.completedAt = completedAt
  }

  /// Details that only the next run needs.
  package static let internalDetails: Set<String> = ["next_cluster_number"]

  /// What documents say that belong to no cluster.
  package static let noiseID = "cl_cluster_noise"

  /// The number in `cl_7`; nil for other identifiers.
  package static func number(of id: String) -> Int32? { id.hasPrefix("cl_") ? Int32(id.dropFirst(3)) : nil }

  /// The label that people gave a group, or the one that the run found.
  package func label(of group: Group) -> String { details["label_overrides"]?[group.id]?.string ?? group.label }

  /// The run on the wire; the centroids' vectors only on request.
  package func json(vectors: Bool = false) -> JSON {
    var centroids: [JSON] = []
    for group in groups {
      var item: JSONObject = [
        "cluster_id": .string(group.id), "num_members": .int(group.members), "label": .string(label(of: group)),
        "keywords": .array(group.keywords.map(JSON.string)), "mean_cosine_similarity": .optional(group.meanCosine),
        "min_cosine_similarity": .optional(group.minCosine),
        "representative_ids": .array(
          group.representatives.map { ["document_id": .string($0.documentID), "collection_id": .string($0.collectionID)] }),
      ]
      if vectors { item["centroid_vector"] = .array(group.centroid.map { .double(Double($0)) }) }
      centroids.append(.object(item))
    }
    var result: JSONObject = [
      "run_id": .string(id), "cluster_id": .string(clusterID), "status": .string(status.rawValue), "num_clusters": .int(groups.count),
      "num_points": .int(points), "metrics": metrics.isEmpty ? .null : .object(metrics), "centroids": .array(centroids), "task_id": .string(taskID),
      "created_at": .instant(createdAt), "completed_at": .optional(completedAt), "error_message": .optional(error),
      "source_documents": .int(sourceDocuments), "vectors_retrieved": .int(points), "vectors_clustered": .int(points), "mode": "full",
      "random_state": .int(Int64(bitPattern: seed)),
    ]
    for member in details.members where !Self.internalDetails.contains(member.key) { result[member.key] = member.value }
    return .object(result)
  }
}
