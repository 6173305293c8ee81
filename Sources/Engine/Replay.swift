import Basics
import Model
import Scheduling
import Scripting

/// Decides again what was decided, from what was recorded, and compares both byte for byte.
///
/// What is recorded: the fingerprint of the schedule, the instants and counts, the measured numbers, and for a predicate or a script of a
/// condition its context, state, seed and the host's answers. Not replayable: hooks, event filters and actions, which keep only their
/// outcome; measurements themselves, whose vectors are not kept, so that a condition is decided anew from its number; scripts that were
/// stopped by the wall clock, or whose answers were more than 8 kB; and anything after the trigger's schedule was edited.
struct Replay {
  private let evaluation: Evaluation
  private let trigger: Trigger
  private let host: Host

  init(_ evaluation: Evaluation, of trigger: Trigger, host: Host) {
    self.evaluation = evaluation
    self.trigger = trigger
    self.host = host
  }

  func perform() throws(Problem) -> JSON {
    var answer: JSONObject = ["evaluation_id": .string(evaluation.id), "trigger_id": .string(trigger.id)]
    let recorded = Self.decision(evaluation.outcome, evaluation.reason, evaluation.scheduledAt, evaluation.detail)
    answer["recorded"] = recorded
    if let obstacle {
      answer["replayable"] = false
      answer["reason"] = .string(obstacle)
      return .object(answer)
    }
    answer["replayable"] = true
    let decided = try decide()
    answer["decided"] = decided
    answer["same"] = .bool(decided.bytes == recorded.bytes)
    var differing: [JSON] = []
    for key in ["outcome", "reason", "scheduled_at", "detail"] where decided[key]?.bytes != recorded[key]?.bytes { differing.append(.string(key)) }
    answer["differing"] = .array(differing)
    if evaluation.count > 1 {
      answer["note"] = .string("\(evaluation.count) equal decisions stand in one row, which keeps the newest; that one was replayed.")
    }
    return .object(answer)
  }

  /// Why it cannot be replayed; nil when it can.
  private var obstacle: String? {
    if let definition = evaluation.detail["definition"]?.string, definition != trigger.schedule.fingerprint { return "the schedule was edited since" }
    switch (evaluation.outcome, evaluation.reason) {
    case (.skipped, "before hook"): return "hooks keep only their outcome"
    case (.failed, "filter"): return "event filters keep only their outcome"
    case (.skipped, let reason) where Agenda.Skip.Reason(rawValue: reason) == nil: return "nothing is recorded of '\(reason)'"
    default: break
    }
    guard usesScript else {
      let isMeasured = evaluation.detail["value"] != nil || evaluation.detail["reason"] != nil
      let isCondition = trigger.schedule.type == .conditional
      return isCondition && !isMeasured ? "its numbers were not recorded" : nil
    }
    if evaluation.outcome == .skipped { return nil }
    guard let recording = ScriptRecording(evaluation.detail["replay"], of: trigger) else { return "the script's input was not recorded" }
    if !recording.isComplete { return "the script read more than is kept" }
    if evaluation.reason == "budget", evaluation.detail["limit"]?.string == "wall" { return "the script was stopped by the wall clock" }
    return nil
  }

  private var usesScript: Bool {
    if case .conditional(let condition) = trigger.schedule.when, condition.asksScript { return true }
    return trigger.schedule.predicate != nil && evaluation.detail["cost"] != nil
  }

  /// One moment of the virtual clock, with the trigger as it was then.
  private func decide() throws(Problem) -> JSON {
    let timetable = try Timetable(trigger.schedule, createdAt: trigger.createdAt, zones: host.zones)
    let recording = ScriptRecording(evaluation.detail["replay"], of: trigger)
    let now = evaluation.outcome == .fired ? evaluation.firstAt : evaluation.lastAt
    var then = trigger
    then.status = .active
    (then.lastCooldownAt, then.lastTriggeredAt) = (nil, nil)
    then.chain = chain
    then.armed = !evaluation.reason.hasSuffix("and fired already")
    then.nextScheduledAt = due(recording, timetable, at: now)
    then.eventCounter = evaluation.detail["events"]?.int ?? recording?.context["trigger"]?["event_counter"]?.int ?? 0
    // An event trigger's instant is the moment itself.
    let moment =
      trigger.schedule.type == .event || chain != nil
      ? evaluation.scheduledAt ?? recording?.scheduledAt ?? now : max(now, then.nextScheduledAt ?? now)
    let isOverlap = evaluation.outcome == .skipped && evaluation.reason == Agenda.Skip.Reason.overlap.rawValue
    var simulation = Simulation(
      then, timetable: timetable, world: RecordedMoment(host: host, trigger: trigger, detail: evaluation.detail, recording: recording),
      bounds: .init(from: moment, to: moment + .milliseconds(1), maxFires: 1, listed: 1, deadline: .seconds(60)), running: isOverlap ? 1 : 0)
    try simulation.run(host.surroundings)
    if let fire = simulation.fires.first {
      var detail = fire.detail
      if fire.events > 0 { detail["events"] = .int(fire.events) }
      if let missed = fire.missed {
        detail["missed"] = ["count": .int(missed.count), "first": .instant(missed.first), "last": .instant(missed.last)]
      }
      return Self.decision(.fired, fire.reason, fire.scheduledAt, detail)
    }
    guard let tally = simulation.tallies.first else { return ["outcome": "nothing was due"] }
    return Self.decision(tally.outcome, tally.reason, nil, tally.detail)
  }

  /// The end of another trigger's run that led to the decision.
  private var chain: Chain? {
    guard let taskID = evaluation.detail["after_task_id"]?.string else { return nil }
    return Chain(at: evaluation.scheduledAt ?? evaluation.lastAt, taskID: taskID, depth: 1)
  }

  /// The first instant that was due, from which the agenda goes on.
  private func due(_ recording: ScriptRecording?, _ timetable: Timetable, at now: Instant) -> Instant? {
    if trigger.schedule.type == .event || chain != nil { return nil }
    let first = evaluation.detail["missed"]?["first"] ?? (evaluation.outcome == .skipped ? evaluation.detail["first"] : nil)
    if let first = first?.string.flatMap({ Instant($0) }) { return first }
    if let known = evaluation.scheduledAt ?? recording?.scheduledAt { return known }
    guard case .conditional(let condition) = trigger.schedule.when else { return now }
    return timetable.next(after: now - .seconds(condition.checkIntervalSeconds))
  }

  /// What counts as the decision: not what it cost, nor what is kept for the replay.
  private static func decision(_ outcome: Evaluation.Outcome, _ reason: String, _ scheduledAt: Instant?, _ detail: JSONObject) -> JSON {
    var kept = detail
    for key in ["cost", "definition", "replay", "stored_script"] { kept[key] = nil }
    return ["outcome": .string(outcome.rawValue), "reason": .string(reason), "scheduled_at": .optional(scheduledAt), "detail": .object(kept)]
  }
}

extension ScriptRecording {
  /// The due instant that the script was told.
  fileprivate var scheduledAt: Instant? { context["scheduled_at"]?.double.map { Instant(milliseconds: Int64(($0 * 1000).rounded())) } }
}

/// The world of one recorded decision: the number that was measured, or the answers that the script got.
private struct RecordedMoment: SimulatedWorld {
  let host: Host
  let trigger: Trigger
  let detail: JSONObject
  let recording: ScriptRecording?

  mutating func nextEvents() throws(Problem) -> SimulatedEvents? { nil }
  mutating func busy(_ scheduledAt: Instant) -> Duration { .zero }
  mutating func ended(firedAt: Instant, at now: Instant) {}

  mutating func answer(_ question: Agenda.Question, at now: Instant) throws(Problem) -> SimulatedAnswer {
    if question.about == .condition, case .conditional(let condition) = trigger.schedule.when {
      if let script = condition.script, condition.kind == .script { return ask(script, "script", at: now) }
      // That a guard was asked means that the condition held; its numbers are those of the trigger, not of this decision.
      if recording != nil { return SimulatedAnswer(verdict: .yes, reason: "the condition held") }
      return compare(condition)
    }
    guard let predicate = trigger.schedule.predicate else { return SimulatedAnswer(verdict: .yes, reason: "due") }
    return ask(predicate, "predicate", at: now)
  }

  private func compare(_ condition: Condition) -> SimulatedAnswer {
    var compared = detail
    if let value = condition.compared(in: detail) {
      compared["threshold"] = .double(condition.threshold)
      compared["exceeded"] = .bool(condition.comparison.holds(value, condition.threshold))
    }
    let (verdict, reason) = Judge.verdict(condition, compared)
    return SimulatedAnswer(verdict: verdict, reason: reason, detail: compared)
  }

  private func ask(_ reference: ScriptReference, _ name: String, at now: Instant) -> SimulatedAnswer {
    guard let recording else { return SimulatedAnswer(verdict: .failed, reason: "error", detail: ["error": "the script's input was not recorded"]) }
    let session = ScriptSession(host, namespaceID: trigger.namespaceID, trigger: trigger, writes: .none, clock: now)
    session.replayed = recording.calls[...]
    session.replayedModules = recording.modules
    // The version that decided then, whichever is active now.
    var reference = reference
    if let version = detail["stored_script"]?["version"]?.int, let name = reference.stored {
      reference = ScriptReference(stored: name, version: version)
    }
    let script: Script
    do throws(Problem) {
      script = try host.script(reference, as: [.predicate], in: trigger.namespaceID, called: "\(trigger.name ?? trigger.id) \(name)")
    } catch {
      return SimulatedAnswer(verdict: .failed, reason: "error", detail: ["error": .string(error.description)])
    }
    let interpreter = Interpreter(memory: 64 << 20, random: { recording.seed })
    let run = interpreter.run(
      script, kind: .predicate, context: recording.context, state: recording.state, budget: ScriptKind.predicate.budget, host: session)
    var detail = session.record(of: run)
    do throws(Problem) {
      let (verdict, reason) = try run.verdict()
      return SimulatedAnswer(verdict: verdict ? .yes : .no, reason: reason ?? (verdict ? "\(name) said yes" : "\(name) said no"), detail: detail)
    } catch {
      detail["error"] = .string(error.description)
      for (key, value) in error.details.sorted(by: { $0.key < $1.key }) { detail[key] = value }
      return SimulatedAnswer(verdict: .failed, reason: error.kind == .budget ? "budget" : "error", detail: detail)
    }
  }
}
