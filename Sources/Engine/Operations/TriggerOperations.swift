import Basics
import Clustering
import Model
import Scheduling
import Scripting
import Store

extension Operation {
  private static let listNames = ["action_type", "trigger_type", "status", "resource_id", "offset", "limit", "sort_by", "direction"]
  private static let listQuery: [Parameter] = [
    Parameter("offset", .integer), Parameter("limit", .integer), Parameter("action_type", .string), Parameter("trigger_type", .string),
    Parameter("status", .string), Parameter("resource_id", .string), Parameter("sort_by", .string), Parameter("direction", .string),
  ]
  private static let pageQuery: [Parameter] = [Parameter("offset", .integer), Parameter("limit", .integer)]

  static let triggerOperations: [Operation] = [
    Operation(
      "create_trigger", "POST", "/v1/triggers", "Define an action and its schedule", tag: "Triggers", scope: .write,
      body: ["action_type", "action_config", "trigger_type", "schedule_config", "name", "description", "status"]
    ) { host, call throws(Problem) in
      var trigger = try Trigger(creating: call.body, in: call.namespaceID(), by: call.caller.name, surroundings: host.surroundings)
      let timetable = try host.check(&trigger)
      if trigger.status == .active { trigger.nextScheduledAt = timetable.first(at: trigger.createdAt, of: trigger.schedule, isNew: true) }
      if case .conditional(let condition) = trigger.schedule.when, condition.captureBaselineOnCreate,
        condition.kind == .drift || condition.kind == .volume
      {
        trigger.baseline = try BaselineCapture(trigger, condition, host).baseline(at: trigger.createdAt)
      }
      try host.put(trigger, isNew: true)
      return .json(host.shown(trigger))
    },
    Operation("get_trigger", "GET", "/v1/triggers/{trigger_id}", "Read a trigger", tag: "Triggers", scope: .read) { host, call throws(Problem) in
      let (shown, period) = host.shown([try host.trigger(call)])
      return .kept(shown[0], during: period)
    },
    Operation(
      "list_triggers", "POST", "/v1/triggers/list", "List triggers with filters", tag: "Triggers", scope: .read, query: listQuery, body: listNames,
      list),
    Operation("list_triggers_get", "GET", "/v1/triggers", "List triggers", tag: "Triggers", scope: .read, query: listQuery, list),
    Operation(
      "update_trigger", "PATCH", "/v1/triggers/{trigger_id}", "Change schedule, name, description or status", tag: "Triggers", scope: .write,
      body: ["schedule_config", "name", "description", "status"]
    ) { host, call throws(Problem) in
      let fields = try Fields(call.body)
      for immutable in ["action_type", "action_config", "trigger_type"] where fields.object[immutable] != nil {
        throw Problem(.invalid, "'\(immutable)' cannot be changed", hint: "Delete the trigger and create another", path: immutable)
      }
      _ = try Fields(call.body, accepting: ["schedule_config", "name", "description", "status"])
      let edited = try host.edit(call) { trigger throws(Problem) in
        if let name = try fields.string("name") { trigger.name = name }
        if let description = try fields.string("description") { trigger.description = description }
        if let config = fields["schedule_config"] { trigger.schedule = try Schedule(trigger.schedule.type, config) }
        let status: Trigger.Status? = try fields.choice("status")
        if let status {
          guard status != .failed else {
            throw Problem(.invalid, "a trigger cannot be set to 'failed'", hint: "One of: active, paused, disabled", path: "status")
          }
          trigger.status = status
          trigger.pausedUntil = nil
        }
        let timetable = try host.check(&trigger)
        // An edit never fires at once, and leaves an unchanged schedule where it was.
        if fields["schedule_config"] != nil || (status == .active && trigger.nextScheduledAt == nil) {
          trigger.nextScheduledAt = timetable.first(at: host.surroundings.now(), of: trigger.schedule, isNew: false)
        }
      }
      // What was noted at an earlier pause is not about this status.
      if fields["status"] != nil { try host.note(nil, on: edited) }
      return .json(host.shown(edited))
    },
    Operation("delete_trigger", "DELETE", "/v1/triggers/{trigger_id}", "Retire a trigger", tag: "Triggers", scope: .write, answers: .nothing) {
      host, call throws(Problem) in
      let deleted = try host.edit(call) { trigger throws(Problem) in trigger.status = .disabled }
      try host.note(nil, on: deleted)
      return .nothing
    },
    Operation(
      "pause_trigger", "POST", "/v1/triggers/{trigger_id}/pause", "Stop firing, keep the definition", tag: "Triggers", scope: .write,
      body: ["note", "until"]
    ) { host, call throws(Problem) in
      let fields = try Fields(call.body, accepting: ["note", "until"])
      let (note, until, now) = (try fields.string("note"), try fields.instant("until"), host.surroundings.now())
      if let until, until <= now {
        throw Problem(.invalid, "until \(until) is in the past; it is \(now)", hint: "Give a later moment", path: "until")
      }
      let paused = try host.edit(call) { trigger throws(Problem) in
        guard trigger.status != .disabled else { throw Problem(.conflict, "the trigger was deleted", path: "status") }
        trigger.status = .paused
        trigger.pausedUntil = until
      }
      try host.note(PauseNote(note: note, by: call.caller.name, at: now, until: until), on: paused)
      return .json(host.shown(paused))
    },
    Operation(
      "resume_trigger", "POST", "/v1/triggers/{trigger_id}/resume", "Fire again, the next time counted from now", tag: "Triggers", scope: .write,
      body: []
    ) { host, call throws(Problem) in
      let resumed = try host.edit(call) { trigger throws(Problem) in
        guard trigger.status != .disabled else { throw Problem(.conflict, "the trigger was deleted", path: "status") }
        let timetable = try host.check(&trigger)
        trigger.status = .active
        trigger.consecutiveFailures = 0
        trigger.pausedUntil = nil
        if trigger.schedule.catchUpOnResume, trigger.nextScheduledAt != nil { return }
        trigger.nextScheduledAt = timetable.first(at: host.surroundings.now(), of: trigger.schedule, isNew: false)
      }
      try host.note(nil, on: resumed)
      return .json(host.shown(resumed))
    },
    Operation(
      "execute_trigger_now", "POST", "/v1/triggers/{trigger_id}/execute", "Fire at once, whatever the schedule; answers a task", tag: "Triggers",
      scope: .execute, body: []
    ) { host, call throws(Problem) in
      let trigger = try host.trigger(call)
      guard trigger.status != .disabled else { throw Problem(.conflict, "the trigger was deleted", hint: "Create another", path: "status") }
      let task = TaskRecord(
        id: Identifier.make("task", host.surroundings), namespaceID: trigger.namespaceID, kind: trigger.action.kind, triggerID: trigger.id,
        inputs: trigger.action.config, createdAt: host.surroundings.now())
      var transaction = Transaction()
      transaction.noteRun(of: trigger.id, taskID: task.id, at: task.createdAt)
      try host.start(task, with: transaction)
      return .json(task.json)
    },
    Operation(
      "get_trigger_history", "GET", "/v1/triggers/{trigger_id}/history", "Past runs", tag: "Triggers", scope: .read, query: pageQuery
    ) { host, call throws(Problem) in
      let trigger = try host.trigger(call)
      let page = try Page(Fields(.object(call.query)), defaultLimit: 50)
      let listing = try host.read { reader throws(Problem) in
        try reader.tasks(TaskQuery(namespaceID: trigger.namespaceID, triggerID: trigger.id, offset: page.offset, limit: page.limit))
      }
      let executions = listing.items.map { task -> JSON in
        [
          "task_id": .string(task.id), "triggered_at": .instant(task.createdAt), "scheduled_at": .optional(task.scheduledAt),
          "status": .string(task.status.rawValue), "execution_time_ms": .optional(task.executionTime.map { Double($0.inMilliseconds) }),
          "error": .optional(task.error),
        ]
      }
      return .json([
        "trigger_id": .string(trigger.id), "executions": .array(executions), "total": .int(listing.total), "offset": .int(page.offset),
        "limit": .int(page.limit),
      ])
    },
  ]

  private static func list(_ host: Host, _ call: Call) throws(Problem) -> Answer {
    var merged = try Fields(call.body, accepting: listNames).object
    for member in call.query.members { merged[member.key] = member.value }
    var query = try TriggerQuery(Fields(.object(merged)), in: call.namespaceID())
    if call.isByContract { query.exceptAction = .script }
    let listing = try host.read { reader throws(Problem) in try reader.triggers(query) }
    let (shown, period) = host.shown(listing.items)
    return .kept(
      ["results": .array(shown), "total": .int(listing.total), "offset": .int(query.offset), "limit": .int(query.limit)], during: period)
  }
}

extension TriggerQuery {
  /// What a list of triggers is asked for.
  init(_ fields: Fields, in namespaceID: String) throws(Problem) {
    let offset = Int(try fields.int("offset", in: 0...1_000_000) ?? 0)
    let limit = Int(try fields.int("limit", in: 1...1000) ?? 50)
    let direction = try fields.string("direction") ?? "desc"
    guard ["asc", "desc"].contains(direction) else {
      throw Problem(.invalid, "unknown direction '\(direction)'", hint: "One of: asc, desc", path: "direction")
    }
    var kind: TaskRecord.Kind?
    if let word = try fields.string("action_type") {
      let words = Action.kinds.map(\.rawValue)
      kind = TaskRecord.Kind(rawValue: word)
      if kind == nil || !words.contains(word) {
        throw Problem(
          .invalid, "unknown action_type '\(word)'", hint: "One of: \(words.joined(separator: ", "))", path: "action_type",
          didYouMean: Suggestion.nearest(to: word, in: words))
      }
    }
    self.init(
      namespaceID: namespaceID, actionType: kind, triggerType: try fields.choice("trigger_type"), status: try fields.choice("status"),
      resourceID: try fields.string("resource_id"), sortBy: try fields.choice("sort_by") ?? .createdAt, descending: direction == "desc",
      offset: offset,
      limit: limit)
  }
}

extension Host {
  /// The trigger as people read it: the model, the schedule in words, and the next fires in its zone and in UTC.
  func shown(_ trigger: Trigger) -> JSON { shown([trigger]).triggers[0] }

  /// Triggers as people read them, and for how long they read so if nobody writes.
  fileprivate func shown(_ triggers: [Trigger]) -> (triggers: [JSON], period: Range<Instant>) {
    let now = surroundings.now()
    // What is to be told of changes of the clocks counts from the second in which one asks.
    var end = Instant(seconds: now.seconds + 1)
    let texts = triggers.map { trigger in
      let (json, next) = shown(trigger, at: now)
      if let next, next > now, next < end { end = next }
      return json
    }
    return (texts, now..<end)
  }

  /// With the moment at which it changes by itself: an active trigger is overdue after it, of others the next instant is another.
  private func shown(_ trigger: Trigger, at now: Instant) -> (JSON, next: Instant?) {
    var json = trigger.json(at: now).object ?? JSONObject()
    let outlook = schedules.outlook(of: trigger, zones, at: now)
    // None of these is among the model's: they follow it, and are not looked for in it.
    json.members.append(.init(key: "schedule_text", value: .string(outlook.words)))
    if outlook.hasInstants {
      // What comes next of a condition is a check.
      let isChecked = trigger.schedule.type == .conditional
      json.members.append(.init(key: isChecked ? "next_checks" : "next_fires", value: .array(outlook.upcoming.map { .instant($0.at) })))
      json.members.append(
        .init(key: isChecked ? "next_checks_local" : "next_fires_local", value: .array(outlook.upcoming.map { .string($0.local) })))
    }
    var warnings = outlook.warnings
    if case .conditional(let condition) = trigger.schedule.when, condition.kind == .drift {
      warnings = DriftAdvice.warnings(condition, trigger.baseline)
    }
    if let warnings { json.members.append(.init(key: "warnings", value: .array(warnings.map(JSON.string)))) }
    let isActive = trigger.status == .active
    return (.object(json), isActive ? trigger.nextScheduledAt.map { $0 + .seconds(trigger.schedule.jitterSeconds) } : outlook.upcoming.first?.at)
  }

  /// Checks what only the host can: that the schedule has instants, that what the trigger names exists, that its scripts compile.
  func check(_ trigger: inout Trigger) throws(Problem) -> Timetable {
    if trigger.schedule.exclude.contains(where: \.isNamed) {
      let namespaceID = trigger.namespaceID
      var schedule = trigger.schedule
      try read { reader throws(Problem) in try reader.resolve(&schedule, in: namespaceID) }
      trigger.schedule = schedule
    }
    let timetable = try Timetable(trigger.schedule, createdAt: trigger.createdAt, zones: zones)
    if trigger.action.kind == .cluster, let name = trigger.action.config["cluster_id"]?.string {
      let found = try cluster(name, in: trigger.namespaceID, path: "action_config.cluster_id")
      trigger.action.config["cluster_id"] = .string(found.id)
      if let named = try Fields(.object(trigger.action.config), path: "action_config").strings("output_collection_ids") {
        let outputs = try read { reader throws(Problem) in try reader.outputs(named, of: found, path: "action_config.output_collection_ids") }
        trigger.action.config["output_collection_ids"] = .array(outputs.map { .string($0.id) })
      }
    }
    if trigger.action.kind == .taxonomyEnrichment { try resolveEnrichment(&trigger) }
    try checkBatchAction(&trigger)
    try checkRetrieval(&trigger)
    var collectionID: String?
    switch trigger.schedule.when {
    case .event(let rule): collectionID = rule.collectionID
    case .conditional(let condition): collectionID = condition.collectionID
    case .cron, .interval: break
    }
    if let named = collectionID {
      let found = try collection(named, in: trigger.namespaceID, path: "schedule_config.collection_id")
      switch trigger.schedule.when {
      case .event(var rule):
        rule.collectionID = found.id
        trigger.schedule.when = .event(rule)
      case .conditional(var condition):
        condition.collectionID = found.id
        trigger.schedule.when = .conditional(condition)
      case .cron, .interval: break
      }
    }
    if case .conditional(let condition) = trigger.schedule.when, condition.kind == .drift || condition.kind == .volume {
      let scope = try Scope(trigger, condition, host: self)
      if scope.collections.isEmpty {
        throw Problem(.invalid, "it is not said which collection to measure", hint: "Give \"collection_id\"", path: "schedule_config.collection_id")
      }
      if condition.kind == .drift, scope.index == nil {
        throw Problem(
          .invalid, "collection '\(scope.collections[0].name)' has no such vector index",
          hint: "It has: \(scope.collections[0].vectorIndexes.map(\.name).joined(separator: ", "))", path: "schedule_config.vector_index")
      }
      try checkMetric(condition, trigger, scope)
    }
    try compile(trigger)
    return timetable
  }

  /// That the metric can be measured of what the trigger is about.
  private func checkMetric(_ condition: Condition, _ trigger: Trigger, _ scope: Scope) throws(Problem) {
    guard condition.kind == .drift, let name = condition.metric else { return }
    let metric = DriftMetric(rawValue: name.rawValue)
    if metric.map({ $0.needsCentroids || $0 == .noiseRatioDelta }) ?? true, trigger.action.kind != .cluster {
      throw Problem(
        .invalid, "\(name.rawValue) compares clusters, and the action '\(trigger.action.kind.rawValue)' makes none",
        hint: "Take the metric mmd, or the action_type cluster", path: "schedule_config.metric")
    }
    if metric == .frechet, let index = scope.index, index.dimensions > BaselineSnapshot.fullDimensions {
      throw Problem(
        .invalid, "frechet needs a covariance, which is kept of up to \(BaselineSnapshot.fullDimensions) dimensions, not of \(index.dimensions)",
        hint: "Take the metric frechet_diagonal", path: "schedule_config.metric")
    }
  }

  /// Compiles every script of a trigger, and finds those that are stored, so that a mistake is told when it is made.
  private func compile(_ trigger: Trigger) throws(Problem) {
    let scripts = trigger.scripts
    guard !scripts.isEmpty else { return }
    let interpreter = Interpreter(memory: 16 << 20)
    for (reference, path, kind) in scripts {
      do throws(Problem) {
        let script = try script(reference, as: [kind], in: trigger.namespaceID, called: path)
        if reference.source != nil { try interpreter.check(script) }
      } catch {
        var problem = error
        problem.kind = .invalid
        problem.path = problem.path.map { reference.stored == nil ? path : "\(path).\($0)" } ?? path
        throw problem
      }
    }
  }

  func trigger(_ call: Call) throws(Problem) -> Trigger {
    try trigger(call.parameter("trigger_id"), in: call.namespaceID())
  }

  func trigger(_ id: String, in namespaceID: String) throws(Problem) -> Trigger {
    if let own = Gathering.current?.trigger(id, in: namespaceID) { return own }
    return try read { reader throws(Problem) in
      if let found = try reader.trigger(id, in: namespaceID) { return found }
      let known = try reader.triggers(TriggerQuery(namespaceID: namespaceID, limit: 100)).items.map(\.id)
      throw Problem(.notFound, "trigger '\(id)' does not exist", path: "trigger_id", didYouMean: Suggestion.nearest(to: id, in: known))
    }
  }

  /// Reads, changes and stores a trigger; when it fired in between, reads it again and repeats.
  func edit(_ call: Call, _ change: (inout Trigger) throws(Problem) -> Void) throws(Problem) -> Trigger {
    var lost: Problem?
    for _ in 0..<8 {
      var trigger = try trigger(call)
      try change(&trigger)
      trigger.updatedAt = surroundings.now()
      do throws(Problem) {
        try put(trigger, isNew: false)
        return try self.trigger(call)
      } catch {
        guard error.kind == .conflict else { throw error }
        lost = error
      }
    }
    throw lost ?? Problem(.conflict, "the trigger changes all the time")
  }
}
