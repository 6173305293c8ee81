package import Basics

/// When a cron expression comes in a zone.
///
/// Whether a moment is an occurrence depends on that moment alone, never on where the question was asked from; so the answers ascend, and
/// asking from anywhere between two of them gives the same next one. A job whose minute or hour begins with `*` comes whenever the clock on
/// the wall shows a matching time. Any other comes once for each time it names: after a jump of at most three hours right at its end, after
/// clocks went back only with the first copy; `DSTPolicy` changes both. The rules are those of
/// cronie's main loop (cron.c), without its polling; only that cronie takes clocks that go back by more than three hours for corrected and runs
/// everything again, while here what came once has come.
package struct Occurrences: Sendable {
  package let expression: CronExpression
  package let zone: Zone
  package let policy: DSTPolicy

  /// A larger jump is a change of date line or of government, not of season: nobody meant what it left out.
  static let widestGap: Int64 = 180 * 60
  /// Within 40 years every possible date has come (see `DayRule`), and DST policies can take only few of them away.
  private static let horizon: Int64 = 100 * 31_556_952
  // Occurrences lie in the years 1 to 9999, which is what RFC 3339 can write.
  private static let firstSecond: Int64 = -62_135_596_800
  private static let endSecond: Int64 = 253_402_300_800

  package init(_ expression: CronExpression, in zone: Zone = .utc, policy: DSTPolicy = DSTPolicy()) {
    self.expression = expression
    self.zone = zone
    self.policy = policy
  }

  /// The first occurrence after an instant, never that instant itself; nil when there is none within a hundred years.
  package func next(after instant: Instant) -> Instant? {
    var moment = max(instant.wholeSeconds + 1, Self.firstSecond)
    let end = min(moment + Self.horizon, Self.endSecond)
    var period = zone.period(at: moment)
    while moment < end {
      if moment == period.start, madeUp(at: period) != nil { return Instant(seconds: moment) }
      let (from, limit) = walls(of: period, from: moment)
      if let wall = expression.firstMatch(from: max(from, moment + period.offset), before: min(limit, end + period.offset)) {
        return Instant(seconds: wall - period.offset)
      }
      moment = period.end
      if moment < end { period = zone.period(at: moment) }
    }
    return nil
  }

  /// The last occurrence before an instant; nil when there is none within a hundred years.
  package func previous(before instant: Instant) -> Instant? {
    // Of a broken second its beginning, too, is before it.
    var limit = min((instant.milliseconds - (instant.milliseconds > .min ? 1 : 0)).floored(by: 1000) + 1, Self.endSecond)
    let beginning = max(limit - Self.horizon, Self.firstSecond)
    while limit > beginning {
      let period = zone.period(at: limit - 1)
      let (from, end) = walls(of: period, from: period.start)
      if let wall = expression.lastMatch(from: max(from, beginning + period.offset), before: min(end, limit + period.offset)) {
        return Instant(seconds: wall - period.offset)
      }
      if period.start >= beginning, madeUp(at: period) != nil { return Instant(seconds: period.start) }
      limit = period.start
    }
    return nil
  }

  /// All occurrences after an instant, in their order.
  package func after(_ instant: Instant) -> some Sequence<Instant> {
    sequence(state: instant) { last in
      guard let next = next(after: last) else { return nil }
      last = next
      return next
    }
  }

  // MARK: - The rules at a change of the clocks

  /// The first wall time in the gap with which a period begins, if it has to be made up for at the period's first moment.
  func madeUp(at period: Zone.Period) -> Int64? {
    guard !expression.isWildcard, policy.gap == .fireAfter, period.start > Zone.beginning else { return nil }
    let before = zone.period(at: period.start - 1)
    let width = period.offset - before.offset
    guard width > 0, width <= Self.widestGap else { return nil }
    return expression.firstMatch(from: period.start + before.offset, before: period.start + period.offset)
  }

  /// The wall times of a period, from a moment in it, that count: of those that come twice, the copy that the policy wants.
  private func walls(of period: Zone.Period, from moment: Int64) -> (from: Int64, limit: Int64) {
    var from = period.start + period.offset
    var limit = period.end + period.offset
    if expression.isWildcard { return (from, limit) }
    switch policy.fold {
    case .both: break
    case .first where moment >= period.start + Zone.widest: break  // too late to repeat anything
    case .first:
      // Two changes may follow closely, so it is not enough to look at the one before.
      var start = period.start
      while start > Zone.beginning, start > period.start - Zone.widest {
        let earlier = zone.period(at: start - 1)
        from = max(from, start + earlier.offset)
        start = earlier.start
      }
    case .last:
      var end = period.end
      while end < Zone.end, end < period.end + Zone.widest {
        let later = zone.period(at: end)
        limit = min(limit, end + later.offset)
        end = later.end
      }
    }
    return (from, limit)
  }
}
