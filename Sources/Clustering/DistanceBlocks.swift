import Basics
import CKernels

/// A matrix packed so that the distances of 96 of its rows to 96 others are one call, and each pair of rows is met once.
///
/// Up to `direct` dimensions squares are sums of squared differences. Above, they come from products, and those of near rows, which
/// cancellation spoils, are computed again from the differences in double precision.
final class DistanceBlocks: Sendable {
  static let side = Int(CK_BLOCK)
  /// As many dimensions as differences cost little more than products, which need correcting.
  static let direct = 32

  let matrix: Matrix
  /// Blocks of 96 rows; the last one is filled up with zeros.
  let count: Int
  private let panels: Buffer<Float>
  private let points: Buffer<Float>
  private let norms: Buffer<Float>

  /// Bytes beside the matrix.
  static func memory(rows: Int, columns: Int) -> Int { 2 * (rows + side) * columns * 4 }

  init(_ matrix: Matrix, team: Team) throws(Problem) {
    let columns = matrix.columns
    let count = (matrix.rows + Self.side - 1) / Self.side
    let offset = try Self.middle(of: matrix)
    let panels = try Buffer<Float>(count: count * Self.side * columns)
    let points = try Buffer<Float>(count: count * Self.side * columns)
    let norms = try Buffer<Float>(count: count * Self.side)
    team.share(count) { block in
      let rows = min(Self.side, matrix.rows - block * Self.side)
      let start = block * Self.side * columns
      for lane in stride(from: 0, to: rows, by: Panels.lanes) {
        ck_pack_panel(
          matrix.pointer(to: block * Self.side + lane), min(Panels.lanes, rows - lane), columns, offset.pointer,
          panels.pointer + start + lane * columns, norms.pointer + block * Self.side + lane)
      }
      ck_pack_points(matrix.pointer(to: block * Self.side), rows, columns, offset.pointer, points.pointer + start)
    }
    (self.matrix, self.count, self.panels, self.points, self.norms) = (matrix, count, panels, points, norms)
  }

  /// A point amid the rows, to which they are moved, as products far from the origin lose digits. It is rounded to a sixteenth of how far
  /// rows lie from it, at best: so small integers stay integers, whose distances are exact and whose ties remain ties.
  private static func middle(of matrix: Matrix) throws(Problem) -> Buffer<Float> {
    let offset = try Buffer<Float>(count: matrix.columns)
    // Differences do not care, and what is not moved is not rounded.
    guard matrix.rows > 0, matrix.columns > direct else { return offset }
    let sample = stride(from: 0, to: matrix.rows, by: max(1, matrix.rows / 256))
    var mean = [Double](repeating: 0, count: matrix.columns)
    for row in sample { ck_add_row(&mean, matrix.pointer(to: row), 1, 0, matrix.columns) }
    let count = Double(sample.underestimatedCount)
    for column in mean.indices { mean[column] /= count }
    var spread = 0.0
    for row in sample { spread = max(spread, ck_centroid_distance(matrix.pointer(to: row), mean, matrix.columns)) }
    spread = (spread / Double(matrix.columns)).squareRoot()
    guard spread > 0 else {
      for column in mean.indices { offset.pointer[column] = Float(mean[column]) }
      return offset
    }
    let grain = Double(sign: .plus, exponent: spread.exponent - 3, significand: 1)
    for column in mean.indices { offset.pointer[column] = Float((mean[column] / grain).rounded() * grain) }
    return offset
  }

  func rows(of block: Int) -> Range<Int> { block * Self.side..<min((block + 1) * Self.side, matrix.rows) }

  /// target[point * 96 + row] = the squared distance of a point of one block and a row of another; beyond the matrix's last row, anything.
  func squares(_ pointBlock: Int, _ rowBlock: Int, _ target: UnsafeMutablePointer<Float>) {
    let (columns, size) = (matrix.columns, Self.side * matrix.columns)
    guard columns > Self.direct else {
      return ck_block_differences(panels.pointer + rowBlock * size, points.pointer + pointBlock * size, columns, target)
    }
    let (rowNorms, pointNorms) = (norms.pointer + rowBlock * Self.side, norms.pointer + pointBlock * Self.side)
    ck_block_squares(panels.pointer + rowBlock * size, rowNorms, points.pointer + pointBlock * size, pointNorms, columns, target)
    let (rows, points) = (rows(of: rowBlock), rows(of: pointBlock))
    _ = ck_correct_block(
      matrix.pointer(to: rows.lowerBound), rows.count, rowNorms, matrix.pointer(to: points.lowerBound), points.count, pointNorms, columns, target)
  }

  /// Memory for one block, for the time of `body`.
  static func withBlock(_ body: (UnsafeMutablePointer<Float>) -> Void) {
    withUnsafeTemporaryAllocation(byteCount: side * side * 4, alignment: 64) { raw in
      if let start = raw.bindMemory(to: Float.self).baseAddress { body(start) }
    }
  }
}
