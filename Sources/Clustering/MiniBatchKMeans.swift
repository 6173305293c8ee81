package import Basics
import CKernels

/// k-means for many rows: centroids learn from one random batch after another, each the slower the more rows it has seen (Sculley 2010).
///
/// An approximation of `KMeans`: its inertia is typically one to three percent larger, its time a fraction. Parameters and the rules for
/// stopping and for abandoned centroids are scikit-learn's. The same seed and data give the same result for any number of threads.
package struct MiniBatchKMeans: Sendable {
  package var clusters: Int
  /// Rows of a batch.
  package var batchSize: Int
  /// Passes over the data, at most: so many batches together have as many rows.
  package var maxIterations: Int
  /// Batches without a smaller smoothed inertia after which a run ends; nil: never.
  package var maxNoImprovement: Int?
  /// Centroids that have seen fewer rows than this share of the most popular one begin anew at a random row.
  package var reassignmentRatio: Double
  package var seed: UInt64
  package var threads: Int
  package var spherical: Bool
  package var start: KMeans.Start
  /// How often first centroids are chosen; those of the smallest inertia on the sample that they are chosen in go on.
  package var runs: Int

  package init(
    clusters: Int, batchSize: Int = 1024, maxIterations: Int = 100, maxNoImprovement: Int? = 10, reassignmentRatio: Double = 0.01, seed: UInt64 = 0,
    threads: Int = 1, spherical: Bool = false, start: KMeans.Start = .spread, runs: Int = 1
  ) {
    self.clusters = clusters
    self.batchSize = batchSize
    self.maxIterations = maxIterations
    self.maxNoImprovement = maxNoImprovement
    self.reassignmentRatio = reassignmentRatio
    self.seed = seed
    self.threads = threads
    self.spherical = spherical
    self.start = start
    self.runs = runs
  }

  /// Bytes that a run takes beside the matrix.
  package func memory(rows: Int, columns: Int) -> Int {
    // The first centroids are chosen among a sample; all rows are labelled in the end.
    let sample = min(rows, max(3 * batchSize, 3 * clusters))
    return (spherical ? Buffer<Float>.bytes(rows * columns) : 0) + Buffer<Float>.bytes(sample * columns)
      + max(
        KMeans.memory(rows: sample, columns: columns, clusters: clusters, seeding: true),
        KMeans.memory(rows: rows, columns: columns, clusters: clusters, seeding: false))
  }

  /// Clusters the rows; `iterations` of the result counts batches. Throws when a parameter does not fit the data (named as in the API), or when
  /// cancelled. `progress` is told after each batch, on the caller's thread: how many were done, and the smoothed inertia per row.
  package func run(
    on matrix: Matrix, cancellation: Cancellation = Cancellation(), progress: ((_ batch: Int, _ inertia: Double) -> Void)? = nil
  ) throws(Problem) -> KMeansResult {
    guard batchSize >= 1 else {
      throw Problem(.invalid, "batch_size is \(batchSize)", hint: "Choose at least 1, for example 1024.", path: "batch_size")
    }
    if let maxNoImprovement, maxNoImprovement < 1 {
      throw Problem(
        .invalid, "max_no_improvement is \(maxNoImprovement)", hint: "Choose at least 1, for example 10, or null for never.",
        path: "max_no_improvement")
    }
    guard (0...1).contains(reassignmentRatio) else {
      throw Problem(
        .invalid, "reassignment_ratio is \(reassignmentRatio)", hint: "Choose a share from 0 to 1, for example 0.01.", path: "reassignment_ratio")
    }
    try KMeans(clusters: clusters, maxIterations: maxIterations, runs: runs, threads: threads).validate(for: matrix)
    try cancellation.check()
    let data = spherical ? try matrix.normalised(cancellation: cancellation) : matrix
    return try Team.gather(threads) { (team) throws(Problem) in
      var random = SeededRandom(seed: seed)
      let start = try begin(data, &random, team, cancellation)
      let (centroids, batches, converged) = try learn(data, start, &random, team, cancellation, progress)
      let panels = try Panels(data, cost: clusters, team: team, wide: false, narrow: true)
      let lloyd = try Lloyd(panels, clusters: clusters, spherical: spherical, team: team, cancellation: cancellation)
      lloyd.begin(at: centroids)
      try lloyd.label()
      return try lloyd.result(inertia: lloyd.inertia(), iterations: batches, converged: converged, seed: seed)
    }
  }

  /// The first centroids: chosen in a sample of three batches, or of three rows per cluster.
  private func begin(_ data: Matrix, _ random: inout SeededRandom, _ team: Team, _ cancellation: Cancellation) throws(Problem) -> Matrix {
    let count = min(data.rows, max(3 * batchSize, 3 * clusters))
    let sample = count == data.rows ? data : try data.selecting(Self.draw(count, of: data.rows, &random))
    let panels = try Panels(sample, cost: clusters, team: team, narrow: runs > 1)
    var best = (centroids: try start.centroids(clusters, panels, &random, team, cancellation), inertia: Double.infinity)
    guard runs > 1 else { return best.centroids }
    let lloyd = try Lloyd(panels, clusters: clusters, spherical: spherical, team: team, cancellation: cancellation)
    for run in 1...runs {
      let centroids = run == 1 ? best.centroids : try start.centroids(clusters, panels, &random, team, cancellation)
      lloyd.begin(at: centroids)
      try lloyd.label()
      let inertia = lloyd.inertia()
      if inertia < best.inertia { best = (centroids, inertia) }
    }
    return best.centroids
  }

  /// Different rows, drawn at random (Floyd's algorithm; Bentley 1987).
  private static func draw(_ count: Int, of rows: Int, _ random: inout SeededRandom) -> [Int] {
    var taken: Set<Int> = []
    var result: [Int] = []
    for last in rows - count..<rows {
      let row = Int(random.next(upperBound: UInt64(last + 1)))
      result.append(taken.insert(row).inserted ? row : last)
      if result[result.count - 1] == last { taken.insert(last) }
    }
    return result
  }

  private func learn(
    _ data: Matrix, _ start: Matrix, _ random: inout SeededRandom, _ team: Team, _ cancellation: Cancellation, _ progress: ((Int, Double) -> Void)?
  ) throws(Problem) -> (centroids: Matrix, batches: Int, converged: Bool) {
    let columns = data.columns
    let size = min(batchSize, data.rows)
    let limit = max(1, maxIterations * data.rows / size)
    let centroids = try Buffer<Double>(count: clusters * columns)
    for i in 0..<centroids.count { centroids.pointer[i] = Double(start.storage.pointer[i]) }
    var seen = [Double](repeating: 0, count: clusters)
    var smoothed = Double.infinity
    var least = Double.infinity
    var (stale, batches, fresh) = (0, 0, 0)
    let weight = min(1, 2 * Double(size) / Double(data.rows + 1))
    while batches < limit {
      let batch = try data.selecting((0..<size).map { _ in Int(random.next(upperBound: UInt64(data.rows))) })
      let panels = try Panels(batch, cost: clusters, team: team, wide: false, narrow: true)
      let lloyd = try Lloyd(panels, clusters: clusters, spherical: spherical, team: team, cancellation: cancellation)
      lloyd.begin(at: centroids)
      try lloyd.label()
      let inertia = lloyd.inertia() / Double(size)
      let labels = lloyd.labelled
      for (row, label) in labels.enumerated() {
        seen[Int(label)] += 1
        // Each row moves its centroid towards itself by one over the number of rows that it has seen.
        let centroid = centroids.pointer + Int(label) * columns
        let rate = 1 / seen[Int(label)]
        for j in 0..<columns { centroid[j] *= 1 - rate }
        ck_add_row(centroid, batch.pointer(to: row), rate, 0, columns)
      }
      if spherical { lengthen(centroids.pointer, columns) }
      fresh += size
      if fresh > 10 * clusters || seen.contains(0) {
        fresh = 0
        revive(centroids.pointer, &seen, batch, &random)
      }
      batches += 1
      // The first batch measures where nobody has moved yet.
      if batches > 1 {
        smoothed = smoothed.isFinite ? smoothed * (1 - weight) + inertia * weight : inertia
        if smoothed < least { (least, stale) = (smoothed, 0) } else { stale += 1 }
      }
      progress?(batches, smoothed.isFinite ? smoothed : inertia)
      if let maxNoImprovement, stale >= maxNoImprovement { return (try matrix(centroids, columns), batches, true) }
    }
    return (try matrix(centroids, columns), batches, false)
  }

  private func matrix(_ centroids: Buffer<Double>, _ columns: Int) throws(Problem) -> Matrix {
    try Matrix(rows: clusters, columns: columns) { (target) throws(Problem) in
      for i in 0..<centroids.count { target[i] = Float(centroids.pointer[i]) }
    }
  }

  private func lengthen(_ centroids: UnsafeMutablePointer<Double>, _ columns: Int) {
    for k in 0..<clusters {
      let length = ck_dot_doubles(centroids + k * columns, centroids + k * columns, columns).squareRoot()
      if length > 0 { for j in 0..<columns { centroids[k * columns + j] /= length } }
    }
  }

  /// Lets abandoned centroids begin anew at rows of the batch, at most half as many as it has; they count as the least popular of the others.
  private func revive(_ centroids: UnsafeMutablePointer<Double>, _ seen: inout [Double], _ batch: Matrix, _ random: inout SeededRandom) {
    let most = seen.max() ?? 0
    let abandoned = seen.indices.filter { seen[$0] < reassignmentRatio * most }.sorted { (seen[$0], $0) < (seen[$1], $1) }.prefix(batch.rows / 2)
    guard !abandoned.isEmpty, abandoned.count < clusters else { return }
    let kept = Set(abandoned)
    let low = seen.indices.filter { !kept.contains($0) }.map { seen[$0] }.min() ?? 1
    for (cluster, row) in zip(abandoned, Self.draw(abandoned.count, of: batch.rows, &random)) {
      for j in 0..<batch.columns { centroids[cluster * batch.columns + j] = Double(batch.pointer(to: row)[j]) }
      seen[cluster] = low
    }
  }
}
