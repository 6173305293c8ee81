package import Basics
import CKernels

/// Rows of numbers, one per document: 32-bit floats, row after row, all finite. It never changes, so threads share it freely.
package struct Matrix: Sendable {
  package let rows: Int
  package let columns: Int
  let storage: Buffer<Float>
  /// The largest absolute value.
  let largest: Float

  /// Takes `rows * columns` values, row after row. Throws when the count is another or a value is not finite.
  package init(rows: Int, columns: Int, values: [Float]) throws(Problem) {
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    guard rows >= 0, columns > 0, !overflow, values.count == count else {
      throw Problem(.invalid, "\(values.count) values do not make \(rows) rows of \(columns)", hint: "Give rows * columns values, row after row.")
    }
    try self.init(rows: rows, columns: columns) { (target) throws(Problem) in
      values.withUnsafeBufferPointer { source in _ = target.update(fromContentsOf: source) }
    }
  }

  /// Takes one array per row. Throws when they differ in length, are empty, or hold something that is not finite.
  package init(_ rows: [[Float]]) throws(Problem) {
    guard let columns = rows.first?.count, columns > 0 else {
      throw Problem(.invalid, "there are no vectors", hint: "Give at least one row with at least one value.")
    }
    if let odd = rows.firstIndex(where: { $0.count != columns }) {
      throw Problem(
        .invalid, "row \(odd) has \(rows[odd].count) dimensions, the first row has \(columns)",
        hint: "All vectors need the same number of dimensions.",
        path: "[\(odd)]")
    }
    try self.init(rows: rows.count, columns: columns, values: Array(rows.joined()))
  }

  /// Lets `fill` write the values (zero at first) into the matrix's own memory, so that nothing large is copied.
  init(rows: Int, columns: Int, fill: (UnsafeMutableBufferPointer<Float>) throws(Problem) -> Void) throws(Problem) {
    let storage = try Buffer<Float>(count: rows * columns)
    try fill(storage.values)
    let bad = ck_first_not_finite(storage.pointer, storage.count)
    if bad < storage.count {
      throw Problem(
        .invalid, "row \(bad / columns), column \(bad % columns) is \(storage.pointer[bad]), not a finite number",
        hint: "Leave such rows out, or replace the value before clustering.", path: "[\(bad / columns)][\(bad % columns)]")
    }
    self.rows = rows
    self.columns = columns
    self.storage = storage
    largest = ck_largest(storage.pointer, storage.count)
  }

  package subscript(row: Int) -> [Float] { Array(UnsafeBufferPointer(start: pointer(to: row), count: columns)) }

  /// All values, row after row.
  package var values: [Float] { Array(UnsafeBufferPointer(start: storage.pointer, count: storage.count)) }

  /// The rows with the given indices, in that order.
  package func selecting(_ indices: [Int]) throws(Problem) -> Matrix {
    if let wrong = indices.first(where: { $0 < 0 || $0 >= rows }) {
      throw Problem(.invalid, "there is no row \(wrong)", hint: "Rows are counted from 0 to \(rows - 1).")
    }
    return try Matrix(rows: indices.count, columns: columns) { (target) throws(Problem) in
      for (i, index) in indices.enumerated() {
        (target.baseAddress! + i * columns).update(from: pointer(to: index), count: columns)  // not nil: buffers are never empty
      }
    }
  }

  /// Every row divided by its length; rows of zeros stay. After this Euclidean geometry is that of cosines.
  package func normalised(cancellation: Cancellation = Cancellation()) throws(Problem) -> Matrix {
    try Matrix(rows: rows, columns: columns) { (target) throws(Problem) in
      guard let start = target.baseAddress else { return }
      try cancellation.inPieces(0..<rows, columns: columns) { rows in
        for row in rows { _ = ck_normalise(pointer(to: row), columns, start + row * columns) }
      }
    }
  }

  func pointer(to row: Int) -> UnsafePointer<Float> { UnsafePointer(storage.pointer + row * columns) }
}

extension Matrix: Equatable {
  package static func == (a: Matrix, b: Matrix) -> Bool {
    a.rows == b.rows && a.columns == b.columns && a.values == b.values
  }
}
