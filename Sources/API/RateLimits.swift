import Basics
import Engine
import Model
import Synchronization

/// The buckets of the keys that have a limit: each key its own, or else the server's.
final class RateLimits: Sendable {
  private let usual: Int64?
  private let buckets = Mutex<[String: TokenBucket]>([:])

  /// `usual` is the limit, in requests a minute, of keys without one of their own; nil sets them none.
  init(usual: Int64?) { self.usual = usual }

  /// What a limited caller is told of it.
  struct Standing {
    var limit: Int64
    var remaining: Int64
  }

  /// Counts a request. Nil for callers without a limit; throws `.tooMany`, with the seconds to wait, when the bucket is empty.
  func count(_ caller: Caller, at now: Ticks) throws(Problem) -> Standing? {
    guard let key = caller.key, let limit = key.rateLimit ?? usual else { return nil }
    let (wait, standing) = buckets.withLock { buckets in
      // A changed limit begins with a full bucket.
      var bucket = buckets[key.id].flatMap { $0.limit == limit ? $0 : nil } ?? TokenBucket(perMinute: limit, at: now)
      let wait = bucket.take(at: now)
      buckets[key.id] = bucket
      return (wait, Standing(limit: limit, remaining: bucket.remaining))
    }
    guard let wait else { return standing }
    let seconds = Int64(wait.inSeconds.rounded(.up))
    throw Problem(
      .tooMany, "the key '\(key.name)' may ask \(limit) times a minute", hint: "Ask again in \(seconds) s",
      details: ["retry_after_seconds": .int(seconds), "retryable": true, "limit_per_minute": .int(limit)])
  }
}
