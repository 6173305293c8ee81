import Model

/// The tasks that are pending or running, with their triggers: how many a trigger has is known without looking at all of them.
struct OpenTasks {
  private var tasks: [String: Trigger.ID?] = [:]
  private var byTrigger: [Trigger.ID: [String]] = [:]

  func contains(_ taskID: String) -> Bool { tasks[taskID] != nil }
  func count(of id: Trigger.ID) -> Int { byTrigger[id]?.count ?? 0 }
  /// The open tasks of a trigger, in the order of their names.
  func tasks(of id: Trigger.ID) -> [String] { byTrigger[id]?.sorted() ?? [] }

  mutating func insert(_ task: TaskRecord) {
    guard tasks.updateValue(task.triggerID, forKey: task.id) == nil, let id = task.triggerID else { return }
    byTrigger[id, default: []].append(task.id)
  }

  mutating func remove(_ task: TaskRecord) {
    guard tasks.removeValue(forKey: task.id) != nil, let id = task.triggerID else { return }
    // Nearly always it is the only one.
    if byTrigger[id]?.count == 1 { byTrigger[id] = nil } else { byTrigger[id]?.removeAll { $0 == task.id } }
  }
}
