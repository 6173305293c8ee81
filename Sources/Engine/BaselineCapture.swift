import Basics
import Clustering
import Model
import Store

/// Takes the baseline of a condition: counts and the mean of all vectors, and of a drift condition what every metric compares with.
struct BaselineCapture {
  private let host: Host
  private let trigger: Trigger
  private let condition: Condition
  private let scope: Scope

  /// Rows that a snapshot is made of; of larger collections a seeded sample, so that taking it needs no more memory than 50,000 vectors.
  private static let rows = 50_000
  private static let seed: UInt64 = 0

  init(_ trigger: Trigger, _ condition: Condition, _ host: Host) throws(Problem) {
    self.host = host
    self.trigger = trigger
    self.condition = condition
    scope = try Scope(trigger, condition, host: host)
  }

  /// `run`: the one that has just succeeded and is not stored yet; without, the last one that the action completed.
  func baseline(at now: Instant, after run: ClusterRun? = nil) throws(Problem) -> Baseline {
    var mean: MeanAccumulator?
    var sample: RowSample?
    try scope.forEachPiece(
      host: host,
      start: { expected, index throws(Problem) in
        mean = MeanAccumulator(dimensions: index.dimensions, normalised: index.metric == .cosine)
        if condition.kind == .drift { sample = RowSample(limit: Self.rows, of: expected, columns: index.dimensions, seed: Self.seed) }
      }
    ) { piece throws(Problem) in
      try mean?.add(piece)
      sample?.add(piece)
    }
    var baseline = Baseline(
      capturedAt: now, documents: try scope.documentCount(host: host), vectors: Int64(mean?.count ?? 0), mean: mean?.mean?.map { Float($0) } ?? [],
      runID: run?.id)
    guard let sample, let index = scope.index else { return baseline }
    let rows = try sample.matrix()
    guard rows.rows >= 2 else { return baseline }
    var last = run
    if last == nil { last = try Measurement.lastRun(condition, trigger, host: host) }
    var centroids: Matrix?
    if let last { centroids = try self.centroids(of: last, index) }
    do throws(Problem) {
      let snapshot = try BaselineSnapshot(
        of: rows, normalised: index.metric == .cosine, labels: Self.labels(rows.rows, noise: last?.noiseRatio ?? 0), centroids: centroids,
        windows: [max(1, baseline.vectors > Int64(Self.rows) ? Self.rows : Int(baseline.vectors))], metrics: calibrated, seed: Self.seed,
        threads: host.configuration.threads)
      baseline.snapshot = snapshot.encoded()
      baseline.nulls = snapshot.nulls.map(Baseline.Null.init)
      if centroids != nil { (baseline.clusters, baseline.runID) = (Int64(snapshot.shares.count), last?.id) }
    } catch {
      // The mean stands, and with it what needs no more. A success is not to fail for a measurement that may never be asked for.
      guard error.kind == .invalid else { throw error }
      host.log("warn", "trigger \(trigger.id): the baseline holds the mean alone: \(error)")
    }
    return baseline
  }

  /// Every metric, so that another can be chosen later; the one that is costly only where it is asked for.
  private var calibrated: Set<DriftMetric> {
    var metrics = Set(DriftMetric.allCases)
    if condition.metric != .frechet { metrics.remove(.frechet) }
    return metrics
  }

  /// The centroids of a run where they lie among the vectors that are measured: not those of vectors as they are where only directions are
  /// compared, nor those of a run that has none.
  private func centroids(of run: ClusterRun, _ index: VectorIndex) throws(Problem) -> Matrix? {
    let definition = try host.read { reader throws(Problem) in try reader.cluster(run.clusterID, in: trigger.namespaceID) }
    guard let definition, index.metric != .cosine || definition.normalize else { return nil }
    let centroids = run.groups.map(\.centroid)
    guard !centroids.isEmpty, centroids.allSatisfy({ $0.count == index.dimensions }) else { return nil }
    return try Matrix(centroids)
  }

  /// As many rows of noise as the run left: which ones is not asked.
  private static func labels(_ rows: Int, noise ratio: Double) -> [Int32] {
    let noise = Int((Double(rows) * min(1, max(0, ratio))).rounded())
    return Array(repeating: -1, count: noise) + Array(repeating: 0, count: rows - noise)
  }
}

extension ClusterRun {
  /// The share of its points that are in no group.
  var noiseRatio: Double { metrics["noise_ratio"]?.double ?? 0 }
}

extension Baseline.Null {
  init(_ null: DriftNull) {
    self.init(
      metric: null.metric.rawValue, rows: Int64(null.baselineRows), windowRows: Int64(null.windowRows), mean: null.mean, deviation: null.deviation,
      contrast: null.contrast)
  }
}

extension Baseline {
  /// What its splits tell of the metrics without drift.
  var driftNulls: [DriftNull] {
    nulls.compactMap { null in
      DriftMetric(rawValue: null.metric).map {
        DriftNull(
          metric: $0, baselineRows: Int(null.rows), windowRows: Int(null.windowRows), mean: null.mean, deviation: null.deviation,
          contrast: null.contrast)
      }
    }
  }
}
