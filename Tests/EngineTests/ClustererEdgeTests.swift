import Basics
import Clustering
import Engine
import Model
import Testing

/// What every algorithm makes of data at the edge of what it can work with: an answer that makes sense, or a refusal that helps; never a crash.
@Suite("Algorithms at the edge") struct ClustererEdgeTests {
  typealias Method = (name: String, parameters: String)

  /// Each algorithm with each of the parameters that change its way, and small numbers where defaults would be larger than the data.
  static let methods: [Method] = [
    ("kmeans", #"{"n_clusters": 3, "n_init": 2}"#), ("kmeans", #"{"n_clusters": 3, "spherical": true, "n_init": 1}"#),
    ("kmeans", #"{"n_clusters": 3, "algorithm": "mini_batch", "batch_size": 16}"#),
    ("kmeans", #"{"n_clusters": 5, "choose_n_clusters": "silhouette"}"#), ("kmeans", #"{"n_clusters": 5, "choose_n_clusters": "elbow"}"#),
    ("hdbscan", "{}"), ("hdbscan", #"{"min_cluster_size": 2, "cluster_selection_method": "leaf", "cluster_selection_epsilon": 0.5}"#),
    ("hdbscan", #"{"min_samples": 500, "allow_single_cluster": true, "alpha": 1.5}"#),
    ("hdbscan", #"{"metric": "cosine", "max_cluster_size": 3}"#), ("hdbscan", #"{"match_reference_implementation": true, "min_samples": 1}"#),
    ("agglomerative", #"{"linkage": "ward"}"#), ("agglomerative", #"{"linkage": "average", "n_clusters": 3}"#),
    ("agglomerative", #"{"linkage": "complete", "metric": "cosine"}"#), ("agglomerative", #"{"linkage": "single", "n_clusters": 3}"#),
    ("agglomerative", #"{"linkage": "average", "distance_threshold": 0}"#), ("hierarchical", #"{"linkage": "single", "distance_threshold": 0.5}"#),
    ("dbscan", "{}"), ("dbscan", #"{"metric": "cosine", "min_samples": 1}"#), ("dbscan", #"{"eps": 1e30, "min_samples": 1000}"#),
    ("optics", "{}"), ("optics", #"{"cluster_method": "dbscan", "eps": 0.5, "metric": "cosine"}"#),
    ("optics", #"{"min_cluster_size": 0.5, "max_eps": 1e-9}"#),
    ("gaussian_mixture", #"{"n_components": 2}"#), ("gaussian_mixture", #"{"n_components": 2, "covariance_type": "tied"}"#),
    ("gaussian_mixture", #"{"n_components": 3, "covariance_type": "diag"}"#),
    ("gaussian_mixture", #"{"covariance_type": "spherical", "n_init": 2}"#),
    ("gaussian_mixture", #"{"n_components": 2, "covariance_type": "diag", "reg_covar": 0}"#),
    ("mean_shift", "{}"), ("mean_shift", #"{"bandwidth": 0.5, "bin_seeding": true, "cluster_all": false}"#),
    ("spectral", #"{"n_clusters": 2, "n_init": 1}"#),
    ("spectral", #"{"n_clusters": 3, "affinity": "nearest_neighbors", "n_neighbors": 500, "n_init": 1}"#),
    ("auto", "{}"),
  ]

  /// Data by name; each is made of numbers that can be told without a file.
  static let edges = [
    "none", "one", "two", "two equal", "fewer than clusters", "constant", "zeros", "some zeros", "copies of two", "line", "line of copies",
    "one column that varies", "long", "tiny", "denormal", "huge", "largest", "far away", "opposites",
  ]

  static func matrix(_ edge: String) throws -> Matrix {
    func rows(_ count: Int, _ columns: Int, _ value: (_ row: Int, _ column: Int) -> Float) throws -> Matrix {
      try Matrix(rows: count, columns: columns, values: (0..<count * columns).map { (i: Int) -> Float in value(i / columns, i % columns) })
    }
    /// Spread over 0 ..< 1, all different, in no order.
    func spread(_ row: Int, _ column: Int) -> Float {
      let mixed: Int = row * 7919 + column * 104_729 + row * column * 31
      return Float(mixed % 1009) / 1009
    }
    return switch edge {
    case "none": try rows(0, 3, spread)
    case "one": try rows(1, 3, spread)
    case "two": try rows(2, 3, spread)
    case "two equal": try rows(2, 3) { _, _ in 1 }
    case "fewer than clusters": try rows(4, 2, spread)
    case "constant": try rows(70, 3) { _, _ in 0.1 }
    case "zeros": try rows(70, 3) { _, _ in 0 }
    case "some zeros": try rows(70, 3) { $0 % 2 == 0 ? 0 : spread($0, $1) }
    case "copies of two": try rows(70, 3) { row, _ in Float(row % 2) }
    case "line": try rows(70, 1, spread)
    case "line of copies": try rows(70, 1) { row, _ in Float(row % 5) }
    case "one column that varies": try rows(70, 30) { $1 == 7 ? spread($0, $1) : 2 }
    case "long": try rows(66, 4096) { Float($0 % 3) + spread($0, $1) * 0.1 }
    case "tiny": try rows(70, 3) { spread($0, $1) * 0x1p-60 }
    case "denormal": try rows(70, 3) { spread($0, $1) * 0x1p-140 }
    case "huge": try rows(70, 3) { spread($0, $1) * 0x1p+60 }
    case "largest": try rows(70, 3) { spread($0, $1) * Float.greatestFiniteMagnitude }
    case "far away": try rows(70, 3) { 4096 + spread($0, $1) * 0x1p-10 }
    default: try rows(70, 3) { $0 % 2 == 0 ? spread($0 / 2, $1) : -spread($0 / 2, $1) }
    }
  }

  /// Whole covariances of 4,096 dimensions: some 10^11 operations an iteration.
  private static func takesMinutes(_ method: Method, _ edge: String) -> Bool {
    edge == "long" && method.name == "gaussian_mixture" && !method.parameters.contains("diag") && !method.parameters.contains("spherical")
  }

  private static func run(_ method: Method, _ matrix: Matrix, threads: Int = 2) throws(Problem) -> Clusterer.Outcome {
    let algorithm = try Algorithm(named: method.name, JSON(parsing: method.parameters), path: "algorithm_params", nameAt: "algorithm")
    return try Clusterer(algorithm, threads: threads).run(on: matrix)
  }

  @Test("give an answer that makes sense, or a refusal that names the field and what to do", arguments: edges)
  func defined(edge: String) throws {
    let matrix = try Self.matrix(edge)
    for method in Self.methods where !Self.takesMinutes(method, edge) {
      let about = Comment("\(method.name) \(method.parameters) on \(edge)")
      do throws(Problem) {
        let outcome = try Self.run(method, matrix)
        let known = -1..<Int32(max(outcome.clusters, 0))
        #expect(outcome.labels.count == matrix.rows && outcome.labels.allSatisfy(known.contains), about)
        var sizes = [Int](repeating: 0, count: max(outcome.clusters, 0))
        for label in outcome.labels where label >= 0 && Int(label) < sizes.count { sizes[Int(label)] += 1 }
        #expect(sizes == outcome.sizes, about)
        #expect(outcome.centroids.values.allSatisfy(\.isFinite) && outcome.centroids.columns == matrix.columns, about)
        #expect((outcome.probabilities ?? []).allSatisfy { (0...1.000001).contains($0) }, about)
        #expect((outcome.outlierScores ?? []).allSatisfy { (0...1).contains($0) }, about)
        #expect(outcome.inertia.map { $0.isFinite && $0 >= 0 } ?? true, about)
        #expect((outcome.merges ?? []).allSatisfy { $0.height >= 0 && $0.height.isFinite && $0.size >= 2 }, about)
        #expect(outcome.merges.map { $0.count == max(0, matrix.rows - 1) } ?? true, about)
        // The same again on one thread: neither chance nor the machine has a part in it.
        let again = try Self.run(method, matrix, threads: 1)
        #expect(again.labels == outcome.labels && again.probabilities == outcome.probabilities && again.inertia == outcome.inertia, about)
      } catch {
        #expect(error.kind == .invalid && error.path != nil && error.hint != nil && !error.message.isEmpty, "\(about): \(error)")
      }
    }
  }

  @Test("refuse only what cannot be answered: no rows, more clusters than rows, and values that cannot be squared")
  func refusals() throws {
    for edge in Self.edges {
      let matrix = try Self.matrix(edge)
      for method in Self.methods where !Self.takesMinutes(method, edge) {
        let problem: Problem?
        do throws(Problem) {
          _ = try Self.run(method, matrix, threads: 1)
          problem = nil
        } catch { problem = error }
        let about = Comment("\(method.name) \(method.parameters) on \(edge): \(problem?.message ?? "an answer")")
        guard let problem else { continue }
        // A radius that was given or estimated can be too small for any row to have a neighbour.
        let known = edge == "largest" && problem.path == "vectors" || method.name == "mean_shift" && problem.path == "bandwidth"
        let excused = known || matrix.rows <= 4 || method.parameters.contains("reg_covar")
        #expect(excused, about)
      }
    }
  }

  @Test("find the clusters that copies make", arguments: methods.indices)
  func copies(index: Int) throws {
    let method = Self.methods[index]
    // Others are asked for more clusters than two, for no metric that sees the two apart, or have no such bounds.
    let others = ["cosine", "spherical", "min_samples", "affinity", "threshold\": 0}", "average", "\"single\", \"n", "max_eps"]
    guard !["gaussian_mixture", "mean_shift"].contains(method.name), !others.contains(where: method.parameters.contains) else { return }
    let labels = try Self.run(method, Self.matrix("copies of two")).labels
    #expect(labels.indices.allSatisfy { labels[$0] == labels[$0 % 2] } && labels[0] != labels[1], "\(method.name) \(method.parameters)")
  }

  @Test("never see what is not a number: a matrix says where it is", arguments: [Float.nan, .infinity, -.infinity, .signalingNaN])
  func notANumber(value: Float) {
    let problem = #expect(throws: Problem.self) { try Matrix([[1, 2], [3, value]]) }
    #expect(problem?.path == "[1][1]" && problem?.kind == .invalid && problem?.hint != nil)
  }

  /// Two ways to call an algorithm on the same rows, which may not find the same.
  @Test(
    "change what they find with each parameter that says something",
    arguments: [
      ("kmeans", #"{"n_clusters": 12, "n_init": 1, "max_iter": 1}"#, #"{"n_clusters": 12, "n_init": 1, "max_iter": 1, "init": "random"}"#),
      ("kmeans", #"{"n_clusters": 12, "n_init": 1, "init": "random"}"#, #"{"n_clusters": 12, "n_init": "auto", "init": "random"}"#),
      (
        "kmeans", #"{"n_clusters": 12, "n_init": 1, "algorithm": "mini_batch", "batch_size": 20, "max_iter": 1}"#,
        #"{"n_clusters": 12, "n_init": 9, "algorithm": "mini_batch", "batch_size": 20, "max_iter": 1}"#
      ),
      ("dbscan", #"{"eps": 0.2}"#, #"{"eps": 0.2, "metric": "manhattan"}"#),
      ("dbscan", #"{"eps": 0.2, "metric": "minkowski", "p": 1}"#, #"{"eps": 0.2, "metric": "minkowski", "p": 3}"#),
      ("dbscan", #"{"eps": 0.2, "metric": "chebyshev"}"#, #"{"eps": 0.2, "metric": "l2"}"#),
      ("optics", #"{"cluster_method": "dbscan", "eps": 0.2}"#, #"{"cluster_method": "dbscan", "eps": 0.2, "p": 1}"#),
      (
        "mean_shift", #"{"bandwidth": 0.1, "cluster_all": false}"#,
        #"{"bandwidth": 0.1, "cluster_all": false, "seeds": [[0.5, 0.5, 0.5], [0.1, 0.1, 0.1]]}"#
      ),
    ])
  func effects(name: String, one: String, other: String) throws {
    let rows = try Matrix(
      rows: 150, columns: 3,
      values: (0..<450).map { (i: Int) -> Float in Float((i / 3 * 7919 + i % 3 * 104_729 + i / 3 * (i % 3) * 31) % 1009) / 1009 })
    #expect(try Self.run((name, one), rows).labels != (try Self.run((name, other), rows).labels))
  }

  @Test("take what is done to vectors before, in all its parameters") func preparation() throws {
    let rows = try Matrix(
      rows: 60, columns: 8, values: (0..<480).map { (i: Int) -> Float in Float((i * 7919 + i / 8 * (i % 8) * 31) % 1009) / 1009 })
    func prepared(_ step: ClusterOptions.Step) throws -> Matrix { try Preparation([step], threads: 1).apply(to: rows) }
    #expect(try prepared(.whitening(regularisation: 0)) != prepared(.whitening(regularisation: 1)))
    func umap(
      _ components: Int = 2, _ neighbours: Int = 8, _ distance: Double = 0, _ metric: VectorDistance = .cosine, _ seed: UInt64 = 1
    )
      -> ClusterOptions.Step
    {
      .umap(components: components, neighbours: neighbours, minimumDistance: distance, metric: metric, seed: seed)
    }
    let plain = try prepared(umap())
    for other in [umap(2, 9), umap(2, 8, 0.5), umap(2, 8, 0, .euclidean), umap(2, 8, 0, .cosine, 2)] { #expect(try prepared(other) != plain) }
    // Of as many dimensions as are asked for, up to those that there were.
    #expect(try prepared(umap(5)).columns == 5 && prepared(umap(50)).columns == 8)
  }

  @Test("leave vectors alone that are to be grouped by attributes") func attributes() throws {
    let problem = #expect(throws: Problem.self) { try Self.run(("attribute_based", #"{"attributes": ["colour"]}"#), Self.matrix("line")) }
    #expect(problem?.path == "algorithm" && problem?.hint != nil)
  }
}
