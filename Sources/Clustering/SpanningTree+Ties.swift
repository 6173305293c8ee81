import Basics

extension SpanningTree {
  /// The edges of a walk, but where many are of equal weight, those between copies come first, then an edge that makes a cluster of two
  /// small sets.
  ///
  /// What is joined at one weight is joined at once, and a tree that joins two at a time must choose. Copies of a row are one thing: joined
  /// before anything else, none of them fares otherwise than another. Where just one of the sets has
  /// `minimumSize` rows, it keeps being what it was, and the small ones fall out of it; of several large ones, the one that the walk comes from
  /// takes the small ones. But two small sets next to each other that have the size together, beside one large set, are a cluster in at
  /// least half of all orders: so they are here, those of the shortest edge if there are several.
  func joiningSmall(_ walk: [Edge], minimumSize: Int, _ cancellation: Cancellation) throws(Problem) -> [Edge] {
    var sets = DisjointSets(cores.count)
    var sizes = [Int32](repeating: 1, count: cores.count)
    var result: [Edge] = []
    result.reserveCapacity(walk.count)
    func join(_ edge: Edge) {
      let (a, b) = (sets.find(edge.a), sets.find(edge.b))
      guard a != b else { return }
      let size = sizes[Int(a)] + sizes[Int(b)]
      sizes[Int(sets.unite(a, b))] = size
      result.append(edge)
    }
    var start = 0
    var look = 0
    while start < walk.count {
      if start >= look {
        try cancellation.check()
        look = start + Self.edgesPerLook
      }
      var end = start + 1
      while end < walk.count, walk[end].weight == walk[start].weight { end += 1 }
      if end > start + 1 {
        // The tree's edges have the weights of the walk's, so what is equal stands at the same places.
        for edge in walk[start..<end] where edge.length == 0 { join(edge) }
        let equal = edges[start..<end]
        let joins = equal.map { (sets.find($0.a), sets.find($0.b)) }
        for index in Self.pairs(joins, minimumSize: minimumSize, size: { Int(sizes[Int($0)]) }) { join(equal[start + index]) }
      }
      for edge in walk[start..<end] { join(edge) }
      start = end
    }
    return result
  }

  /// Which joins make a cluster of two small sets where there is one large set beside them: at most one of those that hang together.
  private static func pairs(_ joins: [(Int32, Int32)], minimumSize: Int, size: (Int32) -> Int) -> [Int] {
    let candidates = joins.indices.filter {
      let (a, b) = (size(joins[$0].0), size(joins[$0].1))
      return joins[$0].0 != joins[$0].1 && a < minimumSize && b < minimumSize && a + b >= minimumSize
    }
    guard !candidates.isEmpty else { return [] }
    // The sets, numbered, and what the joins make of them.
    let names = Set(joins.flatMap { [$0.0, $0.1] }).sorted()
    let numbers = Dictionary(uniqueKeysWithValues: zip(names, 0..<Int32(names.count)))
    var wholes = DisjointSets(names.count)
    for (a, b) in joins { _ = wholes.unite(wholes.find(numbers[a] ?? 0), wholes.find(numbers[b] ?? 0)) }
    var large = [Int](repeating: 0, count: names.count)
    for (number, name) in names.enumerated() where size(name) >= minimumSize { large[Int(wholes.find(Int32(number)))] += 1 }
    return candidates.filter { index in
      let whole = Int(wholes.find(numbers[joins[index].0] ?? 0))
      defer { if large[whole] == 1 { large[whole] = 2 } }
      return large[whole] == 1
    }
  }
}
