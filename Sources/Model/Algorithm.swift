package import Basics

/// A clustering algorithm with its parameters, checked. Names and defaults are the contract's.
package enum Algorithm: Sendable, Equatable {
  case kmeans(KMeansParameters)

  package struct KMeansParameters: Sendable, Equatable {
    package var clusters = 8
    package var maxIterations = 300
    package var tolerance = 1e-4
    package var runs = 10
    package var seed: UInt64 = 42
    package var spherical = false
    package init() {}
  }

  /// The algorithms the contract names, for messages.
  package static let known = [
    "kmeans", "dbscan", "hdbscan", "agglomerative", "spectral", "gaussian_mixture", "mean_shift", "optics", "leiden", "evoc", "attribute_based",
    "auto",
    "hierarchical",
  ]

  package var name: String {
    switch self {
    case .kmeans: "kmeans"
    }
  }

  /// Reads an algorithm's name and parameters. Parameters of other algorithms that ride along (as typed clients send them) are ignored.
  package init(named name: String, _ parameters: JSON?, path: String, nameAt namePath: String) throws(Problem) {
    guard name == "kmeans" else {
      if Self.known.contains(name) {
        throw Problem(.unsupported, "algorithm '\(name)' is not in this build", hint: "Give \"kmeans\"", path: namePath)
      }
      throw Problem(
        .invalid, "unknown algorithm '\(name)'", hint: "For example \"kmeans\"", path: namePath,
        didYouMean: Suggestion.nearest(to: name, in: Self.known),
        details: ["accepted": .array(Self.known.map(JSON.string))])
    }
    let fields = try Fields(parameters, path: path)
    let own = ["n_clusters", "max_iter", "tol", "n_init", "random_state", "spherical", "init", "algorithm", "verbose", "copy_x"]
    for key in fields.object.keys where !own.contains(key) {
      if let near = Suggestion.nearest(to: key, in: own), near != key {
        throw Problem(
          .invalid, "unknown parameter '\(key)'", hint: "kmeans takes: \(own.prefix(6).joined(separator: ", "))", path: fields.at(key),
          didYouMean: near)
      }
    }
    var kmeans = KMeansParameters()
    kmeans.clusters = Int(try fields.int("n_clusters", in: 2...1000) ?? 8)
    kmeans.maxIterations = Int(try fields.int("max_iter", in: 1...10_000) ?? 300)
    kmeans.tolerance = try fields.number("tol", in: 0...1) ?? 1e-4
    if case .string(let word)? = fields["n_init"] {
      guard word == "auto" else {
        throw Problem(.invalid, "n_init is '\(word)'", hint: "Give a number, for example 10, or \"auto\"", path: fields.at("n_init"))
      }
      kmeans.runs = 1
    } else {
      kmeans.runs = Int(try fields.int("n_init", in: 1...1000) ?? 10)
    }
    kmeans.seed = UInt64(try fields.int("random_state", in: 0 ... .max) ?? 42)
    kmeans.spherical = try fields.bool("spherical") ?? false
    self = .kmeans(kmeans)
  }

  /// Reads the algorithm out of a `vector_config`: `clustering_method`, and `kmeans_parameters` or `algorithm_params`.
  init(vectorConfig config: Fields) throws(Problem) {
    let method = try config.required("clustering_method", example: "\"kmeans\"")
    let own = "\(method)_parameters"
    let key = config[own] == nil ? "algorithm_params" : own
    try self.init(named: method, config[key], path: config.at(key), nameAt: config.at("clustering_method"))
  }

  package var json: JSONObject {
    switch self {
    case .kmeans(let p):
      [
        "n_clusters": .int(p.clusters), "max_iter": .int(p.maxIterations), "tol": .double(p.tolerance), "n_init": .int(p.runs),
        "random_state": .int(Int64(p.seed)), "spherical": .bool(p.spherical),
      ]
    }
  }
}
