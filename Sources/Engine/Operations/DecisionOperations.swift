import Basics
import Model
import Scheduling
import Store

extension Operation {
  /// What the scheduler decided, and why.
  static let decisionOperations: [Operation] = [
    Operation(
      "list_trigger_evaluations", "GET", "/v1/triggers/{trigger_id}/evaluations", "What the scheduler decided, newest first", tag: "Triggers",
      scope: .read,
      query: [
        Parameter("offset", .integer), Parameter("limit", .integer), Parameter("outcome", .string), Parameter("since", .string),
        Parameter("until", .string),
      ]
    ) { host, call throws(Problem) in
      let trigger = try host.trigger(call)
      let fields = try Fields(.object(call.query))
      let page = try Page(fields, defaultLimit: 50)
      let query = EvaluationQuery(
        trigger.id, outcome: try fields.choice("outcome"), since: try fields.instant("since"), until: try fields.instant("until"),
        offset: page.offset,
        limit: page.limit)
      if let since = query.since, let until = query.until, until <= since {
        throw Problem(.invalid, "until \(until) is not after since \(since)", hint: "A span is since ≤ t < until", path: "until")
      }
      let listing = try host.read { reader throws(Problem) in try reader.evaluations(query) }
      return .json([
        "results": .array(listing.items.map { $0.json(trigger.schedule) }), "total": .int(listing.total), "offset": .int(page.offset),
        "limit": .int(page.limit),
        "retention": host.configuration.retention.json["evaluations"] ?? .null,
      ])
    },
    Operation(
      "explain_trigger", "GET", "/v1/triggers/{trigger_id}/explain", "Why it fired or did not, and what would make it fire", tag: "Triggers",
      scope: .read,
      query: [Parameter("at", .string)]
    ) { host, call throws(Problem) in
      let trigger = try host.trigger(call)
      let now = host.surroundings.now()
      let at = try Fields(.object(call.query)).instant("at")
      if let at, at < now { return .json(try host.explain(trigger, past: at, now: now)) }
      return .json(try host.explain(trigger, at: at ?? now))
    },
    Operation(
      "get_evaluation", "GET", "/v1/evaluations/{evaluation_id}", "One decision with all that is recorded of it", tag: "Triggers", scope: .read
    ) {
      host, call throws(Problem) in
      let evaluation = try host.evaluation(call)
      var result = evaluation.json.object ?? JSONObject()
      result["text"] = .string(evaluation.sentence(try host.trigger(evaluation.triggerID, in: call.namespaceID()).schedule))
      return .json(.object(result))
    },
    Operation(
      "replay_evaluation", "GET", "/v1/evaluations/{evaluation_id}/replay",
      "Decide again from what was recorded, and compare; takes a task's id, too",
      tag: "Triggers", scope: .read
    ) { host, call throws(Problem) in
      let evaluation = try host.evaluation(call)
      return .json(try Replay(evaluation, of: host.trigger(evaluation.triggerID, in: call.namespaceID()), host: host).perform())
    },
  ]
}

extension Host {
  /// The decision of that identifier, or the one that started the task of that identifier.
  fileprivate func evaluation(_ call: Call) throws(Problem) -> Evaluation {
    let id = try call.parameter("evaluation_id")
    let namespaceID = try call.namespaceID()
    return try read { reader throws(Problem) in
      if let found = try reader.evaluation(id, in: namespaceID) { return found }
      guard let task = try reader.task(id), task.namespaceID == namespaceID else { throw .missing("evaluation", id, path: "evaluation_id") }
      guard let triggerID = task.triggerID, let found = try reader.evaluation(of: id, triggerID: triggerID) else {
        throw Problem(
          .notFound, "no decision started task '\(id)'",
          hint: task.scheduledAt == nil ? "Somebody started it by hand" : "It is older than what is kept",
          path: "evaluation_id")
      }
      return found
    }
  }

  /// Why a trigger does not fire now, or at an instant to come if nothing changes until then.
  fileprivate func explain(_ trigger: Trigger, at now: Instant) throws(Problem) -> JSON {
    let facts = try read { reader throws(Problem) in
      let waiting = try reader.tasks(TaskQuery(namespaceID: trigger.namespaceID, status: .pending, triggerID: trigger.id, limit: 20)).items
      return Explanation.Facts(
        running: try reader.unfinishedTasks(of: trigger.id), note: PauseNote(try reader.setting(PauseNote.setting(trigger.id), at: now))?.text,
        retry: waiting.lazy.compactMap { task in task.retryAt.map { (task.attempt, $0) } }.first,
        evaluations: try reader.evaluations(trigger.id, limit: 5).items)
    }
    var complete = facts
    complete.maintenance = try maintenance().flatMap { $0.holds(at: now) ? $0 : nil }
    let explanation = Explanation(trigger, complete, at: now)
    return [
      "trigger_id": .string(trigger.id), "status": .string(trigger.status.rawValue), "at": .instant(now), "text": .string(explanation.text),
      "schedule_text": .string(explanation.schedule), "distance": .string(Explanation.distance(explanation.clauses)),
      "clauses": .array(explanation.clauses.map(\.json)), "changes": .array(explanation.clauses.compactMap { $0.change.map(JSON.string) }),
      "next_scheduled_at": .optional(trigger.status == .active ? trigger.nextScheduledAt : nil), "event_counter": .int(trigger.eventCounter),
      "maintenance": complete.maintenance?.json ?? .null, "evaluations": .array(facts.evaluations.map { $0.json(trigger.schedule) }),
    ]
  }

  fileprivate func explain(_ trigger: Trigger, past instant: Instant, now: Instant) throws(Problem) -> JSON {
    let record = try read { reader throws(Problem) in
      var record = PastExplanation.Record(kept: configuration.retention.evaluations.age)
      let from = try reader.evaluation(from: instant, triggerID: trigger.id)
      if let from, from.firstAt <= instant { record.covering = from } else { record.after = from }
      record.before = try reader.evaluation(before: instant, triggerID: trigger.id)
      record.lastFired = try reader.lastFired(trigger.id, through: instant)
      if case .event(let rule) = trigger.schedule.when, !rule.isFiltered {
        record.events = try reader.eventCount(
          in: trigger.namespaceID, type: rule.eventType, collectionID: rule.collectionID,
          after: record.lastFired?.firstAt ?? trigger.createdAt - .milliseconds(1),
          through: instant)
      }
      if let taskID = record.covering?.taskID { record.taskStatus = try reader.task(taskID)?.status }
      return record
    }
    let explanation = PastExplanation(
      trigger, record, at: instant, now: now, timetable: try? Timetable(trigger.schedule, createdAt: trigger.createdAt, zones: zones))
    func shown(_ evaluation: Evaluation?) -> JSON { evaluation?.json(trigger.schedule) ?? .null }
    return [
      "trigger_id": .string(trigger.id), "status": .string(trigger.status.rawValue), "at": .instant(instant), "text": .string(explanation.text),
      "distance": .string(Explanation.distance(explanation.clauses)), "clauses": .array(explanation.clauses.map(\.json)),
      "evaluation": shown(record.covering), "before": shown(record.before), "after": shown(record.after),
      "task_status": .optional(record.taskStatus?.rawValue), "event_counter": .optional(record.events),
      "evaluations": .array([record.before, record.covering, record.after].compactMap { $0 }.reversed().map { $0.json(trigger.schedule) }),
    ]
  }
}
