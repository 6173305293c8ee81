import Basics
import Model

/// What becomes of instants that passed while nobody was there: rule R16. Every one is run or counted.
struct MissedRuns {
  /// The instant to run now; nil when none is.
  let run: Instant?
  let next: Instant?
  /// The instants before `next` that will not run.
  let dropped: Agenda.Missed?

  /// Looking back over excluded days ends here: they are then counted like the others.
  private static let lookBack = 20_000

  /// `first` is the oldest instant that is due, `last` the newest.
  init(from first: Instant, through last: Instant, _ schedule: Schedule, _ timetable: Timetable, at now: Instant) {
    let limit = schedule.catchUp == .all ? Int(schedule.maxCatchUp) : 1
    let oldest = schedule.catchUp == .none ? now - Agenda.grace : min(now - .seconds(schedule.catchUpWindowSeconds), now - Agenda.grace)
    var kept: [Instant] = []
    var candidate = last
    for _ in 0..<Self.lookBack {
      guard kept.count < limit, candidate >= oldest else { break }
      if !timetable.excludes(candidate) { kept.append(candidate) }
      guard candidate > first else { break }
      candidate = timetable.previous(before: candidate).map { max($0, first) } ?? first
    }
    run = kept.last
    // Of several, the others stay due and come one after the other.
    next = kept.count > 1 ? kept[kept.count - 2] : timetable.next(after: last)
    let end = kept.count > 1 ? kept[kept.count - 2] : last + .milliseconds(1)
    let (after, isExact) = timetable.count(after: first, before: end)
    let count = 1 + after - (run == nil ? 0 : 1)
    guard count > 0 else {
      dropped = nil
      return
    }
    var firstDropped = first
    if first == run { firstDropped = timetable.next(after: first) ?? first }
    var lastDropped = timetable.previous(before: end).map { max($0, first) } ?? first
    if lastDropped == run { lastDropped = timetable.previous(before: lastDropped).map { max($0, first) } ?? first }
    dropped = Agenda.Missed(count: count, first: firstDropped, last: lastDropped, isAtLeast: !isExact)
  }
}
