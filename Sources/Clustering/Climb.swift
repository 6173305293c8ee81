import Basics
import CKernels

/// Points on their way to where rows are densest: each goes to the mean of the rows within the bandwidth, all in step.
final class Climb: @unchecked Sendable {
  // @unchecked Sendable: lives in one call of MeanShift.run; in each phase the pieces of work write apart from each other.
  private struct Point {
    var place: [Double]
    var rows = 0
    var climbing = true
  }

  private let matrix: Matrix
  private let panels: Panels
  private let bandwidth: Double
  private let team: Team
  private let cancellation: Cancellation
  private var points: [Point]
  private(set) var longest = 0

  /// Points that are moved or compared between two looks at whether the work is still wanted.
  static let pointsPerLook = 256

  /// Points that meet the rows in one pass.
  private static let together = 12

  init(_ matrix: Matrix, _ bandwidth: Double, _ starts: [[Double]], _ team: Team, _ cancellation: Cancellation) throws(Problem) {
    (self.matrix, self.bandwidth, self.team, self.cancellation) = (matrix, bandwidth, team, cancellation)
    panels = try Panels(matrix, cost: Self.together, team: team)
    points = starts.map { Point(place: $0) }
    try merge()
  }

  /// Lets all points climb until they rest: until they move by at most a thousandth of the bandwidth, or `limit` times and once more.
  func run(_ limit: Int, _ report: (Int, Int) -> Void) throws(Problem) {
    for round in 0...limit {
      let climbing = points.indices.filter { points[$0].climbing }
      if climbing.isEmpty { return }
      let pieces = (climbing.count + Self.together - 1) / Self.together
      let sums = try Buffer<Double>(count: climbing.count * matrix.columns)
      let counts = try Buffer<Int>(count: climbing.count)
      team.share(pieces) { [self] piece in
        guard !cancellation.isCancelled else { return }
        let range = piece * Self.together..<min((piece + 1) * Self.together, climbing.count)
        gather(climbing[range].map { points[$0].place }, sums.pointer + range.lowerBound * matrix.columns, counts.pointer + range.lowerBound)
      }
      try cancellation.check()
      for (i, index) in climbing.enumerated() {
        if i % Self.pointsPerLook == 0 { try cancellation.check() }
        points[index].rows = counts.pointer[i]
        guard counts.pointer[i] > 0 else {
          points[index].climbing = false
          continue
        }
        let mean = (0..<matrix.columns).map { sums.pointer[i * matrix.columns + $0] / Double(counts.pointer[i]) }
        let moved = ck_distance(mean, points[index].place, matrix.columns)
        points[index].place = mean
        points[index].climbing = moved > 1e-3 * bandwidth && round < limit
      }
      longest = round
      try merge()
      report(round + 1, points.count { $0.climbing })
    }
  }

  /// Adds up the rows around each of some places.
  private func gather(_ places: [[Double]], _ sums: UnsafeMutablePointer<Double>, _ counts: UnsafeMutablePointer<Int>) {
    let columns = matrix.columns
    let near = places.flatMap { $0.map(Float.init) }
    let limit = bandwidth * bandwidth
    // Of a sum of squares near the limit, rounding spoils a little for each dimension, and a little for where the rows were moved to.
    let largest = Double(max(matrix.largest, near.reduce(0) { max($0, abs($1)) }))
    let error = Double(columns).squareRoot() * largest * 0x1p-22
    let slack = limit * Double(columns + 8) * 0x1p-23 + 2 * bandwidth * error + error * error
    withUnsafeTemporaryAllocation(byteCount: places.count * (columns + Panels.lanes) * 4, alignment: 64) { raw in
      guard let tiles = raw.bindMemory(to: Float.self).baseAddress else { return }
      let squares = tiles + places.count * columns
      ck_pack_tiles(near, nil, places.count, columns, panels.offset.pointer, tiles)
      for panel in 0..<panels.count where !cancellation.isCancelled {
        ck_differences(panels.panel(panel), tiles, places.count, columns, squares)
        for i in places.indices {
          counts[i] += ck_add_within(
            matrix.pointer(to: panel * Panels.lanes), panels.rows(in: panel), columns, places[i], squares + i * Panels.lanes, limit, slack,
            sums + i * columns)
        }
      }
    }
  }

  /// Points that stand on the same place in the same round go the same way ever after: one is enough.
  private func merge() throws(Problem) {
    var taken: Set<[Double]> = []
    var kept: [Point] = []
    for (i, point) in points.enumerated() {
      if i % Self.pointsPerLook == 0 { try cancellation.check() }
      if taken.insert(point.place).inserted { kept.append(point) }
    }
    points = kept
  }

  /// Where points rest, those with most rows around first; of two within a bandwidth only the first.
  func peaks() throws(Problem) -> (centres: [[Double]], densities: [Int]) {
    let sorted = points.filter { $0.rows > 0 }.sorted { a, b in
      a.rows != b.rows ? a.rows > b.rows : b.place.lexicographicallyPrecedes(a.place)
    }
    var centres: [[Double]] = []
    var densities: [Int] = []
    for (i, point) in sorted.enumerated() {
      if i & 63 == 0 { try cancellation.check() }
      if centres.contains(where: { ck_distance($0, point.place, matrix.columns) <= bandwidth }) { continue }
      centres.append(point.place)
      densities.append(point.rows)
    }
    return (centres, densities)
  }

  /// The nearest centre of each row, the first among equals; -1 beyond the bandwidth unless all rows are to belong.
  func labels(_ centres: [[Double]], _ all: Bool) throws(Problem) -> [Int32] {
    let labels = try Buffer<Int32>(count: matrix.rows)
    let flat = Array(centres.joined())
    let (columns, limit) = (matrix.columns, bandwidth * bandwidth)
    team.share((matrix.rows + 31) / 32) { [matrix, cancellation] piece in
      for row in piece * 32..<min(piece * 32 + 32, matrix.rows) where !cancellation.isCancelled {
        var best = (square: Double.infinity, index: Int32(0))
        flat.withUnsafeBufferPointer { flat in
          guard let start = flat.baseAddress else { return }
          for i in centres.indices {
            let square = ck_centroid_distance(matrix.pointer(to: row), start + i * columns, columns)
            if square < best.square { best = (square, Int32(i)) }
          }
        }
        labels.pointer[row] = all || best.square <= limit ? best.index : -1
      }
    }
    try cancellation.check()
    return Array(labels.values)
  }
}
