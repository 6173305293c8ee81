import Basics
import CKernels
import Testing

@testable import Clustering

@Suite("All pairs") struct NeighbourGraphTests {
  @Test("have the neighbours of a plain sort, ties to the lower row", arguments: DensityOracle.kinds)
  func definition(kind: String) throws {
    for (rows, columns, k) in [(200, 3, 5), (120, 50, 17), (33, 1, 32), (2, 7, 1), (70, 129, 3)] {
      let matrix = try DensityOracle.tricky(kind, rows: rows, columns: columns)
      let distances = DensityOracle.distances(matrix)
      let graph = try NeighbourGraph(neighbours: k, threads: 2).run(on: matrix)
      for row in 0..<rows {
        let order = (0..<rows).filter { $0 != row }.sorted { (distances[row][$0], $0) < (distances[row][$1], $1) }.prefix(k)
        let found = graph.distances[row * k..<(row + 1) * k]
        #expect(zip(found, order).allSatisfy { abs($0 - distances[row][$1]) <= 1e-12 * $0 }, "\(kind) \(rows) \(columns) \(row)")
        // Sums in another order may round differently, so only distances that are exact must order the rows alike.
        if ["integers", "constant", "copies"].contains(kind) && columns < 8 || kind == "constant" {
          #expect(graph.rows[row * k..<(row + 1) * k].map(Int.init) == Array(order), "\(kind) \(rows) \(columns) \(row)")
        }
      }
    }
  }

  @Test("meet each other once, and never twice at the same time", arguments: [1, 31, 32, 33, 640, 2100])
  func meetings(rows: Int) throws {
    let matrix = try DensityOracle.tricky("random", rows: rows, columns: 1)
    try Team.gather(2) { (team) throws(Problem) in
      let field = try Field(matrix, .single, team: team)
      let count = try Buffer<Int32>(count: field.panels * field.panels)
      try field.meetAll(team, Cancellation(), report: { _ in }) { a, b in
        for i in a { for j in b { count.pointer[i * field.panels + j] += 1 } }
      }
      for i in 0..<field.panels {
        for j in 0..<i { #expect(count.pointer[i * field.panels + j] + count.pointer[j * field.panels + i] >= 1) }
        #expect(count.pointer[i * field.panels + i] == 1)
      }
      #expect(Set(field.order.values.prefix(rows)) == Set((0..<Int32(rows))))
    }
  }

  @Test("make tiles that equal the definition on every level", arguments: [0] + KernelTests.levels)
  func tiles(level: Int32) {
    for dimensions in [1, 2, 7, 48, 129] {
      for format in [CK_SINGLE, CK_DIFFERENCES, CK_BRAIN] {
        guard format != CK_BRAIN || Fixtures.at(level, { ck_has_brain() }) == 1 else { continue }
        var random = SeededRandom(seed: UInt64(dimensions))
        // Numbers that bfloat16 holds exactly, so that one plain sum serves all formats.
        let a = Fixtures.numbers(32 * dimensions, &random).map { ($0 * 64).rounded() / 64 }
        let b = Fixtures.numbers(32 * dimensions, &random).map { ($0 * 64).rounded() / 64 }
        let lines = (dimensions + 1) / 2
        func brain(_ values: [Float]) -> [UInt16] {
          var packed = [UInt16](repeating: 0, count: lines * 64)
          for j in 0..<dimensions {
            for lane in 0..<32 { packed[j / 2 * 64 + lane * 2 + j % 2] = UInt16(values[j * 32 + lane].bitPattern >> 16) }
          }
          return packed
        }
        let halves = Fixtures.numbers(64, &random)
        let (halvesA, halvesB) = (Array(halves[0..<32]), Array(halves[32..<64]))
        let bars = Fixtures.numbers(64, &random).map { $0 * 4 }
        let (barsA, barsB) = (Array(bars[0..<32]), Array(bars[32..<64]))
        var products = [Float](repeating: 9, count: 1024)
        var (byRows, byColumns) = ([UInt32](repeating: 9, count: 32), [UInt32](repeating: 9, count: 32))
        Fixtures.at(level) {
          if format == CK_BRAIN {
            ck_tile(
              Int32(format), brain(a), brain(b), dimensions, halvesA, barsA, halvesB, barsB, &products, &byRows, &byColumns)
          } else {
            ck_tile(Int32(format), a, b, dimensions, halvesA, barsA, halvesB, barsB, &products, &byRows, &byColumns)
          }
        }
        guard products[0] != 9 else { continue }  // the processor lacks the level
        for m in 0..<32 {
          for lane in 0..<32 {
            var (product, square) = (0.0, 0.0)
            for j in 0..<dimensions {
              let (x, y) = (Double(a[j * 32 + lane]), Double(b[j * 32 + m]))
              product += x * y
              square += (x - y) * (x - y)
            }
            let expected = Float(format == CK_DIFFERENCES ? -square / 2 : product)
            let value = products[m * 32 + lane]
            #expect(abs(value - expected) <= 1e-4, "format \(format), \(dimensions) dimensions")
            #expect((byRows[m] >> UInt32(lane) & 1 == 1) == (value - halvesB[m] > barsA[lane]))
            #expect((byColumns[m] >> UInt32(lane) & 1 == 1) == (value - halvesA[lane] > barsB[m]))
          }
        }
      }
    }
  }

  @Test("keep their distance between floor and limit in every precision", arguments: DensityOracle.kinds)
  func bounds(kind: String) throws {
    let matrix = try DensityOracle.tricky(kind, rows: 64, columns: 50)
    try Team.gather(1) { (team) throws(Problem) in
      for precision in Field.Precision.worthTrying(columns: 50) {
        let field = try Field(matrix, precision, team: team)
        let lists = try Neighbourhoods(field, keep: 63, team: team, cancellation: Cancellation()) { _ in }
        for place in 0..<64 {
          for entry in place * 63..<(place + 1) * 63 {
            // Nobody needed them yet, so they are floors.
            let floor = -lists.raw.distances[entry]
            let (a, b) = (Int(field.order.pointer[place]), Int(field.order.pointer[Int(lists.raw.places[entry])]))
            let distance = Fixtures.squared(matrix[a], matrix[b]).squareRoot()
            #expect(floor <= distance * (1 + 1e-12), "\(kind), \(precision)")
          }
        }
      }
    }
  }

  @Test("refuse more neighbours than there are, and none", arguments: [0, 3, -1]) func badParameters(neighbours: Int) throws {
    let problem = #expect(throws: Problem.self) { try NeighbourGraph(neighbours: neighbours).run(on: Matrix([[1], [2], [3]])) }
    #expect(problem?.path == "n_neighbors" && problem?.hint != nil)
  }
}
