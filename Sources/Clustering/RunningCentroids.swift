package import Basics
import CKernels

/// The means of clusters, kept up to date as rows come and go, without looking at the others: counts and sums in double precision.
///
/// Sums of parts can be joined. Adding and taking away leave rounding behind (about 1e-16 of the sum each time); a new run begins anew.
package struct RunningCentroids: Sendable, Equatable {
  package private(set) var counts: [Int]
  /// `counts.count` times `dimensions`, cluster after cluster.
  package private(set) var sums: [Double]
  package let dimensions: Int

  /// Without members. Throws unless there is at least one cluster and one dimension.
  package init(clusters: Int, dimensions: Int) throws(Problem) {
    guard clusters >= 1, dimensions >= 1, clusters <= 1 << 24, dimensions <= 1 << 20 else {
      throw Problem(.invalid, "\(clusters) clusters of \(dimensions) dimensions", hint: "Choose at least 1 of each.", path: "centroids")
    }
    counts = Array(repeating: 0, count: clusters)
    sums = Array(repeating: 0, count: clusters * dimensions)
    self.dimensions = dimensions
  }

  /// Continues from what was stored.
  package init(counts: [Int], sums: [Double], dimensions: Int) throws(Problem) {
    guard !counts.isEmpty, dimensions >= 1, sums.count == counts.count * dimensions, counts.allSatisfy({ $0 >= 0 }) else {
      throw Problem(
        .malformed, "\(sums.count) sums do not make \(counts.count) clusters of \(dimensions) dimensions", hint: "Run the clustering anew.",
        path: "centroids")
    }
    (self.counts, self.sums, self.dimensions) = (counts, sums, dimensions)
  }

  /// Adds rows to the clusters named by `labels`; negative labels are left out. On a problem, or when cancelled, nothing is added.
  package mutating func add(_ rows: Matrix, labels: [Int32], cancellation: Cancellation = Cancellation()) throws(Problem) {
    let before = self
    do throws(Problem) { try change(rows, labels, by: 1, cancellation) } catch {
      self = before
      throw error
    }
  }

  /// Takes rows away that were added before. Throws, and takes nothing, when a cluster has fewer than that.
  package mutating func remove(_ rows: Matrix, labels: [Int32]) throws(Problem) { try change(rows, labels, by: -1, Cancellation()) }

  private mutating func change(_ rows: Matrix, _ labels: [Int32], by sign: Int, _ cancellation: Cancellation) throws(Problem) {
    try Demand.dimensions(rows, as: dimensions, "centroids")
    try Demand.labels(labels, rows.rows)
    var after = counts
    for label in labels where label >= 0 {
      guard label < counts.count else {
        throw Problem(.invalid, "label \(label) has no centroid: there are \(counts.count)", hint: "Number the clusters from 0.", path: "labels")
      }
      after[Int(label)] += sign
    }
    if let cluster = after.firstIndex(where: { $0 < 0 }) {
      throw Problem(
        .invalid, "cluster \(cluster) has \(counts[cluster]) members, \(counts[cluster] - after[cluster]) are to be removed",
        hint: "Remove only rows that were added.", path: "labels")
    }
    try sums.withUnsafeMutableBufferPointer { (sums) throws(Problem) in
      guard let start = sums.baseAddress else { return }
      try cancellation.inPieces(0..<rows.rows, columns: dimensions) { piece in
        for row in piece where labels[row] >= 0 {
          ck_add_row(start + Int(labels[row]) * dimensions, rows.pointer(to: row), Double(sign), 0, dimensions)
        }
      }
    }
    // The sum of no rows is exactly zero, whatever rounding left.
    for cluster in counts.indices where after[cluster] == 0 && counts[cluster] > 0 {
      for i in cluster * dimensions..<(cluster + 1) * dimensions { sums[i] = 0 }
    }
    counts = after
  }

  /// What both have seen. Throws when their shapes differ.
  package mutating func merge(_ other: RunningCentroids) throws(Problem) {
    guard other.counts.count == counts.count, other.dimensions == dimensions else {
      throw Problem(
        .invalid, "\(other.counts.count) centroids of \(other.dimensions) dimensions cannot join \(counts.count) of \(dimensions)",
        hint: "Both must come from the same run.", path: "centroids")
    }
    for i in counts.indices { counts[i] += other.counts[i] }
    for i in sums.indices { sums[i] += other.sums[i] }
  }

  /// The mean of a cluster; nil when it has no members.
  package func mean(of cluster: Int) -> [Double]? {
    guard counts.indices.contains(cluster), counts[cluster] > 0 else { return nil }
    return sums[cluster * dimensions..<(cluster + 1) * dimensions].map { $0 / Double(counts[cluster]) }
  }

  /// One row per cluster; zeros for a cluster without members.
  package func centroids() throws(Problem) -> Matrix {
    try Matrix(rows: counts.count, columns: dimensions) { (target) throws(Problem) in
      for i in sums.indices where counts[i / dimensions] > 0 { target[i] = Float(sums[i] / Double(counts[i / dimensions])) }
    }
  }
}
