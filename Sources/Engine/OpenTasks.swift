import Model

/// The tasks that are pending or running, with their triggers: how many a trigger has is known without looking at all of them.
struct OpenTasks {
  private struct Task {
    let triggerID: Trigger.ID?
    /// It is ready or with a worker; the others wait for a run before them, or for their next attempt.
    var isBusy: Bool
  }

  private var tasks: [String: Task] = [:]
  /// Of one trigger, in the order in which they came. Nearly always it is one alone, and that needs no list.
  private struct Names {
    var first: String
    var others: [String] = []

    /// False when nothing is left.
    mutating func remove(_ name: String) -> Bool {
      if first != name {
        others.removeAll { $0 == name }
      } else if others.isEmpty {
        return false
      } else {
        first = others.removeFirst()
      }
      return true
    }
  }

  private var byTrigger: [Trigger.ID: Names] = [:]
  private var busy = 0

  /// Whether one of them is ready or with a worker.
  var isBusy: Bool { busy > 0 }

  func contains(_ taskID: String) -> Bool { tasks[taskID] != nil }
  func count(of id: Trigger.ID) -> Int { byTrigger[id].map { 1 + $0.others.count } ?? 0 }
  /// The open tasks of a trigger, in the order of their names.
  func tasks(of id: Trigger.ID) -> [String] { byTrigger[id].map { ([$0.first] + $0.others).sorted() } ?? [] }

  /// A task that is there already keeps its place; busy it is as said now.
  mutating func insert(_ task: TaskRecord, isBusy: Bool = false) {
    if let known = tasks.updateValue(Task(triggerID: task.triggerID, isBusy: isBusy), forKey: task.id) {
      busy += (isBusy ? 1 : 0) - (known.isBusy ? 1 : 0)
      return
    }
    if isBusy { busy += 1 }
    if let id = task.triggerID, byTrigger[id]?.others.append(task.id) == nil { byTrigger[id] = Names(first: task.id) }
  }

  mutating func remove(_ task: TaskRecord) {
    guard let known = tasks.removeValue(forKey: task.id) else { return }
    if known.isBusy { busy -= 1 }
    guard let id = task.triggerID else { return }
    if byTrigger[id]?.remove(task.id) == false { byTrigger[id] = nil }
  }
}
