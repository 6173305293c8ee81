package import Basics
package import Model

/// The due instants of one trigger: of its cron expression, its interval, or its condition's checks. Event triggers have none.
package struct Timetable: Sendable {
  private enum Source: Sendable {
    case cron(Occurrences)
    case interval(IntervalSchedule)
    case none
  }

  private let source: Source

  /// Compiles a schedule. `createdAt` anchors intervals: nominal instants are `createdAt + k × interval`, whatever happened in between.
  /// Throws what is wrong with the expression or the zone, with the path inside `schedule_config`.
  package init(_ schedule: Schedule, createdAt: Instant, zones: Zones) throws(Problem) {
    switch schedule.when {
    case .cron(let rule):
      do {
        let expression = try CronExpression(rule.expression)
        let policy = try DSTPolicy(dstGap: rule.gap.rawValue, dstFold: rule.fold.rawValue)
        source = .cron(Occurrences(expression, in: try zones.zone(rule.timezone), policy: policy))
      } catch { throw error.within("schedule_config") }
    case .interval(let rule):
      source = .interval(try IntervalSchedule(every: .seconds(rule.seconds), from: createdAt))
    case .conditional(let condition):
      source = .interval(try IntervalSchedule(every: .seconds(condition.checkIntervalSeconds), from: createdAt))
    case .event: source = .none
    }
  }

  /// The first due instant strictly after the given one.
  package func next(after instant: Instant) -> Instant? {
    switch source {
    case .cron(let occurrences): occurrences.next(after: instant)
    case .interval(let interval): interval.next(after: instant)
    case .none: nil
    }
  }

  /// When a trigger that is made, resumed or edited now is due first. Only a new interval with `start_immediately` is due at once.
  package func first(at now: Instant, of schedule: Schedule, isNew: Bool) -> Instant? {
    if isNew, case .interval(let rule) = schedule.when, rule.startImmediately { return now }
    return next(after: now)
  }
}
