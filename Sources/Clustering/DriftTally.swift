package import Basics
import CKernels

/// Current rows as they pass, piece by piece: what a baseline needs to know of them to measure some metrics, in bounded memory.
///
/// Means, variances, shares and distances are of all rows. Metrics that compare rows with rows see a seeded sample of at most
/// `PairStatistic.largestSide`, which is all rows where there are not more.
package struct DriftTally: DriftSide, Sendable {
  package let metrics: [DriftMetric]
  package private(set) var count = 0
  private let dimensions: Int
  private let normalised: Bool
  private let threads: Int
  private let reference: DriftReference
  /// Nil when no metric needs them.
  private let centroids: Matrix?
  private var sums: [Double]
  /// Of the differences from the baseline's mean, which keeps them small.
  private var squares: [Double]
  private(set) var counts: [Int]
  private var bins: [Int]
  private var outliers = 0
  private var sample: RowSample

  /// - Parameters:
  ///   - expected: How many rows will come; the sample is drawn from so many.
  ///   - seed: Of the sample.
  init(_ metrics: [DriftMetric], _ baseline: BaselineSnapshot, expected: Int, seed: UInt64, threads: Int) throws(Problem) {
    try Demand.threads(threads)
    try baseline.checkCentroids(for: metrics)
    self.metrics = metrics
    self.threads = threads
    dimensions = baseline.dimensions
    normalised = baseline.normalised
    reference = baseline.reference
    centroids = metrics.contains(where: \.needsCentroids) ? baseline.centroids : nil
    sums = [Double](repeating: 0, count: dimensions)
    squares = sums
    counts = [Int](repeating: 0, count: centroids?.rows ?? 0)
    bins = [Int](repeating: 0, count: centroids == nil ? 0 : 10)
    let limit = metrics.contains(where: \.needsRows) ? PairStatistic.largestSide : 0
    sample = RowSample(limit: limit, of: expected, columns: dimensions, seed: seed)
  }

  /// Adds rows, at least one. Throws when their dimensions are not the baseline's, or a value is too large to be squared.
  package mutating func add(_ piece: Matrix, cancellation: Cancellation = Cancellation()) throws(Problem) {
    try Demand.dimensions(piece, as: dimensions, "baseline")
    try Demand.scale(piece)
    let rows = normalised ? try piece.normalised() : piece
    for row in 0..<rows.rows { ck_add_row(&sums, rows.pointer(to: row), 1, 0, dimensions) }
    let added = try Buffer<Double>(count: dimensions)
    ck_add_squares(rows.storage.pointer, rows.rows, dimensions, reference.mean, added.pointer)
    for column in 0..<dimensions { squares[column] += added.pointer[column] }
    if let centroids {
      let assignment = try CentroidAssignment(of: rows, to: centroids, threads: threads, cancellation: cancellation)
      for label in assignment.labels { counts[Int(label)] += 1 }
      for (bin, more) in ShareDrift.counts(assignment.distances, edges: reference.deciles).enumerated() { bins[bin] += more }
      outliers += assignment.distances.count { $0 > reference.outlierDistance }
    }
    sample.add(rows)
    count += rows.rows
  }

  var mean: [Double] { count == 0 ? sums : sums.map { $0 / Double(count) } }

  var variances: [Double] {
    let mean = mean
    return mean.indices.map { column in
      let shift = mean[column] - reference.mean[column]
      return max(0, squares[column] - Double(count) * shift * shift) / Double(max(count - 1, 1))
    }
  }

  func distanceCounts(_ reference: DriftReference) -> (bins: [Int], outliers: Int) { (bins, outliers) }

  /// The rows that were kept.
  func kept() throws(Problem) -> Matrix { try sample.matrix() }
}

extension BaselineSnapshot {
  /// An empty tally for some metrics of `expected` rows that are to come. Throws when a metric needs clusters and the baseline has none.
  package func tally(_ metrics: [DriftMetric], expecting expected: Int, options: Options = Options()) throws(Problem) -> DriftTally {
    try DriftTally(metrics, self, expected: expected, seed: options.seed, threads: options.threads)
  }
}
