import Basics

/// How often somebody may ask: a bucket that fills steadily and holds a minute's worth; each request takes one token.
struct TokenBucket: Sendable {
  private let capacity: Double
  private var tokens: Double
  private var filledAt: Ticks

  init(perMinute limit: Int64, at now: Ticks) {
    capacity = Double(limit)
    tokens = capacity
    filledAt = now
  }

  var limit: Int64 { Int64(capacity) }
  var remaining: Int64 { Int64(tokens) }

  /// Takes a token. Without one, answers how long it is until there is one.
  mutating func take(at now: Ticks) -> Duration? {
    tokens = min(capacity, tokens + max(0, (now - filledAt).inSeconds) * capacity / 60)
    filledAt = now
    guard tokens < 1 else {
      tokens -= 1
      return nil
    }
    return .milliseconds(Int64(((1 - tokens) * 60_000 / capacity).rounded(.up)))
  }
}
