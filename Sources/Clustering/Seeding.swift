import Basics
import CKernels
import Glibc

/// Chooses the first centroids of k-means: rows far from each other, drawn by greedy k-means++.
///
/// Each next centroid is the best of 2 + ln k rows that were drawn with a chance proportional to their squared distance to the
/// nearest centroid so far (Arthur, Vassilvitskii 2007, section 7; scikit-learn does the same).
///
/// Reading the data once for each step would be what takes the time. So candidates are drawn for many steps at once and meet the rows in one
/// pass. A later step accepts a waiting candidate with the chance by which its weight has fallen since it was drawn: what it accepts is
/// then distributed as if it had been drawn just now (rejection sampling).
final class Seeding: @unchecked Sendable {
  // @unchecked Sendable: lives in one call of KMeans.run; in each phase the pieces of work write apart from each other.
  private let panels: Panels
  private let team: Team
  private let cancellation: Cancellation

  /// Rows that wait to be candidates, their weights when they were drawn, and the first of them that nobody has looked at.
  private var pool: [Int32] = []
  private var drawn: [Float] = []
  private var next = 0
  /// Squared distances of all rows to those of the pool: for each panel 32 of the first, 32 of the second …
  private let squares: Buffer<Float>
  /// Squared distances of the rows to the nearest centroid so far.
  private let closest: Buffer<Float>
  private let tiles: Buffer<Float>
  private let tileNorms: Buffer<Float>
  private let potentials: Buffer<Double>

  /// How many candidates are drawn at once at most: as many as make a pass over the data take longer for computing than for reading.
  static let widest = 36

  init(_ panels: Panels, clusters: Int, team: Team, cancellation: Cancellation) throws(Problem) {
    (self.panels, self.team, self.cancellation) = (panels, team, cancellation)
    let trials = 2 + Self.logarithm(clusters)
    let width = max(trials, Self.widest)
    closest = try Buffer(count: panels.count * Panels.lanes)
    squares = try Buffer(count: panels.count * Panels.lanes * width)
    tiles = try Buffer(count: width * panels.matrix.columns)
    tileNorms = try Buffer(count: width)
    potentials = try Buffer(count: panels.pieces * trials)
  }

  /// The natural logarithm, rounded down.
  static func logarithm(_ k: Int) -> Int { Int(log(Double(max(k, 1)))) }

  /// `clusters` rows of the matrix.
  func choose(_ clusters: Int, _ random: inout SeededRandom) throws(Problem) -> Matrix {
    let matrix = panels.matrix
    let trials = 2 + Self.logarithm(clusters)
    // Lanes beyond the last row have no distance, so they are never drawn and add nothing.
    for row in 0..<matrix.rows { closest.pointer[row] = .infinity }
    var chosen = [Int32(random.next(upperBound: UInt64(matrix.rows)))]
    try fill(with: chosen, drawn: [0])
    var weights = take(0)
    var width = trials
    while chosen.count < clusters {
      if weights.reduce(0, +) == 0 {
        // Every row lies on a centroid: any will do.
        chosen.append(Int32(random.next(upperBound: UInt64(matrix.rows))))
        continue
      }
      var accepted: [Int32] = []
      while accepted.count < trials {
        if next == pool.count {
          // Those that this step has accepted already are met again, rather than kept elsewhere.
          var candidates = accepted.map { pool[Int($0)] }
          while candidates.count < width { candidates.append(draw(weights, &random)) }
          try fill(with: candidates, drawn: candidates.map { closest.pointer[Int($0)] })
          next = accepted.count
          accepted = (0..<Int32(next)).map { $0 }
          width = min(2 * width, max(trials, Self.widest))
        }
        let now = closest.pointer[Int(pool[next])]
        if Float(random.next() >> 40) * 0x1p-24 * drawn[next] < now { accepted.append(Int32(next)) }
        next += 1
      }
      let best = best(of: accepted)
      chosen.append(pool[best])
      weights = take(best)
    }
    return try matrix.selecting(chosen.map(Int.init))
  }

  /// Makes these rows the pool and measures their distances to all rows.
  private func fill(with candidates: [Int32], drawn weights: [Float]) throws(Problem) {
    let matrix = panels.matrix
    (pool, drawn, next) = (candidates, weights, 0)
    let count = candidates.count
    ck_pack_tiles(matrix.storage.pointer, candidates, count, matrix.columns, panels.offset.pointer, tiles.pointer)
    for (i, candidate) in candidates.enumerated() { tileNorms.pointer[i] = panels.norms.pointer[Int(candidate)] }
    team.share(panels.pieces) { [self] piece in
      for panel in panels.range(of: piece) where !cancellation.isCancelled {
        let first = panel * Panels.lanes
        _ = ck_squares(
          panels.panel(panel), panels.norms.pointer + first, tiles.pointer, tileNorms.pointer, count, matrix.columns, squares.pointer + first * count)
      }
    }
    try cancellation.check()
  }

  /// Which of the pool's rows would leave the smallest sum of squared distances.
  private func best(of accepted: [Int32]) -> Int {
    let count = pool.count
    team.share(panels.pieces) { [self] piece in
      let totals = potentials.pointer + piece * accepted.count
      for i in accepted.indices { totals[i] = 0 }
      for panel in panels.range(of: piece) {
        let first = panel * Panels.lanes
        ck_lowered_totals(squares.pointer + first * count, accepted, accepted.count, closest.pointer + first, totals)
      }
    }
    var best = (potential: Double.infinity, index: accepted[0])
    for (i, candidate) in accepted.enumerated() {
      var potential = 0.0
      for piece in 0..<panels.pieces { potential += potentials.pointer[piece * accepted.count + i] }
      if potential < best.potential { best = (potential, candidate) }
    }
    return Int(best.index)
  }

  /// Makes a row of the pool a centroid: answers what each piece's rows now have in squared distances.
  private func take(_ candidate: Int) -> [Double] {
    let count = pool.count
    return (0..<panels.pieces).map { piece in
      var weight = 0.0
      for panel in panels.range(of: piece) {
        weight += ck_lower(squares.pointer + (panel * count + candidate) * Panels.lanes, closest.pointer + panel * Panels.lanes)
      }
      return weight
    }
  }

  /// A row, by squared distance to the nearest centroid. When every row lies on a centroid, any row.
  private func draw(_ weights: [Double], _ random: inout SeededRandom) -> Int32 {
    let total = weights.reduce(0, +)
    let any = Int32(random.next(upperBound: UInt64(panels.matrix.rows)))
    guard total > 0 else { return any }
    var rest = Double(random.next() >> 11) * 0x1p-53 * total
    var candidate = any
    for (piece, weight) in weights.enumerated() where weight > 0 {
      if rest >= weight, piece + 1 < weights.count {
        rest -= weight
        continue
      }
      for row in panels.rows(of: piece) where closest.pointer[row] > 0 {
        candidate = Int32(row)
        rest -= Double(closest.pointer[row])
        if rest < 0 { return candidate }
      }
      // Rounding left a little over: the next row that can be drawn, or else the last that could have been.
    }
    return candidate
  }
}
