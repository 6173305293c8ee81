package import Basics

/// k-means whose number of clusters is found by trying: the one with the best silhouette, or the one at the bend of the inertia.
///
/// The trials share what they can: the turned rows, one choice of first centroids (the first k of a sequence are one for k), and the
/// sample that the silhouettes are computed from.
package struct AutoK: Sendable {
  package enum Criterion: String, Sendable, CaseIterable {
    /// The largest mean silhouette; the smaller number among equals.
    case silhouette
    /// The point of the inertia's curve that lies farthest below the line between its ends (Satopää and others 2011, "kneedle").
    case elbow
  }

  /// The numbers of clusters to try.
  package var range: ClosedRange<Int>
  package var criterion: Criterion
  package var maxIterations: Int
  package var tolerance: Double
  /// How often each number is tried with other first centroids; the smallest inertia counts.
  package var runs: Int
  package var seed: UInt64
  package var threads: Int
  package var spherical: Bool
  package var start: KMeans.Start
  /// Rows that the silhouettes are computed from.
  package var sampleSize: Int

  package init(
    range: ClosedRange<Int> = 2...20, criterion: Criterion = .silhouette, maxIterations: Int = 300, tolerance: Double = 1e-4, runs: Int = 1,
    seed: UInt64 = 0, threads: Int = 1, spherical: Bool = false, start: KMeans.Start = .spread,
    sampleSize: Int = 5000
  ) {
    self.range = range
    self.criterion = criterion
    self.maxIterations = maxIterations
    self.tolerance = tolerance
    self.runs = runs
    self.seed = seed
    self.threads = threads
    self.spherical = spherical
    self.start = start
    self.sampleSize = sampleSize
  }

  /// One number of clusters and what came of it.
  package struct Trial: Sendable, Equatable {
    package let clusters: Int
    package let inertia: Double
    /// Nil with the elbow, and where it is undefined.
    package let silhouette: Double?
  }

  package struct Result: Sendable {
    package let best: KMeansResult
    package let clusters: Int
    /// All numbers that were tried, ascending.
    package let trials: [Trial]
  }

  /// Bytes that a run takes beside the matrix.
  package func memory(rows: Int, columns: Int) -> Int {
    let sample = min(rows, sampleSize)
    return KMeans(clusters: range.upperBound, spherical: spherical).memory(rows: rows, columns: columns)
      + sample * columns * 12 + range.upperBound * (sample + 96) * 8 + range.count * (rows * 4 + range.upperBound * columns * 4)
  }

  /// Tries all numbers in the range, those beyond the number of rows excepted. Throws when a parameter does not fit (named as in the API),
  /// or when cancelled. `progress` is told after each trial, on the caller's thread.
  package func run(on matrix: Matrix, cancellation: Cancellation = Cancellation(), progress: ((Trial) -> Void)? = nil) throws(Problem) -> Result {
    guard range.lowerBound >= 2 else {
      throw Problem(.invalid, "min_clusters is \(range.lowerBound)", hint: "Choose at least 2.", path: "min_clusters")
    }
    guard sampleSize >= 2 else {
      throw Problem(.invalid, "sample_size is \(sampleSize)", hint: "Choose at least 2, for example 5000.", path: "sample_size")
    }
    let range = range.lowerBound...max(range.lowerBound, min(range.upperBound, matrix.rows - 1))
    try KMeans(clusters: range.lowerBound, maxIterations: maxIterations, tolerance: tolerance, runs: runs, threads: threads).validate(for: matrix)
    try cancellation.check()
    let data = spherical ? try matrix.normalised(cancellation: cancellation) : matrix
    return try Team.gather(threads) { (team) throws(Problem) in
      let shift = tolerance == 0 ? 0 : try tolerance * data.meanVariance(team)
      let panels = try Panels(data, cost: range.upperBound, team: team, narrow: true)
      var random = SeededRandom(seed: seed)
      var starts: [Matrix] = []
      for _ in 0..<runs {
        var own = SeededRandom(seed: random.next())
        starts.append(try start.centroids(range.upperBound, panels, &own, team, cancellation))
      }
      var trials: [Trial] = []
      var results: [KMeansResult] = []
      for clusters in range {
        let lloyd = try Lloyd(panels, clusters: clusters, spherical: spherical, team: team, cancellation: cancellation)
        var best: KMeansResult?
        for start in starts {
          lloyd.begin(at: start)
          let (iterations, converged) = try lloyd.descend(maxIterations, shift: shift) { _, _ in }
          let inertia = lloyd.inertia()
          if inertia < best?.inertia ?? .infinity || best == nil {
            best = try lloyd.result(inertia: inertia, iterations: iterations, converged: converged, seed: seed)
          }
        }
        guard let best else { throw Problem(.internal, "no run was made") }
        let silhouette = criterion == .elbow ? nil : try Silhouette.mean(of: Partition(data, best.labels), sampleSize, seed, team, cancellation)?.mean
        trials.append(Trial(clusters: clusters, inertia: best.inertia, silhouette: silhouette))
        results.append(best)
        progress?(trials[trials.count - 1])
      }
      let chosen = criterion == .elbow ? Self.bend(of: trials.map(\.inertia)) : Self.peak(of: trials.map { $0.silhouette ?? -2 })
      return Result(best: results[chosen], clusters: trials[chosen].clusters, trials: trials)
    }
  }

  static func peak(of values: [Double]) -> Int {
    var best = 0
    for (i, value) in values.enumerated() where value > values[best] { best = i }
    return best
  }

  /// The place that lies farthest below the line from the first value to the last.
  static func bend(of values: [Double]) -> Int {
    guard let first = values.first, let last = values.last, values.count > 2 else { return 0 }
    let depths = values.enumerated().map { i, value in first + (last - first) * Double(i) / Double(values.count - 1) - value }
    return peak(of: depths)
  }
}
