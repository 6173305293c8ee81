package import Basics
import CKernels
import Glibc

/// How well rows are divided into clusters: scikit-learn's scores where it has them, and what a person wants to know besides.
///
/// Noise (negative labels) belongs to no cluster and counts only in `noiseRatio`.
package struct ClusterScores: Sendable, Equatable {
  /// Clusters that have members.
  package let clusters: Int
  /// Mean of (b - a) / max(a, b), -1...1, where a is the mean distance to the other members and b to those of the nearest other cluster
  /// (Rousseeuw 1987). Nil unless 2 <= clusters < rows.
  package let silhouette: Double?
  /// How many rows the silhouette was computed from: all of them, or a seeded sample.
  package let silhouetteRows: Int
  /// Mean over clusters of the worst ratio of spread to separation; 0 is best (Davies, Bouldin 1979). Nil unless there are 2 clusters.
  package let daviesBouldin: Double?
  /// Dispersion between the clusters over dispersion within, by degrees of freedom (Calinski, Harabasz 1974). Nil unless 2 <= clusters < rows.
  package let calinskiHarabasz: Double?
  /// Entropy of the clusters' shares in nats: 0 for one cluster, ln k for k equal ones.
  package let sizeEntropy: Double
  /// Rows that belong to no cluster, as a share of all.
  package let noiseRatio: Double
  /// Cosine of the members to their cluster's mean: over all rows, and per cluster (0 for a cluster without members).
  package let meanCosine: Double
  package let minimumCosine: Double
  package let cohesion: [Cohesion]

  /// How closely the members of one cluster point in one direction.
  package struct Cohesion: Sendable, Equatable {
    package let size: Int
    package let meanCosine: Double
    package let minimumCosine: Double
  }

  /// Scores the rows under `labels` (one per row). Beyond `sampleSize` rows the silhouette is that of a sample drawn with `seed`.
  package init(
    of matrix: Matrix, labels: [Int32], sampleSize: Int = 10_000, seed: UInt64 = 0, threads: Int = 1, cancellation: Cancellation = Cancellation()
  ) throws(Problem) {
    let partition = try Partition(matrix, labels)
    guard sampleSize >= 2 else {
      throw Problem(.invalid, "sample_size is \(sampleSize)", hint: "Choose at least 2, for example 10000.", path: "sample_size")
    }
    try Demand.threads(threads)
    try cancellation.check()
    let inhabited = partition.inhabited
    clusters = inhabited.count
    let clustered = matrix.rows - partition.noise
    noiseRatio = matrix.rows == 0 ? 0 : Double(partition.noise) / Double(matrix.rows)
    var entropy = 0.0
    for cluster in inhabited {
      let share = Double(partition.members[cluster].count) / Double(clustered)
      entropy -= share * log(share)
    }
    sizeEntropy = entropy

    let cosines = partition.members.indices.map { cluster in
      let mean = partition.means[cluster].map { Float($0) }
      return partition.members[cluster].map { row in ck_cosine(matrix.pointer(to: row), mean, matrix.columns) }
    }
    cohesion = cosines.map { Cohesion(size: $0.count, meanCosine: $0.isEmpty ? 0 : $0.reduce(0, +) / Double($0.count), minimumCosine: $0.min() ?? 0) }
    meanCosine = clustered == 0 ? 0 : cosines.reduce(0) { $0 + $1.reduce(0, +) } / Double(clustered)
    minimumCosine = cosines.compactMap { $0.min() }.min() ?? 0
    try cancellation.check()

    // The squared distances of the members to their mean are what both scores below are made of.
    let squares = partition.members.indices.map { cluster in
      partition.members[cluster].map { ck_centroid_distance(matrix.pointer(to: $0), partition.means[cluster], matrix.columns) }
    }
    try cancellation.check()
    let separable = clusters >= 2 && clusters < clustered
    calinskiHarabasz = separable ? Self.calinskiHarabasz(partition, squares, clustered) : nil
    (daviesBouldin, silhouette, silhouetteRows) = try Team.gather(threads) { (team) throws(Problem) in
      let spread = squares.map { squares in squares.isEmpty ? 0 : squares.reduce(0) { $0 + $1.squareRoot() } / Double(squares.count) }
      let separation = inhabited.count >= 2 ? try Self.daviesBouldin(partition, spread, inhabited, team, cancellation) : nil
      let silhouette = separable ? try Silhouette.mean(of: partition, sampleSize, seed, team, cancellation) : nil
      return (separation, silhouette?.mean, silhouette?.rows ?? 0)
    }
  }

  private static func calinskiHarabasz(_ partition: Partition, _ squares: [[Double]], _ rows: Int) -> Double {
    let columns = partition.matrix.columns
    var center = [Double](repeating: 0, count: columns)
    for (mean, members) in zip(partition.means, partition.members) {
      for j in 0..<columns { center[j] += mean[j] * Double(members.count) / Double(rows) }
    }
    var between = 0.0
    for (mean, members) in zip(partition.means, partition.members) {
      var square = 0.0
      for j in 0..<columns { square += (mean[j] - center[j]) * (mean[j] - center[j]) }
      between += square * Double(members.count)
    }
    let within = squares.reduce(0) { $0 + $1.reduce(0, +) }
    let clusters = partition.inhabited.count
    return within == 0 ? 1 : between * Double(rows - clusters) / (within * Double(clusters - 1))
  }

  private static func daviesBouldin(
    _ partition: Partition, _ spread: [Double], _ inhabited: [Int], _ team: Team, _ cancellation: Cancellation
  ) throws(Problem) -> Double {
    let worst = try Buffer<Double>(count: inhabited.count)
    team.share(inhabited.count) { i in
      guard !cancellation.isCancelled else { return }
      let (own, mean) = (spread[inhabited[i]], partition.means[inhabited[i]])
      for other in inhabited where other != inhabited[i] {
        let distance = ck_distance(mean, partition.means[other], mean.count)
        // Two clusters with one mean are not compared, as scikit-learn does not.
        if distance > 0 { worst.pointer[i] = max(worst.pointer[i], (own + spread[other]) / distance) }
      }
    }
    try cancellation.check()
    return worst.values.reduce(0, +) / Double(inhabited.count)
  }
}
