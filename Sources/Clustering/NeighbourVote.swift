package import Basics

/// Classifies documents by what their nearest labelled examples are labelled: for classes that have no one middle.
package struct NeighbourVote: Sendable {
  package let labels: [Int32]
  /// How many of the nearest examples vote.
  package let neighbours: Int
  private let points: NearestPoints

  /// One label per example, 0 or more; examples with negative ones do not vote. Throws when the numbers differ or there is no example.
  package init(examples: Matrix, labels: [Int32], neighbours: Int = 15) throws(Problem) {
    try Demand.labels(labels, examples.rows)
    try Demand.range(neighbours, 1...4096, "n_neighbors", "15")
    let voting = labels.indices.filter { labels[$0] >= 0 }
    points = try NearestPoints(examples.selecting(voting), metric: .cosine)
    self.labels = voting.map { labels[$0] }
    self.neighbours = neighbours
  }

  /// The winning label, with its share of the votes and the mean cosine of those who gave them.
  package struct Verdict: Sendable, Equatable {
    /// -1 when nobody voted: the row is all zeros.
    package let label: Int32
    package let share: Double
    package let similarity: Double
  }

  /// One verdict per row: the label with most votes, among equals the one with the greater sum of cosines, then the lower one.
  package func classify(_ matrix: Matrix, threads: Int = 1, cancellation: Cancellation = Cancellation()) throws(Problem) -> [Verdict] {
    let found = try points.find(neighbours, for: matrix, threads: threads, cancellation: cancellation)
    return (0..<matrix.rows).map { row in
      var votes: [Int32: (count: Int, sum: Double)] = [:]
      var cast = 0
      for (index, similarity) in zip(found.indices(of: row), found.values(of: row)) where index >= 0 {
        votes[labels[Int(index)], default: (0, 0)].count += 1
        votes[labels[Int(index)], default: (0, 0)].sum += similarity
        cast += 1
      }
      let order = votes.sorted { ($1.value.count, $1.value.sum, $0.key) < ($0.value.count, $0.value.sum, $1.key) }
      guard let winner = order.first else { return Verdict(label: -1, share: 0, similarity: 0) }
      return Verdict(
        label: winner.key, share: Double(winner.value.count) / Double(cast), similarity: winner.value.sum / Double(winner.value.count))
    }
  }
}
