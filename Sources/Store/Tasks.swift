package import Basics
package import Model

extension Transaction {
  /// A task of an instant that has one already is a `.conflict`. `inputs`: the text of its inputs, where that is known.
  package mutating func insert(_ task: TaskRecord, inputs: String? = nil) {
    add(.insertTask) {
      $0.put("task_id", task.id)
      $0.put("namespace_id", task.namespaceID)
      $0.put("kind", task.kind.rawValue)
      $0.put("status", task.status.rawValue)
      $0.put("trigger_id", task.triggerID)
      $0.put("scheduled_at", task.scheduledAt)
      $0.put("inputs", inputs ?? JSON.object(task.inputs).text)
      $0.put("outputs", task.outputs.isEmpty ? "{}" : JSON.object(task.outputs).text)
      $0.put("error", task.error)
      $0.put("attempt", task.attempt)
      $0.put("created_at", task.createdAt)
      $0.put("started_at", task.startedAt)
      $0.put("finished_at", task.finishedAt)
      $0.put("retry_at", task.retryAt)
      $0.put("depth", task.depth)
    }
  }

  /// A worker takes the task, for the first time or again after a crash: its attempt goes up by one.
  ///
  /// Lost (`task`) when it is final or was started since `attempt` was read.
  package mutating func startTask(_ taskID: String, attempt: Int64, at now: Instant) {
    add(.startTask, expecting: .exactly(1), guardName: "task") {
      $0.put("started_at", now)
      $0.put("task_id", taskID)
      $0.put("attempt", attempt)
    }
  }

  /// An attempt failed, and another is made at `retryAt`: the task waits again. Lost (`task`) when it is final.
  package mutating func repeatTask(_ taskID: String, outputs: JSONObject, error: String?, retryAt: Instant) {
    add(
      .repeatTask, [("outputs", .json(outputs)), ("error", .optional(error)), ("retry_at", .instant(retryAt)), ("task_id", .text(taskID))],
      expecting: .exactly(1), guardName: "task")
  }

  /// What a running task has done so far. Lost (`task`) when it has ended, or another attempt is under way.
  package mutating func report(_ outputs: JSONObject, of taskID: String, attempt: Int64) {
    add(
      .reportTask, [("outputs", .json(outputs)), ("task_id", .text(taskID)), ("attempt", .integer(attempt))], expecting: .exactly(1),
      guardName: "task")
  }

  /// What the task shows of itself while it is under way. Lost (`task`) when it has ended.
  package mutating func noteTask(_ taskID: String, outputs: JSONObject) {
    add(.noteTask, [("outputs", .json(outputs)), ("task_id", .text(taskID))], expecting: .exactly(1), guardName: "task")
  }

  /// The task ends. Lost (`task`) when it is final already, or when `attempt` is given and another attempt is under way. `text`: that of the
  /// outputs, where it is known.
  package mutating func finishTask(
    _ taskID: String, attempt: Int64? = nil, status: TaskRecord.Status, outputs: JSONObject = JSONObject(), text: String? = nil,
    error: String? = nil, at now: Instant
  ) {
    add(.finishTask, expecting: .exactly(1), guardName: "task") {
      $0.put("status", status.rawValue)
      $0.put("outputs", text ?? JSON.object(outputs).text)
      $0.put("error", error)
      $0.put("finished_at", now)
      $0.put("task_id", taskID)
      $0.put("attempt", attempt)
    }
  }
}

/// Which tasks a list shows, of one namespace or of all; the newest come first.
package struct TaskQuery: Sendable {
  package var namespaceID: String?
  package var status: TaskRecord.Status?
  package var kind: TaskRecord.Kind?
  package var triggerID: String?
  package var offset: Int
  package var limit: Int

  package init(
    namespaceID: String?, status: TaskRecord.Status? = nil, kind: TaskRecord.Kind? = nil, triggerID: String? = nil, offset: Int = 0, limit: Int = 100
  ) {
    self.namespaceID = namespaceID
    self.status = status
    self.kind = kind
    self.triggerID = triggerID
    self.offset = offset
    self.limit = limit
  }
}

extension Reader {
  package func task(_ taskID: String, in namespaceID: String? = nil) throws(Problem) -> TaskRecord? {
    try connection.first(.task, [("task_id", .text(taskID)), ("namespace_id", .optional(namespaceID))], TaskRecord.read)
  }

  package func tasks(_ query: TaskQuery) throws(Problem) -> Listing<TaskRecord> {
    let conditions: Connection.Parameters = [
      ("namespace_id", .optional(query.namespaceID)), ("status", .optional(query.status?.rawValue)), ("kind", .optional(query.kind?.rawValue)),
      ("trigger_id", .optional(query.triggerID)),
    ]
    let page = Page(limit: query.limit, offset: query.offset)
    return Listing(
      items: try connection.rows(.tasks, conditions + page.parameters, TaskRecord.read), total: try connection.number(.countTasks, conditions))
  }

  /// How many tasks wait and how many run.
  package func unfinishedTaskCounts() throws(Problem) -> [(status: String, count: Int64)] {
    try connection.rows(.unfinishedTaskCounts, []) { row throws(Problem) in (status: row.text(), count: row.int()) }
  }

  /// Tasks that are pending or were under way, oldest first: what a crash left behind.
  package func unfinishedTasks() throws(Problem) -> [TaskRecord] { try connection.rows(.unfinishedTasks, [], TaskRecord.read) }
}

extension TaskRecord {
  static func read(_ row: inout Row) throws(Problem) -> TaskRecord {
    TaskRecord(
      id: row.text(), namespaceID: row.text(), kind: try row.word(), status: try row.word(), triggerID: row.optionalText(),
      scheduledAt: row.optionalInstant(), inputs: try row.object(), outputs: try row.object(), error: row.optionalText(), attempt: row.int(),
      createdAt: row.instant(), startedAt: row.optionalInstant(), finishedAt: row.optionalInstant(),
      retryAt: row.optionalInstant(), depth: row.int())
  }
}
