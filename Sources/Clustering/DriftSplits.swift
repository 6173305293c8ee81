import Basics

/// What metrics do without drift: the baseline is divided at random, again and again, into a window and the rest.
struct DriftSplits {
  let nulls: [DriftNull]

  /// Rows that are divided at most: what they tell is scaled to other numbers.
  static let pool = 10_000
  private static let rounds = 24
  /// Fréchet's distance decomposes two matrices each time.
  private static let costlyRounds = 6

  /// For each size of window and each metric that splits calibrate. `components` turns rows into those that are compared one by one.
  init(
    _ baseline: DriftWindow, windows: [Int], metrics: Set<DriftMetric>, seed: UInt64, threads: Int, cancellation: Cancellation,
    components: (Matrix) throws(Problem) -> Matrix
  ) throws(Problem) {
    let drawn = Sample.draw(Self.pool, of: baseline.count, seed: seed)
    let pool = drawn.count == baseline.count ? baseline : try DriftWindow(baseline, drawn, heldOut: false)
    let axis = try PCA(of: Sample.of(pool.rows, limit: 1000, seed: seed), components: 1, seed: seed, threads: threads, cancellation: cancellation)
    let places = try axis.transform(pool.rows, threads: threads).values
    let order = places.indices.sorted { (places[$0], $0) < (places[$1], $1) }

    func values(_ rest: [Int], _ window: [Int], costly: Bool) throws(Problem) -> [DriftMetric: Double] {
      let (a, b) = (try DriftWindow(pool, rest, heldOut: false), try DriftWindow(pool, window, heldOut: true))
      let reference = DriftReference(a)
      var result: [DriftMetric: Double] = [:]
      for metric in DriftMetric.calibratedBySplits where metrics.contains(metric) {
        if metric.needsCentroids, pool.counts.isEmpty { continue }
        if metric == .wasserstein {
          result[metric] = try ComponentDrift(components(a.rows), components(b.rows), threads: threads, cancellation: cancellation).meanShift
        } else if metric == .frechet {
          guard costly else { continue }
          let moments = try Moments(of: a.rows, threads: threads, cancellation: cancellation)
          result[metric] = try Frechet.full(moments, b.rows, threads: threads, cancellation: cancellation)
        } else {
          // A mean of zero has no direction: such a split tells nothing of the metric.
          do throws(Problem) { result[metric] = try reference.value(metric, b) } catch { if error.kind != .invalid { throw error } }
        }
      }
      return result
    }

    var random = SeededRandom(seed: seed)
    var nulls: [DriftNull] = []
    for wanted in Set(windows).sorted() {
      let size = min(wanted, pool.count / 2)
      guard size >= 2 else { continue }
      var samples: [DriftMetric: [Double]] = [:]
      for round in 0..<Self.rounds {
        try cancellation.check()
        let window = Sample.shuffled(size, of: pool.count, seed: random.next()).sorted()
        let chosen = Set(window)
        let rest = (0..<pool.count).filter { !chosen.contains($0) }
        for (metric, value) in try values(rest, window, costly: round < Self.costlyRounds) { samples[metric, default: []].append(value) }
      }
      let contrast = try values(Array(order.prefix(pool.count - size)).sorted(), Array(order.suffix(size)).sorted(), costly: true)
      for metric in DriftMetric.allCases {
        guard let list = samples[metric], list.count >= 3 else { continue }
        let mean = list.reduce(0, +) / Double(list.count)
        let square = list.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(list.count - 1)
        nulls.append(
          DriftNull(
            metric: metric, baselineRows: pool.count - size, windowRows: size, mean: mean, deviation: square.squareRoot(),
            contrast: contrast[metric] ?? mean))
      }
    }
    self.nulls = nulls
  }
}
