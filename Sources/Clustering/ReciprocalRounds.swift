import Basics
import CKernels

/// The first joins of hierarchical clustering, many at a time: all clusters that are each other's nearest join at once, round after round.
///
/// With the linkages here a cluster's nearest stays its nearest until one of the two is joined, so the pairs of a round are joins of the
/// tree whatever else is joined first (Murtagh 1983). Each row of the matrix is brought up to date by itself, on all threads, and shrinks
/// with every round; a round reads the matrix once from end to end. When only few pairs are left to a round, a chain does the rest; and all of
/// it where rows are equally near to several, as it decides between those in the order that scipy does.
final class ReciprocalRounds: @unchecked Sendable {
  // @unchecked Sendable: lives in one call of Agglomerative.run; what goes on at the same time writes rows and numbers of its own.
  private let joins: Joins
  private let team: Team
  private let cancellation: Cancellation
  private let distances: PairDistances<Float>
  private let entries: UnsafeMutablePointer<Float>
  private let stride: Int

  /// By cluster: its number, in which row of the matrix its distances stand, its members, and its nearest.
  private var names: [Int32]
  private let places: Buffer<Int32>
  private let sizes: Buffer<Float>
  private let nearest: Buffer<Int32>
  /// By pair.
  private let earlier: Buffer<Int32>
  private let later: Buffer<Int32>
  private let earlierWeight: Buffer<Float>
  private let laterWeight: Buffer<Float>
  private let between: Buffer<Float>
  /// By cluster: the pair that makes it, -1 for none.
  private let makers: Buffer<Int32>
  private let kept: Buffer<UInt16>
  private let staying: Buffer<Int32>
  /// No cluster is out of the question.
  private let barriers: Buffer<Float>

  /// Fewer pairs than a share of the clusters are not worth a round: the chain needs less than reading all of the matrix for them.
  private static let leastShare = 24
  /// More tied rows than this share are in the data (which counts, or lies on a grid); fewer are what rounding makes.
  private static let tiedShare = 512
  static func memory(rows: Int) -> Int { rows * 44 }

  init(_ distances: PairDistances<Float>, _ joins: Joins, _ team: Team, _ cancellation: Cancellation) throws(Problem) {
    (self.joins, self.team, self.cancellation) = (joins, team, cancellation)
    (self.distances, entries, stride) = (distances, distances.entries.pointer, distances.stride)
    let rows = distances.rows
    names = (0..<Int32(rows)).map { $0 }
    places = try Buffer(count: rows)
    sizes = try Buffer(count: rows)
    nearest = try Buffer(count: rows)
    earlier = try Buffer(count: rows)
    later = try Buffer(count: rows)
    earlierWeight = try Buffer(count: rows)
    laterWeight = try Buffer(count: rows)
    between = try Buffer(count: rows)
    makers = try Buffer(count: rows)
    kept = try Buffer(count: rows / 16 + 1)
    staying = try Buffer(count: rows)
    barriers = try Buffer(count: rows)
    for row in 0..<rows {
      places.pointer[row] = Int32(row)
      sizes.pointer[row] = 1
      entries[row * stride + row] = .infinity
    }
  }

  /// Joins round by round; answers with the clusters that are left, by their numbers, and their distances. `progress` is told on the
  /// caller's thread which share of all joins is made.
  func run(_ progress: (Double) -> Void) throws(Problem) -> (names: [Int32], distances: PairDistances<Float>) {
    try forRows(names.count) { [self] in
      findNearest($0, in: row($0), among: $1)
      staying.pointer[$0] = isTied($0) ? 1 : 0
    }
    if staying.values.count(where: { $0 == 1 }) > names.count / Self.tiedShare { return (names, distances) }
    while true {
      let pairs = pair()
      guard pairs > 0, pairs * Self.leastShare >= names.count else { break }
      try join(pairs)
      progress(Double(joins.list.count) / Double(joins.matrix.rows))
    }
    if names.count == distances.rows { return (names, distances) }
    let left = Array(places.values.prefix(names.count))
    return (names, try PairDistances(gathering: distances.entries, rows: left, from: stride, cancellation))
  }

  private func row(_ cluster: Int) -> UnsafeMutablePointer<Float> { entries + Int(places.pointer[cluster]) * stride }

  private func findNearest(_ cluster: Int, in row: UnsafePointer<Float>, among count: Int) {
    var least: Float = 0
    nearest.pointer[cluster] = Int32(ck_least_float(row, barriers.pointer, count, &least))
  }

  /// Whether a row has two nearest ones at a time that are not copies of each other.
  private func isTied(_ row: Int) -> Bool {
    let (first, entries) = (Int(nearest.pointer[row]), self.row(row))
    var least: Float = 0
    let second = first + 1 + ck_least_float(entries + first + 1, barriers.pointer, names.count - first - 1, &least)
    return least < .infinity && least == entries[first] && self.row(first)[second] > 0
  }

  /// Lists the pairs of clusters that are each other's nearest; answers how many there are.
  private func pair() -> Int {
    var pairs = 0
    for b in names.indices {
      let a = Int(nearest.pointer[b])
      guard a < b, Int(nearest.pointer[a]) == b else { continue }
      (earlier.pointer[pairs], later.pointer[pairs]) = (Int32(a), Int32(b))
      pairs += 1
    }
    return pairs
  }

  /// Makes one round: joins the listed pairs.
  private func join(_ pairs: Int) throws(Problem) {
    let count = names.count
    for cluster in 0..<count { makers.pointer[cluster] = -1 }
    for i in 0...count / 16 { kept.pointer[i] = .max }
    for pair in 0..<pairs {
      let (a, b) = (Int(earlier.pointer[pair]), Int(later.pointer[pair]))
      makers.pointer[b] = Int32(pair)
      kept.pointer[a / 16] &= ~(1 << UInt16(a % 16))
      let (aSize, bSize) = (sizes.pointer[a], sizes.pointer[b])
      let total = joins.linkage == .average ? aSize + bSize : 1
      (earlierWeight.pointer[pair], laterWeight.pointer[pair]) = (aSize / total, bSize / total)
      between.pointer[pair] = Float(joins.join(names[a], names[b], Double(row(a)[b])))
    }
    var left = 0
    for cluster in 0..<count where kept.pointer[cluster / 16] >> UInt16(cluster % 16) & 1 == 1 {
      staying.pointer[left] = Int32(cluster)
      left += 1
    }
    let round = ck_round(
      linkage: Int32(joins.linkage == .ward ? CK_JOIN_WARD : joins.linkage == .average ? CK_JOIN_AVERAGE : CK_JOIN_COMPLETE), clusters: count,
      pairs: pairs, earlier: earlier.pointer, later: later.pointer, earlier_weight: earlierWeight.pointer, later_weight: laterWeight.pointer,
      between: between.pointer, sizes: sizes.pointer, kept: kept.pointer)
    try forRows(left) { [self] index, left in
      let cluster = Int(staying.pointer[index])
      let own = row(cluster)
      update(cluster, round, own, next: row(Int(staying.pointer[min(index + 1, left - 1)])))
      findNearest(index, in: own, among: left)
    }
    for index in 0..<left {
      let cluster = Int(staying.pointer[index])
      names[index] = names[cluster]
      places.pointer[index] = places.pointer[cluster]
      sizes.pointer[index] = Float(joins.sizes[Int(names[index])])
    }
    names.removeLast(count - left)
  }

  private func update(_ cluster: Int, _ round: ck_round, _ own: UnsafeMutablePointer<Float>, next: UnsafeMutablePointer<Float>) {
    withUnsafePointer(to: round) { round in
      guard makers.pointer[cluster] >= 0 else { return ck_round_row(round, cluster, own, next) }
      let pair = Int(makers.pointer[cluster])
      withUnsafeTemporaryAllocation(of: Float.self, capacity: round.pointee.pairs) { scratch in
        // never nil: there is a pair
        ck_round_pair(round, pair, row(Int(earlier.pointer[pair])), own, next, scratch.baseAddress!)
      }
    }
  }

  /// Does something for each of `count` clusters, some at a time.
  private func forRows(_ count: Int, _ work: @Sendable (Int, Int) -> Void) throws(Problem) {
    let perPiece = 32
    team.share((count + perPiece - 1) / perPiece) { [cancellation] piece in
      guard !cancellation.isCancelled else { return }
      for index in piece * perPiece..<min((piece + 1) * perPiece, count) { work(index, count) }
    }
    try cancellation.check()
  }
}
