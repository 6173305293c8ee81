package import Basics
import Glibc

/// Notices when the mean of a stream of numbers changes, without being told how large a window to compare: ADWIN.
///
/// Keeps an exponential histogram of O(log n) buckets, and raises the alarm where it divides into two windows whose means differ by more
/// than chance allows (Bifet, Gavaldà, "Learning from Time-Changing Data with Adaptive Windowing", SDM 2007, with the variance bound).
/// The paper then drops the older part; this begins anew, so that one change is one alarm rather than one per dropped bucket.
package struct AdaptiveWindow: Sendable, Equatable {
  /// The chance of a false alarm per examination.
  package let confidence: Double
  /// The window is examined whenever so many numbers have come.
  package let clock: Int
  /// Buckets of one size; one more, and the two oldest of them become one of the next size.
  package let maximumBuckets: Int
  /// Numbers that either part of a division must have.
  package let minimumLength: Int
  /// Numbers before the first examination.
  package let gracePeriod: Int

  private struct Bucket: Sendable, Equatable {
    var total: Double
    /// The sum of squared deviations from the bucket's mean.
    var deviations: Double
  }

  /// Of each size 1, 2, 4 …: its buckets, oldest first.
  private var levels: [[Bucket]] = [[]]
  private var sum = 0.0
  private var deviations = 0.0
  private var ticks = 0
  /// Numbers since the last alarm.
  package private(set) var width = 0
  package private(set) var detections = 0

  /// The mean of the window; 0 at first.
  package var mean: Double { width == 0 ? 0 : sum / Double(width) }

  package init(
    confidence: Double = 0.002, clock: Int = 32, maximumBuckets: Int = 5, minimumLength: Int = 5, gracePeriod: Int = 10
  ) throws(Problem) {
    guard confidence > 0, confidence < 1 else {
      throw Problem(.invalid, "delta is \(confidence)", hint: "Choose between 0 and 1, for example 0.002.", path: "delta")
    }
    try Demand.range(clock, 1...1_000_000, "clock", "32")
    try Demand.range(maximumBuckets, 2...1000, "max_buckets", "5")
    try Demand.range(minimumLength, 1...1_000_000, "min_window_length", "5")
    try Demand.range(gracePeriod, 0...1_000_000_000, "grace_period", "10")
    self.confidence = confidence
    self.clock = clock
    self.maximumBuckets = maximumBuckets
    self.minimumLength = minimumLength
    self.gracePeriod = gracePeriod
  }

  /// Takes the next number; true when it raises the alarm. What was seen is then forgotten. Numbers that are not finite are left out.
  package mutating func add(_ value: Double) -> Bool {
    guard value.isFinite else { return false }
    if width > 0 {
      let difference = value - mean
      deviations += Double(width) * difference * difference / Double(width + 1)
    }
    levels[0].append(Bucket(total: value, deviations: 0))
    width += 1
    sum += value
    compress()
    ticks += 1
    guard ticks % clock == 0, width > gracePeriod else { return false }
    guard isDivided else { return false }
    detections += 1
    (levels, sum, deviations, width, ticks) = ([[]], 0, 0, 0, 0)
    return true
  }

  private mutating func compress() {
    var level = 0
    while level < levels.count, levels[level].count > maximumBuckets {
      if level + 1 == levels.count { levels.append([]) }
      let (a, b) = (levels[level].removeFirst(), levels[level].removeFirst())
      let size = Double(1 << level)
      let difference = (a.total - b.total) / size
      levels[level + 1].append(Bucket(total: a.total + b.total, deviations: a.deviations + b.deviations + difference * difference * size / 2))
      level += 1
    }
  }

  /// Whether some division of the window shows two means.
  private var isDivided: Bool {
    var (older, newer) = (0.0, Double(width))
    var (olderSum, newerSum) = (0.0, sum)
    let rest = log(2 * log(Double(width)) / confidence)
    let variance = max(0, deviations) / Double(width)
    let least = Double(minimumLength)
    for level in levels.indices.reversed() {
      let size = Double(1 << level)
      for bucket in levels[level] {
        older += size
        newer -= size
        olderSum += bucket.total
        newerSum -= bucket.total
        guard older >= least, newer >= least else { continue }
        let inverse = 1 / (older - least + 1) + 1 / (newer - least + 1)
        let bound = (2 * inverse * variance * rest).squareRoot() + 2 / 3 * rest * inverse
        if (olderSum / older - newerSum / newer).magnitude > bound { return true }
      }
    }
    return false
  }

  /// The state as bytes, to be kept between documents.
  package func encoded() -> [UInt8] {
    var bytes = ByteWriter(kind: "ADW1")
    bytes.put(confidence)
    for value in [clock, maximumBuckets, minimumLength, gracePeriod, width, ticks, detections, levels.count] { bytes.put(value) }
    bytes.put([sum, deviations])
    for level in levels { bytes.putCounted(level.flatMap { [$0.total, $0.deviations] }) }
    return bytes.bytes
  }

  /// Continues from what `encoded` gave. Throws when the bytes are something else.
  package init(decoding bytes: [UInt8]) throws(Problem) {
    var reader = try ByteReader(bytes, kind: "ADW1", name: "an ADWIN state")
    let confidence = try reader.double()
    let (clock, buckets, least, grace) = (try reader.integer(), try reader.integer(), try reader.integer(), try reader.integer())
    try self.init(confidence: confidence, clock: clock, maximumBuckets: buckets, minimumLength: least, gracePeriod: grace)
    (width, ticks, detections) = (try reader.integer(), try reader.integer(), try reader.integer())
    let count = try reader.count()
    (sum, deviations) = (try reader.double(), try reader.double())
    levels = []
    for _ in 0..<count {
      let numbers = try reader.countedDoubles()
      levels.append(stride(from: 0, to: numbers.count - 1, by: 2).map { Bucket(total: numbers[$0], deviations: numbers[$0 + 1]) })
    }
    try reader.end()
    let held = levels.prefix(48).enumerated().reduce(0) { $0 + $1.element.count << $1.offset }
    guard (1...48).contains(levels.count), held == width, ticks >= 0 else {
      throw Problem(.malformed, "the bytes of an ADWIN state contradict each other", hint: "Capture it anew.", path: "baseline_snapshot")
    }
  }
}
