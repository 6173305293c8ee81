import Basics
import Testing

@testable import Clustering

@Suite("Gaussian mixtures") struct GaussianMixtureTests {
  @Test("agree with scikit-learn", arguments: ModelOracle.all("mixture")) func oracle(oracle: ModelOracle) throws {
    let matrix = try Fixtures.dataset(oracle.dataset)
    let components = try #require(Int(oracle.parameters[0]))
    let spread = try #require(GaussianMixture.Spread(rawValue: oracle.parameters[1]))
    // Several beginnings, of which the likeliest counts: k-means may end elsewhere once.
    let result = try GaussianMixture(components: components, spread: spread, runs: 4, seed: 1).run(on: matrix)
    #expect(abs(result.lowerBound - oracle.bound[0]) < 2e-6)
    #expect(abs(result.bic / oracle.bound[1] - 1) < 1e-5 && abs(result.aic / oracle.bound[2] - 1) < 1e-5)
    #expect(result.iterations == Int(oracle.bound[3]) && result.converged)
    #expect(zip(result.weights.sorted(), oracle.numbers).allSatisfy { abs($0 - $1) < 1e-4 })
    #expect(Fixtures.samePartition(result.labels, oracle.labels))
  }

  @Test("have oracles to agree with") func oraclesExist() { #expect(ModelOracle.all("mixture").count == 8) }

  @Test("give shares that sum up to one, and labels of the largest", arguments: GaussianMixture.Spread.allCases)
  func shares(spread: GaussianMixture.Spread) throws {
    let matrix = try Fixtures.blobs(rows: 230, columns: 5, centres: 4, spread: 0.6)
    let result = try GaussianMixture(components: 3, spread: spread, seed: 2).run(on: matrix)
    for row in 0..<matrix.rows {
      let own = Array(result.probabilities[row * 3..<row * 3 + 3])
      #expect(abs(own.reduce(0, +) - 1) < 1e-12)
      #expect(own[Int(result.labels[row])] == own.max())
    }
    #expect(abs(result.weights.reduce(0, +) - 1) < 1e-12 && result.means.rows == 3)
    #expect(result.covariances.count == spread.numbers(3, 5))
    #expect(result.logLikelihood >= result.lowerBound - 1e-6)
  }

  @Test("of one component are the data's mean and covariance", arguments: [1, 3, 17, 33]) func one(columns: Int) throws {
    let matrix = try Fixtures.blobs(rows: 400, columns: columns, centres: 5)
    let result = try GaussianMixture(components: 1).run(on: matrix)
    for i in 0..<columns {
      let mean = { (column: Int) in (0..<400).reduce(0.0) { $0 + Double(matrix[$1][column]) } / 400 }
      #expect(abs(Double(result.means[0][i]) - mean(i)) < 1e-6)
      for j in [i, 0] {
        let (a, b) = (mean(i), mean(j))
        let covariance = (0..<400).reduce(0.0) { $0 + (Double(matrix[$1][i]) - a) * (Double(matrix[$1][j]) - b) } / 400
        #expect(abs(result.covariances[i * columns + j] - covariance - (i == j ? 1e-6 : 0)) < 1e-9)
      }
    }
    let tied = try GaussianMixture(components: 1, spread: .tied).run(on: matrix)
    #expect(abs(tied.lowerBound - result.lowerBound) < 1e-9)
  }

  @Test("give the same for any number of threads, and nearly so on every level", arguments: GaussianMixture.Spread.allCases)
  func threads(spread: GaussianMixture.Spread) throws {
    let matrix = try Fixtures.blobs(rows: 500, columns: 20, centres: 3, spread: 1)
    let one = try GaussianMixture(components: 3, spread: spread, seed: 5).run(on: matrix)
    let many = try GaussianMixture(components: 3, spread: spread, seed: 5, threads: 3).run(on: matrix)
    #expect(one.probabilities == many.probabilities && one.covariances == many.covariances && one.bic == many.bic)
    for level in [0] + KernelTests.levels {
      guard let forced = try Fixtures.at(level, { try GaussianMixture(components: 3, spread: spread, seed: 5).run(on: matrix) }) else { continue }
      #expect(abs(forced.lowerBound - one.lowerBound) < 1e-6)
    }
  }

  @Test("grow likelier with each iteration, and stop when cancelled") func progress() throws {
    let matrix = try Fixtures.blobs(rows: 300, columns: 4, centres: 6, spread: 1)
    var bounds: [Double] = []
    _ = try GaussianMixture(components: 4, tolerance: 0, maxIterations: 20).run(on: matrix) { bounds.append($2) }
    #expect(bounds.count == 20 && zip(bounds, bounds.dropFirst()).allSatisfy { $1 >= $0 - 1e-9 })
    let cancellation = Cancellation()
    let problem = #expect(throws: Problem.self) {
      try GaussianMixture(components: 4, tolerance: 0).run(on: matrix, cancellation: cancellation) { _, _, _ in cancellation.cancel() }
    }
    #expect(problem?.kind == .cancelled)
  }

  @Test("survive constants, duplicates, one row and one dimension") func special() throws {
    let constant = try Matrix(rows: 20, columns: 3, values: [Float](repeating: 2, count: 60))
    for spread in GaussianMixture.Spread.allCases {
      #expect(try GaussianMixture(components: 2, spread: spread).run(on: constant).probabilities.allSatisfy(\.isFinite))
      #expect(try GaussianMixture(components: 1, spread: spread).run(on: Matrix([[1, 2]])).labels == [0])
      let line = try Fixtures.separate(2, members: 30, columns: 1)
      #expect(Fixtures.samePartition(try GaussianMixture(components: 2, spread: spread).run(on: line.matrix).labels, line.labels))
    }
    let problem = #expect(throws: Problem.self) { try GaussianMixture(components: 2, regularisation: 0).run(on: constant) }
    #expect(problem?.path == "reg_covar")
  }

  @Test("refuse what does not fit, by name") func refusals() throws {
    let matrix = try Fixtures.blobs(rows: 10, columns: 3, centres: 2)
    let cases: [(String, GaussianMixture)] = [
      ("n_components", GaussianMixture(components: 0)), ("n_components", GaussianMixture(components: 11)),
      ("tol", GaussianMixture(tolerance: -1)), ("reg_covar", GaussianMixture(regularisation: -1)), ("max_iter", GaussianMixture(maxIterations: 0)),
      ("n_init", GaussianMixture(runs: 0)), ("threads", GaussianMixture(threads: 0)),
    ]
    for (path, model) in cases {
      let problem = #expect(throws: Problem.self) { try model.run(on: matrix) }
      #expect(problem?.path == path && problem?.kind == .invalid && problem?.hint != nil)
    }
    let wide = try Matrix(rows: 2, columns: 5000, values: [Float](repeating: 1, count: 10_000))
    #expect(throws: Problem.self) { try GaussianMixture().run(on: wide) }
    #expect(try GaussianMixture(spread: .diagonal).run(on: wide).labels == [0, 0])
  }
}
