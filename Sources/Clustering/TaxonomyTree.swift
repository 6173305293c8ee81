package import Basics

/// Which node lies under which.
package struct TaxonomyTree: Sendable, Equatable {
  package let roots: [Int]
  /// Of each node, in order.
  package let children: [[Int]]
  private let parents: [Int32]

  /// `parents` holds -1 for a root and may be empty when all are. Throws when a parent does not exist, or a node is its own ancestor.
  package init(nodes: Int, parents: [Int32] = []) throws(Problem) {
    guard parents.isEmpty || parents.count == nodes else {
      throw Problem(
        .invalid, "there are \(parents.count) parents for \(nodes) nodes", hint: "Give one parent per node, -1 for a root.", path: "parents")
    }
    self.parents = parents
    guard !parents.isEmpty else {
      (roots, children) = (Array(0..<nodes), Array(repeating: [], count: nodes))
      return
    }
    var children = [[Int]](repeating: [], count: nodes)
    for (node, parent) in parents.enumerated() where parent >= 0 {
      guard parent < nodes else {
        throw Problem(.invalid, "node \(node) has parent \(parent), but there are \(nodes) nodes", hint: "Number the nodes from 0.", path: "parents")
      }
      children[Int(parent)].append(node)
    }
    roots = parents.indices.filter { parents[$0] < 0 }
    self.children = children
    var (reached, next) = (0, roots)
    while let node = next.popLast() {
      reached += 1
      next += children[node]
    }
    guard reached == nodes else {
      throw Problem(.invalid, "\(nodes - reached) nodes are their own ancestors, or lie below such", hint: "Break the circle.", path: "parents")
    }
  }

  package func parent(of node: Int) -> Int? { parents.isEmpty || parents[node] < 0 ? nil : Int(parents[node]) }

  /// From the root down to the node.
  package func path(to node: Int) -> [Int] {
    var path = [node]
    while let last = path.last, let parent = parent(of: last) { path.append(parent) }
    return path.reversed()
  }
}
