import Basics
import Testing

@testable import Clustering

@Suite("Mean shift") struct MeanShiftTests {
  @Test("agrees with scikit-learn", arguments: ModelOracle.all("shift")) func oracle(oracle: ModelOracle) throws {
    let matrix = try Fixtures.oracleData(oracle.dataset)
    let words = oracle.parameters.compactMap(Double.init)
    let model = MeanShift(
      bandwidth: words[0] == 0 ? nil : words[0], quantile: words[1], binSeeding: words[2] == 1, minBinFrequency: Int(words[3]),
      clusterAll: words[4] == 1, threads: 2)
    let result = try model.run(on: matrix)
    #expect(abs(result.bandwidth / oracle.bound[0] - 1) < 1e-6)
    #expect(result.labels == oracle.labels)
    #expect(zip(result.centres.values, oracle.numbers).allSatisfy { abs(Double($0) - $1) < 1e-5 })
    #expect(result.centres.values.count == oracle.numbers.count)
    // Where a step is just as long as the limit, the order of adding decides.
    #expect(abs(result.iterations - Int(oracle.bound[1])) <= 1)
  }

  @Test("has oracles to agree with") func oraclesExist() { #expect(ModelOracle.all("shift").count == 6) }

  @Test("finds separate blobs, densest first, for any number of threads") func blobs() throws {
    let (matrix, labels) = try Fixtures.separate(4, members: 40, columns: 40)
    let one = try MeanShift(bandwidth: 12).run(on: matrix)
    #expect(Fixtures.samePartition(one.labels, labels) && one.densities == [40, 40, 40, 40])
    let many = try MeanShift(bandwidth: 12, threads: 3).run(on: matrix)
    #expect(many.labels == one.labels && many.centres == one.centres)
  }

  @Test("counts rows exactly at the bandwidth, and begins where it is told") func edges() throws {
    let matrix = try Matrix([[0], [1], [2], [10]])
    let result = try MeanShift(bandwidth: 2, seeds: Matrix([[0]]), clusterAll: false).run(on: matrix)
    #expect(result.centres == (try Matrix([[1]])) && result.labels == [0, 0, 0, -1] && result.densities == [3])
    let problem = #expect(throws: Problem.self) { try MeanShift(bandwidth: 1, seeds: Matrix([[-50]])).run(on: matrix) }
    #expect(problem?.path == "bandwidth")
  }

  @Test("survives one row, one dimension and duplicates") func special() throws {
    #expect(try MeanShift(bandwidth: 1).run(on: Matrix([[3, 4]])).labels == [0])
    #expect(try MeanShift(bandwidth: 1).run(on: Matrix([[3], [3], [9]])).labels == [0, 0, 1])
    let problem = #expect(throws: Problem.self) { try MeanShift().run(on: Matrix([[3], [3], [3]])) }
    #expect(problem?.path == "bandwidth" && problem?.hint != nil)
  }

  @Test("tells its rounds, and stops when cancelled") func cancellation() throws {
    let matrix = try Fixtures.blobs(rows: 200, columns: 3, centres: 3)
    var rounds: [Int] = []
    _ = try MeanShift().run(on: matrix) { round, _ in rounds.append(round) }
    #expect(rounds == Array(1...max(1, rounds.count)))
    let cancellation = Cancellation()
    let problem = #expect(throws: Problem.self) {
      try MeanShift(threads: 2).run(on: matrix, cancellation: cancellation) { _, _ in cancellation.cancel() }
    }
    #expect(problem?.kind == .cancelled)
  }

  @Test("refuses what does not fit, by name") func refusals() throws {
    let matrix = try Fixtures.blobs(rows: 10, columns: 3, centres: 2)
    let cases: [(String, MeanShift)] = [
      ("bandwidth", MeanShift(bandwidth: 0)), ("bandwidth", MeanShift(bandwidth: .nan)), ("bandwidth_quantile", MeanShift(quantile: 1.5)),
      ("min_bin_freq", MeanShift(minBinFrequency: 0)), ("max_iter", MeanShift(maxIterations: 0)), ("threads", MeanShift(threads: 0)),
      ("seeds", MeanShift(bandwidth: 1, seeds: try Matrix([[1, 2]]))),
    ]
    for (path, model) in cases {
      let problem = #expect(throws: Problem.self) { try model.run(on: matrix) }
      #expect(problem?.path == path && problem?.kind == .invalid && problem?.hint != nil)
    }
  }
}
