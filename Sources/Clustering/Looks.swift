import Basics

extension Cancellation {
  /// Does work over rows in pieces of a few milliseconds, with a look before each.
  func inPieces(_ rows: Range<Int>, columns: Int, _ work: (Range<Int>) throws(Problem) -> Void) throws(Problem) {
    let step = max(1, Self.numbersPerLook / max(columns, 1))
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
      try check()
      try work(first..<min(first + step, rows.upperBound))
    }
  }

  /// So many numbers are read and added up in about two milliseconds.
  static let numbersPerLook = 1 << 22
}
