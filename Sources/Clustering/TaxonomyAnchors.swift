package import Basics
import CKernels

/// The vectors that stand for the nodes of a taxonomy: a node's own, or the mean of its example documents when it has some.
///
/// A node's name or description lies apart from what documents about it say: on WordNet's nouns means of examples put 43 % of documents
/// under the right one of 2,000 nodes, descriptions 15 %.
package enum TaxonomyAnchors {
  /// One anchor per node: the mean of the directions of its examples and those of its descendants, else the node's own vector.
  ///
  /// - Parameters:
  ///   - nodes: The nodes' own vectors; zeros for a node without.
  ///   - parents: The parent of each node, -1 for a root; empty when the taxonomy is flat.
  ///   - examples: Example documents, and in `labels` the node of each (-1: none).
  package static func learn(
    nodes: Matrix, parents: [Int32] = [], examples: Matrix, labels: [Int32]
  ) throws(Problem) -> Matrix {
    try Demand.dimensions(examples, as: nodes.columns, "nodes", path: "examples")
    try Demand.labels(labels, examples.rows)
    if let wrong = labels.first(where: { $0 >= nodes.rows }) {
      throw Problem(.invalid, "label \(wrong) has no node: there are \(nodes.rows)", hint: "Number the nodes from 0.", path: "labels")
    }
    let tree = try TaxonomyTree(nodes: nodes.rows, parents: parents)
    let columns = nodes.columns
    let sums = try Buffer<Double>(count: nodes.rows * columns)
    var counts = [Int](repeating: 0, count: nodes.rows)
    for (row, label) in labels.enumerated() where label >= 0 {
      let vector = examples.pointer(to: row)
      let length = ck_dot(vector, vector, columns).squareRoot()
      guard length > 0 else { continue }
      var node: Int? = Int(label)
      while let place = node {
        ck_add_row(sums.pointer + place * columns, vector, 1 / length, 0, columns)
        counts[place] += 1
        node = tree.parent(of: place)
      }
    }
    let learned = counts
    return try Matrix(rows: nodes.rows, columns: columns) { (target) throws(Problem) in
      for node in 0..<nodes.rows {
        for column in 0..<columns {
          let place = node * columns + column
          target[place] = learned[node] > 0 ? Float(sums.pointer[place] / Double(learned[node])) : nodes.storage.pointer[place]
        }
      }
    }
  }
}
