package import Basics

/// A clustering algorithm with its parameters, checked. Names, limits and defaults are the contract's.
package enum Algorithm: Sendable, Equatable {
  case kmeans(KMeansParameters)
  case hdbscan(HDBSCANParameters)
  case dbscan(DBSCANParameters)
  case optics(OPTICSParameters)
  case agglomerative(AgglomerativeParameters)
  case gaussianMixture(GaussianMixtureParameters)
  case meanShift(MeanShiftParameters)
  case spectral(SpectralParameters)
  /// By fields of the documents, not by vectors.
  case attribute(AttributeGrouping)
  /// Chosen when the vectors are there.
  case auto(AutoParameters)

  /// Every name that is accepted; `hierarchical` is what triggers call `agglomerative`.
  package static let known = [
    "kmeans", "hdbscan", "agglomerative", "hierarchical", "dbscan", "optics", "gaussian_mixture", "mean_shift", "spectral", "auto",
  ]
  /// What the contract names and this build does not have, with what comes nearest.
  private static let missing = ["leiden": "hdbscan", "evoc": "hdbscan"]

  package var name: String {
    switch self {
    case .kmeans: "kmeans"
    case .hdbscan: "hdbscan"
    case .dbscan: "dbscan"
    case .optics: "optics"
    case .agglomerative: "agglomerative"
    case .gaussianMixture: "gaussian_mixture"
    case .meanShift: "mean_shift"
    case .spectral: "spectral"
    case .attribute: "attribute_based"
    case .auto: "auto"
    }
  }

  /// Reads an algorithm's name and parameters. Parameters of other algorithms that ride along (as typed clients send them) are ignored.
  package init(named name: String, _ parameters: JSON?, path: String, nameAt namePath: String) throws(Problem) {
    if let nearest = Self.missing[name] {
      throw Problem(
        .unsupported, "algorithm '\(name)' is not in this build", hint: "'\(nearest)' comes nearest: it, too, finds how many clusters there are",
        path: namePath, didYouMean: nearest, details: ["accepted": .array(Self.known.map(JSON.string))])
    }
    let fields = try Fields(parameters, path: path)
    switch name {
    case "kmeans": self = .kmeans(try KMeansParameters(fields))
    case "hdbscan": self = .hdbscan(try HDBSCANParameters(fields))
    case "dbscan": self = .dbscan(try DBSCANParameters(fields))
    case "optics": self = .optics(try OPTICSParameters(fields))
    case "agglomerative", "hierarchical": self = .agglomerative(try AgglomerativeParameters(fields))
    case "gaussian_mixture": self = .gaussianMixture(try GaussianMixtureParameters(fields))
    case "mean_shift": self = .meanShift(try MeanShiftParameters(fields))
    case "spectral": self = .spectral(try SpectralParameters(fields))
    case "auto": self = .auto(try AutoParameters(fields))
    case "attribute_based": self = .attribute(try AttributeGrouping(fields))
    default:
      throw Problem(
        .invalid, "unknown algorithm '\(name)'", hint: "One of: \(Self.known.joined(separator: ", "))", path: namePath,
        didYouMean: Suggestion.nearest(to: name, in: Self.known), details: ["accepted": .array(Self.known.map(JSON.string)), "type": "enum"])
    }
    try checkNames(fields)
  }

  /// Reads the algorithm out of a `vector_config`: `clustering_method`, and `kmeans_parameters` or `algorithm_params`.
  init(vectorConfig config: Fields) throws(Problem) {
    let method = try config.required("clustering_method", example: "\"kmeans\"")
    let own = "\(method)_parameters"
    let key = config[own] == nil ? "algorithm_params" : own
    try self.init(named: method, config[key], path: config.at(key), nameAt: config.at("clustering_method"))
  }

  /// The names of an algorithm's parameters: ours first, then those of the contract that have no meaning here.
  private var names: [String] {
    switch self {
    case .kmeans: KMeansParameters.names
    case .hdbscan: HDBSCANParameters.names
    case .dbscan: DBSCANParameters.names
    case .optics: OPTICSParameters.names
    case .agglomerative: AgglomerativeParameters.names
    case .gaussianMixture: GaussianMixtureParameters.names
    case .meanShift: MeanShiftParameters.names
    case .spectral: SpectralParameters.names
    case .attribute: AttributeGrouping.names
    case .auto: AutoParameters.names
    }
  }

  private static let everyName = Set(
    KMeansParameters.names + HDBSCANParameters.names + DBSCANParameters.names + OPTICSParameters.names + AgglomerativeParameters.names
      + GaussianMixtureParameters.names + MeanShiftParameters.names + SpectralParameters.names + AutoParameters.names + AttributeGrouping.names + [
        // Of algorithms that are not here.
        "resolution", "objective_function", "n_iterations", "noise_level", "base_min_cluster_size", "approx_n_clusters",
      ])

  private func checkNames(_ fields: Fields) throws(Problem) {
    for key in fields.object.keys where !Self.everyName.contains(key) {
      throw Problem(
        .invalid, "unknown parameter '\(key)'", hint: "\(name) takes: \(names.joined(separator: ", "))", path: fields.at(key),
        didYouMean: Suggestion.nearest(to: key, in: names), details: ["accepted": .array(names.map(JSON.string)), "type": "extra_forbidden"])
    }
  }

  package var json: JSONObject {
    switch self {
    case .kmeans(let p): p.json
    case .hdbscan(let p): p.json
    case .dbscan(let p): p.json
    case .optics(let p): p.json
    case .agglomerative(let p): p.json
    case .gaussianMixture(let p): p.json
    case .meanShift(let p): p.json
    case .spectral(let p): p.json
    case .attribute(let p): p.json
    case .auto(let p): p.json
    }
  }

  /// The seed that the parameters name; algorithms without chance have none.
  package var seed: UInt64? {
    switch self {
    case .kmeans(let p): p.seed
    case .gaussianMixture(let p): p.seed
    case .spectral(let p): p.seed
    case .auto(let p): p.seed
    case .hdbscan, .dbscan, .optics, .agglomerative, .meanShift, .attribute: nil
    }
  }
}

/// How far apart two rows are.
package enum VectorDistance: String, Sendable, CaseIterable { case euclidean, cosine }

extension Fields {
  /// `metric` or `affinity`; `l2` and `minkowski` with p = 2 mean the Euclidean one.
  func distance(_ key: String) throws(Problem) -> VectorDistance {
    guard let word = try string(key), !["l2", "minkowski"].contains(word) else { return .euclidean }
    guard let known = VectorDistance(rawValue: word) else {
      let words = VectorDistance.allCases.map(\.rawValue)
      throw Problem(
        .unsupported, "\(key) '\(word)' is not in this build", hint: "One of: \(words.joined(separator: ", "))", path: at(key),
        didYouMean: Suggestion.nearest(to: word, in: words), details: ["accepted": .array(words.map(JSON.string)), "type": "enum"])
    }
    return known
  }

  func randomState() throws(Problem) -> UInt64 { UInt64(try int("random_state", in: 0 ... .max) ?? 42) }

  /// A number, or the word "auto".
  func runs(_ key: String, auto: Int, otherwise: Int) throws(Problem) -> Int {
    if case .string(let word)? = self[key] {
      guard word == "auto" else {
        throw Problem(.invalid, "\(key) is '\(word)'", hint: "Give a number, for example \(otherwise), or \"auto\"", path: at(key))
      }
      return auto
    }
    return Int(try int(key, in: 1...1000) ?? Int64(otherwise))
  }

  /// One of the words that the contract knows; what this build lacks is said to be so.
  func word<Word: RawRepresentable & CaseIterable>(_ key: String, notHere: [String] = []) throws(Problem) -> Word? where Word.RawValue == String {
    if let text = try string(key), notHere.contains(text) {
      throw Problem(
        .unsupported, "\(key) '\(text)' is not in this build", hint: "One of: \(Word.allCases.map(\.rawValue).joined(separator: ", "))", path: at(key)
      )
    }
    return try choice(key)
  }
}
