import Basics
import CKernels
import Testing

@testable import Clustering

/// The kernels of blocks and merging rows: the fast ones against the plain definition, and that against plain loops.
@Suite("Kernels of blocks") struct BlockKernelTests {
  struct Answer {
    var squares: [Float]
    var differences: [Float]
    var points: [Double]
    var rows: [Double]
  }

  static func ask(_ rows: [Float], _ points: [Float], _ rowCount: Int, _ pointCount: Int, _ dimensions: Int, _ offset: [Float]) -> Answer {
    var panels = [Float](repeating: 0, count: 96 * dimensions)
    var packed = [Float](repeating: 7, count: 96 * dimensions)
    var norms = [Float](repeating: 0, count: 96)
    var pointNorms = [Float](repeating: 0, count: 96)
    for first in stride(from: 0, to: rowCount, by: 32) {
      ck_pack_panel(
        Array(rows[(first * dimensions)...]), min(32, rowCount - first), dimensions, offset, &panels[first * dimensions], &norms[first])
    }
    for i in 0..<pointCount { pointNorms[i] = Float(Fixtures.squared(points[i * dimensions..<(i + 1) * dimensions], offset)) }
    ck_pack_points(points, pointCount, dimensions, offset, &packed)
    var answer = Answer(
      squares: Array(repeating: 0, count: 96 * 96), differences: Array(repeating: 0, count: 96 * 96), points: Array(repeating: 0.5, count: 96),
      rows: Array(repeating: 0.5, count: 96))
    ck_block_squares(panels, norms, packed, pointNorms, dimensions, &answer.squares)
    ck_correct_block(rows, rowCount, norms, points, pointCount, pointNorms, dimensions, &answer.squares)
    ck_block_differences(panels, packed, dimensions, &answer.differences)
    ck_block_roots(&answer.squares)
    ck_add_points(answer.squares, pointCount / 3, pointCount, &answer.points)
    ck_add_rows(answer.squares, pointCount, rowCount / 4, rowCount, &answer.rows)
    return answer
  }

  @Test("equal the distances of plain loops on every level", arguments: [0] + KernelTests.levels) func distances(level: Int32) {
    for (rowCount, pointCount, dimensions) in [(96, 96, 5), (1, 96, 40), (96, 1, 33), (7, 20, 384), (33, 31, 1)] {
      var random = SeededRandom(seed: UInt64(rowCount + dimensions))
      let rows = Fixtures.numbers(rowCount * dimensions, &random)
      var points = Fixtures.numbers(pointCount * dimensions, &random)
      // Some points lie on rows, where products would lose all digits.
      points.replaceSubrange(0..<dimensions, with: rows[0..<dimensions])
      let offset = Fixtures.numbers(dimensions, &random)
      guard let answer = Fixtures.at(level, { Self.ask(rows, points, rowCount, pointCount, dimensions, offset) }) else { return }
      var wrong: [Int] = []
      var (byPoint, byRow) = ([Double](repeating: 0.5, count: 96), [Double](repeating: 0.5, count: 96))
      for point in 0..<pointCount {
        for row in 0..<rowCount {
          let square = Fixtures.squared(rows[row * dimensions..<(row + 1) * dimensions], points[point * dimensions..<(point + 1) * dimensions])
          let place = point * 96 + row
          let distance = square.squareRoot()
          if abs(Double(answer.squares[place]) - distance) > 1e-5 * distance { wrong.append(place) }
          if abs(Double(answer.differences[place]) - square) > 1e-5 * square + 1e-6 * distance { wrong.append(place) }
          if point >= pointCount / 3 { byPoint[row] += square.squareRoot() }
          if row >= rowCount / 4 { byRow[point] += square.squareRoot() }
        }
      }
      #expect(wrong.isEmpty && answer.squares[0] == 0)
      #expect((0..<rowCount).allSatisfy { abs(answer.points[$0] - byPoint[$0]) <= 1e-5 * byPoint[$0] })
      #expect((0..<pointCount).allSatisfy { abs(answer.rows[$0] - byRow[$0]) <= 1e-5 * byRow[$0] })
    }
  }

  @Test("store a block and its mirror image") func store() {
    let block = (0..<96 * 96).map(Float.init)
    var (matrix, mirror) = ([Float](repeating: -1, count: 5 * 60), [Float](repeating: -1, count: 40 * 60))
    ck_store_block(block, 5, 40, 60, &matrix, &mirror)
    for point in 0..<5 {
      #expect((0..<60).allSatisfy { matrix[point * 60 + $0] == ($0 < 40 ? block[point * 96 + $0] : -1) })
    }
    for row in 0..<40 {
      #expect((0..<60).allSatisfy { mirror[row * 60 + $0] == ($0 < 5 ? block[$0 * 96 + row] : -1) })
    }
  }

  @Test("find the least entry, the lowest among equals, beyond barriers", arguments: [0] + KernelTests.levels) func least(level: Int32) {
    Fixtures.at(level) {
      var random = SeededRandom(seed: 5)
      for count in [1, 2, 15, 16, 17, 31, 32, 33, 64, 100, 257] {
        for _ in 0..<8 {
          let row = (0..<count).map { _ in Float(random.next(upperBound: 6 as UInt64)) }
          var barriers = (0..<count).map { _ in random.next(upperBound: 3 as UInt64) == 0 ? Float.infinity : 0 }
          barriers[count / 2] = 0
          let sums = zip(row, barriers).map { $0 + $1 }
          let expected = sums.firstIndex(of: sums.min() ?? 0)
          var (value, wide): (Float, Double) = (0, 0)
          #expect(ck_least_float(row, barriers, count, &value) == expected && value == sums.min())
          #expect(ck_least_double(row.map(Double.init), barriers.map(Double.init), count, &wide) == expected && Float(wide) == sums.min())
        }
      }
    }
  }

  @Test("merge rows by the rules of Lance and Williams", arguments: [0] + KernelTests.levels) func merge(level: Int32) {
    Fixtures.at(level) {
      var random = SeededRandom(seed: 6)
      for count in [1, 7, 8, 16, 33, 50] {
        let a = Fixtures.numbers(count, &random).map { abs($0) }
        let b = Fixtures.numbers(count, &random).map { abs($0) }
        let sizes = (0..<count).map { _ in Float(1 + random.next(upperBound: 9 as UInt64)) }
        var (complete, average, ward) = (b, b, b)
        ck_merge_complete_float(a, &complete, count)
        ck_merge_average_float(a, &average, count, 3, 5)
        ck_merge_ward_float(a, &ward, count, 3, 5, 0.1, sizes)
        var wide = b.map(Double.init)
        ck_merge_ward_double(a.map(Double.init), &wide, count, 3, 5, 0.1, sizes.map(Double.init))
        var wideAverage = b.map(Double.init)
        ck_merge_average_double(a.map(Double.init), &wideAverage, count, 3, 5)
        for i in 0..<count {
          let all = 8 + Double(sizes[i])
          let expected = ((3 + Double(sizes[i])) * Double(a[i]) + (5 + Double(sizes[i])) * Double(b[i]) - Double(sizes[i]) * 0.1) / all
          #expect(complete[i] == max(a[i], b[i]))
          #expect(abs(Double(average[i]) - (3 * Double(a[i]) + 5 * Double(b[i])) / 8) < 1e-6)
          #expect(abs(wideAverage[i] - (3 * Double(a[i]) + 5 * Double(b[i])) / 8) < 1e-15)
          #expect(abs(Double(ward[i]) - expected) < 1e-6 && abs(wide[i] - expected) < 1e-14)
        }
      }
    }
  }

  @Test("select the value that sorting would put there") func select() {
    var random = SeededRandom(seed: 9)
    for count in [1, 2, 3, 10, 101, 16_384, 17_001, 50_000] {
      for distinct in [1, 2, 1000, 1 << 24] as [UInt64] {
        let values = (0..<count).map { _ in Float(random.next(upperBound: distinct)) }
        for place in Set([0, count / 2, count - 1]) {
          var shuffled = values
          #expect(ck_select(&shuffled, count, place) == values.sorted()[place])
        }
        let sorted = values.sorted()
        // What is sorted, or has its extremes where a sample looks, tells nothing of the middle.
        let misleading = (0..<count).map { $0 % (count / 4096 + 1) == 0 ? sorted[$0 / 4] : sorted[count - 1 - $0 / 2] }
        for order in [values, sorted, misleading] {
          var given = order
          let middle = ck_middle(&given, count)
          let expected = order.sorted()
          #expect(middle.lower == expected[(count - 1) / 2] && middle.upper == expected[count / 2] && given.sorted() == expected)
        }
      }
    }
  }

  @Test("multiply matrices by vectors as plain loops do", arguments: [0] + KernelTests.levels) func products(level: Int32) {
    Fixtures.at(level) {
      var random = SeededRandom(seed: 4)
      for (size, count) in [(1, 1), (5, 3), (8, 4), (21, 9)] {
        let matrix = Fixtures.numbers(size * (size + 3), &random)
        let vectors = Fixtures.numbers(size * count, &random).map(Double.init)
        var products = [Double](repeating: 0, count: size * count)
        ck_dense_products(matrix, size + 3, size, 0, size, vectors, count, &products)
        var sparse = products
        let columns = (0..<size * size).map { Int32($0 % size) }
        let entries = (0..<size * size).map { matrix[$0 / size * (size + 3) + $0 % size] }
        ck_sparse_products((0...size).map { Int64($0 * size) }, columns, entries, size, 0, size, vectors, count, &sparse)
        for v in 0..<count {
          for i in 0..<size {
            let expected = (0..<size).reduce(0) { $0 + Double(matrix[i * (size + 3) + $1]) * vectors[v * size + $1] }
            #expect(abs(products[v * size + i] - expected) < 1e-13 && abs(sparse[v * size + i] - expected) < 1e-13)
          }
        }
      }
    }
  }
}
