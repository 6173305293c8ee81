import Basics
import Glibc
import Testing

@testable import Clustering

@Suite("Statistics of pairs") struct PairStatisticTests {
  @Test("are what SciPy computes", arguments: [1, 2]) func oracle(threads: Int) throws {
    let (baseline, current, _) = try DriftFixture.rows()
    let gamma = try PairStatistic.medianGamma(baseline, threads: threads)
    #expect(abs(gamma / (try DriftFixture.expected("gamma")) - 1) < 1e-6)
    let mmd = try PairStatistic(baseline, current, kernel: .gaussian(gamma: gamma), threads: threads)
    #expect(abs(mmd.value - (try DriftFixture.expected("mmd"))) < 1e-6)
    #expect(abs(mmd.biased - (try DriftFixture.expected("mmd_biased"))) < 1e-6)
    #expect(mmd.pValue == 1.0 / 201)
    // Of 200 permutations: 5 % of a standard deviation's own deviation, three times.
    #expect(abs(mmd.nullDeviation / (try DriftFixture.expected("mmd_null_deviation")) - 1) < 0.2)
    #expect(abs(mmd.nullMean) < 4 * mmd.nullDeviation / 200.0.squareRoot())
    let energy = try PairStatistic(baseline, current, kernel: .distance, threads: threads)
    #expect(abs(energy.value - (try DriftFixture.expected("energy"))) < 1e-6)
    #expect(abs(energy.biased - (try DriftFixture.expected("energy_biased"))) < 1e-6)
    #expect(energy.pValue == 1.0 / 201)
  }

  @Test("of permutations are those of the exchanged rows themselves", arguments: [(140, 100), (5, 130), (33, 2)])
  func permutations(m: Int, n: Int) throws {
    let rows = try Fixtures.blobs(rows: m + n, columns: 5, centres: 3)
    let (a, b) = (try rows.selecting(Array(0..<m)), try rows.selecting(Array(m..<m + n)))
    let sums = try Team.gather(2) { (team) throws(Problem) in try PairSums(a, b, .gaussian(gamma: 0.8), 3, 11, team, Cancellation()) }
    let all = m + n
    var random = SeededRandom(seed: 11)
    for permutation in 0..<3 {
      let signs = PairStatisticTests.signs(random.next(), all, m)
      var (form, difference) = (0.0, 0.0)
      for i in 0..<all {
        for j in (i + 1)..<max(all, i + 1) {
          let value = PairStatisticTests.gaussian(Fixtures.squared(rows[i], rows[j]), 0.8)
          form += signs[i] * signs[j] * value
          difference += (signs[i] + signs[j]) * value
        }
      }
      #expect(abs(sums.forms[permutation] - form) < 2e-3 && abs(sums.differences[permutation] - difference) < 2e-3)
    }
  }

  @Test("do not depend on the number of threads, only on the seed") func threads() throws {
    let (baseline, current, _) = try DriftFixture.rows()
    let one = try PairStatistic(baseline, current, kernel: .distance, seed: 3, threads: 1)
    #expect(try PairStatistic(baseline, current, kernel: .distance, seed: 3, threads: 3) == one)
    #expect(try PairStatistic(baseline, current, kernel: .distance, seed: 4, threads: 3).nullMean != one.nullMean)
  }

  @Test("have p-values that are spread evenly without drift") func calibration() throws {
    var low = 0
    for seed in 0..<40 {
      let rows = try Fixtures.blobs(rows: 80, columns: 3, centres: 2, seed: UInt64(seed))
      let statistic = try PairStatistic(
        rows.selecting(Array(0..<50)), rows.selecting(Array(50..<80)), kernel: .gaussian(gamma: 1), permutations: 99, seed: UInt64(seed))
      if let p = statistic.pValue, p <= 0.25 { low += 1 }
    }
    // Binomial(40, 1/4): mean 10, deviation 2.7.
    #expect((2...18).contains(low))
  }

  @Test("of equal rows are 0, and their chance is 1") func equal() throws {
    let constant = try Matrix(rows: 7, columns: 2, values: Array(repeating: 3, count: 14))
    for kernel in [PairStatistic.Kernel.gaussian(gamma: 1), .distance] {
      let statistic = try PairStatistic(constant, constant, kernel: kernel, permutations: 20)
      #expect(abs(statistic.value) < 1e-6 && statistic.biased < 1e-6 && (statistic.pValue ?? 0) > 0)
    }
    #expect(try PairStatistic.medianGamma(constant) == 1)
    #expect(try PairStatistic(constant, constant, kernel: .distance, permutations: 0).pValue == nil)
  }

  @Test("refuse what does not fit, and stop when cancelled") func bad() throws {
    let rows = try Matrix([[1, 2], [3, 4]])
    let one = try Matrix([[1, 2]])
    #expect(throws: Problem.self) { try PairStatistic(one, rows, kernel: .distance) }
    #expect(throws: Problem.self) { try PairStatistic(rows, Matrix([[1], [2]]), kernel: .distance) }
    #expect(#expect(throws: Problem.self) { try PairStatistic(rows, rows, kernel: .gaussian(gamma: 0)) }?.path == "gamma")
    #expect(#expect(throws: Problem.self) { try PairStatistic(rows, rows, kernel: .distance, threads: 0) }?.path == "threads")
    #expect(#expect(throws: Problem.self) { try PairStatistic(rows, rows, kernel: .distance, permutations: -1) }?.path == "permutations")
    #expect(throws: Problem.self) { try PairStatistic(rows, Matrix([[1e30, 1], [1, 2]]), kernel: .distance) }
    #expect(
      #expect(throws: Problem.self) {
        try PairStatistic(rows, rows, kernel: .distance, cancellation: DriftFixture.cancelled())
      }?.kind == .cancelled)
  }
}

extension PairStatisticTests {
  /// The signs of one permutation, drawn as the kernel draws them.
  static func signs(_ seed: UInt64, _ count: Int, _ chosen: Int) -> [Double] {
    var deck = Array(0..<count)
    var random = SeededRandom(seed: seed)
    var signs = [Double](repeating: -1, count: count)
    for i in 0..<chosen {
      deck.swapAt(i, i + Int(((random.next() >> 32) * UInt64(count - i)) >> 32))
      signs[deck[i]] = 1
    }
    return signs
  }

  static func gaussian(_ square: Double, _ gamma: Double) -> Double { exp(-gamma * square) }
}
