import Basics

// The parameters of each algorithm, by the contract's names, with its limits and defaults; `names` lists those that mean something here
// first, then those that are accepted and have no meaning on one machine.

extension Algorithm {
  package struct KMeansParameters: Sendable, Equatable {
    /// What the centroids are moved by.
    package enum Variant: String, Sendable, CaseIterable { case lloyd, elkan, miniBatch = "mini_batch" }

    /// Where the centroids begin: at rows far from each other, or at any rows.
    package enum Start: String, Sendable, CaseIterable { case spread = "k-means++", random }

    package var clusters = 8
    package var start = Start.spread
    /// Nil, or how the number of clusters is chosen instead, up to `clusters`.
    package var choose: Choice?
    package var maxIterations = 300
    package var tolerance = 1e-4
    package var runs = 10
    package var seed: UInt64 = 42
    package var spherical = false
    package var variant = Variant.lloyd
    package var batchSize = 1024

    package enum Choice: String, Sendable, CaseIterable { case silhouette, elbow }

    static let names = [
      "n_clusters", "max_iter", "tol", "n_init", "random_state", "spherical", "algorithm", "batch_size", "choose_n_clusters", "init", "copy_x",
    ]

    package init() {}

    init(_ fields: Fields) throws(Problem) {
      clusters = Int(try fields.int("n_clusters", in: 2...1000) ?? 8)
      start = try fields.word("init") ?? .spread
      _ = try fields.bool("copy_x")
      choose = try fields.word("choose_n_clusters")
      maxIterations = Int(try fields.int("max_iter", in: 1...10_000) ?? 300)
      tolerance = try fields.number("tol", in: 0...1e30) ?? 1e-4
      variant = try fields.word("algorithm") ?? .lloyd
      // As scikit-learn takes "auto": centroids that were spread need no second try. Where many numbers of clusters are tried, or batches do,
      // one is enough unless more are asked for.
      runs = try fields.runs(
        "n_init", auto: start == .spread ? 1 : variant == .miniBatch ? 3 : 10, otherwise: choose == nil && variant != .miniBatch ? 10 : 1)
      seed = try fields.randomState()
      spherical = try fields.bool("spherical") ?? false
      batchSize = Int(try fields.int("batch_size", in: 1...10_000_000) ?? 1024)
    }

    var json: JSONObject {
      var result: JSONObject = [
        "n_clusters": .int(clusters), "max_iter": .int(maxIterations), "tol": .double(tolerance), "n_init": .int(runs),
        "random_state": .int(Int64(seed)), "spherical": .bool(spherical), "algorithm": .string(variant.rawValue),
      ]
      result["init"] = .string(start.rawValue)
      if variant == .miniBatch { result["batch_size"] = .int(batchSize) }
      if let choose { result["choose_n_clusters"] = .string(choose.rawValue) }
      return result
    }
  }

  package struct HDBSCANParameters: Sendable, Equatable {
    package enum Selection: String, Sendable, CaseIterable { case eom, leaf }

    package var minClusterSize = 5
    package var minSamples: Int?
    package var selectionEpsilon = 0.0
    package var maxClusterSize: Int?
    package var metric = VectorDistance.euclidean
    package var alpha = 1.0
    package var selection = Selection.eom
    package var allowSingleCluster = false
    package var matchReference = false
    /// Whether a client asked for what its own library needs to place new documents later. Nothing depends on it: every run keeps its centroids,
    /// and mode `assign` places documents by them.
    package var predictionData = false

    static let names = [
      "min_cluster_size", "min_samples", "cluster_selection_epsilon", "max_cluster_size", "metric", "alpha", "cluster_selection_method",
      "allow_single_cluster", "match_reference_implementation", "prediction_data",
    ]

    package init() {}

    init(_ fields: Fields) throws(Problem) {
      minClusterSize = Int(try fields.int("min_cluster_size", in: 2...1_000_000_000) ?? 5)
      minSamples = try fields.int("min_samples", in: 1...1_000_000).map { Int($0) }
      selectionEpsilon = try fields.number("cluster_selection_epsilon", in: 0...1e30) ?? 0
      maxClusterSize = try fields.int("max_cluster_size", in: 1...1_000_000_000).map { Int($0) }
      metric = try fields.distance("metric")
      alpha = try fields.number("alpha", in: 1e-6...1e6) ?? 1
      selection = try fields.word("cluster_selection_method") ?? .eom
      allowSingleCluster = try fields.bool("allow_single_cluster") ?? false
      matchReference = try fields.bool("match_reference_implementation") ?? false
      predictionData = try fields.bool("prediction_data") ?? false
    }

    var json: JSONObject {
      var result: JSONObject = ["min_cluster_size": .int(minClusterSize)]
      if let minSamples { result["min_samples"] = .int(minSamples) }
      result["cluster_selection_epsilon"] = .double(selectionEpsilon)
      if let maxClusterSize { result["max_cluster_size"] = .int(maxClusterSize) }
      result["metric"] = .string(metric.rawValue)
      result["alpha"] = .double(alpha)
      result["cluster_selection_method"] = .string(selection.rawValue)
      result["allow_single_cluster"] = .bool(allowSingleCluster)
      result["match_reference_implementation"] = .bool(matchReference)
      result["prediction_data"] = .bool(predictionData)
      return result
    }
  }

  package struct DBSCANParameters: Sendable, Equatable {
    package var epsilon = 0.5
    /// The point itself is one of them.
    package var minSamples = 5
    package var metric = RowDistance.euclidean

    static let names = ["eps", "min_samples", "metric", "p", "metric_params", "algorithm", "leaf_size"]

    package init() {}

    init(_ fields: Fields) throws(Problem) {
      epsilon = try fields.number("eps", in: 1e-30...1e30) ?? 0.5
      minSamples = Int(try fields.int("min_samples", in: 1...1_000_000_000) ?? 5)
      metric = try fields.rowDistance(otherwise: "euclidean")
      try fields.neighbourSearch()
    }

    var json: JSONObject {
      var result: JSONObject = ["eps": .double(epsilon), "min_samples": .int(minSamples)]
      result.set(metric.json.members)
      return result
    }
  }

  package struct OPTICSParameters: Sendable, Equatable {
    package enum Extraction: String, Sendable, CaseIterable { case xi, dbscan }

    package var minSamples = 5
    package var maxEpsilon = Double.infinity
    package var metric = RowDistance.euclidean
    package var extraction = Extraction.xi
    package var epsilon: Double?
    package var xi = 0.05
    package var predecessorCorrection = true
    /// A number of rows, or below 1 a share of them.
    package var minClusterSize: Double?

    static let names = [
      "min_samples", "max_eps", "metric", "cluster_method", "eps", "xi", "predecessor_correction", "min_cluster_size", "p", "metric_params",
      "algorithm", "leaf_size",
    ]

    package init() {}

    init(_ fields: Fields) throws(Problem) {
      minSamples = Int(try fields.int("min_samples", in: 2...1_000_000_000) ?? 5)
      maxEpsilon = try fields.number("max_eps", in: 1e-30...1e30) ?? .infinity
      metric = try fields.rowDistance(otherwise: "minkowski")
      try fields.neighbourSearch()
      extraction = try fields.word("cluster_method") ?? .xi
      epsilon = try fields.number("eps", in: 1e-30...1e30)
      xi = try fields.number("xi", in: 0...1) ?? 0.05
      predecessorCorrection = try fields.bool("predecessor_correction") ?? true
      minClusterSize = try fields.number("min_cluster_size", in: 1e-9...1e9)
    }

    var json: JSONObject {
      var result: JSONObject = [
        "min_samples": .int(minSamples), "cluster_method": .string(extraction.rawValue), "xi": .double(xi),
        "predecessor_correction": .bool(predecessorCorrection),
      ]
      result.set(metric.json.members)
      if maxEpsilon.isFinite { result["max_eps"] = .double(maxEpsilon) }
      if let epsilon { result["eps"] = .double(epsilon) }
      if let minClusterSize { result["min_cluster_size"] = .double(minClusterSize) }
      return result
    }
  }

  package struct AgglomerativeParameters: Sendable, Equatable {
    package enum Linkage: String, Sendable, CaseIterable { case ward, average, complete, single }

    package var clusters = 2
    package var linkage = Linkage.ward
    package var metric = VectorDistance.euclidean
    /// Clusters nearer than this are merged, instead of down to a number.
    package var distanceThreshold: Double?

    static let names = [
      "n_clusters", "linkage", "metric", "affinity", "distance_threshold", "memory", "connectivity", "compute_full_tree", "compute_distances",
    ]

    package init() {}

    init(_ fields: Fields) throws(Problem) {
      distanceThreshold = try fields.number("distance_threshold", in: 0...1e30)
      let clusters = try fields.int("n_clusters", in: 2...1_000_000)
      // Typed clients send the default beside a threshold.
      if distanceThreshold != nil, let clusters, clusters != 2 {
        throw Problem(
          .invalid, "n_clusters and distance_threshold both say where to stop", hint: "Give one of them", path: fields.at("distance_threshold"))
      }
      self.clusters = Int(clusters ?? 2)
      linkage = try fields.word("linkage") ?? .ward
      metric = try fields.distance(fields["metric"] == nil ? "affinity" : "metric")
      // The tree is always whole and always has its heights, and no folder keeps it.
      _ = try fields.string("memory")
      _ = try fields.bool("compute_distances")
      if fields["compute_full_tree"]?.bool == nil, let word = try fields.string("compute_full_tree"), !["auto", "true", "false"].contains(word) {
        throw Problem(
          .invalid, "compute_full_tree is '\(word)'", hint: "Give true, false or \"auto\"; the tree is whole in any case",
          path: fields.at("compute_full_tree"))
      }
      if fields["connectivity"] != nil {
        throw Problem(
          .unsupported, "connectivity is not in this build", hint: "Leave it out; any two clusters may merge", path: fields.at("connectivity"))
      }
    }

    var json: JSONObject {
      var result: JSONObject = ["linkage": .string(linkage.rawValue), "metric": .string(metric.rawValue)]
      if let distanceThreshold { result["distance_threshold"] = .double(distanceThreshold) } else { result["n_clusters"] = .int(clusters) }
      return result
    }
  }

  package struct GaussianMixtureParameters: Sendable, Equatable {
    package enum Covariance: String, Sendable, CaseIterable { case full, tied, diag, spherical }

    package var components = 1
    package var covariance = Covariance.full
    package var tolerance = 1e-3
    package var regularisation = 1e-6
    package var maxIterations = 100
    package var runs = 1
    package var seed: UInt64 = 42

    static let names = [
      "n_components", "covariance_type", "tol", "reg_covar", "max_iter", "n_init", "random_state", "init_params", "weights_init", "means_init",
      "precisions_init", "warm_start", "verbose_interval", "n_clusters",
    ]

    package init() {}

    init(_ fields: Fields) throws(Problem) {
      // What other algorithms call n_clusters is meant by some.
      let named = try fields.int("n_components", in: 1...1000)
      let clusters = try fields.int("n_clusters", in: 1...1000)
      components = Int(named ?? clusters ?? 1)
      covariance = try fields.word("covariance_type") ?? .full
      tolerance = try fields.number("tol", in: 0...1e9) ?? 1e-3
      regularisation = try fields.number("reg_covar", in: 0...1e9) ?? 1e-6
      maxIterations = Int(try fields.int("max_iter", in: 1...100_000) ?? 100)
      runs = Int(try fields.int("n_init", in: 1...1_000_000) ?? 1)
      seed = try fields.randomState()
      _ = try fields.int("verbose_interval", in: 1 ... .max)
      // A run begins anew each time; there is no earlier call to go on from.
      _ = try fields.bool("warm_start")
      for key in ["weights_init", "means_init", "precisions_init"] where fields[key] != nil {
        throw Problem(.unsupported, "\(key) is not in this build", hint: "Leave it out; k-means begins", path: fields.at(key))
      }
      if let word = try fields.string("init_params"), word != "kmeans" {
        throw Problem(.unsupported, "init_params '\(word)' is not in this build", hint: "Give \"kmeans\"", path: fields.at("init_params"))
      }
    }

    var json: JSONObject {
      [
        "n_components": .int(components), "covariance_type": .string(covariance.rawValue), "tol": .double(tolerance),
        "reg_covar": .double(regularisation), "max_iter": .int(maxIterations), "n_init": .int(runs), "random_state": .int(Int64(seed)),
      ]
    }
  }

  package struct MeanShiftParameters: Sendable, Equatable {
    /// Nil: estimated from the rows' distances, by `quantile`.
    package var bandwidth: Double?
    package var quantile = 0.1
    /// Where to begin, instead of at every row.
    package var seeds: [[Double]]?
    package var binSeeding = false
    package var minBinFrequency = 1
    package var clusterAll = true
    package var maxIterations = 300

    static let names = [
      "bandwidth", "bandwidth_quantile", "bin_seeding", "min_bin_freq", "cluster_all", "max_iter", "seeds",
    ]

    package init() {}

    init(_ fields: Fields) throws(Problem) {
      bandwidth = try fields.number("bandwidth", in: 1e-30...1e30)
      quantile = try fields.number("bandwidth_quantile", in: 1e-6...1) ?? 0.1
      binSeeding = try fields.bool("bin_seeding") ?? false
      minBinFrequency = Int(try fields.int("min_bin_freq", in: 1...1_000_000_000) ?? 1)
      clusterAll = try fields.bool("cluster_all") ?? true
      maxIterations = Int(try fields.int("max_iter", in: 1...100_000) ?? 300)
      seeds = try fields.rows("seeds")
    }

    var json: JSONObject {
      var result: JSONObject = [
        "bin_seeding": .bool(binSeeding), "min_bin_freq": .int(minBinFrequency), "cluster_all": .bool(clusterAll), "max_iter": .int(maxIterations),
      ]
      if let bandwidth { result["bandwidth"] = .double(bandwidth) } else { result["bandwidth_quantile"] = .double(quantile) }
      if let seeds { result["seeds"] = .array(seeds.map { .array($0.map(JSON.double)) }) }
      return result
    }
  }

  package struct SpectralParameters: Sendable, Equatable {
    package enum Affinity: String, Sendable, CaseIterable { case rbf, nearestNeighbours = "nearest_neighbors" }

    package var clusters = 8
    package var components: Int?
    package var affinity = Affinity.rbf
    package var gamma = 1.0
    package var neighbours = 10
    package var runs = 10
    package var tolerance = 0.0
    package var seed: UInt64 = 42

    static let names = [
      "n_clusters", "n_components", "affinity", "gamma", "n_neighbors", "n_init", "eigen_tol", "random_state", "assign_labels", "eigen_solver",
      "degree", "coef0", "kernel_params",
    ]

    package init() {}

    init(_ fields: Fields) throws(Problem) {
      clusters = Int(try fields.int("n_clusters", in: 2...1000) ?? 8)
      components = try fields.int("n_components", in: 1...1000).map { Int($0) }
      affinity =
        try fields.word(
          "affinity", notHere: ["precomputed", "precomputed_nearest_neighbors", "polynomial", "sigmoid", "laplacian", "chi2", "cosine"])
        ?? .rbf
      gamma = try fields.number("gamma", in: 1e-30...1e30) ?? 1
      neighbours = Int(try fields.int("n_neighbors", in: 1...100_000) ?? 10)
      runs = Int(try fields.int("n_init", in: 1...1_000_000) ?? 10)
      tolerance = try fields.number("eigen_tol", in: 0...1e30) ?? 0
      seed = try fields.randomState()
      // These are for kernels that are not here; scikit-learn, too, leaves them aside beside others.
      for key in ["degree", "coef0"] { _ = try fields.number(key) }
      _ = try fields.objectValue("kernel_params")
      if let word = try fields.string("eigen_solver"), !["arpack", "lobpcg", "amg"].contains(word) {
        throw Problem(
          .invalid, "unknown eigen_solver '\(word)'", hint: "One of: arpack, lobpcg, amg; what is found is the same", path: fields.at("eigen_solver"),
          didYouMean: Suggestion.nearest(to: word, in: ["arpack", "lobpcg", "amg"]))
      }
      if let word = try fields.string("assign_labels"), word != "kmeans" {
        throw Problem(.unsupported, "assign_labels '\(word)' is not in this build", hint: "Give \"kmeans\"", path: fields.at("assign_labels"))
      }
    }

    var json: JSONObject {
      var result: JSONObject = [
        "n_clusters": .int(clusters), "affinity": .string(affinity.rawValue), "n_init": .int(runs), "eigen_tol": .double(tolerance),
        "random_state": .int(Int64(seed)),
      ]
      if affinity == .rbf { result["gamma"] = .double(gamma) } else { result["n_neighbors"] = .int(neighbours) }
      if let components { result["n_components"] = .int(components) }
      return result
    }
  }

  package struct AutoParameters: Sendable, Equatable {
    package var seed: UInt64 = 42
    static let names = ["random_state"]

    package init() {}

    init(_ fields: Fields) throws(Problem) { seed = try fields.randomState() }

    var json: JSONObject { ["random_state": .int(Int64(seed))] }
  }
}
