import Basics
import Model
import Scheduling

extension Explanation {
  /// A schedule in words: `At 02:00 every day (UTC), until 2027-01-01T00:00:00Z`, `Every 6 hours`, `After 100 × documents_added`.
  static func describe(_ schedule: Schedule) -> String { ([when(schedule)] + bounds(schedule)).joined(separator: ", ") }

  private static func when(_ schedule: Schedule) -> String {
    if let at = schedule.at { return "Once, at \(at)" }
    switch schedule.when {
    case .cron(let rule):
      return (try? CronExpression(rule.expression)).map { ScheduleText.describe($0, in: rule.timezone) } ?? rule.expression
    case .interval(let rule):
      let words =
        (try? IntervalSchedule(every: .seconds(rule.seconds), from: Instant(milliseconds: 0))).map { ScheduleText.describe($0) }
        ?? "Every \(rule.seconds) seconds"
      return rule.anchor == .fixedDelay ? "\(words) after the end of the last run" : words
    case .event(let rule): return events(rule)
    case .conditional(let condition):
      let every = "checked every \(words(.seconds(condition.checkIntervalSeconds)))"
      guard !condition.asksScript else { return "When its script says so, \(every)" }
      let name = condition.measuredName
      let verb = condition.mode == .level ? "while \(name) is" : "when \(name) becomes"
      let cooldown =
        condition.mode == .level && condition.cooldownSeconds > 0 ? ", at most once in \(words(.seconds(condition.cooldownSeconds)))" : ""
      return "\(verb.prefix(1).uppercased() + verb.dropFirst()) \(condition.comparison.symbol) \(short(condition.threshold)), \(every)\(cooldown)"
    }
  }

  private static func events(_ rule: Schedule.EventRule) -> String {
    var text = rule.eventType.rawValue
    if rule.filter != nil || rule.filters != nil { text += " that its filter accepts" }
    if let key = rule.dedupeKey { text += ", one for each \(key) in \(words(.seconds(rule.dedupeSeconds)))" }
    let cooldown = rule.cooldownSeconds > 0 ? ", at most once in \(words(.seconds(rule.cooldownSeconds)))" : ""
    if let absence = rule.absenceSeconds { return "When no \(text) has come for \(words(.seconds(absence)))\(cooldown)" }
    var result = "After \(rule.threshold) × \(text)"
    if let window = rule.windowSeconds { result += " within \(words(.seconds(window)))" }
    if let debounce = rule.debounceSeconds {
      result += ", when none has come for \(words(.seconds(debounce)))"
      if let most = rule.maxWaitSeconds { result += ", at most \(words(.seconds(most))) after the first" }
    }
    return result + cooldown
  }

  /// What narrows it or comes on top.
  private static func bounds(_ schedule: Schedule) -> [String] {
    var parts: [String] = []
    if let start = schedule.startAt { parts.append("from \(start)") }
    if let end = schedule.endAt { parts.append("until \(end)") }
    if schedule.jitterSeconds > 0 { parts.append("each up to \(words(.seconds(schedule.jitterSeconds))) later") }
    if !schedule.exclude.isEmpty { parts.append("except \(schedule.exclude.map(excluded).joined(separator: " and "))") }
    if schedule.retry.maxAttempts > 1 { parts.append("a run that fails is tried up to \(schedule.retry.maxAttempts) times") }
    if let probe = schedule.probeAfterSeconds {
      parts.append("after \(schedule.maxConsecutiveFailures) failures in a row only probed, every \(words(.seconds(probe)))")
    }
    if !schedule.onSuccess.isEmpty { parts.append("a success starts \(schedule.onSuccess.joined(separator: " and "))") }
    if !schedule.onFailure.isEmpty { parts.append("a failure starts \(schedule.onFailure.joined(separator: " and "))") }
    return parts
  }

  private static func excluded(_ exclusion: Exclusion) -> String {
    switch exclusion {
    case .dates(let days): "\(days.count) day\(days.count == 1 ? "" : "s")"
    case .cron(let expression): "at '\(expression)'"
    case .ical: "in a calendar's events"
    case .calendar(let name, _): "as the calendar '\(name)' says"
    }
  }
}
