package import Basics
package import Model

/// The due instants of one trigger: of its cron expression, its interval, its one moment, or its condition's checks. Event triggers have none,
/// but those that wait for an absence have the moment at which it is certain.
package struct Timetable: Sendable {
  private enum Source: Sendable {
    case cron(Occurrences)
    case interval(IntervalSchedule)
    case once(Instant)
    case absence(Duration)
    case none
  }

  private var source: Source
  private let startAt: Instant?
  private let endAt: Instant?
  private let exclusions: [ExclusionCalendar]
  private let zone: Zone

  /// Counting the instants of a long absence one by one ends here.
  private static let countLimit: Int64 = 500_000

  /// Compiles a schedule. `createdAt` anchors intervals, unless `start_at` does: nominal instants are the anchor + k × interval, whatever
  /// happened in between. Throws what is wrong with the expression, the zone or a calendar, with the path inside `schedule_config`.
  package init(_ schedule: Schedule, createdAt: Instant, zones: Zones) throws(Problem) {
    startAt = schedule.startAt
    endAt = schedule.endAt
    do throws(Problem) {
      zone = try zones.zone(schedule.timezone)
      var compiled: [ExclusionCalendar] = []
      for (index, exclusion) in schedule.exclude.enumerated() {
        do throws(Problem) { compiled += try ExclusionCalendar.all(exclusion, in: zone, zones: zones) } catch {
          throw error.within("exclude[\(index)]")
        }
      }
      exclusions = compiled
      source = try Self.source(schedule, createdAt, zone)
    } catch { throw error.within("schedule_config") }
  }

  private static func source(_ schedule: Schedule, _ createdAt: Instant, _ zone: Zone) throws(Problem) -> Source {
    if let at = schedule.at { return .once(at) }
    let anchor = schedule.startAt ?? createdAt
    switch schedule.when {
    case .cron(let rule):
      let policy = try DSTPolicy(dstGap: rule.gap.rawValue, dstFold: rule.fold.rawValue)
      return .cron(Occurrences(try CronExpression(rule.expression), in: zone, policy: policy))
    case .interval(let rule):
      return .interval(try IntervalSchedule(every: .seconds(rule.seconds), from: anchor, startsImmediately: schedule.startAt != nil))
    case .conditional(let condition):
      return .interval(
        try IntervalSchedule(every: .seconds(condition.checkIntervalSeconds), from: anchor, startsImmediately: schedule.startAt != nil))
    case .event(let rule): return rule.absenceSeconds.map { .absence(.seconds($0)) } ?? .none
    }
  }

  /// The first due instant strictly after the given one.
  package func next(after instant: Instant) -> Instant? {
    let from = startAt.map { max(instant, $0 - .milliseconds(1)) } ?? instant
    let found: Instant? =
      switch source {
      case .cron(let occurrences): occurrences.next(after: from)
      case .interval(let interval): interval.next(after: from)
      case .once(let at): at > from ? at : nil
      case .absence, .none: nil
      }
    return found.flatMap(bounded)
  }

  /// The last due instant strictly before the given one.
  package func previous(before instant: Instant) -> Instant? {
    let before = endAt.map { min(instant, $0 + .milliseconds(1)) } ?? instant
    let found: Instant? =
      switch source {
      case .cron(let occurrences): occurrences.previous(before: before)
      case .interval(let interval): interval.previous(before: before)
      case .once(let at): at < before ? at : nil
      case .absence, .none: nil
      }
    return found.flatMap { found in startAt.map { found >= $0 } ?? true ? found : nil }
  }

  /// The same for a clock that was set back to before the anchor: intervals go on by the time that passes, counted from now. Others stay.
  func reanchored(at now: Instant) -> Timetable {
    guard startAt == nil, case .interval(let interval) = source, now < interval.anchor else { return self }
    var result = self
    result.source = (try? .interval(IntervalSchedule(every: interval.interval, from: now))) ?? source
    return result
  }

  /// How many instants lie strictly between two moments. Beyond half a million of a cron expression the number is a lower bound.
  func count(after start: Instant, before end: Instant) -> (count: Int64, isExact: Bool) {
    if case .interval(let interval) = source {
      guard let first = next(after: start), first < end, let last = previous(before: end), last >= first else { return (0, true) }
      return ((last.milliseconds - first.milliseconds) / interval.interval.inMilliseconds + 1, true)
    }
    var count: Int64 = 0
    var cursor = next(after: start)
    while let instant = cursor, instant < end {
      count += 1
      if count == Self.countLimit { return (count, false) }
      cursor = next(after: instant)
    }
    return (count, true)
  }

  /// What comes a fixed delay after `instant`.
  func delayed(_ seconds: Int64, after instant: Instant) -> Instant? {
    let due = instant + .seconds(seconds)
    return bounded(startAt.map { max(due, $0) } ?? due)
  }

  private func bounded(_ instant: Instant) -> Instant? { endAt.map { instant <= $0 } ?? true ? instant : nil }

  /// Whether a calendar says that nothing happens at this instant.
  package func excludes(_ instant: Instant) -> Bool { exclusions.contains { $0.contains(instant) } }

  /// A due instant, as people want to see it.
  package struct Upcoming: Sendable, Equatable {
    package var at: Instant
    /// RFC 3339 with the zone's offset at that moment.
    package var local: String
    /// What the clocks have to do with it, if anything.
    package var note: String?
  }

  /// Instants that are looked at before the search for ones that no calendar leaves out is given up.
  private static let searchLimit = 10_000

  /// The next due instants from `first` on, without those that a calendar leaves out.
  package func upcoming(from first: Instant?, count: Int) -> [Upcoming] {
    var result: [Upcoming] = []
    var instant = first
    var last = first.map { $0 - .milliseconds(1) }
    for _ in 0..<Self.searchLimit {
      guard let due = instant, result.count < count else { break }
      if !excludes(due) {
        var note: String?
        if case .cron(let occurrences) = source { note = occurrences.note(on: due, since: last ?? due) }
        result.append(Upcoming(at: due, local: zone.text(due), note: note))
        last = due
      }
      instant = next(after: due)
    }
    return result
  }

  /// What is to be told about a cron expression before it is trusted.
  package func warnings(after instant: Instant) -> [String] {
    if case .cron(let occurrences) = source { occurrences.warnings(after: instant) } else { [] }
  }

  /// When a trigger that is made, resumed or edited now is due first. Only a new interval with `start_immediately` is due at once.
  package func first(at now: Instant, of schedule: Schedule, isNew: Bool) -> Instant? {
    if case .absence(let length) = source { return now + length }
    if isNew, case .interval(let rule) = schedule.when, rule.startImmediately, schedule.at == nil, startAt.map({ $0 <= now }) ?? true {
      return bounded(now)
    }
    return next(after: now)
  }
}
