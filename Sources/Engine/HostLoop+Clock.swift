import Basics
import Model
import Scheduling
import Store

/// What the host does when the clock is set, cannot be right, or when the rules of the zones change.
extension HostLoop {
  /// How often the release of the time zone data is looked at.
  private static let zoneInterval: Duration = .seconds(60)

  func watchClock() {
    let (now, ticks) = (now(), surroundings.ticks())
    let change = clock.observe(now, ticks)
    trust(clock.trusts(now, ticks), at: now)
    switch change {
    case nil: break
    // What was jumped over is due now, and late: the catch-up policy decides, as after any absence.
    case .forward(let step): log("warn", "the clock went forward by \(Explanation.words(step)), to \(now)")
    case .back(let step):
      if step > Agenda.patience { awakenAll() }
      let moved = agenda.clockWentBack(by: step, at: now)
      log(
        "warn",
        "the clock went back by \(Explanation.words(step)), to \(now); \(moved.isEmpty ? "triggers wait" : "\(moved.count) triggers rescheduled")")
      for skip in moved { take(.skip(skip)) }
    }
    if ticks - zoneData.lookedAt >= Self.zoneInterval { watchZones(at: now, ticks) }
  }

  private func trust(_ trusted: Bool, at now: Instant) {
    guard trusted != agenda.trustsClock else { return }
    awakenAll()
    agenda.trustClock(trusted)
    guard !trusted else {
      log("warn", "the clock is believed again: it says \(now)")
      // Behind the store all the same: then it was the store's clock that was wrong.
      if let newest = clock.newest, newest > now { reschedule(by: newest - now, at: now) }
      return
    }
    log("error", "the clock says \(now), which cannot be: cron triggers wait until it is set")
    // Intervals go on by the time that passes.
    reschedule(by: (clock.newest ?? ClockWatch.earliest) - now, at: now)
  }

  private func reschedule(by amount: Duration, at now: Instant) {
    for skip in agenda.clockWentBack(by: amount, at: now) { take(.skip(skip)) }
  }

  private func watchZones(at now: Instant, _ ticks: Ticks) {
    zoneData.lookedAt = ticks
    let version = parts.zones.dataVersion
    guard version != zoneData.version else { return }
    log("info", "time zone data \(version ?? "unknown") instead of \(zoneData.version ?? "unknown")")
    zoneData.version = version
    parts.zones.forget()
    awakenAll()
    let (moved, broken) = agenda.reload(parts.zones, at: now)
    for (id, problem) in broken { log("error", "trigger \(id) keeps the old rules of its zone: \(problem)") }
    for skip in moved {
      log("info", "trigger \(skip.triggerID): the next instant is \(skip.next?.description ?? "none") instead of \(skip.missed.first)")
      take(.skip(skip))
    }
  }
}
