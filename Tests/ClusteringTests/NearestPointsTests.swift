import Basics
import CKernels
import Testing

@testable import Clustering

@Suite("The nearest few points") struct NearestPointsTests {
  /// By comparing with every point in double precision.
  static func expected(_ rows: Matrix, _ points: Matrix, _ count: Int, _ metric: Metric, skip: Bool) -> [Int32] {
    (0..<rows.rows).flatMap { row -> [Int32] in
      var list = (0..<points.rows).filter { !(skip && $0 == row) }.map { point -> (Double, Int) in
        let (a, b) = (rows.pointer(to: row), points.pointer(to: point))
        return (metric == .cosine ? -ck_cosine(a, b, rows.columns) : ck_squared_distance(a, b, rows.columns), point)
      }
      if metric == .cosine { list.removeAll { ck_dot(points.pointer(to: $0.1), points.pointer(to: $0.1), rows.columns) == 0 } }
      let found = list.sorted { $0 < $1 }.prefix(count).map { Int32($0.1) }
      return found + Array(repeating: -1, count: count - found.count)
    }
  }

  @Test(
    "are those that comparing with all finds, in order",
    arguments: [(1, 1, 1, 1), (40, 7, 3, 2), (33, 100, 24, 5), (5, 250, 17, 20), (64, 97, 2, 1), (10, 3, 4, 8), (70, 200, 64, 1), (31, 1, 50, 1)])
  func brute(rows: Int, count: Int, columns: Int, top: Int) throws {
    let matrix = try Fixtures.blobs(rows: rows, columns: columns, centres: 3, seed: 9)
    let points = try Fixtures.blobs(rows: count, columns: columns, centres: 4, seed: 10)
    for metric in [Metric.euclidean, .cosine] {
      let found = try NearestPoints(points, metric: metric).find(top, for: matrix, threads: 2)
      #expect(found.indices == Self.expected(matrix, points, top, metric, skip: false))
      #expect(try NearestPoints(points, metric: metric).find(top, for: matrix, threads: 1) == found)
    }
  }

  @Test("of copies are the lowest copies, exactly 0 away, whatever rounding says") func ties() throws {
    // Far from the origin, in single precision, all of these are equally far from each other.
    var values: [Float] = []
    for i in 0..<60 { values += [1000 + Float(i % 5) * 0.001, 2000, 3000] }
    let matrix = try Matrix(rows: 60, columns: 3, values: values)
    let found = try neighbours(of: matrix, count: 12)
    #expect(found.indices == Self.expected(matrix, matrix, 12, .euclidean, skip: true))
    #expect(found.values(of: 7).prefix(11).allSatisfy { $0 == 0 } && found.values(of: 7).last ?? 0 > 0)
    let one = try NearestPoints(matrix, metric: .cosine).find(1, for: matrix)
    #expect(one.indices == Self.expected(matrix, matrix, 1, .cosine, skip: false))
  }

  @Test("are right where bfloat16 leaves them open: many copies and near copies of few points", arguments: [Metric.euclidean, .cosine])
  func open(metric: Metric) throws {
    let few = try Fixtures.blobs(rows: 6, columns: 64, centres: 6, seed: 14)
    var random = SeededRandom(seed: 15)
    let points = try Matrix(
      rows: 120, columns: 64, values: (0..<120).flatMap { i in few[i % 6].map { $0 + (i % 4 == 0 ? 0 : Fixtures.numbers(1, &random)[0] * 1e-4) } })
    let found = try NearestPoints(points, metric: metric).find(1, for: points, threads: 2)
    #expect(found.indices == Self.expected(points, points, 1, metric, skip: false))
    if let plain = try Fixtures.at(0, { try NearestPoints(points, metric: metric).find(1, for: points) }) { #expect(plain.indices == found.indices) }
  }

  @Test("leave out what points nowhere") func zeros() throws {
    let points = try Matrix([[0, 0], [0, 2], [3, 0]])
    let found = try NearestPoints(points, metric: .cosine).find(3, for: Matrix([[1, 0.5], [0, 0]]))
    #expect(found.indices == [2, 1, -1, -1, -1, -1] && found.values[2] == -1)
    #expect(try NearestPoints(Matrix([[0, 0]]), metric: .cosine).find(1, for: points).indices == [-1, -1, -1])
    let (nowhere, east) = ([Float](repeating: 0, count: 64), [Float](repeating: 1, count: 64))
    let packed = try NearestPoints(Matrix([nowhere, nowhere, nowhere, east]), metric: .cosine)
    #expect(try packed.find(1, for: Matrix([east, nowhere, east.map { -$0 }])).indices == [3, -1, 3])
    #expect(try neighbours(of: Matrix([[5]]), count: 2).values == [.infinity, .infinity])
  }

  @Test("refuse what does not fit, and stop when cancelled") func bad() throws {
    let points = try Matrix([[1, 2], [3, 4]])
    let packed = try NearestPoints(points, metric: .euclidean)
    #expect(#expect(throws: Problem.self) { try packed.find(0, for: points) }?.path == "count")
    #expect(throws: Problem.self) { try packed.find(1, for: Matrix([[1]])) }
    #expect(throws: Problem.self) { try NearestPoints(points.selecting([]), metric: .cosine) }
    for count in [1, 2] {
      #expect(#expect(throws: Problem.self) { try packed.find(count, for: points, cancellation: DriftFixture.cancelled()) }?.kind == .cancelled)
    }
  }
}

@Suite("Classification under a taxonomy") struct TaxonomyClassifierTests {
  /// 0 and 1 are roots; 2, 3 lie under 0, 4 under 1, 5 under 4.
  static let parents: [Int32] = [-1, -1, 0, 0, 1, 4]

  static func anchors() throws -> Matrix { try Matrix([[1, 0, 0], [0, 1, 0], [1, 0.2, 0], [1, 0, 0.5], [0, 1, 0.3], [0, 1, 1]]) }

  @Test("names the most similar nodes, and none below the threshold") func flat() throws {
    let classifier = try TaxonomyClassifier(anchors: Self.anchors())
    let matches = try classifier.classify(Matrix([[0, 5, 5], [2, 0, 0], [0, 0, 0]]), top: 2, threshold: 0.9)
    #expect(matches[0].map(\.node) == [5] && abs(matches[0][0].similarity - 1) < 1e-7)
    #expect(matches[1].map(\.node) == [0, 2] && matches[1][0].similarity == 1 && matches[2].isEmpty)
  }

  @Test("descends level by level along a beam") func descent() throws {
    let classifier = try TaxonomyClassifier(anchors: Self.anchors(), parents: Self.parents)
    let documents = try Matrix([[0, 1, 0.9], [1, 0.1, 0.6], [0, 0, 0]])
    for threads in [1, 2] {
      let wide = try classifier.descend(documents, beam: 3, threads: threads)
      #expect(wide[0].map(\.node) == [5, 3, 2] && wide[1].first?.node == 3 && wide[2].isEmpty)
      #expect(try classifier.descend(documents, beam: 1, threads: threads)[0].map(\.node) == [5])
    }
    // Where the children are not similar enough, their parent answers.
    #expect(try classifier.descend(Matrix([[0, 1, -0.4]]), beam: 1, threshold: 0.8)[0].map(\.node) == [1])
    #expect(classifier.tree.path(to: 5) == [1, 4, 5])
  }

  @Test("learns anchors from examples, those of descendants too") func anchorsFromExamples() throws {
    let examples = try Matrix([[0, 0, 4], [3, 0, 0], [0, 2, 0], [9, 9, 9]])
    let learned = try TaxonomyAnchors.learn(nodes: Self.anchors(), parents: Self.parents, examples: examples, labels: [5, 4, 2, -1])
    #expect(learned[5] == [0, 0, 1] && learned[4] == [0.5, 0, 0.5] && learned[1] == [0.5, 0, 0.5] && learned[0] == [0, 1, 0])
    #expect(learned[3] == [1, 0, 0.5])
  }

  @Test("lets neighbours vote") func votes() throws {
    let examples = try Matrix([[1, 0], [1, 0.1], [1, 0.2], [0, 1], [0.1, 1], [1, 0.05]])
    let vote = try NeighbourVote(examples: examples, labels: [7, 7, 3, 3, 3, -1], neighbours: 3)
    let verdicts = try vote.classify(Matrix([[1, 0.02], [0, 3], [0, 0]]), threads: 2)
    #expect(verdicts.map(\.label) == [7, 3, -1])
    #expect(abs(verdicts[0].share - 2 / 3.0) < 1e-12 && verdicts[1].similarity > 0.7)
  }

  @Test("refuses trees that are none, and labels without nodes") func bad() throws {
    let anchors = try Self.anchors()
    #expect(#expect(throws: Problem.self) { try TaxonomyClassifier(anchors: anchors, parents: [1, 0, 0, 0, 0, 0]) }?.path == "parents")
    #expect(throws: Problem.self) { try TaxonomyClassifier(anchors: anchors, parents: [-1, 9, 0, 0, 0, 0]) }
    #expect(throws: Problem.self) { try TaxonomyClassifier(anchors: anchors, parents: [-1]) }
    #expect(throws: Problem.self) { try TaxonomyAnchors.learn(nodes: anchors, examples: anchors, labels: [0, 0, 0, 0, 0, 6]) }
    #expect(throws: Problem.self) { try NeighbourVote(examples: anchors, labels: [1]) }
    #expect(throws: Problem.self) { try NeighbourVote(examples: anchors, labels: Array(repeating: -1, count: 6)) }
    let classifier = try TaxonomyClassifier(anchors: anchors)
    #expect(#expect(throws: Problem.self) { try classifier.classify(anchors, top: 0) }?.path == "top_k")
    #expect(#expect(throws: Problem.self) { try classifier.descend(anchors, beam: 0) }?.path == "beam")
    #expect(#expect(throws: Problem.self) { try classifier.descend(anchors, cancellation: DriftFixture.cancelled()) }?.kind == .cancelled)
  }
}
