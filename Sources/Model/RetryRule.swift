package import Basics

/// How often a task that failed is tried again before the failure counts, and how long it waits in between.
package struct RetryRule: Sendable, Equatable {
  /// Runs in all, the first one included; those that a crash cut short count too.
  package var maxAttempts: Int64
  /// The wait before the second attempt; it doubles with each further one.
  package var backoffSeconds: Int64
  package var maxBackoffSeconds: Int64

  package static let once = RetryRule(maxAttempts: 1, backoffSeconds: 10, maxBackoffSeconds: 3600)

  package init(maxAttempts: Int64, backoffSeconds: Int64, maxBackoffSeconds: Int64) {
    self.maxAttempts = maxAttempts
    self.backoffSeconds = backoffSeconds
    self.maxBackoffSeconds = maxBackoffSeconds
  }

  init(_ json: JSON?, path: String) throws(Problem) {
    let fields = try Fields(json, path: path, accepting: ["max_attempts", "backoff_seconds", "max_backoff_seconds"])
    maxAttempts = try fields.int("max_attempts", in: 1...100) ?? Self.once.maxAttempts
    backoffSeconds = try fields.int("backoff_seconds", in: 1...86_400) ?? Self.once.backoffSeconds
    maxBackoffSeconds = try fields.int("max_backoff_seconds", in: 1...604_800) ?? max(Self.once.maxBackoffSeconds, backoffSeconds)
    guard maxBackoffSeconds >= backoffSeconds else {
      throw Problem(
        .invalid, "max_backoff_seconds \(maxBackoffSeconds) is below backoff_seconds \(backoffSeconds)", hint: "Give at least \(backoffSeconds)",
        path: fields.at("max_backoff_seconds"))
    }
  }

  package var json: JSON {
    ["max_attempts": .int(maxAttempts), "backoff_seconds": .int(backoffSeconds), "max_backoff_seconds": .int(maxBackoffSeconds)]
  }
}
