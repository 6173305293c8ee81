package import Basics

/// What a job at a fixed time does when the clocks change: the time may not come, or may come twice.
///
/// Jobs whose minute or hour begins with `*` follow elapsed time, and have no need of it.
package struct DSTPolicy: Sendable, Equatable {
  /// When the clocks jump over the time.
  package enum Gap: String, Sendable, CaseIterable {
    /// Once, at the first moment after the gap.
    case fireAfter = "fire_after"
    case skip
  }

  /// When the clocks go back and the time comes again.
  package enum Fold: String, Sendable, CaseIterable { case first, last, both }

  package var gap: Gap
  package var fold: Fold

  package init(gap: Gap = .fireAfter, fold: Fold = .first) {
    self.gap = gap
    self.fold = fold
  }

  /// Reads the values of `dst_gap` and `dst_fold`; nil is the default. Throws `.invalid` at the one that is wrong.
  package init(dstGap: String?, dstFold: String?) throws(Problem) {
    gap = try Self.read(dstGap, as: Gap.self, path: "dst_gap") ?? .fireAfter
    fold = try Self.read(dstFold, as: Fold.self, path: "dst_fold") ?? .first
  }

  private static func read<Choice: CaseIterable & RawRepresentable<String>>(_ text: String?, as: Choice.Type, path: String) throws(Problem) -> Choice?
  {
    guard let text else { return nil }
    if let choice = Choice(rawValue: text) { return choice }
    let names = Choice.allCases.map(\.rawValue)
    throw Problem(
      .invalid, "\(path) '\(text.prefix(40))' is unknown", hint: "Write one of \(names.map { "\"\($0)\"" }.joined(separator: ", ")).", path: path,
      didYouMean: Suggestion.nearest(to: String(text.prefix(40)), in: names))
  }
}
