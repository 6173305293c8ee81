package import Basics
package import Clustering
import Glibc
package import Model

/// Runs any of the algorithms over vectors and tells what it found in one form, whoever asks: a run of a definition, or a command on a file.
package struct Clusterer: Sendable {
  /// What came of it, as far as it applies to the algorithm.
  package struct Outcome: Sendable {
    /// The cluster of each row, 0 ..< clusters; -1 for noise.
    package var labels: [Int32]
    /// The mean of each cluster's members, in the space that was clustered.
    package var centroids: Matrix
    package var sizes: [Int]
    package var inertia: Double?
    package var iterations: Int?
    /// False when the iterations ended before the centroids came to rest.
    package var converged: Bool?
    /// How firmly each row belongs to its cluster, 0 ... 1.
    package var probabilities: [Double]?
    /// How much of an outlier each row is, 0 ... 1.
    package var outlierScores: [Double]?
    /// The tree, as scipy's linkage matrix has it: [a, b, height, size].
    package var merges: [(a: Int, b: Int, height: Double, size: Int)]?
    package var seed: UInt64 = 0
    /// The algorithm that ran, with its effective parameters, and why where it was chosen: `algorithm`, `algorithm_params`, `reason`, …
    package var notes = JSONObject()

    package var clusters: Int { sizes.count }
  }

  package var algorithm: Algorithm
  package var threads: Int
  /// Bytes that a run may take beside the vectors; more is refused before it begins.
  package var memoryLimit: Int
  /// Centroids for k-means to begin with.
  package var initial: Matrix?

  package init(_ algorithm: Algorithm, threads: Int, memoryLimit: Int = Clusterer.usualMemory, initial: Matrix? = nil) {
    self.algorithm = algorithm
    self.threads = threads
    self.memoryLimit = memoryLimit
    self.initial = initial
  }

  /// Half of what the machine has.
  package static let usualMemory: Int = max(256 << 20, sysconf(Int32(_SC_PHYS_PAGES)) / 2 * sysconf(Int32(_SC_PAGESIZE)))

  /// Clusters the rows. Throws when a parameter does not fit the data (named as in the API), when memory would not do (`max_memory`, with the
  /// estimate and what would do), or when cancelled. `progress` is told on the caller's thread which share is done, where that is known.
  package func run(
    on matrix: Matrix, cancellation: Cancellation = Cancellation(), progress: ((Double?) -> Void)? = nil
  ) throws(Problem) -> Outcome {
    var outcome = try perform(on: matrix, cancellation, progress)
    if outcome.notes["algorithm"] == nil {
      outcome.notes["algorithm"] = .string(algorithm.name)
      outcome.notes["algorithm_params"] = .object(algorithm.json)
    }
    return outcome
  }

  private func perform(on matrix: Matrix, _ cancellation: Cancellation, _ progress: ((Double?) -> Void)?) throws(Problem) -> Outcome {
    let (rows, columns) = (matrix.rows, matrix.columns)
    let pairs: (PairProgress) -> Void = { step in progress?(step.total > 0 ? Double(step.done) / Double(step.total) : nil) }
    switch algorithm {
    case .kmeans(let p): return try kmeans(p, on: matrix, cancellation, progress)
    case .hdbscan(let p):
      let hdbscan = HDBSCAN(
        minimumClusterSize: p.minClusterSize, minimumSamples: p.minSamples, selectionEpsilon: p.selectionEpsilon,
        maximumClusterSize: p.maxClusterSize,
        metric: p.metric.metric, alpha: p.alpha, selection: p.selection == .leaf ? .leaf : .excessOfMass, allowsSingleCluster: p.allowSingleCluster,
        matchesReference: p.matchReference, threads: threads)
      try admit(hdbscan.memory(rows: rows, columns: columns))
      let found = try hdbscan.run(on: matrix, cancellation: cancellation, progress: pairs)
      var outcome = try self.outcome(found.labels, of: matrix, cancellation)
      outcome.probabilities = found.probabilities
      outcome.outlierScores = found.outlierScores
      outcome.notes["cluster_persistence"] = .array(found.persistence.map(JSON.double))
      let tree: JSONObject = [
        "core_distance_sum": .double(found.coreDistances.reduce(0, +)), "mst_weight_sum": .double(found.spanningTree.reduce(0) { $0 + $1.weight }),
        "mst_weight_max": .double(found.spanningTree.last?.weight ?? 0), "condensed_tree_rows": .int(found.condensed.rows.count),
        "condensed_tree_clusters": .int(found.condensed.clusters),
      ]
      for member in tree.members { outcome.notes[member.key] = member.value }
      return outcome
    case .dbscan(let p):
      let dbscan = DBSCAN(
        epsilon: p.epsilon, minimumSamples: p.minSamples, metric: p.metric.metric, power: p.metric.power, threads: threads)
      try admit(dbscan.memory(rows: rows, columns: columns))
      return try outcome(dbscan.run(on: matrix, cancellation: cancellation, progress: pairs).labels, of: matrix, cancellation)
    case .optics(let p):
      let optics = OPTICS(
        minimumSamples: p.minSamples, maximumEpsilon: p.maxEpsilon, metric: p.metric.metric, power: p.metric.power,
        extraction: p.extraction == .xi ? .xi : .dbscan,
        epsilon: p.epsilon, xi: p.xi, correctsPredecessors: p.predecessorCorrection, minimumClusterSize: p.minClusterSize, threads: threads)
      try admit(optics.memory(rows: rows, columns: columns))
      return try outcome(optics.run(on: matrix, cancellation: cancellation, progress: pairs).labels, of: matrix, cancellation)
    case .agglomerative(let p): return try agglomerative(p, on: matrix, cancellation, progress)
    case .gaussianMixture(let p):
      let mixture = GaussianMixture(
        components: p.components, spread: GaussianMixture.Spread(rawValue: p.covariance.rawValue) ?? .full, tolerance: p.tolerance,
        regularisation: p.regularisation, maxIterations: p.maxIterations, runs: p.runs, seed: p.seed, threads: threads)
      try admit(mixture.memory(rows: rows, columns: columns))
      let found = try mixture.run(on: matrix, cancellation: cancellation) { _, _, _ in progress?(nil) }
      var outcome = try self.outcome(found.labels, of: matrix, cancellation)
      outcome.probabilities = (0..<rows).map { row in
        found.probabilities[row * p.components..<(row + 1) * p.components].max() ?? 0
      }
      (outcome.iterations, outcome.converged, outcome.seed) = (found.iterations, found.converged, p.seed)
      for (name, value) in [("lower_bound", found.lowerBound), ("bic", found.bic), ("aic", found.aic)] { outcome.notes[name] = .double(value) }
      return outcome
    case .meanShift(let p):
      let shift = MeanShift(
        bandwidth: p.bandwidth, quantile: p.quantile,
        seeds: try p.seeds.map { rows throws(Problem) in try Matrix(rows.map { $0.map(Float.init) }) }, binSeeding: p.binSeeding,
        minBinFrequency: p.minBinFrequency, clusterAll: p.clusterAll,
        maxIterations: p.maxIterations, threads: threads)
      try admit(shift.memory(rows: rows, columns: columns))
      let found = try shift.run(on: matrix, cancellation: cancellation) { _, _ in progress?(nil) }
      var outcome = try self.outcome(found.labels, of: matrix, cancellation)
      outcome.iterations = found.iterations
      outcome.notes["bandwidth"] = .double(found.bandwidth)
      return outcome
    case .spectral(let p):
      let spectral = Spectral(
        clusters: p.clusters, components: p.components, graph: p.affinity == .rbf ? .radial : .nearestNeighbours, gamma: p.gamma,
        neighbours: p.neighbours, runs: p.runs, tolerance: p.tolerance, seed: p.seed, threads: threads, memoryLimit: .max)
      try admit(spectral.memory(rows: rows, columns: columns))
      let found = try spectral.run(on: matrix, cancellation: cancellation) { progress?($0) }
      var outcome = try self.outcome(found.labels, of: matrix, cancellation)
      (outcome.converged, outcome.seed) = (found.converged, p.seed)
      return outcome
    case .auto(let p):
      let choice = try AlgorithmChoice(for: matrix, seed: p.seed, threads: threads, cancellation: cancellation)
      var chosen = self
      chosen.algorithm = choice.algorithm
      let prepared = try choice.prepare(matrix, threads: threads, cancellation: cancellation)
      var outcome = try chosen.run(on: prepared, cancellation: cancellation, progress: progress)
      if !choice.steps.isEmpty { outcome.centroids = try Self.means(of: matrix, outcome.labels, outcome.clusters, cancellation) }
      outcome.seed = p.seed
      outcome.notes["reason"] = .string(choice.reason)
      outcome.notes["preprocessing_steps"] = .array(choice.steps.map(\.json))
      return outcome
    case .attribute:
      throw Problem(
        .invalid, "'attribute_based' groups documents by their fields, and these are vectors", hint: "Cluster a collection with attribute_config",
        path: "algorithm")
    }
  }

  private func kmeans(
    _ p: Algorithm.KMeansParameters, on matrix: Matrix, _ cancellation: Cancellation, _ progress: ((Double?) -> Void)?
  ) throws(Problem) -> Outcome {
    let (rows, columns) = (matrix.rows, matrix.columns)
    let found: KMeansResult
    var notes = JSONObject()
    let start: KMeans.Start = p.start == .random ? .random : .spread
    if let choose = p.choose {
      let auto = AutoK(
        range: 2...max(2, p.clusters), criterion: choose == .silhouette ? .silhouette : .elbow, maxIterations: p.maxIterations,
        tolerance: p.tolerance, runs: p.runs, seed: p.seed, threads: threads, spherical: p.spherical, start: start)
      try admit(auto.memory(rows: rows, columns: columns))
      let result = try auto.run(on: matrix, cancellation: cancellation) { trial in progress?(Double(trial.clusters) / Double(p.clusters)) }
      found = result.best
      notes["trials"] = .array(
        result.trials.map { ["n_clusters": .int($0.clusters), "inertia": .double($0.inertia), "silhouette_score": .optional($0.silhouette)] })
    } else if p.variant == .miniBatch {
      let batches = MiniBatchKMeans(
        clusters: p.clusters, batchSize: p.batchSize, maxIterations: p.maxIterations, seed: p.seed, threads: threads, spherical: p.spherical,
        start: start, runs: p.runs)
      try admit(batches.memory(rows: rows, columns: columns))
      found = try batches.run(on: matrix, cancellation: cancellation) { _, _ in progress?(nil) }
    } else {
      let kmeans = KMeans(
        clusters: p.clusters, maxIterations: p.maxIterations, tolerance: p.tolerance, runs: p.runs, seed: p.seed, threads: threads, initial: initial,
        spherical: p.spherical, start: start)
      try admit(kmeans.memory(rows: rows, columns: columns))
      found = try kmeans.run(on: matrix, cancellation: cancellation) { _ in progress?(nil) }
    }
    return Outcome(
      labels: found.labels, centroids: found.centroids, sizes: found.sizes, inertia: found.inertia, iterations: found.iterations,
      converged: found.converged, seed: found.seed, notes: notes)
  }

  private func agglomerative(
    _ p: Algorithm.AgglomerativeParameters, on matrix: Matrix, _ cancellation: Cancellation, _ progress: ((Double?) -> Void)?
  ) throws(Problem) -> Outcome {
    let (rows, columns) = (matrix.rows, matrix.columns)
    let method = Agglomerative(
      cut: p.distanceThreshold.map { .threshold($0) } ?? .clusters(p.clusters), linkage: Agglomerative.Linkage(rawValue: p.linkage.rawValue) ?? .ward,
      metric: p.metric.metric, threads: threads, memoryLimit: .max)
    try admit(method.memory(rows: rows, columns: columns))
    let found = try method.run(on: matrix, cancellation: cancellation, progress: progress)
    var outcome = try self.outcome(found.labels, of: matrix, cancellation)
    outcome.merges = found.tree.merges.map { (Int($0.a), Int($0.b), $0.height, Int($0.size)) }
    return outcome
  }

  // MARK: -

  private func admit(_ bytes: Int) throws(Problem) {
    guard bytes > memoryLimit else { return }
    let instead =
      switch algorithm {
      case .agglomerative(let p) where p.linkage != .single: "linkage 'single', which needs no matrix of distances, or a smaller sample_size"
      case .kmeans: "fewer n_clusters, or \"algorithm\": \"mini_batch\""
      case .spectral(let p) where p.affinity == .rbf: "\"affinity\": \"nearest_neighbors\", or a smaller sample_size"
      default: "a smaller sample_size, or 'kmeans'"
      }
    throw Problem(
      .tooLarge, "\(algorithm.name) needs about \(bytes >> 20) MiB for these vectors, and \(memoryLimit >> 20) MiB are allowed",
      hint: "Allow more (max_memory), or give \(instead)", path: "max_memory",
      details: ["estimated_bytes": .int(bytes), "max_memory": .int(memoryLimit)])
  }

  private func outcome(_ labels: [Int32], of matrix: Matrix, _ cancellation: Cancellation) throws(Problem) -> Outcome {
    let clusters = Int((labels.max() ?? -1) + 1)
    return Outcome(labels: labels, centroids: try Self.means(of: matrix, labels, clusters, cancellation), sizes: Self.sizes(labels, clusters))
  }

  /// How many rows each cluster has.
  static func sizes(_ labels: [Int32], _ clusters: Int) -> [Int] {
    var sizes = [Int](repeating: 0, count: clusters)
    for label in labels where label >= 0 { sizes[Int(label)] += 1 }
    return sizes
  }

  /// One row per cluster: the mean of its members. Of no cluster at all, one row of zeros, which nobody is in.
  static func means(
    of matrix: Matrix, _ labels: [Int32], _ clusters: Int, _ cancellation: Cancellation = Cancellation()
  ) throws(Problem) -> Matrix {
    var running = try RunningCentroids(clusters: max(1, clusters), dimensions: matrix.columns)
    try running.add(matrix, labels: labels, cancellation: cancellation)
    return try running.centroids()
  }
}

extension VectorDistance {
  var metric: Metric { self == .cosine ? .cosine : .euclidean }
}

extension RowDistance {
  var metric: Metric { self == .cosine ? .cosine : .euclidean }

  /// Minkowski's p, where the distance is not Euclid's.
  var power: Double? { if case .minkowski(let power) = self { power } else { nil } }
}
