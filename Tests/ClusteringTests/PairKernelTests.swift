import Basics
import CKernels
import Glibc
import Testing

@testable import Clustering

/// The fast kernels over pairs against their plain definition, and that against loops.
@Suite("Kernels over pairs of rows") struct PairKernelTests {
  struct Answer: Equatable {
    var products: [Float] = []
    var values: [Float] = []
    var rowSums: [Double] = []
    var pointSums: [Double] = []
    var moments: [Double] = []
    var projected: [Double] = []
    var outer: [Double] = []
    var lowest: [Float] = []
    var indices: [Int32] = []
  }

  static func ask(rows: Int, count: Int, dimensions: Int, kind: Int, ahead: Int) -> Answer {
    var random = SeededRandom(seed: UInt64(rows * 1009 + count * 31 + dimensions))
    let matrix = Fixtures.numbers(rows * dimensions, &random)
    let points = Fixtures.numbers(count * dimensions, &random)
    let offset = [Float](repeating: 0.125, count: dimensions)
    var panel = [Float](repeating: 7, count: 32 * dimensions)
    var norms = [Float](repeating: 0, count: 32)
    var tiles = [Float](repeating: 7, count: count * dimensions)
    ck_pack_panel(matrix, rows, dimensions, offset, &panel, &norms)
    ck_pack_tiles(points, nil, count, dimensions, offset, &tiles)
    let lengths = (0..<count).map { i in Float(Fixtures.squared(points[i * dimensions..<(i + 1) * dimensions], offset)) }
    var answer = Answer()
    answer.products = Array(repeating: 0.5, count: 32 * count)
    ck_products(panel, tiles, count, dimensions, 1, &answer.products)
    ck_products(panel, tiles, count, dimensions, 0, &answer.products)
    answer.values = answer.products
    answer.rowSums = Array(repeating: 1, count: 32)
    answer.pointSums = Array(repeating: 1, count: count)
    ck_kernel_values(&answer.values, count, rows, ahead, norms, lengths, Int32(kind), 0.3, &answer.rowSums, &answer.pointSums)
    answer.lowest = Array(repeating: .infinity, count: 32 * 3)
    answer.indices = Array(repeating: -1, count: 32 * 3)
    ck_keep_lowest(answer.products, count, lengths, -2, 5, 3, &answer.lowest, &answer.indices)

    var centred = [Double](repeating: 0, count: rows * dimensions)
    let mean = offset.map(Double.init)
    ck_centre_rows(matrix, rows, dimensions, mean, &centred)
    answer.moments = Array(repeating: 0, count: dimensions * dimensions)
    ck_add_moments(centred, rows, dimensions, 0, dimensions, &answer.moments)
    let basis = Fixtures.numbers(dimensions * count, &random).map(Double.init)
    answer.projected = Array(repeating: 0, count: rows * count)
    ck_project(centred, rows, dimensions, basis, count, &answer.projected)
    answer.outer = Array(repeating: 0, count: dimensions * count)
    ck_add_outer(centred, answer.projected, rows, dimensions, count, 0, dimensions, &answer.outer)
    return answer
  }

  static func near(_ a: [Float], _ b: [Float], _ slack: Float) -> Bool { zip(a, b).allSatisfy { abs($0 - $1) <= slack || $0 == $1 } }
  static func near(_ a: [Double], _ b: [Double], _ slack: Double) -> Bool { zip(a, b).allSatisfy { abs($0 - $1) <= slack } }

  @Test("equal the definition for all tails", arguments: KernelTests.levels) func levels(level: Int32) {
    var shapes: [(Int, Int, Int)] = []
    for rows in [1, 5, 31, 32] { shapes += [(rows, 13, 9), (rows, 3, 40)] }
    for count in 1...26 { shapes.append((32, count, 5)) }
    for dimensions in 1...35 { shapes.append((19, 14, dimensions)) }
    for (rows, count, dimensions) in shapes {
      for kind in [Int(CK_GAUSSIAN), Int(CK_DISTANCE)] {
        let ahead = [-4, 0, 3, 32][(rows + count + dimensions) % 4]
        guard let plain = Fixtures.at(0, { Self.ask(rows: rows, count: count, dimensions: dimensions, kind: kind, ahead: ahead) }),
          let fast = Fixtures.at(level, { Self.ask(rows: rows, count: count, dimensions: dimensions, kind: kind, ahead: ahead) })
        else { return }
        let size = "\(rows) rows, \(count) points, \(dimensions) dimensions, ahead \(ahead)"
        let slack = 1e-6 * Float(dimensions + 4)
        #expect(Self.near(fast.products, plain.products, slack), "\(size)")
        // A square root stretches what rounding does near 0.
        #expect(Self.near(fast.values, plain.values, kind == Int(CK_DISTANCE) ? slack.squareRoot() : slack), "\(size)")
        #expect(zip(fast.values, plain.values).allSatisfy { ($0 == 0) == ($1 == 0) || kind == Int(CK_DISTANCE) }, "\(size)")
        let sums = 40 * Double(kind == Int(CK_DISTANCE) ? slack.squareRoot() : slack)
        #expect(Self.near(fast.rowSums, plain.rowSums, sums) && Self.near(fast.pointSums, plain.pointSums, sums), "\(size)")
        #expect(Self.near(fast.lowest, plain.lowest, 3 * slack), "\(size)")
        let upper = (0..<dimensions).flatMap { i in (i..<dimensions).map { i * dimensions + $0 } }
        #expect(
          Self.near(upper.map { fast.moments[$0] }, upper.map { plain.moments[$0] }, 1e-12) && Self.near(fast.projected, plain.projected, 1e-12),
          "\(size)")
        #expect(Self.near(fast.outer, plain.outer, 1e-11), "\(size)")
      }
    }
  }

  @Test("take each pair once, and give what a loop gives") func definition() {
    var random = SeededRandom(seed: 4)
    let rows = Fixtures.numbers(10 * 3, &random)
    let zero: [Float] = [0, 0, 0]
    for kind in [Int(CK_GAUSSIAN), Int(CK_DISTANCE)] {
      var panel = [Float](repeating: 0, count: 96)
      var norms = [Float](repeating: 0, count: 32)
      var tiles = [Float](repeating: 0, count: 30)
      ck_pack_panel(rows, 10, 3, zero, &panel, &norms)
      ck_pack_tiles(rows, nil, 10, 3, zero, &tiles)
      var products = [Float](repeating: 0, count: 320)
      var (rowSums, pointSums) = ([Double](repeating: 0, count: 32), [Double](repeating: 0, count: 10))
      ck_products(panel, tiles, 10, 3, 0, &products)
      ck_kernel_values(&products, 10, 10, 0, norms, norms, Int32(kind), 0.7, &rowSums, &pointSums)
      for i in 0..<10 {
        for j in 0..<10 {
          let square = Fixtures.squared(rows[3 * i..<3 * i + 3], rows[3 * j..<3 * j + 3])
          let value = j <= i ? 0 : kind == Int(CK_GAUSSIAN) ? exp(-0.7 * square) : -square.squareRoot()
          #expect(abs(Double(products[j * 32 + i]) - value) < 1e-5)
        }
      }
      #expect(abs(rowSums.reduce(0, +) - pointSums.reduce(0, +)) < 1e-5)
    }
  }

  @Test("exponentials are right to a few units in the last place, and 0 far out") func exponentials() throws {
    for level in KernelTests.levels {
      Fixtures.at(level) {
        for step in 0..<400 {
          let square = Float(step) * 0.25
          var products = [Float](repeating: 0, count: 32)
          var (sums, points) = ([Double](repeating: 0, count: 32), [0.0])
          ck_kernel_values(&products, 1, 32, 40, [Float](repeating: square, count: 32), [0], Int32(CK_GAUSSIAN), 1, &sums, &points)
          let expected = exp(-Double(square))
          #expect(abs(Double(products[9]) - expected) <= expected * 3e-7 + 1e-37)
        }
      }
    }
  }

  @Test("sort as the library does", arguments: [0, 1, 2, 3, 100, 5000]) func sort(count: Int) {
    var random = SeededRandom(seed: UInt64(count))
    var values = Fixtures.numbers(count, &random).map { $0 * 1e20 * $0 * $0 } + [0, -0.0, .greatestFiniteMagnitude, -1e-38, 3, 3]
    let expected = values.sorted()
    var scratch = values
    ck_sort(&values, values.count, &scratch)
    #expect(values == expected)
  }

  @Test("compare samples as the definitions do") func comparisons() {
    var random = SeededRandom(seed: 77)
    for (m, n) in [(1, 1), (5, 3), (40, 40), (31, 200)] {
      // Few different values, so that there are ties.
      let a = (0..<m).map { _ in Float(random.next() % 9) }.sorted()
      let b = (0..<n).map { _ in Float(random.next() % 11) - 1 }.sorted()
      let share = { (sample: [Float], value: Float) in Double(sample.count { $0 <= value }) / Double(sample.count) }
      let grid = (-2...12).map(Float.init)
      let gaps = grid.map { abs(share(a, $0) - share(b, $0)) }
      let result = ck_compare_sorted(a, m, b, n)
      #expect(abs(result.distance - (gaps.max() ?? 0)) < 1e-12)
      #expect(abs(result.area - gaps.reduce(0, +)) < 1e-12)
      let above = b.reduce(0.0) { sum, y in sum + a.reduce(0.0) { $0 + (y > $1 ? 1 : y == $1 ? 0.5 : 0) } }
      #expect(abs(ck_ranked_above(a, m, b, n) - above / Double(m * n)) < 1e-12)
    }
  }

  @Test("add values up with signs, four points at a time", arguments: [0] + KernelTests.levels) func signed(level: Int32) {
    var random = SeededRandom(seed: 8)
    for (count, vectors) in [(1, 1), (4, 3), (7, 8), (64, 5), (66, 13), (128, 31), (130, 9)] {
      let stride = count + 5
      let signs = (0..<vectors * stride).map { _ in random.next(upperBound: 2 as UInt64) == 0 ? Int8(-1) : 1 }
      let room = (count + 3) / 4 * 4
      let values = Fixtures.numbers(count * 32, &random) + [Float](repeating: 0, count: (room - count) * 32)
      var codes = [UInt8](repeating: 0xff, count: room / 4 * vectors)
      ck_pack_signs(signs, stride, vectors, 2, count, &codes)
      var sums = [Float](repeating: 1, count: vectors * 32)
      Fixtures.at(level) { ck_add_signed(values, count, codes, vectors, &sums) }
      for vector in 0..<vectors {
        for lane in 0..<32 {
          let expected = (0..<count).reduce(1.0) { $0 + Double(values[$1 * 32 + lane]) * Double(signs[vector * stride + 2 + $1]) }
          if abs(Double(sums[vector * 32 + lane]) - expected) > 5e-5 { Issue.record("\(count) points, vector \(vector), lane \(lane)") }
        }
      }
    }
  }

  @Test("draw each set of signs as often as any other") func signs() {
    var counts = [Int](repeating: 0, count: 20)
    var scratch = [Int32](repeating: 0, count: 20)
    var signs = [Int8](repeating: 0, count: 20)
    for seed in 0..<2000 {
      ck_draw_signs(UInt64(seed), 20, 7, &scratch, &signs)
      #expect(signs.count { $0 == 1 } == 7 && signs.count { $0 == -1 } == 13)
      for i in 0..<20 where signs[i] == 1 { counts[i] += 1 }
    }
    // 2000 * 7 / 20 = 700, with a standard deviation of 21.
    #expect(counts.allSatisfy { abs($0 - 700) < 110 })
  }
}
