import Basics
import Model
import Store

extension Operation {
  private static let versionQuery = [Parameter("version", .integer)]
  private static let executeNames = [
    "taxonomy", "retriever", "source_documents", "documents", "source_collection_id", "target_collection_id", "join_mode", "batch_size",
    "scroll_filters",
  ]
  private static let applyNames = [
    "taxonomy_id", "scroll_filters", "batch_size", "parallelism", "budget_limits", "incremental", "target_collection_id",
  ]

  static let taxonomyOperations: [Operation] = [
    Operation(
      "create_taxonomy", "POST", "/v1/taxonomies", "Define a taxonomy over collections that hold its nodes", tag: "Taxonomies", scope: .write,
      body: ["taxonomy_name", "description", "config", "metadata"]
    ) { host, call throws(Problem) in
      var taxonomy = try Taxonomy(creating: call.body, in: call.namespaceID(), surroundings: host.surroundings)
      try host.resolve(&taxonomy)
      var transaction = Transaction()
      transaction.insert(taxonomy)
      try host.commit(transaction, of: taxonomy, telling: .taxonomyCreated)
      return .json(taxonomy.json)
    },
    Operation(
      "get_taxonomy", "GET", "/v1/taxonomies/{taxonomy_identifier}", "Read a taxonomy by id or name, with the nodes of its tree", tag: "Taxonomies",
      scope: .read, query: versionQuery
    ) { host, call throws(Problem) in
      let taxonomy = try host.taxonomy(call)
      var json = taxonomy.json.object ?? JSONObject()
      guard taxonomy.config.kind == .hierarchical else { return .kept(.object(json)) }
      do throws(Problem) {
        json["nodes"] = .array(try host.read { reader throws(Problem) in try TaxonomyModel(taxonomy, in: reader) }.pathNodes)
      } catch {
        // Its collections may be empty or gone: it can be read all the same, and says that it cannot classify.
        guard error.kind == .invalid || error.kind == .notFound else { throw error }
        json["nodes"] = []
        json["ready"] = false
      }
      return .kept(.object(json))
    },
    Operation(
      "list_taxonomies", "POST", "/v1/taxonomies/list", "List taxonomies", tag: "Taxonomies", scope: .read, query: Parameter.paging,
      body: Page.names + ListSelection.names, list),
    Operation(
      "list_taxonomies_get", "GET", "/v1/taxonomies", "List taxonomies", tag: "Taxonomies", scope: .read, query: Parameter.paging, list),
    Operation(
      "patch_taxonomy", "PATCH", "/v1/taxonomies/{taxonomy_identifier}", "Change a taxonomy's name, description or metadata", tag: "Taxonomies",
      scope: .write, body: ["taxonomy_name", "description", "metadata"]
    ) { host, call throws(Problem) in
      var taxonomy = try host.taxonomy(call)
      let fields = try Fields(call.body, accepting: ["taxonomy_name", "description", "metadata"])
      if let name = try fields.string("taxonomy_name") { taxonomy.name = try Names.check(name, path: "taxonomy_name") }
      if let description = try fields.string("description") { taxonomy.description = description }
      if let metadata = try fields.objectValue("metadata") {
        guard metadata["classification"] ?? .null == taxonomy.metadata["classification"] ?? .null else {
          throw Problem(
            .invalid, "how a taxonomy classifies is changed by a new version of it", hint: "POST /v1/taxonomies/{taxonomy_id}/versions",
            path: "metadata.classification")
        }
        taxonomy.metadata = metadata
      }
      taxonomy.updatedAt = host.surroundings.now()
      var transaction = Transaction()
      transaction.update(taxonomy, expecting: taxonomy.version)
      try host.commit(transaction, of: taxonomy, telling: .taxonomyUpdated)
      return .json(taxonomy.json)
    },
    Operation(
      "delete_taxonomy", "DELETE", "/v1/taxonomies/{taxonomy_identifier}", "Remove a taxonomy and its triggers; what documents got from it stays",
      tag: "Taxonomies", scope: .write
    ) { host, call throws(Problem) in
      let taxonomy = try host.taxonomy(call)
      for var trigger in try host.read({ reader throws(Problem) in try reader.activeTriggers() })
      where trigger.namespaceID == taxonomy.namespaceID && trigger.action.resourceID == taxonomy.id {
        trigger.status = .disabled
        try host.put(trigger, isNew: false)
      }
      var transaction = Transaction()
      transaction.deleteTaxonomy(taxonomy.id)
      try host.commit(transaction, telling: .about(taxonomy, .taxonomyDeleted))
      return .json(["success": true, "message": "deleted", "taxonomy_id": .string(taxonomy.id)])
    },
    Operation(
      "clone_taxonomy", "POST", "/v1/taxonomies/{taxonomy_identifier}/clone", "Copy a taxonomy, with another configuration if one is given",
      tag: "Taxonomies", scope: .write, body: ["taxonomy_name", "description", "config"]
    ) { host, call throws(Problem) in
      let source = try host.taxonomy(call)
      let fields = try Fields(call.body, accepting: ["taxonomy_name", "description", "config"])
      var body: JSONObject = ["metadata": .object(source.metadata), "config": .object(source.config.object)]
      body["description"] = fields["description"] ?? .optional(source.description)
      body["taxonomy_name"] = .string(try fields.required("taxonomy_name", example: "\"products_v2\""))
      if let config = fields["config"] { body["config"] = config }
      var copy = try Taxonomy(creating: .object(body), in: source.namespaceID, surroundings: host.surroundings)
      try host.resolve(&copy)
      var transaction = Transaction()
      transaction.insert(copy)
      try host.commit(transaction, of: copy, telling: .taxonomyCreated)
      return .json(["taxonomy": copy.json, "source_taxonomy_id": .string(source.id)])
    },
    Operation(
      "create_taxonomy_version", "POST", "/v1/taxonomies/{taxonomy_id}/versions", "Give a taxonomy another configuration, as its next version",
      tag: "Taxonomies", scope: .write, body: ["config", "…configuration"]
    ) { host, call throws(Problem) in
      var taxonomy = try host.taxonomy(call)
      // The configuration alone is taken as well as one that is wrapped: the contract leaves the body open.
      let config = call.body["config"] ?? call.body
      taxonomy.config = try TaxonomyConfig(config, metadata: taxonomy.metadata)
      try host.resolve(&taxonomy)
      let expected = taxonomy.version
      taxonomy.version += 1
      taxonomy.updatedAt = host.surroundings.now()
      var transaction = Transaction()
      transaction.update(taxonomy, expecting: expected)
      try host.commit(transaction, telling: .about(taxonomy, .taxonomyUpdated))
      return .json(taxonomy.json)
    },
    Operation(
      "list_taxonomy_versions", "GET", "/v1/taxonomies/{taxonomy_id}/versions", "The versions of a taxonomy, newest first", tag: "Taxonomies",
      scope: .read
    ) { host, call throws(Problem) in
      let taxonomy = try host.taxonomy(call)
      let versions = try host.read { reader throws(Problem) in try reader.taxonomyVersions(of: taxonomy.id) }
      let listing = Listing(items: versions.map(\.json), total: Int64(versions.count))
      return .json(Page(limit: 1000).envelope(listing))
    },
    Operation(
      "execute_taxonomy", "POST", "/v1/taxonomies/{taxonomy_identifier}/execute", "Classify up to 5 sample documents; nothing is stored",
      tag: "Taxonomies", scope: .read, query: versionQuery, body: executeNames, execute),
    Operation(
      "execute_taxonomy_deprecated", "POST", "/v1/taxonomies/execute/{taxonomy_identifier}", "Classify up to 5 sample documents; nothing is stored",
      tag: "Taxonomies", scope: .read, query: versionQuery, body: executeNames, execute),
    Operation(
      "apply_taxonomy_to_collection", "POST", "/v1/collections/{collection_identifier}/apply-taxonomy",
      "Queue the enrichment of a collection's documents; answers its task", tag: "Taxonomies", scope: .execute, body: applyNames
    ) { host, call throws(Problem) in
      let collection = try host.collection(call)
      let fields = try Fields(call.body, accepting: applyNames)
      let taxonomy = try host.taxonomy(
        fields.required("taxonomy_id", example: "\"tax_products\""), in: collection.namespaceID, path: "taxonomy_id")
      var inputs: JSONObject = ["taxonomy_id": .string(taxonomy.id), "collection_id": .string(collection.id)]
      if let filters = fields["scroll_filters"] {
        _ = try Filter(filters, path: "scroll_filters")
        inputs["filters"] = filters
      }
      try fields.check(["budget_limits": .object])
      _ = try fields.int("batch_size", in: 100...5000)
      _ = try fields.int("parallelism", in: 1...20)
      _ = try fields.bool("incremental")
      for name in ["batch_size", "parallelism", "incremental"] { if let value = fields[name] { inputs[name] = value } }
      if let target = try fields.targetCollection {
        inputs["target_collection_id"] = .string(try host.collection(target, in: collection.namespaceID, path: "target_collection_id").id)
      }
      let task = TaskRecord(
        id: Identifier.make("task", host.surroundings), namespaceID: collection.namespaceID, kind: .taxonomyEnrichment, inputs: inputs,
        createdAt: host.surroundings.now())
      try host.start(task)
      let count = try host.read { reader throws(Problem) in try reader.documentCount(collection.id) }
      return .json([
        "task_id": .string(task.id), "status": .string(task.status.rawValue), "collection_id": .string(collection.id),
        "taxonomy_id": .string(taxonomy.id), "estimated_documents": .int(count),
      ])
    },
  ]

  private static func list(_ host: Host, _ call: Call) throws(Problem) -> Answer {
    let fields = try call.listFields(accepting: ListSelection.names)
    let (page, selection, namespaceID) = (try Page.byPlace(fields), try ListSelection(fields), try call.namespaceID())
    let listing = try selection.listing(page, texts: ["taxonomy_name", "description"]) { page throws(Problem) in
      try host.read { reader throws(Problem) in try reader.taxonomies(in: namespaceID, page) }.map { taxonomy throws(Problem) in taxonomy.json }
    }
    return .kept(page.envelope(listing))
  }

  private static func execute(_ host: Host, _ call: Call) throws(Problem) -> Answer {
    let fields = try Fields(call.body, accepting: executeNames)
    var taxonomy = try host.taxonomy(call)
    if let config = try Fields(fields["taxonomy"], path: "taxonomy")["config"] {
      taxonomy.config = try TaxonomyConfig(config, metadata: taxonomy.metadata, path: "taxonomy.config")
      try host.resolve(&taxonomy)
    }
    return .json(try TaxonomyTrial(host, taxonomy, fields).answer())
  }
}

extension Host {
  /// The taxonomy that the path names, by id or name, in the version that the query names.
  func taxonomy(_ call: Call) throws(Problem) -> Taxonomy {
    let identifier = call.path["taxonomy_identifier"] ?? call.path["taxonomy_id"] ?? ""
    guard let version = call.query["version"]?.int else { return try taxonomy(identifier, in: call.namespaceID(), path: "taxonomy_identifier") }
    let newest = try taxonomy(identifier, in: call.namespaceID(), path: "taxonomy_identifier")
    guard let found = try read({ reader throws(Problem) in try reader.taxonomy(newest.id, in: newest.namespaceID, version: version) }) else {
      throw Problem(.notFound, "taxonomy '\(newest.name)' has no version \(version)", hint: "It has 1 to \(newest.version)", path: "version")
    }
    return found
  }

  func taxonomy(_ identifier: String, in namespaceID: String, path: String) throws(Problem) -> Taxonomy {
    try read { reader throws(Problem) in
      if let found = try reader.taxonomy(identifier, in: namespaceID) { return found }
      throw .missing("taxonomy", identifier, path: path, known: try reader.taxonomies(in: namespaceID, Page(limit: 100)).items.map(\.name))
    }
  }

  /// Names a taxonomy's collections by their identifiers, and refuses one that cannot classify, whatever its nodes will be.
  func resolve(_ taxonomy: inout Taxonomy) throws(Problem) {
    let namespaceID = taxonomy.namespaceID
    try checkRetriever(of: taxonomy)
    taxonomy.config = try taxonomy.config.resolving { name, path throws(Problem) in try collection(name, in: namespaceID, path: path).id }
    let resolved = taxonomy
    _ = try read { reader throws(Problem) in try TaxonomyNodes.check(resolved, in: reader).index }
  }

  /// The retriever that a taxonomy names exists; or it is what another one, whose configuration was copied, shows in its place.
  private func checkRetriever(of taxonomy: Taxonomy) throws(Problem) {
    guard let named = taxonomy.config.retrieverID, named != taxonomy.standIn else { return }
    do throws(Problem) {
      _ = try retriever(named, in: taxonomy.namespaceID, path: "config.retriever_id")
    } catch {
      let others = try read { reader throws(Problem) in try reader.taxonomies(in: taxonomy.namespaceID, Page(limit: 100_000)) }
      guard error.kind == .notFound, others.items.contains(where: { $0.standIn == named }) else { throw error }
    }
  }

  /// Commits what makes or renames a taxonomy; a name that is taken is the one conflict that can be.
  func commit(_ transaction: Transaction, of taxonomy: Taxonomy, telling event: Schedule.EventType) throws(Problem) {
    do throws(Problem) {
      try commit(transaction, telling: .about(taxonomy, event))
    } catch {
      guard error.kind == .conflict else { throw error }
      throw Problem(.conflict, "taxonomy '\(taxonomy.name)' exists", hint: "Choose another taxonomy_name", path: "taxonomy_name")
    }
  }

  /// Names what an enrichment is about by identifiers, and refuses what does not exist.
  func resolveEnrichment(_ trigger: inout Trigger) throws(Problem) {
    let fields = try Fields(.object(trigger.action.config), path: "action_config")
    let found = try taxonomy(
      fields.required("taxonomy_id", example: "\"tax_products\""), in: trigger.namespaceID, path: "action_config.taxonomy_id")
    let source = try collection(
      fields.required("collection_id", example: "\"col_inventory\""), in: trigger.namespaceID, path: "action_config.collection_id")
    trigger.action.config["taxonomy_id"] = .string(found.id)
    trigger.action.config["collection_id"] = .string(source.id)
    if let target = try fields.targetCollection {
      trigger.action.config["target_collection_id"] = .string(
        try collection(target, in: trigger.namespaceID, path: "action_config.target_collection_id").id)
    }
  }
}
