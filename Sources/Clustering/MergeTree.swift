/// What a spanning tree's edges make of the rows as they are joined, the lightest first.
///
/// Points are nodes 0..<points; joins follow, later ones above earlier ones, the root last. All edges of one weight are one moment: what they connect becomes
/// one join of two or more nodes, so that the tree is the same whichever edges of equal weight the spanning tree holds.
struct MergeTree {
  let points: Int
  /// By join: the weight at which it happens.
  private(set) var heights: [Double] = []
  /// The points below a join are `order[starts[node]..<starts[node] + sizes[node]]`.
  private(set) var order: [Int32] = []
  /// By node.
  private(set) var starts: [Int32] = []
  private(set) var sizes: [Int32]
  /// The children of all joins in one list; a join's are those from its entry in `firstChild` up to that of the next.
  private var children: [Int32] = []
  private var firstChild: [Int32] = [0]

  /// `edges` ascend. With `onePerJoin` each edge makes a join of its own, in their order.
  init(points: Int, edges: [SpanningTree.Edge], onePerJoin: Bool) {
    self.points = points
    sizes = Array(repeating: 1, count: points)
    var sets = DisjointSets(points)
    /// By set, named by its first point: the topmost node.
    var tops = (0..<points).map(Int32.init)
    var from = 0
    while from < edges.count {
      var to = from + 1
      while !onePerJoin, to < edges.count, edges[to].weight == edges[from].weight { to += 1 }
      if to == from + 1 {
        let (a, b) = (sets.find(edges[from].a), sets.find(edges[from].b))
        join([tops[Int(min(a, b))], tops[Int(max(a, b))]], at: edges[from].weight)
        tops[Int(sets.unite(a, b))] = lastNode
      } else {
        var touched: [(top: Int32, first: Int32)] = []
        var seen: Set<Int32> = []
        for edge in edges[from..<to] {
          for set in [sets.find(edge.a), sets.find(edge.b)] where seen.insert(set).inserted { touched.append((tops[Int(set)], set)) }
        }
        for edge in edges[from..<to] { _ = sets.unite(sets.find(edge.a), sets.find(edge.b)) }
        var parts: [Int32: [(top: Int32, first: Int32)]] = [:]
        for part in touched { parts[sets.find(part.first), default: []].append(part) }
        for (set, members) in parts.sorted(by: { $0.key < $1.key }) {
          join(members.sorted { $0.first < $1.first }.map(\.top), at: edges[from].weight)
          tops[Int(set)] = lastNode
        }
      }
      from = to
    }
    arrange()
  }

  var joins: Int { heights.count }
  func children(of node: Int) -> ArraySlice<Int32> { children[Int(firstChild[node - points])..<Int(firstChild[node - points + 1])] }
  func points(below node: Int) -> ArraySlice<Int32> { order[Int(starts[node])..<Int(starts[node] + sizes[node])] }

  private var lastNode: Int32 { Int32(points + heights.count - 1) }

  private mutating func join(_ nodes: [Int32], at height: Double) {
    heights.append(height)
    children += nodes
    firstChild.append(Int32(children.count))
    sizes.append(nodes.reduce(0) { $0 + sizes[Int($1)] })
  }

  /// Lays the points out so that those below each node are neighbours.
  private mutating func arrange() {
    starts = Array(repeating: 0, count: sizes.count)
    for node in stride(from: sizes.count - 1, to: points - 1, by: -1) {
      var start = starts[node]
      for child in children(of: node) {
        starts[Int(child)] = start
        start += sizes[Int(child)]
      }
    }
    order = Array(repeating: 0, count: points)
    for point in 0..<points { order[Int(starts[point])] = Int32(point) }
  }
}

/// Sets of numbers that are united and asked for; a set is named by its lowest number.
struct DisjointSets {
  private var parents: [Int32]

  init(_ count: Int) { parents = (0..<count).map(Int32.init) }

  mutating func find(_ number: Int32) -> Int32 {
    var number = number
    while parents[Int(number)] != number {
      parents[Int(number)] = parents[Int(parents[Int(number)])]
      number = parents[Int(number)]
    }
    return number
  }

  /// Unites two sets, given by their names; answers with the name of the whole.
  mutating func unite(_ a: Int32, _ b: Int32) -> Int32 {
    parents[Int(max(a, b))] = min(a, b)
    return min(a, b)
  }
}
