import Basics
import Model
import Store

extension Operation {
  private static let executeNames =
    [
      "inputs", "filters", "stream", "expand", "skip_cache", "return_presigned_urls", "return_vectors", "write_token", "consistency",
      "target_collection_id", "explain",
    ] + RetrievalPage.names
  private static let executeQuery = [
    Parameter("return_presigned_urls", .boolean), Parameter("return_vectors", .boolean), Parameter("explain", .boolean),
    Parameter("include_legacy_results", .boolean), Parameter("skip_cache", .boolean),
  ]

  static let retrieverOperations: [Operation] = [
    Operation(
      "create_retriever", "POST", "/v1/retrievers", "Keep a search: its collections, stages and inputs", tag: "Retrievers", scope: .write,
      body: Retriever.accepted
    ) { host, call throws(Problem) in
      var retriever = try Retriever(creating: call.body, in: call.namespaceID(), by: call.caller.name, surroundings: host.surroundings)
      try host.resolve(&retriever)
      var transaction = Transaction()
      transaction.insert(retriever)
      try host.commit(transaction, of: retriever)
      return .json(retriever.json)
    },
    Operation(
      "get_retriever", "GET", "/v1/retrievers/{retriever_id}", "Read a retriever by id or name", tag: "Retrievers", scope: .read
    ) { host, call throws(Problem) in .kept(try host.retriever(call).json) },
    Operation(
      "patch_retriever", "PATCH", "/v1/retrievers/{retriever_id}", "Change a retriever; it becomes its next version", tag: "Retrievers",
      scope: .write, body: Retriever.accepted
    ) { host, call throws(Problem) in
      var retriever = try host.retriever(call)
      let expected = retriever.version
      try retriever.change(call.body)
      try host.resolve(&retriever)
      retriever.version += 1
      retriever.updatedAt = host.surroundings.now()
      var transaction = Transaction()
      transaction.update(retriever, expecting: expected)
      try host.commit(transaction, of: retriever)
      return .json(["retriever": retriever.json])
    },
    Operation(
      "delete_retriever", "DELETE", "/v1/retrievers/{retriever_id}", "Remove a retriever with its executions and triggers", tag: "Retrievers",
      scope: .write
    ) { host, call throws(Problem) in
      let retriever = try host.retriever(call)
      let namespaceID = retriever.namespaceID
      let users = try host.read { reader throws(Problem) in try reader.alerts(in: namespaceID).items.filter { $0.retrieverID == retriever.id } }
      if let user = users.first {
        throw Problem(
          .conflict, "\(users.count) alert\(users.count == 1 ? " uses" : "s use") the retriever '\(retriever.name)', '\(user.name)' first",
          hint: "Delete the alerts, or give them another retriever_id", path: "retriever_id",
          details: ["alert_ids": .array(users.prefix(20).map { .string($0.id) })])
      }
      let taxonomies = try host.read { reader throws(Problem) in
        try reader.taxonomies(in: namespaceID, Page(limit: 100_000)).items.filter { [retriever.id, retriever.name].contains($0.config.retrieverID) }
      }
      if let user = taxonomies.first {
        throw Problem(
          .conflict, "the taxonomy '\(user.name)' takes its nodes by the retriever '\(retriever.name)'",
          hint: "Delete the taxonomy, or make a version of it without retriever_id", path: "retriever_id",
          details: ["taxonomy_ids": .array(taxonomies.prefix(20).map { .string($0.id) })])
      }
      try host.disableTriggers(about: retriever.id, in: retriever.namespaceID)
      var transaction = Transaction()
      transaction.deleteRetriever(retriever.id)
      try host.commit(transaction)
      return .json(["success": true, "message": "deleted", "retriever_id": .string(retriever.id)])
    },
    Operation(
      "list_retrievers", "POST", "/v1/retrievers/list", "List retrievers", tag: "Retrievers", scope: .read, query: Parameter.paging,
      body: Page.names + ListSelection.names, list),
    Operation("list_retrievers_get", "GET", "/v1/retrievers", "List retrievers", tag: "Retrievers", scope: .read, query: Parameter.paging, list),
    Operation(
      "execute_retriever", "POST", "/v1/retrievers/{retriever_id}/execute", "Find documents, with inputs of this execution", tag: "Retrievers",
      scope: .read, query: executeQuery, body: executeNames, execute),
    Operation(
      "list_executions_retrievers", "POST", "/v1/retrievers/{retriever_id}/executions/list", "Past executions, newest first", tag: "Retrievers",
      scope: .read, query: Parameter.paging, body: Page.names + ["filters", "sorts", "status"]
    ) { host, call throws(Problem) in
      let retriever = try host.retriever(call)
      let fields = try call.listFields(accepting: ["filters", "sorts", "status"])
      let page = try Page.byPlace(fields)
      let status: RetrieverExecution.Status? = try fields.choice("status")
      try host.awaitRecords()
      let selects = fields["filters"] != nil || fields["sorts"] != nil
      let selection = try ListSelection(fields)
      let listing: Listing<JSON>
      if selects {
        let all = try host.read { reader throws(Problem) in
          try reader.retrievals(of: retriever.id, status: status, Page(limit: Int(Host.keptExecutions)))
        }
        listing = selection.page(page, of: all.items.map(\.summary)) { _ in [] }
      } else {
        listing = try host.read { reader throws(Problem) in try reader.retrievals(of: retriever.id, status: status, page) }
          .map { execution throws(Problem) in execution.summary }
      }
      return .json([
        "results": .array(listing.items),
        "pagination": [
          "total": .int(listing.total), "limit": .int(page.limit), "offset": .int(page.offset),
          "has_next": .bool(Int64(page.offset + listing.items.count) < listing.total),
        ],
      ])
    },
    Operation(
      "get_execution_retrievers", "GET", "/v1/retrievers/{retriever_id}/executions/{execution_id}", "How one execution went", tag: "Retrievers",
      scope: .read
    ) { host, call throws(Problem) in
      let retriever = try host.retriever(call)
      let id = try call.parameter("execution_id")
      try host.awaitRecords()
      guard let execution = try host.read({ reader throws(Problem) in try reader.retrieval(id, of: retriever.id) }) else {
        throw Problem(
          .notFound, "execution '\(id)' of retriever '\(retriever.name)' does not exist",
          hint: "The last \(Host.keptExecutions) are kept: POST /v1/retrievers/\(retriever.id)/executions/list", path: "execution_id")
      }
      return .json(execution.json)
    },
  ]

  private static func list(_ host: Host, _ call: Call) throws(Problem) -> Answer {
    let fields = try call.listFields(accepting: ListSelection.names)
    let (page, selection, namespaceID) = (try Page.byPlace(fields), try ListSelection(fields), try call.namespaceID())
    let all = try host.read { reader throws(Problem) in try reader.retrievers(in: namespaceID, Page(limit: 100_000)) }
    let listing = selection.page(page, of: all.items.map(\.json)) { [$0["retriever_name"]?.string, $0["description"]?.string] }
    var envelope = page.envelope(listing).object ?? JSONObject()
    envelope["total"] = .int(listing.total)
    return .kept(.object(envelope))
  }

  private static func execute(_ host: Host, _ call: Call) throws(Problem) -> Answer {
    let retriever = try host.retriever(call)
    let fields = try Fields(call.body, accepting: executeNames)
    for (name, off) in [("expand", JSON.array([])), ("stream", false), ("target_collection_id", .null)] {
      if let value = fields[name], value != off { throw Problem(.unsupported, "'\(name)' is not in this build", hint: "Leave it out", path: name) }
    }
    for name in ["skip_cache", "return_presigned_urls"] { _ = try fields.bool(name) }
    let consistency = try Fields(fields["consistency"], path: "consistency", accepting: ["mode", "max_staleness_ms"])
    if let mode = try consistency.string("mode"), !["strong", "eventual"].contains(mode) {
      throw Problem(.invalid, "unknown mode '\(mode)'", hint: "One of: strong, eventual", path: "consistency.mode")
    }
    let page = try RetrievalPage(fields)
    let inputs = try fields.objectValue("inputs") ?? JSONObject()
    let filter = try fields["filters"].map { json throws(Problem) in try Filter(json, path: "filters") }
    let (asked, wanted) = (try fields.bool("return_vectors"), try fields.bool("explain"))
    let vectors = call.query["return_vectors"]?.bool ?? asked ?? false
    let report = try RetrievalReport(host, retriever, inputs: inputs, filter: filter, page: page, vectors: vectors, isKept: call.depth == 0)
    var answer = report.json
    if call.query["include_legacy_results"]?.bool ?? false { answer["results"] = answer["documents"] }
    if call.query["explain"]?.bool ?? wanted ?? false { answer["explain_plan"] = report.plan }
    return .json(.object(answer))
  }
}

extension Host {
  /// Of each retriever and each alert so many executions are kept.
  static let keptExecutions: Int64 = 1000

  /// The retriever that the path names, by id or name.
  func retriever(_ call: Call) throws(Problem) -> Retriever {
    try retriever(call.parameter("retriever_id"), in: call.namespaceID(), path: "retriever_id")
  }

  func retriever(_ identifier: String, in namespaceID: String, path: String) throws(Problem) -> Retriever {
    try read { reader throws(Problem) in
      if let found = try reader.retriever(identifier, in: namespaceID) { return found }
      throw .missing("retriever", identifier, path: path, known: try reader.retrievers(in: namespaceID, Page(limit: 100)).items.map(\.name))
    }
  }

  /// Names a retriever's collections by their identifiers, and refuses one whose searches look for an index that they lack.
  func resolve(_ retriever: inout Retriever) throws(Problem) {
    var collections: [Collection] = []
    for (position, name) in retriever.collectionIDs.enumerated() {
      collections.append(try collection(name, in: retriever.namespaceID, path: "collection_identifiers[\(position)]"))
    }
    retriever.collectionIDs = collections.map(\.id)
    for (position, stage) in retriever.stages.enumerated() where stage.kind == .featureSearch {
      let path = "stages[\(position)].config.parameters"
      var stated: [(names: [String], uri: String?, path: String)] = [(Self.names(stage.parameters), nil, path)]
      for (number, search) in (stage.parameters["searches"]?.array ?? []).enumerated() {
        let own = Self.names(search.object ?? JSONObject())
        let uri = (search["feature_uri"] ?? search["feature_address"])?.string
        stated.append((own.isEmpty ? stated[0].names : own, uri, "\(path).searches[\(number)]"))
      }
      for (names, uri, path) in stated {
        var places = names.isEmpty ? collections : []
        for (number, name) in names.enumerated() where !name.contains("{{") {
          places.append(try collection(name, in: retriever.namespaceID, path: "\(path).collection_identifiers[\(number)]"))
        }
        guard let uri, !uri.contains("{{") else { continue }
        guard !places.isEmpty else {
          throw Problem(
            .invalid, "it is not said which collections to search", hint: "For example \"collection_identifiers\": [\"products\"]",
            path: "collection_identifiers", details: ["type": "missing"])
        }
        for place in places { _ = try Retrieval.index(RetrieverSearch.index(of: uri), of: place, path: "\(path).feature_uri") }
      }
    }
  }

  private static func names(_ parameters: JSONObject) -> [String] { parameters["collection_identifiers"]?.array?.compactMap(\.string) ?? [] }

  /// Commits what makes or renames a retriever; a name that is taken is told from somebody else's change.
  func commit(_ transaction: Transaction, of retriever: Retriever) throws(Problem) {
    do throws(Problem) {
      try commit(transaction)
    } catch {
      guard error.kind == .conflict else { throw error }
      let namespaceID = retriever.namespaceID
      let other = try read { reader throws(Problem) in try reader.retriever(retriever.name, in: namespaceID) }
      guard let other, other.id != retriever.id else { throw error }
      throw Problem(.conflict, "retriever '\(retriever.name)' exists", hint: "Choose another retriever_name", path: "retriever_name")
    }
  }

  /// Retires the triggers whose action is about a thing that goes.
  func disableTriggers(about resourceID: String, in namespaceID: String) throws(Problem) {
    for var trigger in try read({ reader throws(Problem) in try reader.activeTriggers() })
    where trigger.namespaceID == namespaceID && trigger.action.resourceID == resourceID {
      trigger.status = .disabled
      try put(trigger, isNew: false)
    }
  }

  /// Keeps an execution, without waiting for the disk: an answer is not held up by its own record.
  func record(_ execution: RetrieverExecution) {
    var transaction = Transaction()
    transaction.append(execution, keeping: Self.keptExecutions)
    inbox.put(.commit(transaction, Reply()))
  }

  /// Waits until everything recorded so far can be read: what is put into the inbox later is committed no earlier.
  func awaitRecords() throws(Problem) { try commit(Transaction()) }
}
