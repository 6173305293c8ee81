import Basics
import Model
import Scheduling

/// Why a trigger fired or did not, in plain words, from its row and its last evaluations.
struct Explanation {
  let text: String

  init(_ trigger: Trigger, _ evaluations: [Evaluation], at now: Instant, zones: Zones) {
    var sentences: [String] = []
    switch trigger.status {
    case .active: break
    case .paused: sentences.append("It is paused; resume it to let it fire.")
    case .disabled: sentences.append("It was deleted.")
    case .failed: sentences.append("It was stopped after \(trigger.consecutiveFailures) failures in a row: \(trigger.lastExecutionError ?? "unknown"). Resume it to try again.")
    }
    switch trigger.schedule.when {
    case .cron(let rule):
      let words = (try? CronPreview(expression: rule.expression, timezone: rule.timezone, after: now, count: 1, zones: zones))?.text
      sentences.append("Schedule: \(words ?? rule.expression).")
      sentences.append(contentsOf: Self.next(trigger, now))
    case .interval(let rule):
      sentences.append("Every \(Self.words(.seconds(rule.seconds))).")
      sentences.append(contentsOf: Self.next(trigger, now))
    case .event(let rule):
      let missing = rule.threshold - trigger.eventCounter
      sentences.append("\(trigger.eventCounter) of \(rule.threshold) events (\(rule.eventType.rawValue)).")
      if missing > 0 { sentences.append("It fires when \(missing) more come.") }
      if let last = trigger.lastCooldownAt, last + .seconds(rule.cooldownSeconds) > now {
        sentences.append("The cooldown ends in \(Self.words(last + .seconds(rule.cooldownSeconds) - now)).")
      } else if missing <= 0, trigger.status == .active {
        sentences.append("It is waiting for its running task or its predicate.")
      }
    case .conditional(let condition):
      let measured = condition.kind == .drift ? trigger.lastDriftMeasurement : trigger.lastVolumeMeasurement
      if let value = measured["value"]?.double {
        sentences.append(
          "\(condition.metric?.rawValue ?? condition.kind.rawValue) was \(Self.short(value)) at the last check; it fires when it is \(condition.comparison.symbol) \(Self.short(condition.threshold)).")
      } else if let reason = measured["reason"]?.string {
        sentences.append("The last check had nothing to compare: \(reason).")
      } else if condition.kind == .script {
        sentences.append("A script decides.")
      }
      if !trigger.armed { sentences.append("It has fired for this crossing; it fires again after the condition was false once.") }
      if trigger.status == .active, let next = trigger.nextScheduledAt {
        sentences.append(next > now ? "The next check is in \(Self.words(next - now))." : "A check is due now.")
      }
    }
    if let last = evaluations.first {
      let times = last.count > 1 ? ", \(last.count) times since \(last.firstAt)" : ""
      sentences.append("Last decision: \(last.outcome.rawValue) at \(last.lastAt) (\(last.reason)\(times)).")
    } else {
      sentences.append("Nothing has been decided yet.")
    }
    text = sentences.joined(separator: " ")
  }

  private static func next(_ trigger: Trigger, _ now: Instant) -> [String] {
    guard trigger.status == .active, let next = trigger.nextScheduledAt else { return [] }
    return [next > now ? "It fires next at \(next), in \(words(next - now))." : "It is due now (\(next))."]
  }

  /// A number with four significant digits.
  static func short(_ value: Double) -> String {
    if value == value.rounded(), abs(value) < 1e9 { return "\(Int64(value))" }
    let magnitude = abs(value)
    var scale = 10_000.0
    if magnitude < 0.01 { scale = 1_000_000 }
    return "\((value * scale).rounded() / scale)"
  }

  /// `2 h 5 min`, `41 s`.
  static func words(_ duration: Duration) -> String {
    let seconds = max(0, Int64(duration.inSeconds.rounded(.up)))
    if seconds < 60 { return "\(seconds) s" }
    if seconds < 3600 { return seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds / 60) min \(seconds % 60) s" }
    if seconds < 86400 { return seconds % 3600 < 60 ? "\(seconds / 3600) h" : "\(seconds / 3600) h \(seconds % 3600 / 60) min" }
    return seconds % 86400 < 3600 ? "\(seconds / 86400) d" : "\(seconds / 86400) d \(seconds % 86400 / 3600) h"
  }
}
