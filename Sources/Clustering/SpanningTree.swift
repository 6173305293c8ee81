import Basics
import CKernels

/// The minimum spanning tree of all rows under mutual reachability, max(core(a), core(b), distance(a, b) / alpha), exactly.
///
/// Boruvka's rounds (1926): each component takes its lightest edge outward. The lists of neighbours suffice for nearly all of it: an edge
/// is proved the lightest when it weighs no more than what every row of the component is certain to have to itself, the greater of its core
/// distance and the reach of its list. Rows that cannot prove it meet everyone. Of edges of equal weight, which are many, the shorter one
/// is taken, and of those the one whose rows hash lower: so the tree depends neither on the number of threads nor on the order of the rows.
struct SpanningTree {
  struct Edge {
    let weight: Double
    /// The distance itself.
    let length: Double
    /// Rows, the lower one first.
    let a: Int32
    let b: Int32
  }

  /// Ascending by weight, length and ranks of the rows: one less than there are rows.
  let edges: [Edge]
  /// By row: its place in an order that depends on what the rows hold, and on their numbers only among equal ones.
  let ranks: [Int32]
  /// By row: the distance to the k-th nearest other row, 0 where k is 0.
  let cores: [Double]

  /// How many rows met everyone, for whoever tunes the lists.
  let scanned: Int

  /// `k` counts other rows; 0 makes it the tree of the distances themselves.
  init(
    _ matrix: Matrix, k: Int, alpha: Double, team: Team, cancellation: Cancellation, report: (PairProgress) -> Void
  ) throws(Problem) {
    guard matrix.rows > 1 else {
      (edges, cores, ranks, scanned) = ([], Array(repeating: 0, count: matrix.rows), Array(repeating: 0, count: matrix.rows), 0)
      return
    }
    let k = min(k, matrix.rows - 1)
    let (lists, values) = try Neighbourhoods.dense(matrix, keep: Self.keep(k), k: k, team: team, cancellation: cancellation, report: report)
    let field = lists.field
    ranks = try Self.rank(matrix, team)
    let forest = try Forest(lists, cores: values, ranks: ranks, alpha: alpha, team: team, cancellation: cancellation)
    edges = try forest.grow(report)
    scanned = forest.scanned
    var cores = [Double](repeating: 0, count: matrix.rows)
    for place in 0..<field.rows { cores[Int(field.order.pointer[place])] = values.pointer[place] }
    self.cores = cores
  }

  private static func rank(_ matrix: Matrix, _ team: Team) throws(Problem) -> [Int32] {
    let hashes = try Buffer<UInt64>(count: matrix.rows)
    let perPiece = 256
    team.share((matrix.rows + perPiece - 1) / perPiece) { piece in
      for row in piece * perPiece..<min((piece + 1) * perPiece, matrix.rows) {
        hashes.pointer[row] = ck_hash(matrix.pointer(to: row), matrix.columns)
      }
    }
    var ranks = [Int32](repeating: 0, count: matrix.rows)
    let order = (0..<Int32(matrix.rows)).map { (hash: hashes.pointer[Int($0)], row: $0) }.sorted { ($0.hash, $0.row) < ($1.hash, $1.row) }
    for (rank, entry) in order.enumerated() { ranks[Int(entry.row)] = Int32(rank) }
    return ranks
  }

  /// Long enough that few rows must meet everyone, short enough to be filled quickly.
  private static func keep(_ k: Int) -> Int { max(32, k + 16) }

  static func memory(rows: Int, columns: Int, k: Int) -> Int {
    let k = min(k, max(rows - 1, 0))
    return Field.memory(rows: rows, columns: columns) + Neighbourhoods.memory(rows: rows, keep: min(keep(k), max(rows, 1))) + rows * 110
  }
}

/// The growing of a spanning tree.
private final class Forest: @unchecked Sendable {
  // @unchecked Sendable: lives in one call of SpanningTree.init; in each phase the pieces of work write apart from each other.
  private let lists: Neighbourhoods
  private let team: Team
  private let cancellation: Cancellation
  private let ranks: [Int32]
  private let components: Buffer<Int32>
  private let cores: Buffer<Double>
  private let floors: Buffer<Double>
  private let weights: Buffer<Double>
  private let lengths: Buffer<Double>
  private let others: Buffer<Int32>
  private let common: Buffer<Int32>
  private let raw: ck_forest
  /// By component, named by one of its places: the place from which its best edge goes, -1 without one.
  private let best: Buffer<Int32>
  /// By component: whether a lighter edge may exist.
  private let open: Buffer<UInt8>
  private(set) var scanned = 0

  init(
    _ lists: Neighbourhoods, cores: Buffer<Double>, ranks: [Int32], alpha: Double, team: Team, cancellation: Cancellation
  ) throws(Problem) {
    (self.lists, self.team, self.cancellation, self.cores, self.ranks) = (lists, team, cancellation, cores, ranks)
    let field = lists.field
    components = try Buffer(count: field.places)
    floors = try Buffer(count: field.places)
    weights = try Buffer(count: field.places)
    lengths = try Buffer(count: field.places)
    others = try Buffer(count: field.places)
    common = try Buffer(count: field.panels)
    best = try Buffer(count: field.places)
    open = try Buffer(count: field.places)
    for place in 0..<field.places {
      let real = field.order.pointer[place] >= 0
      components.pointer[place] = real ? Int32(place) : -1
      floors.pointer[place] = real ? max(cores.pointer[place], lists.reaches[place] / alpha) : .infinity
      weights.pointer[place] = .infinity
      lengths.pointer[place] = .infinity
      others.pointer[place] = -1
    }
    raw = ck_forest(
      cores: cores.pointer, components: components.pointer, alpha: alpha, floors: floors.pointer, weights: weights.pointer, lengths: lengths.pointer,
      others: others.pointer, common: common.pointer)
  }

  func grow(_ report: (PairProgress) -> Void) throws(Problem) -> [SpanningTree.Edge] {
    let rows = lists.field.rows
    let parents = try Buffer<Int32>(count: rows)
    for place in 0..<rows { parents.pointer[place] = Int32(place) }
    var edges: [SpanningTree.Edge] = []
    edges.reserveCapacity(rows - 1)
    while edges.count < rows - 1 {
      try findFromLists()
      var proved = compare()
      let count = rows - edges.count
      if proved * 4 < count {
        try findFromAll()
        proved = compare()
      }
      let before = edges.count
      for component in 0..<rows where components.pointer[component] == Int32(component) && open.pointer[component] == 0 {
        let place = Int(best.pointer[component])
        guard place >= 0 else { continue }
        let (a, b) = (Int32(place), others.pointer[place])
        guard ck_find(parents.pointer, a) != ck_find(parents.pointer, b) else { continue }
        ck_unite(parents.pointer, a, b)
        let order = lists.field.order.pointer
        let (first, second) = (order[place], order[Int(b)])
        edges.append(SpanningTree.Edge(weight: weights.pointer[place], length: lengths.pointer[place], a: min(first, second), b: max(first, second)))
      }
      guard edges.count > before else { throw Problem(.internal, "a component of the spanning tree found no way out") }
      for place in 0..<rows { components.pointer[place] = ck_find(parents.pointer, Int32(place)) }
      report(PairProgress(phase: .tree, done: edges.count + 1, total: rows))
    }
    return edges.sorted { a, b in
      if a.weight != b.weight { return a.weight < b.weight }
      if a.length != b.length { return a.length < b.length }
      return ranked(a.a, a.b) < ranked(b.a, b.b)
    }
  }

  private func ranked(_ a: Int32, _ b: Int32) -> (Int32, Int32) {
    let (a, b) = (ranks[Int(a)], ranks[Int(b)])
    return (min(a, b), max(a, b))
  }

  private func findFromLists() throws(Problem) {
    try lists.field.forPlaces(team, cancellation) { [self] range in
      withUnsafePointer(to: lists.field.raw) { field in
        withUnsafePointer(to: lists.raw) { lists in
          withUnsafePointer(to: raw) { ck_best_edges(field, lists, $0, range.lowerBound, range.upperBound) }
        }
      }
    }
  }

  /// The weight and length of the best edge of a component.
  private func measure(of component: Int) -> (weight: Double, length: Double) {
    let place = Int(best.pointer[component])
    return place < 0 ? (.infinity, .infinity) : (weights.pointer[place], lengths.pointer[place])
  }

  /// Whether the edge of one place is better than that of another: a total order, as Boruvka's rounds need it.
  private func isBetter(_ place: Int, than other: Int32) -> Bool {
    guard other >= 0 else { return true }
    let (place, other) = (place, Int(other))
    if weights.pointer[place] != weights.pointer[other] { return weights.pointer[place] < weights.pointer[other] }
    if lengths.pointer[place] != lengths.pointer[other] { return lengths.pointer[place] < lengths.pointer[other] }
    let rows = lists.field.order.pointer
    return ranked(rows[place], rows[Int(others.pointer[place])]) < ranked(rows[other], rows[Int(others.pointer[other])])
  }

  /// Finds each component's best edge among those of its places, and whether it is proved; answers how many are.
  private func compare() -> Int {
    let rows = lists.field.rows
    for place in 0..<rows {
      best.pointer[place] = -1
      open.pointer[place] = 0
    }
    for place in 0..<rows where others.pointer[place] >= 0 {
      // An edge leads out of both its components.
      for component in [components.pointer[place], components.pointer[Int(others.pointer[place])]] {
        if isBetter(place, than: best.pointer[Int(component)]) { best.pointer[Int(component)] = Int32(place) }
      }
    }
    var proved = 0
    for place in 0..<rows {
      let component = Int(components.pointer[place])
      if floors.pointer[place] < measure(of: component).weight { open.pointer[component] = 1 }
    }
    for place in 0..<rows where components.pointer[place] == Int32(place) && open.pointer[place] == 0 { proved += 1 }
    return proved
  }

  /// Lets the rows that have not proved the best edge of their component meet everyone.
  private func findFromAll() throws(Problem) {
    let rows = lists.field.rows
    let field = lists.field
    for panel in 0..<field.panels {
      let places = panel * Panels.lanes..<min((panel + 1) * Panels.lanes, rows)
      let first = components.pointer[places.lowerBound]
      common.pointer[panel] = places.allSatisfy { components.pointer[$0] == first } ? first : -1
    }
    // Component by component: a panel of rows of one component can pass over it, and lies together.
    let unproved = (0..<rows).filter { floors.pointer[$0] < measure(of: Int(components.pointer[$0])).weight }
      .map { UInt64(UInt32(components.pointer[$0])) << 32 | UInt64($0) }.sorted().map { Int32(truncatingIfNeeded: $0) }
    scanned += unproved.count
    try field.scan(unproved, team, cancellation) { [self] range, list, scratch in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * Panels.lanes) { bounds in
        guard let weights = bounds.baseAddress else { return }
        let lengths = weights + Panels.lanes
        for lane in 0..<range.count { (weights[lane], lengths[lane]) = measure(of: Int(components.pointer[Int(list[lane])])) }
        withUnsafePointer(to: field.raw) { field in
          withUnsafePointer(to: raw) { ck_scan_edges(field, list, range.count, weights, lengths, $0, scratch) }
        }
      }
    }
  }
}
