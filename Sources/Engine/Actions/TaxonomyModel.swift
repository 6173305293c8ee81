import Basics
import Clustering
import Model
import Store

/// A taxonomy that is ready to classify: its nodes, their anchors, and the tree that they make.
struct TaxonomyModel {
  let taxonomy: Taxonomy
  let nodes: [TaxonomyNodes.Node]
  let index: VectorIndex
  let tree: TaxonomyTree
  /// Less similar nodes are no answer.
  private let threshold: Double
  private let way: Way
  private let words: Set<String>
  private let paths: TaxonomyPaths?

  private enum Way {
    case anchors(TaxonomyClassifier)
    case votes(NeighbourVote)
  }

  /// A node that was found for a document, and how sure that is: the cosine to the anchor, or the mean cosine of the examples that voted for it.
  struct Finding: Equatable {
    var node: Int
    var score: Double
  }

  init(_ taxonomy: Taxonomy, _ read: TaxonomyNodes) throws(Problem) {
    self.taxonomy = taxonomy
    nodes = read.nodes
    words = taxonomy.config.classification.truthField == nil ? [] : Set(read.nodes.flatMap { [$0.id, $0.label] })
    index = read.index
    paths = read.paths
    let options = taxonomy.config.classification
    threshold = max(options.threshold, read.least ?? options.threshold)
    let own = try Matrix(rows: nodes.count, columns: index.dimensions, values: read.own)
    let examples = try Matrix(rows: read.labels.count, columns: index.dimensions, values: read.examples)
    tree = try TaxonomyTree(nodes: nodes.count, parents: read.parents)
    if options.method == .neighbors {
      guard read.labels.contains(where: { $0 >= 0 }) else {
        throw Problem(
          .invalid, "no example lies under a node of taxonomy '\(taxonomy.name)'",
          hint: "Let the examples' node_field hold the nodes' identifiers or labels", path: "config.classification.examples")
      }
      way = .votes(try NeighbourVote(examples: examples, labels: read.labels, neighbours: options.neighbours))
    } else {
      let anchors =
        read.labels.isEmpty
        ? own : try TaxonomyAnchors.learn(nodes: own, parents: read.parents, examples: examples, labels: read.labels)
      way = .anchors(try TaxonomyClassifier(anchors: anchors, parents: read.parents))
    }
  }

  init(_ taxonomy: Taxonomy, in reader: Reader) throws(Problem) { try self.init(taxonomy, TaxonomyNodes(taxonomy, in: reader)) }

  /// The nodes of documents with these vectors, row by row, the best first, at most as many as the taxonomy says.
  func classify(
    _ documents: [Document], _ matrix: Matrix, threads: Int = 1, cancellation: Cancellation = Cancellation()
  ) throws(Problem) -> [[Finding]] {
    var findings = try nearest(matrix, threads, cancellation)
    guard let paths else { return findings }
    for (row, document) in documents.enumerated() {
      let given = document.fields["_internal"]?[taxonomy.mark("fields")]?.array?.compactMap(\.string) ?? []
      if let node = paths.node(of: document.fields, given: given) { findings[row] = [Finding(node: node, score: 1)] }
    }
    return findings
  }

  private func nearest(_ matrix: Matrix, _ threads: Int, _ cancellation: Cancellation) throws(Problem) -> [[Finding]] {
    let config = taxonomy.config
    let options = config.classification
    switch way {
    case .anchors(let classifier):
      let matches =
        config.kind == .flat
        ? try classifier.classify(
          matrix, top: min(config.top, nodes.count), threshold: threshold, threads: threads, cancellation: cancellation)
        : try classifier.descend(matrix, beam: options.beam, threshold: threshold, threads: threads, cancellation: cancellation)
      return matches.map { $0.prefix(config.top).map { Finding(node: $0.node, score: $0.similarity) } }
    case .votes(let vote):
      return try vote.classify(matrix, threads: threads, cancellation: cancellation).map {
        $0.label < 0 || $0.similarity < threshold ? [] : [Finding(node: Int($0.label), score: $0.similarity)]
      }
    }
  }

  /// Whether some node has this identifier or label.
  func names(_ word: String) -> Bool { words.contains(word) }

  /// The labels from the root down to the node.
  func path(of node: Int) -> [String] { tree.path(to: node).map { nodes[$0].label } }

  /// Of each node: `{node_id, label, path, parent_id, level}`, in the order of the nodes.
  var pathNodes: [JSON] {
    nodes.indices.map { place in
      let path = tree.path(to: place)
      return [
        "node_id": .string(nodes[place].id), "label": .string(nodes[place].label), "path": .array(path.map { .string(nodes[$0].label) }),
        "parent_id": .optional(tree.parent(of: place).map { nodes[$0].id }), "level": .int(path.count - 1),
      ]
    }
  }

  /// The vector index of a collection whose documents are to be classified: of the same name, or the only one of the same dimension.
  func index(in collection: Collection, path: String) throws(Problem) -> VectorIndex {
    if let same = collection.index(named: index.name), same.dimensions == index.dimensions { return same }
    let fitting = collection.vectorIndexes.filter { $0.dimensions == index.dimensions }
    guard fitting.count == 1 else {
      throw Problem(
        .invalid, "collection '\(collection.name)' has no vector index '\(index.name)' of \(index.dimensions) dimensions, as the taxonomy has",
        hint: collection.vectorIndexes.isEmpty
          ? "Create it with vector_indexes" : "It has: \(collection.vectorIndexes.map { "\($0.name) (\($0.dimensions))" }.joined(separator: ", "))",
        path: path)
    }
    return fitting[0]
  }
}
