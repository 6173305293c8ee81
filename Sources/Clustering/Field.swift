import Basics
import CKernels

/// A matrix laid out for the meeting of all pairs of rows: see `cneighbours.h`.
///
/// Rows stand at places, 32 to a panel, in an order in which neighbours in the list tend to be neighbours in space. That costs a few
/// milliseconds and pays twice: the nearest are met early, so later candidates are refused by their tile, and where the data
/// has few dimensions or lies in clusters far apart, most panels need not meet at all.
final class Field: @unchecked Sendable {
  // @unchecked Sendable: filled in 'init', on threads that write apart from each other; never changed afterwards.
  let matrix: Matrix
  let panels: Int
  /// The row at each place; -1 beyond the last.
  let order: Buffer<Int32>
  let raw: ck_field
  private let data: Buffer<UInt8>
  private let halves: Buffer<Float>
  private let centres: Buffer<Float>
  private let radii: Buffer<Float>

  var places: Int { panels * Panels.lanes }
  var rows: Int { matrix.rows }
  /// In what distances are first seen: the quickest first.
  enum Precision: CaseIterable {
    /// bfloat16, on processors that have it: half the time of single precision.
    case brain
    case single
    /// For rows much closer to each other than to the middle of all: twice the time, but no cancellation.
    case differences

    /// Those worth trying one after the other; short vectors gain nothing from narrow numbers.
    static func worthTrying(columns: Int) -> [Precision] {
      columns >= 48 && ck_has_brain() != 0 ? allCases : [.single, .differences]
    }
  }

  init(_ matrix: Matrix, _ precision: Precision, team: Team) throws(Problem) {
    let columns = matrix.columns
    let count = (matrix.rows + Panels.lanes - 1) / Panels.lanes
    let format = Int32(precision == .brain ? CK_BRAIN : precision == .single ? CK_SINGLE : CK_DIFFERENCES)
    let order = try Buffer<Int32>(count: count * Panels.lanes)
    let data = try Buffer<UInt8>(count: count * ck_panel_bytes(columns, format))
    let halves = try Buffer<Float>(count: count * Panels.lanes)
    let centres = try Buffer<Float>(count: count * columns)
    let radii = try Buffer<Float>(count: count)
    for place in matrix.rows..<max(matrix.rows, count * Panels.lanes) { order.pointer[place] = -1 }
    let scratch = try Buffer<UInt64>(count: matrix.rows)
    ck_order_rows(matrix.storage.pointer, matrix.rows, columns, order.pointer, scratch.pointer)

    // A power of two, so that scaling is exact; what it brings to about 1 can neither overflow nor vanish when squared.
    let exponent = matrix.largest > 0 ? max(-126, min(126, -Int(matrix.largest.exponent))) : 0
    let scale = Double(sign: .plus, exponent: exponent, significand: 1)
    let offset = try Buffer<Float>(count: columns)
    let step = max(1, matrix.rows / 512)
    var mean = [Double](repeating: 0, count: columns)
    for row in stride(from: 0, to: matrix.rows, by: step) { ck_add_row(&mean, matrix.pointer(to: row), 1, 0, columns) }
    for column in 0..<columns { offset.pointer[column] = Float(mean[column] * scale / Double((matrix.rows + step - 1) / step)) }

    var raw = ck_field(
      rows: matrix.storage.pointer, dimensions: columns, panels: count, order: order.pointer, format: format, data: data.pointer,
      halves: halves.pointer, centres: centres.pointer, radii: radii.pointer, prunes: 0, scale: scale, blur: 0, rounding: 0,
      relative: 0)
    let longest = try Buffer<Double>(count: count)
    let residuals = try Buffer<Double>(count: count)
    team.share(count) { [raw] panel in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: (Panels.lanes + 1) * columns) { scratch in
        withUnsafePointer(to: raw) {
          ck_pack_field(
            $0, panel, offset.pointer, data.pointer, halves.pointer, centres.pointer, radii.pointer, longest.pointer + panel,
            residuals.pointer + panel, scratch.baseAddress)
        }
      }
    }
    // Higham, Accuracy and Stability, 3.1: a dot product loses at most half a unit for each of its sums; the halves, bars and the
    // difference a few more. Below the smallest normal numbers the loss is absolute.
    let length = longest.values.max() ?? 0
    let loss = Double(columns + 12) * 0x1p-23 * 1.01
    (raw.rounding, raw.relative) = precision == .differences ? (0, loss) : (loss * length, 0)
    raw.rounding += Double(columns) * 0x1p-124
    raw.blur = 2 * (residuals.values.max() ?? 0) * (1 + 0x1p-20)
    // Panels that are small beside their distance from the middle of all lie apart from each other.
    var (within, between) = (0.0, 0.0)
    for panel in 0..<count {
      within += Double(radii.pointer[panel]) * Double(radii.pointer[panel])
      for column in 0..<columns {
        let value = Double(centres.pointer[panel * columns + column])
        between += value * value
      }
    }
    raw.prunes = count > 1 && within < 2 * between ? 1 : 0
    (self.matrix, panels, self.order, self.data, self.halves, self.centres, self.radii, self.raw) = (
      matrix, count, order, data, halves, centres, radii, raw
    )
  }

  /// In the quickest precision that tells a distance from twice as much.
  static func seeing(_ distance: Double, in matrix: Matrix, team: Team) throws(Problem) -> Field {
    let precisions = Precision.worthTrying(columns: matrix.columns)
    for precision in precisions.dropLast() {
      let field = try Field(matrix, precision, team: team)
      if withUnsafePointer(to: field.raw, { Double(ck_limit($0, distance)) }).squareRoot() < 2 * distance * field.raw.scale { return field }
    }
    return try Field(matrix, .differences, team: team)
  }

  /// Bytes beside the matrix.
  static func memory(rows: Int, columns: Int) -> Int { rows * (columns * 4 + 16) + rows / Panels.lanes * (columns * 4 + 24) + columns * 12 }

  // MARK: - Work in pieces

  /// Lets every two panels meet once: `meet(a, b)` with ranges of panels that are the same or do not overlap. What goes on at the same time
  /// has no panel in common, and the order in which a panel meets the others does not depend on the number of threads.
  ///
  /// The panels are a power of two of blocks; in round r block i meets block i xor r. Close blocks, in the order of the field, meet early.
  func meetAll(
    _ team: Team, _ cancellation: Cancellation, report: (PairProgress) -> Void, _ meet: @Sendable (Range<Int>, Range<Int>) -> Void
  ) throws(Problem) {
    var blocks = 1
    while blocks * 2 <= panels / 8 { blocks *= 2 }
    let starts = (0...blocks).map { $0 * panels / blocks }
    let block = { @Sendable (i: Int) in starts[i]..<starts[i + 1] }
    for round in 0..<blocks {
      try cancellation.check()
      if round == 0 {
        team.share(blocks) { if !cancellation.isCancelled { meet(block($0), block($0)) } }
      } else {
        let bit = Int.bitWidth - 1 - round.leadingZeroBitCount
        team.share(blocks / 2) { piece in
          let first = (piece >> bit) << (bit + 1) | piece & ((1 << bit) - 1)  // the numbers whose bit is 0, in order
          if !cancellation.isCancelled { meet(block(first), block(first ^ round)) }
        }
      }
      report(PairProgress(phase: .neighbours, done: round + 1, total: blocks))
    }
    try cancellation.check()
  }

  /// Does something for all places, some hundred at a time.
  func forPlaces(_ team: Team, _ cancellation: Cancellation, _ work: @Sendable (Range<Int>) -> Void) throws(Problem) {
    let perPiece = 256
    let last = rows
    team.share((last + perPiece - 1) / perPiece) { piece in
      if !cancellation.isCancelled { work(piece * perPiece..<min((piece + 1) * perPiece, last)) }
    }
    try cancellation.check()
  }

  /// Does something for the listed places, up to 32 at a time, with scratch for a scan.
  func scan(
    _ places: [Int32], _ team: Team, _ cancellation: Cancellation,
    _ work: @Sendable (Range<Int>, UnsafePointer<Int32>, UnsafeMutableRawPointer) -> Void
  ) throws(Problem) {
    let lanes = Panels.lanes
    places.withUnsafeBufferPointer { list in
      guard let start = list.baseAddress else { return }
      let shared = Shared(start)
      let count = list.count
      team.share((count + lanes - 1) / lanes) { [raw] piece in
        guard !cancellation.isCancelled else { return }
        let bytes = withUnsafePointer(to: raw) { ck_scan_bytes($0) }
        withUnsafeTemporaryAllocation(byteCount: bytes, alignment: 64) { scratch in
          let range = piece * lanes..<min((piece + 1) * lanes, count)
          work(range, shared.pointer + range.lowerBound, scratch.baseAddress!)  // not nil: a scan needs some bytes
        }
      }
    }
    try cancellation.check()
  }

  private struct Shared: @unchecked Sendable {
    // @unchecked Sendable: read only, within the call that lends it.
    let pointer: UnsafePointer<Int32>
    init(_ pointer: UnsafePointer<Int32>) { self.pointer = pointer }
  }
}
