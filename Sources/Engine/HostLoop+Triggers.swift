import Basics
import Model
import Scheduling
import Store

extension HostLoop {
  // MARK: - Definitions

  func put(_ trigger: Trigger, isNew: Bool, _ reply: Reply<Result<Void, Problem>>) {
    let timetable: Timetable
    do throws(Problem) {
      timetable = try Timetable(trigger.schedule, createdAt: trigger.createdAt, zones: parts.zones)
    } catch { return reply.give(.failure(error)) }
    var transaction = Transaction()
    if isNew {
      var trigger = trigger
      // A new filter looks at what comes from now on.
      trigger.eventCursor = sequence
      transaction.insert(trigger)
    } else {
      guard let current = stored(trigger.id), current.fence == trigger.fence else {
        return reply.give(.failure(Outcome.lost("trigger").problem))
      }
      transaction.update(trigger.over(current))
    }
    add(transaction) { [self] outcome in
      guard case .committed = outcome else { return reply.give(.failure(outcome.problem)) }
      if trigger.status == .active {
        // Counters may have moved since the edit was read; the row knows.
        guard let current = stored(trigger.id) else { return reply.give(.failure(Problem(.internal, "the trigger is not there after its commit"))) }
        define(current)
        agenda.insert(current, timetable: timetable, running: running(current.id))
      } else {
        define(trigger)
        agenda.remove(trigger.id)
      }
      reply.give(.success(()))
    }
  }

  func define(_ trigger: Trigger) {
    var slim = trigger
    slim.baseline = nil
    slim.state = JSONObject()
    slim.lastDriftMeasurement = JSONObject()
    slim.lastVolumeMeasurement = JSONObject()
    definitions[trigger.id] = slim
  }

  private func definition(of id: Trigger.ID) -> Trigger? {
    if definitions[id] == nil, let trigger = stored(id) { define(trigger) }
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
    // Its row may not be there: an evaluation that counts on in it would be lost again and again.
    lastEvaluations[id] = nil
    guard let trigger = stored(id), trigger.status == .active else { return }
    define(trigger)
    do throws(Problem) {
      let timetable = try Timetable(trigger.schedule, createdAt: trigger.createdAt, zones: parts.zones)
      agenda.insert(trigger, timetable: timetable, running: running(id))
    } catch { log("error", "trigger \(id) cannot be scheduled: \(error)") }
  }

  // MARK: - Steps of the agenda

  func take(_ step: Agenda.Step) {
    switch step {
    case .fire(let fire): claim(fire, judgement: nil)
    case .ask(let question): ask(question)
    case .skip(let skip):
      var transaction = Transaction()
      transaction.reschedule(skip.triggerID, fence: skip.fence, next: skip.next, armed: nil, checkedAt: nil)
      let missed = skip.missed
      let detail: JSONObject = ["count": .int(missed.count), "first": .instant(missed.first), "last": .instant(missed.last)]
      note(skip.triggerID, .skipped, skip.reason.rawValue, detail, counting: missed.count, in: &transaction)
      add(transaction) { [self] outcome in
        guard case .committed = outcome else { return recover(skip.triggerID, outcome) }
        if skip.reason == .missed { log("warn", "trigger \(skip.triggerID): \(missed.count) missed, \(missed.first) to \(missed.last), skipped") }
      }
    }
  }

  private func ask(_ question: Agenda.Question) {
    openQuestions += 1
    parts.workers.ask(.judge(question))
  }

  private func recover(_ id: Trigger.ID, _ outcome: Outcome) {
    if outcome.isTrouble { rest(outcome.problem) } else { log("error", "trigger \(id): \(outcome.problem)") }
    reload(id)
  }

  /// The instant has its task already: the clock was set back, and an edit counted the next instant from there. It is not run twice.
  private func passOver(_ fire: Agenda.Fire) {
    var transaction = Transaction()
    transaction.reschedule(fire.triggerID, fence: fire.fence, next: fire.next, armed: nil, checkedAt: nil)
    note(fire.triggerID, .skipped, "ran already", ["scheduled_at": .instant(fire.scheduledAt)], in: &transaction)
    add(transaction) { [self] outcome in
      if case .committed = outcome { reload(fire.triggerID) } else { recover(fire.triggerID, outcome) }
    }
  }

  /// Claims a due instant: the next one, the events taken and the task are written together, before anything is done.
  private func claim(_ fire: Agenda.Fire, judgement: Judgement?) {
    guard let trigger = definition(of: fire.triggerID) else { return agenda.remove(fire.triggerID) }
    let now = now()
    // The task's name follows from the instant, so that a claim repeated after an unknown outcome makes no second one.
    let task = TaskRecord(
      id: Identifier.derived("task", from: trigger.id, "\(fire.scheduledAt.milliseconds)"), namespaceID: trigger.namespaceID, kind: trigger.action.kind,
      triggerID: trigger.id, scheduledAt: fire.scheduledAt, inputs: trigger.action.config, createdAt: now)
    var transaction = Transaction()
    transaction.guardEpoch(epoch)
    transaction.claim(
      trigger.id, fence: fire.fence, next: fire.next, taskID: task.id, at: now, cooldownAt: trigger.schedule.type == .event ? now : nil,
      consumedEvents: fire.consumedEvents, armed: fire.armed)
    touched.insert("trigger/\(trigger.id)")
    transaction.insert(task)
    var detail = judgement?.detail ?? ["definition": .string(trigger.schedule.fingerprint)]
    if fire.consumedEvents > 0 { detail["events"] = .int(fire.consumedEvents) }
    if let missed = fire.missed {
      detail["missed"] = ["count": .int(missed.count), "first": .instant(missed.first), "last": .instant(missed.last)]
    }
    if let judgement { keep(judgement, of: trigger.id, at: now, in: &transaction) }
    let reason = judgement?.reason ?? (fire.missed != nil ? "caught up" : trigger.schedule.type == .event ? "enough events" : "due")
    note(trigger.id, .fired, reason, detail, task: task, in: &transaction)
    add(transaction) { [self] outcome in
      if case .failed(let problem) = outcome, problem.kind == .conflict, trigger.schedule.type != .event { return passOver(fire) }
      guard case .committed = outcome else { return recover(fire.triggerID, outcome) }
      openTasks[task.id] = .some(task.triggerID)
      parts.workers.run(task)
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
    case .hold(let next, let armed, let fence):
      var transaction = Transaction()
      let now = now()
      transaction.reschedule(id, fence: fence, next: next, armed: armed, checkedAt: judgement.question.about == .condition ? now : nil)
      keep(judgement, of: id, at: now, in: &transaction)
      let reason = judgement.verdict == .yes ? "\(judgement.reason), and fired already" : judgement.reason
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

  /// Writes an evaluation, or counts one more of the last if it says the same.
  private func note(
    _ id: Trigger.ID, _ outcome: Evaluation.Outcome, _ reason: String, _ detail: JSONObject, task: TaskRecord? = nil, counting: Int64 = 1,
    in transaction: inout Transaction
  ) {
    let now = now()
    if outcome != .fired, var last = lastEvaluations[id], last.outcome == outcome, last.reason == reason {
      last.lastAt = now
      last.count += counting
      last.detail = detail
      transaction.coalesceEvaluation(last.id, by: counting, detail: detail, at: now)
      lastEvaluations[id] = last
      return
    }
    guard let trigger = task?.namespaceID ?? definition(of: id)?.namespaceID else { return }
    let evaluation = Evaluation(
      id: Identifier.ordered("eval", at: now, count: nextEvaluation(), surroundings), triggerID: id, namespaceID: trigger, outcome: outcome, reason: reason, detail: detail, taskID: task?.id,
      scheduledAt: task?.scheduledAt, firstAt: now, lastAt: now, count: counting)
    transaction.insert(evaluation)
    lastEvaluations[id] = evaluation
  }

  // MARK: - Ends of tasks

  func take(_ ending: Ending) {
    let task = ending.task
    let now = now()
    let plan: Plan
    let (status, error) = (ending.status, ending.error)
    do throws(Problem) { plan = try self.plan(ending.writes) } catch { return fail(ending, error) }
    var transaction = plan.transaction
    transaction.finishTask(task.id, status: status, outputs: ending.outputs, error: error, at: now)
    var trigger: Trigger?
    if let id = task.triggerID, let stored = definition(of: id) {
      trigger = stored
      let failures = status == .completed ? 0 : status == .failed ? stored.consecutiveFailures + 1 : stored.consecutiveFailures
      let failed = stored.status == .active && failures >= stored.schedule.maxConsecutiveFailures
      let moved = agenda.finished(id, at: now)
      transaction.settle(
        id, executions: status == .completed ? 1 : 0, consecutiveFailures: failures, lastStatus: status.rawValue, lastError: error,
        status: failed ? .failed : nil, baseline: ending.baseline, state: ending.state, next: moved,
        armed: ending.baseline != nil || status == .failed ? true : nil, at: now)
      touched.insert("trigger/\(id)")
      if failed { trigger?.status = .failed }
      definitions[id]?.consecutiveFailures = failures
      definitions[id]?.status = failed ? .failed : stored.status
    }
    if let reason = ending.heldBy, let id = task.triggerID { note(id, .skipped, "before hook", ["reason": .string(reason)], in: &transaction) }
    add(transaction) { [self] outcome in
      guard case .committed = outcome else { return recover(ending, outcome) }
      openTasks[task.id] = nil
      announce(plan)
      if let id = task.triggerID {
        if ending.baseline != nil || status == .failed { agenda.rearm(id) }
        if trigger?.status == .failed {
          agenda.remove(id)
          log("error", "trigger \(id) failed \(trigger?.schedule.maxConsecutiveFailures ?? 0) times in a row and is stopped: \(error ?? "")")
        }
      }
    }
  }

  /// The end of a task could not be written. While the store has trouble it is kept and tried again; what cannot be written at all makes
  /// the task a failed one.
  private func recover(_ ending: Ending, _ outcome: Outcome) {
    let task = ending.task
    // It ended before, by a cancellation, or its row went with its namespace: there is nothing left to say.
    let isOver = if case .lost("task") = outcome { true } else { false }
    if isOver { openTasks[task.id] = nil }
    if let id = task.triggerID { reload(id) }
    if isOver { return }
    if outcome.isTrouble {
      unwritten.append(ending)
      return rest(outcome.problem)
    }
    log("error", "task \(task.id): \(outcome.problem)")
    guard ending.isMoreThanAnError else {
      openTasks[task.id] = nil
      return
    }
    fail(ending, outcome.problem)
  }

  /// Ends a task whose results cannot be written (a collection they go to is gone): nothing of them stays.
  private func fail(_ ending: Ending, _ problem: Problem) {
    let close = ending.task.kind == .cluster && ending.status != .failed ? ClusterAction.close(ending.task, .failed, error: problem, readers: readers, at: now()) : nil
    take(
      Ending(
        task: ending.task, status: .failed, outputs: [:], error: problem.description, writes: close.map { [$0] } ?? [], state: nil, baseline: nil, heldBy: nil))
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
      maintenance = Maintenance(try reader.setting(Maintenance.setting, at: now()))
      return (try reader.activeTriggers(), try reader.unfinishedTasks())
    }
    for trigger in triggers {
      define(trigger)
      do throws(Problem) {
        let timetable = try Timetable(trigger.schedule, createdAt: trigger.createdAt, zones: parts.zones)
        agenda.insert(trigger, timetable: timetable, running: tasks.count { $0.triggerID == trigger.id })
      } catch { log("error", "trigger \(trigger.id) cannot be scheduled: \(error)") }
      if case .event(let rule) = trigger.schedule.when, rule.filter != nil { askFilter(trigger.id) }
    }
    for task in tasks {
      openTasks[task.id] = .some(task.triggerID)
      parts.workers.run(task)
    }
    if !tasks.isEmpty { log("info", "\(tasks.count) task\(tasks.count == 1 ? "" : "s") of the last run taken up again") }
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
    result.nextScheduledAt = nextScheduledAt
    if status == .active, current.status != .active { result.consecutiveFailures = consecutiveFailures }
    result.updatedAt = updatedAt
    return result
  }
}
