package import Basics
import CKernels

/// Puts documents under the nodes of a taxonomy by the cosine to their anchors: all nodes at once, or level by level.
///
/// Anchors are packed once and asked as often as wanted.
package struct TaxonomyClassifier: Sendable {
  package let anchors: Matrix
  package let tree: TaxonomyTree
  private let points: NearestPoints

  /// `parents` as `TaxonomyTree` takes them. Throws when they do not fit the anchors, or there are none.
  package init(anchors: Matrix, parents: [Int32] = []) throws(Problem) {
    self.anchors = anchors
    tree = try TaxonomyTree(nodes: anchors.rows, parents: parents)
    points = try NearestPoints(anchors, metric: .cosine)
  }

  /// A node and the cosine of the document to its anchor.
  package struct Match: Sendable, Equatable {
    package let node: Int
    package let similarity: Double

    package init(node: Int, similarity: Double) {
      self.node = node
      self.similarity = similarity
    }
  }

  /// The `top` most similar of all nodes for each row, most similar first, the lower node among equals; less similar ones than
  /// `threshold` (-1...1) are left out, and rows of zeros match nothing.
  package func classify(
    _ matrix: Matrix, top: Int = 1, threshold: Double = -1, threads: Int = 1, cancellation: Cancellation = Cancellation()
  ) throws(Problem) -> [[Match]] {
    try Demand.range(top, 1...4096, "top_k", "5")
    try Demand.range(threshold, -1...1, "assignment_threshold", "0.5")
    let found = try points.find(top, for: matrix, threads: threads, cancellation: cancellation)
    return (0..<matrix.rows).map { row in
      zip(found.indices(of: row), found.values(of: row)).compactMap { node, similarity in
        node < 0 || similarity < threshold ? nil : Match(node: Int(node), similarity: similarity)
      }
    }
  }

  /// Descends from the roots: of each level the `beam` nodes most similar to the document are followed, and a node without children, or
  /// whose children are all less similar than `threshold`, is an answer. The answers come most similar first, the lower node among equals.
  package func descend(
    _ matrix: Matrix, beam: Int = 3, threshold: Double = -1, threads: Int = 1, cancellation: Cancellation = Cancellation()
  ) throws(Problem) -> [[Match]] {
    try Demand.threads(threads)
    try Demand.range(beam, 1...1024, "beam", "3")
    try Demand.range(threshold, -1...1, "assignment_threshold", "0.5")
    try Demand.dimensions(matrix, as: anchors.columns, "nodes")
    let answers = Slots<[Match]>(count: matrix.rows, empty: [])
    Team.gather(threads) { team in
      team.share((matrix.rows + 31) / 32) { piece in
        guard !cancellation.isCancelled else { return }
        for row in piece * 32..<min(piece * 32 + 32, matrix.rows) { answers.set(row, descend(matrix.pointer(to: row), beam, threshold)) }
      }
    }
    try cancellation.check()
    return answers.values
  }

  private func descend(_ row: UnsafePointer<Float>, _ beam: Int, _ threshold: Double) -> [Match] {
    guard ck_dot(row, row, anchors.columns) > 0 else { return [] }
    func best(_ nodes: [Int]) -> [Match] {
      let matches = nodes.compactMap { node -> Match? in
        let similarity = ck_cosine(row, anchors.pointer(to: node), anchors.columns)
        return similarity < threshold ? nil : Match(node: node, similarity: similarity)
      }
      return matches.sorted { ($1.similarity, $0.node) < ($0.similarity, $1.node) }
    }
    var answers: [Match] = []
    var level = Array(best(tree.roots).prefix(beam))
    while !level.isEmpty {
      var next: [Match] = []
      for match in level {
        let children = best(tree.children[match.node])
        if children.isEmpty { answers.append(match) }
        next += children
      }
      level = Array(next.sorted { ($1.similarity, $0.node) < ($0.similarity, $1.node) }.prefix(beam))
    }
    return answers.sorted { ($1.similarity, $0.node) < ($0.similarity, $1.node) }
  }
}
