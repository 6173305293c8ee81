package import Basics
import CKernels
import Glibc

/// Mean shift: points climb to the mean of the rows around them until they rest; where they rest are the clusters (Comaniciu, Meer 2002).
///
/// Flat kernel, with scikit-learn's parameters and meanings. Points that stand on the same place go on as one. The result is the same for any
/// number of threads.
package struct MeanShift: Sendable {
  /// How far around a point rows count. Nil: the mean distance of the rows to the one that `quantile` of all rows are nearer than.
  package var bandwidth: Double?
  package var quantile: Double
  /// Where to begin; nil: at every row, or with `binSeeding` at the corners of a grid (as wide as the bandwidth) that rows lie near.
  package var seeds: Matrix?
  package var binSeeding: Bool
  /// Corners with fewer rows are no beginnings.
  package var minBinFrequency: Int
  /// Rows farther than the bandwidth from every cluster belong to the nearest; else they are noise (-1).
  package var clusterAll: Bool
  package var maxIterations: Int
  package var threads: Int
  /// Chooses the rows that the bandwidth is estimated from when there are more than `sample`.
  package var seed: UInt64

  /// Beyond so many rows the bandwidth is estimated from that many, drawn at random.
  package static let sample = 10_000

  package init(
    bandwidth: Double? = nil, quantile: Double = 0.1, seeds: Matrix? = nil, binSeeding: Bool = false, minBinFrequency: Int = 1,
    clusterAll: Bool = true, maxIterations: Int = 300, threads: Int = 1, seed: UInt64 = 0
  ) {
    self.bandwidth = bandwidth
    self.quantile = quantile
    self.seeds = seeds
    self.binSeeding = binSeeding
    self.minBinFrequency = minBinFrequency
    self.clusterAll = clusterAll
    self.maxIterations = maxIterations
    self.threads = threads
    self.seed = seed
  }

  /// What mean shift found.
  package struct Result: Sendable {
    /// The nearest centre of each row, -1 for noise.
    package let labels: [Int32]
    /// Densest first.
    package let centres: Matrix
    /// Rows within the bandwidth of each centre.
    package let densities: [Int]
    package let bandwidth: Double
    /// Those of the point that climbed longest.
    package let iterations: Int
  }

  /// Bytes that a run takes beside the matrix, at most: when it begins at every row.
  package func memory(rows: Int, columns: Int) -> Int {
    let estimate = min(rows, Self.sample) * DistanceBlocks.side * 4 * threads + DistanceBlocks.memory(rows: min(rows, Self.sample), columns: columns)
    return 2 * rows * columns * 4 + 3 * (seeds?.rows ?? rows) * columns * 8 + estimate
  }

  /// Clusters the rows. Throws when a parameter does not fit the data (named as in the API), or when cancelled. `progress` is told after
  /// each round, on the caller's thread: how many rounds were made, and how many points still climb.
  package func run(
    on matrix: Matrix, cancellation: Cancellation = Cancellation(), progress: ((_ round: Int, _ climbing: Int) -> Void)? = nil
  ) throws(Problem) -> Result {
    try validate(for: matrix)
    try cancellation.check()
    return try Team.gather(threads) { (team) throws(Problem) in
      let width = if let bandwidth { bandwidth } else { try Self.bandwidth(of: matrix, quantile: quantile, seed: seed, team, cancellation) }
      guard width > 0 else {
        throw Problem(
          .invalid, "the estimated bandwidth is 0: too many vectors are equal",
          hint: "Give a bandwidth, or raise bandwidth_quantile above \(quantile).",
          path: "bandwidth")
      }
      let climb = try Climb(matrix, width, starts(matrix, width, cancellation), team, cancellation)
      try climb.run(maxIterations) { progress?($0, $1) }
      let (centres, densities) = try climb.peaks()
      guard !centres.isEmpty else {
        throw Problem(
          .invalid, "no vector lies within \(width) of a seed", hint: "Give a larger bandwidth, or seeds amid the vectors.", path: "bandwidth")
      }
      let labels = try climb.labels(centres, clusterAll)
      return Result(
        labels: labels, centres: try Matrix(centres.map { $0.map(Float.init) }), densities: densities, bandwidth: width, iterations: climb.longest)
    }
  }

  /// The rows, the given seeds, or the grid's corners.
  private func starts(_ matrix: Matrix, _ width: Double, _ cancellation: Cancellation) throws(Problem) -> [[Double]] {
    let source = seeds ?? matrix
    var rows: [[Double]] = []
    rows.reserveCapacity(source.rows)
    for row in 0..<source.rows {
      if row % Climb.pointsPerLook == 0 { try cancellation.check() }
      rows.append(source[row].map(Double.init))
    }
    guard seeds == nil, binSeeding else { return rows }
    var counts: [[Double]: Int] = [:]
    var corners: [[Double]] = []
    for (i, row) in rows.enumerated() {
      if i % Climb.pointsPerLook == 0 { try cancellation.check() }
      let corner = row.map { ($0 / width).rounded(.toNearestOrEven) }
      if let count = counts[corner] {
        counts[corner] = count + 1
      } else {
        counts[corner] = 1
        corners.append(corner)
      }
    }
    let chosen = corners.filter { counts[$0, default: 0] >= minBinFrequency }
    return chosen.count == rows.count ? rows : chosen.map { $0.map { $0 * width } }
  }

  /// The mean over the rows of the distance to the row that stands at `quantile` of all when they are sorted by distance, the row itself
  /// among them.
  static func bandwidth(of matrix: Matrix, quantile: Double, seed: UInt64, _ team: Team, _ cancellation: Cancellation) throws(Problem) -> Double {
    var rows = matrix
    if matrix.rows > sample {
      var random = SeededRandom(seed: seed)
      rows = try matrix.selecting(Array((0..<matrix.rows).shuffled(using: &random).prefix(sample)))
    }
    let count = rows.rows
    let place = max(1, Int(Double(count) * quantile)) - 1
    let blocks = try DistanceBlocks(rows, team: team)
    let distances = try Buffer<Double>(count: count)
    let side = DistanceBlocks.side
    team.share(blocks.count) { mine in
      let points = blocks.rows(of: mine)
      var squares = [Float](repeating: 0, count: points.count * count)
      squares.withUnsafeMutableBufferPointer { squares in
        guard let start = squares.baseAddress else { return }
        DistanceBlocks.withBlock { block in
          for other in 0..<blocks.count where !cancellation.isCancelled {
            blocks.squares(mine, other, block)
            let range = blocks.rows(of: other)
            for point in 0..<points.count {
              (start + point * count + range.lowerBound).update(from: block + point * side, count: range.count)
            }
          }
        }
        for point in 0..<points.count where !cancellation.isCancelled {
          distances.pointer[points.lowerBound + point] = Double(ck_select(start + point * count, count, place)).squareRoot()
        }
      }
    }
    try cancellation.check()
    return distances.values.reduce(0, +) / Double(count)
  }

  private func validate(for matrix: Matrix) throws(Problem) {
    guard matrix.rows > 0 else { throw Problem(.invalid, "there are no vectors", hint: "Add documents with vectors first.", path: "vectors") }
    if let bandwidth {
      guard bandwidth > 0, bandwidth.isFinite else {
        throw Problem(
          .invalid, "bandwidth is \(bandwidth)", hint: "Choose a distance above 0, or leave it out to have it estimated.", path: "bandwidth")
      }
    }
    guard quantile > 0, quantile <= 1 else {
      throw Problem(
        .invalid, "bandwidth_quantile is \(quantile)", hint: "Choose a share above 0 and up to 1, for example 0.1.", path: "bandwidth_quantile")
    }
    guard minBinFrequency >= 1 else {
      throw Problem(.invalid, "min_bin_freq is \(minBinFrequency)", hint: "Choose at least 1.", path: "min_bin_freq")
    }
    guard maxIterations >= 1 else {
      throw Problem(.invalid, "max_iter is \(maxIterations)", hint: "Choose at least 1, for example 300.", path: "max_iter")
    }
    if let seeds {
      guard seeds.rows > 0, seeds.columns == matrix.columns else {
        throw Problem(
          .invalid, "seeds has \(seeds.rows) rows of \(seeds.columns) dimensions, the vectors have \(matrix.columns)",
          hint: "Give at least one seed of as many dimensions.", path: "seeds")
      }
      try Demand.joinable(seeds)
    }
    try Demand.threads(threads)
    try Demand.joinable(matrix)
  }
}
