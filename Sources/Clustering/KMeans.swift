package import Basics

/// k-means: the partition into a given number of clusters whose members lie close to their mean.
///
/// Lloyd's iteration from centroids chosen by greedy k-means++ (Arthur, Vassilvitskii 2007), with scikit-learn's parameters
/// and meanings. The same seed and data give the same result for any number of threads: distances that rounding could
/// confuse are decided in double precision, ties by the lower index, and every sum is made in the order of the rows.
package struct KMeans: Sendable {
  /// How the first centroids are chosen.
  package enum Start: Sendable {
    /// Rows far from each other, by greedy k-means++.
    case spread
    /// Different rows, each set of them as likely: scikit-learn's `random`.
    case random
  }

  package var clusters: Int
  /// Iterations of one run; at least 1.
  package var maxIterations: Int
  /// A run ends when the centroids together move by less than this share of the data's mean variance (squared); 0: when no label changes.
  package var tolerance: Double
  /// How often to begin anew; the run with the smallest inertia counts. With `initial` there is nothing to vary, so one is made.
  package var runs: Int
  package var seed: UInt64
  package var threads: Int
  /// Centroids to begin with, instead of chosen ones.
  package var initial: Matrix?
  /// Vectors are taken by direction alone: rows and centroids have length 1, and near means a large cosine.
  package var spherical: Bool
  package var start: Start

  package init(
    clusters: Int, maxIterations: Int = 300, tolerance: Double = 1e-4, runs: Int = 1, seed: UInt64 = 0, threads: Int = 1, initial: Matrix? = nil,
    spherical: Bool = false, start: Start = .spread
  ) {
    self.clusters = clusters
    self.maxIterations = maxIterations
    self.tolerance = tolerance
    self.runs = runs
    self.seed = seed
    self.threads = threads
    self.initial = initial
    self.spherical = spherical
    self.start = start
  }

  /// Where a computation stands; given to whoever wants to show it.
  package struct Progress: Sendable {
    /// Counted from 1.
    package let run: Int
    package let runs: Int
    /// Iterations done in this run.
    package let iteration: Int
    /// How many rows went to another cluster.
    package let moved: Int
  }

  /// Bytes that a run takes beside the matrix itself, to be refused before it begins rather than when memory ends.
  package func memory(rows: Int, columns: Int) -> Int {
    (spherical ? Buffer<Float>.bytes(rows * columns) : 0)
      + Self.memory(rows: rows, columns: columns, clusters: clusters, seeding: initial == nil && start == .spread)
  }

  /// The same for rows as they are given; `seeding`: with centroids to be chosen.
  static func memory(rows: Int, columns: Int, clusters: Int, seeding: Bool) -> Int {
    let lanes = (rows + Panels.lanes - 1) / Panels.lanes * Panels.lanes
    let narrow = Panels.Narrow.pays(columns: columns)
    return (seeding || !narrow ? Buffer<Float>.bytes(lanes * columns) : 0)
      + (seeding ? Buffer<Float>.bytes(lanes * max(Seeding.widest, 2 + Seeding.logarithm(clusters))) : 0)
      + (narrow ? Buffer<UInt16>.bytes(lanes * columns) : 0) + rows * 48 + clusters * columns * (8 + 8 + 4)
  }

  /// Clusters the rows. Throws when a parameter does not fit the data (named as in the API, `n_clusters`), or when cancelled:
  /// it looks for that every few ten microseconds of work. `progress` is called on the caller's thread after each iteration.
  package func run(
    on matrix: Matrix, cancellation: Cancellation = Cancellation(), progress: ((Progress) -> Void)? = nil
  ) throws(Problem) -> KMeansResult {
    try validate(for: matrix)
    try cancellation.check()
    let data = spherical ? try matrix.normalised(cancellation: cancellation) : matrix
    let given = spherical ? try initial?.normalised() : initial
    return try Team.gather(threads) { (team) throws(Problem) in
      let shift = tolerance == 0 ? 0 : try tolerance * data.meanVariance(team)
      let panels = try Panels(data, cost: clusters, team: team, wide: given == nil && start == .spread, narrow: true)
      var random = SeededRandom(seed: seed)
      var best: KMeansResult?
      let runs = given == nil ? runs : 1
      for run in 1...runs {
        var own = SeededRandom(seed: random.next())
        let lloyd = try Lloyd(panels, clusters: clusters, spherical: spherical, team: team, cancellation: cancellation)
        if let given {
          lloyd.begin(at: given)
        } else {
          lloyd.begin(at: try start.centroids(clusters, panels, &own, team, cancellation))
        }
        let (iterations, converged) = try lloyd.descend(maxIterations, shift: shift) { iteration, moved in
          progress?(Progress(run: run, runs: runs, iteration: iteration, moved: moved))
        }
        let inertia = lloyd.inertia()
        if inertia < best?.inertia ?? .infinity || best == nil {
          best = try lloyd.result(inertia: inertia, iterations: iterations, converged: converged, seed: seed)
        }
      }
      guard let best else { throw Problem(.internal, "no run was made") }
      return best
    }
  }
}

extension KMeans.Start {
  /// So many rows of the panels' matrix. To spread them takes panels made for it (`wide`).
  func centroids(
    _ clusters: Int, _ panels: Panels, _ random: inout SeededRandom, _ team: Team, _ cancellation: Cancellation
  ) throws(Problem) -> Matrix {
    switch self {
    case .spread: try Seeding(panels, clusters: clusters, team: team, cancellation: cancellation).choose(clusters, &random)
    case .random: try panels.matrix.selecting(Sample.shuffled(clusters, of: panels.matrix.rows, seed: random.next()))
    }
  }
}

/// What k-means found.
package struct KMeansResult: Sendable {
  /// The cluster of each row, 0..<clusters.
  package let labels: [Int32]
  /// One row per cluster: the mean of its members (of length 1 when spherical).
  package let centroids: Matrix
  /// The sum of squared distances of the rows to their centroids, computed from the differences in double precision.
  package let inertia: Double
  /// Iterations of the run that counted, as scikit-learn counts them: the one that found nothing to change is among them.
  package let iterations: Int
  /// Members of each cluster. 0 appears only when there are fewer different rows than clusters.
  package let sizes: [Int]
  /// False when the iterations ended before the centroids came to rest.
  package let converged: Bool
  package let seed: UInt64
}

// MARK: - Validation

extension KMeans {
  func validate(for matrix: Matrix) throws(Problem) {
    var demands = Demands()
    demands.demand(clusters >= 1, "n_clusters", "n_clusters is \(clusters)", "Choose at least 1, for example 8.")
    demands.demand(
      clusters <= matrix.rows, "n_clusters", Demand.tooMany(clusters, for: matrix.rows),
      matrix.rows < 2 ? "Give more vectors." : "Choose at most \(matrix.rows).")
    demands.demand(maxIterations >= 1, "max_iter", "max_iter is \(maxIterations)", "Choose at least 1, for example 300.")
    demands.demand(tolerance >= 0 && tolerance.isFinite, "tol", "tol is \(tolerance)", "Choose 0 or more, for example 1e-4.")
    demands.demand(runs >= 1, "n_init", "n_init is \(runs)", "Choose at least 1, for example 10.")
    demands.demandThreads(threads)
    demands.demand(matrix.rows <= Int(Int32.max), "rows", "there are \(matrix.rows) vectors", "At most \(Int32.max) can be clustered at once.")
    demands.demandScale(matrix)
    if let initial {
      let limit = Demand.largestValue(matrix.columns)
      demands.demand(
        initial.rows == clusters, "init", "init has \(initial.rows) centroids, n_clusters is \(clusters)",
        "Give one initial centroid for each cluster.")
      demands.demand(
        initial.columns == matrix.columns, "init", "init has \(initial.columns) dimensions, the vectors have \(matrix.columns)",
        "Give centroids of the same number of dimensions.")
      demands.demand(
        initial.largest <= limit, "init", "a value of init is as large as \(initial.largest)", "Values up to \(limit) can be squared and summed.")
    }
    try demands.check()
  }
}
