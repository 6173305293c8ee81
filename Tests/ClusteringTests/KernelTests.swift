import Basics
import CKernels
import Testing

@testable import Clustering

/// The fast kernels against the plain definition, for every size that makes another tail.
@Suite("Kernels") struct KernelTests {
  static let levels: [Int32] = [1, 2, 3]  // default, v3, v4

  /// What a kernel answers for given rows, all results in one list.
  struct Answer {
    var labels: [Int32] = Array(repeating: -9, count: 32)
    var best: [Float] = Array(repeating: 0, count: 32)
    var second: [Float] = Array(repeating: 0, count: 32)
    var differences: [Float] = []
    var squares: [Float] = []
    var near = 0
    var totals: [Double] = []
    var sums: [Double] = Array(repeating: 0.5, count: 32)
  }

  /// Packs and asks at the level now in force. The points are rows, so they suit every kernel.
  static func ask(_ rows: [Float], _ points: [Float], rowCount: Int, count: Int, dimensions: Int, offset: [Float]) -> Answer {
    var answer = Answer()
    var panel = [Float](repeating: 7, count: 32 * dimensions)
    var norms = [Float](repeating: 7, count: 32)
    var tiles = [Float](repeating: 7, count: count * dimensions)
    var lengths = [Float](repeating: 7, count: count)
    ck_pack_panel(rows, rowCount, dimensions, offset, &panel, &norms)
    ck_pack_centroids(points.map(Double.init), count, dimensions, offset, 0, ck_group_count(count), &tiles, &lengths)
    ck_nearest(panel, tiles, lengths, count, dimensions, nil, &answer.labels, &answer.best, &answer.second)
    ck_pack_tiles(points, nil, count, dimensions, offset, &tiles)
    answer.differences = Array(repeating: -1, count: 32 * count)
    answer.squares = answer.differences
    ck_differences(panel, tiles, count, dimensions, &answer.differences)
    let pointNorms = (0..<count).map { Float(Fixtures.squared(points[$0 * dimensions..<($0 + 1) * dimensions], offset)) }
    answer.near = ck_squares(panel, norms, tiles, pointNorms, count, dimensions, &answer.squares)
    answer.totals = Array(repeating: 0, count: count)
    let closest = (0..<32).map { $0 < rowCount ? Float(dimensions) * 0.6 : 0 }
    ck_lowered_totals(answer.squares, (0..<Int32(count)).map { $0 }, count, closest, &answer.totals)
    ck_add_distances(panel, tiles, count, dimensions, &answer.sums)
    return answer
  }

  static func compare(_ level: Int32, rowCount: Int, count: Int, dimensions: Int) {
    var random = SeededRandom(seed: UInt64(rowCount * 7919 + count * 131 + dimensions))
    let rows = Fixtures.numbers(rowCount * dimensions, &random)
    let points = Fixtures.numbers(count * dimensions, &random)
    let offset = Fixtures.numbers(dimensions, &random)
    let size = "\(rowCount) rows, \(count) points, \(dimensions) dimensions"
    guard let plain = Fixtures.at(0, { ask(rows, points, rowCount: rowCount, count: count, dimensions: dimensions, offset: offset) }),
      let fast = Fixtures.at(level, { ask(rows, points, rowCount: rowCount, count: count, dimensions: dimensions, offset: offset) })
    else { return }
    #if arch(x86_64)
      let fused = level >= 2
    #else
      let fused = true
    #endif
    if fused {
      #expect(fast.labels == plain.labels, "\(size)")
      #expect(fast.best == plain.best && fast.second == plain.second && fast.differences == plain.differences, "\(size)")
      #expect(fast.sums == plain.sums && fast.totals == plain.totals && fast.squares == plain.squares && fast.near == plain.near, "\(size)")
    } else {
      let near = Float(dimensions + 4) * 1e-6
      #expect(zip(fast.best, plain.best).allSatisfy { abs($0 - $1) <= near }, "\(size)")
      #expect(count == 1 || zip(fast.second, plain.second).allSatisfy { abs($0 - $1) <= near }, "\(size)")
      #expect((0..<32).allSatisfy { fast.labels[$0] == plain.labels[$0] || plain.second[$0] - plain.best[$0] <= near }, "\(size)")
      #expect(zip(fast.differences, plain.differences).allSatisfy { abs($0 - $1) <= near }, "\(size)")
      #expect(zip(fast.squares, plain.squares).allSatisfy { abs($0 - $1) <= near }, "\(size)")
      #expect(zip(fast.sums, plain.sums).allSatisfy { abs($0 - $1) <= Double(near) * Double(count) }, "\(size)")
    }
  }

  @Test("equal the definition for 1 to 40 rows and 1 to 70 points", arguments: levels)
  func tailsOfRowsAndPoints(level: Int32) {
    for rows in 1...32 { Self.compare(level, rowCount: rows, count: 13, dimensions: 9) }
    for points in 1...70 { Self.compare(level, rowCount: 32, count: points, dimensions: 5) }
  }

  @Test("equal the definition for 1 to 40 and for 384 dimensions", arguments: levels)
  func tailsOfDimensions(level: Int32) {
    for dimensions in 1...40 { Self.compare(level, rowCount: 31, count: 14, dimensions: dimensions) }
    for points in [1, 6, 12, 25, 50] { Self.compare(level, rowCount: 17, count: points, dimensions: 384) }
  }

  @Test("give the definition itself what a double loop gives")
  func definition() {
    var random = SeededRandom(seed: 3)
    let (rows, points, offset) = (Fixtures.numbers(32 * 7, &random), Fixtures.numbers(5 * 7, &random), Fixtures.numbers(7, &random))
    guard let answer = Fixtures.at(0, { Self.ask(rows, points, rowCount: 32, count: 5, dimensions: 7, offset: offset) }) else {
      Issue.record("there is no plain level")
      return
    }
    for row in 0..<32 {
      let vector = rows[row * 7..<row * 7 + 7]
      let distances = (0..<5).map { Fixtures.squared(vector, points[$0 * 7..<$0 * 7 + 7]) }
      let order = distances.indices.sorted { distances[$0] < distances[$1] }
      let length = Fixtures.squared(vector, offset)
      #expect(answer.labels[row] == Int32(order[0]))
      #expect(abs(Double(answer.best[row]) + length - distances[order[0]]) < 1e-5)
      #expect(abs(Double(answer.second[row]) + length - distances[order[1]]) < 1e-5)
      #expect(abs(Double(answer.differences[32 * 3 + row]) - distances[3]) < 1e-5 && abs(Double(answer.squares[32 * 3 + row]) - distances[3]) < 1e-5)
      #expect(abs(answer.sums[row] - 0.5 - distances.reduce(0) { $0 + $1.squareRoot() }) < 1e-5)
    }
  }

  @Test("measure near rows by differences, where products would lose all digits", arguments: [0] + levels) func nearRows(level: Int32) {
    Fixtures.at(level) {
      var random = SeededRandom(seed: 12)
      let rows = Fixtures.numbers(32 * 50, &random)
      var (panel, norms, tiles) = ([Float](repeating: 0, count: 32 * 50), [Float](repeating: 0, count: 32), [Float](repeating: 0, count: 50))
      var squares = [Float](repeating: 0, count: 32)
      let offset = [Float](repeating: 0, count: 50)
      ck_pack_panel(rows, 32, 50, offset, &panel, &norms)
      ck_pack_tiles(rows, [7], 1, 50, offset, &tiles)
      #expect(ck_squares(panel, norms, tiles, [norms[7]], 1, 50, &squares) == 1)
      #expect(squares[7] == 0 && squares.count { $0 == 0 } == 1)
      var closest = squares.map { $0 + 1 }
      closest[3] = 0.25
      var totals = [0.0]
      ck_lowered_totals(squares, [0], 1, closest, &totals)
      let sum = ck_lower(squares, &closest)
      #expect(closest[3] == 0.25 && closest[4] == squares[4] && abs(sum - totals[0]) < 1e-12)
      #expect(abs(sum - closest.reduce(0.0) { $0 + Double($1) }) < 1e-9)
    }
  }

  @Test("settle near ties by double precision, the lower index among equals", arguments: [0] + levels)
  func ties(level: Int32) {
    // Far from the origin single precision cannot tell the two centroids apart: they differ by 1e-5 of a distance of about 1.
    let row: [Float] = [0.6, 0.8, 0.25]
    let centroids: [Double] = [1.6, 0.8, 0.25, 1.6, 0.8, 0.25, 0.6, 1.79999, 0.25, 0.6, 1.8, 0.25, 0.6, 1.8, 0.25]
    for (count, expected) in [(2, 0), (3, 2), (5, 2)] {
      let label = Fixtures.at(level) {
        var tiles = [Float](repeating: 0, count: 15)
        var (lengths, norms) = ([Float](repeating: 0, count: 5), [Float](repeating: 0, count: 32))
        var panel = [Float](repeating: 0, count: 96)
        let offset: [Float] = [0, 0, 0]
        var answer = Answer()
        ck_pack_panel(row, 1, 3, offset, &panel, &norms)
        ck_pack_centroids(centroids, count, 3, offset, 0, ck_group_count(count), &tiles, &lengths)
        ck_nearest(panel, tiles, lengths, count, 3, nil, &answer.labels, &answer.best, &answer.second)
        ck_settle(row, 1, norms, centroids, count, 3, lengths.max() ?? 0, answer.best, answer.second, &answer.labels)
        return answer.labels[0]
      }
      #expect(label == nil || label == Int32(expected))
    }
  }

  @Test("compute with rows in double precision as a plain loop does", arguments: [0] + levels)
  func rows(level: Int32) {
    Fixtures.at(level) {
      var random = SeededRandom(seed: 8)
      for dimensions in [1, 2, 7, 8, 15, 16, 17, 33, 40, 384] {
        let (a, b) = (Fixtures.numbers(dimensions, &random), Fixtures.numbers(dimensions, &random))
        let centroid = b.map { Double($0) * 1.1 }
        let dot = zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        let square = Fixtures.squared(a, b)
        let distance = zip(a, centroid).reduce(0.0) { sum, pair in
          let difference = Double(pair.0) - pair.1
          return sum + difference * difference
        }
        #expect(abs(ck_dot(a, b, dimensions) - dot) < 1e-12)
        #expect(abs(ck_squared_distance(a, b, dimensions) - square) < 1e-12)
        #expect(abs(ck_centroid_distance(a, centroid, dimensions) - distance) < 1e-12)
        #expect(ck_cosine(a, a, dimensions) == 1)
        let first = dimensions / 3
        var sum = centroid
        ck_add_row(&sum, a, -2, first, dimensions)
        #expect((0..<dimensions).allSatisfy { abs(sum[$0] - (centroid[$0] - ($0 < first ? 0 : 2 * Double(a[$0])))) < 1e-12 })
      }
    }
  }

  @Test("find the one bad value, wherever it stands", arguments: [Float.nan, .infinity, -.infinity])
  func notFinite(bad: Float) {
    for place in [0, 1, 4095, 4096, 9000] {
      var values = [Float](repeating: .greatestFiniteMagnitude, count: 9001)
      values[place] = bad
      #expect(ck_first_not_finite(values, values.count) == place)
    }
    #expect(ck_first_not_finite([1, -0.0, .leastNonzeroMagnitude], 3) == 3)
  }

  @Test("divide centroids into groups that differ by at most one", arguments: [0] + levels)
  func groups(level: Int32) {
    Fixtures.at(level) {
      for count in 1...70 {
        let groups = ck_group_count(count)
        let starts = (0...groups).map { ck_group_start(count, $0) }
        let sizes = zip(starts, starts.dropFirst()).map { $1 - $0 }
        #expect(starts.first == 0 && starts.last == count)
        #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1 && (sizes.max() ?? 0) <= 12)
      }
    }
  }
}

@Suite("The level of instructions") struct InstructionsTests {
  @Test("has a name, also when it is forced") func names() {
    #expect(["plain", "default", "v3", "v4"].contains(Instructions.level))
    #expect(Fixtures.at(0) { Instructions.level } == "plain")
  }
}
