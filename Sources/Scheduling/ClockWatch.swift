package import Basics

/// Notices when the clock on the wall is set, and when it cannot be right. A rule: it is told both clocks and asks neither.
///
/// The wall clock schedules and the monotonic one measures; where they part, somebody (or NTP, or a suspended machine that woke) set the wall
/// clock. A clock before this program was written, or well before what the store already holds, is not believed.
package struct ClockWatch {
  package enum Change: Sendable, Equatable {
    case forward(Duration)
    case back(Duration)
  }

  /// Smaller steps are taken for drift.
  package static let tolerance: Duration = .seconds(2)
  /// 2025-01-01, when there was no perigee: a machine without a battery for its clock starts earlier than that.
  package static let earliest = Instant(seconds: 1_735_689_600)
  /// A clock that is merely behind the store is believed after this long: perhaps it was wrong before, and nobody will correct it now.
  package static let doubt: Duration = .seconds(600)

  private let start: Ticks
  private var last: (wall: Instant, ticks: Ticks)
  /// The newest moment that the store holds.
  package var newest: Instant?

  package init(at wall: Instant, _ ticks: Ticks) {
    start = ticks
    last = (wall, ticks)
  }

  /// What happened to the wall clock since the last look.
  package mutating func observe(_ wall: Instant, _ ticks: Ticks) -> Change? {
    let step = (wall - last.wall) - (ticks - last.ticks)
    last = (wall, ticks)
    if step > Self.tolerance { return .forward(step) }
    return step < .zero - Self.tolerance ? .back(.zero - step) : nil
  }

  /// Whether cron triggers may go by this clock.
  package func trusts(_ wall: Instant, _ ticks: Ticks) -> Bool {
    guard wall >= Self.earliest else { return false }
    guard let newest, wall < newest - Agenda.patience else { return true }
    return ticks - start >= Self.doubt
  }
}
