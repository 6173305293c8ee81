import Basics
import Model
import Scheduling
import Scripting

extension Operation {
  private static let cronNames = ["cron_expression", "timezone", "dst_gap", "dst_fold"]
  private static let definitionNames = ["name", "description", "action_type", "action_config", "trigger_type", "schedule_config", "status"]

  static let previewOperations: [Operation] = [
    Operation(
      "preview_schedule", "POST", "/v1/triggers/preview", "What a cron expression or a whole trigger would do; nothing is stored", tag: "Triggers",
      scope: .read,
      body: cronNames + ["after", "count"] + definitionNames
    ) { host, call throws(Problem) in
      let fields = try Fields(call.body, accepting: cronNames + ["after", "count"] + definitionNames)
      let after = try fields.instant("after") ?? host.surroundings.now()
      let count = Int(try fields.int("count", in: 1...1000) ?? 3)
      if fields["trigger_type"] != nil || fields["schedule_config"] != nil {
        for name in cronNames where fields[name] != nil {
          throw Problem(.invalid, "'\(name)' stands beside a whole trigger", hint: "Put it into schedule_config", path: name)
        }
        return .json(try host.preview(fields, after: after, count: count, call))
      }
      // Beside an expression the rest of a trigger says nothing.
      try fields.check(["name": .string, "description": .string, "action_type": .string, "action_config": .object, "status": .string])
      let preview = try CronPreview(
        expression: try fields.required("cron_expression", example: "\"0 2 * * *\""), timezone: try fields.string("timezone") ?? "UTC", after: after,
        count: count, zones: host.zones, policy: try DSTPolicy(dstGap: fields.string("dst_gap"), dstFold: fields.string("dst_fold")))
      return .json(preview.json)
    }
  ]
}

extension Host {
  /// A whole definition: validated as at its creation, in words, with its next instants, and what its condition and its predicate say now.
  fileprivate func preview(_ fields: Fields, after: Instant, count: Int, _ call: Call) throws(Problem) -> JSON {
    var definition = fields.object
    for name in ["after", "count"] { definition[name] = nil }
    // Of a definition without an action the schedule alone is looked at.
    if fields["action_type"] == nil, fields["action_config"] == nil {
      definition["action_type"] = "script"
      definition["action_config"] = ["script": "return true"]
    }
    var trigger = try Trigger(creating: .object(definition), in: call.namespaceID(), by: call.caller.name, surroundings: surroundings)
    trigger.createdAt = after
    let timetable = try check(&trigger)
    var result: JSONObject = [
      "trigger_type": .string(trigger.schedule.type.rawValue), "schedule_config": .object(trigger.schedule.json),
      "text": .string(Explanation.describe(trigger.schedule)),
    ]
    let upcoming = timetable.upcoming(from: timetable.first(at: after, of: trigger.schedule, isNew: true), count: count)
    result["next"] = .array(upcoming.map { .instant($0.at) })
    result["local"] = .array(upcoming.map { .string($0.local) })
    result["notes"] = .array(upcoming.compactMap { due in due.note.map { ["at": .instant(due.at), "note": .string($0)] } })
    var warnings = timetable.warnings(after: after)
    if case .conditional(let condition) = trigger.schedule.when {
      result["next_are"] = "checks"
      if condition.captureBaselineOnCreate, condition.kind == .drift || condition.kind == .volume {
        trigger.baseline = try BaselineCapture(trigger, condition, self).baseline(at: after)
      }
      warnings += DriftAdvice.warnings(condition, trigger.baseline)
      if !condition.asksScript { result["measured_now"] = .object(try Measurement(condition, trigger, host: self).json) }
    }
    result["warnings"] = .array(warnings.map(JSON.string))
    if let script = asked(trigger) { result["script_now"] = script }
    return .object(result)
  }

  /// What the predicate, or the script of a condition, answers now; it can only read, and its state is not kept.
  private func asked(_ trigger: Trigger) -> JSON? {
    var about = Agenda.Question.About.predicate
    if case .conditional(let condition) = trigger.schedule.when, condition.script != nil {
      about = .condition
    } else if trigger.schedule.predicate == nil {
      return nil
    }
    let now = surroundings.now()
    var world = RecordedWorld(self, trigger, from: now, to: now, measurements: [], fires: [], lastSuccess: nil, runSeconds: 0)
    let answer = world.ask(about, scheduledAt: now, events: 0, at: now)
    return ["answer": .string("\(answer.verdict)"), "reason": .string(answer.reason), "detail": .object(answer.detail)]
  }
}
