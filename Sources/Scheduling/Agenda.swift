package import Basics
package import Model

/// Which triggers are due, and what stands in their way: the state machine behind every fire.
///
/// It is told the time and what happened, and answers with what should be done; it opens no file, reads no clock and starts nothing. The host
/// keeps one, turns each step into a transaction, and tells it how that went. Everything in it can be rebuilt from the triggers' rows.
///
/// Nobody copies one: its entries are objects that change in place, so a copy would be no second agenda. With entries that are values, most of
/// a decision's time went into copying schedules.
package struct Agenda {
  /// Lateness up to this counts as on time; beyond it the `catch_up` policy decides.
  package static let grace: Duration = .seconds(60)
  /// An event trigger whose predicate said no is asked again after this long, or when more events came.
  package static let askAgain: Duration = .seconds(60)
  /// A clock that goes back by up to this finds every trigger waiting as before; beyond it, the times are computed anew.
  package static let patience: Duration = .seconds(3 * 3600)

  /// A trigger is to fire for `scheduledAt`. The host claims it: one transaction that moves `next`, takes the events and writes the task.
  package struct Fire: Sendable, Equatable {
    package var triggerID: Trigger.ID
    /// The nominal instant, before any jitter.
    package var scheduledAt: Instant
    package var next: Instant?
    package var consumedEvents: Int64
    /// Whether the condition may fire again before it was false once.
    package var armed: Bool
    /// The trigger's fence as the Agenda knows it; the claim compares and moves it.
    package var fence: Int64
    /// Instants before this one that will not be run.
    package var missed: Missed?
    /// Of triggers with a window: the buckets that the events are taken from.
    package var buckets: [EventWindow.Bucket] = []
    /// How many runs led to the events that are taken.
    package var depth: Int64 = 0
    /// The task is written down now and starts when the one before it has ended.
    package var waits = false
    /// What runs or waits is to be cancelled first.
    package var cancelsRunning = false
    /// One run of a trigger that has failed too often.
    package var isProbe = false
    /// The end of another trigger's run that starts this one.
    package var chain: Chain?
  }

  package struct Missed: Sendable, Equatable {
    package var count: Int64
    package var first: Instant
    package var last: Instant
    /// Counting was given up: there were more.
    package var isAtLeast = false
  }

  /// A script or a measurement has to be asked before it is known whether to fire.
  package struct Question: Sendable, Equatable {
    package enum About: Sendable, Equatable { case predicate, condition }
    package var about: About
    /// What will happen if the answer is yes.
    package var fire: Fire
    package var triggerID: Trigger.ID { fire.triggerID }
  }

  /// Instants or events pass without a fire; the host records why, and moves `next`. A count of zero only moves it.
  package struct Skip: Sendable, Equatable {
    package enum Reason: String, Sendable {
      case overlap, missed
      /// The queue of `overlap: queue` has no room.
      case queueFull = "queue full"
      /// The instant is excluded.
      case calendar
      /// Events have left the window uncounted; `next` and the fence stay.
      case window
      /// The clock went back too far to wait.
      case clock
      /// The rules of the zone have changed.
      case zones
    }
    package var triggerID: Trigger.ID
    package var reason: Reason
    package var missed: Missed
    package var next: Instant?
    package var fence: Int64
    package var buckets: [EventWindow.Bucket] = []
    /// The end of another trigger's run that starts nothing.
    package var chain: Chain?
  }

  /// A pause is over.
  package struct Waking: Sendable, Equatable {
    package var triggerID: Trigger.ID
    package var fence: Int64
  }

  package enum Step: Sendable, Equatable {
    case fire(Fire)
    case ask(Question)
    case skip(Skip)
    case resume(Waking)
  }

  /// The answer to a question. `between`: a measured value that neither holds nor is far enough away to arm the next crossing.
  package enum Verdict: Sendable, Equatable { case yes, no, between, failed }

  /// What follows from an answer. A hold moves `next` and arms or disarms the condition; a condition that holds may have a guard to ask, and
  /// may find no room beside a run that still goes on.
  package enum Decision: Sendable, Equatable {
    case fire(Fire)
    case ask(Question)
    case hold(next: Instant?, armed: Bool, fence: Int64)
    case skip(Skip)
  }

  final class Entry {
    let id: Trigger.ID
    let namespaceID: String
    let createdAt: Instant
    let schedule: Schedule
    var timetable: Timetable
    /// While the clock shows a time before the trigger was made, the timetable to which it returns.
    var original: Timetable?
    /// The trigger failed too often and waits for its probe.
    let isProbed: Bool
    /// The trigger is paused, and `next` is the end of that.
    let isPaused: Bool
    var next: Instant?
    /// The end of a run that is to start this trigger at once.
    var chain: Chain?
    /// When an instant that is late comes, where late ones are spread.
    var catchUpAt: Instant?
    var counter: Int64
    var window: EventWindow?
    var firstEvent: Instant?
    var lastEvent: Instant?
    var depth: Int64
    var lastClaim: Instant?
    /// The last instant that was claimed: those that events and chains make are later, also when several come in a millisecond.
    var lastInstant: Instant?
    var armed: Bool
    var fence: Int64
    var running: Int
    var question: Question?
    /// Event triggers: the counter at the last no, and when to ask again.
    var heldAt: (counter: Int64, until: Instant)?
    /// The moment the heap holds for this entry; older heap items are stale.
    var wake: Instant?

    init(_ trigger: Trigger, timetable: Timetable, running: Int) {
      id = trigger.id
      namespaceID = trigger.namespaceID
      createdAt = trigger.createdAt
      schedule = trigger.schedule
      self.timetable = timetable
      isProbed = trigger.status == .failed
      isPaused = trigger.status == .paused
      next = trigger.status == .paused ? trigger.pausedUntil : trigger.nextScheduledAt
      chain = trigger.status == .active ? trigger.chain : nil
      counter = trigger.eventCounter
      firstEvent = trigger.firstEventAt
      lastEvent = trigger.lastEventAt
      depth = trigger.eventDepth
      lastClaim = trigger.lastCooldownAt ?? trigger.lastTriggeredAt
      lastInstant = lastClaim
      armed = trigger.armed
      fence = trigger.fence
      self.running = running
    }

    /// Only its probe, or the end of its pause, concerns it.
    var isAsleep: Bool { isProbed || isPaused }
  }

  var entries: [Trigger.ID: Entry] = [:]
  /// Event triggers by type, so that a write finds its listeners without a scan.
  private var listeners: [Schedule.EventType: Set<Trigger.ID>] = [:]
  private var heap = WakeHeap<Entry>()
  /// Triggers of which only the next instant is known: their rows are read shortly before.
  private var sleepers: [Trigger.ID: Instant] = [:]
  private var sleeperHeap = WakeHeap<Trigger.ID>()
  /// Tasks that wait for their next attempt.
  private var retries: [String: Instant] = [:]
  private var retryHeap = WakeHeap<String>()
  /// False while the wall clock cannot be right: cron triggers then wait.
  package private(set) var trustsClock = true

  package init() {}

  package var count: Int { entries.count + sleepers.count }
  /// The earliest moment at which something can have to be done.
  package var wake: Instant? { [heap.first, retryHeap.first, sleeperHeap.first.map { $0 - Self.readAhead }].compactMap(\.self).min() }

  // MARK: - Sleepers

  /// How long before it is due the row of a sleeping trigger is to be read.
  package static let readAhead: Duration = .seconds(30)

  /// Adds a trigger of which only the next instant is known. It takes little memory and no time until that comes near; a hundred thousand of
  /// them are there at once.
  package mutating func expect(_ id: Trigger.ID, at next: Instant) {
    sleepers[id] = next
    sleeperHeap.push(id, at: next)
  }

  /// Whether its row is not read yet.
  package func isUnread(_ id: Trigger.ID) -> Bool { sleepers[id] != nil }

  /// The sleeping triggers that are due through a moment, the earliest first: the host reads their rows and inserts them.
  package mutating func awaken(through moment: Instant, limit: Int = .max) -> [Trigger.ID] {
    var found: [Trigger.ID] = []
    while found.count < limit, let (id, at) = sleeperHeap.pop(through: moment) {
      guard sleepers[id] == at else { continue }
      sleepers[id] = nil
      found.append(id)
    }
    return found
  }

  /// The sleeping triggers, in the order of their names.
  package var unread: [Trigger.ID] { sleepers.keys.sorted() }

  /// Lets a trigger sleep again that was looked at in passing; false when it has to stay, since it is due soon or is more than its row says.
  package mutating func doze(_ id: Trigger.ID, at now: Instant) -> Bool {
    guard let entry = entries[id], entry.schedule.type == .cron || entry.schedule.type == .interval, !entry.isAsleep, entry.running == 0,
      entry.question == nil, entry.chain == nil, entry.original == nil, let next = entry.next, next > now + Self.readAhead + Self.readAhead
    else { return false }
    remove(id)
    expect(id, at: next)
    return true
  }

  // MARK: - What the host tells it

  /// Adds a trigger that is active or waits for its probe, or replaces it after an edit. `running` counts its unfinished tasks, `buckets` are
  /// the events that its window holds.
  package mutating func insert(_ trigger: Trigger, timetable: Timetable, running: Int = 0, buckets: [EventWindow.Bucket] = []) {
    let known = entries[trigger.id]
    remove(trigger.id)
    let entry = Entry(trigger, timetable: timetable, running: known?.running ?? running)
    if let before = known?.lastInstant { entry.lastInstant = max(before, entry.lastInstant ?? before) }
    if case .event(let rule) = trigger.schedule.when {
      if let seconds = rule.windowSeconds {
        var window = EventWindow(seconds: seconds)
        for bucket in buckets { window.add(bucket.count, at: bucket.at) }
        // Events that were counted before the trigger had a window have no moment of their own.
        let others = trigger.eventCounter - window.total
        if others > 0 { window.add(others, at: trigger.lastEventAt ?? trigger.updatedAt) }
        entry.window = window
      }
      if !entry.isAsleep { listeners[rule.eventType, default: []].insert(trigger.id) }
    }
    entries[trigger.id] = entry
    arrange(entry)
  }

  /// Forgets a trigger: paused, deleted, failed.
  package mutating func remove(_ id: Trigger.ID) {
    sleepers[id] = nil
    guard let entry = entries.removeValue(forKey: id) else { return }
    // The heap keeps it until its moment comes up.
    entry.wake = nil
    if case .event(let rule) = entry.schedule.when { listeners[rule.eventType]?.remove(id) }
  }

  /// The active event triggers of a namespace that count this event, apart from those whose filter has to look first.
  package func listeners(
    to type: Schedule.EventType, in collectionID: String, of namespaceID: String
  ) -> (counting: [Trigger.ID], filtering: [Trigger.ID]) {
    var counting: [Trigger.ID] = []
    var filtering: [Trigger.ID] = []
    for id in listeners[type] ?? [] {
      guard let entry = entries[id], entry.namespaceID == namespaceID, case .event(let rule) = entry.schedule.when,
        rule.collectionID == nil || rule.collectionID == collectionID
      else { continue }
      if rule.isFiltered { filtering.append(id) } else { counting.append(id) }
    }
    return (counting.sorted(), filtering.sorted())
  }

  /// Whether any trigger wants to know of this.
  package func hasListeners(to type: Schedule.EventType) -> Bool { !(listeners[type]?.isEmpty ?? true) }

  /// What has to be written with the count of an event that came at `instant`.
  package struct Tally: Sendable, Equatable {
    /// Of a trigger with a window: the bucket that the event falls into.
    package var bucket: Instant?
    /// Of a trigger that waits for an absence: when it will be certain from now on.
    package var deadline: Instant?
  }

  package func tally(of id: Trigger.ID, at instant: Instant) -> Tally {
    guard let entry = entries[id], case .event(let rule) = entry.schedule.when else { return Tally() }
    return Tally(bucket: entry.window?.beginning(of: instant), deadline: rule.absenceSeconds.map { instant + .seconds($0) })
  }

  /// Events of a committed transaction were counted for this trigger. `depth`: how many runs led to them.
  package mutating func count(_ events: Int64, for id: Trigger.ID, at instant: Instant, depth: Int64 = 0) {
    guard events > 0, let entry = entries[id] else { return }
    entry.counter += events
    entry.window?.add(events, at: instant)
    entry.firstEvent = entry.firstEvent ?? instant
    entry.lastEvent = entry.lastEvent.map { max($0, instant) } ?? instant
    entry.depth = max(entry.depth, depth)
    if !entry.isAsleep, case .event(let rule) = entry.schedule.when, let seconds = rule.absenceSeconds { entry.next = instant + .seconds(seconds) }
    arrange(entry)
  }

  /// The end of another trigger's run is to start this one; a later one takes the place of one that has not done so yet.
  package mutating func chain(_ id: Trigger.ID, _ chain: Chain) {
    guard let entry = entries[id], !entry.isAsleep else { return }
    entry.chain = chain
    arrange(entry)
  }

  /// A task of the trigger started outside the schedule.
  package mutating func started(_ id: Trigger.ID) {
    guard let entry = entries[id] else { return }
    entry.running += 1
    arrange(entry)
  }

  /// The new next instant of a trigger; nil when there is none any more.
  package struct Moved: Sendable, Equatable {
    package var next: Instant?
  }

  /// A task of the trigger ended. Answers the new next instant of a `fixed_delay` interval, which counts from now.
  package mutating func finished(_ id: Trigger.ID, at now: Instant) -> Moved? {
    guard let entry = entries[id] else { return nil }
    entry.running = max(0, entry.running - 1)
    var moved: Moved?
    if !entry.isAsleep, entry.schedule.at == nil, case .interval(let rule) = entry.schedule.when, rule.anchor == .fixedDelay {
      moved = Moved(next: entry.timetable.delayed(rule.seconds, after: now))
      entry.next = moved?.next
    }
    arrange(entry)
    return moved
  }

  /// A condition's baseline was taken anew: the next crossing counts.
  package mutating func rearm(_ id: Trigger.ID) { entries[id]?.armed = true }

  /// The trigger could not be claimed just now; an event trigger is not tried again before `until`.
  package mutating func hold(_ id: Trigger.ID, until: Instant) {
    guard let entry = entries[id] else { return }
    entry.heldAt = (entry.counter, until)
    arrange(entry)
  }

  // MARK: - Attempts

  /// A task is to be tried again.
  package mutating func postpone(_ taskID: String, until: Instant) {
    retries[taskID] = until
    retryHeap.push(taskID, at: until)
  }

  /// The tasks whose next attempt is due, in order of time.
  package mutating func attempts(at now: Instant) -> [String] {
    var due: [String] = []
    while let (id, at) = retryHeap.pop(through: now) {
      guard retries[id] == at else { continue }
      retries[id] = nil
      due.append(id)
    }
    return due
  }

  // MARK: - Clock and zones

  /// Holds the cron triggers while the clock cannot be right, or lets them go.
  package mutating func trustClock(_ trusted: Bool) {
    guard trusted != trustsClock else { return }
    trustsClock = trusted
    for entry in entries.values { if case .cron = entry.schedule.when { arrange(entry) } }
  }

  /// The wall clock went back. What is claimed stays claimed; what waits goes on waiting, unless the clock went back further than anybody
  /// would wait, or is not to be trusted: then the next instants are computed from the new time. `ids`: only these, which slept until now.
  package mutating func clockWentBack(by amount: Duration, at now: Instant, of ids: [Trigger.ID]? = nil) -> [Skip] {
    var moved: [Skip] = []
    for entry in ordered(ids) {
      entry.lastClaim = entry.lastClaim.map { min($0, now) }
      entry.firstEvent = entry.firstEvent.map { min($0, now) }
      entry.lastEvent = entry.lastEvent.map { min($0, now) }
      entry.heldAt = entry.heldAt.map { ($0.counter, min($0.until, now + Self.askAgain)) }
      entry.catchUpAt = nil
      if amount > Self.patience, now < entry.createdAt {
        entry.original = entry.original ?? entry.timetable
        entry.timetable = entry.timetable.reanchored(at: now)
      }
      if amount > Self.patience, !entry.isPaused, let next = entry.next, next > now, entry.question == nil {
        let fresh = entry.isProbed ? entry.schedule.probeAfterSeconds.map { now + .seconds($0) } : fresh(entry, at: now)
        if fresh != next { moved.append(skip(entry, .clock, Missed(count: 0, first: next, last: next), next: fresh)) }
      }
      arrange(entry)
    }
    if ids == nil, amount > Self.patience {
      for (id, until) in retries where until > now + .seconds(7 * 86_400) { postpone(id, until: now) }
    }
    return moved
  }

  private func fresh(_ entry: Entry, at now: Instant) -> Instant? {
    if case .interval(let rule) = entry.schedule.when, rule.anchor == .fixedDelay, entry.schedule.at == nil {
      return entry.timetable.delayed(rule.seconds, after: now)
    }
    return entry.timetable.first(at: now, of: entry.schedule, isNew: false)
  }

  /// New time zone data was installed: every schedule in a zone is compiled anew. Answers the triggers whose next instant moved, and those
  /// whose zone is gone, which keep the old rules. `ids`: only these, which slept until now.
  package mutating func reload(
    _ zones: Zones, at now: Instant, of ids: [Trigger.ID]? = nil
  ) -> (moved: [Skip], broken: [(Trigger.ID, Problem)]) {
    var moved: [Skip] = []
    var broken: [(Trigger.ID, Problem)] = []
    for entry in ordered(ids) where entry.schedule.timezone != "UTC" {
      do throws(Problem) {
        entry.timetable = try Timetable(entry.schedule, createdAt: entry.createdAt, zones: zones)
        entry.original = nil
      } catch {
        broken.append((entry.id, error))
        continue
      }
      // What is due already was due by the old rules.
      if case .cron = entry.schedule.when, !entry.isAsleep, let next = entry.next, next > now, entry.question == nil {
        let fresh = entry.timetable.next(after: now)
        if fresh != next { moved.append(skip(entry, .zones, Missed(count: 0, first: next, last: next), next: fresh)) }
      }
      arrange(entry)
    }
    return (moved, broken)
  }

  /// These, or all: in the same order at each run, whatever the table's own is.
  private func ordered(_ ids: [Trigger.ID]?) -> [Entry] { ids?.compactMap { entries[$0] } ?? entries.values.sorted { $0.id < $1.id } }

  // MARK: - What it answers

  /// What is due at `now`, in order of time; of so many triggers at most, the others when it is asked again.
  package mutating func next(at now: Instant, limit: Int = .max) -> [Step] {
    var steps: [Step] = []
    while steps.count < limit, let (entry, wake) = heap.pop(through: now) {
      guard entry.wake == wake else { continue }
      entry.wake = nil
      due(entry, at: now, &steps)
      arrange(entry)
    }
    return steps
  }

  /// The answer to a question; nil when the trigger was edited or removed meanwhile, so that the answer is about something that no longer is.
  package mutating func judged(_ question: Question, _ verdict: Verdict, at now: Instant) -> Decision? {
    guard let entry = entries[question.triggerID], entry.question == question else { return nil }
    defer { arrange(entry) }
    entry.question = nil
    return decide(entry, question, verdict, at: now)
  }

  /// Puts the entry's next moment of interest into the heap.
  private mutating func arrange(_ entry: Entry) {
    let wake = moment(entry)
    guard wake != entry.wake else { return }
    entry.wake = wake
    if let wake { heap.push(entry, at: wake) }
  }
}

extension Agenda.Entry: WakeHeapItem {
  /// Triggers that are due together come by their priority, and then in the order in which they were made. So do their rows: what is written
  /// together lies together.
  var rank: Int64 { (Schedule.highestPriority - schedule.priority) << 44 | createdAt.milliseconds & (1 << 44 - 1) }
}
