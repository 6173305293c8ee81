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

  /// Reads an algorithm's name and parameters. Defaults of other algorithms' parameters may ride along, as typed clients send them; one of
  /// theirs that says something is refused, for it would be without effect.
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
    for other in config.object.keys where other.hasSuffix("_parameters") && other != own && config[other] != nil {
      throw Problem(
        .invalid, "'\(other)' says nothing of '\(method)'", hint: "Give \(own), or another clustering_method", path: config.at(other),
        didYouMean: own)
    }
    let key = config[own] == nil ? "algorithm_params" : own
    if key == own, config["algorithm_params"] != nil {
      throw Problem(
        .invalid, "algorithm_params and \(own) both give the parameters", hint: "Give one of them", path: config.at("algorithm_params"))
    }
    try self.init(named: method, config[key], path: config.at(key), nameAt: config.at("clustering_method"))
  }

  /// The names of an algorithm's parameters: ours first, then those of the contract that have no meaning here.
  private static func names(of name: String) -> [String] {
    switch name {
    case "kmeans": KMeansParameters.names
    case "hdbscan": HDBSCANParameters.names
    case "dbscan": DBSCANParameters.names
    case "optics": OPTICSParameters.names
    case "agglomerative", "hierarchical": AgglomerativeParameters.names
    case "gaussian_mixture": GaussianMixtureParameters.names
    case "mean_shift": MeanShiftParameters.names
    case "spectral": SpectralParameters.names
    case "attribute_based": AttributeGrouping.names
    default: AutoParameters.names
    }
  }

  /// The parameters without those that only other algorithms have: the free-form configuration of triggers mixes them, its own documented
  /// example gives k-means a `min_cluster_size`.
  package static func own(_ parameters: JSONObject, of name: String) -> JSONObject {
    JSONObject(members: parameters.members.filter { names(of: name).contains($0.key) || RidingDefault.owners(of: $0.key).isEmpty })
  }

  /// What every algorithm takes, with or without a use for it.
  private static let common = ["random_state", "n_jobs", "verbose"]

  private func checkNames(_ fields: Fields) throws(Problem) {
    let own = Self.names(of: name)
    for member in fields.object.members where member.value != .null && !own.contains(member.key) && !Self.common.contains(member.key) {
      let key = member.key
      let owners = RidingDefault.owners(of: key)
      if RidingDefault.isOne(member.value, of: key) { continue }
      throw Problem(
        .invalid,
        owners.isEmpty ? "unknown parameter '\(key)'" : "'\(key)' is a parameter of \(owners.joined(separator: ", ")), not of \(name)",
        hint: "\(name) takes: \(own.joined(separator: ", "))", path: fields.at(key), didYouMean: Suggestion.nearest(to: key, in: own),
        details: ["accepted": .array(own.map(JSON.string)), "type": "extra_forbidden"])
    }
    _ = try fields.int("n_jobs")
    if fields["verbose"]?.bool == nil { _ = try fields.int("verbose", in: 0 ... .max) }
    if fields["random_state"] != nil { _ = try fields.randomState() }
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

/// How far apart two rows are, in Euclid's geometry.
package enum VectorDistance: String, Sendable, CaseIterable { case euclidean, cosine }

/// How far apart two rows are, for algorithms that ask for nothing but that.
package enum RowDistance: Sendable, Equatable {
  case euclidean, cosine
  /// The p-th root of the sum of the differences' p-th powers; of infinite p the largest difference.
  case minkowski(Double)

  /// scikit-learn's names, with the power that each stands for.
  fileprivate static let powers: [(name: String, power: Double)] = [
    ("euclidean", 2), ("l2", 2), ("manhattan", 1), ("cityblock", 1), ("l1", 1), ("chebyshev", .infinity), ("infinity", .infinity),
  ]
  fileprivate static let words = powers.map(\.name) + ["minkowski", "cosine"]

  fileprivate init(power: Double) { self = power == 2 ? .euclidean : .minkowski(power) }

  /// As `metric` and `p`.
  var json: JSONObject {
    switch self {
    case .euclidean: ["metric": "euclidean"]
    case .cosine: ["metric": "cosine"]
    case .minkowski(1): ["metric": "manhattan"]
    case .minkowski(.infinity): ["metric": "chebyshev"]
    case .minkowski(let power): ["metric": "minkowski", "p": .double(power)]
    }
  }
}

extension Fields {
  /// `metric` or `affinity`; `l2` and `minkowski` with p = 2 mean the Euclidean one.
  func distance(_ key: String, otherwise: VectorDistance = .euclidean) throws(Problem) -> VectorDistance {
    guard let word = try string(key) else { return otherwise }
    guard !["l2", "minkowski"].contains(word) else { return .euclidean }
    guard let known = VectorDistance(rawValue: word) else { throw unsupported(key, word, VectorDistance.allCases.map(\.rawValue)) }
    return known
  }

  /// `metric` with its `p`, which may stand in `metric_params`, too.
  func rowDistance(otherwise: String) throws(Problem) -> RowDistance {
    let word = try string("metric") ?? otherwise
    let parameters = try Fields(self["metric_params"], path: at("metric_params"), accepting: word == "minkowski" ? ["p"] : [])
    let place = parameters["p"] == nil ? self : parameters
    let given = try place.number("p")
    if let given, given < 1 {
      throw Problem(.invalid, "p is \(given): below 1 there is no distance", hint: "Give 1 or more, for example 2", path: place.at("p"))
    }
    if word == "minkowski" { return RowDistance(power: given ?? 2) }
    let known = RowDistance.powers.first { $0.name == word }
    guard known != nil || word == "cosine" else { throw unsupported("metric", word, RowDistance.words) }
    // Typed clients send 2, the default, beside any metric.
    if let given, given != 2, given != known?.power {
      throw Problem(
        .invalid, "p is \(given), and the metric '\(word)' has no use for it", hint: "Give \"metric\": \"minkowski\", or leave p out",
        path: at("p"))
    }
    return known.map { RowDistance(power: $0.power) } ?? .cosine
  }

  /// That this build lacks a word which the contract may know.
  private func unsupported(_ key: String, _ word: String, _ words: [String]) -> Problem {
    Problem(
      .unsupported, "\(key) '\(word)' is not in this build", hint: "One of: \(words.joined(separator: ", "))", path: at(key),
      didYouMean: Suggestion.nearest(to: word, in: words), details: ["accepted": .array(words.map(JSON.string)), "type": "enum"])
  }

  /// How a library is to look neighbours up: one of its words, and of no effect on what is found.
  func neighbourSearch() throws(Problem) {
    // kmeans's own default rides along.
    let words = ["auto", "ball_tree", "kd_tree", "brute", "lloyd"]
    if let word = try string("algorithm"), !words.contains(word) {
      throw Problem(
        .invalid, "unknown algorithm '\(word)' to look neighbours up", hint: "One of: \(words.dropLast().joined(separator: ", "))",
        path: at("algorithm"), didYouMean: Suggestion.nearest(to: word, in: words))
    }
    _ = try int("leaf_size", in: 1 ... .max)
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
    return Int(try int(key, in: 1...1_000_000) ?? Int64(otherwise))
  }

  /// Rows of numbers, all of one length; nil when there are none.
  func rows(_ key: String) throws(Problem) -> [[Double]]? {
    guard let value = self[key] else { return nil }
    let example = "For example \"\(key)\": [[0.5, 0.1], [0.2, 0.9]]"
    guard let items = value.array, !items.isEmpty else {
      throw Problem(.invalid, "expected an array of rows, got \(value.brief)", hint: example, path: at(key))
    }
    var result: [[Double]] = []
    for (index, item) in items.enumerated() {
      let numbers = item.array?.compactMap(\.double) ?? []
      guard !numbers.isEmpty, numbers.count == item.array?.count, numbers.count == result.first?.count ?? numbers.count else {
        throw Problem(
          .invalid, "\(item.brief) is no row of \(result.first.map { "\($0.count) " } ?? "")numbers", hint: example, path: at(key) + "[\(index)]")
      }
      result.append(numbers)
    }
    return result
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
