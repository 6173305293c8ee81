import Basics
import Glibc
import Testing

@testable import Clustering

@Suite("Principal components") struct PCATests {
  @Test("are NumPy's, with the sign that is fixed", arguments: [1, 2]) func oracle(threads: Int) throws {
    let (baseline, _, _) = try DriftFixture.rows()
    let axes = try PCA(of: baseline, components: 6, threads: threads)
    for i in 0..<6 { #expect(abs(axes.variances[i] - (try DriftFixture.expected("variance_\(i)"))) < 1e-9) }
    for i in 0..<2 {
      for j in 0..<6 { #expect(abs(axes.directions[6 * i + j] - (try DriftFixture.expected("direction_\(i)_\(j)"))) < 1e-9) }
    }
    #expect(abs(axes.ratios.reduce(0, +) - 1) < 1e-12)
    // All components keep all distances; whitened ones have variance 1 and nothing in common.
    let turned = try axes.transform(baseline, threads: threads)
    #expect(abs(Fixtures.squared(turned[3], turned[90]) - Fixtures.squared(baseline[3], baseline[90])) < 1e-5)
    let white = try Moments(of: axes.transform(baseline, whitening: 0))
    for i in 0..<6 { for j in 0..<6 { #expect(abs(white.covariance[6 * i + j] - (i == j ? 1 : 0)) < 1e-5) } }
  }

  @Test("of many columns are those of the exact way, nearly") func subspace() throws {
    // 1,100 columns, of which four directions carry nearly all.
    var random = SeededRandom(seed: 2)
    let directions = (0..<4).map { _ in Fixtures.numbers(1100, &random) }
    var values: [Float] = []
    for _ in 0..<60 {
      let weights = Fixtures.numbers(4, &random).enumerated().map { $0.element * [8, 4, 2, 1][$0.offset] }
      values += Fixtures.numbers(1100, &random).enumerated().map { column, noise in
        zip(weights, directions).reduce(noise * 0.01) { $0 + $1.0 * $1.1[column] }
      }
    }
    let wide = try Matrix(rows: 60, columns: 1100, values: values)
    let axes = try PCA(of: wide, components: 3, threads: 2)
    #expect(try PCA(of: wide, components: 3, threads: 1) == axes)
    // The nonzero eigenvalues of the covariance are those of the rows' products.
    let mean = try Moments.mean(of: wide)
    let centred = (0..<60).map { row in zip(wide[row], mean).map { Double($0) - $1 } }
    let products = centred.flatMap { a in centred.map { b in zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / 59 } }
    let exact = try SymmetricEigen(of: products, size: 60).values
    for i in 0..<3 { #expect(abs(axes.variances[i] / exact[i] - 1) < 1e-6) }
    #expect(abs(axes.directions.prefix(1100).reduce(0) { $0 + $1 * $1 } - 1) < 1e-9)
  }

  @Test("bear one row, one column and constants, and refuse what does not fit") func degenerate() throws {
    let one = try Matrix([[1, 2, 3]])
    #expect(try PCA(of: one, components: 2).variances == [0, 0])
    #expect(try PCA(of: one, components: 2).transform(one, whitening: 0).values == [0, 0])
    let line = try PCA(of: Matrix([[1], [3]]), components: 1)
    #expect(line.variances == [2] && line.directions == [1] && line.ratios == [1])
    #expect(#expect(throws: Problem.self) { try PCA(of: one, components: 4) }?.path == "n_components")
    #expect(throws: Problem.self) { try PCA(of: one.selecting([]), components: 1) }
    #expect(throws: Problem.self) { try line.transform(one) }
    #expect(#expect(throws: Problem.self) { try PCA(of: one, components: 1, cancellation: DriftFixture.cancelled()) }?.kind == .cancelled)
  }

  @Test("and lengths prepare rows step by step") func steps() throws {
    let rows = try Matrix([[3, 4], [6, 8], [0, 5], [5, 0]])
    let prepared = try rows.prepared(by: [.normalise, .principal(1, whitening: 0)])
    #expect(prepared.columns == 1 && abs(prepared[0][0] - prepared[1][0]) < 1e-6)
    #expect(abs((try Moments(of: prepared)).covariance[0] - 1) < 1e-5)
    #expect(try rows.prepared(by: []) == rows)
    // What is added to a variance takes from the scale.
    let variance = try PCA(of: rows, components: 1).variances[0]
    let soft = try Moments(of: rows.prepared(by: [.principal(1, whitening: 3)])).covariance[0]
    #expect(abs(soft - variance / (variance + 3)) < 1e-5)
  }
}

@Suite("Maps of neighbours") struct NeighbourMapTests {
  /// How many of the 5 nearest rows on the map are among the 5 nearest of the data.
  static func kept(_ map: Matrix, _ data: Matrix) throws -> Double {
    let (a, b) = (try neighbours(of: map, count: 5), try neighbours(of: data, count: 5))
    let hits = (0..<data.rows).reduce(0) { $0 + Set(a.indices(of: $1)).intersection(Set(b.indices(of: $1))).count }
    return Double(hits) / Double(5 * data.rows)
  }

  @Test("keep clusters together and neighbours near", arguments: [2, 3]) func quality(dimensions: Int) throws {
    let data = try Fixtures.blobs(rows: 150, columns: 20, centres: 5, seed: 3)
    let map = try NeighbourMap(dimensions: dimensions, neighbours: 10, metric: .euclidean).layout(of: data)
    let flat = try PCA(of: data, components: dimensions).transform(data)
    let (ours, before) = (try Self.kept(map, data), try Self.kept(flat, data))
    #expect(ours > before + 0.05 && ours > 0.35, "\(ours) \(before)")
    // Nearest on the map are of the same cluster.
    let labels = try KMeans(clusters: 5, runs: 3, seed: 1).run(on: data).labels
    let found = try neighbours(of: map, count: 1)
    #expect((0..<150).count { labels[$0] == labels[Int(found.indices[$0])] } > 140)
  }

  @Test("do not depend on the number of threads, only on the seed") func threads() throws {
    let data = try Fixtures.blobs(rows: 600, columns: 6, centres: 4)
    let one = try NeighbourMap(epochs: 20, seed: 4, threads: 1).layout(of: data)
    #expect(try NeighbourMap(epochs: 20, seed: 4, threads: 2).layout(of: data) == one)
    #expect(try NeighbourMap(epochs: 20, seed: 5, threads: 2).layout(of: data) != one)
  }

  @Test("draw neighbours the closer, the smaller the distance that they keep, and go into many dimensions") func distance() throws {
    for (distance, a) in [(0.0, 1.9447), (0.1, 1.5579), (0.5, 0.7194), (1, 0.3270)] {
      // SciPy's least squares over the same curve.
      #expect(abs(Double(NeighbourMap.curve(distance)) - a) < 1e-3)
    }
    let data = try Fixtures.blobs(rows: 200, columns: 30, centres: 4)
    let gaps = try [0.0, 0.8].map { least in
      let map = try NeighbourMap(neighbours: 10, epochs: 200, minimumDistance: least).layout(of: data)
      return try neighbours(of: map, count: 1).values.reduce(0) { $0 + Double($1) }
    }
    #expect(gaps[0] < gaps[1], "\(gaps)")
    let wide = try NeighbourMap(dimensions: 20, neighbours: 10, epochs: 50, metric: .euclidean).layout(of: data)
    #expect(try wide.columns == 20 && Self.kept(wide, data) > 0.4)
    for model in [NeighbourMap(dimensions: 257), NeighbourMap(dimensions: 1)] {
      #expect(#expect(throws: Problem.self) { try model.layout(of: data) }?.path == "n_components")
    }
    #expect(#expect(throws: Problem.self) { try NeighbourMap(minimumDistance: 2).layout(of: data) }?.path == "min_dist")
  }

  @Test("do not jump when rows are added") func aligned() throws {
    let data = try Fixtures.blobs(rows: 160, columns: 12, centres: 4, seed: 8)
    let first = try NeighbourMap(neighbours: 10, metric: .euclidean, seed: 1).layout(of: data.selecting(Array(0..<140)))
    let places = (0..<160).map { Int32($0 < 140 ? $0 : -1) }
    let second = try NeighbourMap(neighbours: 10, metric: .euclidean, seed: 2).layout(of: data, after: .init(positions: first, rows: places))
    var (moved, spread) = (0.0, 0.0)
    for row in 0..<140 {
      moved += Fixtures.squared(first[row], second[row])
      spread += Fixtures.squared(first[row], [0, 0])
    }
    #expect(moved < 0.1 * spread, "\((moved / spread).squareRoot())")
    // New rows came to their neighbours.
    let found = try neighbours(of: data, count: 1)
    let near = (140..<160).map { Fixtures.squared(second[$0], second[Int(found.indices[$0])]) }
    #expect(near.sorted()[10] < 0.1 * spread / 140)
  }

  @Test("are turned, mirrored and moved onto each other") func procrustes() throws {
    var random = SeededRandom(seed: 6)
    for dimensions in [2, 3] {
      let map = try Matrix(rows: 9, columns: dimensions, values: Fixtures.numbers(9 * dimensions, &random))
      // Turned about the first two axes by 1 radian, the last axis mirrored, then moved.
      let other = try Matrix(
        (0..<9).map { row in
          let x = map[row]
          var y = x
          (y[0], y[1]) = (x[0] * cosf(1) - x[1] * sinf(1) + 5, x[0] * sinf(1) + x[1] * cosf(1) - 3)
          y[dimensions - 1] = -y[dimensions - 1]
          return y
        })
      let rows: [Int32] = [0, 1, 2, 3, 4, 5, -1, -1, 8]
      let aligned = try Procrustes.aligned(map, to: other, rows: rows)
      for row in 0..<9 { #expect(Fixtures.squared(aligned[row], other[row]) < 1e-9) }
      // One common row moves, none centres, and what is flat stays flat.
      let moved = try Procrustes.aligned(map, to: other, rows: [0] + Array(repeating: -1, count: 8))
      #expect(Fixtures.squared(moved[0], other[0]) < 1e-9)
      #expect(abs(Fixtures.squared(moved[1], moved[2]) - Fixtures.squared(map[1], map[2])) < 1e-5)
      let alone = try Procrustes.aligned(map, to: other, rows: Array(repeating: -1, count: 9))
      #expect(alone == (try Procrustes.centred(map)))
    }
  }

  @Test("bear few rows, copies and one column, and refuse what does not fit") func degenerate() throws {
    for rows in [[[1]], [[1], [2]], [[0, 0], [0, 0], [0, 0]], [[1, 2], [1, 2], [1, 2], [5, 5]]] as [[[Float]]] {
      let map = try NeighbourMap(neighbours: 15, epochs: 30, metric: .euclidean).layout(of: Matrix(rows))
      #expect(map.rows == rows.count && map.columns == 2)
    }
    let data = try Matrix([[1, 2], [3, 4], [5, 6]])
    #expect(#expect(throws: Problem.self) { try NeighbourMap(dimensions: 300).layout(of: data) }?.path == "n_components")
    #expect(#expect(throws: Problem.self) { try NeighbourMap(neighbours: 0).layout(of: data) }?.path == "n_neighbors")
    #expect(#expect(throws: Problem.self) { try NeighbourMap().layout(of: data, after: .init(positions: data, rows: [0])) }?.path == "previous")
    #expect(throws: Problem.self) { try NeighbourMap(dimensions: 3).layout(of: data, after: .init(positions: data, rows: [0, 1, 2])) }
    #expect(#expect(throws: Problem.self) { try NeighbourMap().layout(of: data, cancellation: DriftFixture.cancelled()) }?.kind == .cancelled)
  }
}
