package import Basics

/// A tenant's area: every other thing belongs to exactly one.
package struct Namespace: Sendable, Equatable {
  /// The name of the one that is meant where none is named.
  package static let defaultName = "default"

  package var id: String
  package var name: String
  package var description: String?
  /// Vector indexes that every collection made in this namespace gets.
  package var vectorIndexes: [VectorIndex]
  /// How many of its tasks may run at once; nil: as many as there are threads.
  package var maxConcurrentTasks: Int64?
  /// Whether collections bring extractors, or documents their vectors. Here each collection says so for itself; it is given back as it was said.
  package var mode: Mode
  package var createdAt: Instant
  package var updatedAt: Instant

  package enum Mode: String, Sendable, CaseIterable { case managed, standalone }

  package init(
    id: String, name: String, description: String? = nil, vectorIndexes: [VectorIndex] = [], mode: Mode = .standalone, createdAt: Instant,
    updatedAt: Instant, maxConcurrentTasks: Int64? = nil
  ) {
    self.id = id
    self.name = name
    self.description = description
    self.vectorIndexes = vectorIndexes
    self.mode = mode
    self.maxConcurrentTasks = maxConcurrentTasks
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }

  /// The names of the fields that create and update take; others of the contract are accepted and have no meaning on one machine.
  package static let accepted = [
    "namespace_id", "namespace_name", "mode", "namespace_type", "scope", "description", "features", "feature_extractors", "vector_configs",
    "payload_indexes", "auto_create_indexes", "adaptive_indexing", "ttl_seconds", "infrastructure", "trusted_issuers", "tiering", "spend_budget",
    "cost_cap_override", "repair_vectors", "pinned", "expires_at", "max_concurrent_tasks",
  ]

  package init(creating body: JSON, surroundings: Surroundings) throws(Problem) {
    let fields = try Fields(body, accepting: Self.accepted)
    try Self.checkTheRest(fields)
    let name = try Names.check(fields.required("namespace_name", example: "\"production\""), path: "namespace_name", in: 1...64)
    let now = surroundings.now()
    self.init(
      id: try fields.string("namespace_id").map { id throws(Problem) in try Names.checkID(id, path: "namespace_id") }
        ?? Identifier.make("ns", surroundings),
      name: name, description: try fields.string("description"),
      vectorIndexes: try VectorIndex.list(fields["vector_configs"], path: "vector_configs"),
      mode: try fields.choice("mode") ?? (fields["vector_configs"] == nil ? .managed : .standalone), createdAt: now, updatedAt: now,
      maxConcurrentTasks: try Self.limit(fields))
  }

  private enum Owner: String, CaseIterable { case org, system }

  /// What the contract has beside: it means nothing on one machine, or would promise what nobody keeps.
  package static func checkTheRest(_ fields: Fields) throws(Problem) {
    let _: Owner? = try fields.choice("scope")
    try fields.check([
      "namespace_type": .string, "features": .strings, "auto_create_indexes": .boolean, "adaptive_indexing": .boolean, "infrastructure": .object,
      "tiering": .object, "ttl_seconds": .integer, "repair_vectors": .boolean,
    ])
    try fields.refuse(["ttl_seconds", "expires_at"], hint: "Delete the namespace when it has served: DELETE /v1/namespaces/{id}")
    try fields.refuse(["trusted_issuers", "spend_budget", "cost_cap_override"])
  }

  /// The limit on tasks that run at once, where it is given and not null.
  package static func limit(_ fields: Fields) throws(Problem) -> Int64? { try fields.int("max_concurrent_tasks", in: 1...1_000) }

  package var json: JSON {
    [
      "object": "namespace", "namespace_id": .string(id), "namespace_name": .string(name), "description": .optional(description),
      "mode": .string(mode.rawValue), "namespace_type": "standard", "scope": "org",
      "vector_configs": .array(
        vectorIndexes.map { ["name": .string($0.name), "dimension": .int($0.dimensions), "metric": .string($0.metric.namespaceWord)] }),
      "namespace_ready": true, "max_concurrent_tasks": .optional(maxConcurrentTasks), "created_at": .instant(createdAt),
      "updated_at": .instant(updatedAt),
    ]
  }
}
