package import Basics

/// Notices when the mean of a stream of numbers changes, in constant memory: Page's cumulative sums against the running mean.
///
/// E. S. Page, "Continuous inspection schemes", Biometrika 41, 1954; with a fading factor and for both directions, as in Gama et al. 2013.
package struct PageHinkley: Sendable, Equatable {
  /// Which changes raise an alarm.
  package enum Mode: String, Sendable, CaseIterable { case up, down, both }

  /// Numbers before the first alarm can be raised.
  package let minimumCount: Int
  /// How large a change is of no account.
  package let tolerance: Double
  /// The cumulated deviation that raises an alarm.
  package let threshold: Double
  /// What remains of a sum with each number, 0...1.
  package let fading: Double
  package let mode: Mode

  private var count = 0
  private var mean = 0.0
  private var rise = 0.0
  private var fall = 0.0
  private var lowest = Double.infinity
  private var highest = -Double.infinity

  package init(minimumCount: Int = 30, tolerance: Double = 0.005, threshold: Double = 50, fading: Double = 0.9999, mode: Mode = .both) throws(Problem)
  {
    try Demand.range(minimumCount, 1...1_000_000_000, "min_instances", "30")
    try Demand.range(tolerance, 0...1e300, "delta", "0.005")
    try Demand.range(threshold, 0...1e300, "threshold", "5")
    try Demand.range(fading, 0...1, "alpha", "0.9999")
    self.minimumCount = minimumCount
    self.tolerance = tolerance
    self.threshold = threshold
    self.fading = fading
    self.mode = mode
  }

  /// Takes the next number; true when it raises the alarm. What was seen is then forgotten. Numbers that are not finite are left out.
  package mutating func add(_ value: Double) -> Bool {
    guard value.isFinite else { return false }
    count += 1
    mean += (value - mean) / Double(count)
    rise = fading * rise + value - mean - tolerance
    fall = fading * fall + value - mean + tolerance
    lowest = min(lowest, rise)
    highest = max(highest, fall)
    let (rose, fell) = (mode != .down && rise - lowest > threshold, mode != .up && highest - fall > threshold)
    guard count >= minimumCount, rose || fell else { return false }
    (count, mean, rise, fall, lowest, highest) = (0, 0, 0, 0, .infinity, -.infinity)
    return true
  }

  /// The state as bytes, to be kept between documents.
  package func encoded() -> [UInt8] {
    var bytes = ByteWriter(kind: "PGH2")
    bytes.put(minimumCount)
    bytes.put([tolerance, threshold, fading])
    bytes.put(Mode.allCases.firstIndex(of: mode) ?? 0)
    bytes.put(count)
    bytes.put([mean, rise, fall, lowest, highest])
    return bytes.bytes
  }

  /// Continues from what `encoded` gave. Throws when the bytes are something else.
  package init(decoding bytes: [UInt8]) throws(Problem) {
    var reader = try ByteReader(bytes, kind: "PGH2", name: "a Page-Hinkley state")
    let minimumCount = try reader.integer()
    let limits = try reader.doubles(3)
    let mode = try reader.integer()
    guard Mode.allCases.indices.contains(mode) else { throw reader.fault }
    try self.init(minimumCount: minimumCount, tolerance: limits[0], threshold: limits[1], fading: limits[2], mode: Mode.allCases[mode])
    count = try reader.integer()
    let state = try reader.doubles(5)
    (mean, rise, fall, lowest, highest) = (state[0], state[1], state[2], state[3], state[4])
    try reader.end()
  }
}
