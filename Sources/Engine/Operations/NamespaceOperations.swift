package import Basics
package import Model
import Store

extension Operation {
  private static let standaloneNames = ["namespace_id", "namespace_name", "vector_configs", "storage", "config", "auto_create_indexes"]

  static let namespaceOperations: [Operation] = [
    Operation(
      "create_namespace", "POST", "/v1/namespaces", "New tenant area", tag: "Namespaces", scope: .admin, inNamespace: false, body: Namespace.accepted
    ) { host, call throws(Problem) in
      let namespace = try Namespace(creating: call.body, surroundings: host.surroundings)
      let indexes = try PayloadIndex.list(call.body["payload_indexes"], in: namespace.id, at: host.surroundings.now())
      let made = try create(namespace, host)
      try host.declare(indexes, in: made.id, replacing: false)
      return .json(try host.shown(made))
    },
    Operation(
      "create_standalone_namespace", "POST", "/v1/namespaces/standalone", "Namespace for own vectors", tag: "Namespaces", scope: .admin,
      inNamespace: false, body: standaloneNames
    ) { host, call throws(Problem) in
      let fields = try Fields(call.body, accepting: standaloneNames)
      try fields.check(["auto_create_indexes": .boolean, "storage": .object, "config": .object])
      let name = try Names.check(fields.required("namespace_id", example: "\"production\""), path: "namespace_id", in: 1...128)
      let now = host.surroundings.now()
      let namespace = Namespace(
        id: name, name: try fields.string("namespace_name").map { name throws(Problem) in try Names.check(name, path: "namespace_name") } ?? name,
        vectorIndexes: try VectorIndex.list(fields["vector_configs"], path: "vector_configs"), createdAt: now, updatedAt: now)
      let made = try create(namespace, host)
      return .json([
        "namespace_id": .string(made.id), "mode": "standalone", "status": "active", "vector_configs": made.json["vector_configs"] ?? [],
        "document_count": 0,
      ])
    },
    Operation(
      "list_namespaces", "POST", "/v1/namespaces/list", "List namespaces", tag: "Namespaces", scope: .read, inNamespace: false,
      query: Parameter.paging + [Parameter("view", .string), Parameter("include_system", .boolean)], body: Page.names + ListSelection.names, list),
    Operation(
      "list_namespaces_get", "GET", "/v1/namespaces", "List namespaces", tag: "Namespaces", scope: .read, inNamespace: false, query: Parameter.paging,
      list),
    Operation(
      "get_namespace", "GET", "/v1/namespaces/{namespace_identifier}", "Read a namespace by id or name", tag: "Namespaces", scope: .read,
      inNamespace: false
    ) { host, call throws(Problem) in .json(try host.shown(try find(call, host))) },
    Operation(
      "patch_namespace", "PATCH", "/v1/namespaces/{namespace_identifier}", "Change a namespace; indexes are added", tag: "Namespaces", scope: .admin,
      inNamespace: false, body: Namespace.accepted
    ) { host, call throws(Problem) in try change(host, call, replacing: false) },
    Operation(
      "update_namespace", "PUT", "/v1/namespaces/{namespace_identifier}", "Replace a namespace's name and indexes", tag: "Namespaces", scope: .admin,
      inNamespace: false, body: Namespace.accepted
    ) { host, call throws(Problem) in try change(host, call, replacing: true) },
    Operation(
      "delete_namespace", "DELETE", "/v1/namespaces/{namespace_identifier}", "Delete a namespace and everything in it", tag: "Namespaces",
      scope: .admin, inNamespace: false, query: [Parameter("force", .boolean)]
    ) { host, call throws(Problem) in
      let namespace = try find(call, host)
      if !(call.query["force"]?.bool ?? false) {
        for status in [Batch.Status.pending, .inProgress] {
          let query = BatchQuery(namespaceID: namespace.id, status: status, page: Page(limit: 1))
          if let open = try host.read({ reader throws(Problem) in try reader.batches(query).items.first }) {
            throw Problem(
              .conflict, "batch '\(open.id)' in the namespace is \(open.status.rawValue)", hint: "Wait for it, or delete with ?force=true",
              path: "namespace_identifier")
          }
        }
      }
      // Its triggers leave the agenda before their rows go.
      let triggers = try host.read { reader throws(Problem) in try reader.activeTriggers() }
      for var trigger in triggers where trigger.namespaceID == namespace.id {
        trigger.status = .disabled
        try host.put(trigger, isNew: false)
      }
      var transaction = Transaction()
      transaction.deleteNamespace(namespace.id)
      var answer = host.doneAtOnce("api_namespaces_delete", ["namespace_id": .string(namespace.id)], in: namespace.id, with: &transaction)
      let tasks = try host.read { reader throws(Problem) in try reader.unfinishedTasks() }
      try host.commit(transaction)
      // What still runs in it can write nothing any more.
      for task in tasks where task.namespaceID == namespace.id { host.interrupt(task.id) }
      answer.set([.init(key: "success", value: true), .init(key: "namespace_id", value: .string(namespace.id))])
      return .json(.object(answer))
    },
    Operation(
      "get_namespace_stats", "GET", "/v1/namespaces/{namespace_identifier}/stats", "Counts of a namespace", tag: "Namespaces", scope: .read,
      inNamespace: false
    ) { host, call throws(Problem) in .json(try stats(of: find(call, host), host)) },
    Operation(
      "get_namespace_stats_batch", "POST", "/v1/namespaces/stats/batch", "Counts of up to 100 namespaces", tag: "Namespaces", scope: .read,
      inNamespace: false, body: ["namespace_ids"]
    ) { host, call throws(Problem) in
      let fields = try Fields(call.body, accepting: ["namespace_ids"])
      guard let names = try fields.strings("namespace_ids") else { throw fields.missing("namespace_ids", example: "[\"ns_default\"]") }
      guard names.count <= 100 else {
        throw Problem(.tooLarge, "\(names.count) namespaces in one call", hint: "Give at most 100", path: "namespace_ids")
      }
      var stats = JSONObject()
      // What does not exist, or is not the caller's, is left out, as everywhere one cannot tell the two apart.
      for name in names {
        guard let namespace = try host.read({ reader throws(Problem) in try reader.namespace(name) }), call.caller.opens(namespace.id) else {
          continue
        }
        stats[name] = try Self.stats(of: namespace, host)
      }
      return .json(["stats": .object(stats)])
    },
  ]

  private static func stats(of namespace: Namespace, _ host: Host) throws(Problem) -> JSON {
    try host.read { reader throws(Problem) in
      let counts = try reader.counts(ofNamespace: namespace.id)
      return [
        "namespace_id": .string(namespace.id), "namespace_name": .string(namespace.name), "collection_count": .int(counts.collections),
        "document_count": .int(counts.documents), "document_count_complete": true, "bucket_count": .int(counts.buckets),
        "object_count": .int(counts.objects),
      ]
    }
  }

  private static func create(_ namespace: Namespace, _ host: Host) throws(Problem) -> Namespace {
    var transaction = Transaction()
    transaction.insert(namespace)
    do throws(Problem) {
      try host.commit(transaction)
    } catch {
      guard error.kind == .conflict else { throw error }
      try refuseTaken(namespace, host)
      throw error
    }
    try host.limitTasks(of: namespace)
    return namespace
  }

  /// Tells which namespace has the name or the identifier of this one already.
  private static func refuseTaken(_ namespace: Namespace, _ host: Host) throws(Problem) {
    for (word, field) in [(namespace.name, "namespace_name"), (namespace.id, "namespace_id")] {
      guard let other = try host.read({ reader throws(Problem) in try reader.namespace(word) }), other.id != namespace.id || field == "namespace_id"
      else {
        continue
      }
      throw Problem(.conflict, "namespace '\(word)' exists", hint: "Choose another \(field)", path: field)
    }
  }

  private static func list(_ host: Host, _ call: Call) throws(Problem) -> Answer {
    var call = call
    let view: View = try Fields(.object(call.query)).choice("view") ?? .full
    // There are none of the system's own.
    for name in ["view", "include_system"] { call.query[name] = nil }
    let fields = try call.listFields(accepting: ListSelection.names)
    let (page, selection) = (try Page.byPlace(fields), try ListSelection(fields))
    let caller = call.caller
    let listing = try selection.listing(page, texts: ["namespace_name", "description"]) { page throws(Problem) in
      if caller.namespaces.isEmpty {
        return try host.read { reader throws(Problem) in try reader.namespaces(page) }.map { namespace throws(Problem) in namespace.json }
      }
      // Of those that a key may enter, the page: not of all, of which it would see a part.
      let all = try host.read { reader throws(Problem) in try reader.namespaces(Page(limit: 100_000)) }.items.filter { caller.opens($0.id) }
      return Listing(items: all.dropFirst(page.offset).prefix(page.limit).map(\.json), total: Int64(all.count))
    }
    if view == .full { return .json(page.envelope(listing)) }
    return .json(
      page.envelope(
        try listing.map { item throws(Problem) in
          .object(JSONObject(members: (item.object?.members ?? []).filter { $0.key != "vector_configs" && $0.key != "payload_indexes" }))
        }))
  }

  /// How much a list says of each namespace: a summary leaves out its indexes.
  private enum View: String, CaseIterable { case full, summary }

  private static func change(_ host: Host, _ call: Call, replacing: Bool) throws(Problem) -> Answer {
    var namespace = try find(call, host)
    let fields = try Fields(call.body, accepting: Namespace.accepted)
    try Namespace.checkTheRest(fields)
    if let mode: Namespace.Mode = try fields.choice("mode") { namespace.mode = mode }
    if let name = try fields.string("namespace_name") { namespace.name = try Names.check(name, path: "namespace_name", in: 1...64) }
    if let description = try fields.string("description") { namespace.description = description }
    if let indexes = fields["vector_configs"] { namespace.vectorIndexes = try VectorIndex.list(indexes, path: "vector_configs") }
    let indexes = try fields["payload_indexes"].map { json throws(Problem) in
      try PayloadIndex.list(json, in: namespace.id, at: host.surroundings.now())
    }
    if fields.object["max_concurrent_tasks"] != nil { namespace.maxConcurrentTasks = try Namespace.limit(fields) }
    namespace.updatedAt = host.surroundings.now()
    var transaction = Transaction()
    transaction.update(namespace)
    do throws(Problem) {
      try host.commit(transaction)
    } catch {
      guard error.kind == .conflict else { throw error }
      if let other = try host.read({ reader throws(Problem) in try reader.namespace(namespace.name) }), other.id != namespace.id {
        throw Problem(.conflict, "namespace '\(namespace.name)' exists", hint: "Choose another namespace_name", path: "namespace_name")
      }
      throw error
    }
    try host.limitTasks(of: namespace)
    if let indexes { try host.declare(indexes, in: namespace.id, replacing: replacing) }
    return .json(try host.shown(namespace))
  }

  static func find(_ call: Call, _ host: Host) throws(Problem) -> Namespace {
    let identifier = call.path["namespace_identifier"] ?? call.path["namespace_id"] ?? ""
    return try host.namespace(identifier, for: call.caller)
  }
}

extension Host {
  /// The namespace of that identifier or name, if the caller may enter it. A foreign one is as absent as one that does not exist.
  package func namespace(_ identifier: String, for caller: Caller) throws(Problem) -> Namespace {
    let found = try read { reader throws(Problem) in try reader.namespace(identifier) }
    // There is always the default one, also before anybody has needed it.
    if found == nil, identifier == Namespace.defaultName, caller.namespaces.isEmpty { return try defaultNamespace(for: caller) }
    guard let found, caller.opens(found.id) else {
      let known = try read { reader throws(Problem) in try reader.namespaces(Page(limit: 100)) }
      throw .missing("namespace", identifier, path: "namespace", known: known.items.filter { caller.opens($0.id) }.map(\.name))
    }
    return found
  }

  /// The namespace that a request without one means: the key's only one, or `default`, which is made when it is first needed.
  package func defaultNamespace(for caller: Caller) throws(Problem) -> Namespace {
    if let only = caller.onlyNamespace { return try namespace(only, for: caller) }
    if let known = try read({ reader throws(Problem) in try reader.namespace(Namespace.defaultName) }) {
      guard caller.opens(known.id) else {
        throw Problem(.invalid, "no namespace is named", hint: "Send the header X-Namespace", path: "X-Namespace")
      }
      return known
    }
    let now = surroundings.now()
    let made = Namespace(id: "ns_default", name: Namespace.defaultName, createdAt: now, updatedAt: now)
    var transaction = Transaction()
    transaction.insert(made)
    do throws(Problem) {
      try commit(transaction)
    } catch {
      // Somebody else made it in the same moment.
      if error.kind != .conflict { throw error }
    }
    return made
  }
}
