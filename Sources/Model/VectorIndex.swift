package import Basics

/// A named space of vectors in a collection: all of one dimension, compared by one metric.
package struct VectorIndex: Sendable, Equatable {
  package enum Metric: String, Sendable, CaseIterable {
    case cosine, euclidean, dot

    /// What a namespace's `vector_configs` call it, where a collection says `dot`.
    var namespaceWord: String { self == .dot ? "dot_product" : rawValue }
  }

  package var name: String
  package var dimensions: Int
  package var metric: Metric

  package init(name: String, dimensions: Int, metric: Metric) {
    self.name = name
    self.dimensions = dimensions
    self.metric = metric
  }

  /// `{name, dimension | dimensions, metric | distance}`: the API spells both ways, and `dot_product` for `dot`.
  package init(_ json: JSON, path: String) throws(Problem) {
    let fields = try Fields(json, path: path, accepting: ["name", "field", "dimension", "dimensions", "metric", "distance", "inference_service"])
    name = try Names.check(fields.required("name", example: "\"text\""), path: fields.at("name"))
    let long = try fields.int("dimensions", in: 1...65536, example: "384")
    guard let size = try fields.int("dimension", in: 1...65536, example: "384") ?? long else { throw fields.missing("dimensions", example: "384") }
    dimensions = Int(size)
    let key = fields["metric"] == nil ? "distance" : "metric"
    if try fields.string(key) == "dot_product" {
      metric = .dot
    } else {
      metric = try fields.choice(key) ?? .cosine
    }
  }

  package static func list(_ json: JSON?, path: String) throws(Problem) -> [VectorIndex] {
    guard let json, json != .null else { return [] }
    guard let items = json.array else { throw Problem(.invalid, "expected an array, got \(json.typeName)", path: path) }
    var result: [VectorIndex] = []
    for (position, item) in items.enumerated() {
      let index = try VectorIndex(item, path: "\(path)[\(position)]")
      if result.contains(where: { $0.name == index.name }) {
        throw Problem(.invalid, "two vector indexes are called '\(index.name)'", path: "\(path)[\(position)].name")
      }
      result.append(index)
    }
    return result
  }

  package var json: JSON {
    [
      "name": .string(name), "feature_uri": .string(name), "type": "single",
      "index": ["name": .string(name), "dimensions": .int(dimensions), "distance": .string(metric.rawValue), "type": "dense"],
      "source": "namespace_vector_config",
    ]
  }
}
