import Basics
import CKernels
import Testing

@testable import Clustering

@Suite("Nearest points seen in bfloat16") struct PrefilterTests {
  /// What is found for up to 32 rows, at the level now in force.
  struct Answer {
    var three = ck_three()
    var labels = [Int32](repeating: -9, count: 32)
    var norms = [Float](repeating: 0, count: 32)
    var lost = [Float](repeating: 0, count: 32)

    init(rows: [Float], rowCount: Int, points: [Double], count: Int, dimensions: Int, offset: [Float]) {
      let bytes = ck_panel_bytes(dimensions, Int32(CK_BRAIN))
      var (panel, scratch) = ([UInt8](repeating: 7, count: bytes), [UInt8](repeating: 7, count: bytes))
      var tiles = [UInt8](repeating: 7, count: ck_narrow_bytes(count, dimensions))
      var (lengths, losses) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
      ck_narrow_panel(rows, rowCount, dimensions, offset, &panel, &scratch, &norms, &lost)
      for group in 0..<ck_narrow_groups(count) { ck_narrow_tiles(points, count, dimensions, offset, group, &tiles, &lengths, &losses) }
      ck_no_points(&three)
      ck_meet_narrow(panel, tiles, lengths, count, dimensions, panel, 0, &three)
      ck_settle_narrow(
        rows, rowCount, norms, lost, points, count, dimensions, lengths.max() ?? 0, losses.max() ?? 0, &three, &labels)
    }

    var values: [Float] { withUnsafeBytes(of: three) { Array($0.bindMemory(to: Float.self).prefix(96)) } }
  }

  static func exactly(_ row: ArraySlice<Float>, _ points: [Double], _ dimensions: Int) -> Int32 {
    let distances = (0..<points.count / dimensions).map { point in
      zip(row, points[point * dimensions..<(point + 1) * dimensions]).reduce(0.0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) }
    }
    return Int32(distances.firstIndex(of: distances.min() ?? 0) ?? 0)
  }

  @Test("are the nearest, and what is seen is what the definition sees", arguments: [0] + KernelTests.levels) func tails(level: Int32) {
    var shapes = (1...30).map { (32, $0, 6) } + (1...40).map { (32, 5, $0) } + [1, 2, 31].map { ($0, 13, 48) }
    shapes += [(32, 97, 130)]
    for (rowCount, count, dimensions) in shapes {
      var random = SeededRandom(seed: UInt64(rowCount * 977 + count * 31 + dimensions))
      let rows = Fixtures.numbers(rowCount * dimensions, &random)
      let points = Fixtures.numbers(count * dimensions, &random).map(Double.init)
      let offset = Fixtures.numbers(dimensions, &random).map { $0 / 8 }
      let ask = { Answer(rows: rows, rowCount: rowCount, points: points, count: count, dimensions: dimensions, offset: offset) }
      guard let plain = Fixtures.at(0, ask), let fast = Fixtures.at(level, ask) else { return }
      let size = "\(rowCount) rows, \(count) points, \(dimensions) dimensions"
      let expected = (0..<rowCount).map { Self.exactly(rows[$0 * dimensions..<($0 + 1) * dimensions], points, dimensions) }
      #expect(Array(fast.labels.prefix(rowCount)) == expected, "\(size)")
      #expect(zip(fast.values, plain.values).allSatisfy { $0 == $1 || abs($0 - $1) < 1e-5 * Float(dimensions + 4) }, "\(size)")
    }
  }

  @Test("are the lowest of equals, and right among points that bfloat16 does not tell apart") func near() {
    var random = SeededRandom(seed: 12)
    let dimensions = 64
    let rows = Fixtures.numbers(32 * dimensions, &random)
    let one = Fixtures.numbers(dimensions, &random).map(Double.init)
    for copies in [2, 3, 20] {
      let same = (0..<copies).flatMap { _ in one }
      let answer = Answer(rows: rows, rowCount: 32, points: same, count: copies, dimensions: dimensions, offset: [Float](repeating: 0, count: 64))
      #expect(answer.labels.allSatisfy { $0 == 0 })
      let close = (0..<copies).flatMap { _ in one.map { $0 + Double(Fixtures.numbers(1, &random)[0]) * 1e-6 } }
      let found = Answer(rows: rows, rowCount: 32, points: close, count: copies, dimensions: dimensions, offset: [Float](repeating: 0.5, count: 64))
      #expect(found.labels == (0..<32).map { Self.exactly(rows[$0 * 64..<($0 + 1) * 64], close, dimensions) })
    }
  }

  @Test("lose no more than the bound says, however large or small the numbers", arguments: [1e-25, 1e-3, 1, 1e6, 1e15] as [Float])
  func bound(scale: Float) {
    var random = SeededRandom(seed: 21)
    for dimensions in [1, 2, 17, 100] {
      let rows = Fixtures.numbers(32 * dimensions, &random).map { $0 * scale }
      let points = Fixtures.numbers(3 * dimensions, &random).map { Double($0 * scale) }
      let zero = [Float](repeating: 0, count: dimensions)
      let answer = Answer(rows: rows, rowCount: 32, points: points, count: 3, dimensions: dimensions, offset: zero)
      #expect(answer.labels == (0..<32).map { Self.exactly(rows[$0 * dimensions..<($0 + 1) * dimensions], points, dimensions) })
      for lane in 0..<32 {
        let row = rows[lane * dimensions..<(lane + 1) * dimensions]
        let values = (0..<3).map { point in
          zip(row, points[point * dimensions..<(point + 1) * dimensions]).reduce(0.0) { $0 + $1.1 * ($1.1 - 2 * Double($1.0)) }
        }.sorted()
        let longest = (0..<3).map { point in points[point * dimensions..<(point + 1) * dimensions].reduce(0) { $0 + $1 * $1 } }.max() ?? 0
        let blur = Double(ck_blur(answer.norms[lane], answer.lost[lane], Float(longest), Float(longest.squareRoot()) / 256, dimensions))
        for place in 0..<3 { #expect(abs(Double(answer.values[place * 32 + lane]) - values[place]) <= blur / 2 * 1.0001) }
      }
    }
  }
}
