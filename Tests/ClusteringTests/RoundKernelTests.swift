import Basics
import CKernels
import Testing

@testable import Clustering

@Suite("Rounds of joins") struct RoundKernelTests {
  /// A symmetric matrix of distances between clusters of various sizes, and some pairs of them.
  struct Case {
    let clusters: Int
    let linkage: Int32
    let matrix: [Float]
    let sizes: [Float]
    /// The later ones ascend.
    let pairs: [(earlier: Int, later: Int)]

    init(clusters: Int, linkage: Int32, seed: UInt64) {
      (self.clusters, self.linkage) = (clusters, linkage)
      var random = SeededRandom(seed: seed)
      var matrix = [Float](repeating: .infinity, count: clusters * clusters)
      for i in 0..<clusters {
        for j in 0..<i {
          matrix[i * clusters + j] = 1 + Fixtures.numbers(1, &random)[0] / 2
          matrix[j * clusters + i] = matrix[i * clusters + j]
        }
      }
      self.matrix = matrix
      sizes = (0..<clusters).map { _ in Float(1 + random.next(upperBound: 9 as UInt64)) }
      var order = Array(0..<clusters)
      for i in order.indices.reversed() { order.swapAt(i, Int(random.next(upperBound: UInt64(i + 1)))) }
      let count = clusters < 2 ? 0 : Int(random.next(upperBound: UInt64(clusters / 2))) + 1
      pairs = (0..<count).map { (min(order[2 * $0], order[2 * $0 + 1]), max(order[2 * $0], order[2 * $0 + 1])) }.sorted { $0.1 < $1.1 }
    }

    var staying: [Int] { (0..<clusters).filter { cluster in !pairs.contains { $0.earlier == cluster } } }

    /// The matrix after the round, of those that stay, as the kernels make it row by row.
    func joined() -> [Float] {
      let stride = clusters + 3
      var rows = (0..<clusters).map { Array(matrix[$0 * clusters..<($0 + 1) * clusters]) + [Float](repeating: 7, count: stride - clusters) }
      let (earlier, later) = (pairs.map { Int32($0.earlier) }, pairs.map { Int32($0.later) })
      let total = { (pair: (earlier: Int, later: Int)) in linkage == CK_JOIN_AVERAGE ? sizes[pair.earlier] + sizes[pair.later] : 1 }
      let (first, second) = (pairs.map { sizes[$0.earlier] / total($0) }, pairs.map { sizes[$0.later] / total($0) })
      let between = pairs.map { matrix[$0.earlier * clusters + $0.later] }
      var kept = [UInt16](repeating: .max, count: clusters / 16 + 1)
      for pair in pairs { kept[pair.earlier / 16] &= ~(1 << UInt16(pair.earlier % 16)) }
      var scratch = [Float](repeating: 0, count: pairs.count + 1)
      let next = [Float](repeating: 0, count: stride)
      return withRound(earlier, later, first, second, between, kept) { round in
        staying.flatMap { cluster -> [Float] in
          if let pair = pairs.firstIndex(where: { $0.later == cluster }) {
            var other = rows[pairs[pair].earlier]
            ck_round_pair(round, pair, &other, &rows[cluster], next, &scratch)
          } else {
            ck_round_row(round, cluster, &rows[cluster], next)
          }
          if rows[cluster][clusters...].contains(where: { $0 != 7 }) { Issue.record("row \(cluster) was left") }
          return Array(rows[cluster].prefix(staying.count))
        }
      }
    }

    private func withRound<Result>(
      _ earlier: [Int32], _ later: [Int32], _ first: [Float], _ second: [Float], _ between: [Float], _ kept: [UInt16],
      _ body: (UnsafePointer<ck_round>) -> Result
    ) -> Result {
      earlier.withUnsafeBufferPointer { earlier in
        later.withUnsafeBufferPointer { later in
          first.withUnsafeBufferPointer { first in
            second.withUnsafeBufferPointer { second in
              between.withUnsafeBufferPointer { between in
                sizes.withUnsafeBufferPointer { sizes in
                  kept.withUnsafeBufferPointer { kept in
                    let round = ck_round(
                      linkage: linkage, clusters: clusters, pairs: pairs.count, earlier: earlier.baseAddress, later: later.baseAddress,
                      earlier_weight: first.baseAddress, later_weight: second.baseAddress, between: between.baseAddress,
                      sizes: sizes.baseAddress, kept: kept.baseAddress)
                    return withUnsafePointer(to: round, body)
                  }
                }
              }
            }
          }
        }
      }
    }

    /// The same in double precision, one pair joined after the other.
    func expected() -> [Double] {
      var distances = matrix.map(Double.init)
      var members = sizes.map(Double.init)
      for (a, b) in pairs {
        let (m, n) = (members[a], members[b])
        let between = Double(matrix[a * clusters + b])
        for c in 0..<clusters where c != a && c != b {
          let (x, y, size) = (distances[a * clusters + c], distances[b * clusters + c], members[c])
          let value =
            switch linkage {
            case Int32(CK_JOIN_COMPLETE): max(x, y)
            case Int32(CK_JOIN_AVERAGE): (m * x + n * y) / (m + n)
            default: ((m + size) * x + (n + size) * y - size * between) / (m + n + size)
            }
          distances[b * clusters + c] = value
          distances[c * clusters + b] = value
        }
        members[b] += members[a]
      }
      return staying.flatMap { i in staying.map { j in i == j ? .infinity : distances[i * clusters + j] } }
    }
  }

  static let linkages = [Int32(CK_JOIN_COMPLETE), Int32(CK_JOIN_AVERAGE), Int32(CK_JOIN_WARD)]

  @Test("are what joining one pair after the other makes, and the matrix stays symmetric to the last bit", arguments: linkages)
  func definition(linkage: Int32) {
    for clusters in Array(1...40) + [63, 64, 65, 100] {
      let round = Case(clusters: clusters, linkage: linkage, seed: UInt64(clusters))
      guard let plain = Fixtures.at(0, { round.joined() }) else { continue }
      #expect(zip(plain, round.expected()).allSatisfy { abs(Double($0) - $1) < 1e-5 || $0 == Float($1) }, "\(clusters) clusters")
      let count = round.staying.count
      #expect((0..<count).allSatisfy { i in (0..<i).allSatisfy { plain[i * count + $0] == plain[$0 * count + i] } }, "\(clusters) clusters")
    }
  }

  @Test("are the same to the last bit on every level", arguments: linkages, KernelTests.levels) func levels(linkage: Int32, level: Int32) {
    for clusters in Array(1...40) + [63, 64, 65, 100] {
      let round = Case(clusters: clusters, linkage: linkage, seed: UInt64(clusters) + 1000)
      guard let plain = Fixtures.at(0, { round.joined() }), let fast = Fixtures.at(level, { round.joined() }) else { return }
      #expect(fast == plain, "\(clusters) clusters")
    }
  }

  @Test("leave to a chain what makes the same tree", arguments: AgglomerativeTests.linkages) func chain(linkage: Agglomerative.Linkage) throws {
    let matrix = try Fixtures.blobs(rows: 500, columns: 40, centres: 12, spread: 0.8, seed: 3)
    let (rounds, alone) = try Team.gather(2) { (team) throws(Problem) in
      let measure = { () throws(Problem) in
        try PairDistances<Float>(matrix, squared: Joins.areSquared(linkage), team, Cancellation()) { _ in }
      }
      let joins = try Joins(matrix, linkage)
      let left = try ReciprocalRounds(measure(), joins, team, Cancellation()).run { _ in }
      #expect(joins.list.count > 250 && left.names.count == 500 - joins.list.count && left.distances.rows == left.names.count)
      try NearestChain(left.distances, left.names, joins).run(Cancellation()) { _ in }
      let alone = try Joins(matrix, linkage)
      try NearestChain(measure(), (0..<500).map { $0 }, alone).run(Cancellation()) { _ in }
      return (Dendrogram(rows: 500, joins: joins.list), Dendrogram(rows: 500, joins: alone.list))
    }
    #expect(zip(rounds.merges, alone.merges).allSatisfy { abs($0.height - $1.height) <= 1e-6 * $1.height })
    for count in [2, 12, 100] { #expect(rounds.labels(clusters: count) == alone.labels(clusters: count)) }
  }
}
