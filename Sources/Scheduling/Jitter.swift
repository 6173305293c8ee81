package import Basics

/// A delay that spreads triggers which are due at the same moment.
///
/// It follows from the trigger and the moment: the same before and after a restart, different from one occurrence to the next, and never so
/// long that an occurrence would come after the one behind it.
package enum Jitter {
  /// From zero to just below the smaller of `jitter` and the time from `nominal` to `next`.
  package static func delay(of trigger: String, at nominal: Instant, within jitter: Duration, next: Instant?) -> Duration {
    var window = jitter.inMilliseconds
    if let next { window = min(window, next.milliseconds &- nominal.milliseconds) }
    guard window > 0 else { return .zero }
    return .milliseconds(Int64(hash(trigger, nominal) % UInt64(window)))
  }

  /// FNV-1a (draft-eastlake-fnv) over the name, then SplitMix64 with the moment to spread it over all bits. Swift's own hash differs from run to run.
  private static func hash(_ trigger: String, _ nominal: Instant) -> UInt64 {
    let name = trigger.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    var moment = SeededRandom(seed: UInt64(bitPattern: nominal.milliseconds))
    var mixed = SeededRandom(seed: name ^ moment.next())
    return mixed.next()
  }
}
