import Basics
import CKernels

/// What the cheap metrics need to know of a set of rows: made once per set, whatever is then measured of it.
struct DriftWindow: DriftSide, Sendable {
  let rows: Matrix
  let mean: [Double]
  let variances: [Double]
  /// Of the baseline's centroids: which is nearest to each row, how many rows are nearest to each, how far each row is; empty without any.
  let labels: [Int32]
  let counts: [Int]
  let distances: [Double]

  var count: Int { rows.rows }

  init(_ rows: Matrix, centroids: Matrix?, threads: Int, cancellation: Cancellation) throws(Problem) {
    self.rows = rows
    mean = try Moments.mean(of: rows, cancellation)
    variances = try Moments.variances(of: rows, mean: mean, cancellation)
    if let centroids {
      let assignment = try CentroidAssignment(of: rows, to: centroids, threads: threads, cancellation: cancellation)
      labels = assignment.labels
      counts = ShareDrift.counts(assignment.labels, cells: centroids.rows)
      distances = assignment.distances
    } else {
      (labels, counts, distances) = ([], [], [])
    }
  }

  func distanceCounts(_ reference: DriftReference) -> (bins: [Int], outliers: Int) {
    (ShareDrift.counts(distances, edges: reference.deciles), distances.count { $0 > reference.outlierDistance })
  }

  /// A part of another window, whose rows need not be assigned again.
  ///
  /// Rows that a centroid was made of lie nearer to it than new ones will: by (n - 1) / n in a cluster of n. `heldOut` takes that back
  /// for a part that stands for new rows; otherwise every check would find new rows a little too far away.
  init(_ whole: DriftWindow, _ indices: [Int], heldOut: Bool) throws(Problem) {
    rows = try whole.rows.selecting(indices)
    mean = try Moments.mean(of: rows)
    variances = try Moments.variances(of: rows, mean: mean)
    guard !whole.labels.isEmpty else {
      (labels, counts, distances) = ([], [], [])
      return
    }
    labels = indices.map { whole.labels[$0] }
    counts = ShareDrift.counts(labels, cells: whole.counts.count)
    distances = indices.map { row in
      let members = Double(whole.counts[Int(whole.labels[row])])
      return whole.distances[row] * (heldOut && members > 1 ? members / (members - 1) : 1)
    }
  }
}

/// What the cheap metrics need to know of the baseline.
struct DriftReference: Sendable {
  let count: Int
  let mean: [Double]
  let variances: [Double]
  let counts: [Int]
  /// Of the distance to the nearest centroid: the deciles 10 % to 90 %, how many baseline rows lie in each bin, and the 99th percentile.
  let deciles: [Double]
  let decileCounts: [Int]
  let outlierDistance: Double

  /// The value of a metric that means, shares or distances suffice for; nil for others.
  func value(_ metric: DriftMetric, _ window: some DriftSide) throws(Problem) -> Double? {
    switch metric {
    case .cosineDrift: return try Drift.cosine(baselineMean: mean, currentMean: window.mean)
    case .centroidShift: return try Drift.centroidShift(baselineMean: mean, currentMean: window.mean)
    case .centroidShiftZ:
      let shift = try Drift.centroidShift(baselineMean: mean, currentMean: window.mean)
      let expected = variances.reduce(0, +) * (1 / Double(count) + 1 / Double(window.count))
      guard expected > 0 else {
        throw Problem(
          .invalid, "the baseline's vectors are all equal, so a shift cannot be compared with their spread", hint: "Measure centroid_shift instead.",
          path: "metric")
      }
      return shift * shift / expected
    case .frechetDiagonal: return Frechet.diagonal(mean, variances, window.mean, window.variances)
    case .psi: return try ShareDrift(counts, window.counts).psi
    case .jensenShannon: return try ShareDrift(counts, window.counts).jensenShannon
    case .totalVariation: return try ShareDrift(counts, window.counts).totalVariation
    case .chiSquareP: return try ShareDrift(counts, window.counts).pValue
    case .distancePSI: return try ShareDrift(decileCounts, window.distanceCounts(self).bins).psi
    case .outlierRate: return Double(window.distanceCounts(self).outliers) / Double(window.count)
    case .sizeEntropyDelta: return ShareDrift.entropy(window.counts) - ShareDrift.entropy(counts)
    case .mmd, .energy, .ks, .wasserstein, .frechet, .domainAUC, .noiseRatioDelta: return nil
    }
  }
}

extension DriftReference {
  /// Of a set of rows that is the baseline.
  init(_ window: DriftWindow) {
    let quantiles = Quantiles.of(window.distances, at: (1...9).map { Double($0) / 10 } + [0.99])
    count = window.count
    mean = window.mean
    variances = window.variances
    counts = window.counts
    deciles = Array(quantiles.prefix(9))
    decileCounts = ShareDrift.counts(window.distances, edges: deciles)
    outlierDistance = quantiles[9]
  }
}
