import Basics

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
