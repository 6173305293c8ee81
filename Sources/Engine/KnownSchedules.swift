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

  private struct Entry: Sendable {
    let schedule: Schedule
    let createdAt: Instant
    let zones: Int
    let words: String
    let timetable: Timetable?
    /// The last three instants that were looked for, and from which on.
    var upcoming: (from: Instant?, found: [Timetable.Upcoming])?
    /// The first instant after a moment: it is the first after every moment between.
    var next: (after: Instant, found: Instant)?
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
    var entry: Entry
    var isNews = false
    if let known, known.zones == release, known.createdAt == trigger.createdAt, known.schedule == trigger.schedule {
      entry = known
    } else {
      isNews = true
      entry = Entry(
        schedule: trigger.schedule, createdAt: trigger.createdAt, zones: release, words: Explanation.describe(trigger.schedule),
        timetable: trigger.schedule.type == .event ? nil : try? Timetable(trigger.schedule, createdAt: trigger.createdAt, zones: zones))
    }
    var outlook = Outlook(words: entry.words)
    if let timetable = entry.timetable {
      let first: Instant?
      if trigger.status == .active {
        first = trigger.nextScheduledAt
      } else if let next = entry.next, next.after <= now, now < next.found {
        first = next.found
      } else {
        first = timetable.next(after: now)
        entry.next = first.map { (now, $0) }
        isNews = true
      }
      if entry.upcoming == nil || entry.upcoming?.from != first {
        entry.upcoming = (first, timetable.upcoming(from: first, count: 3))
        isNews = true
      }
      outlook.hasInstants = true
      outlook.upcoming = entry.upcoming?.found ?? []
      if trigger.schedule.type == .cron { outlook.warnings = timetable.warnings(after: now) }
    }
    if isNews {
      let news = entry
      share.entries.withLock { entries in
        if entries.count >= Self.limit, entries[trigger.id] == nil { entries.removeAll(keepingCapacity: true) }
        entries[trigger.id] = news
      }
    }
    return outlook
  }
}
