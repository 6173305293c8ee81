import Basics
import Testing

@testable import Clustering

@Suite("The rows nearest to one query") struct QueryNearestTests {
  /// By plain loops in double precision.
  private static func score(_ row: [Float], _ query: [Float], _ similarity: QueryNearest.Similarity) -> Double {
    let pairs = zip(row, query).map { (Double($0), Double($1)) }
    let dot = pairs.reduce(0) { $0 + $1.0 * $1.1 }
    switch similarity {
    case .dot: return dot
    case .euclidean: return 1 / (1 + pairs.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot())
    case .cosine:
      let lengths = pairs.reduce(0) { $0 + $1.0 * $1.0 } * pairs.reduce(0) { $0 + $1.1 * $1.1 }
      return lengths > 0 ? max(-1, min(1, dot / lengths.squareRoot())) : 0
    }
  }

  @Test(
    "are those that comparing with all in double precision finds, in any pieces and with any number of threads",
    arguments: [(1, 3, 1), (50, 1, 5), (700, 24, 10), (9000, 7, 25), (20, 16, 100)])
  func brute(rows: Int, columns: Int, count: Int) throws {
    var random = SeededRandom(seed: UInt64(rows))
    // Few different values, so that there are ties.
    let data = (0..<rows).map { row in (0..<columns).map { _ in row % 11 == 3 ? 0 : Float(Int.random(in: -2...2, using: &random)) } }
    let query = (0..<columns).map { _ in Float(Int.random(in: -2...2, using: &random)) }
    for similarity in QueryNearest.Similarity.allCases {
      let scores = data.map { Self.score($0, query, similarity) }
      for least in [-Double.infinity, 0.25] {
        let wanted = scores.indices.filter { scores[$0] >= least - 1e-12 }
          .sorted { (-scores[$0].rounded12, $0) < (-scores[$1].rounded12, $1) }.prefix(count)
        for (piece, threads) in [(rows, 1), (rows, 2), (257, 2)] {
          var nearest = QueryNearest(query, similarity, count: count, least: least - 1e-12, threads: threads)
          for first in stride(from: 0, to: rows, by: piece) {
            let last = min(rows, first + piece)
            nearest.add((first..<last).map(Int64.init), Array(data[first..<last].joined()))
          }
          let found = nearest.best
          #expect(found.count == wanted.count)
          #expect(found.allSatisfy { abs($0.score - scores[Int($0.row)]) < 1e-9 })
          #expect(zip(found, wanted).allSatisfy { abs($0.score - scores[$1]) < 1e-9 })
          // Rows that score alike come in their order; what rounding tells apart is left aside.
          for (a, b) in zip(found, found.dropFirst()) where a.score == b.score { #expect(a.row < b.row) }
        }
      }
    }
  }
}

extension Double {
  fileprivate var rounded12: Double { (self * 1e9).rounded() / 1e9 }
}
