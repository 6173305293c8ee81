import Basics
import Model
import Scripting
import Store

// A stored hook with `events` runs after each of them. Behind each event stands a trigger of ours, so that everything which holds for
// triggers holds for hooks: nothing is lost in a crash, runs are tasks with a history, they can be paused, and `explain` tells of them.

extension Trigger {
  private static let hookPrefix = "hook"

  /// Names the trigger that stands for a hook on an event.
  static func hookID(_ script: StoredScript, _ event: Schedule.EventType) -> ID { Identifier.derived(hookPrefix, from: script.id, event.rawValue) }

  /// Whether it stands for a hook of the namespace. The end of such a run is no event: a hook on ends would never come to one.
  var isNamespaceHook: Bool { id.hasPrefix(Self.hookPrefix + "_") }
}

extension Host {
  /// Makes the triggers of a hook what its events say, after it was stored.
  func hook(_ script: StoredScript) throws(Problem) {
    guard script.kind == .hook else { return }
    let wanted = script.activeVersion == nil ? [] : script.events
    for event in Schedule.EventType.allCases + script.events.filter(\.isCustom) {
      try hook(script, event, isWanted: wanted.contains(event))
    }
    // Events of one's own that it does not name any more.
    for trigger in try hookTriggers(of: script) where trigger.status == .active {
      if case .event(let rule) = trigger.schedule.when, !wanted.contains(rule.eventType) { try hook(script, rule.eventType, isWanted: false) }
    }
  }

  /// Retires the triggers of a hook that is to be deleted.
  func unhook(_ script: StoredScript) throws(Problem) {
    for trigger in try hookTriggers(of: script) {
      if case .event(let rule) = trigger.schedule.when { try hook(script, rule.eventType, isWanted: false) }
    }
  }

  private func hookTriggers(of script: StoredScript) throws(Problem) -> [Trigger] {
    try read { reader throws(Problem) in
      try reader.activeTriggers().filter { $0.namespaceID == script.namespaceID && $0.isNamespaceHook && $0.action.script?.stored == script.id }
    }
  }

  private func hook(_ script: StoredScript, _ event: Schedule.EventType, isWanted: Bool) throws(Problem) {
    let id = Trigger.hookID(script, event)
    let known = try read { reader throws(Problem) in try reader.trigger(id) }
    guard var trigger = known else {
      guard isWanted else { return }
      var made = try Trigger(
        creating: [
          "name": .string("hook \(script.name) on \(event.rawValue)"), "action_type": "script",
          "action_config": ["script": ["script_id": .string(script.id)]], "trigger_type": "event",
          "schedule_config": ["event_type": .string(event.rawValue), "event_threshold": 1, "overlap": "queue_one"],
        ], in: script.namespaceID, by: "hook \(script.name)", surroundings: surroundings)
      made.id = id
      made.state = ["seq": .int(try read { reader throws(Problem) in try reader.highestSeq() })]
      return try ask { .put(made, isNew: true, [], $0) } as Void
    }
    let status: Trigger.Status = isWanted ? .active : .disabled
    guard trigger.status != status, !(isWanted && trigger.status == .paused) else { return }
    // What happened while it was not wanted is not its concern.
    if isWanted { trigger.state = ["seq": .int(try read { reader throws(Problem) in try reader.highestSeq() })] }
    trigger.status = status
    trigger.updatedAt = surroundings.now()
    try ask { .put(trigger, isNew: false, [], $0) } as Void
  }
}

extension TaskRun {
  /// Events that one run of a hook takes; the rest follows at the next event.
  private static let eventLimit = 1000

  /// Calls the hook for each event since the last run. Where it got to is the trigger's state, committed with what the hook wrote: an event
  /// is taken once. One that the hook fails at is reported and passed.
  func react(to trigger: Trigger, with reference: ScriptReference, into product: inout Product) throws(Problem) {
    guard case .event(let rule) = trigger.schedule.when else { return }
    let since = trigger.state["seq"]?.int ?? 0
    let events = try host.read { reader throws(Problem) in
      try reader.events(in: trigger.namespaceID, since: since, type: rule.eventType, limit: Self.eventLimit)
    }
    var failures: [JSON] = []
    for event in events {
      var one = Product()
      one.state = trigger.state
      one.gathering = product.gathering
      do throws(Problem) {
        _ = try run(reference, kind: .hook, named: "after", arguments: [event.json], into: &one)
        product.writes += one.writes
        product.gathering = one.gathering
      } catch {
        if cancellation.isCancelled || host.isClosing { throw error }
        failures.append(["seq": .int(event.seq), "error": .string(error.description)])
        host.log("warn", "\(trigger.name ?? trigger.id), event \(event.seq): \(error)")
      }
    }
    product.state = ["seq": .int(events.last?.seq ?? since)]
    product.outputs["events"] = .int(events.count - failures.count)
    if !failures.isEmpty { product.outputs["failed_events"] = .array(Array(failures.prefix(20))) }
  }
}
