package import Basics
import Glibc

/// A mixture of normal distributions, fitted by expectation and maximisation (Dempster, Laird, Rubin 1977) from a k-means partition.
///
/// Parameters, defaults and quantities are scikit-learn's; everything is computed in double precision, and the result is the same for any
/// number of threads.
package struct GaussianMixture: Sendable {
  /// What the components' covariances have in common.
  package enum Spread: String, Sendable, CaseIterable {
    /// Each component has a covariance matrix.
    case full
    /// All components share one matrix.
    case tied
    /// Each component has a variance per dimension.
    case diagonal = "diag"
    /// Each component has one variance.
    case spherical

    var isMatrix: Bool { self == .full || self == .tied }

    /// Numbers that describe the covariances of `count` components.
    func numbers(_ count: Int, _ columns: Int) -> Int {
      switch self {
      case .full: count * columns * columns
      case .tied: columns * columns
      case .diagonal: count * columns
      case .spherical: count
      }
    }

    /// Those of them that are free.
    func parameters(_ count: Int, _ columns: Int) -> Int {
      isMatrix ? numbers(count, columns) / columns * (columns + 1) / 2 : numbers(count, columns)
    }
  }

  package var components: Int
  package var spread: Spread
  /// A run ends when the mean logarithm of the rows' densities grows by less.
  package var tolerance: Double
  /// Added to all variances, so that none vanishes.
  package var regularisation: Double
  package var maxIterations: Int
  /// How often to begin anew; the run with the largest lower bound counts.
  package var runs: Int
  package var seed: UInt64
  package var threads: Int

  package init(
    components: Int = 1, spread: Spread = .full, tolerance: Double = 1e-3, regularisation: Double = 1e-6, maxIterations: Int = 100, runs: Int = 1,
    seed: UInt64 = 0, threads: Int = 1
  ) {
    self.components = components
    self.spread = spread
    self.tolerance = tolerance
    self.regularisation = regularisation
    self.maxIterations = maxIterations
    self.runs = runs
    self.seed = seed
    self.threads = threads
  }

  /// What was fitted.
  package struct Result: Sendable {
    /// The likeliest component of each row.
    package let labels: [Int32]
    /// Each row's shares in the components, row after row; a row's sum is 1.
    package let probabilities: [Double]
    package let weights: [Double]
    package let means: Matrix
    /// As scikit-learn shapes them: k matrices (full), one (tied), k rows (diag) or k numbers (spherical), row after row.
    package let covariances: [Double]
    /// The mean logarithm of the rows' densities at the last expectation of the run: what convergence is judged by.
    package let lowerBound: Double
    /// The same under the parameters that are given back.
    package let logLikelihood: Double
    /// Information criteria; smaller is better (Schwarz 1978, Akaike 1974).
    package let bic: Double
    package let aic: Double
    package let iterations: Int
    package let converged: Bool
    package let seed: UInt64
  }

  /// Bytes that a run takes beside the matrix.
  package func memory(rows: Int, columns: Int) -> Int {
    let covariances = spread.isMatrix ? (3 * spread.numbers(components, columns) + 3 * columns * columns) * 8 : 4 * components * columns * 8
    let start = KMeans(clusters: components).memory(rows: rows, columns: columns)
    return max(start, rows * components * 16 + covariances) + rows * 16 + components * columns * 24
  }

  /// Fits the mixture. Throws when a parameter does not fit the data (named as in the API), when a covariance loses its volume, or when
  /// cancelled. `progress` is told after each iteration, on the caller's thread: run, iteration (both from 1) and the lower bound.
  package func run(
    on matrix: Matrix, cancellation: Cancellation = Cancellation(), progress: ((_ run: Int, _ iteration: Int, _ bound: Double) -> Void)? = nil
  ) throws(Problem) -> Result {
    try validate(for: matrix)
    try cancellation.check()
    var random = SeededRandom(seed: seed)
    var best: (bound: Double, gaussians: Gaussians, iterations: Int, converged: Bool)?
    let shares = try Buffer<Double>(count: matrix.rows * components)
    for run in 1...runs {
      let partition = try KMeans(clusters: components, seed: random.next(), threads: threads).run(on: matrix, cancellation: cancellation).labels
      for i in 0..<shares.count { shares.pointer[i] = 0 }
      for (row, label) in partition.enumerated() { shares.pointer[row * components + Int(label)] = 1 }
      let fitted = try Team.gather(threads) { (team) throws(Problem) in
        try fit(matrix, shares, team, cancellation) { progress?(run, $0, $1) }
      }
      if fitted.bound > best?.bound ?? -.infinity || best == nil { best = fitted }
    }
    guard let best else { throw Problem(.internal, "no run was made") }
    return try result(of: best.gaussians, matrix, shares, best.bound, best.iterations, best.converged, cancellation)
  }

  private func fit(
    _ matrix: Matrix, _ shares: Buffer<Double>, _ team: Team, _ cancellation: Cancellation, _ report: (Int, Double) -> Void
  ) throws(Problem) -> (bound: Double, gaussians: Gaussians, iterations: Int, converged: Bool) {
    let gaussians = try Gaussians(components, matrix.columns, spread)
    var scatter: Buffer<Double>?
    if spread == .tied {
      let ones = [Double](repeating: 1, count: matrix.rows)
      scatter = try Gaussians.scatter(matrix, [Double](repeating: 0, count: matrix.columns), ones, 1, team, cancellation)
    }
    try gaussians.maximise(matrix, shares, regularisation, scatter, team, cancellation)
    var bound = -Double.infinity
    for iteration in 1...maxIterations {
      let before = bound
      try gaussians.prepare(team, cancellation)
      bound = try gaussians.expect(matrix, shares, team, cancellation)
      try gaussians.maximise(matrix, shares, regularisation, scatter, team, cancellation)
      report(iteration, bound)
      if abs(bound - before) < tolerance { return (bound, gaussians, iteration, true) }
    }
    return (bound, gaussians, maxIterations, false)
  }

  private func result(
    of gaussians: Gaussians, _ matrix: Matrix, _ shares: Buffer<Double>, _ bound: Double, _ iterations: Int, _ converged: Bool,
    _ cancellation: Cancellation
  ) throws(Problem) -> Result {
    let likelihood = try Team.gather(threads) { (team) throws(Problem) in
      try gaussians.prepare(team, cancellation)
      return try gaussians.expect(matrix, shares, team, cancellation)
    }
    let labels = (0..<matrix.rows).map { row in
      var best = 0
      for k in 1..<max(components, 1) where shares.pointer[row * components + k] > shares.pointer[row * components + best] { best = k }
      return Int32(best)
    }
    let columns = matrix.columns
    let means = try Matrix(rows: components, columns: columns) { (target) throws(Problem) in
      for i in 0..<components * columns { target[i] = Float(gaussians.means.pointer[i]) }
    }
    let free = Double(spread.parameters(components, columns) + components * columns + components - 1)
    let rows = Double(matrix.rows)
    return Result(
      labels: labels, probabilities: Array(shares.values), weights: gaussians.weights, means: means, covariances: Array(gaussians.covariances.values),
      lowerBound: bound, logLikelihood: likelihood, bic: -2 * likelihood * rows + free * log(rows), aic: -2 * likelihood * rows + 2 * free,
      iterations: iterations, converged: converged, seed: seed)
  }

  private func validate(for matrix: Matrix) throws(Problem) {
    guard components >= 1, components <= matrix.rows else {
      throw Problem(
        .invalid, "n_components is \(components) for \(matrix.rows) vectors",
        hint: matrix.rows == 0 ? "Add documents with vectors first." : "Choose 1 to \(matrix.rows), for example \(min(8, matrix.rows)).",
        path: "n_components")
    }
    guard tolerance >= 0, tolerance.isFinite else {
      throw Problem(.invalid, "tol is \(tolerance)", hint: "Choose 0 or more, for example 1e-3.", path: "tol")
    }
    guard regularisation >= 0, regularisation.isFinite else {
      throw Problem(.invalid, "reg_covar is \(regularisation)", hint: "Choose 0 or more, for example 1e-6.", path: "reg_covar")
    }
    guard maxIterations >= 1 else {
      throw Problem(.invalid, "max_iter is \(maxIterations)", hint: "Choose at least 1, for example 100.", path: "max_iter")
    }
    guard runs >= 1 else { throw Problem(.invalid, "n_init is \(runs)", hint: "Choose at least 1, for example 1.", path: "n_init") }
    guard !spread.isMatrix || matrix.columns <= SymmetricEigen.largestSize else {
      throw Problem(
        .tooLarge, "covariance_type '\(spread.rawValue)' takes a matrix of \(matrix.columns) x \(matrix.columns)",
        hint: "Choose \"diag\", or reduce the vectors to at most \(SymmetricEigen.largestSize) dimensions.", path: "covariance_type")
    }
    try Demand.threads(threads)
    try Demand.joinable(matrix)
  }
}
