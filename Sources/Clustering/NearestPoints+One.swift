import Basics
import CKernels

extension NearestPoints {
  /// The one nearest point of each row: found in registers, without lists.
  func findOne(for matrix: Matrix, _ threads: Int, _ cancellation: Cancellation) throws(Problem) -> Found {
    let columns = matrix.columns
    let indices = try Buffer<Int32>(count: matrix.rows)
    let values = try Buffer<Double>(count: matrix.rows)
    let panels = (matrix.rows + Panels.lanes - 1) / Panels.lanes
    // Some rows at a time meet some points at a time, so that both stay in the second-level cache.
    let width = max(1, min(8, 120_000 / (Panels.lanes * columns)))
    let (lanes, size) = (Panels.lanes, Panels.lanes * columns)
    let rowSquares = try Buffer<Double>(count: matrix.rows)
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
            let first = panel * lanes
            let count = min(lanes, matrix.rows - first)
            var source = matrix.pointer(to: first)
            if metric == .cosine {
              for row in 0..<count {
                rowSquares.pointer[first + row] = ck_direction(matrix.pointer(to: first + row), columns, rows + row * columns)
              }
              source = UnsafePointer(rows)
            }
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
                (indices.pointer[row], values.pointer[row]) = (-1, -1)
                continue
              }
              // Where rounding could have decided, every point is a candidate.
              let unsafe = second[own] - best[own] <= rounding(lengths[own])
              let number = unsafe ? decide(matrix.pointer(to: row)) : Int(numbers[own])
              indices.pointer[row] = Int32(number)
              values.pointer[row] =
                metric == .cosine
                ? cosine(ck_dot(matrix.pointer(to: row), points.pointer(to: number), columns), rowSquares.pointer[row] * squares.pointer[number])
                : ck_squared_distance(matrix.pointer(to: row), points.pointer(to: number), columns).squareRoot()
            }
          }
        }
      }
    }
    try cancellation.check()
    return Found(count: 1, indices: Array(indices.values.prefix(matrix.rows)), values: Array(values.values.prefix(matrix.rows)))
  }

  /// As `ck_cosine` has it, of what is known already.
  private func cosine(_ product: Double, _ lengths: Double) -> Double { lengths > 0 ? max(-1, min(1, product / lengths.squareRoot())) : 0 }

  /// The nearest point in double precision, the lowest index among equals, points without direction left out.
  private func decide(_ row: UnsafePointer<Float>) -> Int {
    var best = (value: Double.infinity, index: 0)
    for point in 0..<points.rows where metric == .euclidean || norms.pointer[point] == 0 {
      let value =
        metric == .cosine
        ? -ck_cosine(row, points.pointer(to: point), points.columns) : ck_squared_distance(row, points.pointer(to: point), points.columns)
      if value < best.value { best = (value, point) }
    }
    return best.index
  }
}
