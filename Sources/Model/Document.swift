package import Basics

/// A user's JSON object with an identifier and, per vector index, at most one vector.
package struct Document: Sendable, Equatable {
  package var id: String
  package var collectionID: String
  /// The user's fields, at the root as the API shows them. Identifiers and vectors are not among them.
  package var fields: JSONObject
  package var vectors: [String: [Float]]
  package var createdAt: Instant
  package var updatedAt: Instant

  package init(id: String, collectionID: String, fields: JSONObject, vectors: [String: [Float]] = [:], createdAt: Instant, updatedAt: Instant) {
    self.id = id
    self.collectionID = collectionID
    self.fields = fields
    self.vectors = vectors
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }

  /// Names at the root that are ours and cannot be user fields.
  package static let reserved: Set<String> = ["document_id", "collection_id", "vectors", "_internal", "_vectors"]

  /// Reads one document of a request: `document_id?`, `vectors?`, and the fields, at the root, in `payload` and in `metadata`.
  ///
  /// `document_id` is made when absent. Vectors are checked against the collection: known index, dimension, finite numbers.
  package init(_ incoming: IncomingDocument, in collection: Collection, path: String, surroundings: Surroundings) throws(Problem) {
    let members = try Fields(incoming.json, path: path)
    let now = surroundings.now()
    let id = try members.string("document_id", example: "\"doc_1\"").map { id throws(Problem) in
      try Names.checkID(id, path: members.at("document_id"))
    }
    var fields = JSONObject()
    for member in members.object.members where !Self.reserved.contains(member.key) && member.key != "payload" { fields.members.append(member) }
    if let payload = try members.objectValue("payload") {
      fields.set(payload.members.filter { !Self.reserved.contains($0.key) })
    }
    var vectors: [String: [Float]] = [:]
    for member in try members.objectValue("vectors")?.members ?? [] {
      let name = member.key.split(separator: "/").last.map(String.init) ?? member.key
      guard let index = collection.index(named: member.key) ?? collection.index(named: name) else {
        let known = collection.vectorIndexes.map(\.name)
        throw Problem(
          .invalid, "collection '\(collection.name)' has no vector index '\(member.key)'",
          hint: known.isEmpty ? "Create the collection with vector_indexes" : "It has: \(known.joined(separator: ", "))",
          path: "\(members.at("vectors")).\(member.key)", didYouMean: Suggestion.nearest(to: member.key, in: known),
          details: ["available": .array(known.map(JSON.string))])
      }
      do {
        let vector: [Float]
        if let read = incoming.vectors.first(where: { $0.key == member.key }) { vector = read.values } else { vector = try member.value.floats() }
        try Self.check(vector, against: index)
        vectors[index.name] = vector
      } catch { throw error.within("\(members.at("vectors")).\(member.key)") }
    }
    self.init(
      id: id ?? Identifier.make("doc", surroundings), collectionID: collection.id, fields: fields, vectors: vectors, createdAt: now, updatedAt: now)
  }

  package init(_ json: JSON, in collection: Collection, path: String, surroundings: Surroundings) throws(Problem) {
    try self.init(IncomingDocument(json), in: collection, path: path, surroundings: surroundings)
  }

  /// Refuses a vector of another dimension or with a number that is not finite.
  package static func check(_ vector: [Float], against index: VectorIndex) throws(Problem) {
    guard vector.count == index.dimensions else {
      throw Problem(
        .invalid, "the vector has \(vector.count) numbers, index '\(index.name)' has \(index.dimensions) dimensions",
        hint: "Give exactly \(index.dimensions) numbers", details: ["expected": .int(index.dimensions), "got": .int(vector.count)])
    }
    if let position = vector.firstIndex(where: { !$0.isFinite }) {
      throw Problem(.invalid, "number \(position) of the vector is \(vector[position])", hint: "Give finite numbers only", path: "[\(position)]")
    }
  }

  /// The document as the API shows it: user fields at the root, ours beside them, vectors on request under their index names.
  package func json(vectors shown: Bool = false) -> JSON {
    var result = JSONObject()
    result.members.reserveCapacity(fields.count + 4)
    result.members.append(.init(key: "document_id", value: .string(id)))
    result.members.append(.init(key: "collection_id", value: .string(collectionID)))
    result.members += fields["_internal"] == nil ? fields.members : fields.members.filter { $0.key != "_internal" }
    if shown {
      let sorted = vectors.sorted { $0.key < $1.key }
      let values: [JSONObject.Member] = sorted.map { .init(key: $0.key, value: .array($0.value.map { .double(Double($0)) })) }
      for value in values where fields[value.key] == nil { result.members.append(value) }
      result.members.append(.init(key: "vectors", value: .object(JSONObject(members: values))))
    }
    var known = fields["_internal"]?.object ?? JSONObject()
    if known["lineage"] == nil, let lineage { known["lineage"] = .object(lineage) }
    known["created_at"] = .instant(createdAt)
    known["updated_at"] = .instant(updatedAt)
    result.members.append(.init(key: "_internal", value: .object(known)))
    return .object(result)
  }

  /// What the document was made of, as the contract tells it: `{root_object_id, root_bucket_id, source_type, …}`, of the fields that say so; nil
  /// where none does. A field of one of these names that says something else is the user's own.
  private var lineage: JSONObject? {
    var result = JSONObject()
    for member in fields.members where member.key.hasPrefix("root_") || member.key.hasPrefix("source_") {
      guard let text = member.value.string, Self.lineageNames.contains(member.key) else { continue }
      if member.key == "source_type", !Self.origins.contains(text) { continue }
      result[member.key] = member.value
    }
    guard !result.members.isEmpty else { return nil }
    if result["source_type"] == nil, result["source_document_id"] != nil || result["root_object_id"] != nil {
      result["source_type"] = result["source_document_id"] == nil ? "bucket" : "collection"
    }
    return result
  }

  private static let origins = ["bucket", "collection", "direct_upsert", "signal"]
  private static let lineageNames = [
    "root_object_id", "root_bucket_id", "source_type", "source_object_id", "source_document_id", "source_collection_id",
  ]
}
