package import Basics
package import Clustering
package import Model

/// Which algorithm suits some vectors, by their number, their dimensions and a look at a sample; and why, in words.
///
/// Density finds what belongs together without being told how many there are, but in hundreds of dimensions nearly everything is noise to it; so it
/// is tried on the first principal components, and taken when it leaves little out and parts what it keeps at least as well as k-means does.
struct AlgorithmChoice {
  let algorithm: Algorithm
  let steps: [ClusterOptions.Step]
  let reason: String

  /// Rows that the two are tried on.
  private static let sample = 3_000
  /// Fewer rows than this are few enough for a whole tree.
  private static let few = 60
  private static let components = 10
  /// Of the rows that density may call noise.
  private static let mostNoise = 0.3

  init(for matrix: Matrix, seed: UInt64, threads: Int, cancellation: Cancellation) throws(Problem) {
    guard matrix.rows >= Self.few else {
      var parameters = Algorithm.AgglomerativeParameters()
      parameters.clusters = max(2, min(8, matrix.rows / 5))
      (algorithm, steps) = (.agglomerative(parameters), [])
      reason = "\(matrix.rows) vectors are few: agglomerative with ward linkage, into \(parameters.clusters) clusters"
      return
    }
    let sampled = try Self.sample(of: matrix, seed)
    let most = max(2, min(40, Int(Double(sampled.rows).squareRoot())))
    let divided = try AutoK(range: 2...most, seed: seed, threads: threads, sampleSize: 2_000).run(on: sampled, cancellation: cancellation)
    let divisionScore = divided.trials.first { $0.clusters == divided.clusters }?.silhouette ?? 0

    let reduces = matrix.columns > 2 * Self.components
    let steps: [ClusterOptions.Step] = reduces ? [.pca(components: Self.components)] : []
    let reduced =
      reduces ? try sampled.prepared(by: [.principal(Self.components, whitening: nil)], threads: threads, cancellation: cancellation) : sampled
    let size = max(5, sampled.rows / 100)
    let dense = try HDBSCAN(minimumClusterSize: size, threads: threads).run(on: reduced, cancellation: cancellation)
    let kept = dense.labels.indices.filter { dense.labels[$0] >= 0 }
    let groups = Int((dense.labels.max() ?? -1) + 1)
    var densityScore = -1.0
    if groups >= 2, kept.count > groups {
      densityScore =
        try ClusterScores(
          of: sampled.selecting(kept), labels: kept.map { dense.labels[$0] }, sampleSize: 2_000, seed: seed, threads: threads,
          cancellation: cancellation
        ).silhouette ?? -1
    }
    let tried = "on a sample of \(sampled.rows)"
    let found =
      "density\(reduces ? " on \(Self.components) principal components" : "") finds \(groups) clusters with \(Int((dense.noiseRatio * 100).rounded())) % noise"
      + " and silhouette \(Explanation.short(densityScore)), k-means \(divided.clusters) with \(Explanation.short(divisionScore))"
    if groups >= 2, dense.noiseRatio <= Self.mostNoise, densityScore >= divisionScore {
      var parameters = Algorithm.HDBSCANParameters()
      parameters.minClusterSize = max(5, matrix.rows / 100)
      (algorithm, self.steps) = (.hdbscan(parameters), steps)
      reason = "hdbscan: \(tried), \(found)"
    } else {
      var parameters = Algorithm.KMeansParameters()
      (parameters.clusters, parameters.seed) = (divided.clusters, seed)
      (algorithm, self.steps) = (.kmeans(parameters), [])
      reason = "kmeans: \(tried), \(found)"
    }
  }

  func prepare(_ matrix: Matrix, threads: Int, cancellation: Cancellation) throws(Problem) -> Matrix {
    try Preparation(steps, threads: threads).apply(to: matrix, cancellation: cancellation)
  }

  private static func sample(of matrix: Matrix, _ seed: UInt64) throws(Problem) -> Matrix {
    guard matrix.rows > sample else { return matrix }
    return try matrix.selecting(Preparation.sample(of: matrix.rows, sample, seed: seed))
  }
}

/// The steps between stored vectors and an algorithm.
package struct Preparation: Sendable {
  private let steps: [ClusterOptions.Step]
  private let threads: Int

  package init(_ steps: [ClusterOptions.Step], threads: Int) {
    self.steps = steps
    self.threads = threads
  }

  package func apply(to matrix: Matrix, cancellation: Cancellation = Cancellation()) throws(Problem) -> Matrix {
    var result = matrix
    for (index, step) in steps.enumerated() {
      do throws(Problem) { result = try apply(step, to: result, cancellation) } catch { throw error.within("preprocessing_steps[\(index)]") }
    }
    return result
  }

  private func apply(_ step: ClusterOptions.Step, to matrix: Matrix, _ cancellation: Cancellation) throws(Problem) -> Matrix {
    switch step {
    case .normalise: return try matrix.normalised(cancellation: cancellation)
    case .pca(let components):
      return try matrix.prepared(by: [.principal(min(components, matrix.columns), whitening: nil)], threads: threads, cancellation: cancellation)
    case .whitening(let regularisation):
      return try matrix.prepared(by: [.principal(matrix.columns, whitening: regularisation)], threads: threads, cancellation: cancellation)
    case .umap(let components, let neighbours, let minimumDistance, let metric, let seed):
      // More dimensions than there were would only be noise.
      let map = NeighbourMap(
        dimensions: min(components, max(2, matrix.columns)), neighbours: neighbours, metric: metric.metric, minimumDistance: minimumDistance,
        seed: seed, threads: threads)
      return try map.layout(of: matrix, cancellation: cancellation)
    }
  }

  /// So many different rows, ascending, drawn by the seed.
  package static func sample(of rows: Int, _ count: Int, seed: UInt64) -> [Int] {
    guard rows > count else { return Array(0..<rows) }
    // Selection sampling (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S): one pass, in order.
    var random = SeededRandom(seed: seed)
    var chosen: [Int] = []
    chosen.reserveCapacity(count)
    for row in 0..<rows where Int.random(in: 0..<(rows - row), using: &random) < count - chosen.count { chosen.append(row) }
    return chosen
  }
}
