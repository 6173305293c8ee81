import Basics
import Model
import Testing

/// Every parameter of every algorithm that the contract names: its default, its limits, its type, its name, and that it says something.
@Suite("Parameters of algorithms") struct AlgorithmParameterTests {
  struct Parameter: CustomTestStringConvertible, Sendable {
    var algorithm: String
    var name: String
    var type: String
    var json: JSON
    var testDescription: String { "\(algorithm).\(name)" }
  }

  static let here = ["kmeans", "hdbscan", "dbscan", "optics", "agglomerative", "gaussian_mixture", "mean_shift", "spectral"]
  static let contract = Result { try DataFile.json("clustering_parameters.json") }
  static let parameters: [Parameter] = here.flatMap { algorithm -> [Parameter] in
    ((try? contract.get())?[algorithm]?.object?.members ?? []).map {
      Parameter(algorithm: algorithm, name: $0.key, type: $0.value["type"]?.string ?? "", json: $0.value)
    }
  }

  private func read(_ algorithm: String, _ parameters: JSONObject) throws(Problem) -> Algorithm {
    try Algorithm(named: algorithm, .object(parameters), path: "algorithm_params", nameAt: "clustering_method")
  }

  private func refusal(_ algorithm: String, _ parameters: JSONObject) -> Problem? {
    do throws(Problem) {
      _ = try read(algorithm, parameters)
      return nil
    } catch { return error }
  }

  @Test("are all the contract's") func complete() { #expect(Self.parameters.count == 85, "\(Self.parameters.count)") }

  @Test("have the contract's default, and its limits", arguments: parameters) func limits(parameter: Parameter) throws {
    let (algorithm, name) = (parameter.algorithm, parameter.name)
    let plain = try read(algorithm, [:])
    if let value = parameter.json["default"] { #expect(try read(algorithm, [name: value]) == plain) }
    #expect(try read(algorithm, [name: .null]) == plain)
    let step: Double = parameter.type == "integer" ? 1 : 0.001
    for (limit, outwards) in [("ge", -step), ("le", step)] {
      guard let edge = parameter.json[limit]?.double else { continue }
      func value(_ number: Double) -> JSON { parameter.type == "integer" ? .int(Int64(number)) : .double(number) }
      // Others of its parameters may bound it, which is not said of it alone.
      #expect(refusal(algorithm, [name: value(edge)]) == nil, "\(edge)")
      let beyond = try #require(refusal(algorithm, [name: value(edge + outwards)]), "\(edge + outwards)")
      #expect(beyond.path == "algorithm_params.\(name)" && beyond.kind == .invalid && beyond.hint != nil)
    }
  }

  @Test("are refused where they have another type", arguments: parameters.filter { $0.type != "any" }) func types(parameter: Parameter) throws {
    let wrong: JSON =
      switch parameter.type {
      case "integer", "number", "array<array<number>>", "array<any>": "many"
      case "boolean": "yes"
      case "string": 3
      default: [1]
      }
    // Some libraries take a flag for how much they say.
    let problem = try #require(refusal(parameter.algorithm, [parameter.name: wrong]))
    #expect(problem.path == "algorithm_params.\(parameter.name)", "\(problem)")
  }

  @Test("are refused under a mistyped name, with the right one", arguments: parameters.filter { $0.name.count > 3 }) func names(
    parameter: Parameter
  ) throws {
    var mistyped = parameter.name
    mistyped.remove(at: mistyped.index(before: mistyped.index(before: mistyped.endIndex)))
    let problem = try #require(refusal(parameter.algorithm, [mistyped: 1]))
    #expect(problem.path == "algorithm_params.\(mistyped)" && problem.kind == .invalid)
    if !["n_jobs", "verbose", "random_state"].contains(parameter.name) { #expect(problem.didYouMean == parameter.name, "\(problem)") }
  }

  /// What is neither there nor refused would be silence.
  @Test(
    "say something, or are said not to be in this build",
    arguments: [
      ("kmeans", "init", #""random""#, true), ("kmeans", "init", #""randm""#, false), ("kmeans", "algorithm", #""elkan""#, true),
      ("kmeans", "algorithm", #""lloyds""#, false), ("kmeans", "n_init", #""auto""#, true), ("kmeans", "n_init", #""few""#, false),
      ("kmeans", "tol", "0", true), ("kmeans", "tol", "-1", false), ("kmeans", "random_state", "-1", false),
      ("hdbscan", "metric", #""cosine""#, true), ("hdbscan", "metric", #""manhattan""#, false),
      ("hdbscan", "cluster_selection_method", #""leaf""#, true), ("hdbscan", "cluster_selection_method", #""leav""#, false),
      ("hdbscan", "prediction_data", "true", true), ("hdbscan", "alpha", "0", false),
      ("dbscan", "metric", #""manhattan""#, true), ("dbscan", "metric", #""chebyshev""#, true), ("dbscan", "metric", #""manhatan""#, false),
      ("dbscan", "metric", #""cosine""#, true), ("dbscan", "p", "1", false), ("dbscan", "eps", "0", false),
      ("dbscan", "algorithm", #""kd_tre""#, false), ("dbscan", "metric_params", #"{"p": 3}"#, false),
      ("optics", "metric", #""cityblock""#, true), ("optics", "p", "1.5", true), ("optics", "p", "0.5", false),
      ("optics", "metric_params", #"{"p": 3}"#, true), ("optics", "metric_params", #"{"w": [1]}"#, false),
      ("optics", "cluster_method", #""dbscan""#, true), ("optics", "max_eps", "0", false), ("optics", "xi", "0.2", true),
      ("agglomerative", "affinity", #""cosine""#, true), ("agglomerative", "affinity", #""l1""#, false),
      ("agglomerative", "linkage", #""centroid""#, false), ("agglomerative", "connectivity", "[[1]]", false),
      ("agglomerative", "distance_threshold", "0.5", true), ("agglomerative", "compute_full_tree", #""maybe""#, false),
      ("gaussian_mixture", "covariance_type", #""diag""#, true), ("gaussian_mixture", "init_params", #""random""#, false),
      ("gaussian_mixture", "means_init", "[[1]]", false), ("gaussian_mixture", "weights_init", "[1]", false),
      ("gaussian_mixture", "precisions_init", "[1]", false),
      ("mean_shift", "seeds", "[[0.5, 1], [2, 3]]", true), ("mean_shift", "seeds", "[[0.5, 1], [2]]", false),
      ("mean_shift", "seeds", "[]", false), ("mean_shift", "bandwidth", "0", false), ("mean_shift", "bandwidth", "2", true),
      ("spectral", "affinity", #""nearest_neighbors""#, true), ("spectral", "affinity", #""poly""#, false),
      ("spectral", "assign_labels", #""discretize""#, false), ("spectral", "eigen_solver", #""arpak""#, false),
    ])
  func effects(algorithm: String, name: String, text: String, isHere: Bool) throws {
    let value = try JSON(parsing: Array(text.utf8))
    if isHere {
      let read = try read(algorithm, [name: value])
      #expect(read != (try self.read(algorithm, [:])))
      #expect(try self.read(algorithm, read.json) == read, "as it is stored, so it is read")
    } else {
      let problem = try #require(refusal(algorithm, [name: value]))
      #expect(problem.path?.hasPrefix("algorithm_params.\(name)") == true && problem.hint != nil, "\(problem)")
      #expect([.invalid, .unsupported].contains(problem.kind))
    }
  }

  @Test("of Minkowski's distance go together") func minkowski() throws {
    func metric(_ parameters: JSONObject) throws(Problem) -> RowDistance? {
      if case .dbscan(let p) = try read("dbscan", parameters) { p.metric } else { nil }
    }
    #expect(try metric(["metric": "minkowski", "p": 3]) == .minkowski(3))
    #expect(try metric(["metric": "minkowski"]) == .euclidean)
    #expect(try metric(["metric": "minkowski", "metric_params": ["p": 1]]) == .minkowski(1))
    #expect(try metric(["metric": "l1", "p": 2]) == .minkowski(1))
    #expect(try metric(["metric": "chebyshev"]) == .minkowski(.infinity))
    let problem = try #require(refusal("dbscan", ["metric": "cosine", "p": 3]))
    #expect(problem.path == "algorithm_params.p" && problem.hint?.contains("minkowski") == true)
  }

  @Test("of another algorithm ride along as they are by default, and are refused when they say something") func riding() throws {
    // What the SDK makes of an empty dictionary.
    let sent: JSONObject = [
      "n_clusters": 8, "max_iter": 300, "random_state": 42, "n_init": 10, "tol": 0.0001, "init": "k-means++", "verbose": 0, "copy_x": true,
      "algorithm": "lloyd",
    ]
    for algorithm in Self.here { #expect(refusal(algorithm, sent) == nil, "\(algorithm)") }
    #expect(refusal("hdbscan", ["random_state": 7, "verbose": true, "n_jobs": -1]) == nil)
    let foreign = try #require(refusal("kmeans", ["min_cluster_size": 20]))
    #expect(
      foreign.path == "algorithm_params.min_cluster_size" && foreign.message.contains("hdbscan") && foreign.hint?.contains("n_clusters") == true)
    #expect(refusal("auto", ["n_clusters": 5])?.path == "algorithm_params.n_clusters")
  }

  @Test("of algorithms that are not here are not looked at: the nearest is named", arguments: ["leiden", "evoc"]) func missing(name: String) throws {
    let problem = try #require(refusal(name, ["resolution": 3]))
    #expect(problem.kind == .unsupported && problem.path == "clustering_method" && problem.didYouMean == "hdbscan")
    #expect(refusal("kmean", [:])?.didYouMean == "kmeans")
  }
}

/// What a `vector_config` says beside the algorithm.
@Suite("Configurations of clusters") struct VectorConfigTests {
  private func create(_ config: JSONObject) -> Result<ClusterDefinition, Problem> {
    var whole: JSONObject = ["clustering_method": "kmeans"]
    whole.set(config.members)
    let body: JSON = ["collection_ids": ["c"], "vector_config": .object(whole)]
    return Result { () throws(Problem) in try ClusterDefinition(creating: body, in: "n", surroundings: .standing) }
  }

  @Test("have the contract's names and defaults") func contract() throws {
    let contract = try #require(try DataFile.json("clustering_parameters.json")["vector_config"]?.object)
    for member in contract.members where member.key != "clustering_method" {
      if let value = member.value["default"] { _ = try create([member.key: value]).get() }
      _ = try create([member.key: .null]).get()
    }
    let names = create(["preprocesing_steps": []])
    #expect(throws: Problem.self) { try names.get() }
  }

  @Test(
    "refuse what is wrong or not here, and name it",
    arguments: [
      (#"{"preprocesing_steps": []}"#, "preprocesing_steps", "preprocessing_steps"), (#"{"hierarchical": true}"#, "hierarchical", "agglomerative"),
      (#"{"max_hierarchy_depth": 6}"#, "max_hierarchy_depth", ""), (#"{"effective_feature_method": "median"}"#, "effective_feature_method", ""),
      (#"{"effective_feature_method": "meen"}"#, "effective_feature_method", "mean"),
      (#"{"multi_feature_strategy": "weigted"}"#, "multi_feature_strategy", "weighted"),
      (#"{"weight_learning_config": {}}"#, "weight_learning_config", ""),
      (#"{"face_cluster_merge": {}}"#, "face_cluster_merge", ""), (#"{"sample_size": 1000001}"#, "sample_size", ""),
      (#"{"vis_n_components": 4}"#, "vis_n_components", ""), (#"{"layout_stability": "aling"}"#, "layout_stability", "align"),
      (#"{"preprocessing_steps": [{"method": "umap", "n_component": 3}]}"#, "preprocessing_steps[0].n_component", "n_components"),
      (#"{"preprocessing_steps": [{"method": "umap", "n_components": 257}]}"#, "preprocessing_steps[0].n_components", ""),
      (#"{"preprocessing_steps": [{"method": "umap", "min_dist": 1.5}]}"#, "preprocessing_steps[0].min_dist", ""),
      (#"{"preprocessing_steps": [{"method": "whitening", "regularization": -1}]}"#, "preprocessing_steps[0].regularization", ""),
      (#"{"preprocessing_steps": [{"method": "tsne"}]}"#, "preprocessing_steps[0].method", "umap"),
      (#"{"preprocessing_steps": [{"method": "whitning"}]}"#, "preprocessing_steps[0].method", "whitening"),
    ])
  func refused(text: String, path: String, near: String) throws {
    let given = try #require(try JSON(parsing: Array(text.utf8)).object)
    let problem = #expect(throws: Problem.self) { try create(given).get() }
    #expect(problem?.path == "vector_config.\(path)", "\(String(describing: problem))")
    #expect(near.isEmpty || problem?.didYouMean == near, "\(String(describing: problem))")
  }

  @Test("read preprocessing steps with the contract's defaults") func steps() throws {
    let made = try create(["preprocessing_steps": [["method": "umap"], ["method": "whitening"], ["method": "none"]], "enrich_source": true]).get()
    #expect(
      made.options.steps == [.umap(components: 50, neighbours: 30, minimumDistance: 0, metric: .cosine, seed: 42), .whitening(regularisation: 1e-5)])
    #expect(made.enrichSource)
  }
}

extension Surroundings {
  /// A clock that stands still, and the same chance every time.
  fileprivate static let standing = Surroundings(now: { Instant(milliseconds: 0) }, ticks: { Ticks(nanoseconds: 0) }, random: { 7 })
}
