import Glibc
import Synchronization

/// The outside world as values to ask: wall time, monotonic time, randomness. Only the command line makes the real one;
/// everything else is handed it, so that tests move a clock by hand and runs can be repeated.
package struct Surroundings: Sendable {
  package var now: @Sendable () -> Instant
  package var ticks: @Sendable () -> Ticks
  /// 64 uniformly random bits.
  package var random: @Sendable () -> UInt64

  package init(now: @escaping @Sendable () -> Instant, ticks: @escaping @Sendable () -> Ticks, random: @escaping @Sendable () -> UInt64) {
    self.now = now
    self.ticks = ticks
    self.random = random
  }

  /// The machine's own clocks, and the kernel's generator.
  package static let real = Surroundings(
    now: {
      var time = timespec()
      clock_gettime(CLOCK_REALTIME, &time)
      return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    },
    ticks: {
      var time = timespec()
      clock_gettime(CLOCK_MONOTONIC, &time)
      return Ticks(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    },
    random: { pool.withLock { $0.next() } })

  /// Random numbers of the kernel's, asked for many at once: one call for each would take longer than most of what they are wanted for.
  private struct Pool {
    private var numbers: [UInt64] = []

    mutating func next() -> UInt64 {
      if let number = numbers.popLast() { return number }
      withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 32) { fresh in
        // As much as one call gives: getentropy(3).
        if getentropy(fresh.baseAddress, 256) == 0 { numbers.append(contentsOf: fresh) }
      }
      var generator = SystemRandomNumberGenerator()
      return numbers.popLast() ?? generator.next()
    }
  }

  private static let pool = Mutex(Pool())

  package func bytes(_ count: Int) -> [UInt8] {
    var result: [UInt8] = []
    while result.count < count {
      withUnsafeBytes(of: random()) { result.append(contentsOf: $0) }
    }
    return Array(result.prefix(count))
  }
}

/// A small, fast, seedable generator: the same seed gives the same numbers everywhere.
///
/// SplitMix64; Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
package struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64
  package init(seed: UInt64) { state = seed }
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
