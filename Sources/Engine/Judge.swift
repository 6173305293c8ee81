import Basics
import Model
import Scheduling
import Scripting
import Store

/// Answers the agenda's questions on a worker's thread: measures conditions and asks predicates. It reads and never writes; what has to be
/// kept goes back as a value.
struct Judge {
  private let host: Host
  private let bench: ScriptBench

  init(_ host: Host, _ bench: ScriptBench) {
    self.host = host
    self.bench = bench
  }

  func answer(_ question: Agenda.Question, about trigger: Trigger) -> Judgement {
    var judgement = Judgement(question: question, verdict: .failed, reason: "error", detail: JSONObject())
    do throws(Problem) {
      if question.about == .condition, case .conditional(let condition) = trigger.schedule.when {
        if let script = condition.script, condition.kind == .script {
          try ask(script, trigger, question, &judgement, called: "script")
        } else {
          try measure(condition, trigger, &judgement)
        }
      } else if let predicate = trigger.schedule.predicate {
        try ask(predicate, trigger, question, &judgement, called: "predicate")
      } else {
        judgement.verdict = .yes
      }
    } catch {
      judgement.detail["error"] = .string(error.description)
      for (key, value) in error.details.sorted(by: { $0.key < $1.key }) { judgement.detail[key] = value }
      judgement.reason = error.kind == .budget ? "budget" : "error"
      host.log("warn", "trigger \(trigger.id): \(error)")
    }
    judgement.detail["definition"] = .string(trigger.schedule.fingerprint)
    return judgement
  }

  private func measure(_ condition: Condition, _ trigger: Trigger, _ judgement: inout Judgement) throws(Problem) {
    let measured = try Measurement(condition, trigger, host: host).json
    judgement.detail = measured
    if condition.kind == .drift { judgement.drift = measured } else { judgement.volume = measured }
    (judgement.verdict, judgement.reason) = Self.verdict(condition, measured)
  }

  /// What a measurement means for a condition.
  static func verdict(_ condition: Condition, _ measured: JSONObject) -> (Agenda.Verdict, reason: String) {
    // Nothing measured is neither true nor false.
    guard let value = condition.compared(in: measured), !value.isNaN else {
      return (.between, measured["reason"]?.string ?? "nothing to measure")
    }
    let name = condition.measuredName
    return switch condition.reading(value) {
    case .holds: (.yes, "\(name) crossed the threshold")
    case .arms: (.no, "\(name) \(condition.scale == .pValue ? "above" : "below") threshold")
    case .between: (.between, "\(name) not yet back")
    }
  }

  /// Why a trigger that was asked does not fire.
  static func reason(_ verdict: Agenda.Verdict, _ reason: String, of schedule: Schedule, _ question: Agenda.Question) -> String {
    guard verdict == .yes, question.about == .condition else { return reason }
    return "\(reason), \(schedule.cooldownSeconds != nil ? "in cooldown" : "and fired already")"
  }

  private func ask(
    _ reference: ScriptReference, _ trigger: Trigger, _ question: Agenda.Question, _ judgement: inout Judgement, called name: String
  ) throws(Problem) {
    let session = ScriptSession(host, namespaceID: trigger.namespaceID, trigger: trigger, writes: .none)
    let script = try host.script(reference, as: [.predicate], in: trigger.namespaceID, called: "\(trigger.name ?? trigger.id) \(name)")
    let run = bench.run(
      script, kind: .predicate, in: trigger.namespaceID, isolation: reference.isolation,
      context: ScriptSession.context(trigger, scheduledAt: question.fire.scheduledAt, now: host.surroundings.now()),
      state: .object(trigger.state), arguments: [], session: session, cancellation: nil)
    judgement.detail = session.record(of: run)
    if reference.stored != nil { judgement.detail["stored_script"] = ["name": .string(script.name), "version": .int(script.version)] }
    let (verdict, reason) = try run.verdict()
    judgement.verdict = verdict ? .yes : .no
    judgement.reason = reason ?? (verdict ? "\(name) said yes" : "\(name) said no")
    if case .object(let state)? = run.state, state != trigger.state { judgement.state = state }
  }
}

/// What a condition looks at, measured now.
struct Measurement {
  /// metric, value, threshold, operator, exceeded, the numbers it came from, measured_at; or `reason` when there was nothing to measure.
  /// `compared` says which number stands beside the threshold where that is not the value.
  let json: JSONObject

  init(_ condition: Condition, _ trigger: Trigger, host: Host) throws(Problem) {
    let now = host.surroundings.now()
    var result: JSONObject = [
      "metric": .optional(condition.metric?.rawValue), "threshold": .double(condition.threshold), "operator": .string(condition.comparison.rawValue),
      "measured_at": .instant(now),
    ]
    switch condition.kind {
    case .drift:
      if condition.scale != .value { result["compared"] = .string(condition.scale.rawValue) }
      for member in try DriftCheck(condition, trigger, host).measured().members { result[member.key] = member.value }
    case .volume:
      let documents = try Scope(trigger, condition, host: host).documentCount(host: host)
      result["document_count"] = .int(documents)
      let before = trigger.baseline?.documents
      if let before { result["baseline_document_count"] = .int(before) }
      switch condition.metric {
      case .deleted:
        guard let baseline = trigger.baseline else {
          result["reason"] = "no_baseline"
          json = result
          return
        }
        // From the log of events, which keeps what happened since any baseline that is not older than its retention.
        result["since"] = .instant(baseline.capturedAt)
        result["value"] = .double(Double(try Scope(trigger, condition, host: host).deletions(after: baseline.capturedAt, through: now, host: host)))
      case .added, .growthRatio:
        guard let before else {
          result["reason"] = "no_baseline"
          json = result
          return
        }
        let added = Double(documents - before)
        result["value"] = .double(
          condition.metric == .added ? added : before == 0 ? (added > 0 ? .greatestFiniteMagnitude : 0) : added / Double(before))
      default: result["value"] = .double(Double(documents))
      }
    case .quality:
      let run = try Self.lastRun(condition, trigger, host: host)
      result["run_id"] = .optional(run?.id)
      let name = condition.metric?.rawValue ?? ""
      let value = condition.metric == .clusters ? run.map { Double($0.groups.count) } : run?.metrics[name]?.double
      if let value, !value.isNaN {
        result["value"] = .double(value)
      } else {
        result["reason"] = .string(run == nil ? "no completed run" : "the last run has no \(name)")
      }
    case .staleness:
      let since =
        trigger.lastExecutionStatus == TaskRecord.Status.completed.rawValue ? trigger.lastTriggeredAt ?? trigger.createdAt : trigger.createdAt
      result["value"] = .double((now - since).inSeconds)
    case .script:
      if let reference = condition.storedMetric {
        result["metric"] = .string(condition.metricName)
        let session = ScriptSession(host, namespaceID: trigger.namespaceID, trigger: trigger, writes: .none)
        result["value"] = .double(try session.metric(reference, now: now))
      }
    }
    if let value = condition.compared(in: result) { result["exceeded"] = .bool(condition.comparison.holds(value, condition.threshold)) }
    json = result
  }
}

extension Measurement {
  /// The last run that was completed, of the cluster that the condition names or the action runs.
  static func lastRun(_ condition: Condition, _ trigger: Trigger, host: Host) throws(Problem) -> ClusterRun? {
    guard let name = condition.clusterID ?? (trigger.action.kind == .cluster ? trigger.action.resourceID : nil) else { return nil }
    return try host.read { reader throws(Problem) in
      guard let cluster = try reader.cluster(name, in: trigger.namespaceID) else { return nil }
      return try reader.latestRun(of: cluster.id, status: .completed)
    }
  }
}
