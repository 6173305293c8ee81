import Basics
import Model
import Scheduling
import Store

extension HostLoop {
  // MARK: - Definitions

  func put(_ trigger: Trigger, isNew: Bool, _ writes: [Write], _ reply: Reply<Result<Void, Problem>>) {
    let current = isNew ? nil : stored(trigger.id)
    // Whoever read it a moment ago reads it again, and repeats.
    guard isNew || current?.fence == trigger.fence else { return reply.give(.failure(Outcome.lost("trigger").problem)) }
    add(writes + [.trigger(trigger, over: current)], reply)
  }

  /// A new trigger, or the edit of one: it may have fired since it was read, but what it is must be what the edit began with.
  func add(_ trigger: Trigger, over before: Trigger?, to plan: inout Plan) throws(Problem) {
    let timetable = try Timetable(trigger.schedule, createdAt: trigger.createdAt, zones: parts.zones)
    var event = Schedule.EventType.triggerCreated
    if before == nil {
      var trigger = trigger
      // A new filter looks at what comes from now on.
      trigger.eventCursor = sequence
      plan.transaction.insert(trigger)
    } else {
      guard let current = stored(trigger.id), before?.isDefined(like: current) == true else { throw Outcome.lost("trigger").problem }
      var edited = trigger.over(current)
      // A pause keeps no debt: what came meanwhile is not looked at.
      if edited.status == .active, current.status != .active, !edited.schedule.catchUpOnResume { edited.eventCursor = sequence }
      plan.transaction.update(edited)
      event = .change(from: current.status, to: edited.status)
    }
    if !trigger.isNamespaceHook { record(.about(trigger, event), &plan) }
    plan.triggers.append((trigger.id, timetable))
  }

  /// Takes up a trigger that was just written. Counters may have moved since the edit was read; the row knows.
  func take(up id: Trigger.ID, _ timetable: Timetable) {
    guard let current = stored(id) else { return log("error", "trigger \(id) is not there after its commit") }
    define(current)
    if current.isScheduled { schedule(current, timetable) } else { agenda.remove(id) }
  }

  func define(_ trigger: Trigger) {
    var slim = trigger
    slim.baseline = nil
    slim.state = JSONObject()
    slim.lastDriftMeasurement = JSONObject()
    slim.lastVolumeMeasurement = JSONObject()
    definitions[trigger.id] = Definition(slim)
  }

  func definition(of id: Trigger.ID) -> Definition? {
    if let known = definitions[id] { return known }
    if let trigger = stored(id) { define(trigger) }
    return definitions[id]
  }

  private func stored(_ id: Trigger.ID) -> Trigger? {
    do throws(Problem) {
      return try readers.read { reader throws(Problem) in try reader.trigger(id) }
    } catch {
      log("error", "trigger \(id): \(error)")
      return nil
    }
  }

  /// Forgets what the agenda believes of a trigger and takes its row instead: after a lost guard or an unknown outcome.
  func reload(_ id: Trigger.ID) {
    agenda.remove(id)
    definitions[id] = nil
    guard let trigger = stored(id) else { return }
    define(trigger)
    if trigger.isScheduled { schedule(trigger) }
  }

  /// Puts a trigger, as its row has it, into the agenda.
  private func schedule(_ trigger: Trigger, _ known: Timetable? = nil) {
    do throws(Problem) {
      let timetable: Timetable
      if let known { timetable = known } else { timetable = try Timetable(trigger.schedule, createdAt: trigger.createdAt, zones: parts.zones) }
      var buckets: [EventWindow.Bucket] = []
      if case .event(let rule) = trigger.schedule.when, rule.windowSeconds != nil {
        buckets = try readers.read { reader throws(Problem) in try reader.buckets(of: trigger.id) }.map {
          EventWindow.Bucket(at: $0.at, count: $0.count)
        }
      }
      agenda.insert(trigger, timetable: timetable, running: running(trigger.id), buckets: buckets)
    } catch { log("error", "trigger \(trigger.id) cannot be scheduled: \(error)") }
  }

  // MARK: - Sleepers

  /// Reads the rows of the sleeping triggers that are due, and a piece of those that will be soon.
  func awakenWhatIsDue() {
    let now = now()
    awaken(agenda.awaken(through: now, limit: Self.awakenMost) + agenda.awaken(through: now + Agenda.readAhead, limit: Self.awakenLimit))
  }

  func awaken(_ ids: [Trigger.ID]) {
    guard !ids.isEmpty else { return }
    var found: [Trigger] = []
    do throws(Problem) {
      try readers.read { reader throws(Problem) in
        for id in ids {
          do throws(Problem) { if let trigger = try reader.trigger(id) { found.append(trigger) } } catch { log("error", "trigger \(id): \(error)") }
        }
      }
    } catch { log("error", "\(ids.count) triggers could not be read: \(error)") }
    for trigger in found {
      define(trigger)
      if trigger.isScheduled { schedule(trigger) }
    }
    if !reviews.isEmpty { catchUp(ids) }
  }

  // MARK: - Steps of the agenda

  func take(_ step: Agenda.Step) {
    switch step {
    case .fire(let fire): claim(fire, judgement: nil)
    case .ask(let question): ask(question)
    case .skip(let skip): self.skip(skip, judgement: nil)
    case .resume(let waking): resume(waking)
    }
  }

  /// A pause has come to its end.
  private func resume(_ waking: Agenda.Waking) {
    let id = waking.triggerID
    guard let trigger = stored(id), trigger.isPausedForAWhile else { return reload(id) }
    let now = now()
    let kept = trigger.schedule.catchUpOnResume ? trigger.nextScheduledAt : nil
    var plan = Plan()
    plan.transaction.resume(
      id, fence: waking.fence, next: kept ?? first(of: trigger, at: now), cursor: trigger.schedule.catchUpOnResume ? nil : sequence, at: now)
    plan.transaction.setSetting(PauseNote.setting(id), to: .null)
    record(.about(trigger, .triggerResumed), &plan)
    touchedTriggers.insert(id)
    add(plan.transaction) { [self, plan] outcome in
      guard case .committed = outcome else { return recover(id, outcome) }
      announce(plan)
      log("info", "trigger \(id) is active again, its pause is over")
      reload(id)
      if let trigger = definition(of: id)?.trigger, trigger.schedule.filtersEvents { askFilter(id) }
    }
  }

  /// Instants or events that come to nothing: counted, with the reason, and the next instant moves.
  private func skip(_ skip: Agenda.Skip, judgement: Judgement?) {
    let id = skip.triggerID
    let missed = skip.missed
    var transaction = Transaction()
    if skip.reason == .window {
      transaction.countEvents(id, by: -missed.count)
      transaction.takeBuckets(id, skip.buckets.map { ($0.at, $0.count) })
    } else {
      transaction.reschedule(
        id, fence: skip.fence, next: skip.next, armed: nil, checkedAt: judgement?.question.about == .condition ? now() : nil, chain: skip.chain?.at)
    }
    if let judgement { keep(judgement, of: id, at: now(), in: &transaction) }
    if missed.count > 0 { note(id, .skipped, skip.reason.rawValue, missed.json, counting: missed.count, in: &transaction) }
    if skip.reason == .zones {
      let detail: JSONObject = ["next": .optional(skip.next), "instead_of": .instant(missed.first), "zone_data": .optional(zoneData.version)]
      note(id, .held, "new time zone data", detail, in: &transaction)
    }
    touchedTriggers.insert(id)
    add(transaction) { [self] outcome in
      guard case .committed = outcome else { return recover(id, outcome) }
      if skip.reason == .missed { log("warn", "trigger \(id): \(missed.count) missed, \(missed.first) to \(missed.last), skipped") }
    }
  }

  private func ask(_ question: Agenda.Question) {
    openQuestions += 1
    parts.workers.ask(.judge(question))
  }

  private func recover(_ id: Trigger.ID, _ outcome: Outcome) {
    if outcome.isTrouble { rest() } else { log("error", "trigger \(id): \(outcome.problem)") }
    // Its last evaluation may not have been written either, or its row is gone: counting on in it would be lost again and again.
    lastEvaluations[id] = nil
    reload(id)
  }

  /// Claims a due instant: the next one, the events taken and the task are written together, before anything is done.
  private func claim(_ fire: Agenda.Fire, judgement: Judgement?) {
    guard let definition = definition(of: fire.triggerID) else { return agenda.remove(fire.triggerID) }
    let id = fire.triggerID
    let now = now()
    // The task's name follows from the instant, so that a claim repeated after an unknown outcome makes no second one. Names are in the order
    // in which claims are made.
    var task = TaskRecord(
      id: Identifier.derived("task", at: fire.scheduledAt, definition.trigger.createdAt, definition.number),
      namespaceID: definition.trigger.namespaceID, kind: definition.trigger.action.kind, triggerID: id, scheduledAt: fire.scheduledAt,
      inputs: definition.trigger.action.config, createdAt: now, depth: fire.depth)
    // Where a worker is free, the claim is the start, too.
    let begins = !fire.waits && admission.admit(task)
    if begins { task.begin(at: now) }
    // Claims are the longest of what is written by the thousand.
    var transaction = Transaction(room: 2000)
    transaction.guardEpoch(epoch)
    transaction.claim(
      id, fence: fire.fence, next: fire.next, taskID: task.id, at: now,
      cooldownAt: definition.trigger.schedule.cooldownSeconds == nil ? nil : now, consumedEvents: fire.consumedEvents, armed: fire.armed,
      keepsNext: definition.isEvent && fire.chain == nil, chain: fire.chain?.at)
    transaction.takeBuckets(id, fire.buckets.map { ($0.at, $0.count) })
    touchedTriggers.insert(id)
    transaction.insert(task, inputs: definition.inputs)
    let last = lastEvaluations[id]
    var reason = "due"
    if judgement == nil, fire.isPlain, !definition.isEvent {
      note(id, .fired, reason, text: definition.detail, task: task, in: &transaction)
    } else {
      reason = judgement?.reason ?? fire.reason(for: definition.trigger.schedule)
      var detail = judgement?.detail ?? ["definition": .string(definition.fingerprint)]
      if fire.consumedEvents > 0 { detail["events"] = .int(fire.consumedEvents) }
      if let missed = fire.missed { detail["missed"] = .object(missed.json) }
      fire.addNotes(for: definition.trigger.schedule, to: &detail)
      if let judgement { keep(judgement, of: id, at: now, in: &transaction) }
      note(id, .fired, reason, detail, task: task, in: &transaction)
    }
    let told = tell(of: task, by: definition, because: reason)
    if let told { transaction.append(told.transaction) }
    CrashPoint.pass(.claimPlanned)
    // An object, so that what follows has one thing to hold and not a dozen.
    let work = Workers.Work(task, definition)
    add(transaction) { [self, work] outcome in
      if begins, !outcome.isCommitted { admission.leave(work.task) }
      switch outcome {
      case .committed:
        CrashPoint.pass(.claimCommitted)
        parts.meter.claimed(at: surroundings.ticks())
        if let told { announce(told) }
        start(work, after: fire)
      case .failed(let problem) where problem.kind == .conflict:
        lastEvaluations[fire.triggerID] = last
        passOver(fire)
      default: recover(fire.triggerID, outcome)
      }
    }
  }

  /// The event that a fire is, where somebody wants to hear of it.
  private func tell(of task: TaskRecord, by definition: Definition, because reason: String) -> Plan? {
    guard isWanted(.triggerFired), !definition.trigger.isNamespaceHook else { return nil }
    var plan = Plan()
    let trigger = definition.trigger
    var event = EventWrite.about(trigger, .triggerFired)
    event.payload?["task_id"] = .string(task.id)
    event.payload?["scheduled_at"] = .optional(task.scheduledAt)
    event.payload?["reason"] = .string(reason)
    event.depth = task.depth + 1
    record(event, &plan)
    return plan
  }

  /// The instant has a task already: the clock went back over it, and what was claimed once is never run again.
  private func passOver(_ fire: Agenda.Fire) {
    let id = fire.triggerID
    guard definition(of: id)?.trigger.schedule.type != .event || fire.chain != nil else {
      reload(id)
      return agenda.hold(id, until: now() + .seconds(1))
    }
    var transaction = Transaction()
    transaction.reschedule(id, fence: fire.fence, next: fire.next, chain: fire.chain?.at)
    note(id, .skipped, "claimed before", ["scheduled_at": .instant(fire.scheduledAt)], in: &transaction)
    add(transaction) { [self] outcome in
      if case .committed = outcome { reload(id) } else { recover(id, outcome) }
    }
  }

  // MARK: - Answers

  func take(_ judgement: Judgement) {
    openQuestions -= 1
    let id = judgement.question.triggerID
    guard let decision = agenda.judged(judgement.question, judgement.verdict, at: now()) else { return }
    switch decision {
    case .fire(let fire): claim(fire, judgement: judgement)
    case .ask(let question):
      // The condition holds; its measurement is kept now, the verdict follows with the guard's.
      var transaction = Transaction()
      keep(judgement, of: id, at: now(), in: &transaction)
      add(transaction) { [self] outcome in
        if case .committed = outcome { ask(question) } else { recover(id, outcome) }
      }
    case .skip(let skip): self.skip(skip, judgement: judgement)
    case .hold(let next, let armed, let fence):
      var transaction = Transaction()
      let now = now()
      transaction.reschedule(
        id, fence: fence, next: next, armed: armed, checkedAt: judgement.question.about == .condition ? now : nil,
        chain: judgement.question.fire.chain?.at)
      keep(judgement, of: id, at: now, in: &transaction)
      let reason =
        definition(of: id).map { Judge.reason(judgement.verdict, judgement.reason, of: $0.trigger.schedule, judgement.question) } ?? judgement.reason
      note(id, judgement.verdict == .failed ? .failed : .held, reason, judgement.detail, in: &transaction)
      add(transaction) { [self] outcome in
        if case .committed = outcome {} else { recover(id, outcome) }
      }
    }
  }

  private func keep(_ judgement: Judgement, of id: Trigger.ID, at now: Instant, in transaction: inout Transaction) {
    guard judgement.state != nil || judgement.question.about == .condition else { return }
    transaction.remember(
      id, state: judgement.state, drift: judgement.drift, volume: judgement.volume, checkedAt: judgement.question.about == .condition ? now : nil)
  }

  func noteFailure(of id: Trigger.ID, _ problem: Problem) {
    var transaction = Transaction()
    note(id, .failed, "filter", ["error": .string(problem.description)], in: &transaction)
    add(transaction) { [self] outcome in
      if case .committed = outcome {} else { log("error", "trigger \(id): \(outcome.problem)") }
    }
  }

  /// Writes an evaluation, or counts one more of the last if it says the same. `text`: that of the detail, where it is known already.
  func note(
    _ id: Trigger.ID, _ outcome: Evaluation.Outcome, _ reason: String, _ detail: JSONObject = JSONObject(), text: String? = nil,
    task: TaskRecord? = nil, counting: Int64 = 1, in transaction: inout Transaction
  ) {
    let now = now()
    if outcome == .fired {
      // A fire stands by itself: nothing coalesces with it.
      lastEvaluations[id] = nil
    } else if var last = lastEvaluations[id], last.outcome == outcome, last.reason == reason {
      last.lastAt = now
      last.count += counting
      last.detail = detail
      transaction.coalesceEvaluation(last.id, by: counting, detail: detail, at: now)
      lastEvaluations[id] = last
      return
    }
    guard let trigger = task?.namespaceID ?? definition(of: id)?.trigger.namespaceID else { return }
    let evaluation = Evaluation(
      id: Identifier.ordered("eval", at: now, count: nextEvaluation(), surroundings), triggerID: id, namespaceID: trigger, outcome: outcome,
      reason: reason, detail: detail, taskID: task?.id,
      scheduledAt: task?.scheduledAt, firstAt: now, lastAt: now, count: counting)
    transaction.insert(evaluation, detail: text)
    if outcome != .fired { lastEvaluations[id] = evaluation }
  }

  // MARK: - After a start

  /// Rebuilds the agenda from the rows and takes up the tasks that a crash left unfinished.
  func recover() throws(Problem) {
    var taking = Transaction()
    taking.takeShard(owner: Identifier.make("host", surroundings), expiresAt: now())
    guard case .committed(let rows) = ledger.commit(taking), case .integer(let taken)? = rows.first?.first else {
      throw Problem(.unavailable, "the store cannot be owned: its shard could not be taken")
    }
    epoch = taken
    let (triggers, tasks) = try readers.read { reader throws(Problem) in
      position = try reader.highestPosition()
      sequence = try reader.highestSeq()
      for (namespaceID, limit) in try reader.taskLimits() { admission.limit(namespaceID, to: Int(limit)) }
      maintenance = Maintenance(try reader.setting(Maintenance.setting, at: now()))
      clock.newest = try reader.events(since: sequence - 1, limit: 1).first?.at
      var whole: [Trigger.ID] = []
      try reader.wakingTriggers { trigger in
        if !trigger.sleeps { whole.append(trigger.id) } else if let next = trigger.next { agenda.expect(trigger.id, at: next) }
        if trigger.writtenAt > clock.newest ?? trigger.writtenAt - .milliseconds(1) { clock.newest = trigger.writtenAt }
      }
      return (whole, try reader.unfinishedTasks())
    }
    for task in tasks { openTasks.insert(task) }
    awaken(triggers + Set(tasks.compactMap(\.triggerID)).filter(agenda.isUnread).sorted())
    for id in triggers { if let trigger = definitions[id]?.trigger, trigger.schedule.filtersEvents, trigger.status == .active { askFilter(id) } }
    watchClock()
    var occupied: Set<Trigger.ID> = []
    for task in tasks { resume(task, &occupied) }
    flush()
    // What was read once need not stay mapped: a store with a hundred thousand triggers has 80 MB of rows.
    readers.close()
    if !tasks.isEmpty { log("info", "\(tasks.count) task\(tasks.count == 1 ? "" : "s") of the last run taken up again") }
  }
}

extension Agenda.Fire {
  /// Why it fires, where no script was asked.
  func reason(for schedule: Schedule) -> String {
    if isProbe { return "probe" }
    if chain != nil { return "chain" }
    if case .event(let rule) = schedule.when { return rule.absenceSeconds == nil ? "enough events" : "absence" }
    return missed != nil ? "caught up" : "due"
  }
}

extension Agenda.Fire {
  /// Whether there is nothing to tell of it but that its instant came.
  fileprivate var isPlain: Bool { consumedEvents == 0 && missed == nil && !waits && !isProbe && chain == nil && next != nil }

  /// What else is to be told of it.
  func addNotes(for schedule: Schedule, to detail: inout JSONObject) {
    if waits { detail["waits"] = true }
    if let chain { detail["after_task_id"] = .string(chain.taskID) }
    // A trigger whose last instant this is stays as it is, and says so.
    if next == nil, !isProbe, chain == nil, schedule.type != .event { detail["last"] = true }
  }
}

extension Agenda.Missed {
  var json: JSONObject {
    var result: JSONObject = ["count": .int(count), "first": .instant(first), "last": .instant(last)]
    if isAtLeast { result["count_is_at_least"] = true }
    return result
  }
}

extension Trigger {
  /// The edit, with everything that runs of the trigger write taken from the row: an edit read a moment ago must not undo them.
  fileprivate func over(_ current: Trigger) -> Trigger {
    var result = current
    result.name = name
    result.description = description
    result.action = action
    result.schedule = schedule
    result.status = status
    result.pausedUntil = status == .paused ? pausedUntil : nil
    // Where neither the schedule nor the status changed, nor did the next instant: an event may have moved it meanwhile.
    if schedule != current.schedule || status != current.status { result.nextScheduledAt = nextScheduledAt }
    if status == .active, current.status != .active { result.consecutiveFailures = consecutiveFailures }
    result.updatedAt = updatedAt
    return result
  }

  /// Whether both say the same of what edits change, whatever runs have written since.
  fileprivate func isDefined(like other: Trigger) -> Bool {
    name == other.name && description == other.description && action == other.action && schedule == other.schedule && status == other.status
      && pausedUntil == other.pausedUntil
  }
}
