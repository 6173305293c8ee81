import Basics
import Model

/// What is due, and what becomes of it. One trigger at a time; nothing here knows of the others.
extension Agenda {
  // MARK: - When to look

  /// When a trigger has to be looked at next; nil while only something that happens can change it.
  func moment(_ entry: Entry) -> Instant? {
    if entry.question != nil { return nil }
    if entry.isAsleep { return entry.next }
    if entry.chain != nil { return Instant(milliseconds: .min) }
    switch entry.schedule.when {
    case .event(let rule):
      if rule.absenceSeconds != nil { return hasRoom(entry) ? entry.next.map { max($0, cooled(entry)) } : nil }
      guard let ready = readyAt(entry) else { return entry.window?.expiry }
      return entry.window?.expiry.map { min(ready, $0) } ?? ready
    case .cron where !trustsClock: return nil
    case .cron, .interval, .conditional: return entry.next.map { max(actual($0, entry), entry.catchUpAt ?? $0) }
    }
  }

  /// A nominal instant with its jitter.
  private func actual(_ nominal: Instant, _ entry: Entry) -> Instant {
    guard entry.schedule.jitterSeconds > 0 else { return nominal }
    return nominal + Jitter.delay(of: entry.id, at: nominal, within: .seconds(entry.schedule.jitterSeconds), next: following(nominal, entry))
  }

  /// The instant after a nominal one. A fixed delay counts from the end of the run; until that is known, from its start.
  private func following(_ nominal: Instant, _ entry: Entry) -> Instant? {
    if case .interval(let rule) = entry.schedule.when, rule.anchor == .fixedDelay, entry.schedule.at == nil {
      return entry.timetable.delayed(rule.seconds, after: nominal)
    }
    return entry.timetable.next(after: nominal)
  }

  /// When the cooldown is over.
  private func cooled(_ entry: Entry) -> Instant {
    guard let last = entry.lastClaim, let cooldown = entry.schedule.cooldownSeconds else { return Instant(milliseconds: .min) }
    return last + .seconds(cooldown)
  }

  /// When enough events, their silence, the cooldown and the last no let an event trigger fire; nil when more has to happen.
  private func readyAt(_ entry: Entry) -> Instant? {
    guard case .event(let rule) = entry.schedule.when, entry.counter >= rule.threshold, hasRoom(entry) else { return nil }
    var ready = cooled(entry)
    if let debounce = rule.debounceSeconds, let last = entry.lastEvent {
      var quiet = last + .seconds(debounce)
      if let most = rule.maxWaitSeconds, let first = entry.firstEvent { quiet = min(quiet, first + .seconds(most)) }
      ready = max(ready, quiet)
    }
    if let held = entry.heldAt, held.counter == entry.counter { ready = max(ready, held.until) }
    return ready
  }

  // MARK: - Beside a run that goes on

  private enum Room { case free, waits, cancels, none(Skip.Reason) }

  private func room(_ entry: Entry) -> Room {
    guard entry.running > 0 else { return .free }
    switch entry.schedule.overlap {
    case .allow: return .free
    case .skip: return .none(.overlap)
    case .queueOne: return entry.running < 2 ? .waits : .none(.overlap)
    case .queue: return entry.running <= entry.schedule.maxQueue ? .waits : .none(.queueFull)
    case .cancelRunning: return .cancels
    }
  }

  private func hasRoom(_ entry: Entry) -> Bool { if case .none = room(entry) { false } else { true } }

  // MARK: - What is due

  /// Appends what is to be done now.
  mutating func due(_ entry: Entry, at now: Instant, _ steps: inout [Step]) {
    guard entry.question == nil else { return }
    if let original = entry.original, now >= entry.createdAt { (entry.timetable, entry.original) = (original, nil) }
    var fire = Fire(triggerID: entry.id, scheduledAt: now, next: nil, consumedEvents: 0, armed: entry.armed, fence: entry.fence, missed: nil)
    if entry.isProbed {
      guard let next = entry.next, next <= now else { return }
      fire.scheduledAt = next
      fire.isProbe = true
      return steps.append(.fire(claim(entry, fire, at: now)))
    }
    if entry.isPaused {
      guard let next = entry.next, next <= now else { return }
      entry.next = nil
      return steps.append(.resume(Waking(triggerID: entry.id, fence: entry.fence)))
    }
    if let chain = entry.chain { return steps.append(follow(chain, entry, fire, at: now)) }
    switch entry.schedule.when {
    case .event(let rule):
      if rule.absenceSeconds != nil {
        guard let next = entry.next, next <= now, cooled(entry) <= now, hasRoom(entry) else { return }
        fire.scheduledAt = next
      } else {
        if let skip = expire(entry, at: now) { steps.append(.skip(skip)) }
        guard let ready = readyAt(entry), ready <= now else { return }
        fire.consumedEvents = entry.counter
        if let last = entry.lastInstant { fire.scheduledAt = max(now, last + .milliseconds(1)) }
      }
    case .cron, .interval, .conditional:
      if case .cron = entry.schedule.when, !trustsClock { return }
      guard let next = entry.next, actual(next, entry) <= now else { return }
      fire.scheduledAt = next
      if case .conditional = entry.schedule.when {
        // A check that was missed is made once, now; the checks in between would have seen the same.
        fire.next = entry.timetable.next(after: now)
      } else {
        if now - actual(next, entry) > Self.grace {
          if isSpread(entry, next, at: now) { return }
          switch catchUp(entry, fire, at: now) {
          case .fire(let caught): fire = caught
          case let other: return steps.append(other)
          }
        } else {
          fire.next = following(next, entry)
        }
      }
      if entry.timetable.excludes(fire.scheduledAt) {
        return steps.append(.skip(skip(entry, .calendar, counted(fire), next: fire.next)))
      }
      if case .conditional = entry.schedule.when {
        let question = Question(about: .condition, fire: fire)
        entry.question = question
        return steps.append(.ask(question))
      }
      if case .none(let reason) = room(entry) {
        return steps.append(.skip(skip(entry, reason, counted(fire), next: fire.next)))
      }
    }
    if entry.schedule.predicate != nil {
      let question = Question(about: .predicate, fire: fire)
      entry.question = question
      return steps.append(.ask(question))
    }
    steps.append(.fire(claim(entry, fire, at: now)))
  }

  /// What the end of another trigger's run starts: whatever the schedule says, but not beside a run that leaves no room, nor past the predicate.
  private func follow(_ chain: Chain, _ entry: Entry, _ start: Fire, at now: Instant) -> Step {
    var fire = start
    // Two ends within a millisecond are two starts.
    let instant = entry.lastInstant.map { max(chain.at, $0 + .milliseconds(1)) } ?? chain.at
    (fire.scheduledAt, fire.next, fire.depth, fire.chain) = (instant, entry.next, chain.depth, chain)
    entry.chain = nil
    if case .none(let reason) = room(entry) {
      var skipped = skip(entry, reason, counted(fire), next: entry.next)
      skipped.chain = chain
      return .skip(skipped)
    }
    guard entry.schedule.predicate != nil else { return .fire(claim(entry, fire, at: now)) }
    let question = Question(about: .predicate, fire: fire)
    entry.question = question
    return .ask(question)
  }

  /// Whether a late instant waits for the moment that `catch_up_jitter_seconds` gives it.
  private func isSpread(_ entry: Entry, _ nominal: Instant, at now: Instant) -> Bool {
    guard entry.schedule.catchUpJitterSeconds > 0 else { return false }
    let moment = entry.catchUpAt ?? now + Jitter.delay(of: entry.id, at: nominal, within: .seconds(entry.schedule.catchUpJitterSeconds), next: nil)
    entry.catchUpAt = moment > now ? moment : nil
    return moment > now
  }

  /// The instant of a fire that does not come to be, and those that were missed before it.
  private func counted(_ fire: Fire) -> Missed {
    Missed(
      count: 1 + (fire.missed?.count ?? 0), first: fire.missed.map { min($0.first, fire.scheduledAt) } ?? fire.scheduledAt, last: fire.scheduledAt,
      isAtLeast: fire.missed?.isAtLeast ?? false)
  }

  private func catchUp(_ entry: Entry, _ fire: Fire, at now: Instant) -> Step {
    var caught = fire
    let first = fire.scheduledAt
    if case .interval(let rule) = entry.schedule.when, rule.anchor == .fixedDelay, entry.schedule.at == nil {
      // What would have followed counts from the end of a run that never was.
      caught.next = entry.timetable.delayed(rule.seconds, after: now)
      if entry.schedule.catchUp != .none, now - first <= .seconds(entry.schedule.catchUpWindowSeconds) { return .fire(caught) }
      return .skip(skip(entry, .missed, Missed(count: 1, first: first, last: first), next: caught.next))
    }
    var last = entry.timetable.previous(before: now + .milliseconds(1)).map { max($0, first) } ?? first
    // The newest may still be within its jitter.
    if last > first, actual(last, entry) > now { last = entry.timetable.previous(before: last).map { max($0, first) } ?? first }
    let runs = MissedRuns(from: first, through: last, entry.schedule, entry.timetable, at: now)
    guard let run = runs.run else {
      return .skip(skip(entry, .missed, runs.dropped ?? Missed(count: 0, first: first, last: last), next: runs.next))
    }
    caught.scheduledAt = run
    caught.next = runs.next
    caught.missed = runs.dropped
    return .fire(caught)
  }

  private func expire(_ entry: Entry, at now: Instant) -> Skip? {
    guard let gone = entry.window?.expire(at: now), let first = gone.first, let last = gone.last else { return nil }
    let count = gone.reduce(0) { $0 + $1.count }
    entry.counter -= count
    if entry.counter == 0 { entry.firstEvent = nil }
    return Skip(
      triggerID: entry.id, reason: .window, missed: Missed(count: count, first: first.at, last: last.at), next: entry.next, fence: entry.fence,
      buckets: gone)
  }

  // MARK: - Answers

  func decide(_ entry: Entry, _ question: Question, _ verdict: Verdict, at now: Instant) -> Decision {
    var fire = question.fire
    if fire.chain != nil {
      // The schedule went on while the script was asked.
      fire.next = entry.next
    } else if case .event(let rule) = entry.schedule.when, rule.absenceSeconds != nil, entry.next != fire.scheduledAt {
      // An event came while the script was asked, and broke the silence.
      fire.next = entry.next
      return hold(entry, fire)
    }
    guard question.about == .condition, case .conditional(let condition) = entry.schedule.when else {
      if verdict == .yes {
        // Another run may have begun while the script was asked.
        if entry.schedule.type != .event || fire.chain != nil, case .none(let reason) = room(entry) {
          var skipped = skip(entry, reason, counted(fire), next: fire.next)
          skipped.chain = fire.chain
          return .skip(skipped)
        }
        entry.armed = fire.armed
        return .fire(claim(entry, fire, at: now))
      }
      if case .event = entry.schedule.when, fire.chain == nil { entry.heldAt = (entry.counter, now + Self.askAgain) }
      return hold(entry, fire)
    }
    let wasArmed = entry.armed
    switch condition.mode {
    case .edge:
      // It fires when false turns true. An error is neither, and leaves the arming as it was; so does a value that is only a little back.
      if verdict == .yes { entry.armed = false } else if verdict == .no { entry.armed = true }
      guard verdict == .yes, wasArmed else {
        fire.armed = entry.armed
        return hold(entry, fire)
      }
    case .level:
      entry.armed = true
      guard verdict == .yes, cooled(entry) <= now else {
        fire.armed = true
        return hold(entry, fire)
      }
    }
    fire.armed = entry.armed
    if case .none(let reason) = room(entry) {
      // The crossing is not lost: the next check finds it.
      entry.armed = wasArmed
      return .skip(skip(entry, reason, Missed(count: 1, first: fire.scheduledAt, last: fire.scheduledAt), next: fire.next))
    }
    if entry.schedule.predicate != nil {
      // The condition holds, now the guard is asked. Until it says yes, the condition counts as not yet fired.
      entry.armed = true
      let guardQuestion = Question(about: .predicate, fire: fire)
      entry.question = guardQuestion
      return .ask(guardQuestion)
    }
    return .fire(claim(entry, fire, at: now))
  }

  // MARK: - Changes

  func skip(_ entry: Entry, _ reason: Skip.Reason, _ missed: Missed, next: Instant?) -> Skip {
    let result = Skip(triggerID: entry.id, reason: reason, missed: missed, next: next, fence: entry.fence)
    entry.next = next
    entry.fence += 1
    return result
  }

  private func claim(_ entry: Entry, _ fire: Fire, at now: Instant) -> Fire {
    var claimed = fire
    if case .event(let rule) = entry.schedule.when, fire.chain == nil {
      claimed.consumedEvents = entry.counter
      claimed.buckets = entry.window?.takeAll() ?? []
      claimed.depth = entry.depth
      if !entry.isProbed, rule.absenceSeconds == nil, let last = entry.lastInstant {
        claimed.scheduledAt = max(claimed.scheduledAt, last + .milliseconds(1))
      }
      entry.firstEvent = nil
      entry.depth = 0
    }
    switch room(entry) {
    case .waits: claimed.waits = true
    case .cancels: (claimed.waits, claimed.cancelsRunning) = (true, true)
    case .free, .none: break
    }
    claimed.fence = entry.fence
    entry.counter -= claimed.consumedEvents
    entry.lastClaim = now
    entry.lastInstant = max(entry.lastInstant ?? claimed.scheduledAt, claimed.scheduledAt)
    entry.next = claimed.next
    entry.heldAt = nil
    entry.running += 1
    entry.fence += 1
    return claimed
  }

  private func hold(_ entry: Entry, _ fire: Fire) -> Decision {
    let fence = entry.fence
    entry.next = fire.next
    entry.fence += 1
    return .hold(next: fire.next, armed: entry.armed, fence: fence)
  }
}
