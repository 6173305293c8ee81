package import Basics

/// Spectral clustering: rows become nodes of a graph, and k-means divides them by where the graph's slowest oscillations put them (Ng,
/// Jordan, Weiss 2001; von Luxburg 2007). It finds clusters of any shape that hang together.
///
/// Parameters, defaults and the embedding are scikit-learn's (normalised Laplacian, eigenvectors divided by the roots of the degrees). The
/// same seed and data give the same result for any number of threads.
package struct Spectral: Sendable {
  package enum Graph: String, Sendable, CaseIterable {
    /// exp(-gamma |x - y|^2) between all rows.
    case radial = "rbf"
    /// Edges to the nearest rows.
    case nearestNeighbours = "nearest_neighbors"
  }

  package var clusters: Int
  /// Eigenvectors to use; nil: as many as clusters.
  package var components: Int?
  package var graph: Graph
  package var gamma: Double
  /// Counts the row itself, as in scikit-learn.
  package var neighbours: Int
  /// How often k-means begins anew.
  package var runs: Int
  /// How large the residuals of the eigenvectors may be; 0: 1e-8.
  package var tolerance: Double
  package var seed: UInt64
  package var threads: Int
  /// Bytes that a run may take beside the rows; more is refused before it begins.
  package var memoryLimit: Int

  package init(
    clusters: Int = 8, components: Int? = nil, graph: Graph = .radial, gamma: Double = 1, neighbours: Int = 10, runs: Int = 10, tolerance: Double = 0,
    seed: UInt64 = 0, threads: Int = 1, memoryLimit: Int = 8 << 30
  ) {
    self.clusters = clusters
    self.components = components
    self.graph = graph
    self.gamma = gamma
    self.neighbours = neighbours
    self.runs = runs
    self.tolerance = tolerance
    self.seed = seed
    self.threads = threads
    self.memoryLimit = memoryLimit
  }

  /// What spectral clustering found.
  package struct Result: Sendable {
    package let labels: [Int32]
    /// Members of each cluster.
    package let sizes: [Int]
    /// Where the graph puts each row: one column per eigenvector.
    package let embedding: Matrix
    /// Those of the normalised Laplacian, smallest first: as many zeros as the graph has parts.
    package let eigenvalues: [Double]
    /// False when the eigenvectors are less exact than was asked for.
    package let converged: Bool
    package let seed: UInt64
  }

  /// Bytes that a run takes beside the rows.
  package func memory(rows: Int, columns: Int) -> Int {
    let vectors = LeadingEigenvectors.memory(components ?? clusters, size: rows)
    let (edges, search) =
      graph == .radial
      ? (PairDistances<Float>.memory(rows: rows), DistanceBlocks.memory(rows: rows, columns: columns))
      : (rows * neighbours * 40, NeighbourGraph(neighbours: neighbours).memory(rows: rows, columns: columns))
    return edges + max(vectors, search) + rows * (components ?? clusters) * 16
  }

  /// Clusters the rows. Throws when a parameter does not fit the data (named as in the API), when memory would not do, or when cancelled.
  /// `progress` is told on the caller's thread which share of the work is done, roughly.
  package func run(
    on matrix: Matrix, cancellation: Cancellation = Cancellation(), progress: ((Double) -> Void)? = nil
  ) throws(Problem) -> Result {
    try validate(for: matrix)
    try cancellation.check()
    let size = matrix.rows
    let count = min(components ?? clusters, size)
    let (scales, eigen) = try Team.gather(threads) { (team) throws(Problem) in
      let affinity =
        switch graph {
        case .radial: try Affinity.radial(matrix, gamma: gamma, team, cancellation)
        case .nearestNeighbours: try Affinity.neighbours(matrix, neighbours, threads, cancellation)
        }
      progress?(0.3)
      let eigen = try LeadingEigenvectors(
        of: affinity, count: count, tolerance: tolerance > 0 ? tolerance : 1e-8, seed: seed, team, cancellation)
      return (affinity.scales, eigen)
    }
    progress?(0.9)
    // Divided by the roots of the degrees, and turned: a row of the embedding is a row of the matrix.
    let embedding = try Matrix(rows: size, columns: count) { (target) throws(Problem) in
      for i in 0..<size { for v in 0..<count { target[i * count + v] = Float(eigen.vectors[v * size + i] * scales[i]) } }
    }
    let divided = try KMeans(clusters: clusters, runs: runs, seed: seed, threads: threads).run(on: embedding, cancellation: cancellation)
    return Result(
      labels: divided.labels, sizes: divided.sizes, embedding: embedding, eigenvalues: eigen.values.map { 1 - $0 }, converged: eigen.converged,
      seed: seed)
  }

  private func validate(for matrix: Matrix) throws(Problem) {
    guard clusters >= 1, clusters <= matrix.rows else {
      throw Problem(
        .invalid, Demand.tooMany(clusters, for: matrix.rows),
        hint: matrix.rows < 2 ? "Give more vectors." : "Choose 1 to \(matrix.rows), for example \(min(8, matrix.rows)).",
        path: "n_clusters")
    }
    if let components {
      guard (1...matrix.rows).contains(components) else {
        throw Problem(.invalid, "n_components is \(components)", hint: "Choose 1 to \(matrix.rows), or leave it out.", path: "n_components")
      }
    }
    guard gamma > 0, gamma.isFinite else { throw Problem(.invalid, "gamma is \(gamma)", hint: "Choose more than 0, for example 1.", path: "gamma") }
    guard neighbours >= 1 else {
      throw Problem(.invalid, "n_neighbors is \(neighbours)", hint: "Choose at least 2, for example 10.", path: "n_neighbors")
    }
    guard runs >= 1 else { throw Problem(.invalid, "n_init is \(runs)", hint: "Choose at least 1, for example 10.", path: "n_init") }
    guard tolerance >= 0, tolerance.isFinite else {
      throw Problem(.invalid, "eigen_tol is \(tolerance)", hint: "Choose 0 or more, for example 1e-6.", path: "eigen_tol")
    }
    try Demand.threads(threads)
    try Demand.joinable(matrix)
    try Demand.memory(
      memory(rows: matrix.rows, columns: matrix.columns), atMost: memoryLimit, rows: matrix.rows,
      "affinity '\(graph.rawValue)' keeps its graph in memory")
  }
}
