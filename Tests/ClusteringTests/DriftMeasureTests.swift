import Basics
import Glibc
import Testing

@testable import Clustering

@Suite("Measures of drift") struct DriftMeasureTests {
  @Test("of components, shares, Gaussians and a classifier are what SciPy computes") func oracle() throws {
    let (baseline, current, centroids) = try DriftFixture.rows()
    let components = try ComponentDrift(baseline, current, threads: 2)
    #expect(abs(components.largestDistance - (try DriftFixture.expected("ks"))) < 1e-12)
    // SciPy has the exact finite distribution; ours is its expansion.
    #expect(abs((components.pValues.min() ?? 9) / (try DriftFixture.expected("ks_min_p")) - 1) < 0.02)
    #expect(abs(components.meanShift - (try DriftFixture.expected("wasserstein"))) < 1e-9)
    #expect(abs(try Frechet.full(Moments(of: baseline), current) - (try DriftFixture.expected("frechet"))) < 1e-9)
    #expect(abs(try DomainClassifier(baseline, current).auc - (try DriftFixture.expected("domain_auc"))) < 1e-12)
    let (a, b) = (try CentroidAssignment(of: baseline, to: centroids), try CentroidAssignment(of: current, to: centroids, threads: 2))
    let shares = try ShareDrift(ShareDrift.counts(a.labels, cells: 4), ShareDrift.counts(b.labels, cells: 4))
    #expect(abs(shares.chiSquare - (try DriftFixture.expected("chi2"))) < 1e-9)
    #expect(abs(shares.pValue / (try DriftFixture.expected("chi2_p")) - 1) < 1e-9)
    #expect(abs(shares.psi - (try DriftFixture.expected("psi"))) < 1e-12)
    #expect(abs(shares.jensenShannon - (try DriftFixture.expected("js"))) < 1e-12)
    #expect(abs(shares.totalVariation - (try DriftFixture.expected("total_variation"))) < 1e-12)
  }

  @Test("are nothing between equal rows") func identical() throws {
    let (baseline, _, _) = try DriftFixture.rows()
    let components = try ComponentDrift(baseline, baseline)
    #expect(components.largestDistance == 0 && components.meanShift == 0 && components.pValue == 1 && components.driftedShare == 0)
    #expect(try Frechet.full(Moments(of: baseline), baseline) < 1e-9)
    let shares = try ShareDrift([3, 0, 4], [3, 0, 4])
    #expect(shares.psi == 0 && shares.jensenShannon == 0 && shares.totalVariation == 0 && shares.pValue == 1)
  }

  @Test("reach their ends between sides that share nothing") func apart() throws {
    let shares = try ShareDrift([50, 0], [0, 50])
    #expect(abs(shares.jensenShannon - 1) < 1e-12 && shares.totalVariation == 1 && shares.pValue < 1e-20 && shares.psi > 8)
    var random = SeededRandom(seed: 5)
    let left = try Matrix(rows: 40, columns: 3, values: Fixtures.numbers(120, &random))
    let right = try Matrix(rows: 30, columns: 3, values: Fixtures.numbers(90, &random).map { $0 + 9 })
    #expect(try DomainClassifier(left, right).auc == 1)
    #expect(try ComponentDrift(left, right).distances == [1, 1, 1])
    #expect(try ComponentDrift(left, right).shiftedShare == 1)
  }

  /// (distance, m, n, p) with p by `scipy.stats.kstwo.sf(distance, round(m n / (m + n)))`.
  @Test(
    "have the chances of Kolmogorov and Smirnov",
    arguments: [
      (0.1, 5000, 200, 0.0400431), (0.03, 5000, 5000, 0.0217671), (0.25, 40, 40, 0.1376257), (0.4, 20, 30, 0.0303155), (0.02, 100, 100, 1.0),
    ]) func kolmogorov(distance: Double, m: Int, n: Int, expected: Double)
  {
    let chance = Distributions.kolmogorovAbove(distance, m, n)
    #expect(abs(chance - expected) < 0.005 * expected)
    #expect((0...1).contains(chance))
  }

  @Test("have chances that fall as distances grow") func monotonous() {
    for (m, n) in [(3, 4), (50, 60), (5000, 5000)] {
      let chances = stride(from: 0, through: 1, by: 0.01).map { Distributions.kolmogorovAbove($0, m, n) }
      #expect(zip(chances, chances.dropFirst()).allSatisfy { $0 + 1e-3 >= $1 } && chances[0] == 1)
    }
  }

  /// Q(a, x) for integer and half-integer a in closed form.
  @Test("have the chances of chi-square") func chiSquare() {
    for x in [0.01, 0.5, 1, 3, 10, 40.0] {
      #expect(abs(Distributions.gammaAbove(x, shape: 1) - exp(-x)) < 1e-14)
      #expect(abs(Distributions.gammaAbove(x, shape: 3) - exp(-x) * (1 + x + x * x / 2)) < 1e-13)
      #expect(abs(Distributions.chiSquareAbove(2 * x, freedom: 1) - 2 * Distributions.normalAbove((2 * x).squareRoot())) < 1e-13)
    }
    #expect(Distributions.gammaAbove(0, shape: 2) == 1 && Distributions.gammaAbove(.infinity, shape: 2) == 0)
    #expect(Distributions.chiSquareAbove(3, freedom: 0) == 1)
  }

  @Test("bear one row, one column, constants and thousands of columns") func degenerate() throws {
    let one = try Matrix([[2]])
    #expect(try ComponentDrift(one, one).distances == [0])
    let constant = try Matrix([[1, 1], [1, 1], [1, 1], [1, 1]])
    let moved = try Matrix([[1, 2], [1, 2], [1, 2], [1, 2]])
    #expect(try ComponentDrift(constant, moved).shifts == [0, 1])
    #expect(abs(try Frechet.full(Moments(of: constant), moved) - 1) < 1e-12)
    #expect(try DomainClassifier(constant, constant).auc == 0.5 && DomainClassifier(constant, moved).auc == 1)
    let wide = try Fixtures.blobs(rows: 8, columns: 4096, centres: 1)
    #expect((0...1).contains(try DomainClassifier(wide, wide, threads: 2).auc))
    #expect(try ComponentDrift(wide, wide, threads: 2).largestDistance == 0)
  }

  @Test("do not depend on the number of threads") func threads() throws {
    let (baseline, current, centroids) = try DriftFixture.rows()
    #expect(try ComponentDrift(baseline, current, threads: 1) == ComponentDrift(baseline, current, threads: 3))
    #expect(try DomainClassifier(baseline, current, threads: 1) == DomainClassifier(baseline, current, threads: 3))
    #expect(try Moments(of: baseline, threads: 1) == Moments(of: baseline, threads: 3))
    let one = try CentroidAssignment(of: current, to: centroids, threads: 1)
    let two = try CentroidAssignment(of: current, to: centroids, threads: 2)
    #expect(one.labels == two.labels && one.distances == two.distances)
  }

  @Test("refuse what does not fit, and stop when cancelled") func bad() throws {
    let (baseline, current, _) = try DriftFixture.rows()
    let narrow = try Matrix([[1, 2], [3, 4], [5, 6], [7, 8]])
    let empty = try baseline.selecting([])
    #expect(throws: Problem.self) { try ComponentDrift(baseline, narrow) }
    #expect(throws: Problem.self) { try ComponentDrift(baseline, empty) }
    #expect(throws: Problem.self) { try DomainClassifier(baseline, narrow) }
    #expect(throws: Problem.self) { try DomainClassifier(baseline, current.selecting([0, 1, 2])) }
    #expect(throws: Problem.self) { try Frechet.full(Moments(of: baseline), narrow) }
    #expect(throws: Problem.self) { try ShareDrift([1], [1, 2]) }
    #expect(throws: Problem.self) { try ShareDrift([0, 0], [1, 2]) }
    #expect(throws: Problem.self) { try CentroidAssignment(of: baseline, to: narrow) }
    let stopped = DriftFixture.cancelled()
    #expect(#expect(throws: Problem.self) { try ComponentDrift(baseline, current, cancellation: stopped) }?.kind == .cancelled)
    #expect(#expect(throws: Problem.self) { try DomainClassifier(baseline, current, cancellation: stopped) }?.kind == .cancelled)
    #expect(#expect(throws: Problem.self) { try Moments(of: baseline, cancellation: stopped) }?.kind == .cancelled)
  }
}
