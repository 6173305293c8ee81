package import Basics
import CLinux
import Glibc
import Model
import Store

extension Operation {
  /// A list that is searched, filtered or sorted looks through so many tasks, the newest.
  private static let tasksLookedThrough = 10_000

  static let taskOperations: [Operation] = [
    Operation("get_task", "GET", "/v1/tasks/{task_id}", "Poll a task", tag: "Tasks", scope: .read, inNamespace: false) { host, call throws(Problem) in
      do throws(Problem) {
        return .json(try host.task(call).json)
      } catch {
        guard error.kind == .notFound, let noted = try host.notedTask(call) else { throw error }
        return .json(noted)
      }
    },
    Operation(
      "list_tasks", "POST", "/v1/tasks/list", "List tasks", tag: "Tasks", scope: .read, inNamespace: false, query: Parameter.paging,
      body: Page.names + ["status", "task_type", "trigger_id"] + ListSelection.names, listTasks),
    Operation(
      "cancel_task", "DELETE", "/v1/tasks/{task_id}", "Cancel a task; one that is over, or that there is not, is none to cancel", tag: "Tasks",
      scope: .execute, inNamespace: false
    ) { host, call throws(Problem) in
      let id = JSON.string(try call.parameter("task_id"))
      do throws(Problem) {
        let task = try host.task(call)
        if task.status.isFinal { return .json(["success": true, "message": .string("it was \(task.status.rawValue) already"), "task_id": id]) }
        try host.cancel(taskID: task.id)
      } catch {
        guard error.kind == .notFound else { throw error }
        return .json(["success": true, "message": "there is no such task", "task_id": id])
      }
      return .json(["success": true, "message": "cancelled", "task_id": id])
    },
  ]

  private static func listTasks(_ host: Host, _ call: Call) throws(Problem) -> Answer {
    let fields = try call.listFields(accepting: ["status", "task_type", "trigger_id"] + ListSelection.names)
    let (page, selection) = (try Page.byPlace(fields), try ListSelection(fields))
    let status = try TaskRecord.word(fields, "status", of: TaskRecord.contractStatuses)
    // The contract's examples write the words of this list in capitals.
    let type = try TaskRecord.word(fields, "task_type", of: TaskRecord.contractTypes, isLower: true)
    let (known, kinds) = (status.flatMap(TaskRecord.Status.init), TaskRecord.Kind.allCases.filter { $0.wireType == type })
    if status != nil && known == nil || type != nil && kinds.isEmpty { return .json(page.envelope(Listing(items: [], total: 0))) }
    let query = TaskQuery(
      namespaceID: call.namespace?.id ?? call.caller.onlyNamespace, status: known, kind: kinds.count == 1 ? kinds[0] : nil,
      triggerID: try fields.string("trigger_id"), offset: page.offset, limit: page.limit)
    func tasks(_ page: Page) throws(Problem) -> Listing<JSON> {
      var part = query
      (part.offset, part.limit) = (page.offset, page.limit)
      var listing = try host.read { reader throws(Problem) in try reader.tasks(part) }
      listing.items.removeAll { !call.caller.opens($0.namespaceID) || kinds.count > 1 && !kinds.contains($0.kind) }
      return Listing(items: listing.items.map(\.json), total: listing.total)
    }
    let texts = ["task_id", "task_type", "status", "error"]
    if kinds.count < 2 { return .json(page.envelope(try selection.listing(page, texts: texts, most: tasksLookedThrough, tasks))) }
    // Two kinds of work have one name in the contract.
    let all = try tasks(Page(limit: tasksLookedThrough)).items
    return .json(page.envelope(selection.page(page, of: all) { task in texts.map { task[$0]?.string } }))
  }

  static let kvOperations: [Operation] = [
    Operation("get_kv", "GET", "/v1/kv/{key}", "Read a value", tag: "Key-value", scope: .read) { host, call throws(Problem) in
      let key = try call.parameter("key")
      let namespaceID = try call.namespaceID()
      guard let value = try host.value(key, in: namespaceID, call) else { throw .missing("key", key, path: "key") }
      return .json(["key": .string(key), "value": value])
    },
    Operation("set_kv", "PUT", "/v1/kv/{key}", "Set a value", tag: "Key-value", scope: .write, body: ["value", "ttl_seconds"]) {
      host, call throws(Problem) in
      let key = try Names.checkID(call.parameter("key"), path: "key")
      let fields = try Fields(call.body, accepting: ["value", "ttl_seconds"])
      let value = fields.object["value"] ?? .null
      guard value.weight <= 1 << 20 else {
        throw Problem(.tooLarge, "the value is larger than 1 MiB", hint: "Keep large things in documents", path: "value")
      }
      let expires = try fields.number("ttl_seconds", in: 0.001...315_576_000).map { host.surroundings.now() + .milliseconds(Int64($0 * 1000)) }
      var transaction = Transaction()
      transaction.setValue(key, to: value, in: try call.namespaceID(), expiresAt: expires)
      try host.commit(transaction, call) { $0.noteKV(key, value) }
      return .json(["key": .string(key), "value": value])
    },
    Operation("increment_kv", "POST", "/v1/kv/{key}/increment", "Add to a number", tag: "Key-value", scope: .write, body: ["by"]) {
      host, call throws(Problem) in
      let key = try Names.checkID(call.parameter("key"), path: "key")
      let namespaceID = try call.namespaceID()
      let fields = try Fields(call.body, accepting: ["by"])
      let by = try fields.int("by") ?? 1
      var transaction = Transaction()
      transaction.incrementValue(key, by: by, in: namespaceID, at: host.surroundings.now())
      if let gathering = call.gathering {
        let before = try host.value(key, in: namespaceID, call) ?? .int(0)
        guard let number = before.int else { throw notANumber(key, before) }
        let (sum, overflows) = number.addingReportingOverflow(by)
        if overflows { throw tooFar(key, number, by) }
        gathering.add(.statements(transaction))
        gathering.noteKV(key, .int(sum))
        return .json(["key": .string(key), "value": .int(sum)])
      }
      let rows: [[Value]]
      do throws(Problem) {
        rows = try host.commit(transaction)
      } catch {
        guard let stored = try host.value(key, in: namespaceID, call) else { throw error }
        guard let number = stored.int else { throw notANumber(key, stored) }
        throw number.addingReportingOverflow(by).overflow ? tooFar(key, number, by) : error
      }
      guard case .integer(let value)? = rows.first?.first else {
        throw Problem(.internal, "the counter '\(key)' answered no number")
      }
      return .json(["key": .string(key), "value": .int(value)])
    },
    Operation("delete_kv", "DELETE", "/v1/kv/{key}", "Delete a value", tag: "Key-value", scope: .write) { host, call throws(Problem) in
      let key = try call.parameter("key")
      let namespaceID = try call.namespaceID()
      if try host.value(key, in: namespaceID, call) == nil { throw .missing("key", key, path: "key") }
      var transaction = Transaction()
      transaction.deleteValue(key, in: namespaceID)
      try host.commit(transaction, call) { $0.noteKV(key, nil) }
      return .json(["success": true, "key": .string(key)])
    },
  ]

  private static func tooFar(_ key: String, _ number: Int64, _ by: Int64) -> Problem {
    Problem(.invalid, "'\(key)' is \(number), and \(by) more is beyond 64 bits", hint: "Set it anew, or count in larger units", path: "by")
  }

  private static func notANumber(_ key: String, _ value: JSON) -> Problem {
    Problem(.invalid, "'\(key)' holds \(value.typeName) \(value.brief), not an integer", hint: "Set it to a number first", path: "key")
  }
}

extension Host {
  /// A script's own write if it made one, else what is stored.
  func value(_ key: String, in namespaceID: String, _ call: Call) throws(Problem) -> JSON? {
    if let known = call.gathering?.knownKV(key) { return known }
    return try read { reader throws(Problem) in try reader.value(key, in: namespaceID, at: surroundings.now()) }
  }

  func task(_ call: Call) throws(Problem) -> TaskRecord {
    let id = try call.parameter("task_id")
    guard let task = try read({ reader throws(Problem) in try reader.task(id) }), call.caller.opens(task.namespaceID),
      call.namespace.map({ $0.id == task.namespaceID }) ?? true
    else { throw .missing("task", id, path: "task_id") }
    return task
  }

  /// For so long it can be asked after what was done at once.
  private static let notedFor = Duration.seconds(86_400)
  private static func note(_ taskID: String) -> String { "task.\(taskID)" }

  /// What the contract does in the background and we do at once, told as the task that its clients poll: over, and noted for a day.
  func doneAtOnce(_ type: String, _ inputs: JSONObject, in namespaceID: String, with transaction: inout Transaction) -> JSONObject {
    let (id, now) = (Identifier.make("task", surroundings), surroundings.now())
    let task: JSONObject = [
      "task_id": .string(id), "task_type": .string(type), "status": .string(TaskRecord.Status.completed.rawValue), "inputs": [.object(inputs)],
      "outputs": [], "error": .null,
      "additional_data": ["namespace_id": .string(namespaceID), "created_at": .instant(now), "finished_at": .instant(now)],
    ]
    transaction.setSetting(Self.note(id), to: .object(task), until: now + Self.notedFor)
    return task
  }

  /// The task of `doneAtOnce` that a path names, for those who may see its namespace.
  fileprivate func notedTask(_ call: Call) throws(Problem) -> JSON? {
    let id = try call.parameter("task_id")
    guard let noted = try read({ reader throws(Problem) in try reader.setting(Self.note(id), at: surroundings.now()) }),
      call.caller.opens(noted["additional_data"]?["namespace_id"]?.string ?? "")
    else { return nil }
    return noted
  }

  /// Commits now, or gathers the transaction with a script's other writes.
  func commit(_ transaction: Transaction, _ call: Call, noting note: (Gathering) -> Void) throws(Problem) {
    guard let gathering = call.gathering else {
      try commit(transaction)
      return
    }
    gathering.add(.statements(transaction))
    note(gathering)
  }

  /// Stops a task: at once when it waits, at its next look at the flag when it runs.
  func cancel(taskID: String) throws(Problem) {
    if interrupt(taskID) { return }
    guard let task = try read({ reader throws(Problem) in try reader.task(taskID) }), !task.status.isFinal else { return }
    let close = TaskClosing.writes(task, .canceled, error: nil, readers: readers, at: surroundings.now())
    inbox.put(
      .finished(
        Ending(task: task, status: .canceled, outputs: [:], error: "cancelled", writes: close, state: nil, baseline: nil, heldBy: nil)))
    try beat()
  }

  /// Returns when the host's thread has gone round once.
  package func beat() throws(Problem) { try commit(Transaction()) }

  /// Sleeps on the caller's thread; only batch scripts and command lines do.
  package func pause(_ duration: Duration) {
    var time = timespec(tv_sec: Int(duration.components.seconds), tv_nsec: Int(duration.components.attoseconds / 1_000_000_000))
    var left = timespec()
    Blocking.during {
      while nanosleep(&time, &left) != 0 && errno == EINTR { time = left }
    }
  }
}
