import Basics
import Testing

@testable import Clustering

/// Edges of equal weight leave it open who joins whom first; these tell what ours decides, and that nothing else has a part in it.
@Suite("HDBSCAN where weights are equal") struct HDBSCANTieTests {
  /// Points on a line: a row of `left` neighbours, one in the middle that is equally far from both, and a row of `right`.
  private static func line(left: Int, right: Int, gap: Float = 3) throws -> Matrix {
    let low: [Float] = (0..<left).map { -gap - Float($0) }
    let high: [Float] = (0..<right).map { gap + Float($0) }
    return try Matrix(rows: left + 1 + right, columns: 1, values: low + [0] + high)
  }

  private static func labels(_ matrix: Matrix, _ size: Int, _ change: (inout HDBSCAN) -> Void = { _ in }) throws -> [Int32] {
    var hdbscan = HDBSCAN(minimumClusterSize: size, minimumSamples: 1)
    change(&hdbscan)
    return try hdbscan.run(on: matrix).labels
  }

  @Test("few rows that the one between makes a cluster are one beside a large one")
  func pair() throws {
    // 4 rows and the one in the middle are 5: a cluster of their own, and what is left of the whole is the other.
    #expect(try Self.labels(Self.line(left: 4, right: 6), 5) == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
    #expect(try Self.labels(Self.line(left: 4, right: 9), 5) { $0.selection = .leaf } == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1])
  }

  @Test("fewer than that fall out of the large one, which stays what it was")
  func tooFew() throws {
    // The large one is then all that there is, and that is no answer unless it may be.
    #expect(try Self.labels(Self.line(left: 3, right: 6), 5).allSatisfy { $0 == -1 })
    let single = try Self.labels(Self.line(left: 3, right: 6), 5) { $0.allowsSingleCluster = true }
    #expect(single == [-1, -1, -1, -1, 0, 0, 0, 0, 0, 0])
  }

  @Test("between two large ones, the row in the middle goes with one of them, and the same one in any order")
  func between() throws {
    let matrix = try Self.line(left: 6, right: 6)
    let labels = try Self.labels(matrix, 5)
    #expect(labels == [0, 0, 0, 0, 0, 0, labels[6], 1, 1, 1, 1, 1, 1] && labels[6] >= 0)
    let backward = try Self.labels(matrix.selecting((0..<13).reversed()), 5)
    #expect(DensityOracle.same(Array(backward.reversed()), labels))
  }

  private static func matrix(_ kind: String) throws -> Matrix {
    switch kind {
    case "iris": return try Fixtures.dataset(kind)
    case "digits": return try Fixtures.dataset(kind).selecting(Array(0..<600))
    case "moons_a": return try VectorFile.read(Fixtures.folder + "moons_a.f32", dimensions: 2).selecting(Array(0..<600))
    case "grid":
      let points: [[Float]] = (0..<240).map { [Float($0 % 16), Float($0 / 16)] }
      return try Matrix(points)
    default: return try DensityOracle.tricky(kind, rows: 250, columns: 4)
    }
  }

  @Test(
    "any order of the rows gives the same clusters, probabilities and scores",
    arguments: ["iris", "digits", "moons_a", "blobs", "integers", "copies", "constant", "tight", "grid"])
  func permutations(kind: String) throws {
    let matrix = try Self.matrix(kind)
    var random = SeededRandom(seed: 11)
    let settings = [
      HDBSCAN(minimumClusterSize: 5), HDBSCAN(minimumClusterSize: 10, minimumSamples: 5, selection: .leaf),
      HDBSCAN(minimumClusterSize: 10, minimumSamples: 1, selection: .leaf), HDBSCAN(minimumClusterSize: 10, minimumSamples: 5, alpha: 1.3),
      HDBSCAN(minimumClusterSize: 4, minimumSamples: 5, maximumClusterSize: 60, allowsSingleCluster: true),
    ]
    for (number, hdbscan) in settings.enumerated() {
      let first = try hdbscan.run(on: matrix)
      for _ in 0..<3 {
        let order = Array(0..<matrix.rows).shuffled(using: &random)
        let second = try hdbscan.run(on: matrix.selecting(order))
        // Rows that hold the same may change places: what counts is which rows, by what they hold, have which label.
        if kind == "copies" || kind == "constant" || kind == "integers" || kind == "digits" || kind == "iris" {
          #expect(Self.shape(first, matrix) == Self.shape(second, try matrix.selecting(order)), "\(kind) \(number)")
        } else {
          #expect(DensityOracle.same(order.map { first.labels[$0] }, second.labels), "\(kind) \(number)")
          #expect(order.map { first.probabilities[$0] } == second.probabilities, "\(kind) \(number)")
          #expect(zip(order.map { first.outlierScores[$0] }, second.outlierScores).allSatisfy { abs($0 - $1) < 1e-12 }, "\(kind) \(number)")
        }
      }
    }
  }

  /// Rows that hold the same are one thing many times: none may be told from another, whatever is small enough to be a cluster.
  @Test("rows that are copies of each other share their label, in any order", arguments: [(2, 1), (2, 3), (3, 4), (4, 6), (5, 2)])
  func copies(size: Int, samples: Int) throws {
    var random = SeededRandom(seed: UInt64(size * 10 + samples))
    for _ in 0..<12 {
      // Few places on a line, and up to six copies of each.
      let values = (0..<14).flatMap { _ in
        let place = Float(random.next() % 24)
        return [Float](repeating: place, count: Int(random.next() % 6) + 1)
      }
      let matrix = try Matrix(rows: values.count, columns: 1, values: values)
      for selection in HDBSCAN.Selection.allCases {
        let hdbscan = HDBSCAN(minimumClusterSize: size, minimumSamples: samples, selection: selection, allowsSingleCluster: true)
        let first = try hdbscan.run(on: matrix)
        for other in values.indices.dropFirst() {
          guard let twin = values[..<other].firstIndex(of: values[other]) else { continue }
          #expect(first.labels[twin] == first.labels[other] && first.outlierScores[twin] == first.outlierScores[other], "\(values)")
        }
        let order = Array(values.indices).shuffled(using: &random)
        let second = try hdbscan.run(on: matrix.selecting(order))
        #expect(DensityOracle.same(order.map { first.labels[$0] }, second.labels), "\(values)")
        #expect(order.map { first.probabilities[$0] } == second.probabilities && order.map { first.outlierScores[$0] } == second.outlierScores)
      }
    }
  }

  /// A clustering without the rows' numbers: of each cluster, what its rows hold and how firmly they belong, sorted.
  private static func shape(_ result: HDBSCANResult, _ matrix: Matrix) -> [[String]] {
    var groups: [Int32: [String]] = [:]
    for row in 0..<matrix.rows { groups[result.labels[row], default: []].append("\(matrix[row]) \(result.probabilities[row])") }
    let noise = groups.removeValue(forKey: -1)?.sorted() ?? []
    return [noise] + groups.values.map { $0.sorted() }.sorted { $0.lexicographicallyPrecedes($1) }
  }
}
