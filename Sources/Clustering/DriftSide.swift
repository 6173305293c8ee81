/// What the cheap metrics need to know of current rows, whether the rows are at hand or were only counted as they passed.
protocol DriftSide {
  var count: Int { get }
  var mean: [Double] { get }
  var variances: [Double] { get }
  /// Rows nearest to each of the baseline's centroids; empty without any.
  var counts: [Int] { get }
  /// Rows in each tenth of the baseline's distances to the nearest centroid, and rows farther than 99 % of those.
  func distanceCounts(_ reference: DriftReference) -> (bins: [Int], outliers: Int)
}
