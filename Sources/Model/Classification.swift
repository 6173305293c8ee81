package import Basics

/// How documents find their nodes, where that is not the usual way: an extension of ours, given as `classification` in a taxonomy's `config`
/// or in its `metadata`.
package struct Classification: Sendable, Equatable {
  package enum Method: String, Sendable, CaseIterable {
    /// By the cosine to each node's anchor.
    case nearest
    /// By what the nearest example documents are labelled.
    case neighbors
  }

  /// Documents that are known to lie under a node.
  package struct Examples: Sendable, Equatable {
    package var collectionID: String
    /// The field that names the node, by its identifier or its label.
    package var nodeField: String
  }

  package var method: Method = .nearest
  /// The vector index that nodes and documents share; nil means the only one.
  package var vectorIndex: String?
  /// The node's field that is its name.
  package var labelField = "label"
  /// Below this cosine a document is under no node.
  package var threshold = -1.0
  /// How many nodes of each level are followed.
  package var beam = 3
  /// How many examples vote.
  package var neighbours = 15
  package var examples: Examples?
  /// The documents' field that names their true node, by its identifier or its label: runs count how often they agree.
  package var truthField: String?

  package static let accepted = ["method", "vector_index", "label_field", "threshold", "beam", "n_neighbors", "examples", "truth_field"]

  package init() {}

  package init(_ json: JSON?, path: String) throws(Problem) {
    let fields = try Fields(json, path: path, accepting: Self.accepted)
    method = try fields.choice("method") ?? .nearest
    vectorIndex = try fields.string("vector_index")
    labelField = try fields.string("label_field") ?? "label"
    threshold = try fields.number("threshold", in: -1...1) ?? -1
    beam = Int(try fields.int("beam", in: 1...1024) ?? 3)
    neighbours = Int(try fields.int("n_neighbors", in: 1...4096) ?? 15)
    truthField = try fields.string("truth_field").flatMap { $0.isEmpty ? nil : $0 }
    if let given = fields["examples"] {
      let inner = try Fields(given, path: fields.at("examples"), accepting: ["collection_id", "node_field"])
      examples = Examples(
        collectionID: try inner.required("collection_id", example: "\"col_labelled\""),
        nodeField: try inner.required("node_field", example: "\"category\""))
    }
  }

  package var json: JSON {
    [
      "method": .string(method.rawValue), "vector_index": .optional(vectorIndex), "label_field": .string(labelField), "threshold": .double(threshold),
      "beam": .int(beam), "n_neighbors": .int(neighbours),
      "examples": examples.map { ["collection_id": .string($0.collectionID), "node_field": .string($0.nodeField)] } ?? .null,
      "truth_field": .optional(truthField),
    ]
  }
}
