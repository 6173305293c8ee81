import Basics
import Model
import Store

extension Operation {
  static let collectionOperations: [Operation] = [
    Operation(
      "create_collection", "POST", "/v1/collections", "Define a collection and its vector indexes", tag: "Collections", scope: .write,
      body: Collection.accepted
    ) { host, call throws(Problem) in
      guard let namespace = call.namespace else { throw Problem(.internal, "no namespace") }
      var collection = try Collection(creating: call.body, in: namespace, surroundings: host.surroundings)
      try host.resolveSource(of: &collection)
      try host.create(collection)
      return .json(collection.json(documentCount: 0))
    },
    Operation(
      "list_collections", "POST", "/v1/collections/list", "List collections", tag: "Collections", scope: .read, query: Parameter.paging,
      body: Page.names + ["search", "sort", "filters"], list),
    Operation("list_collections_get", "GET", "/v1/collections", "List collections", tag: "Collections", scope: .read, query: Parameter.paging, list),
    Operation(
      "get_collection", "GET", "/v1/collections/{collection_identifier}", "Read a collection by id or name", tag: "Collections", scope: .read
    ) { host, call throws(Problem) in
      let collection = try host.collection(call)
      return .json(collection.json(documentCount: try host.read { reader throws(Problem) in try reader.documentCount(collection.id) }))
    },
    Operation(
      "update_collection", "PATCH", "/v1/collections/{collection_identifier}", "Change a collection", tag: "Collections", scope: .write,
      body: ["collection_name", "description", "metadata", "enabled"]
    ) { host, call throws(Problem) in
      var collection = try host.collection(call)
      let fields = try Fields(call.body, accepting: ["collection_name", "description", "metadata", "enabled"])
      if let name = try fields.string("collection_name") { collection.name = try Names.check(name, path: "collection_name") }
      if let description = try fields.string("description") { collection.description = description }
      if let metadata = try fields.objectValue("metadata") { collection.metadata = metadata }
      collection.updatedAt = host.surroundings.now()
      var transaction = Transaction()
      transaction.update(collection)
      try host.commit(transaction)
      return .json(collection.json(documentCount: try host.read { reader throws(Problem) in try reader.documentCount(collection.id) }))
    },
    Operation(
      "delete_collection", "DELETE", "/v1/collections/{collection_identifier}", "Drop a collection and its documents", tag: "Collections",
      scope: .write
    ) { host, call throws(Problem) in
      let collection = try host.collection(call)
      var transaction = Transaction()
      transaction.deleteCollection(collection.id)
      try host.commit(transaction)
      return .json(["success": true, "message": "deleted", "collection_id": .string(collection.id)])
    },
    Operation(
      "describe_collection_features", "GET", "/v1/collections/{collection_identifier}/features", "The vector indexes of a collection",
      tag: "Collections",
      scope: .read
    ) { host, call throws(Problem) in
      let collection = try host.collection(call)
      let extractor = collection.json(documentCount: 0)["feature_extractor"]
      let features = collection.vectorIndexes.enumerated().map { position, index -> JSON in
        var feature = index.json.object ?? JSONObject()
        feature["feature_address"] = .string(index.name)
        feature["feature_extractor_name"] = extractor?["feature_extractor_name"] ?? "passthrough_extractor"
        feature["version"] = extractor?["version"] ?? "v1"
        feature["primary"] = .bool(position == 0)
        feature["vector_index"] = [
          "name": .string(index.name), "description": .string("The vectors '\(index.name)' of \(collection.name)"),
          "dimensions": .int(index.dimensions), "distance": .string(index.metric.rawValue), "type": "dense", "datatype": "float32",
        ]
        return .object(feature)
      }
      return .json(["collection_id": .string(collection.id), "features": .array(features)])
    },
  ]

  private static func list(_ host: Host, _ call: Call) throws(Problem) -> Answer {
    let fields = try call.listFields(accepting: ["search", "sort", "filters"])
    let page = try Page(fields)
    let namespaceID = try call.namespaceID()
    let listing = try host.read { reader throws(Problem) in
      try reader.collections(in: namespaceID, page).map { item throws(Problem) in item.collection.json(documentCount: item.documents) }
    }
    return .json(page.envelope(listing))
  }
}

extension Host {
  func create(_ collection: Collection) throws(Problem) {
    var transaction = Transaction()
    transaction.insert(collection)
    do throws(Problem) {
      try commit(transaction)
    } catch {
      guard error.kind == .conflict else { throw error }
      throw Problem(.conflict, "collection '\(collection.name)' exists", hint: "Choose another collection_name", path: "collection_name")
    }
  }

  /// The collection that the path names, by id or name.
  func collection(_ call: Call) throws(Problem) -> Collection {
    try collection(call.path["collection_identifier"] ?? "", in: call.namespaceID(), path: "collection_identifier")
  }

  func collection(_ identifier: String, in namespaceID: String, path: String) throws(Problem) -> Collection {
    try read { reader throws(Problem) in
      if let found = try reader.collection(identifier, in: namespaceID) { return found }
      throw .missing(
        "collection", identifier, path: path, known: try reader.collections(in: namespaceID, Page(limit: 100)).items.map(\.collection.name))
    }
  }
}
