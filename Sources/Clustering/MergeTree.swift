/// What a spanning tree's edges make of the rows as they are joined, one edge after the other, the lightest first.
///
/// Points are nodes 0..<points; joins follow, later ones above earlier ones, the root last.
struct MergeTree {
  let points: Int
  /// By join: the weight at which it happens, and the two nodes; the one with the lower first point comes first.
  private(set) var heights: [Double] = []
  private(set) var children: [(Int32, Int32)] = []
  /// By node: how many points are below it.
  private(set) var sizes: [Int32]
  /// The points below a node are `order[starts[node]..<starts[node] + sizes[node]]`.
  private var order: [Int32] = []
  private var starts: [Int32] = []

  /// `edges` ascend.
  init(points: Int, edges: [SpanningTree.Edge]) {
    self.points = points
    sizes = Array(repeating: 1, count: points)
    sizes.reserveCapacity(2 * points)
    heights.reserveCapacity(points)
    children.reserveCapacity(points)
    var sets = DisjointSets(points)
    /// By set, named by its first point: the topmost node.
    var tops = (0..<points).map(Int32.init)
    for edge in edges {
      let (a, b) = (sets.find(edge.a), sets.find(edge.b))
      let pair = (tops[Int(min(a, b))], tops[Int(max(a, b))])
      tops[Int(sets.unite(a, b))] = Int32(sizes.count)
      sizes.append(sizes[Int(pair.0)] + sizes[Int(pair.1)])
      children.append(pair)
      heights.append(edge.weight)
    }
    arrange()
  }

  var joins: Int { heights.count }
  func points(below node: Int) -> ArraySlice<Int32> { order[Int(starts[node])..<Int(starts[node] + sizes[node])] }

  /// Lays the points out so that those below each node are neighbours.
  private mutating func arrange() {
    starts = Array(repeating: 0, count: sizes.count)
    for join in stride(from: joins - 1, through: 0, by: -1) {
      let (first, second) = children[join]
      starts[Int(first)] = starts[points + join]
      starts[Int(second)] = starts[points + join] + sizes[Int(first)]
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
