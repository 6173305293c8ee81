import Basics
import Testing

@testable import Clustering

@Suite("k-means") struct KMeansTests {
  @Test("agrees with the oracle from given rows", arguments: KMeansOracle.all)
  func oracle(oracle: KMeansOracle) throws {
    let matrix = try Fixtures.dataset(oracle.dataset)
    let result = try KMeans(clusters: oracle.clusters, tolerance: 0, initial: matrix.selecting(oracle.start)).run(on: matrix)
    #expect(result.labels == oracle.labels)
    #expect(abs(result.inertia / oracle.inertia - 1) < 1e-9)
    #expect(result.iterations == oracle.iterations)
    #expect(result.converged)
    #expect(result.sizes == (0..<oracle.clusters).map { cluster in oracle.labels.count { $0 == Int32(cluster) } })
  }

  @Test("has oracles to agree with") func oraclesExist() { #expect(KMeansOracle.all.count == 9) }

  @Test("gives the same on every level of instructions", arguments: KernelTests.levels)
  func levels(level: Int32) throws {
    let matrix = try Fixtures.dataset("digits")
    let start = try matrix.selecting([28, 136, 323, 504, 700, 900, 1100, 1300, 1500, 1700])
    let kmeans = KMeans(clusters: 10, tolerance: 0, initial: start)
    let usual = try kmeans.run(on: matrix)
    if let result = try Fixtures.at(level, { try kmeans.run(on: matrix) }) {
      #expect(result.labels == usual.labels)
      #expect(result.centroids == usual.centroids)
    }
  }

  @Test("gives the same to the last bit for any number of threads", arguments: [(1000, 70, 33), (33, 5, 2), (2500, 3, 7)])
  func threads(rows: Int, columns: Int, clusters: Int) throws {
    let matrix = try Fixtures.blobs(rows: rows, columns: columns, centres: clusters, spread: 1)
    let one = try KMeans(clusters: clusters, runs: 2, seed: 9).run(on: matrix)
    for threads in [2, 3, 7] {
      let many = try KMeans(clusters: clusters, runs: 2, seed: 9, threads: threads).run(on: matrix)
      #expect(many.labels == one.labels && many.centroids == one.centroids)
      #expect(many.inertia.bitPattern == one.inertia.bitPattern && many.iterations == one.iterations)
    }
  }

  @Test("ends where each centroid is its members' mean and each row is with its nearest centroid")
  func fixpoint() throws {
    let matrix = try Fixtures.blobs(rows: 700, columns: 11, centres: 6, spread: 0.8)
    let result = try KMeans(clusters: 6, tolerance: 0, seed: 4).run(on: matrix)
    #expect(result.converged)
    var inertia = 0.0
    for row in 0..<matrix.rows {
      let distances = (0..<6).map { Fixtures.squared(matrix[row], result.centroids[$0]) }
      #expect(distances[Int(result.labels[row])] <= (distances.min() ?? 0) + 1e-5)
      inertia += distances[Int(result.labels[row])]
    }
    #expect(abs(inertia / result.inertia - 1) < 1e-5)
    for cluster in 0..<6 {
      let members = (0..<matrix.rows).filter { result.labels[$0] == Int32(cluster) }
      #expect(members.count == result.sizes[cluster])
      for column in 0..<11 {
        let mean = members.reduce(0.0) { $0 + Double(matrix[$1][column]) } / Double(members.count)
        #expect(abs(mean - Double(result.centroids[cluster][column])) < 1e-6)
      }
    }
  }

  @Test("finds separate blobs from any seed, and moving or scaling them changes nothing", arguments: [0, 1, 2, 3] as [UInt64])
  func separateBlobs(seed: UInt64) throws {
    var values: [Float] = []
    var random = SeededRandom(seed: 77)
    for row in 0..<400 {
      let centre = Float(row % 8) * 10
      values += Fixtures.numbers(6, &random).map { $0 + centre }
    }
    let expected = { (labels: [Int32]) in (0..<400).allSatisfy { labels[$0] == labels[$0 % 8] } && Set(labels).count == 8 }
    let labels = try KMeans(clusters: 8, seed: seed).run(on: Matrix(rows: 400, columns: 6, values: values)).labels
    #expect(expected(labels))
    let far = try KMeans(clusters: 8, seed: seed).run(on: Matrix(rows: 400, columns: 6, values: values.map { $0 * 4 + 100_000 }))
    #expect(expected(far.labels))
    let small = try KMeans(clusters: 8, seed: seed).run(on: Matrix(rows: 400, columns: 6, values: values.map { $0 * 0x1p-20 }))
    #expect(small.labels == labels)
  }

  @Test("begins well: greedy choice beats the average of random starts")
  func seeding() throws {
    let matrix = try Fixtures.dataset("blobs_a")
    let chosen = try KMeans(clusters: 12, seed: 1).run(on: matrix).inertia
    let random = try (0..<6).map { start in
      try KMeans(clusters: 12, initial: matrix.selecting((0..<12).map { $0 * 150 + start })).run(on: matrix).inertia
    }
    #expect(chosen < random.reduce(0, +) / 6)
  }

  @Test("begins at different rows, drawn by the seed, where a random start is asked for") func random() throws {
    let rows = try Matrix((0..<9).map { [Float($0 * $0)] })
    var starts: Set<[Float]> = []
    for seed in 0..<40 as Range<UInt64> {
      let panels = KMeans(clusters: 9, seed: seed, start: .random)
      // As many clusters as rows: every row is drawn once.
      #expect(try panels.run(on: rows).inertia == 0)
      let one = try KMeans(clusters: 3, maxIterations: 1, seed: seed, start: .random).run(on: rows)
      #expect(one.labels == (try KMeans(clusters: 3, maxIterations: 1, seed: seed, threads: 2, start: .random).run(on: rows).labels))
      starts.insert(one.centroids.values)
    }
    // 84 sets of three, some of which lead to the same means.
    #expect(starts.count > 8, "\(starts.count)")
    let data = try Fixtures.blobs(rows: 400, columns: 3, centres: 12)
    let (spread, any) = (try KMeans(clusters: 12, seed: 1).run(on: data), try KMeans(clusters: 12, seed: 1, start: .random).run(on: data))
    #expect(spread.labels != any.labels)
    let (few, many) = (KMeans(clusters: 12, seed: 1, start: .random), KMeans(clusters: 12, runs: 20, seed: 1, start: .random))
    #expect(try many.run(on: data).inertia < (try few.run(on: data).inertia))
    func first(_ start: KMeans.Start) throws -> Double {
      try (0..<10).reduce(0.0) { sum, seed in
        sum + (try KMeans(clusters: 12, maxIterations: 1, seed: UInt64(seed), start: start).run(on: data).inertia)
      }
    }
    #expect(try first(.random) > first(.spread))
  }

  @Test("keeps the best of several runs") func runs() throws {
    let matrix = try Fixtures.blobs(rows: 300, columns: 4, centres: 9, spread: 0.5)
    let one = try KMeans(clusters: 9, seed: 2).run(on: matrix).inertia
    let ten = try KMeans(clusters: 9, runs: 10, seed: 2).run(on: matrix).inertia
    #expect(ten <= one)
  }

  @Test("stops earlier with a tolerance, and its labels belong to its centroids") func tolerance() throws {
    let matrix = try Fixtures.dataset("digits")
    let start = try matrix.selecting(Array(stride(from: 0, to: 1700, by: 170)))
    let exact = try KMeans(clusters: 10, tolerance: 0, initial: start).run(on: matrix)
    let loose = try KMeans(clusters: 10, tolerance: 0.05, initial: start).run(on: matrix)
    #expect(loose.iterations < exact.iterations && loose.converged)
    let short = try KMeans(clusters: 10, maxIterations: 2, tolerance: 0, initial: start).run(on: matrix)
    #expect(short.iterations == 2 && !short.converged)
    for result in [loose, short] {
      for row in stride(from: 0, to: matrix.rows, by: 11) {
        let distances = (0..<10).map { Fixtures.squared(matrix[row], result.centroids[$0]) }
        #expect(distances[Int(result.labels[row])] <= (distances.min() ?? 0) + 1e-3)
      }
      #expect(result.sizes == (0..<10).map { cluster in result.labels.count { $0 == Int32(cluster) } })
    }
  }

  @Test("gives an empty cluster the row farthest from its centroid") func emptyCluster() throws {
    let matrix = try Matrix([[0, 0], [1, 0], [0, 1], [50, 50], [2, 2]])
    // The third initial centroid is nobody's nearest; row 3 is the farthest from its own.
    let result = try KMeans(clusters: 3, initial: Matrix([[0, 0], [1, 1], [-900, -900]])).run(on: matrix)
    #expect(result.sizes.allSatisfy { $0 > 0 })
    #expect(result.labels[3] == 2 && result.sizes[2] == 1)
    // Nor is a row taken that is alone in its cluster: that would only make another one empty.
    let single = try KMeans(clusters: 3, initial: Matrix([[0, 0], [40, 40], [-900, -900]])).run(on: Matrix([[0, 0], [3, 0], [0, 1], [50, 50]]))
    #expect(single.labels[3] == 1 && single.labels[1] == 2)
  }

  @Test("copes with fewer different rows than clusters") func duplicates() throws {
    let matrix = try Matrix(Array(repeating: [1, 2, 3], count: 20) + Array(repeating: [4, 5, 6], count: 20))
    let result = try KMeans(clusters: 5, seed: 3).run(on: matrix)
    #expect(result.inertia == 0)
    #expect(Set(result.labels).count == 2)
    #expect(result.sizes.reduce(0, +) == 40)
  }

  @Test("takes one cluster per row, one for all, and one row") func extremes() throws {
    let matrix = try Fixtures.blobs(rows: 40, columns: 3, centres: 4)
    let each = try KMeans(clusters: 40, seed: 6).run(on: matrix)
    #expect(Set(each.labels).count == 40 && each.inertia < 1e-9)
    let all = try KMeans(clusters: 1).run(on: matrix)
    #expect(all.sizes == [40])
    let single = try KMeans(clusters: 1).run(on: Matrix([[3]]))
    #expect(single.labels == [0] && single.centroids[0] == [3])
  }

  @Test("looks at directions alone when spherical") func spherical() throws {
    var random = SeededRandom(seed: 12)
    let rows = (0..<120).map { row -> [Float] in
      let direction: [Float] = [[1, 0.1, 0], [0, 1, 0.1], [0.1, 0, 1]][row % 3]
      let length = 0.01 + Float(random.next(upperBound: 1000 as UInt64))
      return zip(direction, Fixtures.numbers(3, &random)).map { ($0 + 0.1 * $1) * length }
    }
    let result = try KMeans(clusters: 3, seed: 1, spherical: true).run(on: Matrix(rows))
    #expect((0..<120).allSatisfy { result.labels[$0] == result.labels[$0 % 3] } && Set(result.labels).count == 3)
    for cluster in 0..<3 { #expect(abs(result.centroids[cluster].reduce(0) { $0 + $1 * $1 } - 1) < 1e-6) }
  }

  @Test("reports each iteration and stops when cancelled") func cancellation() throws {
    let matrix = try Fixtures.blobs(rows: 500, columns: 4, centres: 20, spread: 2)
    var iterations: [Int] = []
    let result = try KMeans(clusters: 20, tolerance: 0, initial: matrix.selecting(Array(0..<20))).run(on: matrix) { iterations.append($0.iteration) }
    #expect(iterations == Array(1...result.iterations))

    let cancellation = Cancellation()
    var seen = 0
    let problem = #expect(throws: Problem.self) {
      try KMeans(clusters: 20, tolerance: 0, threads: 2, initial: matrix.selecting(Array(0..<20))).run(on: matrix, cancellation: cancellation) {
        seen = $0.iteration
        if seen == 2 { cancellation.cancel() }
      }
    }
    #expect(problem?.kind == .cancelled && seen == 2)
    #expect(throws: Problem.self) { try KMeans(clusters: 2).run(on: matrix, cancellation: cancellation) }
  }

  @Test(
    "refuses parameters that do not fit, by name",
    arguments: [
      ("n_clusters", KMeans(clusters: 0)), ("n_clusters", KMeans(clusters: 11)), ("max_iter", KMeans(clusters: 2, maxIterations: 0)),
      ("tol", KMeans(clusters: 2, tolerance: -1)), ("tol", KMeans(clusters: 2, tolerance: .nan)), ("n_init", KMeans(clusters: 2, runs: 0)),
      ("threads", KMeans(clusters: 2, threads: 0)), ("threads", KMeans(clusters: 2, threads: 1000)),
    ])
  func badParameters(path: String, kmeans: KMeans) throws {
    let matrix = try Fixtures.blobs(rows: 10, columns: 3, centres: 2)
    let problem = #expect(throws: Problem.self) { try kmeans.run(on: matrix) }
    #expect(problem?.path == path && problem?.kind == .invalid && problem?.hint != nil)
  }

  @Test("refuses initial centroids of another shape, and values too large to square") func badData() throws {
    let matrix = try Fixtures.blobs(rows: 10, columns: 3, centres: 2)
    for initial in [try Matrix([[1, 2, 3]]), try Matrix([[1, 2], [3, 4]])] {
      #expect(throws: Problem.self) { try KMeans(clusters: 2, initial: initial).run(on: matrix) }
    }
    let problem = #expect(throws: Problem.self) { try KMeans(clusters: 1).run(on: Matrix([[1e30, 0], [0, 1]])) }
    #expect(problem?.path == "vectors")
    let several = #expect(throws: Problem.self) { try KMeans(clusters: 0, maxIterations: 0).run(on: matrix) }
    #expect(several?.others.map(\.path) == ["max_iter"])
  }
}
