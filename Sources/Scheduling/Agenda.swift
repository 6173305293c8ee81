package import Basics
package import Model

/// Which triggers are due, and what stands in their way: the state machine behind every fire.
///
/// It is told the time and what happened, and answers with what should be done; it opens no file, reads no clock and starts nothing. The host
/// keeps one, turns each step into a transaction, and tells it how that went. Everything in it can be rebuilt from the triggers' rows.
package struct Agenda {
  /// Lateness up to this counts as on time; beyond it the `catch_up` policy decides.
  package static let grace: Duration = .seconds(60)
  /// An event trigger whose predicate said no is asked again after this long, or when more events came.
  package static let askAgain: Duration = .seconds(60)

  /// A trigger is to fire for `scheduledAt`. The host claims it: one transaction that moves `next`, takes the events and writes the task.
  package struct Fire: Sendable, Equatable {
    package var triggerID: Trigger.ID
    package var scheduledAt: Instant
    package var next: Instant?
    package var consumedEvents: Int64
    /// Whether the condition may fire again before it was false once.
    package var armed: Bool
    /// The trigger's fence as the Agenda knows it; the claim compares and moves it.
    package var fence: Int64
    /// Instants before this one that will not be run.
    package var missed: Missed?
  }

  package struct Missed: Sendable, Equatable {
    package var count: Int64
    package var first: Instant
    package var last: Instant
  }

  /// A script or a measurement has to be asked before it is known whether to fire.
  package struct Question: Sendable, Equatable {
    package enum About: Sendable, Equatable { case predicate, condition }
    package var about: About
    /// What will happen if the answer is yes.
    package var fire: Fire
    package var triggerID: Trigger.ID { fire.triggerID }
  }

  /// Instants pass without a fire; the host records why and moves `next`.
  package struct Skip: Sendable, Equatable {
    package enum Reason: String, Sendable { case overlap, missed }
    package var triggerID: Trigger.ID
    package var reason: Reason
    package var missed: Missed
    package var next: Instant?
    package var fence: Int64
  }

  package enum Step: Sendable, Equatable {
    case fire(Fire)
    case ask(Question)
    case skip(Skip)
  }

  package enum Verdict: Sendable, Equatable { case yes, no, failed }

  /// What follows from an answer. A hold moves `next` and arms or disarms the condition; a condition that holds may have a guard to ask.
  package enum Decision: Sendable, Equatable {
    case fire(Fire)
    case ask(Question)
    case hold(next: Instant?, armed: Bool, fence: Int64)
  }

  private struct Entry {
    var schedule: Schedule
    var timetable: Timetable
    var next: Instant?
    var counter: Int64
    var lastClaim: Instant?
    var armed: Bool
    var fence: Int64
    var running: Int
    var question: Question?
    /// Event triggers: the counter at the last no, and when to ask again.
    var heldAt: (counter: Int64, until: Instant)?
    /// The moment the heap holds for this entry; older heap items are stale.
    var wake: Instant?
  }

  private var entries: [Trigger.ID: Entry] = [:]
  /// Event triggers by type, so that a write finds its listeners without a scan.
  private var listeners: [Schedule.EventType: Set<Trigger.ID>] = [:]
  private var heap = WakeHeap()

  package init() {}

  package var count: Int { entries.count }
  /// The earliest moment at which `next(at:)` can have something to say.
  package var wake: Instant? { heap.first }

  // MARK: - What the host tells it

  /// Adds an active trigger, or replaces it after an edit. `running` counts its unfinished tasks.
  package mutating func insert(_ trigger: Trigger, timetable: Timetable, running: Int = 0) {
    let known = entries[trigger.id]
    remove(trigger.id)
    entries[trigger.id] = Entry(
      schedule: trigger.schedule, timetable: timetable, next: trigger.nextScheduledAt, counter: trigger.eventCounter, lastClaim: trigger.lastCooldownAt,
      armed: trigger.armed, fence: trigger.fence, running: known?.running ?? running)
    if case .event(let rule) = trigger.schedule.when { listeners[rule.eventType, default: []].insert(trigger.id) }
    arrange(trigger.id)
  }

  /// Forgets a trigger: paused, deleted, failed.
  package mutating func remove(_ id: Trigger.ID) {
    guard let entry = entries.removeValue(forKey: id) else { return }
    if case .event(let rule) = entry.schedule.when { listeners[rule.eventType]?.remove(id) }
  }

  /// The active event triggers that count this event, apart from those whose Lua filter has to look first.
  package func listeners(to type: Schedule.EventType, in collectionID: String) -> (counting: [Trigger.ID], filtering: [Trigger.ID]) {
    var counting: [Trigger.ID] = []
    var filtering: [Trigger.ID] = []
    for id in listeners[type] ?? [] {
      guard case .event(let rule)? = entries[id]?.schedule.when, rule.collectionID == nil || rule.collectionID == collectionID else { continue }
      if rule.filter == nil { counting.append(id) } else { filtering.append(id) }
    }
    return (counting.sorted(), filtering.sorted())
  }

  /// Events of a committed transaction were counted for this trigger.
  package mutating func count(_ events: Int64, for id: Trigger.ID) {
    entries[id]?.counter += events
    arrange(id)
  }

  /// A task of the trigger started outside the schedule.
  package mutating func started(_ id: Trigger.ID) { entries[id]?.running += 1 }

  /// A task of the trigger ended. Answers the new next instant of a `fixed_delay` interval, which counts from now.
  package mutating func finished(_ id: Trigger.ID, at now: Instant) -> Instant? {
    guard var entry = entries[id] else { return nil }
    entry.running = max(0, entry.running - 1)
    var moved: Instant?
    if case .interval(let rule) = entry.schedule.when, rule.anchor == .fixedDelay {
      moved = now + .seconds(rule.seconds)
      entry.next = moved
    }
    entries[id] = entry
    arrange(id)
    return moved
  }

  /// A condition's baseline was taken anew: the next crossing counts.
  package mutating func rearm(_ id: Trigger.ID) { entries[id]?.armed = true }

  // MARK: - What it answers

  /// Everything that is due at `now`, in order of time.
  package mutating func next(at now: Instant) -> [Step] {
    var steps: [Step] = []
    while let (id, wake) = heap.pop(through: now) {
      guard entries[id]?.wake == wake else { continue }
      entries[id]?.wake = nil
      steps += due(id, at: now)
      arrange(id)
    }
    return steps
  }

  /// The answer to a question; nil when the trigger was edited or removed meanwhile, so that the answer is about something that no longer is.
  package mutating func judged(_ question: Question, _ verdict: Verdict, at now: Instant) -> Decision? {
    let id = question.triggerID
    guard var entry = entries[id], entry.question == question else { return nil }
    defer {
      entries[id] = entry
      arrange(id)
    }
    entry.question = nil
    var fire = question.fire
    if question.about == .condition {
      // Edge-triggered: it fires when false turns true. An error is neither, and leaves the arming as it was.
      let wasArmed = entry.armed
      if verdict != .failed { entry.armed = verdict == .no }
      fire.armed = entry.armed
      if verdict == .yes, wasArmed, entry.schedule.predicate != nil {
        // The condition holds, now the guard is asked. Until it says yes, the condition counts as not yet fired.
        entry.armed = true
        let guardQuestion = Question(about: .predicate, fire: fire)
        entry.question = guardQuestion
        return .ask(guardQuestion)
      }
      if verdict == .yes, wasArmed { return .fire(claim(&entry, fire, at: now)) }
      return hold(&entry, fire)
    }
    if verdict == .yes {
      entry.armed = fire.armed
      return .fire(claim(&entry, fire, at: now))
    }
    if case .event = entry.schedule.when { entry.heldAt = (entry.counter, now + Self.askAgain) }
    return hold(&entry, fire)
  }

  // MARK: - Rules

  private mutating func due(_ id: Trigger.ID, at now: Instant) -> [Step] {
    guard var entry = entries[id], entry.question == nil else { return [] }
    defer { entries[id] = entry }
    var fire = Fire(triggerID: id, scheduledAt: now, next: nil, consumedEvents: 0, armed: entry.armed, fence: entry.fence, missed: nil)
    switch entry.schedule.when {
    case .event:
      guard isReady(entry, at: now) else { return [] }
      fire.consumedEvents = entry.counter
      if let last = entry.lastClaim { fire.scheduledAt = max(now, last + .milliseconds(1)) }
    case .conditional:
      guard let next = entry.next, next <= now else { return [] }
      // A check that was missed is made once, now; the checks in between would have seen the same.
      fire.scheduledAt = next
      fire.next = entry.timetable.next(after: now)
      let question = Question(about: .condition, fire: fire)
      entry.question = question
      return [.ask(question)]
    case .cron, .interval:
      guard let next = entry.next, next <= now else { return [] }
      fire.scheduledAt = next
      fire.next = following(next, entry)
      if now - next > Self.grace {
        switch catchUp(&entry, fire, at: now) {
        case .fire(let caught): fire = caught
        case .skip(let skip): return [.skip(skip)]
        case .ask: return []
        }
      }
      if entry.running > 0, entry.schedule.overlap == .skip {
        let missed = Missed(count: 1 + (fire.missed?.count ?? 0), first: fire.missed?.first ?? fire.scheduledAt, last: fire.scheduledAt)
        return [.skip(skip(&entry, id, .overlap, missed, next: fire.next))]
      }
    }
    if entry.schedule.predicate != nil {
      let question = Question(about: .predicate, fire: fire)
      entry.question = question
      return [.ask(question)]
    }
    return [.fire(claim(&entry, fire, at: now))]
  }

  /// The instant after a nominal one. A fixed delay counts from the end of the run; until that is known, from its start.
  private func following(_ nominal: Instant, _ entry: Entry) -> Instant? {
    if case .interval(let rule) = entry.schedule.when, rule.anchor == .fixedDelay { return nominal + .seconds(rule.seconds) }
    return entry.timetable.next(after: nominal)
  }

  /// What becomes of instants that passed more than the grace ago: rule R16. Every one is run or counted.
  private mutating func catchUp(_ entry: inout Entry, _ fire: Fire, at now: Instant) -> Step {
    let oldest = now - .seconds(entry.schedule.catchUpWindowSeconds)
    var due: [Instant] = []
    var total: Int64 = 0
    var cursor: Instant? = fire.scheduledAt
    // Of a long absence only the last instants are kept; the older ones are counted.
    let kept = entry.schedule.catchUp == .all ? Int(entry.schedule.maxCatchUp) : 1
    while let instant = cursor, instant <= now {
      total += 1
      due.append(instant)
      if due.count > kept * 2 { due.removeFirst(due.count - kept) }
      cursor = following(instant, entry)
    }
    let last = due.last ?? fire.scheduledAt
    due = due.suffix(kept).filter { $0 >= oldest || now - $0 <= Self.grace }
    if entry.schedule.catchUp == .none { due = due.filter { now - $0 <= Self.grace }.suffix(1) }
    guard let chosen = due.first else {
      return .skip(skip(&entry, fire.triggerID, .missed, Missed(count: total, first: fire.scheduledAt, last: last), next: cursor))
    }
    var caught = fire
    let dropped = total - Int64(due.count)
    if dropped > 0 {
      let lastDropped = droppedLast(before: chosen, from: fire.scheduledAt, entry)
      caught.missed = Missed(count: dropped, first: fire.scheduledAt, last: lastDropped)
    }
    caught.scheduledAt = chosen
    caught.next = due.count > 1 ? due[1] : cursor
    return .fire(caught)
  }

  private func droppedLast(before chosen: Instant, from first: Instant, _ entry: Entry) -> Instant {
    var last = first
    while let next = following(last, entry), next < chosen { last = next }
    return last
  }

  private func skip(_ entry: inout Entry, _ id: Trigger.ID, _ reason: Skip.Reason, _ missed: Missed, next: Instant?) -> Skip {
    let result = Skip(triggerID: id, reason: reason, missed: missed, next: next, fence: entry.fence)
    entry.next = next
    entry.fence += 1
    return result
  }

  private func claim(_ entry: inout Entry, _ fire: Fire, at now: Instant) -> Fire {
    var claimed = fire
    if case .event = entry.schedule.when {
      claimed.consumedEvents = entry.counter
      if let last = entry.lastClaim { claimed.scheduledAt = max(claimed.scheduledAt, last + .milliseconds(1)) }
    }
    claimed.fence = entry.fence
    entry.counter -= claimed.consumedEvents
    entry.lastClaim = now
    entry.next = claimed.next
    entry.heldAt = nil
    entry.running += 1
    entry.fence += 1
    return claimed
  }

  private func hold(_ entry: inout Entry, _ fire: Fire) -> Decision {
    let fence = entry.fence
    entry.next = fire.next
    entry.fence += 1
    return .hold(next: fire.next, armed: entry.armed, fence: fence)
  }

  /// Whether an event trigger may fire: enough events, cooldown over, no run in the way.
  private func isReady(_ entry: Entry, at now: Instant) -> Bool { readyAt(entry).map { $0 <= now } ?? false }

  private func readyAt(_ entry: Entry) -> Instant? {
    guard case .event(let rule) = entry.schedule.when, entry.counter >= rule.threshold else { return nil }
    if entry.running > 0, entry.schedule.overlap == .skip { return nil }
    var ready = Instant(milliseconds: .min)
    if let last = entry.lastClaim { ready = last + .seconds(rule.cooldownSeconds) }
    if let held = entry.heldAt, held.counter == entry.counter { ready = max(ready, held.until) }
    return ready
  }

  /// Puts the entry's next moment of interest into the heap.
  private mutating func arrange(_ id: Trigger.ID) {
    guard let entry = entries[id] else { return }
    let wake: Instant? =
      if entry.question != nil { nil } else if case .event = entry.schedule.when { readyAt(entry) } else { entry.next }
    guard wake != entry.wake else { return }
    entries[id]?.wake = wake
    if let wake { heap.push(id, at: wake) }
  }
}

/// A binary heap of moments; items whose trigger moved on are left in and recognised when they come up.
struct WakeHeap {
  private var items: [(at: Instant, id: Trigger.ID)] = []

  var first: Instant? { items.first?.at }

  mutating func push(_ id: Trigger.ID, at: Instant) {
    items.append((at, id))
    var child = items.count - 1
    while child > 0, precedes(child, (child - 1) / 2) {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// The earliest item, if its moment is not after `now`.
  mutating func pop(through now: Instant) -> (Trigger.ID, Instant)? {
    guard let top = items.first, top.at <= now else { return nil }
    let last = items.removeLast()
    if !items.isEmpty {
      items[0] = last
      var parent = 0
      while true {
        var least = parent
        for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && precedes(child, least) { least = child }
        if least == parent { break }
        items.swapAt(parent, least)
        parent = least
      }
    }
    return (top.id, top.at)
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool { (items[a].at, items[a].id) < (items[b].at, items[b].id) }
}
