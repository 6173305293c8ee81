import Basics
import Model
import Scheduling
import Synchronization

/// Schedules that were put into words and compiled a moment ago.
///
/// Whoever lists triggers, or watches one, asks for the same ones again and again, and to parse an expression, word it and search for its next
/// instants takes longer than to read the trigger. What is kept of a trigger holds as long as its schedule is the very same, and the zones are; what
/// depends on the moment is looked up for the moment.
final class KnownSchedules: Sendable {
  struct Outlook: Sendable {
    var words: String
    /// What is due next, the first three.
    var upcoming: [Timetable.Upcoming] = []
    /// What is to be told about a cron expression.
    var warnings: [String]?
    /// Whether the schedule has instants at all.
    var hasInstants = false
  }

  /// Never changed, only replaced: threads that ask for the same trigger hand each other a reference, and hold the lock no longer than that takes.
  private final class Entry: Sendable {
    let schedule: Schedule
    let createdAt: Instant
    let zones: Int
    let words: String
    let timetable: Timetable?
    /// The last three instants that were looked for, and from which on.
    let upcoming: (from: Instant?, found: [Timetable.Upcoming])?
    /// The first instant after a moment: it is the first after every moment between.
    let next: (after: Instant, found: Instant)?

    init(_ trigger: Trigger, _ zones: Zones, release: Int) {
      schedule = trigger.schedule
      createdAt = trigger.createdAt
      self.zones = release
      words = Explanation.describe(trigger.schedule)
      timetable = trigger.schedule.type == .event ? nil : try? Timetable(trigger.schedule, createdAt: trigger.createdAt, zones: zones)
      (upcoming, next) = (nil, nil)
    }

    /// The same with other instants.
    init(_ other: Entry, _ upcoming: (from: Instant?, found: [Timetable.Upcoming]), _ next: (after: Instant, found: Instant)?) {
      (schedule, createdAt, zones, words, timetable) = (other.schedule, other.createdAt, other.zones, other.words, other.timetable)
      (self.upcoming, self.next) = (upcoming, next)
    }

    func holds(for trigger: Trigger, release: Int) -> Bool { zones == release && createdAt == trigger.createdAt && schedule == trigger.schedule }
  }

  /// Triggers in a share; with more of them it begins anew.
  private static let limit = 256

  private final class Share: Sendable { let entries = Mutex<[Trigger.ID: Entry]>([:]) }
  private let shares = (0..<16).map { _ in Share() }

  /// A trigger's schedule in words, with what comes next of it.
  func outlook(of trigger: Trigger, _ zones: Zones, at now: Instant) -> Outlook {
    let share = shares[Int(UInt(bitPattern: trigger.id.hashValue) % UInt(shares.count))]
    let release = zones.release
    let known = share.entries.withLock { $0[trigger.id] }
    var entry = known.flatMap { $0.holds(for: trigger, release: release) ? $0 : nil } ?? Entry(trigger, zones, release: release)
    var outlook = Outlook(words: entry.words)
    if let timetable = entry.timetable {
      var next = entry.next
      let first: Instant?
      if trigger.status == .active {
        first = trigger.nextScheduledAt
      } else if let known = next, known.after <= now, now < known.found {
        first = known.found
      } else {
        first = timetable.next(after: now)
        next = first.map { (now, $0) }
      }
      let known = entry.upcoming.flatMap { $0.from == first ? $0.found : nil }
      let upcoming = known ?? timetable.upcoming(from: first, count: 3)
      if known == nil || entry.next?.after != next?.after { entry = Entry(entry, (first, upcoming), next) }
      outlook.hasInstants = true
      outlook.upcoming = upcoming
      if trigger.schedule.type == .cron { outlook.warnings = timetable.warnings(after: now) }
    }
    if entry !== known {
      let news = entry
      share.entries.withLock { entries in
        if entries.count >= Self.limit, entries[trigger.id] == nil { entries.removeAll(keepingCapacity: true) }
        entries[trigger.id] = news
      }
    }
    return outlook
  }
}
