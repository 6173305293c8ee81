import Basics
import Testing

@testable import Clustering

@Suite("Drift of means") struct DriftTests {
  /// Values from NumPy in double precision; 30 rows of baseline, then 20 of now.
  @Test("is what NumPy computes", arguments: [(false, 0.706134079938447, 1.936201220867998), (true, 0.6910368701815481, 0.34870310535313864)])
  func oracle(normalised: Bool, cosine: Double, shift: Double) throws {
    let matrix = try VectorFile.read(Fixtures.folder + "drift.f32", dimensions: 24)
    var baseline = MeanAccumulator(dimensions: 24, normalised: normalised)
    var current = MeanAccumulator(dimensions: 24, normalised: normalised)
    try baseline.add(matrix.selecting(Array(0..<30)))
    for row in 30..<50 { try current.add(matrix[row]) }
    let means = (try #require(baseline.mean), try #require(current.mean))
    #expect(abs(try Drift.cosine(baselineMean: means.0, currentMean: means.1) - cosine) < 1e-12)
    #expect(abs(try Drift.centroidShift(baselineMean: means.0, currentMean: means.1) - shift) < 1e-12)
  }

  @Test("is 0 for the same, 1 at a right angle, 2 for the opposite") func range() throws {
    let cases: [(current: [Double], cosine: Double, squaredShift: Double)] = [
      ([2, 2], 0, 0), ([5, 5], 0, 18), ([-3, 3], 1, 26), ([-2, -2], 2, 32),
    ]
    for (current, cosine, squaredShift) in cases {
      #expect(abs(try Drift.cosine(baselineMean: [2, 2], currentMean: current) - cosine) < 1e-15)
      #expect(abs(try Drift.centroidShift(baselineMean: [2, 2], currentMean: current) - squaredShift.squareRoot()) < 1e-15)
    }
  }

  @Test("has no direction to compare when a mean is zero, and no dimensions to mix") func bad() {
    #expect(#expect(throws: Problem.self) { try Drift.cosine(baselineMean: [0, 0], currentMean: [1, 0]) }?.message.contains("baseline") == true)
    #expect(throws: Problem.self) { try Drift.cosine(baselineMean: [1], currentMean: [1, 0]) }
    #expect(throws: Problem.self) { try Drift.centroidShift(baselineMean: [], currentMean: []) }
  }

  @Test("means of parts join to the mean of all", arguments: [0, 1, 13, 50]) func merge(cut: Int) throws {
    let matrix = try VectorFile.read(Fixtures.folder + "drift.f32", dimensions: 24)
    var all = MeanAccumulator(dimensions: 24, normalised: true)
    var (first, second) = (all, all)
    try all.add(matrix)
    for row in 0..<50 { if row < cut { try first.add(matrix[row]) } else { try second.add(matrix[row]) } }
    try first.merge(second)
    #expect(first.count == 50)
    #expect(zip(try #require(first.mean), try #require(all.mean)).allSatisfy { abs($0 - $1) < 1e-15 })
    #expect(MeanAccumulator(count: first.count, sums: first.sums, normalised: true) == first)
    #expect(MeanAccumulator(dimensions: 2, normalised: false).mean == nil)
  }

  @Test("refuses vectors that do not fit and leaves the mean as it was") func badVectors() throws {
    var mean = MeanAccumulator(dimensions: 2, normalised: false)
    try mean.add([1, 3])
    #expect(throws: Problem.self) { try mean.add([1]) }
    #expect(throws: Problem.self) { try mean.add([.nan, 1]) }
    #expect(throws: Problem.self) { try mean.merge(MeanAccumulator(dimensions: 2, normalised: true)) }
    #expect(mean.mean == [1, 3])
  }
}
