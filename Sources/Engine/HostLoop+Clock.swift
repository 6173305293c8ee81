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
      let moved = agenda.clockWentBack(by: step, at: now)
      log(
        "warn",
        "the clock went back by \(Explanation.words(step)), to \(now); \(moved.isEmpty ? "triggers wait" : "\(moved.count) triggers rescheduled")")
      for skip in moved { take(.skip(skip)) }
      if step > Agenda.patience { review(.clock(back: step), at: now) }
    }
    if ticks - zoneData.lookedAt >= Self.zoneInterval { watchZones(at: now, ticks) }
  }

  private func trust(_ trusted: Bool, at now: Instant) {
    guard trusted != agenda.trustsClock else { return }
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
    if amount > Agenda.patience { review(.clock(back: amount), at: now) }
  }

  private func watchZones(at now: Instant, _ ticks: Ticks) {
    zoneData.lookedAt = ticks
    let version = parts.zones.dataVersion
    guard version != zoneData.version else { return }
    log("info", "time zone data \(version ?? "unknown") instead of \(zoneData.version ?? "unknown")")
    zoneData.version = version
    parts.zones.forget()
    follow(agenda.reload(parts.zones, at: now))
    review(.zones, at: now)
  }

  private func follow(_ reloaded: (moved: [Agenda.Skip], broken: [(Trigger.ID, Problem)])) {
    for (id, problem) in reloaded.broken { log("error", "trigger \(id) keeps the old rules of its zone: \(problem)") }
    for skip in reloaded.moved {
      log("info", "trigger \(skip.triggerID): the next instant is \(skip.next?.description ?? "none") instead of \(skip.missed.first)")
      take(.skip(skip))
    }
  }

  // MARK: - What concerns those that sleep, too

  /// How many rows of sleeping triggers are looked at in one round; commands wait meanwhile.
  private static let reviewPiece = 256

  private func review(_ change: Review.Change, at now: Instant) { reviews.append(Review(change, at: now, of: agenda.unread)) }

  /// Lets the oldest change reach its next piece of the triggers that sleep. They go back to sleep.
  func goOnReviewing() {
    guard !reviews.isEmpty else { return }
    let ids = reviews[0].next(Self.reviewPiece).filter(agenda.isUnread)
    // Waking tells them what has changed.
    awaken(ids)
    for id in ids where agenda.doze(id, at: now()) {
      definitions[id] = nil
      lastEvaluations[id] = nil
    }
    if reviews[0].isOver { reviews.removeFirst() }
  }

  /// Tells triggers that have just been read what has changed while they slept.
  func catchUp(_ ids: [Trigger.ID]) {
    for index in reviews.indices {
      let late = reviews[index].reach(ids)
      if late.isEmpty { continue }
      let moment = reviews[index].at
      switch reviews[index].change {
      case .clock(let amount): for skip in agenda.clockWentBack(by: amount, at: moment, of: late) { take(.skip(skip)) }
      case .zones: follow(agenda.reload(parts.zones, at: moment, of: late))
      }
    }
  }
}
