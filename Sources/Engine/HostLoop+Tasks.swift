import Basics
import Model
import Scheduling
import Store

/// From a task that is written down to its end: who may start, who waits, who is tried again, and what an end changes.
extension HostLoop {
  /// Hands a task that is written down to the workers.
  func begin(_ task: TaskRecord) {
    if let id = task.triggerID, agenda.isUnread(id) { awaken([id]) }
    openTasks.insert(task)
    if let id = task.triggerID, task.scheduledAt == nil { agenda.started(id) }
    launch(task)
  }

  /// Puts a task into its lane, where it is started as soon as there is room.
  func launch(_ task: TaskRecord) {
    openTasks.insert(task, isBusy: true)
    admission.offer(task, priority: priority(of: task))
  }

  func priority(of task: TaskRecord) -> Int64 {
    task.triggerID.flatMap(definition)?.trigger.schedule.priority ?? Schedule.usualPriority
  }

  /// Writes the starts that the workers have room for, in the same transaction as everything else of this round.
  func startNext() { while let task = admission.next() { write(startOf: task) } }

  private func write(startOf task: TaskRecord) {
    let now = now()
    var transaction = Transaction()
    transaction.startTask(task.id, attempt: task.attempt, at: now)
    var started = task
    started.begin(at: now)
    add(transaction) { [self, started] outcome in
      if case .committed = outcome { return hand(over: Workers.Work(started, started.triggerID.flatMap(definition))) }
      admission.leave(task)
      if outcome.isTrouble {
        rest()
        return admission.offer(task, priority: priority(of: task))
      }
      // Cancelled while it waited, or gone with its namespace: its end is written, or nobody asks for it.
      openTasks.remove(task)
      if let id = task.triggerID { startWaiting(of: id) }
    }
  }

  /// A task whose start is written goes to the workers, with the others of this round.
  private func hand(over work: Workers.Work) {
    CrashPoint.pass(.taskStarted)
    begun.append(work)
  }

  /// Gives the tasks whose starts are written to the workers. Their flags are there before they run, so that whoever cancels finds them; those
  /// of tasks that have ended go.
  func handOver() {
    guard !begun.isEmpty || !ended.isEmpty else { return }
    let works = begun
    let gone = ended
    begun.removeAll(keepingCapacity: true)
    ended.removeAll(keepingCapacity: true)
    parts.cancellations.withLock { flags in
      for id in gone { flags[id] = nil }
      for work in works { flags[work.task.id] = work.cancellation }
    }
    parts.workers.run(works)
  }

  /// How many tasks of a trigger have not ended.
  func running(_ id: Trigger.ID) -> Int { openTasks.count(of: id) }

  // MARK: - One after the other

  /// Starts a claimed task, or lets it wait for the one before it; what is in its way is cancelled if the trigger says so.
  func start(_ work: Workers.Work, after fire: Agenda.Fire) {
    let task = work.task
    openTasks.insert(task, isBusy: task.status == .inProgress)
    if task.status == .inProgress { return hand(over: work) }
    guard fire.waits, let id = task.triggerID else { return launch(task) }
    if fire.cancelsRunning { cancelAll(of: id, but: task.id) }
    waiting[id, default: []].append(task)
    startWaiting(of: id)
  }

  private func startWaiting(of id: Trigger.ID) {
    guard var queue = waiting[id], let first = queue.first else { return }
    let names = Set(queue.map(\.id))
    guard openTasks.tasks(of: id).allSatisfy(names.contains) else { return }
    queue.removeFirst()
    waiting[id] = queue.isEmpty ? nil : queue
    launch(first)
  }

  private func cancelAll(of id: Trigger.ID, but taskID: String) {
    handOver()
    for other in openTasks.tasks(of: id) where other != taskID {
      if let flag = parts.cancellations.withLock({ $0[other] }) {
        flag.cancel()
      } else if let task = storedTask(other), !task.status.isFinal {
        // It has not started; a worker that takes it up now finds it ended.
        take(canceled(task))
      }
    }
  }

  private func canceled(_ task: TaskRecord) -> Ending {
    let why = Problem(.cancelled, "cancelled for the next run")
    return Ending(
      task: task, status: .canceled, outputs: task.outputs, error: why.description,
      writes: TaskClosing.writes(task, .canceled, error: why, readers: readers, at: now()), state: nil, baseline: nil, heldBy: nil)
  }

  func storedTask(_ id: String) -> TaskRecord? {
    do throws(Problem) {
      return try readers.read { reader throws(Problem) in try reader.task(id) }
    } catch {
      log("error", "task \(id): \(error)")
      return nil
    }
  }

  /// Takes up a task that a crash or a stop left unfinished: it goes on, or waits as it waited. `occupied`: the triggers that have one before it.
  func resume(_ task: TaskRecord, _ occupied: inout Set<Trigger.ID>) {
    guard let id = task.triggerID else { return launch(task) }
    let isFirst = occupied.insert(id).inserted
    switch definition(of: id)?.trigger.schedule.overlap {
    case .queue?, .queueOne?, .cancelRunning?:
      if !isFirst {
        waiting[id, default: []].append(task)
        return
      }
    case .skip?, .allow?, nil: break
    }
    if let retryAt = task.retryAt, retryAt > now() { agenda.postpone(task.id, until: retryAt) } else { launch(task) }
  }

  // MARK: - Once more

  /// The wait of a task that failed is over.
  func attempt(_ taskID: String) {
    guard openTasks.contains(taskID), let task = storedTask(taskID), !task.status.isFinal else { return }
    launch(task)
  }

  /// The failed attempt with those before it, as the task shows them.
  private func attempts(_ ending: Ending, retryAt: Instant?) -> JSON {
    var attempts = ending.task.outputs["attempts"]?.array ?? []
    attempts.append([
      "attempt": .int(ending.task.attempt), "ended_at": .instant(now()), "error": .optional(ending.error), "retry_at": .optional(retryAt),
    ])
    return .array(attempts)
  }

  private func again(_ ending: Ending, _ plan: Plan, after delay: Duration) {
    let task = ending.task
    let until = now() + delay
    var transaction = plan.transaction
    transaction.repeatTask(task.id, outputs: ["attempts": attempts(ending, retryAt: until)], error: ending.error, retryAt: until)
    add(transaction) { [self] outcome in
      guard case .committed = outcome else {
        // Lost: it was cancelled meanwhile, and that was its end. Otherwise this attempt becomes the last.
        var last = ending
        if case .failed(let problem) = outcome, problem.kind != .unavailable { last.repeats = false }
        return recover(last, outcome)
      }
      openTasks.insert(task)
      announce(plan)
      log("info", "task \(task.id) failed (\(ending.error ?? "")), attempt \(task.attempt); the next is at \(until)")
      agenda.postpone(task.id, until: until)
    }
  }

  // MARK: - The end

  func take(_ ending: Ending) {
    // Its end is written already: it was cancelled while its worker went on.
    guard openTasks.contains(ending.task.id) else { return }
    let now = now()
    var plan: Plan
    do throws(Problem) { plan = try self.plan(ending.writes) } catch { return fail(ending, error) }
    let definition = ending.task.triggerID.flatMap(definition)
    if ending.repeats, let rule = definition?.trigger.schedule.retry,
      let delay = Backoff.delay(after: ending.task.attempt, rule, random: surroundings.random())
    {
      return again(ending, plan, after: delay)
    }
    var (outputs, text) = (ending.outputs, ending.text)
    if let earlier = ending.task.outputs["attempts"] {
      outputs["attempts"] = ending.status == .failed ? attempts(ending, retryAt: nil) : earlier
      text = nil
    }
    report(ending, of: definition, &plan)
    let stops = definition.map { self.stops(ending, $0) } ?? false
    if stops, let definition { reportStop(ending, definition, &plan) }
    var transaction = plan.transaction
    transaction.finishTask(ending.task.id, status: ending.status, outputs: outputs, text: text, error: ending.error, at: now)
    let after = definition.flatMap { settle(ending, $0, stops: stops, at: now, in: &transaction) }
    let chained = definition.map { chain(ending, $0, at: now, in: &transaction) } ?? []
    if let reason = ending.heldBy, let id = ending.task.triggerID {
      note(id, .skipped, "before hook", ["reason": .string(reason)], in: &transaction)
    }
    CrashPoint.pass(.endPlanned)
    // Most ends are told to nobody, and a plan is a large value to keep.
    let told = plan.isSilent ? nil : plan
    add(transaction) { [self] outcome in
      guard case .committed = outcome else { return recover(ending, outcome) }
      CrashPoint.pass(.endCommitted)
      parts.meter.ended(ending.task.kind, ending.status)
      openTasks.remove(ending.task)
      if let told { announce(told) }
      guard let id = ending.task.triggerID else { return }
      if ending.baseline != nil || ending.status == .failed { agenda.rearm(id) }
      after?(id)
      for (target, chain) in chained { agenda.chain(target, chain) }
      startWaiting(of: id)
    }
  }

  /// The end of a task could not be written. While the store has trouble it is kept and tried again; what cannot be written at all makes
  /// the task a failed one.
  private func recover(_ ending: Ending, _ outcome: Outcome) {
    let task = ending.task
    // It ended before, by a cancellation, or its row went with its namespace: there is nothing left to say.
    let isOver = if case .lost("task") = outcome { true } else { false }
    let isTrouble = outcome.isTrouble && !isOver
    let isLast = isOver || (!isTrouble && !ending.isMoreThanAnError)
    if isLast { openTasks.remove(task) }
    if let id = task.triggerID {
      lastEvaluations[id] = nil
      reload(id)
    }
    if isTrouble {
      unwritten.append(ending)
      return rest()
    }
    if !isOver { log("error", "task \(task.id): \(outcome.problem)") }
    guard isLast else { return fail(ending, outcome.problem) }
    if let id = task.triggerID { startWaiting(of: id) }
  }

  /// Ends a task whose results cannot be written (a collection they go to is gone): nothing of them stays.
  private func fail(_ ending: Ending, _ problem: Problem) {
    let close = ending.status == .failed ? [] : TaskClosing.writes(ending.task, .failed, error: problem, readers: readers, at: now())
    take(
      Ending(
        task: ending.task, status: .failed, outputs: [:], error: problem.description, writes: close, state: nil, baseline: nil, heldBy: nil))
  }

  /// What the end of a task means for its trigger: counters, and whether it is stopped, probed again later, or resumed. Answers what is left
  /// to do when that is written, if anything.
  private func settle(
    _ ending: Ending, _ definition: Definition, stops: Bool, at now: Instant, in transaction: inout Transaction
  ) -> ((Trigger.ID) -> Void)? {
    let id = definition.trigger.id
    let status = ending.status
    let failures = status == .completed ? 0 : status == .failed ? definition.consecutiveFailures + 1 : definition.consecutiveFailures
    let moved = agenda.finished(id, at: now)
    var next = moved?.next
    var turned: Trigger.Status?
    let probe = definition.trigger.schedule.probeAfterSeconds.map { now + .seconds($0) }
    let isProbed = definition.status == .failed && probe != nil
    if stops {
      turned = .failed
      next = probe
    } else if isProbed, status == .completed {
      turned = .active
      next = first(of: definition.trigger, at: now)
    } else if isProbed {
      // Also after a run that was skipped or cancelled: it has shown nothing.
      next = probe
    }
    let clears = next == nil && (moved != nil || turned != nil)
    transaction.settle(
      id, executions: status == .completed ? 1 : 0, consecutiveFailures: failures, lastStatus: status.rawValue, lastError: ending.error,
      status: turned, baseline: ending.baseline, state: ending.state, next: next, clearsNext: clears,
      armed: ending.baseline != nil || status == .failed ? true : nil, at: now)
    touchedTriggers.insert(id)
    definition.consecutiveFailures = failures
    if let turned { definition.status = turned }
    guard turned != nil || isProbed else { return nil }
    let error = ending.error ?? ""
    return { [self] id in
      if turned == .failed {
        log("error", "trigger \(id) failed \(failures) times in a row and is stopped\(probe.map { " until \($0)" } ?? ""): \(error)")
      } else if turned == .active {
        log("info", "trigger \(id) succeeded and is active again")
      }
      reload(id)
    }
  }

  /// Whether this failure is one too many in a row.
  private func stops(_ ending: Ending, _ definition: Definition) -> Bool {
    ending.status == .failed && definition.status == .active
      && definition.consecutiveFailures + 1 >= definition.trigger.schedule.maxConsecutiveFailures
  }

  /// The triggers that this end starts, by `on_success` and `on_failure`. What cannot start is told in its own history.
  private func chain(
    _ ending: Ending, _ definition: Definition, at now: Instant, in transaction: inout Transaction
  ) -> [(Trigger.ID, Chain)] {
    guard ending.status == .completed || ending.status == .failed else { return [] }
    let targets = ending.status == .completed ? definition.trigger.schedule.onSuccess : definition.trigger.schedule.onFailure
    if targets.isEmpty { return [] }
    let trigger = definition.trigger
    let chain = Chain(at: now, taskID: ending.task.id, depth: ending.task.depth + 1)
    var started: [(Trigger.ID, Chain)] = []
    for target in targets {
      if agenda.isUnread(target) { awaken([target]) }
      guard let other = self.definition(of: target), other.trigger.namespaceID == trigger.namespaceID else {
        log("warn", "trigger \(trigger.id) is to start '\(target)', which does not exist")
        continue
      }
      let detail: JSONObject = ["after_trigger_id": .string(trigger.id), "after_task_id": .string(ending.task.id), "depth": .int(chain.depth)]
      if chain.depth > Self.deepest {
        log("warn", "trigger \(target): not started, \(chain.depth) runs have started one another")
        note(target, .skipped, "loop", detail, in: &transaction)
      } else if other.status != .active {
        note(target, .skipped, "not active", detail, in: &transaction)
      } else {
        transaction.chain(target, chain)
        started.append((target, chain))
      }
    }
    return started
  }

  /// The first instant of a trigger that becomes active now.
  func first(of trigger: Trigger, at now: Instant) -> Instant? {
    do throws(Problem) {
      return try Timetable(trigger.schedule, createdAt: trigger.createdAt, zones: parts.zones).first(at: now, of: trigger.schedule, isNew: false)
    } catch {
      log("error", "trigger \(trigger.id) cannot be scheduled: \(error)")
      return nil
    }
  }

  // MARK: - Telling others

  private func reportStop(_ ending: Ending, _ definition: Definition, _ plan: inout Plan) {
    let trigger = definition.trigger
    let payload: JSONObject = [
      "trigger_id": .string(trigger.id), "trigger_name": .optional(trigger.name), "task_id": .string(ending.task.id),
      "error": .optional(ending.error),
      "consecutive_failures": .int(definition.consecutiveFailures + 1),
    ]
    record(EventWrite(namespaceID: trigger.namespaceID, type: .triggerStopped, payload: payload, depth: ending.task.depth + 1), &plan)
  }

  /// The events that the end of a task is: of a clustering always, of a trigger's run when a trigger listens.
  private func report(_ ending: Ending, of definition: Definition?, _ plan: inout Plan) {
    let task = ending.task
    guard ending.status == .completed || ending.status == .failed else { return }
    let succeeded = ending.status == .completed
    let type: Schedule.EventType = succeeded ? .triggerCompleted : .triggerFailed
    let isHeard = isWanted(type) && task.triggerID != nil && definition?.trigger.isNamespaceHook != true
    guard isHeard || task.kind == .taxonomyEnrichment || task.kind == .cluster else { return }
    var payload: JSONObject = [
      "task_id": .string(task.id), "status": .string(ending.status.rawValue), "trigger_id": .optional(task.triggerID),
      "error": .optional(ending.error),
    ]
    if isHeard {
      var own = payload
      own["trigger_name"] = .optional(definition?.trigger.name)
      own["scheduled_at"] = .optional(task.scheduledAt)
      record(EventWrite(namespaceID: task.namespaceID, type: type, payload: own, depth: task.depth + 1), &plan)
    }
    if task.kind == .taxonomyEnrichment, succeeded {
      for key in ["taxonomy_id", "taxonomy_version", "collection_id", "target_collection_id", "processed", "enriched", "unchanged", "unmatched"] {
        payload[key] = ending.outputs[key] ?? .null
      }
      record(
        EventWrite(namespaceID: task.namespaceID, type: .enrichmentCompleted, payload: payload, depth: task.depth + 1), &plan)
    }
    guard task.kind == .cluster else { return }
    payload["cluster_id"] = task.inputs["cluster_id"] ?? .null
    for key in ["run_id", "num_clusters", "num_documents", "metrics"] { if let value = ending.outputs[key] { payload[key] = value } }
    record(
      EventWrite(
        namespaceID: task.namespaceID, type: succeeded ? .clusterCompleted : .clusterFailed, payload: payload, depth: task.depth + 1), &plan)
  }
}
