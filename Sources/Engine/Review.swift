import Basics
import Model

/// A change that concerns every trigger, on its way through those that sleep: to read a hundred thousand rows at once would hold up
/// everything else for seconds, so that it goes in pieces. A trigger that wakes up before its turn is told then.
struct Review {
  enum Change {
    case clock(back: Duration)
    /// New time zone data.
    case zones
  }

  let change: Change
  /// When it happened: whoever is told later is told of that moment.
  let at: Instant
  private var queue: ArraySlice<Trigger.ID>
  private var waiting: Set<Trigger.ID>

  init(_ change: Change, at now: Instant, of ids: [Trigger.ID]) {
    self.change = change
    at = now
    queue = ids[...]
    waiting = Set(ids)
  }

  var isOver: Bool { queue.isEmpty }

  /// The next triggers in the queue; some may have been reached already.
  mutating func next(_ count: Int) -> [Trigger.ID] {
    defer { queue = queue.dropFirst(count) }
    return queue.prefix(count).filter(waiting.contains)
  }

  /// Those of them that it has not reached until now.
  mutating func reach(_ ids: [Trigger.ID]) -> [Trigger.ID] { ids.filter { waiting.remove($0) != nil } }
}
