import Basics
import Testing

@testable import Clustering

@Suite("Mini-batch k-means") struct MiniBatchKMeansTests {
  @Test("comes near to k-means") func quality() throws {
    let matrix = try Fixtures.dataset("digits")
    let full = try KMeans(clusters: 10, runs: 3, seed: 1).run(on: matrix).inertia
    let result = try MiniBatchKMeans(clusters: 10, batchSize: 256, seed: 1).run(on: matrix)
    #expect(result.inertia < 1.08 * full && result.inertia >= 0.99 * full)
    #expect(result.converged && result.sizes.reduce(0, +) == matrix.rows)
    for row in stride(from: 0, to: matrix.rows, by: 97) {
      let distances = (0..<10).map { Fixtures.squared(matrix[row], result.centroids[$0]) }
      #expect(distances[Int(result.labels[row])] <= (distances.min() ?? 0) + 1e-3)
    }
  }

  @Test("begins with the best of several choices, spread or random") func starts() throws {
    let data = try Fixtures.blobs(rows: 600, columns: 4, centres: 12)
    for start in [KMeans.Start.spread, .random] {
      func total(_ runs: Int) throws -> Double {
        try (0..<6).reduce(0.0) { sum, seed in
          let model = MiniBatchKMeans(clusters: 12, batchSize: 100, maxIterations: 2, seed: UInt64(seed), start: start, runs: runs)
          return sum + (try model.run(on: data).inertia)
        }
      }
      #expect(try total(12) < (try total(1)))
    }
    #expect(#expect(throws: Problem.self) { try MiniBatchKMeans(clusters: 2, runs: 0).run(on: data) }?.path == "n_init")
  }

  @Test("finds separate blobs, also by direction alone") func blobs() throws {
    let (matrix, labels) = try Fixtures.separate(5, members: 100, columns: 3)
    #expect(Fixtures.samePartition(try MiniBatchKMeans(clusters: 5, batchSize: 50, seed: 3).run(on: matrix).labels, labels))
    let ways: [[Float]] = [[1, 0.01], [0.01, 1], [-1, 0]]
    let directions = try Matrix((0..<300).map { row in ways[row % 3].map { $0 * Float(1 + row / 3) } })
    let spherical = try MiniBatchKMeans(clusters: 3, batchSize: 64, spherical: true).run(on: directions)
    #expect(Fixtures.samePartition(spherical.labels, (0..<300).map { Int32($0 % 3) }))
  }

  @Test("gives the same for any number of threads, and for few rows") func threads() throws {
    let matrix = try Fixtures.blobs(rows: 900, columns: 30, centres: 8, spread: 1)
    let one = try MiniBatchKMeans(clusters: 8, batchSize: 100, seed: 2).run(on: matrix)
    let many = try MiniBatchKMeans(clusters: 8, batchSize: 100, seed: 2, threads: 3).run(on: matrix)
    #expect(one.labels == many.labels && one.centroids == many.centroids && one.iterations == many.iterations)
    #expect(try MiniBatchKMeans(clusters: 1).run(on: Matrix([[1, 2]])).labels == [0])
    #expect(try MiniBatchKMeans(clusters: 3).run(on: Matrix([[1], [1], [1]])).labels.count == 3)
  }

  @Test("refuses what does not fit, by name, and stops when cancelled") func refusals() throws {
    let matrix = try Fixtures.blobs(rows: 100, columns: 3, centres: 2)
    let cases: [(String, MiniBatchKMeans)] = [
      ("n_clusters", MiniBatchKMeans(clusters: 0)), ("n_clusters", MiniBatchKMeans(clusters: 101)),
      ("batch_size", MiniBatchKMeans(clusters: 2, batchSize: 0)), ("max_iter", MiniBatchKMeans(clusters: 2, maxIterations: 0)),
      ("max_no_improvement", MiniBatchKMeans(clusters: 2, maxNoImprovement: 0)),
      ("reassignment_ratio", MiniBatchKMeans(clusters: 2, reassignmentRatio: 2)), ("threads", MiniBatchKMeans(clusters: 2, threads: 0)),
    ]
    for (path, model) in cases {
      let problem = #expect(throws: Problem.self) { try model.run(on: matrix) }
      #expect(problem?.path == path && problem?.kind == .invalid && problem?.hint != nil)
    }
    let cancellation = Cancellation()
    let problem = #expect(throws: Problem.self) {
      try MiniBatchKMeans(clusters: 2, maxNoImprovement: nil).run(on: matrix, cancellation: cancellation) { batch, _ in
        if batch == 3 { cancellation.cancel() }
      }
    }
    #expect(problem?.kind == .cancelled)
  }
}

@Suite("Choosing the number of clusters") struct AutoKTests {
  @Test("finds how many blobs there are, by either criterion", arguments: AutoK.Criterion.allCases, [2, 5, 8])
  func blobs(criterion: AutoK.Criterion, clusters: Int) throws {
    // Every blob is as far from all others, so that each one that is found is worth as much.
    var random = SeededRandom(seed: 6)
    let matrix = try Matrix((0..<30 * clusters).map { row in Fixtures.numbers(8, &random).enumerated().map { $0 == row % clusters ? 12 : $1 } })
    let labels = (0..<30 * clusters).map { Int32($0 % clusters) }
    // A bend needs both sides.
    let range = criterion == .elbow ? 2...max(clusters + 6, 3) : 2...12
    guard criterion == .silhouette || clusters > 2 else { return }
    let result = try AutoK(range: range, criterion: criterion, runs: 3, seed: 4, threads: 2).run(on: matrix)
    #expect(result.clusters == clusters && Fixtures.samePartition(result.best.labels, labels))
    #expect(result.trials.map(\.clusters) == Array(range))
    #expect(result.trials.allSatisfy { ($0.silhouette != nil) == (criterion == .silhouette) })
  }

  @Test("tries each number as k-means from the same first centroids would") func trials() throws {
    let matrix = try Fixtures.blobs(rows: 300, columns: 6, centres: 4, spread: 0.8)
    let result = try AutoK(range: 2...6, seed: 9).run(on: matrix)
    var random = SeededRandom(seed: 9)
    let start = try Team.gather(1) { (team) throws(Problem) in
      var own = SeededRandom(seed: random.next())
      let panels = try Panels(matrix, cost: 6, team: team)
      return try Seeding(panels, clusters: 6, team: team, cancellation: Cancellation()).choose(6, &own)
    }
    for trial in result.trials {
      let alone = try KMeans(clusters: trial.clusters, initial: start.selecting(Array(0..<trial.clusters))).run(on: matrix)
      #expect(abs(alone.inertia - trial.inertia) <= 1e-9 * alone.inertia)
      #expect(trial.silhouette == (try ClusterScores(of: matrix, labels: alone.labels).silhouette))
    }
  }

  @Test("finds the bend of a curve") func bend() {
    #expect(AutoK.bend(of: [100, 50, 10, 9, 8, 7]) == 2)
    #expect(AutoK.bend(of: [10, 5]) == 0 && AutoK.bend(of: []) == 0)
    #expect(AutoK.peak(of: [1, 3, 3]) == 1)
  }

  @Test("refuses what does not fit, by name, and stops when cancelled") func refusals() throws {
    let matrix = try Fixtures.blobs(rows: 30, columns: 3, centres: 2)
    for (path, model) in [("min_clusters", AutoK(range: 1...3)), ("sample_size", AutoK(sampleSize: 1)), ("threads", AutoK(threads: 0))] {
      let problem = #expect(throws: Problem.self) { try model.run(on: matrix) }
      #expect(problem?.path == path && problem?.hint != nil)
    }
    let cancellation = Cancellation()
    #expect(throws: Problem.self) { try AutoK().run(on: matrix, cancellation: cancellation) { _ in cancellation.cancel() } }
  }
}
