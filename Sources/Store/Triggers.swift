package import Basics
package import Model

extension Transaction {
  package mutating func insert(_ trigger: Trigger) {
    add(
      .insertTrigger,
      trigger.columns + [
        ("trigger_id", .text(trigger.id)), ("namespace_id", .text(trigger.namespaceID)), ("event_counter", .integer(trigger.eventCounter)),
        ("fence", .integer(trigger.fence)), ("first_event_at", .optional(trigger.firstEventAt)), ("last_event_at", .optional(trigger.lastEventAt)),
        ("event_depth", .integer(trigger.eventDepth)), ("created_at", .instant(trigger.createdAt)), ("created_by", .optional(trigger.createdBy)),
      ])
    add(.putTriggerDefinition, trigger.definition)
    if trigger.baseline?.snapshot != nil { keepSnapshot(of: trigger.baseline, for: trigger.id) }
  }

  /// What the baseline's snapshot holds replaces what was kept; a baseline without one takes it away.
  private mutating func keepSnapshot(of baseline: Baseline?, for triggerID: Trigger.ID) {
    if let baseline, let snapshot = baseline.snapshot {
      add(
        .insertSnapshot,
        [("trigger_id", .text(triggerID)), ("captured_at", .instant(baseline.capturedAt)), ("snapshot", .blob(snapshot))])
    } else {
      add(.deleteSnapshotOfTrigger, [("trigger_id", .text(triggerID))])
    }
  }

  /// Writes the whole trigger but its event counter, which only `countEvents` and `claim` move.
  ///
  /// Lost (`trigger`) when its fence is not the stored one any more; the stored one goes up by one, and so must the caller's.
  package mutating func update(_ trigger: Trigger) {
    add(
      .updateTrigger, trigger.columns + [("trigger_id", .text(trigger.id)), ("fence", .integer(trigger.fence))], expecting: .exactly(1),
      guardName: "trigger")
    add(.putTriggerDefinition, trigger.definition)
  }

  package mutating func deleteTrigger(_ triggerID: Trigger.ID) {
    add(.deleteEvaluationsOfTrigger, [("trigger_id", .text(triggerID))])
    add(.deleteBucketsOfTrigger, [("trigger_id", .text(triggerID))])
    add(.deleteEventKeysOfTrigger, [("trigger_id", .text(triggerID))])
    add(.deleteSnapshotOfTrigger, [("trigger_id", .text(triggerID))])
    add(.deleteTriggerDefinition, [("trigger_id", .text(triggerID))])
    add(.deleteTrigger, [("trigger_id", .text(triggerID))], expecting: .exactly(1), guardName: "trigger")
  }

  /// The trigger fires: its next instant moves and the events that it fires for are taken off its counter. Goes into one transaction
  /// with the insertion of the task, whose unique (trigger, instant) makes sure that an instant fires once.
  ///
  /// Lost (`trigger`) on another fence; the stored one goes up by one. A `taskID` or `cooldownAt` of nil leaves the old one. `keepsNext`: an
  /// event that was counted meanwhile has set the next instant, and that one stays. `chain`: the end of a run up to which this start makes up.
  package mutating func claim(
    _ triggerID: Trigger.ID, fence: Int64, next: Instant?, taskID: String?, at now: Instant, cooldownAt: Instant? = nil, consumedEvents: Int64 = 0,
    armed: Bool, keepsNext: Bool = false, chain: Instant? = nil
  ) {
    add(.claimTrigger, expecting: .exactly(1), guardName: "trigger") {
      $0.put("next_scheduled_at", next)
      $0.put("at", now)
      $0.put("task_id", taskID)
      $0.put("last_cooldown_at", cooldownAt)
      $0.put("consumed", consumedEvents)
      $0.put("armed", armed)
      $0.put("keeps_next", keepsNext)
      $0.put("trigger_id", triggerID)
      $0.put("fence", fence)
      $0.put("chained_at", chain)
    }
  }

  /// Counts events for a trigger that came at `instant`, and how far its filter has looked. `bucket`: where its window keeps them; `next`: when
  /// their absence will be certain. A trigger that is gone counts nothing; the fence stays.
  package mutating func countEvents(
    _ triggerID: Trigger.ID, by count: Int64, at instant: Instant? = nil, cursor: Int64? = nil, bucket: Instant? = nil, next: Instant? = nil,
    depth: Int64 = 0
  ) {
    add(
      .countEvents,
      [
        ("by", .integer(count)), ("event_cursor", .optional(cursor)), ("at", .optional(instant)), ("next_scheduled_at", .optional(next)),
        ("depth", .integer(depth)), ("trigger_id", .text(triggerID)),
      ])
    if let bucket { add(.countBucket, [("trigger_id", .text(triggerID)), ("bucket_at", .instant(bucket)), ("by", .integer(count))]) }
  }

  /// Takes events out of a trigger's window: they were fired for, or are too old.
  package mutating func takeBuckets(_ triggerID: Trigger.ID, _ buckets: [(at: Instant, count: Int64)]) {
    guard !buckets.isEmpty else { return }
    for bucket in buckets {
      add(.takeBucket, [("trigger_id", .text(triggerID)), ("bucket_at", .instant(bucket.at)), ("by", .integer(bucket.count))])
    }
    add(.deleteEmptyBuckets, [("trigger_id", .text(triggerID))])
  }

  /// The trigger was looked at and does not fire: its next instant moves, and what was measured is kept. Nil leaves the old value.
  ///
  /// Lost (`trigger`) on another fence; the stored one goes up by one.
  package mutating func reschedule(
    _ triggerID: Trigger.ID, fence: Int64, next: Instant?, armed: Bool? = nil, checkedAt: Instant? = nil, drift: JSONObject? = nil,
    volume: JSONObject? = nil, state: JSONObject? = nil, chain: Instant? = nil
  ) {
    add(
      .rescheduleTrigger,
      [
        ("next_scheduled_at", .optional(next)), ("armed", .optional(armed)), ("last_condition_check_at", .optional(checkedAt)),
        ("last_drift_measurement", .optional(drift)), ("last_volume_measurement", .optional(volume)), ("state", .optional(state)),
        ("trigger_id", .text(triggerID)), ("fence", .integer(fence)), ("chained_at", .optional(chain)),
      ], expecting: .exactly(1), guardName: "trigger")
  }

  /// The end of another trigger's run is to start this one. A trigger that is not active starts nothing; the fence stays.
  package mutating func chain(_ triggerID: Trigger.ID, _ chain: Chain) {
    add(
      .chainTrigger,
      [
        ("at", .instant(chain.at)), ("task_id", .text(chain.taskID)), ("depth", .integer(chain.depth)), ("trigger_id", .text(triggerID)),
      ])
  }

  /// A pause is over. Lost (`trigger`) when the trigger was changed meanwhile; the fence goes up by one.
  /// `cursor`: the event after which its filter looks on.
  package mutating func resume(_ triggerID: Trigger.ID, fence: Int64, next: Instant?, cursor: Int64?, at now: Instant) {
    add(
      .resumeTrigger,
      [
        ("next_scheduled_at", .optional(next)), ("at", .instant(now)), ("trigger_id", .text(triggerID)), ("fence", .integer(fence)),
        ("event_cursor", .optional(cursor)),
      ], expecting: .exactly(1), guardName: "trigger")
  }

  /// Values of a dedupe key that have counted now; those seen up to `forgotten` may count again.
  package mutating func remember(_ triggerID: Trigger.ID, keys: [(key: String, at: Instant)], forgetting forgotten: Instant) {
    for (key, at) in keys { add(.insertEventKey, [("trigger_id", .text(triggerID)), ("key", .text(key)), ("seen_at", .instant(at))]) }
    add(.deleteOldEventKeys, [("trigger_id", .text(triggerID)), ("through", .instant(forgotten))])
  }

  /// A task of the trigger has ended: `executions` more successes, and so many failures in a row by now. Nil leaves the old value, but
  /// `clearsNext` takes the next instant away.
  ///
  /// A trigger that is gone settles nothing. The fence stays: a task may end after its trigger was edited.
  package mutating func settle(
    _ triggerID: Trigger.ID, executions: Int64, consecutiveFailures: Int64, lastStatus: String, lastError: String?, status: Trigger.Status? = nil,
    baseline: Baseline? = nil, state: JSONObject? = nil, next: Instant? = nil, clearsNext: Bool = false, armed: Bool? = nil,
    at now: Instant
  ) {
    add(.settleTrigger) {
      $0.put("executions", executions)
      $0.put("consecutive_failures", consecutiveFailures)
      $0.put("last_execution_status", lastStatus)
      $0.put("last_execution_error", lastError)
      $0.put("baseline", Value.optional(baseline?.stored))
      $0.put("baseline_mean", baseline.map { Value.floats($0.mean) } ?? .null)
      $0.put("state", Value.optional(state))
      $0.put("updated_at", now)
      $0.put("next_scheduled_at", next)
      $0.put("clears_next", clearsNext)
      $0.put("armed", armed)
      $0.put("trigger_id", triggerID)
    }
    // Apart from the rest, since it stands in an index: a run that turns nothing leaves that alone.
    if let status { add(.turnTrigger, [("status", .text(status.rawValue)), ("trigger_id", .text(triggerID))]) }
    if let baseline { keepSnapshot(of: baseline, for: triggerID) }
  }

  /// Somebody started the trigger by hand; its schedule goes on as it was.
  package mutating func noteRun(of triggerID: Trigger.ID, taskID: String, at now: Instant) {
    add(.noteRunOfTrigger, [("at", .instant(now)), ("task_id", .text(taskID)), ("trigger_id", .text(triggerID))])
  }

  /// What a check measured and what its script wants to keep. Nil leaves the old value; the fence stays.
  package mutating func remember(
    _ triggerID: Trigger.ID, state: JSONObject? = nil, drift: JSONObject? = nil, volume: JSONObject? = nil, checkedAt: Instant? = nil
  ) {
    add(
      .rememberTrigger,
      [
        ("state", .optional(state)), ("last_drift_measurement", .optional(drift)), ("last_volume_measurement", .optional(volume)),
        ("last_condition_check_at", .optional(checkedAt)), ("trigger_id", .text(triggerID)),
      ])
  }
}

extension Trigger {
  /// What only an edit changes, in a row of its own.
  fileprivate var definition: [(name: String, value: Value)] {
    [
      ("trigger_id", .text(id)), ("name", .optional(name)), ("description", .optional(description)), ("action_config", .json(action.config)),
      ("schedule_config", .json(schedule.json)),
    ]
  }

  /// What both an insertion and a full update write of the rest.
  fileprivate var columns: [(name: String, value: Value)] {
    [
      ("action_type", .text(action.kind.rawValue)), ("resource_id", .optional(action.resourceID)), ("trigger_type", .text(schedule.type.rawValue)),
      ("status", .text(status.rawValue)), ("last_triggered_at", .optional(lastTriggeredAt)),
      ("last_execution_task_id", .optional(lastExecutionTaskID)), ("next_scheduled_at", .optional(nextScheduledAt)),
      ("execution_count", .integer(executionCount)), ("consecutive_failures", .integer(consecutiveFailures)),
      ("last_execution_status", .optional(lastExecutionStatus)), ("last_execution_error", .optional(lastExecutionError)),
      ("event_cursor", .integer(eventCursor)), ("last_cooldown_at", .optional(lastCooldownAt)),
      ("last_condition_check_at", .optional(lastConditionCheckAt)), ("baseline", .optional(baseline?.stored)),
      ("baseline_mean", baseline.map { .floats($0.mean) } ?? .null), ("last_drift_measurement", .json(lastDriftMeasurement)),
      ("last_volume_measurement", .json(lastVolumeMeasurement)), ("armed", .flag(armed)), ("state", .json(state)),
      ("updated_at", .instant(updatedAt)), ("paused_until", .optional(pausedUntil)),
    ]
  }

  /// Reads the columns of `Statement.trigger`, in its order.
  static func read(_ row: inout Row) throws(Problem) -> Trigger {
    let id = row.text()
    do throws(Problem) {
      let (namespaceID, name, description) = (row.text(), row.optionalText(), row.optionalText())
      let action = try Action(type: row.text(), config: row.json())
      _ = row.optionalText()  // resource_id, which the action knows
      let schedule = try Schedule(row.word(TriggerType.self), row.json())
      var trigger = Trigger(
        id: id, namespaceID: namespaceID, name: name, description: description, action: action, schedule: schedule,
        createdAt: Instant(milliseconds: 0))
      try trigger.readState(&row)
      return trigger
    } catch { throw error.damaged(id) }
  }

  /// Reads the columns of `Statement.triggerState`, in its order: what runs and claims move.
  mutating func readState(_ row: inout Row) throws(Problem) {
    status = try row.word()
    lastTriggeredAt = row.optionalInstant()
    lastExecutionTaskID = row.optionalText()
    nextScheduledAt = row.optionalInstant()
    executionCount = row.int()
    consecutiveFailures = row.int()
    lastExecutionStatus = row.optionalText()
    lastExecutionError = row.optionalText()
    eventCounter = row.int()
    eventCursor = row.int()
    lastCooldownAt = row.optionalInstant()
    lastConditionCheckAt = row.optionalInstant()
    let known = try row.optionalJSON()
    baseline = Baseline(stored: known, mean: row.floats())
    lastDriftMeasurement = try row.object()
    lastVolumeMeasurement = try row.object()
    armed = row.flag()
    state = try row.object()
    fence = row.int()
    createdAt = row.instant()
    updatedAt = row.instant()
    createdBy = row.optionalText()
    firstEventAt = row.optionalInstant()
    lastEventAt = row.optionalInstant()
    eventDepth = row.int()
    pausedUntil = row.optionalInstant()
    let (chainedAt, chainedBy, chainedDepth) = (row.optionalInstant(), row.optionalText(), row.int())
    chain = chainedAt.map { Chain(at: $0, taskID: chainedBy ?? "", depth: chainedDepth) }
  }
}

extension Problem {
  /// A row that cannot be read means damage.
  func damaged(_ triggerID: Trigger.ID) -> Problem {
    var problem = within("triggers.\(triggerID)")
    problem.kind = .unavailable
    return problem
  }
}

extension Baseline {
  /// Everything but the mean, which is a blob, and the snapshot, which has a row of its own.
  fileprivate var stored: JSONObject {
    [
      "captured_at": .int(capturedAt.milliseconds), "documents": .int(documents), "vectors": .int(vectors), "run_id": .optional(runID),
      "clusters": .int(clusters), "nulls": .array(nulls.map(\.json)),
    ]
  }

  fileprivate init?(stored json: JSON?, mean: [Float]) {
    guard let json, let capturedAt = json["captured_at"]?.int else { return nil }
    self.init(
      capturedAt: Instant(milliseconds: capturedAt), documents: json["documents"]?.int ?? 0, vectors: json["vectors"]?.int ?? 0, mean: mean,
      runID: json["run_id"]?.string, clusters: json["clusters"]?.int ?? 0, nulls: json["nulls"]?.array?.compactMap(Baseline.Null.init) ?? [])
  }
}
