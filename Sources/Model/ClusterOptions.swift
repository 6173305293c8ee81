package import Basics

/// What a `vector_config` says beside the algorithm: how vectors are prepared, how many are looked at, and what map is drawn.
package struct ClusterOptions: Sendable, Equatable {
  /// One step between the stored vectors and the algorithm.
  package enum Step: Sendable, Equatable {
    /// Principal components.
    case pca(components: Int)
    /// Components scaled to variance 1.
    case whitening(regularisation: Double)
    /// A layout that keeps neighbours together.
    case umap(components: Int, neighbours: Int, minimumDistance: Double, metric: VectorDistance, seed: UInt64)
    case normalise

    package var json: JSON {
      switch self {
      case .pca(let components): ["method": "pca", "n_components": .int(components)]
      case .whitening(let regularisation): ["method": "whitening", "regularization": .double(regularisation)]
      case .umap(let components, let neighbours, let minimumDistance, let metric, let seed):
        [
          "method": "umap", "n_components": .int(components), "n_neighbors": .int(neighbours), "min_dist": .double(minimumDistance),
          "metric": .string(metric.rawValue), "random_state": .int(Int64(seed)),
        ]
      case .normalise: ["method": "normalize"]
      }
    }
  }

  package enum Map: String, Sendable, CaseIterable { case pca, umap }
  /// What happens to the last run's map: nothing, its coordinates are where the new one begins, or the new one is turned onto it.
  package enum Layout: String, Sendable, CaseIterable { case none, transform, align }

  package var steps: [Step] = []
  /// At most so many vectors are clustered, chosen by the seed; the others are assigned to what was found.
  package var sampleSize: Int?
  /// 2 or 3.
  package var mapDimensions = 2
  package var map: Map?
  package var layout = Layout.align

  package static let names = ["preprocessing_steps", "sample_size", "vis_n_components", "vis_method", "layout_stability"]
  private static let methods: [(name: String, parameters: [String])] = [
    ("pca", ["n_components"]), ("umap", ["n_components", "n_neighbors", "min_dist", "metric", "random_state"]),
    ("whitening", ["regularization"]), ("normalize", []), ("none", []),
  ]

  package init() {}

  /// Reads them out of a `vector_config`, or out of the body of an execution; `base` is what holds where nothing is said.
  package init(_ fields: Fields, over base: ClusterOptions = ClusterOptions()) throws(Problem) {
    self = base
    if let value = fields["preprocessing_steps"] { steps = try Self.steps(value, fields.at("preprocessing_steps")) }
    if let size = try fields.int("sample_size", in: 2...1_000_000) { sampleSize = Int(size) }
    if let count = try fields.int("vis_n_components", in: 2...3) { mapDimensions = Int(count) }
    if let method: Map = try fields.choice("vis_method") { map = method }
    if let layout: Layout = try fields.choice("layout_stability") { self.layout = layout }
  }

  private static func steps(_ value: JSON, _ path: String) throws(Problem) -> [Step] {
    guard let items = value.array else {
      throw Problem(
        .invalid, "expected an array, got \(value.typeName)", hint: "For example [{\"method\": \"pca\", \"n_components\": 50}]", path: path)
    }
    var steps: [Step] = []
    for (index, item) in items.enumerated() {
      let fields = try Fields(item, path: "\(path)[\(index)]")
      let method = try fields.required("method", example: "\"pca\"")
      if let names = Self.methods.first(where: { $0.name == method })?.parameters {
        _ = try Fields(item, path: fields.path, accepting: ["method"] + names)
      }
      switch method {
      case "pca": steps.append(.pca(components: Int(try fields.int("n_components", in: 1...4096) ?? 50)))
      case "whitening": steps.append(.whitening(regularisation: try fields.number("regularization", in: 0...1e9) ?? 1e-5))
      case "umap":
        steps.append(
          .umap(
            components: Int(try fields.int("n_components", in: 2...256) ?? 50), neighbours: Int(try fields.int("n_neighbors", in: 2...1000) ?? 30),
            minimumDistance: try fields.number("min_dist", in: 0...1) ?? 0, metric: try fields.distance("metric", otherwise: .cosine),
            seed: try fields.randomState()))
      case "normalize": steps.append(.normalise)
      case "none": break
      case "tsne":
        throw Problem(
          .unsupported, "method 'tsne' is not in this build", hint: "'umap' comes nearest", path: fields.at("method"), didYouMean: "umap")
      default:
        let names = methods.map(\.name)
        throw Problem(
          .invalid, "unknown method '\(method)'", hint: "One of: \(names.joined(separator: ", "))", path: fields.at("method"),
          didYouMean: Suggestion.nearest(to: method, in: names), details: ["accepted": .array(names.map(JSON.string)), "type": "enum"])
      }
    }
    return steps
  }
}

/// How documents are grouped by their fields instead of by vectors.
package struct AttributeGrouping: Sendable, Equatable {
  package var attributes: [String]
  /// Whether the second attribute divides the groups of the first, and so on; otherwise each combination is one group.
  package var isHierarchical: Bool

  static let names = ["attributes", "hierarchical_grouping", "aggregation_method"]

  package init(_ fields: Fields) throws(Problem) {
    guard let attributes = try fields.strings("attributes", atLeast: 1) else { throw fields.missing("attributes", example: "[\"category\"]") }
    if let twice = attributes.indices.first(where: { attributes[..<$0].contains(attributes[$0]) }) {
      throw Problem(.invalid, "'\(attributes[twice])' is named twice", hint: "Name it once", path: fields.at("attributes") + "[\(twice)]")
    }
    self.attributes = attributes
    isHierarchical = try fields.bool("hierarchical_grouping") ?? false
    _ = try fields.string("aggregation_method")
  }

  package var json: JSONObject { ["attributes": .array(attributes.map(JSON.string)), "hierarchical_grouping": .bool(isHierarchical)] }
}
