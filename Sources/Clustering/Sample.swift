package import Basics

/// Rows drawn by a seed.
enum Sample {
  /// `count` of `total` numbers, each set as likely, in ascending order; all when there are not more.
  static func draw(_ count: Int, of total: Int, seed: UInt64) -> [Int] {
    guard total > count else { return Array(0..<total) }
    return shuffled(count, of: total, seed: seed).sorted()
  }

  /// The first `count` of a shuffled deck (Fisher, Yates), as far as it needs shuffling.
  static func shuffled(_ count: Int, of total: Int, seed: UInt64) -> [Int] {
    var deck = Array(0..<total)
    var random = SeededRandom(seed: seed)
    for i in 0..<min(count, total) { deck.swapAt(i, i + Int(random.next(upperBound: UInt64(total - i)))) }
    return Array(deck.prefix(count))
  }

  /// The rows themselves, at most `limit` of them.
  static func of(_ matrix: Matrix, limit: Int, seed: UInt64) throws(Problem) -> Matrix {
    matrix.rows <= limit ? matrix : try matrix.selecting(draw(limit, of: matrix.rows, seed: seed))
  }
}

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
