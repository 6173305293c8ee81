package import Basics

/// How long the host remembers what it decided and what happened. What is newer and within the numbers stays; the newest of each kind always does.
package struct Retention: Sendable, Equatable {
  package struct Limits: Sendable, Equatable {
    package var age: Duration
    package var count: Int64
    /// About so much of the file.
    package var bytes: Int64

    package init(age: Duration, count: Int64, bytes: Int64) {
      self.age = age
      self.count = count
      self.bytes = bytes
    }
  }

  /// `count` is that of each trigger; the last decision about a trigger is never forgotten.
  package var evaluations: Limits
  /// `count` is that of the store; what a Lua filter has not seen yet stays.
  package var events: Limits

  package init(
    evaluations: Limits = Limits(age: .seconds(90 * 86_400), count: 10_000, bytes: 256 << 20),
    events: Limits = Limits(age: .seconds(90 * 86_400), count: 1_000_000, bytes: 256 << 20)
  ) {
    self.evaluations = evaluations
    self.events = events
  }

  package var json: JSON {
    [
      "evaluations": [
        "max_age_seconds": .double(evaluations.age.inSeconds), "max_per_trigger": .int(evaluations.count), "max_bytes": .int(evaluations.bytes),
      ],
      "events": ["max_age_seconds": .double(events.age.inSeconds), "max_count": .int(events.count), "max_bytes": .int(events.bytes)],
    ]
  }
}

extension Retention.Limits {
  /// Goes through rows from the newest to the oldest, and says of each whether it may stay.
  package struct Walk {
    private let limits: Retention.Limits
    private let oldest: Instant
    private var counts: [String: Int64] = [:]
    private var bytes: Int64 = 0

    package init(_ limits: Retention.Limits, at now: Instant) {
      self.limits = limits
      oldest = now - limits.age
    }

    /// `group` is what the count is counted for: a trigger, or nothing for all rows together.
    package mutating func keeps(_ group: String, lastAt: Instant, bytes size: Int64) -> Bool {
      let count = counts[group, default: 0]
      guard count == 0 || (count < limits.count && lastAt >= oldest && bytes + size <= limits.bytes) else { return false }
      counts[group] = count + 1
      bytes += size
      return true
    }
  }
}
