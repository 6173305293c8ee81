import Basics
import Model
import Scheduling
import Store

/// A request to simulate, with all that the store knows about the time: the trigger as it was at the beginning, what really fired, what was
/// measured.
struct Rehearsal {
  let trigger: Trigger
  let bounds: Simulation<RecordedWorld>.Bounds
  /// Whether the trigger exists, so that there is something to compare with.
  private let exists: Bool
  private let timetable: Timetable
  private let actual: [RecordedFire]
  private let measured: [RecordedWorld.Measured]
  private let lastSuccess: Instant?
  private let runSeconds: Double?
  private let buckets: [EventWindow.Bucket]
  private var notes: [String] = []

  static let names = ["trigger", "trigger_id", "changes", "from", "to", "limit", "max_fires", "deadline_seconds", "run_seconds"]
  private static let longest: Duration = .seconds(20 * 31_557_600)
  private static let historyLimit = 200_000
  /// An event trigger fires a moment after its event; so much later is still the same fire.
  private static let tolerance: Duration = .seconds(2)

  init(_ body: JSON, in namespaceID: String, host: Host) throws(Problem) {
    let fields = try Fields(body, accepting: Self.names)
    let now = host.surroundings.now()
    let to = try fields.instant("to") ?? now
    let from = try fields.instant("from") ?? to - .seconds(7 * 86_400)
    guard from < to else { throw Problem(.invalid, "from \(from) is not before to \(to)", hint: "A span is from ≤ t < to", path: "from") }
    guard to - from <= Self.longest else {
      throw Problem(.invalid, "the span is \(Explanation.words(to - from)) long", hint: "Give at most 20 years", path: "to")
    }
    bounds = Simulation.Bounds(
      from: from, to: to, maxFires: Int(try fields.int("max_fires", in: 1...2_000_000) ?? 1_000_000),
      listed: Int(try fields.int("limit", in: 0...10_000) ?? 100),
      deadline: .milliseconds(Int64((try fields.number("deadline_seconds", in: 0.01...60) ?? 10) * 1000)))
    runSeconds = try fields.number("run_seconds", in: 0...86_400)
    let stored: Trigger?
    if let id = try fields.string("trigger_id") {
      stored = try host.trigger(id, in: namespaceID)
    } else {
      stored = nil
    }
    var trigger = try Self.proposed(fields, stored, from: from, in: namespaceID, host: host)
    timetable = try host.check(&trigger)
    exists = stored != nil
    (actual, measured, lastSuccess) = try Self.recall(trigger, exists: exists, from: from, to: to, host: host)
    trigger.status = .active
    // The first instant may be that of the beginning, but not that of the trigger's own creation, as live.
    // Intervals and checks count from when the trigger was made, and the first comes one interval later. A cron instant that falls on the
    // beginning counts, unless the trigger was made at that moment.
    let before = from - .milliseconds(1)
    let begin = trigger.schedule.type == .cron ? (exists && trigger.createdAt == from ? from : before) : max(before, trigger.createdAt)
    trigger.nextScheduledAt = timetable.next(after: begin)
    // An absence is waited for from the beginning on.
    if case .event = trigger.schedule.when { trigger.nextScheduledAt = timetable.first(at: from, of: trigger.schedule, isNew: false) }
    if case .interval(let rule) = trigger.schedule.when, rule.startImmediately, trigger.createdAt == from { trigger.nextScheduledAt = from }
    buckets = exists ? try Self.rewind(&trigger, to: from, host: host) : []
    self.trigger = trigger
    addNotes(now, host)
  }

  /// A whole definition, or the stored trigger with changes laid over it.
  private static func proposed(_ fields: Fields, _ stored: Trigger?, from: Instant, in namespaceID: String, host: Host) throws(Problem) -> Trigger {
    if let definition = fields["trigger"] {
      guard stored == nil else {
        throw Problem(
          .invalid, "'trigger' and 'trigger_id' are both given", hint: "Give a whole definition, or a trigger_id with changes", path: "trigger")
      }
      var trigger: Trigger
      do throws(Problem) { trigger = try Trigger(creating: definition, in: namespaceID, by: nil, surroundings: host.surroundings) } catch {
        throw error.within("trigger")
      }
      trigger.createdAt = from
      return trigger
    }
    guard var trigger = stored else { throw fields.missing("trigger_id", example: "\"trg_…\", or \"trigger\": {\"trigger_type\": …}") }
    let changes = try Fields(fields["changes"], path: "changes", accepting: ["schedule_config"])
    if let config = try changes.objectValue("schedule_config") {
      var merged = trigger.schedule.json
      for member in config.members { merged[member.key] = member.value }
      do throws(Problem) { trigger.schedule = try Schedule(trigger.schedule.type, .object(merged)) } catch { throw error.within("changes") }
    }
    return trigger
  }

  /// The trigger as it was at the beginning of the span, and the events that its window held then.
  private static func rewind(_ trigger: inout Trigger, to from: Instant, host: Host) throws(Problem) -> [EventWindow.Bucket] {
    let copy = trigger
    let (last, before) = try host.read { reader throws(Problem) in
      (try reader.lastFired(copy.id, through: from - .milliseconds(1)), try reader.evaluation(before: from, triggerID: copy.id))
    }
    trigger.lastCooldownAt = last?.firstAt
    trigger.lastTriggeredAt = last?.firstAt
    trigger.chain = nil
    trigger.armed = before.map { !$0.reason.hasSuffix("and fired already") } ?? true
    trigger.state = JSONObject()
    (trigger.eventCounter, trigger.firstEventAt, trigger.lastEventAt) = (0, nil, nil)
    guard case .event(let rule) = copy.schedule.when, !rule.isFiltered else { return [] }
    let since = last.map { $0.firstAt + .milliseconds(1) } ?? copy.createdAt
    let counted =
      since < from
      ? try host.read { reader throws(Problem) in
        try reader.events(
          in: copy.namespaceID, type: rule.eventType, collectionID: rule.collectionID, from: since, to: from, since: 0, limit: historyLimit)
      } : []
    if let seconds = rule.absenceSeconds, copy.createdAt < from {
      // After a fire the next wait begins with an event.
      let beginning = counted.last?.at ?? (last == nil ? copy.createdAt : nil)
      trigger.nextScheduledAt = beginning.map { $0 + .seconds(seconds) }
    }
    trigger.lastEventAt = counted.last?.at
    guard let seconds = rule.windowSeconds else {
      trigger.firstEventAt = counted.first?.at
      trigger.eventCounter = counted.reduce(0) { $0 + $1.count }
      return []
    }
    var window = EventWindow(seconds: seconds)
    for event in counted { window.add(event.count, at: event.at) }
    _ = window.expire(at: from)
    trigger.eventCounter = window.total
    trigger.firstEventAt = window.buckets.first?.at
    return window.buckets
  }

  private static func recall(
    _ trigger: Trigger, exists: Bool, from: Instant, to: Instant, host: Host
  ) throws(Problem) -> ([RecordedFire], [RecordedWorld.Measured], Instant?) {
    try host.read { reader throws(Problem) in
      let fires = exists ? try reader.recordedFires(trigger.id, from: from, to: to, limit: historyLimit) : []
      guard case .conditional(let condition) = trigger.schedule.when else { return (fires, [], nil) }
      if condition.kind == .staleness { return (fires, [], exists ? try reader.lastFired(trigger.id, through: from)?.firstAt : nil) }
      // A trigger that does not exist yet is measured by one that watches the same thing.
      var source: Trigger.ID? = exists ? trigger.id : nil
      if !exists {
        let known = try reader.triggers(TriggerQuery(namespaceID: trigger.namespaceID, triggerType: .conditional, limit: 1000)).items
        source =
          known.first { other in
            guard case .conditional(let watched) = other.schedule.when else { return false }
            return watched.metric == condition.metric && watched.collectionID == condition.collectionID
              && watched.vectorIndex == condition.vectorIndex
              && (condition.collectionID != nil || other.action.resourceID == trigger.action.resourceID)
          }?.id
      }
      guard let source else { return (fires, [], nil) }
      var rows = try reader.evaluationsInOrder(source, since: from, until: to, limit: historyLimit)
      if let before = try reader.evaluation(before: from, triggerID: source) { rows.insert(before, at: 0) }
      let measured = rows.filter { $0.detail["metric"]?.string == condition.metric?.rawValue && condition.metric != nil }.map {
        RecordedWorld.Measured(first: $0.firstAt, last: $0.lastAt, count: $0.count, detail: $0.detail)
      }
      return (fires, measured, nil)
    }
  }

  private mutating func addNotes(_ now: Instant, _ host: Host) {
    notes.append("The host is taken to run all the time, and the trigger to be active: nothing is missed or paused.")
    if bounds.to > now { notes.append("From \(now) on no events and no measurements are recorded.") }
    if now - bounds.from > host.configuration.retention.events.age {
      notes.append("Events and decisions are kept for \(Explanation.words(host.configuration.retention.events.age)); what is older is missing.")
    }
    if exists, bounds.from < trigger.createdAt {
      notes.append("The trigger was made at \(trigger.createdAt); before that nothing of it is recorded.")
    }
    var readsStore = trigger.schedule.predicate != nil
    switch trigger.schedule.when {
    case .event(let rule):
      if rule.isFiltered {
        notes.append("The filter sees the documents as they are now; those that are gone are empty to it. Its count begins at 0.")
        readsStore = true
      }
    case .conditional(let condition):
      if condition.asksScript { readsStore = true }
      if condition.kind == .drift || condition.kind == .volume {
        if measured.isEmpty { notes.append("No measurement of this is on record in the span, so the condition never holds.") }
        notes.append("Measurements are those of the time, against the baselines of the time: a fire that did not really happen took no new one.")
      }
    case .cron, .interval: break
    }
    if readsStore { notes.append("Scripts can only read: they see the store as it is now, the clock of that time, and a state that begins empty.") }
  }

  // MARK: - The answer

  func perform(_ host: Host) throws(Problem) -> JSON {
    let world = RecordedWorld(
      host, trigger, from: bounds.from, to: bounds.to, measurements: measured, fires: actual, lastSuccess: lastSuccess, runSeconds: runSeconds)
    var simulation = Simulation(trigger, timetable: timetable, world: world, bounds: bounds, buckets: buckets)
    try simulation.run(host.surroundings)
    var answer: JSONObject = [
      "trigger_id": exists ? .string(trigger.id) : .null, "trigger_type": .string(trigger.schedule.type.rawValue),
      "schedule_config": .object(trigger.schedule.json),
      "schedule_text": .string(Explanation.describe(trigger.schedule)), "from": .instant(bounds.from),
      "to": .instant(bounds.to), "through": .instant(simulation.clock), "truncated": .optional(simulation.ended?.rawValue),
      "fire_count": .int(simulation.instants.count), "fires": .array(simulation.fires.map(shown)),
      "decisions": .array(
        simulation.tallies.map { tally in
          let row = Evaluation(
            id: "", triggerID: "", namespaceID: "", outcome: tally.outcome, reason: tally.reason, detail: tally.detail, firstAt: tally.first,
            lastAt: tally.last,
            count: tally.count)
          return [
            "outcome": .string(tally.outcome.rawValue), "reason": .string(tally.reason), "count": .int(tally.count),
            "first_at": .instant(tally.first),
            "last_at": .instant(tally.last), "last_detail": .object(tally.detail), "text": .string(row.sentence(trigger.schedule)),
          ]
        }),
    ]
    if exists {
      answer["actual"] = ["fire_count": .int(actual.count)]
      answer["difference"] = difference(simulation.instants, through: simulation.clock)
    }
    let world_ = simulation.world
    let seconds = simulation.elapsed.inSeconds
    answer["cost"] = [
      "decisions": .int(simulation.decisions), "seconds": .double(seconds),
      "decisions_per_second": seconds > 0 ? .int(Int64((Double(simulation.decisions) / seconds).rounded())) : .null,
      "script_runs": .int(world_.scriptRuns),
      "script_instructions": .int(Int64(clamping: world_.instructions)), "script_seconds": .double(world_.scriptTime.inSeconds),
      "run_seconds": .double(world_.busyTime.inSeconds), "usual_run_seconds": .double(world_.usualDuration.inSeconds),
    ]
    if case .conditional(let condition) = trigger.schedule.when, condition.kind == .drift || condition.kind == .volume {
      let sources = world_.sources
      answer["measurements"] = [
        "recorded": .int(measured.count), "exact": .int(sources.exact), "coalesced": .int(sources.coalesced), "carried": .int(sources.carried),
        "missing": .int(sources.missing),
      ]
    }
    answer["notes"] = .array(notes.map(JSON.string))
    answer["retention"] = host.configuration.retention.json
    return .object(answer)
  }

  private func shown(_ fire: Simulation<RecordedWorld>.Fire) -> JSON {
    var result: JSONObject = ["scheduled_at": .instant(fire.scheduledAt), "at": .instant(fire.at), "reason": .string(fire.reason)]
    if fire.events > 0 { result["events"] = .int(fire.events) }
    if let missed = fire.missed { result["missed"] = ["count": .int(missed.count), "first": .instant(missed.first), "last": .instant(missed.last)] }
    if !fire.detail.isEmpty { result["detail"] = .object(fire.detail) }
    return .object(result)
  }

  /// What would have fired beside what did: both are in order, so one pass pairs them.
  private func difference(_ simulated: [Instant], through end: Instant) -> JSON {
    let slack: Duration = trigger.schedule.type == .event ? Self.tolerance : .zero
    var (same, added, missing) = (0, 0, 0)
    var (addedRows, missingRows): ([JSON], [JSON]) = ([], [])
    var (left, right) = (0, 0)
    let actual = actual.prefix { $0.scheduledAt < end }
    while left < simulated.count || right < actual.count {
      if left < simulated.count, right < actual.count {
        let gap = actual[right].scheduledAt - simulated[left]
        if max(gap, .zero - gap) <= slack {
          same += 1
          left += 1
          right += 1
          continue
        }
      }
      if right >= actual.count || (left < simulated.count && simulated[left] < actual[right].scheduledAt) {
        added += 1
        if addedRows.count < bounds.listed { addedRows.append(.instant(simulated[left])) }
        left += 1
      } else {
        missing += 1
        let fire = actual[right]
        if missingRows.count < bounds.listed {
          missingRows.append(["scheduled_at": .instant(fire.scheduledAt), "task_id": .string(fire.taskID), "status": .string(fire.status.rawValue)])
        }
        right += 1
      }
    }
    return [
      "same": .int(same), "added_count": .int(added), "missing_count": .int(missing), "added": .array(addedRows), "missing": .array(missingRows),
      "tolerance_seconds": .double(slack.inSeconds),
    ]
  }
}

extension Operation {
  static let simulationOperations: [Operation] = [
    Operation(
      "simulate_trigger", "POST", "/v1/triggers/simulate", "What a trigger would have done over a span of the recorded past; nothing is written",
      tag: "Triggers", scope: .read, body: Rehearsal.names
    ) { host, call throws(Problem) in
      .json(try Rehearsal(call.body, in: call.namespaceID(), host: host).perform(host))
    }
  ]
}
