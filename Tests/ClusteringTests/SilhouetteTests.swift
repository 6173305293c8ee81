import Basics
import Testing

@testable import Clustering

@Suite("Silhouettes") struct SilhouetteTests {
  /// The definition, by loops over all pairs.
  static func definition(_ matrix: Matrix, _ labels: [Int32]) -> Double {
    let rows = (0..<matrix.rows).filter { labels[$0] >= 0 }
    let clusters = Set(rows.map { labels[$0] })
    let values = rows.map { row -> Double in
      var means: [Int32: Double] = [:]
      for cluster in clusters {
        let others = rows.filter { $0 != row && labels[$0] == cluster }
        let total = others.reduce(0.0) { $0 + Fixtures.squared(matrix[row], matrix[$1]).squareRoot() }
        means[cluster] = others.isEmpty ? nil : total / Double(others.count)
      }
      guard let own = means.removeValue(forKey: labels[row]), let nearest = means.values.min() else { return 0 }
      let larger = max(own, nearest)
      return larger == 0 ? 0 : (nearest - own) / larger
    }
    return values.reduce(0, +) / Double(values.count)
  }

  @Test("follow their definition", arguments: [(5, 2), (97, 3), (150, 40), (200, 7)]) func definition(rows: Int, clusters: Int) throws {
    for columns in [1, 3, 40] {
      let matrix = try Fixtures.blobs(rows: rows, columns: columns, centres: clusters, spread: 0.7)
      // Noise, clusters of one row and clusters without rows among them.
      let labels = (0..<rows).map { row in Int32(row == 0 ? 0 : row % 11 == 3 ? -1 : row == 1 ? clusters + 1 : row % clusters) }
      guard Set(labels.filter { $0 >= 0 }).count < labels.count(where: { $0 >= 0 }) else { continue }
      let value = try #require(try ClusterScores(of: matrix, labels: labels, threads: 2).silhouette)
      #expect(abs(value - Self.definition(matrix, labels)) < 1e-6)
    }
  }

  @Test("are the same for any number of threads, and nearly the same when every pair is met twice") func threads() throws {
    let matrix = try Fixtures.blobs(rows: 1500, columns: 48, centres: 6, spread: 1)
    let labels = (0..<1500).map { Int32($0 * 7 % 13) }
    let one = try ClusterScores(of: matrix, labels: labels).silhouette
    #expect(try ClusterScores(of: matrix, labels: labels, threads: 4).silhouette == one)
    let twice = try Team.gather(2) { (team) throws(Problem) in
      try Silhouette.mean(of: Partition(matrix, labels), 1500, 0, team, Cancellation(), symmetricLimit: 0)?.mean
    }
    #expect(abs((one ?? 1) - (twice ?? 0)) < 1e-7)
  }

  @Test("of equal rows are 0, and stop when cancelled") func special() throws {
    let same = try Matrix(rows: 120, columns: 50, values: [Float](repeating: 0.7, count: 6000))
    #expect(try ClusterScores(of: same, labels: (0..<120).map { Int32($0 % 2) }).silhouette == 0)
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(throws: Problem.self) { try ClusterScores(of: same, labels: (0..<120).map { Int32($0 % 2) }, cancellation: cancellation) }
  }
}
