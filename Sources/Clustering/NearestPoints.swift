package import Basics
import CKernels

/// Points made ready to be found: for each row the nearest few of them, exactly, by Euclidean distance or by cosine.
///
/// Packing is done once, finding as often as wanted. Single precision chooses candidates; among those that rounding could have confused
/// double precision decides, and equally near points come in the order of their indices.
package struct NearestPoints: Sendable {
  package let points: Matrix
  package let metric: Metric
  let offset: Buffer<Float>
  let tiles: Buffer<Float>
  let norms: Buffer<Float>
  /// The greatest squared length of a packed point: what rounding errors grow with.
  let longest: Float
  /// The points in bfloat16, a chunk after the other, and the most that rounding took from one; nil where that does not pay.
  let narrow: (tiles: Buffer<UInt8>, mostLost: Float)?
  /// The points' squared lengths as they were given, for cosines.
  let squares: Buffer<Double>
  /// The level that the tiles were packed at.
  private let level: Int32

  /// Points met by a block of rows at a time: as many as stay in the second-level cache.
  static let chunk = 96

  /// Throws when there are no points, or values too large to be squared.
  package init(_ points: Matrix, metric: Metric) throws(Problem) {
    try Demand.rows(points, atLeast: 1, "reference")
    try Demand.scale(points)
    let columns = points.columns
    let offset = try Buffer<Float>(count: columns)
    let tiles = try Buffer<Float>(count: points.rows * columns)
    let norms = try Buffer<Float>(count: points.rows)
    let source = metric == .cosine ? try points.normalised() : points
    if metric == .euclidean {
      let mean = try Moments.mean(of: points)
      for column in 0..<columns { offset.pointer[column] = Float(mean[column]) }
    }
    let wide = try Buffer<Double>(count: min(Self.chunk, points.rows) * columns)
    let narrow = Panels.Narrow.pays(columns: columns) ? try Buffer<UInt8>(count: ck_narrow_bytes(points.rows, columns)) : nil
    let losses = try Buffer<Float>(count: points.rows)
    for first in stride(from: 0, to: points.rows, by: Self.chunk) {
      let count = min(Self.chunk, points.rows - first)
      ck_widen(source.pointer(to: first), count * columns, wide.pointer)
      ck_pack_centroids(
        wide.pointer, count, columns, offset.pointer, 0, ck_group_count(count), tiles.pointer + first * columns, norms.pointer + first)
      guard let narrow else { continue }
      for group in 0..<ck_narrow_groups(count) {
        ck_narrow_tiles(
          wide.pointer, count, columns, offset.pointer, group, narrow.pointer + ck_narrow_bytes(first, columns), norms.pointer + first,
          losses.pointer + first)
      }
    }
    self.narrow = narrow.map { ($0, losses.values.max() ?? 0) }
    longest = norms.values.max() ?? 0
    squares = try Buffer<Double>(count: points.rows)
    for i in 0..<points.rows { squares.pointer[i] = ck_dot(points.pointer(to: i), points.pointer(to: i), columns) }
    if metric == .cosine {
      // All lengths are 1, so products alone decide. A point of zeros points nowhere: it is put out of reach of every product.
      for i in 0..<points.rows { norms.pointer[i] = norms.pointer[i] == 0 ? 8 : 0 }
    }
    self.points = points
    self.metric = metric
    self.offset = offset
    self.tiles = tiles
    self.norms = norms
    level = ck_level()
  }

  /// What was found for all rows: `count` places each, one row after the other.
  package struct Found: Sendable, Equatable {
    package let count: Int
    /// Nearest first; -1 where there are fewer points than places, or (by cosine) the row or the point has no direction.
    package let indices: [Int32]
    /// Distances (not squared), ascending, or cosines, descending; infinite or -1 where there is no point.
    package let values: [Double]

    package func indices(of row: Int) -> ArraySlice<Int32> { indices[row * count..<(row + 1) * count] }
    package func values(of row: Int) -> ArraySlice<Double> { values[row * count..<(row + 1) * count] }
  }

  /// The nearest `count` points of each row.
  package func find(
    _ count: Int, for matrix: Matrix, threads: Int = 1, cancellation: Cancellation = Cancellation()
  ) throws(Problem) -> Found {
    try Demand.threads(threads)
    try Demand.range(count, 1...4096, "count", "5")
    try Demand.dimensions(matrix, as: points.columns, metric == .cosine ? "nodes" : "points")
    try Demand.scale(matrix)
    guard ck_level() == level else {
      throw Problem(.internal, "the points were packed for other instructions", hint: "Pack and find on the same level.")
    }
    if count == 1 { return try findOne(for: matrix, threads, cancellation) }
    // A few more than asked for: what follows the last place shows whether rounding could have kept a nearer point out.
    let keep = min(points.rows, count + 4)
    let columns = matrix.columns
    let indices = try Buffer<Int32>(count: matrix.rows * count)
    let values = try Buffer<Double>(count: matrix.rows * count)
    let panels = (matrix.rows + Panels.lanes - 1) / Panels.lanes
    let width = max(1, min(4, 120_000 / (Panels.lanes * columns)))
    let lists = width * Panels.lanes * keep
    Team.gather(threads) { team in
      team.share((panels + width - 1) / width) { piece in
        let mine = piece * width..<min((piece + 1) * width, panels)
        let size = Panels.lanes * columns
        withUnsafeTemporaryAllocation(
          byteCount: 4 * (width * (size + Panels.lanes) + size + Self.chunk * Panels.lanes + 2 * lists), alignment: 64
        ) { raw in
          let packed = raw.bindMemory(to: Float.self).baseAddress!  // never nil: there is a column
          let lengths = packed + width * size
          let rows = lengths + width * Panels.lanes
          let products = rows + size
          let nearest = products + Self.chunk * Panels.lanes
          let numbers = UnsafeMutableRawPointer(nearest + lists).assumingMemoryBound(to: Int32.self)
          nearest.update(repeating: .infinity, count: lists)
          numbers.update(repeating: -1, count: lists)
          for (place, panel) in mine.enumerated() {
            let first = panel * Panels.lanes
            let count = min(Panels.lanes, matrix.rows - first)
            var source = matrix.pointer(to: first)
            if metric == .cosine {
              for row in 0..<count { _ = ck_normalise(matrix.pointer(to: first + row), columns, rows + row * columns) }
              source = UnsafePointer(rows)
            }
            ck_pack_panel(source, count, columns, offset.pointer, packed + place * size, lengths + place * Panels.lanes)
          }
          for first in stride(from: 0, to: points.rows, by: Self.chunk) {
            guard !cancellation.isCancelled else { return }
            let count = min(Self.chunk, points.rows - first)
            for place in mine.indices.map({ $0 - mine.lowerBound }) {
              ck_products(packed + place * size, tiles.pointer + first * columns, count, columns, 0, products)
              ck_keep_lowest(
                products, count, norms.pointer + first, 1, Int32(first), keep, nearest + place * Panels.lanes * keep,
                numbers + place * Panels.lanes * keep)
            }
          }
          for (place, panel) in mine.enumerated() {
            for lane in 0..<min(Panels.lanes, matrix.rows - panel * Panels.lanes) {
              let row = panel * Panels.lanes + lane
              let list = (place * Panels.lanes + lane) * keep
              settle(
                matrix.pointer(to: row), lengths[place * Panels.lanes + lane], nearest + list, numbers + list, keep: keep,
                count, indices.pointer + row * count, values.pointer + row * count)
            }
          }
        }
      }
    }
    try cancellation.check()
    return Found(count: count, indices: Array(indices.values.prefix(matrix.rows * count)), values: Array(values.values.prefix(matrix.rows * count)))
  }

  /// What rounding can do to the difference of two values of the kernels for a row of this squared length. As `ck_settle` has it: of 2 x.c
  /// one rounding per product and sum, and those of the norms.
  func rounding(_ length: Float) -> Float {
    2 * Float(0x1p-24) * (2 * (length * longest).squareRoot() * Float(points.columns + 4) + 4 * longest)
  }

  /// Orders the candidates of one row in double precision; when rounding could have kept a point off the list, all points are candidates.
  func settle(
    _ row: UnsafePointer<Float>, _ length: Float, _ nearest: UnsafePointer<Float>, _ numbers: UnsafePointer<Int32>, keep: Int,
    _ count: Int, _ indices: UnsafeMutablePointer<Int32>, _ values: UnsafeMutablePointer<Double>
  ) {
    var chosen: [(value: Double, index: Int32)] = []
    if metric == .cosine && length == 0 {
      chosen = []
    } else {
      let safe = keep == points.rows || nearest[keep - 1] - nearest[min(count, keep) - 1] > rounding(length)
      let candidates = safe ? (0..<keep).map { Int(numbers[$0]) } : Array(0..<points.rows)
      for point in candidates where point >= 0 && !(metric == .cosine && norms.pointer[point] != 0) {
        let value =
          metric == .cosine
          ? -ck_cosine(row, points.pointer(to: point), points.columns) : ck_squared_distance(row, points.pointer(to: point), points.columns)
        chosen.append((value, Int32(point)))
      }
      chosen.sort { ($0.value, $0.index) < ($1.value, $1.index) }
    }
    for place in 0..<count {
      let found = place < chosen.count ? chosen[place] : (metric == .cosine ? 1 : .infinity, -1)
      indices[place] = found.1
      values[place] = metric == .cosine ? -found.0 : found.0.squareRoot()
    }
  }
}
