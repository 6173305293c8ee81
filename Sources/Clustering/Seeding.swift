import Basics
import CKernels
import Glibc

/// Chooses the first centroids of k-means: rows far from each other, drawn by greedy k-means++.
///
/// Each next centroid is the best of 2 + ln k rows that were drawn with a chance proportional to their squared distance to the
/// nearest centroid so far (Arthur, Vassilvitskii 2007, section 7; scikit-learn does the same). All candidates of a step meet
/// the rows in one pass over the data, so a step costs little more than reading it.
final class Seeding: @unchecked Sendable {
  // @unchecked Sendable: lives in one call of KMeans.run; in each phase the pieces of work write apart from each other.
  private let panels: Panels
  private let team: Team
  private let cancellation: Cancellation

  init(_ panels: Panels, team: Team, cancellation: Cancellation) {
    (self.panels, self.team, self.cancellation) = (panels, team, cancellation)
  }

  /// The natural logarithm, rounded down.
  static func logarithm(_ k: Int) -> Int { Int(log(Double(max(k, 1)))) }

  /// `clusters` rows of the matrix.
  func choose(_ clusters: Int, _ random: inout SeededRandom) throws(Problem) -> Matrix {
    let matrix = panels.matrix
    let trials = 2 + Self.logarithm(clusters)
    let closest = try Buffer<Float>(count: panels.count * Panels.lanes)
    // As 'closest' would be with each of the candidates: for each panel 32 values of the first, 32 of the second …
    let lowered = try Buffer<Float>(count: panels.count * Panels.lanes * trials)
    let tiles = try Buffer<Float>(count: trials * matrix.columns)
    let potentials = try Buffer<Double>(count: panels.pieces * trials)
    // Lanes beyond the last row have no distance, so they are never drawn and add nothing.
    for row in 0..<matrix.rows { closest.pointer[row] = .infinity }

    func lower(by candidates: [Int32]) throws(Problem) {
      ck_pack_tiles(matrix.storage.pointer, candidates, candidates.count, matrix.columns, panels.offset.pointer, tiles.pointer)
      let count = candidates.count
      team.share(panels.pieces) { [panels, cancellation] piece in
        let totals = potentials.pointer + piece * count
        for i in 0..<count { totals[i] = 0 }
        guard !cancellation.isCancelled else { return }
        for panel in panels.range(of: piece) {
          ck_lower_distances(
            panels.panel(panel), tiles.pointer, count, matrix.columns, closest.pointer + panel * Panels.lanes,
            lowered.pointer + panel * Panels.lanes * count, totals)
        }
      }
      try cancellation.check()
    }
    /// Makes one candidate a centroid: answers what each piece's rows now have in squared distances.
    func take(_ candidate: Int, of count: Int) -> [Double] {
      for panel in 0..<panels.count {
        (closest.pointer + panel * Panels.lanes).update(from: lowered.pointer + (panel * count + candidate) * Panels.lanes, count: Panels.lanes)
      }
      return (0..<panels.pieces).map { potentials.pointer[$0 * count + candidate] }
    }

    var chosen = [random.next(upperBound: UInt64(matrix.rows))].map(Int32.init)
    try lower(by: chosen)
    var weights = take(0, of: 1)
    while chosen.count < clusters {
      let candidates = (0..<trials).map { _ in draw(weights, closest, &random) }
      try lower(by: candidates)
      var best = (potential: Double.infinity, index: 0)
      for i in 0..<trials {
        var potential = 0.0
        for piece in 0..<panels.pieces { potential += potentials.pointer[piece * trials + i] }
        if potential < best.potential { best = (potential, i) }
      }
      chosen.append(candidates[best.index])
      weights = take(best.index, of: trials)
    }
    return try matrix.selecting(chosen.map(Int.init))
  }

  /// A row, by squared distance to the nearest centroid. When every row lies on a centroid, any row.
  private func draw(_ weights: [Double], _ closest: Buffer<Float>, _ random: inout SeededRandom) -> Int32 {
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
