package import Basics

/// A search that is kept: collections, stages, and the inputs that each execution gives.
package struct Retriever: Sendable, Equatable {
  package var id: String
  package var namespaceID: String
  package var name: String
  package var description: String?
  /// Identifiers, in the order given.
  package var collectionIDs: [String]
  package var stages: [RetrieverStage]
  package var inputs: [RetrieverInput]
  /// An execution that takes longer fails.
  package var maxTime: Duration?
  package var tags: [String]
  package var metadata: JSONObject
  /// What is kept as it was given: the input schema, budget limits, visibility, display.
  package private(set) var given: JSONObject
  package var version: Int64
  package var createdAt: Instant
  package var updatedAt: Instant
  package var createdBy: String?

  package static let accepted = [
    "retriever_name", "description", "visibility", "marketplace_listing_id", "requires_subscription", "collection_identifiers", "collection_ids",
    "stages", "input_schema", "budget_limits", "tags", "metadata", "display_config",
  ]
  private static let kept = ["input_schema", "budget_limits", "visibility", "display_config", "marketplace_listing_id", "requires_subscription"]

  /// Reads a create request; collections are still as they were named.
  package init(creating body: JSON, in namespaceID: String, by creator: String?, surroundings: Surroundings) throws(Problem) {
    let fields = try Fields(body, accepting: Self.accepted)
    let now = surroundings.now()
    id = Identifier.make("ret", surroundings)
    self.namespaceID = namespaceID
    name = try Names.check(fields.required("retriever_name", example: "\"product_search\""), path: "retriever_name")
    (collectionIDs, stages, inputs, tags, metadata, given) = ([], [], [], [], JSONObject(), JSONObject())
    (version, createdAt, updatedAt, createdBy) = (1, now, now, creator)
    if fields["stages"] == nil { _ = try RetrieverStage.list(nil) }
    try take(fields)
  }

  /// Changes what a request gives, and checks the whole.
  package mutating func change(_ body: JSON) throws(Problem) {
    let fields = try Fields(body, accepting: Self.accepted)
    if let name = try fields.string("retriever_name") { self.name = try Names.check(name, path: "retriever_name") }
    try take(fields)
  }

  private mutating func take(_ fields: Fields) throws(Problem) {
    if let description = try fields.string("description") { self.description = description }
    let key = fields["collection_identifiers"] == nil ? "collection_ids" : "collection_identifiers"
    if let names = try fields.strings(key) { collectionIDs = names }
    if let tags = try fields.strings("tags") { self.tags = tags }
    if let metadata = try fields.objectValue("metadata") { self.metadata = metadata }
    let visibility = try fields.string("visibility")
    if let visibility, !["private", "public", "marketplace"].contains(visibility) {
      throw Problem(
        .invalid, "unknown visibility '\(visibility)'", hint: "One of: private, public, marketplace", path: "visibility",
        didYouMean: Suggestion.nearest(to: visibility, in: ["private", "public", "marketplace"]),
        details: ["accepted": ["private", "public", "marketplace"], "type": "enum"])
    }
    _ = try fields.bool("requires_subscription")
    _ = try fields.string("marketplace_listing_id")
    _ = try fields.objectValue("display_config")
    for name in Self.kept { if let value = fields[name] { given[name] = value } }
    try read(fields["stages"])
  }

  /// Reads what the kept parts mean; `stages` nil leaves them as they are.
  private mutating func read(_ stages: JSON?) throws(Problem) {
    inputs = try RetrieverInput.schema(given["input_schema"])
    let budget = try Fields(given["budget_limits"], path: "budget_limits", accepting: ["max_credits", "max_time_ms"])
    _ = try budget.number("max_credits", in: 0 ... .greatestFiniteMagnitude)
    maxTime = try budget.int("max_time_ms", in: 0...86_400_000).map { .milliseconds($0) }
    if let stages { self.stages = try RetrieverStage.list(stages) }
    for (position, stage) in self.stages.enumerated() { try stage.check(inputs, path: "stages[\(position)].config.parameters") }
  }

  /// The last stage's word on how several searches become one list; nil without a search.
  private var fusion: String? {
    stages.last { $0.kind == .featureSearch }.map { $0.parameters["fusion"]?.string ?? RetrieverSearch.Fusion.rrf.rawValue }
  }

  /// The features that its searches look at, as `{scheme, extractor, version, output}`, of those that are named by a whole URI.
  private var dependencies: [JSON] {
    var found: [JSON] = []
    for stage in stages where stage.kind == .featureSearch {
      for search in stage.parameters["searches"]?.array ?? [] {
        guard let uri = search["feature_uri"]?.string, uri.hasPrefix("mixpeek://") else { continue }
        let parts = uri.dropFirst("mixpeek://".count).split(separator: "/")
        let extractor = (parts.first ?? "").split(separator: "@")
        guard extractor.count == 2 else { continue }
        let address: JSON = [
          "scheme": "mixpeek", "extractor": .string(String(extractor[0])), "version": .string(String(extractor[1])),
          "output": .optional(parts.count > 1 ? String(parts[parts.count - 1]) : nil),
        ]
        if !found.contains(address) { found.append(address) }
      }
    }
    return found
  }

  package var json: JSON {
    [
      "retriever_id": .string(id), "retriever_name": .string(name), "description": .optional(description), "namespace_id": .string(namespaceID),
      "collection_ids": .array(collectionIDs.map(JSON.string)), "collection_identifiers": .array(collectionIDs.map(JSON.string)),
      "stages": .array(stages.map(\.json)), "input_schema": given["input_schema"] ?? [:], "budget_limits": given["budget_limits"] ?? .null,
      "feature_dependencies": .array(dependencies), "tags": .array(tags.map(JSON.string)), "metadata": .object(metadata),
      "display_config": given["display_config"] ?? .null, "visibility": given["visibility"] ?? "private", "version": .int(version),
      "created_at": .instant(createdAt), "updated_at": .instant(updatedAt), "created_by": .optional(createdBy), "is_published": false,
      "marketplace_listing_id": given["marketplace_listing_id"] ?? .null, "fusion": .optional(fusion),
    ]
  }

  /// What its row holds of it beside the columns.
  package var stored: JSON {
    var object = given
    object["stages"] = .array(stages.map(\.stored))
    object["collection_ids"] = .array(collectionIDs.map(JSON.string))
    object["tags"] = .array(tags.map(JSON.string))
    object["metadata"] = .object(metadata)
    return .object(object)
  }

  /// A retriever from its row.
  package init(
    id: String, namespaceID: String, name: String, description: String?, version: Int64, stored: JSON, createdAt: Instant, updatedAt: Instant,
    createdBy: String?
  ) throws(Problem) {
    (self.id, self.namespaceID, self.name, self.description, self.version) = (id, namespaceID, name, description, version)
    (self.createdAt, self.updatedAt, self.createdBy) = (createdAt, updatedAt, createdBy)
    collectionIDs = stored["collection_ids"]?.array?.compactMap(\.string) ?? []
    tags = stored["tags"]?.array?.compactMap(\.string) ?? []
    metadata = stored["metadata"]?.object ?? JSONObject()
    (stages, inputs, given) = ([], [], JSONObject())
    for name in Self.kept { given[name] = stored[name] }
    try read(stored["stages"])
  }
}
