package import Basics
import CKernels

/// What a trigger remembers of its collection as it was, so that drift can be measured later from the new rows alone.
///
/// Means, variances, the covariance of up to 1,024 dimensions, principal directions, the clustering's centroids and shares, quantiles of
/// the distance to the nearest centroid, a sample of rows, and what each metric does without drift.
package struct BaselineSnapshot: Sendable, Equatable {
  /// Whether rows are divided by their lengths first, as a cosine metric wants.
  package let normalised: Bool
  package let count: Int
  package let mean: [Double]
  /// Per column, divided by `count` - 1.
  package let variances: [Double]
  /// Dimensions times dimensions, row after row; nil beyond `fullDimensions`.
  package let covariance: [Double]?
  /// Up to 32 principal directions.
  package let principal: PCA
  /// One row per cluster of the run; nil when there was none.
  package let centroids: Matrix?
  /// Rows nearest to each centroid, and how many the run itself left as noise.
  package let shares: [Int]
  package let noise: Int
  /// Of the distance to the nearest centroid: 0 %, 1 % … 100 %; empty without centroids.
  package let distanceQuantiles: [Double]
  /// Rows in each tenth of those distances.
  let decileCounts: [Int]
  /// Drawn by `seed`, in the order of the rows.
  package let sample: Matrix
  package let seed: UInt64
  /// 1 / median^2 of the distances among the first rows.
  package let gamma: Double
  package let nulls: [DriftNull]

  package static let fullDimensions = 1024
  package static let principalDirections = 32

  package var dimensions: Int { mean.count }
  /// The length of the mean vector: what `baseline_snapshot` shows instead of the vector itself.
  package var meanNorm: Double { mean.reduce(0) { $0 + $1 * $1 }.squareRoot() }
  package var noiseRatio: Double { Double(noise) / Double(count) }

  /// Captures a baseline.
  ///
  /// - Parameters:
  ///   - matrix: At least 2 rows.
  ///   - labels: The clusters that the run gave them; only their noise (-1) is counted. May be empty.
  ///   - centroids: The run's, if there was one.
  ///   - windows: The numbers of new rows that checks will see; for each, metrics are calibrated. May be empty.
  ///   - metrics: What to calibrate. All but `frechet` cost little.
  ///   - sampleRows: How many rows to keep for the metrics that compare rows with rows.
  package init(
    of matrix: Matrix, normalised: Bool, labels: [Int32] = [], centroids: Matrix? = nil, windows: [Int] = [],
    metrics: Set<DriftMetric> = Set(DriftMetric.allCases).subtracting([.frechet]), sampleRows: Int = 2000, seed: UInt64 = 0, threads: Int = 1,
    cancellation: Cancellation = Cancellation()
  ) throws(Problem) {
    try Demand.threads(threads)
    try Demand.rows(matrix, atLeast: 2, "baseline")
    try Demand.scale(matrix)
    try Demand.range(sampleRows, 2...PairStatistic.largestSide, "sample_rows", "2000")
    if !labels.isEmpty { try Demand.labels(labels, matrix.rows) }
    if let wrong = windows.first(where: { $0 < 1 }) {
      throw Problem(.invalid, "a window has \(wrong) rows", hint: "Choose at least 1, for example 200.", path: "windows")
    }
    let rows = normalised ? try matrix.normalised(cancellation: cancellation) : matrix
    let window = try DriftWindow(rows, centroids: centroids, threads: threads, cancellation: cancellation)
    let reference = DriftReference(window)
    let components = min(Self.principalDirections, rows.columns)
    if rows.columns <= Self.fullDimensions {
      let moments = try Moments(of: rows, threads: threads, cancellation: cancellation)
      covariance = moments.covariance
      principal = try PCA(moments: moments, components: components, threads: threads, cancellation: cancellation)
    } else {
      covariance = nil
      principal = try PCA(
        of: Sample.of(rows, limit: DriftSplits.pool, seed: seed), components: components, seed: seed, threads: threads, cancellation: cancellation)
    }
    self.normalised = normalised
    count = rows.rows
    mean = window.mean
    variances = window.variances
    self.centroids = centroids
    shares = window.counts
    noise = labels.count { $0 < 0 }
    distanceQuantiles = centroids == nil ? [] : Quantiles.of(window.distances, at: (0...100).map { Double($0) / 100 })
    decileCounts = centroids == nil ? [] : reference.decileCounts
    sample = try Sample.of(rows, limit: sampleRows, seed: seed)
    self.seed = seed
    gamma = try PairStatistic.medianGamma(rows, threads: threads)
    let axes = principal
    nulls = try DriftSplits(
      window, windows: windows, metrics: metrics, seed: seed, threads: threads, cancellation: cancellation
    ) { (part) throws(Problem) in try Self.compared(part, axes, threads, cancellation) }.nulls
  }

  /// Rows as they are compared component by component: as they are up to 64 columns, else along the principal directions.
  static func compared(_ rows: Matrix, _ principal: PCA, _ threads: Int, _ cancellation: Cancellation) throws(Problem) -> Matrix {
    rows.columns <= 64 ? rows : try principal.transform(rows, threads: threads, cancellation: cancellation)
  }

  var reference: DriftReference {
    let hasDistances = distanceQuantiles.count == 101
    return DriftReference(
      count: count, mean: mean, variances: variances, counts: shares,
      deciles: hasDistances ? (1...9).map { distanceQuantiles[10 * $0] } : [], decileCounts: decileCounts,
      outlierDistance: hasDistances ? distanceQuantiles[99] : 0)
  }

  init(
    normalised: Bool, count: Int, mean: [Double], variances: [Double], covariance: [Double]?, principal: PCA, centroids: Matrix?, shares: [Int],
    noise: Int, distanceQuantiles: [Double], decileCounts: [Int], sample: Matrix, seed: UInt64, gamma: Double, nulls: [DriftNull]
  ) {
    self.normalised = normalised
    self.count = count
    self.mean = mean
    self.variances = variances
    self.covariance = covariance
    self.principal = principal
    self.centroids = centroids
    self.shares = shares
    self.noise = noise
    self.distanceQuantiles = distanceQuantiles
    self.decileCounts = decileCounts
    self.sample = sample
    self.seed = seed
    self.gamma = gamma
    self.nulls = nulls
  }
}
