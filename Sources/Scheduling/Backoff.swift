import Basics
package import Model

/// How long a failed task waits before its next attempt.
///
/// Exponential, and the upper half of each wait by chance ("equal jitter" in Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture
/// Blog 2015), so that what failed together does not come back together.
package enum Backoff {
  /// Nil when `attempt` (1 for the first run) was the last one.
  package static func delay(after attempt: Int64, _ rule: RetryRule, random: UInt64) -> Duration? {
    guard attempt < rule.maxAttempts else { return nil }
    var milliseconds = rule.backoffSeconds * 1000
    let most = rule.maxBackoffSeconds * 1000
    for _ in 1..<max(1, min(attempt, 64)) where milliseconds < most { milliseconds *= 2 }
    milliseconds = min(milliseconds, most)
    let half = milliseconds / 2
    return .milliseconds(milliseconds - half + Int64(random % UInt64(half + 1)))
  }
}
