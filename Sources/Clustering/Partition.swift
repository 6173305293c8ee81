import Basics
import CKernels

/// A matrix and the cluster of each row, checked to fit each other, with the clusters' members and means at hand.
///
/// Clusters are numbered as the labels are; a negative label is noise and belongs to none. Numbers that no row has are clusters of size 0.
struct Partition: Sendable {
  let matrix: Matrix
  let labels: [Int32]
  /// The rows of each cluster, in order.
  let members: [[Int]]
  /// The mean of each cluster's members, `columns` numbers each; zeros for a cluster without members.
  let means: [[Double]]
  let noise: Int

  /// The clusters that have members.
  var inhabited: [Int] { members.indices.filter { !members[$0].isEmpty } }

  /// `clusters` is the number of clusters when there may be more than the labels show.
  init(_ matrix: Matrix, _ labels: [Int32], clusters: Int = 0) throws(Problem) {
    guard labels.count == matrix.rows else {
      throw Problem(
        .invalid, "there are \(labels.count) labels for \(matrix.rows) vectors", hint: "Give one label per row, -1 for noise.", path: "labels")
    }
    let highest = labels.max() ?? -1
    guard highest < Int32(clamping: max(matrix.rows, clusters)) else {
      throw Problem(
        .invalid, "label \(highest) is larger than the number of vectors, \(matrix.rows)",
        hint: "Number the clusters from 0 without gaps.", path: "labels")
    }
    var members = [[Int]](repeating: [], count: max(Int(highest) + 1, clusters))
    for (row, label) in labels.enumerated() where label >= 0 { members[Int(label)].append(row) }
    self.matrix = matrix
    self.labels = labels
    self.members = members
    noise = labels.count { $0 < 0 }
    means = members.map { rows in
      var mean = [Double](repeating: 0, count: matrix.columns)
      for row in rows { ck_add_row(&mean, matrix.pointer(to: row), 1, 0, matrix.columns) }
      return rows.isEmpty ? mean : mean.map { $0 / Double(rows.count) }
    }
  }
}
