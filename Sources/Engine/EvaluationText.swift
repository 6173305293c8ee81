import Basics
import Model

extension Evaluation {
  /// The decision as a sentence: what was compared, and what came of it. `schedule` is the trigger's present one.
  func sentence(_ schedule: Schedule) -> String {
    switch outcome {
    case .fired: fired(schedule)
    case .held: held
    case .skipped: skipped(schedule)
    case .failed: failed
    }
  }

  /// As lists show it: the row without what only a replay needs, and the sentence.
  func json(_ schedule: Schedule) -> JSON {
    var row = self
    row.detail["replay"] = nil
    var result = row.json.object ?? JSONObject()
    result["text"] = .string(sentence(schedule))
    return .object(result)
  }

  private func fired(_ schedule: Schedule) -> String {
    let due = scheduledAt.map { " the instant \($0)" } ?? ""
    switch reason {
    case "due": return "It fired for\(due)."
    case "caught up":
      let missed = detail["missed"]
      let span = "\(missed?["first"]?.string ?? "?") to \(missed?["last"]?.string ?? "?")"
      return
        "It fired late for\(due); \(Self.instants(missed?["count"]?.int ?? 0)) before it, \(span), came to nothing, as catch_up '\(schedule.catchUp.rawValue)' says."
    case "enough events": return "It fired: \(detail["events"]?.int ?? 0) events had come."
    case "absence": return "It fired: no event had come for as long as it waits."
    case "probe": return "It was probed: one run of a trigger that had failed too often."
    case "chain": return "It was started by the end of task \(detail["after_task_id"]?.string ?? "?")."
    default: return "It fired\(due.isEmpty ? "" : " for\(due)"): \(comparison ?? reason)."
    }
  }

  private var held: String {
    switch reason {
    case "no_calibration":
      return
        "It did not fire: the baseline does not say what \(detail["metric"]?.string ?? "the metric") does without drift; give \"threshold\" instead."
    case "no_baseline": return "It did not fire: there was no baseline to compare with; one is taken after each success of its action."
    case "new time zone data":
      return
        "The time zone data is \(detail["zone_data"]?.string ?? "another") now: the next instant is \(detail["next"]?.string ?? "none"), not \(detail["instead_of"]?.string ?? "?")."
    case _ where reason.hasSuffix("and fired already"):
      return "It did not fire: \(comparison ?? reason), but it has fired for this crossing; the condition has to be false once before it fires again."
    default:
      if let comparison { return "It did not fire: \(comparison)." }
      return "It did not fire: \(detail["cost"] == nil ? reason : "its script said no (\(reason))")."
    }
  }

  private func skipped(_ schedule: Schedule) -> String {
    let number = detail["count"]?.int ?? count
    let span = detail["first"]?.string.map { first in
      detail["last"]?.string.map { $0 == first ? " (\(first))" : " (\(first) to \($0))" } ?? " (\(first))"
    }
    switch reason {
    case "overlap":
      return
        "\(Self.instants(number))\(span ?? "") passed while the last run still went on, and overlap is '\(schedule.overlap.rawValue)'; \"overlap\": \"allow\" would let them run side by side."
    case "missed":
      return
        "\(Self.instants(number))\(span ?? "") passed while the host was not running or could not fire, and catch_up '\(schedule.catchUp.rawValue)' "
        + "with a window of \(Explanation.words(.seconds(schedule.catchUpWindowSeconds))) leaves them out; \"catch_up\": \"all\" would run them."
    case "queue full":
      return
        "\(Self.instants(number))\(span ?? "") passed while as many runs waited as may (max_queue \(schedule.maxQueue))."
    case "calendar": return "\(Self.instants(number))\(span ?? "") came at a time that its 'exclude' leaves out."
    case "window":
      let seconds: Int64? = if case .event(let rule) = schedule.when { rule.windowSeconds } else { nil }
      let length = seconds.map { " of \(Explanation.words(.seconds($0)))" } ?? ""
      return "\(number == 1 ? "One event" : "\(number) events")\(span ?? "") left the window\(length) without being enough."
    case "claimed before":
      return "The instant \(detail["scheduled_at"]?.string ?? "?") had its task already: the clock went back over it, and nothing runs twice."
    case "loop":
      return "It was not started: \(detail["depth"]?.int ?? 0) runs had started one another, and such a loop is cut."
    case "not active":
      return "The end of task \(detail["after_task_id"]?.string ?? "?") would have started it, but it was not active."
    case "before hook": return "It fired, and its before hook said no: \(detail["reason"]?.string ?? "no reason given")."
    default: return "It was skipped: \(reason)\(span ?? "")."
    }
  }

  private var failed: String {
    let error = detail["error"]?.string ?? reason
    switch reason {
    case "budget": return "It was not decided: its script was stopped by its budget (\(error))."
    case "filter": return "Its event filter failed, and the events it did not get to were not counted: \(error)."
    default: return "It was not decided: \(error)."
    }
  }

  /// `cosine_drift was 0.031, and fires when it is > 0.05`
  private var comparison: String? {
    guard let measured = detail["value"]?.double, let threshold = detail["threshold"]?.double else { return nil }
    let scale = detail["compared"]?.string
    guard let value = scale.map({ detail[$0]?.double }) ?? measured else { return nil }
    let symbol = detail["operator"]?.string.flatMap(Condition.Operator.init(rawValue:))?.symbol ?? ">"
    return
      "\(scale.map { "\($0) of " } ?? "")\(detail["metric"]?.string ?? "the value") was \(Explanation.short(value)), and it fires when that is \(symbol) \(Explanation.short(threshold))"
  }

  private static func instants(_ count: Int64) -> String { count == 1 ? "one due instant" : "\(count) due instants" }
}
