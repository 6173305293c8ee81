package import Basics

extension Alert {
  /// What one look came to.
  package struct Verdict: Sendable, Equatable {
    /// Whether the condition held.
    package var isTriggered: Bool
    /// Whether somebody is to be told, and why or why not.
    package var notifies: Bool
    package var reason: String
  }

  /// Judges what the retriever found: `matches` as the API shows them, best first, `count` of all.
  ///
  /// A look by the clock speaks at the rise of the condition, and again after `renotify` while it lasts. A look at documents that have just come
  /// speaks whenever they match: they are new each time. Either way nobody is told within the cooldown.
  package func verdict(matches: [JSONObject], count: Int, isIngest: Bool, at now: Instant) -> Verdict {
    let holds =
      switch occasion {
      case .noResults: count == 0
      case .results: Int64(count) >= fewest && (threshold.map { threshold in matches.first.map(threshold.holds) ?? false } ?? true)
      }
    guard holds else { return Verdict(isTriggered: false, notifies: false, reason: "the condition does not hold") }
    if let lastFiredAt, now < lastFiredAt + cooldown {
      return Verdict(isTriggered: true, notifies: false, reason: "within the cooldown after \(lastFiredAt)")
    }
    if isIngest { return Verdict(isTriggered: true, notifies: true, reason: "new documents match") }
    guard isRaised, let lastFiredAt else { return Verdict(isTriggered: true, notifies: true, reason: "the condition has come to hold") }
    guard let renotify else { return Verdict(isTriggered: true, notifies: false, reason: "it was told at \(lastFiredAt), and still holds") }
    return now >= lastFiredAt + renotify
      ? Verdict(isTriggered: true, notifies: true, reason: "the condition still holds")
      : Verdict(isTriggered: true, notifies: false, reason: "it was told at \(lastFiredAt); the next word is due at \(lastFiredAt + renotify)")
  }
}

extension Alert.Threshold {
  /// Whether a result passes. A name that is not at the top is also looked for in the result's `metadata`.
  func holds(_ result: JSONObject) -> Bool {
    let key = result.value(at: field) != nil || field.contains(".") ? field : "metadata.\(field)"
    let word: Filter.Comparison =
      switch comparison {
      case .gt: .gt
      case .gte: .gte
      case .lt: .lt
      case .lte: .lte
      case .eq: .eq
      case .ne: .ne
      }
    return Filter.compare(field: key, word, value).matches(result)
  }
}
