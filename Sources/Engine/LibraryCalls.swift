package import Basics
import Model
package import Scheduling

/// The script library's functions as operations of the API: one mapping, whether the host is in this process or behind a socket.
package struct LibraryCalls {
  /// Performs an operation by its contract name.
  package typealias Perform = (_ operation: String, _ path: [String: String], _ query: JSONObject, _ body: JSON) throws(Problem) -> JSON

  private let surroundings: Surroundings
  private let zones: Zones
  private let performing: Perform
  /// Waits, for the functions that only batch scripts may use; nil where waiting is not allowed.
  package var pause: ((Duration) throws(Problem) -> Void)?

  /// Raised when the run that calls is to end.
  package var work = Cancellation()

  /// Documents that a stream fetches at once, if nothing else is said.
  static let pageSize = 500

  package init(surroundings: Surroundings, zones: Zones, perform: @escaping Perform) {
    self.surroundings = surroundings
    self.zones = zones
    performing = perform
  }

  /// An argument that is a table of options; absent and empty ones are an empty object.
  package static func options(_ arguments: [JSON], _ position: Int) -> JSON {
    guard position < arguments.count, arguments[position] != .null else { return [:] }
    return arguments[position] == .array([]) ? [:] : arguments[position]
  }

  /// Answers a function of the library, e.g. `documents.get`. What needs a trigger (`ctx.drift`) is not among them: `.notFound`.
  package func answer(_ name: String, _ arguments: [JSON]) throws(Problem) -> JSON {
    func text(_ position: Int, _ what: String) throws(Problem) -> String {
      guard position < arguments.count, let value = arguments[position].string else {
        throw Problem(.invalid, "\(name): argument \(position + 1) must be \(what), a string", path: name)
      }
      return value
    }
    func object(_ position: Int) -> JSON { Self.options(arguments, position) }
    switch name {
    case "documents.get":
      return try optional { () throws(Problem) in
        try perform("get_document", path: ["collection_identifier": try text(0, "the collection"), "document_id": try text(1, "the document")])
      }
    case "documents.put":
      let report = try perform(
        "upsert_documents", path: ["collection_identifier": try text(0, "the collection")], body: ["documents": .array([object(1)])])
      return ["document_id": report["document_ids"]?.array?.first ?? .null]
    case "documents.upsert":
      return try perform(
        "upsert_documents", path: ["collection_identifier": try text(0, "the collection")], body: ["documents": try list(arguments, 1, name)])
    case "documents.patch":
      return try perform(
        "update_document", path: ["collection_identifier": try text(0, "the collection"), "document_id": try text(1, "the document")], body: object(2)
      )
    case "documents.delete":
      return try existed { () throws(Problem) in
        try perform("delete_document", path: ["collection_identifier": try text(0, "the collection"), "document_id": try text(1, "the document")])
      }
    case "documents.count", "ctx.count":
      let answer = try perform(
        "count_documents", path: ["collection_identifier": try text(0, "the collection")],
        query: arguments.count > 1 && arguments[1] != .null ? ["filters": .string(arguments[1].text)] : [:])
      return answer["count"] ?? .int(0)
    case "documents.list": return try documents(object(0), name)["documents"] ?? []
    // A page of `each`: the query, and the cursor that the last page gave.
    case "documents.page":
      var query = object(0).object ?? JSONObject()
      if case .string(let collection)? = arguments.first { query["collection"] = .string(collection) }
      if arguments.count > 1, arguments[1] != .null { query["cursor"] = arguments[1] }
      if query["batch"] == nil, query["limit"] == nil { query["batch"] = .int(Self.pageSize) }
      return try documents(.object(query), "documents.each")
    case "collections.create": return try perform("create_collection", body: object(0))
    case "collections.get":
      return try optional { () throws(Problem) in try perform("get_collection", path: ["collection_identifier": try text(0, "the collection")]) }
    case "collections.list": return try results("list_collections", object(0))
    case "collections.delete":
      return try existed { () throws(Problem) in try perform("delete_collection", path: ["collection_identifier": try text(0, "the collection")]) }
    case "namespaces.list": return try results("list_namespaces", object(0))
    case "namespaces.get": return try perform("get_namespace", path: ["namespace_identifier": try text(0, "the namespace")])
    case "namespaces.create": return try perform("create_namespace", body: object(0))
    case "clusters.create": return try perform("create_cluster", body: object(0))
    case "clusters.get":
      return try optional { () throws(Problem) in try perform("get_cluster", path: ["cluster_identifier": try text(0, "the cluster")]) }
    case "clusters.list": return try results("list_clusters", object(0))
    case "clusters.execute": return try perform("execute_cluster", path: ["cluster_id": try text(0, "the cluster")], body: object(1))
    case "clusters.executions": return try results("list_cluster_executions", object(1), path: ["cluster_id": try text(0, "the cluster")])
    case "clusters.groups":
      if arguments.count > 1, arguments[1] != .null {
        let run = try perform("get_cluster_execution", path: ["cluster_id": try text(0, "the cluster"), "run_id": try text(1, "the run")])
        return run["centroids"] ?? []
      }
      return try perform("get_cluster_groups", path: ["cluster_id": try text(0, "the cluster")])["groups"] ?? []
    case "buckets.create": return try perform("create_bucket", body: object(0))
    case "buckets.get":
      return try optional { () throws(Problem) in try perform("get_bucket", path: ["bucket_identifier": try text(0, "the bucket")]) }
    case "buckets.list": return try results("list_buckets", object(0))
    case "buckets.delete":
      return try existed { () throws(Problem) in try perform("delete_bucket", path: ["bucket_identifier": try text(0, "the bucket")]) }
    case "buckets.put":
      return try perform("create_object_buckets", path: ["bucket_identifier": try text(0, "the bucket")], body: object(1))
    case "buckets.upload":
      return try perform(
        "create_objects_batch_buckets", path: ["bucket_identifier": try text(0, "the bucket")], body: ["objects": try list(arguments, 1, name)])
    case "buckets.object":
      return try optional { () throws(Problem) in
        try perform("get_object_buckets", path: ["bucket_identifier": try text(0, "the bucket"), "object_identifier": try text(1, "the object")])
      }
    case "buckets.objects": return try results("list_objects_buckets", object(1), path: ["bucket_identifier": try text(0, "the bucket")])
    case "batches.create":
      return try perform("create_batch_buckets_batches", path: ["bucket_identifier": try text(0, "the bucket")], body: object(1))
    case "batches.get":
      return try optional { () throws(Problem) in try perform("get_batch_by_id_batches", path: ["batch_id": try text(0, "the batch")]) }
    case "batches.list": return try results("list_all_batches", object(0))
    case "batches.submit", "batches.retry", "batches.resubmit":
      return try perform(
        "\(name.dropFirst("batches.".count))_batch_buckets_batches",
        path: ["bucket_identifier": try text(0, "the bucket"), "batch_id": try text(1, "the batch")], body: name == "batches.retry" ? object(2) : [:])
    case "batches.cancel": return try perform("cancel_batch_by_id_batches", path: ["batch_id": try text(0, "the batch")])
    case "batches.process":
      return try perform("trigger_collection", path: ["collection_identifier": try text(0, "the collection")], body: object(1))
    case "triggers.create": return try perform("create_trigger", body: object(0))
    case "triggers.get": return try optional { () throws(Problem) in try perform("get_trigger", path: ["trigger_id": try text(0, "the trigger")]) }
    case "triggers.list": return try results("list_triggers", object(0))
    case "triggers.update": return try perform("update_trigger", path: ["trigger_id": try text(0, "the trigger")], body: object(1))
    case "triggers.delete", "triggers.pause", "triggers.resume", "triggers.execute":
      let operation = name == "triggers.execute" ? "execute_trigger_now" : "\(name.dropFirst("triggers.".count))_trigger"
      return try perform(operation, path: ["trigger_id": try text(0, "the trigger")], body: name == "triggers.pause" ? object(1) : [:])
    case "triggers.history", "triggers.evaluations":
      let operation = name == "triggers.history" ? "get_trigger_history" : "list_trigger_evaluations"
      let answer = try perform(operation, path: ["trigger_id": try text(0, "the trigger")], query: object(1).object ?? JSONObject())
      return answer["executions"] ?? answer["results"] ?? []
    case "triggers.wait": return try waitForDecision(of: try text(0, "the trigger"), object(1))
    case "tasks.get": return try optional { () throws(Problem) in try perform("get_task", path: ["task_id": try text(0, "the task")]) }
    case "tasks.list": return try results("list_tasks", object(0))
    case "tasks.wait": return try wait(for: try text(0, "the task"), seconds: arguments.count > 1 ? arguments[1].double : nil)
    case "kv.get":
      return try optional { () throws(Problem) in try perform("get_kv", path: ["key": try text(0, "the key")]) }["value"] ?? .null
    case "kv.set":
      var body: JSONObject = ["value": arguments.count > 1 ? arguments[1] : .null]
      if let ttl = object(2)["ttl"] { body["ttl_seconds"] = ttl }
      return try perform("set_kv", path: ["key": try text(0, "the key")], body: .object(body))["value"] ?? .null
    case "kv.incr":
      let by = arguments.count > 1 && arguments[1] != .null ? arguments[1] : .int(1)
      return try perform("increment_kv", path: ["key": try text(0, "the key")], body: ["by": by])["value"] ?? .null
    case "kv.delete": return try existed { () throws(Problem) in try perform("delete_kv", path: ["key": try text(0, "the key")]) }
    case "time.now", "time.parse", "time.format", "time.cron_next", "cron.next": return try time(name, arguments)
    case "uuid": return .string(uuid())
    case "sleep":
      guard let pause else { throw Problem(.forbidden, "only a batch script may sleep") }
      guard let seconds = arguments.first?.double, seconds >= 0, seconds <= 86400 else {
        throw Problem(.invalid, "sleep takes 0 to 86400 seconds", hint: "For example perigee.sleep(0.5)")
      }
      try pause(.milliseconds(Int64(seconds * 1000)))
      return .null
    default:
      if let answer = try administration(name, arguments) { return answer }
      if let answer = try numbers(name, arguments) { return answer }
      throw Problem(.notFound, "the host has no function '\(name)'")
    }
  }

  func perform(_ name: String, path: [String: String] = [:], query: JSONObject = [:], body: JSON = [:]) throws(Problem) -> JSON {
    try performing(name, path, query, body)
  }

  private func results(_ name: String, _ options: JSON, path: [String: String] = [:]) throws(Problem) -> JSON {
    let answer = try perform(name, path: path, body: options)
    return answer["results"] ?? answer["groups"] ?? answer
  }

  /// Null instead of an error for things that are not there: scripts ask `if x then`.
  func optional(_ body: () throws(Problem) -> JSON) throws(Problem) -> JSON {
    do throws(Problem) { return try body() } catch {
      if error.kind == .notFound { return .null }
      throw error
    }
  }

  /// False instead of an error when there was nothing to delete.
  func existed(_ body: () throws(Problem) -> JSON) throws(Problem) -> JSON {
    do throws(Problem) {
      _ = try body()
      return true
    } catch {
      if error.kind == .notFound { return false }
      throw error
    }
  }

  private func list(_ arguments: [JSON], _ position: Int, _ name: String) throws(Problem) -> JSON {
    guard position < arguments.count, case .array = arguments[position] else {
      throw Problem(
        .invalid, "\(name): argument \(position + 1) must be a list of documents", hint: "For example {{document_id = \"a\", text = \"…\"}}")
    }
    return arguments[position]
  }

  private func documents(_ options: JSON, _ name: String) throws(Problem) -> JSON {
    let fields = try Fields(options, path: name, accepting: Page.names + ["collection", "filter", "select", "sort", "vectors", "batch"])
    var body = JSONObject()
    body["filters"] = fields["filter"]
    body["sort"] = fields["sort"]
    body["select"] = fields["select"]
    body["return_vectors"] = fields["vectors"]
    body["cursor"] = fields["cursor"]
    body["limit"] = fields["batch"] ?? fields["limit"]
    let answer = try perform(
      "list_documents", path: ["collection_identifier": try fields.required("collection", example: "\"words\"")], body: .object(body))
    return ["documents": answer["results"] ?? [], "cursor": answer["pagination"]?["next_cursor"] ?? .null]
  }

  // MARK: - Waiting

  private func wait(for taskID: String, seconds: Double?) throws(Problem) -> JSON {
    try wait(seconds, for: "task '\(taskID)' to end", looking: "tasks.get") { () throws(Problem) in
      let task = try perform("get_task", path: ["task_id": taskID])
      let hasEnded = task["status"]?.string.flatMap(TaskRecord.Status.init)?.isFinal ?? false
      return hasEnded ? .some(task) : .none
    }
  }

  /// The newest decision of the outcome that is asked for, if any is, that was not made before `since` (RFC 3339, or seconds since 1970).
  private func waitForDecision(of trigger: String, _ options: JSON) throws(Problem) -> JSON {
    let fields = try Fields(options, path: "triggers.wait", accepting: ["seconds", "since", "outcome"])
    var query: JSONObject = ["limit": 1]
    query["outcome"] = fields["outcome"]
    let moment = fields["since"]?.double.flatMap { Int64(exactly: ($0 * 1000).rounded()) }
    query["since"] = moment.map { .instant(Instant(milliseconds: $0)) } ?? fields["since"]
    let wanted = try fields.string("outcome").map { "'\($0)'" } ?? "a decision"
    return try wait(fields.number("seconds", in: 0...86400), for: "\(wanted) of trigger '\(trigger)'", looking: "triggers.explain") {
      () throws(Problem) in
      try perform("list_trigger_evaluations", path: ["trigger_id": trigger], query: query)["results"]?.array?.first
    }
  }

  /// Looks again and again, until something is there or the time is over. `looking`: what tells how things stand.
  private func wait(_ seconds: Double?, for what: String, looking: String, _ look: () throws(Problem) -> JSON?) throws(Problem) -> JSON {
    guard let pause else { throw Problem(.forbidden, "only a batch script may wait") }
    let started = surroundings.ticks()
    while true {
      if let found = try look() { return found }
      if let seconds, (surroundings.ticks() - started).inSeconds >= seconds {
        throw Problem(.unavailable, "waited \(seconds) s for \(what)", hint: "Wait longer, or see with \(looking) how it stands")
      }
      try pause(.milliseconds(20))
    }
  }

  // MARK: - Time

  private func time(_ name: String, _ arguments: [JSON]) throws(Problem) -> JSON {
    func seconds(_ instant: Instant) -> JSON { .double(Double(instant.milliseconds) / 1000) }
    func instant(_ position: Int) throws(Problem) -> Instant? {
      guard position < arguments.count, arguments[position] != .null else { return nil }
      guard let value = arguments[position].double, abs(value) < 1e12 else {
        throw Problem(.invalid, "\(name): argument \(position + 1) must be seconds since 1970")
      }
      return Instant(milliseconds: Int64(value * 1000))
    }
    func zone(_ position: Int) throws(Problem) -> Zone {
      guard position < arguments.count, let named = arguments[position].string else { return .utc }
      return try zones.zone(named)
    }
    switch name {
    case "time.now": return seconds(surroundings.now())
    case "time.parse": return arguments.first?.string.flatMap { Instant($0) }.map(seconds) ?? .null
    case "time.format": return .string(try zone(1).text(try instant(0) ?? surroundings.now()))
    default:
      guard let text = arguments.first?.string else { throw Problem(.invalid, "time.cron_next: argument 1 must be a cron expression, a string") }
      let occurrences = Occurrences(try CronExpression(text), in: try zone(2))
      return occurrences.next(after: try instant(1) ?? surroundings.now()).map(seconds) ?? .null
    }
  }

  /// A random identifier of RFC 9562, version 4.
  private func uuid() -> String {
    var bytes = surroundings.bytes(16)
    bytes[6] = bytes[6] & 0x0f | 0x40
    bytes[8] = bytes[8] & 0x3f | 0x80
    let digits = Array("0123456789abcdef")
    var text = ""
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text.append("-") }
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return text
  }
}
