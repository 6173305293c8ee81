import Basics
import Model
import Scheduling
import Store

/// What can only be seen of a trigger beside the others, or beside the clock, before it is stored.
extension Host {
  func checkWhole(_ trigger: Trigger, isNew: Bool) throws(Problem) {
    guard trigger.status == .active else { return }
    try checkInstants(trigger, isNew: isNew)
    if case .conditional(let condition) = trigger.schedule.when, condition.kind == .quality { try checkCluster(condition, trigger) }
    try checkChain(trigger)
    if trigger.listensToRuns || !trigger.starts.isEmpty { try checkLoops(trigger) }
  }

  /// A schedule that never comes is a mistake when it is made; later it has simply ended.
  private func checkInstants(_ trigger: Trigger, isNew: Bool) throws(Problem) {
    guard trigger.hasEnded else { return }
    if !isNew, let stored = try read({ reader throws(Problem) in try reader.trigger(trigger.id) }), stored.schedule == trigger.schedule { return }
    let now = surroundings.now()
    if let at = trigger.schedule.at {
      throw Problem(.invalid, "at \(at) is in the past; it is \(now)", hint: "Give a later moment", path: "schedule_config.at")
    }
    throw Problem(
      .invalid, "no instant comes before end_at \(trigger.schedule.endAt?.description ?? "")", hint: "Give a later end_at; it is \(now)",
      path: "schedule_config.end_at")
  }

  private func checkCluster(_ condition: Condition, _ trigger: Trigger) throws(Problem) {
    if let named = condition.clusterID {
      _ = try cluster(named, in: trigger.namespaceID, path: "schedule_config.cluster_id")
    } else if trigger.action.kind != .cluster {
      throw Problem(
        .invalid, "it is not said whose runs to measure", hint: "Give \"cluster_id\"", path: "schedule_config.cluster_id")
    }
  }

  /// The triggers that `on_success` and `on_failure` name exist, in the same namespace.
  private func checkChain(_ trigger: Trigger) throws(Problem) {
    for (key, targets) in [("on_success", trigger.schedule.onSuccess), ("on_failure", trigger.schedule.onFailure)] {
      for (index, target) in targets.enumerated() where target != trigger.id {
        do throws(Problem) {
          guard try self.trigger(target, in: trigger.namespaceID).status == .disabled else { continue }
        } catch {
          var problem = error
          problem.kind = .invalid
          problem.path = "schedule_config.\(key)[\(index)]"
          throw problem
        }
        throw Problem(
          .invalid, "trigger '\(target)' was deleted", hint: "Name one that exists", path: "schedule_config.\(key)[\(index)]")
      }
    }
  }

  // MARK: - Loops

  /// Refuses a trigger that would start itself, directly or through others. A Lua filter may prevent that in ways that only it knows; such loops
  /// are cut when they are eight runs deep.
  private func checkLoops(_ trigger: Trigger) throws(Problem) {
    var others = try read { reader throws(Problem) in try reader.activeTriggers() }.filter {
      $0.namespaceID == trigger.namespaceID && $0.id != trigger.id && !$0.isNamespaceHook
    }
    others.append(trigger)
    var ways: [[Trigger]] = [[trigger]]
    var seen: Set<Trigger.ID> = []
    while let way = ways.popLast(), let last = way.last {
      for listener in others where listener.hears(last) || last.starts.contains(listener.id) {
        if listener.id == trigger.id {
          let names = (way + [trigger]).map { $0.name ?? $0.id }.joined(separator: " → ")
          let isChain = !trigger.listensToRuns
          throw Problem(
            .invalid, "the trigger would start itself: \(names)",
            hint: isChain
              ? "Let the last one start another, or none" : "Name the one that it waits for, e.g. \"filters\": {\"trigger_id\": \"trg_…\"}",
            path: isChain ? "schedule_config.\(trigger.schedule.onSuccess.isEmpty ? "on_failure" : "on_success")" : "schedule_config.event_type")
        }
        if seen.insert(listener.id).inserted { ways.append(way + [listener]) }
      }
    }
  }
}

extension Trigger {
  /// The triggers that an end of its run starts.
  fileprivate var starts: [Trigger.ID] { schedule.onSuccess + schedule.onFailure }
  fileprivate var listensToRuns: Bool { if case .event(let rule) = schedule.when { rule.eventType.followsRuns } else { false } }

  /// Whether the end of a run of `other` counts for this trigger, as far as its rule says.
  fileprivate func hears(_ other: Trigger) -> Bool {
    guard case .event(let rule) = schedule.when, rule.filter == nil else { return false }
    switch rule.eventType {
    case .triggerFired, .triggerCompleted, .triggerFailed: return rule.filters?.allows(other.id, at: "trigger_id") ?? true
    case .batchCompleted:
      // Which collections a batch fills is known when it runs; only what is certain is refused.
      guard other.action.kind == .collectionTrigger || other.action.kind == .batchRerun, let id = other.action.config["collection_id"]?.string else {
        return false
      }
      return (rule.collectionID.map { $0 == id } ?? true) && (rule.filters?.allows(id, at: "collection_id") ?? true)
    case .clusterCompleted, .clusterFailed:
      guard other.action.kind == .cluster else { return false }
      guard let filters = rule.filters else { return true }
      return filters.allows(other.id, at: "trigger_id") && filters.allows(other.action.resourceID ?? "", at: "cluster_id")
    case .enrichmentCompleted:
      guard other.action.kind == .taxonomyEnrichment else { return false }
      guard let filters = rule.filters else { return true }
      return filters.allows(other.id, at: "trigger_id") && filters.allows(other.action.resourceID ?? "", at: "taxonomy_id")
    default: return false
    }
  }
}

extension Filter {
  /// Whether something with this value in a field can pass. Other fields are unknown, and what is unknown may be true.
  fileprivate func allows(_ value: String, at name: String) -> Bool {
    switch self {
    case .all(let inner): inner.allSatisfy { $0.allows(value, at: name) }
    case .any(let inner): inner.contains { $0.allows(value, at: name) }
    case .none(let inner): !inner.contains { $0.isCertain(value, at: name) }
    case .compare(let field, _, _), .exact(.compare(let field, _, _)): field != name || matches([name: .string(value)])
    case .exact(let inner): inner.allows(value, at: name)
    case .mentions, .share: true
    }
  }

  private func isCertain(_ value: String, at name: String) -> Bool {
    switch self {
    case .all(let inner): inner.allSatisfy { $0.isCertain(value, at: name) }
    case .any(let inner): inner.contains { $0.isCertain(value, at: name) }
    case .none(let inner): !inner.contains { $0.allows(value, at: name) }
    case .compare(let field, _, _), .exact(.compare(let field, _, _)): field == name && matches([name: .string(value)])
    case .exact(let inner): inner.isCertain(value, at: name)
    case .mentions, .share: false
    }
  }
}
