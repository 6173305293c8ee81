package import Basics

/// A seeded sample of rows that pass, piece by piece: all of them where there are not more than its limit.
package struct RowSample: Sendable {
  package private(set) var seen = 0
  private let columns: Int
  /// Numbers of the rows to keep, ascending, and how many of them have come.
  private let chosen: [Int]
  private var reached = 0
  private var values: [Float] = []

  /// `expected`: how many rows will come.
  package init(limit: Int, of expected: Int, columns: Int, seed: UInt64) {
    self.columns = columns
    chosen = Sample.draw(limit, of: expected, seed: seed)
    values.reserveCapacity(chosen.count * columns)
  }

  package mutating func add(_ piece: Matrix) {
    while reached < chosen.count, chosen[reached] < seen + piece.rows {
      values += piece[chosen[reached] - seen]
      reached += 1
    }
    seen += piece.rows
  }

  /// The rows that were kept, in the order in which they came.
  package func matrix() throws(Problem) -> Matrix { try Matrix(rows: reached, columns: columns, values: values) }
}
