import Basics
import CKernels

extension NearestPoints {
  /// The one nearest point of each row: found in registers, without lists. Where the processor multiplies bfloat16, most rows are done in that.
  func findOne(for matrix: Matrix, _ threads: Int, _ cancellation: Cancellation) throws(Problem) -> Found {
    let numbers = try Buffer<Int32>(count: matrix.rows)
    guard let narrow else {
      try findWide(for: matrix, numbers, threads, cancellation)
      return try measured(matrix, numbers, threads)
    }
    try findNarrow(for: matrix, narrow.tiles, narrow.mostLost, numbers, threads, cancellation)
    let open = (0..<matrix.rows).filter { numbers.pointer[$0] == Self.undecided }
    if !open.isEmpty {
      let rest = try Buffer<Int32>(count: open.count)
      try findWide(for: matrix.selecting(open), rest, threads, cancellation)
      for (place, row) in open.enumerated() { numbers.pointer[row] = rest.pointer[place] }
    }
    return try measured(matrix, numbers, threads)
  }

  private static let undecided: Int32 = -2

  /// In bfloat16: rows of which more than two points may be the nearest stay undecided.
  private func findNarrow(
    for matrix: Matrix, _ tiles: Buffer<UInt8>, _ mostLost: Float, _ numbers: Buffer<Int32>, _ threads: Int, _ cancellation: Cancellation
  ) throws(Problem) {
    let (columns, lanes) = (matrix.columns, Panels.lanes)
    let panels = (matrix.rows + lanes - 1) / lanes
    let bytes = ck_panel_bytes(columns, Int32(CK_BRAIN))
    let width = max(1, min(8, 240_000 / bytes))
    Team.gather(threads) { team in
      team.share((panels + width - 1) / width) { piece in
        let mine = piece * width..<min((piece + 1) * width, panels)
        let size = lanes * columns * 4
        withUnsafeTemporaryAllocation(byteCount: width * (bytes + MemoryLayout<ck_three>.stride + 8 * lanes) + bytes + size, alignment: 64) { raw in
          let packed = raw.baseAddress!  // never nil: there is a column
          let threes = (packed + width * bytes).assumingMemoryBound(to: ck_three.self)
          let lengths = UnsafeMutableRawPointer(threes + width).assumingMemoryBound(to: Float.self)
          let lost = lengths + width * lanes
          let scratch = UnsafeMutableRawPointer(lost + width * lanes)
          let rows = (scratch + bytes).assumingMemoryBound(to: Float.self)
          for (place, panel) in mine.enumerated() {
            let (source, count) = directed(matrix, panel, rows)
            ck_narrow_panel(source, count, columns, offset.pointer, packed + place * bytes, scratch, lengths + place * lanes, lost + place * lanes)
            ck_no_points(threes + place)
          }
          for first in stride(from: 0, to: points.rows, by: Self.chunk) {
            guard !cancellation.isCancelled else { return }
            let count = min(Self.chunk, points.rows - first)
            for place in 0..<mine.count {
              let own = packed + place * bytes
              ck_meet_narrow(
                own, tiles.pointer + ck_narrow_bytes(first, columns), norms.pointer + first, count, columns, own, Int32(first), threes + place)
            }
          }
          for (place, panel) in mine.enumerated() {
            for lane in 0..<min(lanes, matrix.rows - panel * lanes) {
              let (length, loss) = (lengths[place * lanes + lane], lost[place * lanes + lane])
              numbers.pointer[panel * lanes + lane] = decide(
                matrix.pointer(to: panel * lanes + lane), length, ck_blur(length, loss, longest, mostLost, columns), threes + place, lane)
            }
          }
        }
      }
    }
    try cancellation.check()
  }

  /// The nearest point as far as three values tell.
  private func decide(_ row: UnsafePointer<Float>, _ length: Float, _ blur: Float, _ three: UnsafePointer<ck_three>, _ lane: Int) -> Int32 {
    let values = UnsafeRawPointer(three).assumingMemoryBound(to: Float.self)
    let labels = UnsafeRawPointer(values + 3 * Panels.lanes).assumingMemoryBound(to: Int32.self)
    let (first, second, third) = (values[lane], values[Panels.lanes + lane], values[2 * Panels.lanes + lane])
    let (a, b) = (labels[lane], labels[Panels.lanes + lane])
    if metric == .cosine && (length == 0 || norms.pointer[Int(a)] != 0) { return -1 }
    if second - first > blur { return a }
    return third - first > blur ? Int32(decide(row, among: [Int(min(a, b)), Int(max(a, b))])) : Self.undecided
  }

  /// The rows of a panel as they are compared: by cosine their directions, put into `rows`.
  private func directed(_ matrix: Matrix, _ panel: Int, _ rows: UnsafeMutablePointer<Float>) -> (UnsafePointer<Float>, Int) {
    let first = panel * Panels.lanes
    let count = min(Panels.lanes, matrix.rows - first)
    guard metric == .cosine else { return (matrix.pointer(to: first), count) }
    for row in 0..<count { _ = ck_direction(matrix.pointer(to: first + row), matrix.columns, rows + row * matrix.columns) }
    return (UnsafePointer(rows), count)
  }

  /// Distances or cosines of what was found.
  private func measured(_ matrix: Matrix, _ numbers: Buffer<Int32>, _ threads: Int) throws(Problem) -> Found {
    let values = try Buffer<Double>(count: matrix.rows)
    let columns = matrix.columns
    Team.gather(threads) { team in
      team.share((matrix.rows + 255) / 256) { piece in
        for row in piece * 256..<min(piece * 256 + 256, matrix.rows) {
          let (own, number) = (matrix.pointer(to: row), Int(numbers.pointer[row]))
          if number < 0 {
            values.pointer[row] = -1
          } else if metric == .cosine {
            values.pointer[row] = cosine(
              ck_dot(own, points.pointer(to: number), columns), ck_dot(own, own, columns) * squares.pointer[number])
          } else {
            values.pointer[row] = ck_squared_distance(own, points.pointer(to: number), columns).squareRoot()
          }
        }
      }
    }
    return Found(count: 1, indices: Array(numbers.values.prefix(matrix.rows)), values: Array(values.values.prefix(matrix.rows)))
  }

  /// In single precision, and what rounding could have decided in double precision.
  private func findWide(
    for matrix: Matrix, _ indices: Buffer<Int32>, _ threads: Int, _ cancellation: Cancellation
  ) throws(Problem) {
    let columns = matrix.columns
    let panels = (matrix.rows + Panels.lanes - 1) / Panels.lanes
    // Some rows at a time meet some points at a time, so that both stay in the second-level cache.
    let width = max(1, min(8, 120_000 / (Panels.lanes * columns)))
    let (lanes, size) = (Panels.lanes, Panels.lanes * columns)
    Team.gather(threads) { team in
      team.share((panels + width - 1) / width) { piece in
        let mine = piece * width..<min((piece + 1) * width, panels)
        withUnsafeTemporaryAllocation(byteCount: 4 * (width * (size + 4 * lanes) + size + 3 * lanes), alignment: 64) { raw in
          let packed = raw.bindMemory(to: Float.self).baseAddress!  // never nil: there is a column
          let lengths = packed + width * size
          let (best, second) = (lengths + width * lanes, lengths + 2 * width * lanes)
          let numbers = UnsafeMutableRawPointer(lengths + 3 * width * lanes).assumingMemoryBound(to: Int32.self)
          let rows = lengths + 4 * width * lanes
          let (low, next) = (rows + size, rows + size + lanes)
          let label = UnsafeMutableRawPointer(rows + size + 2 * lanes).assumingMemoryBound(to: Int32.self)
          best.update(repeating: .infinity, count: 2 * width * lanes)
          for (place, panel) in mine.enumerated() {
            let (source, count) = directed(matrix, panel, rows)
            ck_pack_panel(source, count, columns, offset.pointer, packed + place * size, lengths + place * lanes)
          }
          for first in stride(from: 0, to: points.rows, by: Self.chunk) {
            guard !cancellation.isCancelled else { return }
            let count = min(Self.chunk, points.rows - first)
            for place in 0..<mine.count {
              ck_nearest(packed + place * size, tiles.pointer + first * columns, norms.pointer + first, count, columns, nil, label, low, next)
              ck_merge_nearest(low, next, label, Int32(first), best + place * lanes, second + place * lanes, numbers + place * lanes)
            }
          }
          for (place, panel) in mine.enumerated() {
            for lane in 0..<min(lanes, matrix.rows - panel * lanes) {
              let (row, own) = (panel * lanes + lane, place * lanes + lane)
              if metric == .cosine && (lengths[own] == 0 || norms.pointer[Int(numbers[own])] != 0) {
                indices.pointer[row] = -1
                continue
              }
              // Where rounding could have decided, every point is a candidate.
              let unsafe = second[own] - best[own] <= rounding(lengths[own])
              indices.pointer[row] = unsafe ? Int32(decide(matrix.pointer(to: row), among: 0..<points.rows)) : numbers[own]
            }
          }
        }
      }
    }
    try cancellation.check()
  }

  /// As `ck_cosine` has it, of what is known already.
  private func cosine(_ product: Double, _ lengths: Double) -> Double { lengths > 0 ? max(-1, min(1, product / lengths.squareRoot())) : 0 }

  /// The nearest of some points (ascending) in double precision, the lowest index among equals, points without direction left out.
  private func decide(_ row: UnsafePointer<Float>, among candidates: some Sequence<Int>) -> Int {
    var best = (value: Double.infinity, index: 0)
    for point in candidates where metric == .euclidean || norms.pointer[point] == 0 {
      let value =
        metric == .cosine
        ? -ck_cosine(row, points.pointer(to: point), points.columns) : ck_squared_distance(row, points.pointer(to: point), points.columns)
      if value < best.value { best = (value, point) }
    }
    return best.index
  }
}
