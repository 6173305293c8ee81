package import Basics
package import Model
import Scheduling
package import Scripting
import Store

/// What one run of a script may reach: its namespace, through the same operations as the API, with what its kind may do.
///
/// Belongs to the thread that runs the script. Writes are refused (predicates, filters), gathered as a value that is committed with the
/// outcome (hooks, actions), or made at once (batch scripts).
package final class ScriptSession: ScriptHost {
  package enum Writes: Sendable { case none, gathered, immediate }

  private let host: Host
  private let namespace: Namespace?
  private let namespaceID: String
  private let caller: Caller
  private let trigger: Trigger?
  private let writes: Writes
  let gathering: Gathering?
  private let output: (_ level: String, _ message: String) -> Void
  private var lines: [JSON] = []
  private var lineBytes = 0

  /// What `log` lines and `print` of one run may keep in an evaluation.
  private static let lineLimit = 8 * 1024

  /// The writes that can wait for the outcome of a task.
  private static let gatherable: Set<String> = ["upsert_documents", "update_document", "delete_document", "set_kv", "increment_kv", "delete_kv"]

  package convenience init(_ host: Host, namespaceID: String, trigger: Trigger?, writes: Writes) {
    self.init(host, namespaceID: namespaceID, trigger: trigger, writes: writes, caller: Caller(name: "script", scopes: Set(APIKey.Scope.allCases))) { level, message in
      if level != "print" { host.log(level, "script: \(message)") }
    }
  }

  package init(
    _ host: Host, namespaceID: String, trigger: Trigger?, writes: Writes, caller: Caller, output: @escaping (_ level: String, _ message: String) -> Void
  ) {
    self.host = host
    self.namespaceID = namespaceID
    self.trigger = trigger
    self.writes = writes
    self.caller = caller
    self.output = output
    gathering = writes == .gathered ? Gathering() : nil
    namespace = try? host.read { reader throws(Problem) in try reader.namespace(namespaceID) }
  }

  package func write(log level: String, _ message: String) {
    if lineBytes < Self.lineLimit {
      lineBytes += message.utf8.count
      lines.append(.string(level == "print" ? message : "\(level): \(message)"))
    }
    output(level, message)
  }

  /// What is kept of a run in its evaluation or task: explained values, log lines, cost.
  func record(of run: ScriptRun) -> JSONObject {
    var result = run.explain
    if !lines.isEmpty { result["log"] = .array(lines) }
    result["cost"] = run.cost.json
    return result
  }

  // MARK: - Calls

  package func call(_ name: String, _ arguments: [JSON]) throws(Problem) -> JSON {
    func text(_ position: Int, _ what: String) throws(Problem) -> String {
      guard position < arguments.count, let value = arguments[position].string else {
        throw Problem(.invalid, "\(name): argument \(position + 1) must be \(what), a string", path: name)
      }
      return value
    }
    func object(_ position: Int) -> JSON {
      guard position < arguments.count, arguments[position] != .null else { return [:] }
      return arguments[position] == .array([]) ? [:] : arguments[position]
    }
    switch name {
    case "documents.get":
      return try optional { () throws(Problem) in
        try perform("get_document", path: ["collection_identifier": try text(0, "the collection"), "document_id": try text(1, "the document")])
      }
    case "documents.put":
      let report = try perform("upsert_documents", path: ["collection_identifier": try text(0, "the collection")], body: ["documents": .array([object(1)])])
      return ["document_id": report["document_ids"]?.array?.first ?? .null]
    case "documents.upsert":
      return try perform("upsert_documents", path: ["collection_identifier": try text(0, "the collection")], body: ["documents": try list(arguments, 1, name)])
    case "documents.patch":
      return try perform(
        "update_document", path: ["collection_identifier": try text(0, "the collection"), "document_id": try text(1, "the document")], body: object(2))
    case "documents.delete":
      return try existed { () throws(Problem) in
        try perform("delete_document", path: ["collection_identifier": try text(0, "the collection"), "document_id": try text(1, "the document")])
      }
    case "documents.count", "ctx.count":
      let answer = try perform(
        "count_documents", path: ["collection_identifier": try text(0, "the collection")],
        query: arguments.count > 1 && arguments[1] != .null ? ["filters": .string(arguments[1].text)] : [:])
      return answer["count"] ?? .int(0)
    case "documents.list", "documents.page": return try documents(object(0), name)
    case "collections.create": return try perform("create_collection", body: object(0))
    case "collections.get": return try optional { () throws(Problem) in try perform("get_collection", path: ["collection_identifier": try text(0, "the collection")]) }
    case "collections.list": return try results("list_collections", object(0))
    case "collections.delete":
      return try existed { () throws(Problem) in try perform("delete_collection", path: ["collection_identifier": try text(0, "the collection")]) }
    case "namespaces.list": return try results("list_namespaces", object(0))
    case "namespaces.get": return try perform("get_namespace", path: ["namespace_identifier": try text(0, "the namespace")])
    case "namespaces.create": return try perform("create_namespace", body: object(0))
    case "clusters.create": return try perform("create_cluster", body: object(0))
    case "clusters.get": return try optional { () throws(Problem) in try perform("get_cluster", path: ["cluster_identifier": try text(0, "the cluster")]) }
    case "clusters.list": return try results("list_clusters", object(0))
    case "clusters.execute": return try perform("execute_cluster", path: ["cluster_id": try text(0, "the cluster")], body: object(1))
    case "clusters.executions": return try results("list_cluster_executions", object(1), path: ["cluster_id": try text(0, "the cluster")])
    case "clusters.groups":
      if arguments.count > 1, arguments[1] != .null {
        let run = try perform("get_cluster_execution", path: ["cluster_id": try text(0, "the cluster"), "run_id": try text(1, "the run")])
        return run["centroids"] ?? []
      }
      return try perform("get_cluster_groups", path: ["cluster_id": try text(0, "the cluster")])["groups"] ?? []
    case "triggers.create": return try perform("create_trigger", body: object(0))
    case "triggers.get": return try optional { () throws(Problem) in try perform("get_trigger", path: ["trigger_id": try text(0, "the trigger")]) }
    case "triggers.list": return try results("list_triggers", object(0))
    case "triggers.update": return try perform("update_trigger", path: ["trigger_id": try text(0, "the trigger")], body: object(1))
    case "triggers.delete", "triggers.pause", "triggers.resume", "triggers.execute":
      let operation = name == "triggers.execute" ? "execute_trigger_now" : "\(name.dropFirst("triggers.".count))_trigger"
      return try perform(operation, path: ["trigger_id": try text(0, "the trigger")])
    case "triggers.history": return try perform("get_trigger_history", path: ["trigger_id": try text(0, "the trigger")])["executions"] ?? []
    case "triggers.evaluations": return try perform("list_trigger_evaluations", path: ["trigger_id": try text(0, "the trigger")])["results"] ?? []
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
    case "time.now", "time.parse", "time.format", "time.cron_next": return try time(name, arguments)
    case "uuid": return .string(uuid())
    case "progress":
      guard writes == .immediate else { throw Problem(.forbidden, "only a batch script shows progress") }
      output("progress", JSON.array(arguments).text)
      return .null
    case "sleep":
      guard writes == .immediate else { throw Problem(.forbidden, "only a batch script may sleep") }
      guard let seconds = arguments.first?.double, seconds >= 0, seconds <= 86400 else {
        throw Problem(.invalid, "sleep takes 0 to 86400 seconds", hint: "For example perigee.sleep(0.5)")
      }
      host.pause(.milliseconds(Int64(seconds * 1000)))
      return .null
    case "ctx.metric":
      return try measure(["metric": .string(try text(0, "the metric"))])["value"] ?? .null
    case "ctx.drift": return .object(try measure(object(0)))
    case "ctx.events": return try events(object(0))
    default: throw Problem(.notFound, "the host has no function '\(name)'")
    }
  }

  private func perform(_ name: String, path: [String: String] = [:], query: JSONObject = [:], body: JSON = [:]) throws(Problem) -> JSON {
    guard let operation = Operation.named(name) else { throw Problem(.internal, "there is no operation '\(name)'") }
    if operation.inNamespace, namespace == nil { throw Problem(.notFound, "namespace '\(namespaceID)' is gone") }
    if let scope = operation.scope, scope != .read {
      if writes == .none { throw Problem(.forbidden, "this kind of script may only read", hint: "Write from a hook, an action or a batch script") }
      if writes == .gathered, !Self.gatherable.contains(name) {
        throw Problem(.forbidden, "'\(name)' cannot be called here: what a hook or an action writes is committed with its outcome", hint: "It may write documents and kv; do the rest in a batch script")
      }
      guard caller.may(scope) else { throw Problem(.forbidden, "the key does not allow '\(scope.rawValue)'") }
    }
    var call = Call(caller: caller, namespace: namespace, path: path, query: query, body: body)
    call.gathering = gathering
    switch try operation.perform(host, call) {
    case .json(let value): return value
    case .nothing: return .bool(true)
    }
  }

  private func results(_ name: String, _ options: JSON, path: [String: String] = [:]) throws(Problem) -> JSON {
    let answer = try perform(name, path: path, body: options)
    return answer["results"] ?? answer["groups"] ?? answer
  }

  /// Null instead of an error for things that are not there: scripts ask `if x then`.
  private func optional(_ body: () throws(Problem) -> JSON) throws(Problem) -> JSON {
    do throws(Problem) { return try body() } catch {
      if error.kind == .notFound { return .null }
      throw error
    }
  }

  /// False instead of an error when there was nothing to delete.
  private func existed(_ body: () throws(Problem) -> JSON) throws(Problem) -> JSON {
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
      throw Problem(.invalid, "\(name): argument \(position + 1) must be a list of documents", hint: "For example {{document_id = \"a\", text = \"…\"}}")
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
    let answer = try perform("list_documents", path: ["collection_identifier": try fields.required("collection", example: "\"words\"")], body: .object(body))
    if name == "documents.list" { return answer["results"] ?? [] }
    return ["results": answer["results"] ?? [], "next_cursor": answer["pagination"]?["next_cursor"] ?? .null]
  }

  private func wait(for taskID: String, seconds: Double?) throws(Problem) -> JSON {
    guard writes == .immediate else { throw Problem(.forbidden, "only a batch script may wait for a task") }
    let started = host.surroundings.ticks()
    while true {
      if let seconds, (host.surroundings.ticks() - started).inSeconds > seconds {
        throw Problem(.unavailable, "task '\(taskID)' has not ended after \(seconds) s", hint: "Wait longer, or look at it with tasks.get")
      }
      let task = try perform("get_task", path: ["task_id": taskID])
      if let word = task["status"]?.string, let status = TaskRecord.Status(rawValue: word), status.isFinal { return task }
      host.pause(.milliseconds(20))
    }
  }

  private func measure(_ options: JSON) throws(Problem) -> JSONObject {
    guard let trigger else { throw Problem(.invalid, "there is no trigger here to measure for") }
    let fields = try Fields(options, path: "ctx", accepting: ["metric", "collection", "collection_id", "vector_index"])
    var config: JSONObject = ["threshold": .int(0)]
    let metric = try fields.string("metric") ?? "cosine_drift"
    config["metric"] = .string(metric)
    let drifts = ["cosine_drift", "centroid_shift"]
    let volumes = ["count", "added", "growth_ratio"]
    guard drifts.contains(metric) || volumes.contains(metric) else {
      throw Problem(.invalid, "unknown metric '\(metric)'", hint: "One of: \((drifts + volumes).joined(separator: ", "))", didYouMean: Suggestion.nearest(to: metric, in: drifts + volumes))
    }
    config["condition_type"] = .string(drifts.contains(metric) ? "drift" : "volume")
    if let named = fields["collection"] ?? fields["collection_id"] {
      config["collection_id"] = named
    } else if case .conditional(let condition) = trigger.schedule.when, let id = condition.collectionID {
      config["collection_id"] = .string(id)
    } else if case .event(let rule) = trigger.schedule.when, let id = rule.collectionID {
      config["collection_id"] = .string(id)
    }
    config["vector_index"] = fields["vector_index"]
    guard case .conditional(let condition) = try Schedule(.conditional, .object(config), path: "ctx").when else { return [:] }
    return try Measurement(condition, trigger, host: host).json
  }

  private func events(_ options: JSON) throws(Problem) -> JSON {
    let fields = try Fields(options, path: "ctx.events", accepting: ["since", "limit", "type", "collection_id"])
    let since = try fields.int("since") ?? 0
    let limit = Int(try fields.int("limit", in: 1...1000) ?? 100)
    let type: Schedule.EventType? = try fields.choice("type")
    let collection = try fields.string("collection_id")
    return try host.read { reader throws(Problem) in
      .array(try reader.events(in: namespaceID, since: since, type: type, collectionID: collection, limit: limit).map(\.json))
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
      return try host.zones.zone(named)
    }
    switch name {
    case "time.now": return seconds(host.surroundings.now())
    case "time.parse": return arguments.first?.string.flatMap { Instant($0) }.map(seconds) ?? .null
    case "time.format": return .string(try zone(1).text(try instant(0) ?? host.surroundings.now()))
    default:
      guard let text = arguments.first?.string else { throw Problem(.invalid, "time.cron_next: argument 1 must be a cron expression, a string") }
      let occurrences = Occurrences(try CronExpression(text), in: try zone(2))
      return occurrences.next(after: try instant(1) ?? host.surroundings.now()).map(seconds) ?? .null
    }
  }

  /// A random identifier of RFC 9562, version 4.
  private func uuid() -> String {
    var bytes = host.surroundings.bytes(16)
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

  // MARK: - ctx

  /// The fields of `ctx`: plain values, taken before the run.
  static func context(_ trigger: Trigger, scheduledAt: Instant?, now: Instant, host: Host) -> JSONObject {
    func seconds(_ instant: Instant) -> JSON { .double(Double(instant.milliseconds) / 1000) }
    var context: JSONObject = ["trigger": trigger.json(at: now), "now": seconds(now)]
    if let scheduledAt { context["scheduled_at"] = seconds(scheduledAt) }
    context["cursor"] = .int(trigger.eventCursor)
    if let baseline = trigger.baseline { context["baseline"] = .object(baseline.json) }
    if let taskID = trigger.lastExecutionTaskID, let at = trigger.lastTriggeredAt {
      context["last_run"] = [
        "task_id": .string(taskID), "at": seconds(at), "status": .optional(trigger.lastExecutionStatus), "error": .optional(trigger.lastExecutionError),
      ]
    }
    return context
  }
}

/// The writes of a script that are committed later, and what they already look like to the script itself.
final class Gathering: @unchecked Sendable {
  // @unchecked: belongs to the one thread that runs the script.
  private(set) var writes: [Write] = []
  private var kv: [String: JSON?] = [:]
  private var documents: [String: Document?] = [:]

  func add(_ write: Write) { writes.append(write) }

  func noteKV(_ key: String, _ value: JSON?) { kv[key] = .some(value) }
  /// The value this run wrote; nil when it wrote none, `.some(nil)` when it deleted it.
  func knownKV(_ key: String) -> JSON?? { kv[key] }

  func note(_ document: Document?, _ id: String, in collectionID: String) { documents["\(collectionID)/\(id)"] = .some(document) }
  func known(_ id: String, in collectionID: String) -> Document?? { documents["\(collectionID)/\(id)"] }
}
