import Basics
import Model
import Scheduling

/// What a simulated trigger meets: the events that came, the answers to what has to be asked, and how long its runs take.
protocol SimulatedWorld {
  /// The next events that count for the trigger, in their order.
  mutating func nextEvents() throws(Problem) -> SimulatedEvents?
  /// A measurement or a script, asked at a moment of the virtual clock.
  mutating func answer(_ question: Agenda.Question, at now: Instant) throws(Problem) -> SimulatedAnswer
  /// How long the run of a due instant takes.
  mutating func busy(_ scheduledAt: Instant) -> Duration
  /// A run has ended; the world moves its own counters.
  mutating func ended(firedAt: Instant, at now: Instant)
}

struct SimulatedEvents {
  var at: Instant
  var count: Int64
}

struct SimulatedAnswer {
  var verdict: Agenda.Verdict
  var reason: String
  var detail = JSONObject()
}

/// Runs one trigger under a virtual clock, with the very `Agenda` that runs live. Nothing is written, and no clock is read but to keep the
/// deadline.
struct Simulation<World: SimulatedWorld> {
  struct Bounds {
    var from: Instant
    /// Not reached.
    var to: Instant
    var maxFires: Int
    /// How many fires are kept with all their numbers.
    var listed: Int
    /// Measured by the machine's own clock.
    var deadline: Duration
  }

  struct Fire {
    var at: Instant
    var scheduledAt: Instant
    var reason: String
    var events: Int64
    var missed: Agenda.Missed?
    var detail: JSONObject
  }

  /// Decisions that were no fires, by outcome and reason.
  struct Tally {
    var outcome: Evaluation.Outcome
    var reason: String
    var count: Int64
    var first: Instant
    var last: Instant
    var detail: JSONObject
  }

  enum End: String { case deadline, maxFires = "max_fires" }

  private(set) var world: World
  private(set) var fires: [Fire] = []
  /// The due instants of all fires, in their order.
  private(set) var instants: [Instant] = []
  private(set) var tallies: [Tally] = []
  private(set) var decisions = 0
  /// Nil when it came to its end.
  private(set) var ended: End?
  /// How far it came.
  private(set) var clock: Instant
  private(set) var elapsed: Duration = .zero

  private var agenda = Agenda()
  private let trigger: Trigger
  private let bounds: Bounds
  private let rearms: Bool
  private var event: SimulatedEvents?
  private var runs: [(end: Instant, firedAt: Instant)] = []

  /// `trigger` is as it was at the beginning: its counters, its next instant, whether its condition is armed; `running` of its runs went on,
  /// and its window held `buckets`.
  init(_ trigger: Trigger, timetable: Timetable, world: World, bounds: Bounds, running: Int = 0, buckets: [EventWindow.Bucket] = []) {
    self.trigger = trigger
    self.world = world
    self.bounds = bounds
    clock = bounds.from
    // A success takes a new baseline, and with it the next crossing counts; other conditions have to be false once.
    if case .conditional(let condition) = trigger.schedule.when {
      rearms = condition.kind == .drift || condition.kind == .volume
    } else {
      rearms = false
    }
    agenda.insert(trigger, timetable: timetable, running: running, buckets: buckets)
  }

  mutating func run(_ surroundings: Surroundings) throws(Problem) {
    let began = surroundings.ticks()
    defer { elapsed = surroundings.ticks() - began }
    event = try world.nextEvents()
    var round = 0
    while true {
      var moment = bounds.to
      if let wake = agenda.wake { moment = min(moment, max(wake, clock)) }
      if let event { moment = min(moment, event.at) }
      if let run = runs.first { moment = min(moment, run.end) }
      if moment >= bounds.to {
        clock = bounds.to
        return
      }
      clock = moment
      while let run = runs.first, run.end <= moment {
        runs.removeFirst()
        finish(run.firedAt)
      }
      // As live: what is due at this moment comes before an event of this moment, and what an event makes due before the next event.
      for step in agenda.next(at: moment) { try take(step) }
      if let due = event, due.at <= moment, agenda.wake.map({ $0 > moment }) ?? true {
        agenda.count(due.count, for: trigger.id, at: due.at)
        event = try world.nextEvents()
      }
      round += 1
      if instants.count >= bounds.maxFires {
        ended = .maxFires
        return
      }
      if round % 256 == 0 || trigger.schedule.asksScripts, surroundings.ticks() - began > bounds.deadline {
        ended = .deadline
        return
      }
    }
  }

  private mutating func take(_ step: Agenda.Step) throws(Problem) {
    switch step {
    case .fire(let fire): note(fire, nil)
    case .skip(let skip): note(skip)
    // A simulated trigger is taken to be active.
    case .resume: break
    case .ask(let question):
      var asked: Agenda.Question? = question
      while let question = asked {
        asked = nil
        let answer = try world.answer(question, at: clock)
        switch agenda.judged(question, answer.verdict, at: clock) {
        case .fire(let fire)?: note(fire, answer)
        case .ask(let next)?: asked = next
        case .skip(let skip)?: note(skip)
        case .hold?:
          decisions += 1
          let reason = Judge.reason(answer.verdict, answer.reason, of: trigger.schedule, question)
          add(answer.verdict == .failed ? .failed : .held, reason, answer.detail, 1)
        case nil: break
        }
      }
    }
  }

  private mutating func note(_ skip: Agenda.Skip) {
    decisions += 1
    add(.skipped, skip.reason.rawValue, skip.missed.json, skip.missed.count)
  }

  private mutating func note(_ fire: Agenda.Fire, _ answer: SimulatedAnswer?) {
    decisions += 1
    instants.append(fire.scheduledAt)
    if fires.count < bounds.listed {
      let reason = answer?.reason ?? fire.reason(for: trigger.schedule)
      var detail = answer?.detail ?? JSONObject()
      fire.addNotes(for: trigger.schedule, to: &detail)
      fires.append(
        Fire(
          at: clock, scheduledAt: fire.scheduledAt, reason: reason, events: fire.consumedEvents, missed: fire.missed,
          detail: detail))
    }
    let busy = world.busy(fire.scheduledAt)
    if busy <= .zero { return finish(clock) }
    let end = clock + busy
    runs.insert((end, clock), at: runs.firstIndex { $0.end > end } ?? runs.count)
  }

  private mutating func finish(_ firedAt: Instant) {
    _ = agenda.finished(trigger.id, at: clock)
    if rearms { agenda.rearm(trigger.id) }
    world.ended(firedAt: firedAt, at: clock)
  }

  private mutating func add(_ outcome: Evaluation.Outcome, _ reason: String, _ detail: JSONObject, _ count: Int64) {
    if let index = tallies.lastIndex(where: { $0.outcome == outcome && $0.reason == reason }) {
      tallies[index].count += count
      tallies[index].last = clock
      tallies[index].detail = detail
    } else if tallies.count < 100 {
      tallies.append(Tally(outcome: outcome, reason: reason, count: count, first: clock, last: clock, detail: detail))
    }
  }
}

extension Schedule {
  /// Whether a script has to be asked before it is known whether to fire, which takes longer than all the rest.
  fileprivate var asksScripts: Bool {
    switch when {
    case .event(let rule): predicate != nil || rule.filter != nil
    case .conditional(let condition): predicate != nil || condition.script != nil
    case .cron, .interval: predicate != nil
    }
  }
}
