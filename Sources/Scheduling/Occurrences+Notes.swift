package import Basics

// What the clocks do to a schedule, in words.

extension Occurrences {
  /// Remarks for whoever writes the schedule: those on the expression, and the first gap and the first fold of the next five years that touch it.
  package func warnings(after instant: Instant) -> [String] {
    var (gap, fold): (String?, String?)
    let beginning = max(instant.wholeSeconds, -62_135_596_800)
    var before = zone.period(at: beginning)
    while before.end < beginning + 5 * 31_556_952, gap == nil || fold == nil {
      let after = zone.period(at: before.end)
      if after.offset > before.offset { gap = gap ?? warning(gapFrom: before, to: after) }
      if after.offset < before.offset { fold = fold ?? warning(foldFrom: before, to: after) }
      before = after
    }
    return expression.warnings + [gap, fold].compactMap { $0 }
  }

  /// What is special about one occurrence: it stands in for a time that does not exist, its time comes twice, or the clocks changed since the
  /// one before it. Nil when nothing is.
  package func note(on occurrence: Instant, since before: Instant) -> String? {
    var notes: [String] = []
    let moment = occurrence.wholeSeconds
    let period = zone.period(at: moment)
    let wall = moment + period.offset
    if moment == period.start, let missing = madeUp(at: period) {
      let end = moment + zone.period(at: moment - 1).offset
      notes.append("\(Self.time(missing)) does not exist on this day: clocks go from \(Self.time(end)) to \(Self.time(wall))")
    }
    if case .fold(let first, _) = zone.meaning(of: wall) {
      notes.append("\(Self.time(wall)) comes twice on this day: this is the \(moment == first ? "first" : "second")")
    }
    let earlier = zone.offset(at: before)
    if notes.isEmpty, earlier != period.offset {
      notes.append("clocks have gone \(earlier < period.offset ? "forward" : "back") by \(Self.span(abs(period.offset - earlier)))")
    }
    return notes.isEmpty ? nil : notes.joined(separator: "; ")
  }

  // MARK: - Two kinds of change

  private func warning(gapFrom before: Zone.Period, to after: Zone.Period) -> String? {
    let (from, to) = (before.end + before.offset, before.end + after.offset)
    guard let missing = expression.firstMatch(from: from, before: to) else { return nil }
    if expression.isWildcard, expression.field(.hour).isUnrestricted { return nil }
    let comes = !expression.isWildcard && policy.gap == .fireAfter && to - from <= Self.widestGap
    return "\(Self.time(missing)) does not exist in \(zone.name) on \(Self.date(missing)), "
      + "when clocks go from \(Self.time(from)) to \(Self.time(to)): "
      + (comes ? "it comes at \(Self.time(to)) instead" : "it does not come then")
  }

  private func warning(foldFrom before: Zone.Period, to after: Zone.Period) -> String? {
    let (from, to) = (before.end + after.offset, before.end + before.offset)
    guard let repeated = expression.firstMatch(from: from, before: to) else { return nil }
    if expression.isWildcard, expression.field(.hour).isUnrestricted { return nil }
    let counted =
      if expression.isWildcard { "it comes both times" } else {
        switch policy.fold {
        case .first: "only the first counts"
        case .last: "only the second counts"
        case .both: "it comes both times"
        }
      }
    return "\(Self.time(repeated)) comes twice in \(zone.name) on \(Self.date(repeated)), "
      + "when clocks go back from \(Self.time(to)) to \(Self.time(from)): \(counted)"
  }

  // MARK: - Wall times in words

  private static func date(_ wall: Int64) -> Substring { Instant(seconds: wall).description.prefix { $0 != "T" } }

  /// `02:30`, with seconds only if there are some.
  private static func time(_ wall: Int64) -> Substring {
    let text = Instant(seconds: wall).description.drop { $0 != "T" }.dropFirst().dropLast()
    return text.hasSuffix(":00") ? text.dropLast(3) : text
  }

  private static func span(_ seconds: Int64) -> String {
    if seconds % 3600 == 0 { return seconds == 3600 ? "1 hour" : "\(seconds / 3600) hours" }
    return seconds % 60 == 0 ? "\(seconds / 60) minutes" : "\(seconds) seconds"
  }
}
