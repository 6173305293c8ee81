import Basics
import CKernels

/// The distances of all pairs of rows, as a full square matrix, so that any row is read in one go.
struct PairDistances<Number: ChainNumber> {
  let rows: Int
  /// From row to row: whole cache lines, an odd number of them, so that a column's entries spread over the cache.
  let stride: Int
  let entries: Buffer<Number>

  static func stride(_ rows: Int) -> Int { ((rows + 15) / 16 | 1) * 16 }
  static func memory(rows: Int) -> Int { rows * stride(rows) * MemoryLayout<Number>.stride }

  fileprivate init(rows: Int) throws(Problem) {
    self.rows = rows
    stride = Self.stride(rows)
    entries = try Buffer(count: rows * stride)
  }

  /// Moves some rows of a matrix together, in place: as many entries of each as there are rows.
  init(gathering entries: Buffer<Number>, rows places: [Int32], from oldStride: Int, _ cancellation: Cancellation) throws(Problem) {
    rows = places.count
    stride = Self.stride(rows)
    self.entries = entries
    // Rows ascend, so that none is overwritten before it has moved.
    for (row, place) in places.enumerated() {
      try cancellation.check()
      (entries.pointer + row * stride).update(from: entries.pointer + Int(place) * oldStride, count: rows)
    }
  }
}

extension PairDistances<Float> {
  /// In single precision, by blocks. `squared`: without the roots. `progress` is told the share that is done, on the caller's thread.
  init(
    _ matrix: Matrix, squared: Bool, _ team: Team, _ cancellation: Cancellation, _ progress: (Double) -> Void
  ) throws(Problem) {
    try self.init(rows: matrix.rows)
    let (stride, entries) = (stride, entries)
    let blocks = try DistanceBlocks(matrix, team: team)
    // A block of points meets sixteen blocks of rows: it stays in the cache, and is little enough work to cancel after.
    var pieces: [(point: Int, rows: Range<Int>)] = []
    for point in 0..<blocks.count {
      for first in Swift.stride(from: point, to: blocks.count, by: 16) { pieces.append((point, first..<min(first + 16, blocks.count))) }
    }
    let portion = max(64, pieces.count / 20)
    for start in Swift.stride(from: 0, to: pieces.count, by: portion) {
      let mine = pieces[start..<min(start + portion, pieces.count)]
      team.share(mine.count) { piece in
        let (point, range) = mine[start + piece]
        DistanceBlocks.withBlock { block in
          for row in range where !cancellation.isCancelled {
            blocks.squares(point, row, block)
            if !squared { ck_block_roots(block) }
            let (points, others) = (blocks.rows(of: point), blocks.rows(of: row))
            ck_store_block(
              block, points.count, others.count, stride, entries.pointer + points.lowerBound * stride + others.lowerBound,
              entries.pointer + others.lowerBound * stride + points.lowerBound)
          }
        }
      }
      try cancellation.check()
      progress(Double(start + mine.count) / Double(pieces.count))
    }
  }
}

extension PairDistances<Double> {
  /// In double precision, from the differences: for few rows, where it costs little.
  init(
    _ matrix: Matrix, squared: Bool, _ team: Team, _ cancellation: Cancellation, _ progress: (Double) -> Void
  ) throws(Problem) {
    try self.init(rows: matrix.rows)
    let (rows, stride, entries) = (rows, stride, entries)
    team.share((rows + 7) / 8) { piece in
      for row in piece * 8..<min(piece * 8 + 8, rows) where !cancellation.isCancelled {
        for other in 0..<row {
          let square = ck_squared_distance(matrix.pointer(to: row), matrix.pointer(to: other), matrix.columns)
          let distance = squared ? square : square.squareRoot()
          entries.pointer[row * stride + other] = distance
          entries.pointer[other * stride + row] = distance
        }
      }
    }
    try cancellation.check()
    progress(1)
  }
}
