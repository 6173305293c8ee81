import Basics

extension SpanningTree {
  /// The row with the smallest core distance.
  var densest: Int32 {
    let rows = cores.indices.min { (cores[$0], ranks[$0]) < (cores[$1], ranks[$1]) }
    return Int32(rows ?? 0)
  }

  /// Steps between two looks at whether the work is still wanted.
  static let edgesPerLook = 4096

  /// The tree as a path: each row is joined to the one that was reached before it, at the weight at which it was reached; ascending by
  /// weight, and among equals in the order of reaching.
  ///
  /// A walk from `start` along the lightest edge that leads on (Prim 1957) passes through every cluster without leaving it in between, so
  /// the path has the same clusters at each weight as the tree. Of edges of equal weight and length the one to the row of lower `rank` is
  /// taken.
  func walk(from start: Int32, _ cancellation: Cancellation, rank: (Int32) -> Int32) throws(Problem) -> [Edge] {
    let rows = cores.count
    var first = [Int32](repeating: 0, count: rows + 1)
    for edge in edges {
      first[Int(edge.a) + 1] += 1
      first[Int(edge.b) + 1] += 1
    }
    for row in 0..<rows { first[row + 1] += first[row] }
    var next = first
    var incident = [Int32](repeating: 0, count: 2 * edges.count)
    for (index, edge) in edges.enumerated() {
      for row in [edge.a, edge.b] {
        incident[Int(next[Int(row)])] = Int32(index)
        next[Int(row)] += 1
      }
    }

    var reached = [Bool](repeating: false, count: rows)
    var path: [Edge] = []
    path.reserveCapacity(edges.count)
    var waiting = Waiting()
    var current = start
    while path.count < edges.count {
      if path.count % Self.edgesPerLook == 0 { try cancellation.check() }
      reached[Int(current)] = true
      for place in first[Int(current)]..<first[Int(current) + 1] {
        let edge = edges[Int(incident[Int(place)])]
        let row = edge.a == current ? edge.b : edge.a
        if !reached[Int(row)] { waiting.insert(Waiting.Entry(weight: edge.weight, length: edge.length, rank: rank(row), row: row)) }
      }
      guard let best = waiting.removeFirst() else { break }
      path.append(Edge(weight: best.weight, length: best.length, a: current, b: best.row))
      current = best.row
    }
    let order = path.indices.sorted { (path[$0].weight, $0) < (path[$1].weight, $1) }
    return order.map { path[$0] }
  }
}

/// Rows that can be reached, the nearest first: a binary heap.
private struct Waiting {
  struct Entry {
    let weight: Double
    let length: Double
    let rank: Int32
    let row: Int32

    static func < (a: Entry, b: Entry) -> Bool {
      if a.weight != b.weight { return a.weight < b.weight }
      if a.length != b.length { return a.length < b.length }
      return a.rank < b.rank
    }
  }

  private var entries: [Entry] = []

  mutating func insert(_ entry: Entry) {
    entries.append(entry)
    var at = entries.count - 1
    while at > 0, entry < entries[(at - 1) / 2] {
      entries[at] = entries[(at - 1) / 2]
      at = (at - 1) / 2
    }
    entries[at] = entry
  }

  mutating func removeFirst() -> Entry? {
    guard let first = entries.first, let last = entries.popLast() else { return nil }
    guard !entries.isEmpty else { return first }
    var at = 0
    while 2 * at + 1 < entries.count {
      var child = 2 * at + 1
      if child + 1 < entries.count, entries[child + 1] < entries[child] { child += 1 }
      if !(entries[child] < last) { break }
      entries[at] = entries[child]
      at = child
    }
    entries[at] = last
    return first
  }
}
