import Basics
import Model
import Store

extension Operation {
  private static let listNames = ListSelection.names + ["include_system"]
  private static let changeable =
    ["collection_name", "description", "metadata", "enabled", "alert_applications", "schedule"] + CollectionApplication.Kind.allCases.map(\.field)

  static let collectionOperations: [Operation] = [
    Operation(
      "create_collection", "POST", "/v1/collections", "Define a collection and its vector indexes", tag: "Collections", scope: .write,
      body: Collection.accepted
    ) { host, call throws(Problem) in
      guard let namespace = call.namespace else { throw Problem(.internal, "no namespace") }
      var collection = try Collection(creating: call.body, in: namespace, surroundings: host.surroundings)
      let schedule = try CollectionSchedule(Fields(call.body)["schedule"])
      try host.resolveSource(of: &collection)
      let alerts = try host.alertApplications(call.body["alert_applications"], in: namespace.id)
      let applications = try host.applications(call.body, in: namespace.id)
      let trigger = try schedule?.trigger(for: collection, host)
      try host.create(collection, with: trigger)
      if !alerts.isEmpty { try host.set(alerts, at: collection, by: call.caller.name) }
      try host.set(applications, at: collection, by: call.caller.name)
      return .json(try host.shown(collection))
    },
    Operation(
      "list_collections", "POST", "/v1/collections/list", "List collections", tag: "Collections", scope: .read, query: Parameter.paging,
      body: Page.names + listNames, list),
    Operation(
      "list_collections_get", "GET", "/v1/collections", "List collections", tag: "Collections", scope: .read,
      query: Parameter.paging + [Parameter("search", .string), Parameter("namespace_id", .string), Parameter("include_system", .boolean)], list),
    Operation(
      "get_collection", "GET", "/v1/collections/{collection_identifier}", "Read a collection by id or name", tag: "Collections", scope: .read
    ) { host, call throws(Problem) in
      .kept(try host.shown(host.collection(call)))
    },
    Operation(
      "update_collection", "PATCH", "/v1/collections/{collection_identifier}", "Change a collection", tag: "Collections", scope: .write,
      body: changeable
    ) { host, call throws(Problem) in
      var collection = try host.collection(call)
      let fields = try Fields(call.body, accepting: changeable)
      let alerts = try fields["alert_applications"].map { json throws(Problem) in
        try host.alertApplications(json, in: collection.namespaceID)
      }
      let applications = try host.applications(call.body, in: collection.namespaceID)
      let schedule = try CollectionSchedule(fields["schedule"])
      if let name = try fields.string("collection_name") { collection.name = try Names.check(name, path: "collection_name") }
      if let description = try fields.string("description") { collection.description = description }
      if let metadata = try fields.objectValue("metadata") { collection.metadata = metadata }
      if let isEnabled = try fields.bool("enabled") { collection.isEnabled = isEnabled }
      collection.updatedAt = host.surroundings.now()
      var transaction = Transaction()
      transaction.update(collection)
      let old = fields.object["schedule"] == nil ? nil : try host.scheduleTrigger(of: collection)
      // What is wrong with a schedule is told before anything changes.
      if let schedule { _ = try schedule.trigger(for: collection, host) }
      try host.commit(transaction, telling: .about(collection, .collectionUpdated))
      Gathering.current?.note(collection)
      if let schedule { try schedule.put(on: collection, replacing: old, host) } else if let old { try host.retire(old) }
      if let alerts { try host.set(alerts, at: collection, by: call.caller.name) }
      try host.set(applications, at: collection, by: call.caller.name)
      return .json(try host.shown(collection))
    },
    Operation(
      "delete_collection", "DELETE", "/v1/collections/{collection_identifier}", "Drop a collection and its documents", tag: "Collections",
      scope: .write
    ) { host, call throws(Problem) in
      let collection = try host.collection(call)
      try host.retireAlerts(at: collection)
      try host.retireApplications(at: collection)
      if let trigger = try host.scheduleTrigger(of: collection) { try host.retire(trigger) }
      var transaction = Transaction()
      transaction.deleteCollection(collection.id)
      try host.commit(transaction, telling: .about(collection, .collectionDeleted))
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
    let fields = try call.listFields(accepting: listNames)
    let (page, selection) = (try Page.byPlace(fields), try ListSelection(fields))
    // There are no collections of the system's own.
    _ = try fields.bool("include_system")
    // A namespace_id in the query means nothing: the contract goes by the header alone.
    let namespaceID = try call.namespaceID()
    let listing = try host.read { reader throws(Problem) in
      try selection.listing(page, texts: ["collection_name", "description"]) { page throws(Problem) in
        let triggers = try CollectionSchedule.triggers(in: namespaceID, reader)
        return try reader.collections(in: namespaceID, page).map { item throws(Problem) in
          try host.shown(item.collection, documents: item.documents, triggers[item.collection.id], reader)
        }
      }
    }
    return .kept(page.envelope(listing))
  }
}

extension Host {
  /// `trigger`: its schedule, which is made with it or not at all.
  func create(_ collection: Collection, with trigger: Trigger? = nil) throws(Problem) {
    var transaction = Transaction()
    transaction.insert(collection)
    let writes: [Write] = [.statements(transaction), .event(.about(collection, .collectionCreated))]
    do throws(Problem) {
      if let trigger { try put(trigger, isNew: true, with: writes) } else { _ = try write(writes) }
      Gathering.current?.note(collection)
    } catch {
      guard error.kind == .conflict else { throw error }
      throw Problem(.conflict, "collection '\(collection.name)' exists", hint: "Choose another collection_name", path: "collection_name")
    }
  }

  /// A collection as the API shows it, with its schedule and what is applied to it.
  func shown(_ collection: Collection) throws(Problem) -> JSON {
    try read { reader throws(Problem) in
      let triggers = try CollectionSchedule.triggers(in: collection.namespaceID, of: collection.id, reader)
      return try shown(collection, documents: try reader.documentCount(collection.id), triggers[collection.id], reader)
    }
  }

  fileprivate func shown(_ collection: Collection, documents: Int64, _ schedule: Trigger?, _ reader: Reader) throws(Problem) -> JSON {
    var json = collection.json(documentCount: documents, schedule).object ?? JSONObject()
    let alerts = try reader.applications(at: collection.id)
    if !alerts.isEmpty { json["alert_applications"] = .array(alerts.map(\.application.json)) }
    json.members += try applications(at: collection, reader)
    return .object(json)
  }

  /// The collection that the path names, by id or name.
  func collection(_ call: Call) throws(Problem) -> Collection {
    try collection(call.path["collection_identifier"] ?? "", in: call.namespaceID(), path: "collection_identifier")
  }

  func collection(_ identifier: String, in namespaceID: String, path: String) throws(Problem) -> Collection {
    if let own = Gathering.current?.collection(identifier, in: namespaceID) { return own }
    return try read { reader throws(Problem) in
      if let found = try reader.collection(identifier, in: namespaceID) { return found }
      throw .missing(
        "collection", identifier, path: path, known: try reader.collections(in: namespaceID, Page(limit: 100)).items.map(\.collection.name))
    }
  }
}
