import Basics
import Testing

@testable import Clustering

@Suite("Spectral clustering") struct SpectralTests {
  @Test("agrees with scikit-learn", arguments: ModelOracle.all("spectral")) func oracle(oracle: ModelOracle) throws {
    let matrix = try Fixtures.oracleData(oracle.dataset)
    let clusters = try #require(Int(oracle.parameters[0]))
    let graph = try #require(Spectral.Graph(rawValue: oracle.parameters[1]))
    let number = try #require(Double(oracle.parameters[2]))
    let model = Spectral(clusters: clusters, graph: graph, gamma: number, neighbours: max(2, Int(number)), seed: 1, threads: 2)
    let result = try model.run(on: matrix)
    #expect(result.converged)
    // On digits many distances are equal, and the graph depends on which of them count.
    let tied = oracle.dataset == "digits"
    #expect(zip(result.eigenvalues, oracle.numbers).allSatisfy { abs($0 - $1) < (tied ? 1e-3 : 2e-6) })
    #expect(Fixtures.adjustedRand(result.labels, oracle.labels) > (tied ? 0.9 : 0.99))
  }

  @Test("has oracles to agree with") func oraclesExist() { #expect(ModelOracle.all("spectral").count == 4) }

  @Test("finds two rings, which no mean could") func rings() throws {
    // Points of a circle by rotation, a small one inside a large one.
    var points: [[Float]] = []
    var (x, y) = (1.0, 0.0)
    for _ in 0..<120 {
      points += [[Float(x), Float(y)], [Float(4 * x), Float(4 * y)]]
      (x, y) = (0.9986295347545738 * x - 0.052335956242943835 * y, 0.052335956242943835 * x + 0.9986295347545738 * y)
    }
    let result = try Spectral(clusters: 2, graph: .nearestNeighbours, neighbours: 5).run(on: Matrix(points))
    #expect(Fixtures.samePartition(result.labels, (0..<240).map { Int32($0 % 2) }))
    // Two parts that nothing connects: the eigenvalue 0 twice.
    #expect(result.eigenvalues.allSatisfy { abs($0) < 1e-6 })
  }

  @Test("finds eigenvectors of large matrices as the decomposition of the whole does, for any number of threads")
  func eigenvectors() throws {
    let matrix = try Fixtures.blobs(rows: 430, columns: 3, centres: 5)
    try Team.gather(2) { (team) throws(Problem) in
      let affinity = try Affinity.radial(matrix, gamma: 2, team, Cancellation())
      let found = try LeadingEigenvectors(of: affinity, count: 6, tolerance: 1e-9, seed: 1, team, Cancellation())
      let again = try Team.gather(1) { (alone) throws(Problem) in
        try LeadingEigenvectors(of: affinity, count: 6, tolerance: 1e-9, seed: 1, alone, Cancellation())
      }
      #expect(found.converged && found.values == again.values && found.vectors == again.vectors)
      guard case .dense(let pairs, _) = affinity else { return }
      let whole = (0..<430 * 430).map { Double(pairs.entries.pointer[$0 / 430 * pairs.stride + $0 % 430]) }
      let eigen = try SymmetricEigen(of: whole, size: 430)
      for v in 0..<6 {
        #expect(abs(found.values[v] - eigen.values[v]) < 1e-8)
        let product = zip(found.vectors[v * 430..<(v + 1) * 430], eigen[v]).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(abs(product) - 1) < 1e-6)
      }
    }
  }

  @Test("survives one row, duplicates, rows without neighbours, and more components than rows ask for") func special() throws {
    #expect(try Spectral(clusters: 1).run(on: Matrix([[1, 2]])).labels == [0])
    #expect(try Spectral(clusters: 2).run(on: Matrix([[0], [1000]])).sizes == [1, 1])
    let same = try Matrix(rows: 30, columns: 2, values: [Float](repeating: 1, count: 60))
    for graph in Spectral.Graph.allCases { #expect(try Spectral(clusters: 2, graph: graph).run(on: same).labels.count == 30) }
    let (matrix, labels) = try Fixtures.separate(3, members: 20, columns: 2)
    #expect(Fixtures.samePartition(try Spectral(clusters: 3, graph: .nearestNeighbours, neighbours: 6).run(on: matrix).labels, labels))
  }

  @Test("refuses what does not fit, by name, and stops when cancelled") func refusals() throws {
    let matrix = try Fixtures.blobs(rows: 10, columns: 3, centres: 2)
    let cases: [(String, Spectral)] = [
      ("n_clusters", Spectral(clusters: 0)), ("n_clusters", Spectral(clusters: 11)), ("n_components", Spectral(clusters: 2, components: 0)),
      ("gamma", Spectral(clusters: 2, gamma: 0)), ("n_neighbors", Spectral(clusters: 2, neighbours: 0)), ("n_init", Spectral(clusters: 2, runs: 0)),
      ("eigen_tol", Spectral(clusters: 2, tolerance: -1)), ("threads", Spectral(clusters: 2, threads: 0)),
      ("memory", Spectral(clusters: 2, memoryLimit: 10)),
    ]
    for (path, model) in cases {
      let problem = #expect(throws: Problem.self) { try model.run(on: matrix) }
      #expect(problem?.path == path && problem?.hint != nil)
    }
    let cancellation = Cancellation()
    let problem = #expect(throws: Problem.self) {
      try Spectral(clusters: 2).run(on: matrix, cancellation: cancellation) { _ in cancellation.cancel() }
    }
    #expect(problem?.kind == .cancelled)
  }
}
