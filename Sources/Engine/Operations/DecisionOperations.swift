import Basics
import Model
import Scheduling
import Store

extension Operation {
  /// What the scheduler decided, and why.
  static let decisionOperations: [Operation] = [
    Operation(
      "list_trigger_evaluations", "GET", "/v1/triggers/{trigger_id}/evaluations", "What the scheduler decided, newest first", tag: "Triggers", scope: .read,
      query: [
        Parameter("offset", .integer), Parameter("limit", .integer), Parameter("outcome", .string), Parameter("since", .string), Parameter("until", .string),
      ]
    ) { host, call throws(Problem) in
      let trigger = try host.trigger(call)
      let fields = try Fields(.object(call.query))
      let page = try Page(fields, defaultLimit: 50)
      let query = EvaluationQuery(
        trigger.id, outcome: try fields.choice("outcome"), since: try fields.instant("since"), until: try fields.instant("until"), offset: page.offset,
        limit: page.limit)
      if let since = query.since, let until = query.until, until <= since {
        throw Problem(.invalid, "until \(until) is not after since \(since)", hint: "A span is since ≤ t < until", path: "until")
      }
      let listing = try host.read { reader throws(Problem) in try reader.evaluations(query) }
      return .json([
        "results": .array(listing.items.map { $0.json(trigger.schedule) }), "total": .int(listing.total), "offset": .int(page.offset), "limit": .int(page.limit),
        "retention": host.configuration.retention.json["evaluations"] ?? .null,
      ])
    },
    Operation(
      "explain_trigger", "GET", "/v1/triggers/{trigger_id}/explain", "Why it fired or did not, and what would make it fire", tag: "Triggers", scope: .read,
      query: [Parameter("at", .string)]
    ) { host, call throws(Problem) in
      let trigger = try host.trigger(call)
      let now = host.surroundings.now()
      let at = try Fields(.object(call.query)).instant("at")
      if let at, at < now { return .json(try host.explain(trigger, past: at, now: now)) }
      return .json(try host.explain(trigger, at: at ?? now))
    },
  ]
}

extension Host {
  /// Why a trigger does not fire now, or at an instant to come if nothing changes until then.
  fileprivate func explain(_ trigger: Trigger, at now: Instant) throws(Problem) -> JSON {
    let facts = try read { reader throws(Problem) in
      Explanation.Facts(
        running: try reader.unfinishedTasks(of: trigger.id), note: PauseNote(try reader.setting(PauseNote.setting(trigger.id), at: now))?.text,
        evaluations: try reader.evaluations(trigger.id, limit: 5).items)
    }
    var complete = facts
    complete.maintenance = try maintenance().flatMap { $0.holds(at: now) ? $0 : nil }
    let explanation = Explanation(trigger, complete, at: now, zones: zones)
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
      if case .event(let rule) = trigger.schedule.when, rule.filter == nil {
        record.events = try reader.eventCount(
          in: trigger.namespaceID, type: rule.eventType, collectionID: rule.collectionID, after: record.lastFired?.firstAt ?? trigger.createdAt - .milliseconds(1),
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
