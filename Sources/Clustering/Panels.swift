import Basics
import CKernels

/// A matrix turned for the kernels: 32 rows side by side, moved so that the origin lies amid them.
///
/// Moving them costs nothing later and saves digits: far from the origin |c|^2 - 2 x.c is a small difference of large numbers.
/// The copy takes as much memory as the matrix; turning the rows anew in each iteration would take a third of its time. Where the processor
/// multiplies bfloat16, a copy in that takes half as much, and is met in half the time.
final class Panels: Sendable {
  static let lanes = Int(CK_LANES)

  let matrix: Matrix
  /// Panels of 32 rows; the last one is filled up with zeros.
  let count: Int
  /// What was taken from each row: the mean of some of them.
  let offset: Buffer<Float>
  private let data: Buffer<Float>
  /// The squared length of each row as packed in single precision, 32 per panel.
  let norms: Buffer<Float>
  /// Consecutive panels that are one piece of work: enough to be worth handing out, little enough to cancel between them.
  let panelsPerPiece: Int
  let pieces: Int
  /// The rows in bfloat16; nil where that was not wanted or does not pay.
  let narrow: Narrow?

  /// The rows in bfloat16: see `cprefilter.h`.
  struct Narrow: Sendable {
    fileprivate let data: Buffer<UInt8>
    fileprivate let bytes: Int
    /// Squared lengths, and how far each row is from what was packed of it.
    let norms: Buffer<Float>
    let lost: Buffer<Float>

    /// Whether rows of so many numbers meet points faster in bfloat16: short ones gain nothing.
    static func pays(columns: Int) -> Bool { columns >= 48 && ck_has_brain() != 0 }

    fileprivate init(panels: Int, columns: Int) throws(Problem) {
      bytes = ck_panel_bytes(columns, Int32(CK_BRAIN))
      data = try Buffer(count: panels * bytes)
      norms = try Buffer(count: panels * Panels.lanes)
      lost = try Buffer(count: panels * Panels.lanes)
    }

    func panel(_ index: Int) -> UnsafeMutablePointer<UInt8> { data.pointer + index * bytes }
  }

  /// `cost` is the number of points that every row will meet in one phase. `wide`: in single precision; `narrow`: in bfloat16 where that pays.
  init(_ matrix: Matrix, cost: Int, team: Team, wide: Bool = true, narrow: Bool = false) throws(Problem) {
    let columns = matrix.columns
    let narrow = narrow && Narrow.pays(columns: columns)
    let wide = wide || !narrow
    let count = (matrix.rows + Self.lanes - 1) / Self.lanes
    let offset = try Buffer<Float>(count: columns)
    let data = try Buffer<Float>(count: wide ? count * Self.lanes * columns : 0)
    let norms = try Buffer<Float>(count: count * Self.lanes)
    // A mean of about 500 rows lies as much amid them as the exact one, for a fraction of the reading.
    let step = max(1, matrix.rows / 512)
    var mean = [Double](repeating: 0, count: columns)
    let sample = stride(from: 0, to: matrix.rows, by: step)
    for row in sample { ck_add_row(&mean, matrix.pointer(to: row), 1, 0, columns) }
    for column in 0..<columns { offset.pointer[column] = Float(mean[column] / Double((matrix.rows + step - 1) / step)) }
    // About a million multiply-adds: some ten microseconds. It must not depend on the number of threads.
    panelsPerPiece = max(1, min(64, 1_000_000 / (Self.lanes * columns * max(cost, 1))))
    pieces = (count + panelsPerPiece - 1) / panelsPerPiece
    (self.matrix, self.count, self.offset, self.data, self.norms) = (matrix, count, offset, data, norms)
    self.narrow = narrow ? try Narrow(panels: count, columns: columns) : nil
    team.share(pieces) { [self] piece in
      for panel in range(of: piece) {
        let (first, rows) = (panel * Self.lanes, rows(in: panel))
        if wide { ck_pack_panel(matrix.pointer(to: first), rows, columns, offset.pointer, self.panel(panel), norms.pointer + first) }
        guard let narrow = self.narrow else { continue }
        withUnsafeTemporaryAllocation(byteCount: narrow.bytes, alignment: 64) { scratch in
          ck_narrow_panel(
            matrix.pointer(to: first), rows, columns, offset.pointer, narrow.panel(panel), scratch.baseAddress, narrow.norms.pointer + first,
            narrow.lost.pointer + first)
        }
      }
    }
  }

  /// A panel in single precision, if those were wanted.
  func panel(_ index: Int) -> UnsafeMutablePointer<Float> { data.pointer + index * Self.lanes * matrix.columns }
  func rows(in panel: Int) -> Int { min(Self.lanes, matrix.rows - panel * Self.lanes) }
  func range(of piece: Int) -> Range<Int> { piece * panelsPerPiece..<min((piece + 1) * panelsPerPiece, count) }
  func rows(of piece: Int) -> Range<Int> {
    let panels = range(of: piece)
    return panels.lowerBound * Self.lanes..<min(panels.upperBound * Self.lanes, matrix.rows)
  }
}

extension Matrix {
  /// The mean of the columns' variances. The same for any number of threads.
  func meanVariance(_ team: Team) throws(Problem) -> Double {
    let perPiece = 1024
    let pieces = (rows + perPiece - 1) / perPiece
    let mean = try Buffer<Double>(count: columns)
    let deviations = try Buffer<Double>(count: pieces)
    let widths = Self.columnRanges(columns, team.size)
    team.share(widths.count) { part in
      for row in 0..<rows { ck_add_row(mean.pointer, pointer(to: row), 1, widths[part].lowerBound, widths[part].upperBound) }
      for column in widths[part] { mean.pointer[column] /= Double(rows) }
    }
    team.share(pieces) { piece in
      let first = piece * perPiece
      deviations.pointer[piece] = ck_deviations(pointer(to: first), min(perPiece, rows - first), mean.pointer, columns)
    }
    return deviations.values.reduce(0, +) / Double(rows) / Double(columns)
  }

  /// Shares out dimensions in whole cache lines: each sum is then made by one thread, in the order of the rows, however many there are.
  static func columnRanges(_ columns: Int, _ parts: Int) -> [Range<Int>] {
    let width = max(16, ((columns + parts - 1) / parts + 15) / 16 * 16)
    return stride(from: 0, to: columns, by: width).map { $0..<min($0 + width, columns) }
  }
}
