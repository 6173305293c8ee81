package import Basics

extension BaselineSnapshot {
  private static let kind = "PBS1"
  private static let name = "a baseline snapshot"

  /// The snapshot as bytes, for the store: of the covariance the upper triangle, of the sample 32-bit numbers. About 4 MB for 2,000 rows of
  /// 384 dimensions.
  package func encoded() -> [UInt8] {
    var bytes = ByteWriter(kind: Self.kind)
    for value in [normalised ? 1 : 0, count, noise, Int(truncatingIfNeeded: seed), covariance == nil ? 0 : 1, centroids == nil ? 0 : 1] {
      bytes.put(value)
    }
    bytes.put(gamma)
    bytes.putCounted(mean)
    bytes.putCounted(variances)
    if let covariance {
      for row in 0..<dimensions { bytes.put(Array(covariance[row * dimensions + row..<(row + 1) * dimensions])) }
    }
    bytes.putCounted(principal.variances)
    bytes.put(principal.totalVariance)
    bytes.put(principal.directions)
    if let centroids { bytes.put(centroids) }
    bytes.putCounted(shares.map(Double.init))
    bytes.putCounted(distanceQuantiles)
    bytes.putCounted(decileCounts.map(Double.init))
    bytes.put(sample)
    bytes.put(nulls.count)
    for null in nulls {
      bytes.put(text: null.metric.rawValue)
      bytes.put(null.baselineRows)
      bytes.put(null.windowRows)
      bytes.put([null.mean, null.deviation, null.contrast])
    }
    return bytes.bytes
  }

  /// Continues from what `encoded` gave. Throws when the bytes are something else, damaged, or of another version.
  package init(decoding bytes: [UInt8]) throws(Problem) {
    var reader = try ByteReader(bytes, kind: Self.kind, name: Self.name)
    let normalised = try reader.integer() == 1
    let (count, noise) = (try reader.integer(), try reader.integer())
    let seed = UInt64(truncatingIfNeeded: try reader.integer())
    let (hasCovariance, hasCentroids) = (try reader.integer() == 1, try reader.integer() == 1)
    let gamma = try reader.double()
    let mean = try reader.countedDoubles()
    let size = mean.count
    let variances = try reader.countedDoubles()
    var covariance: [Double]?
    if hasCovariance {
      guard size <= Self.fullDimensions else { throw reader.fault }
      var full = [Double](repeating: 0, count: size * size)
      for row in 0..<size {
        for (place, value) in try reader.doubles(size - row).enumerated() {
          full[row * size + row + place] = value
          full[(row + place) * size + row] = value
        }
      }
      covariance = full
    }
    let directions = try reader.countedDoubles()
    let total = try reader.double()
    let (product, overflow) = directions.count.multipliedReportingOverflow(by: size)
    guard !overflow else { throw reader.fault }
    let principal = try PCA(mean: mean, directions: reader.doubles(product), variances: directions, totalVariance: total)
    let centroids = hasCentroids ? try reader.matrix() : nil
    let shares = try reader.countedDoubles()
    let quantiles = try reader.countedDoubles()
    let deciles = try reader.countedDoubles()
    let sample = try reader.matrix()
    var nulls: [DriftNull] = []
    for _ in 0..<(try reader.count()) {
      let metric = try DriftMetric(named: reader.text())
      let (rows, window) = (try reader.integer(), try reader.integer())
      let numbers = try reader.doubles(3)
      guard rows > 0, window > 0 else { throw reader.fault }
      nulls.append(
        DriftNull(metric: metric, baselineRows: rows, windowRows: window, mean: numbers[0], deviation: numbers[1], contrast: numbers[2]))
    }
    try reader.end()
    let counts = [shares, deciles].map { $0.map { Int(exactly: $0) ?? -1 } }
    guard count >= 2, (0...count).contains(noise), size > 0, variances.count == size, sample.columns == size, sample.rows >= 2,
      gamma > 0, gamma.isFinite, centroids.map({ $0.columns == size && $0.rows == shares.count }) ?? shares.isEmpty,
      quantiles.count == (hasCentroids ? 101 : 0), deciles.count == (hasCentroids ? 10 : 0), counts.joined().allSatisfy({ $0 >= 0 }),
      (mean + variances + (covariance ?? []) + quantiles).allSatisfy(\.isFinite)
    else { throw reader.fault }
    self.init(
      normalised: normalised, count: count, mean: mean, variances: variances, covariance: covariance, principal: principal, centroids: centroids,
      shares: counts[0], noise: noise, distanceQuantiles: quantiles, decileCounts: counts[1], sample: sample, seed: seed, gamma: gamma, nulls: nulls)
  }
}
