import Basics
import Model
import Scheduling
import Store

/// A burst: while one batch of claims and ends is on its way to the disk, the next is planned.
///
/// What a batch came to is looked at when it is on the disk, and only then is the next one given away: nobody hears of anything, and no worker
/// gets a task, before it is written. What is planned meanwhile looks at nothing but what is in memory, and comes out as it would a moment later;
/// everything else waits until the batch is there.
extension HostLoop {
  /// So many transactions are worth the way to another thread and back. From eight on, bursts took longer: they came in smaller pieces.
  static let burst = 32
  /// How often the host looks for more to plan.
  private static let look: Duration = .milliseconds(1)

  func commit(_ batch: Pending) -> [Outcome] {
    guard batch.isBurst, let committer = committer() else { return ledger.commit(batch.transactions) }
    committer.begin(batch.transactions)
    while true {
      if let outcomes = committer.outcomes(within: Self.look) { return outcomes }
      planAhead()
    }
  }

  /// Started when it is first needed; nil when it cannot be.
  private func committer() -> Committer? {
    if let known = knownCommitter { return known }
    do throws(Problem) { knownCommitter = try Committer(ledger) } catch { log("error", error.description) }
    return knownCommitter
  }

  private func planAhead() {
    guard canPlanAhead else { return }
    for command in parts.inbox.take(limit: Self.batchLimit, timeout: .zero) ?? [] {
      // Behind one that has to wait all wait, in their order.
      if deferred.isEmpty, isPlain(command) { take(command) } else { deferred.append(command) }
    }
    // What is ready has to go first, and may need to be read.
    guard deferred.isEmpty, stepsAside.isEmpty, !isHeld, !admission.isReady, admission.isQuick(.scripts) else { return }
    let room = admission.room(in: .scripts)
    guard room > 0 else { return }
    // The clock was watched at that moment; what has come due since then comes with the next look at it.
    for step in agenda.next(at: looked, limit: min(room, Self.stepLimit)) {
      if case .fire(let fire) = step, !fire.waits, definitions[fire.triggerID] != nil { take(step) } else { stepsAside.append(step) }
    }
  }

  private var canPlanAhead: Bool {
    !isStopping && !isResting && deferred.isEmpty && isRoomy && !isWanted(.triggerFired) && !isWanted(.triggerCompleted)
  }

  /// Whether a command is the end of a run that changes nothing but its task and its trigger, and starts nothing.
  private func isPlain(_ command: Command) -> Bool {
    guard case .ran(let work, let ending, _) = command else { return false }
    guard let ending else { return true }
    guard work.task.kind == .script, ending.status == .completed, ending.writes.isEmpty, ending.baseline == nil else { return false }
    guard let id = work.task.triggerID, let definition = definitions[id] else { return work.task.triggerID == nil }
    let schedule = definition.trigger.schedule
    return definition.status == .active && schedule.onSuccess.isEmpty && (schedule.overlap == .skip || schedule.overlap == .allow)
  }
}
