import CKernels

/// The `count` rows nearest to one query, of rows that come in pieces: each is scored once in double precision, and the best are kept.
///
/// One query does not pay for packing points, as `NearestPoints` does for many: a row is read once and forgotten, so a collection of any size
/// takes the memory of one piece. The scores are exact and the ties go to the row that came first, whatever the number of threads.
package struct QueryNearest: Sendable {
  package enum Similarity: String, Sendable, CaseIterable {
    /// The cosine, -1...1; 0 for a row or query of zeros.
    case cosine
    /// The inner product.
    case dot
    /// 1 / (1 + distance), so that more is nearer: 1 for an equal row.
    case euclidean
  }

  package struct Match: Sendable, Equatable {
    /// What the caller calls the row.
    package let row: Int64
    package let score: Double

    package init(row: Int64, score: Double) {
      self.row = row
      self.score = score
    }
  }

  private let query: [Float]
  private let similarity: Similarity
  private let count: Int
  private let least: Double
  private let length: Double
  private let threads: Int
  /// The best so far, the worst of them on top.
  private var heap: [(score: Double, order: Int, row: Int64)] = []
  private var seen = 0

  /// Rows that score less than `least` are left out.
  package init(_ query: [Float], _ similarity: Similarity, count: Int, least: Double = -.infinity, threads: Int = 1) {
    self.query = query
    self.similarity = similarity
    self.count = count
    self.least = least
    self.threads = threads
    length = query.withUnsafeBufferPointer { pointer in pointer.baseAddress.map { ck_dot($0, $0, query.count) } ?? 0 }
    heap.reserveCapacity(count + 1)
  }

  /// Rows below this many are not worth a second thread: waking one takes as long as scoring a few hundred.
  private static let share = 4096

  /// Takes in rows of the query's dimension, one after the other in `values`, and what they are called.
  package mutating func add(_ names: [Int64], _ values: [Float]) {
    guard !names.isEmpty, !query.isEmpty else { return }
    let (columns, rows) = (query.count, names.count)
    let scores = [Double](unsafeUninitializedCapacity: rows) { scores, filled in
      filled = rows
      values.withUnsafeBufferPointer { values in
        query.withUnsafeBufferPointer { query in
          guard let start = values.baseAddress, let asked = query.baseAddress, let target = scores.baseAddress else { return }
          // The first two are only read.
          let (rowsAt, queryAt) = (SharedPointer(UnsafeMutablePointer(mutating: start)), SharedPointer(UnsafeMutablePointer(mutating: asked)))
          let (scoresAt, own) = (SharedPointer(target), self)
          let pieces = (rows + Self.share - 1) / Self.share
          Team.gather(min(threads, pieces)) { team in
            team.share(pieces) { piece in
              for row in piece * Self.share..<min(rows, (piece + 1) * Self.share) {
                scoresAt.pointer[row] = own.score(rowsAt.pointer + row * columns, queryAt.pointer, columns)
              }
            }
          }
        }
      }
    }
    for (row, score) in scores.enumerated() where score >= least { keep(score, names[row]) }
  }

  private func score(_ row: UnsafePointer<Float>, _ query: UnsafePointer<Float>, _ columns: Int) -> Double {
    switch similarity {
    case .dot: return ck_dot(row, query, columns)
    case .euclidean: return 1 / (1 + ck_squared_distance(row, query, columns).squareRoot())
    case .cosine:
      let lengths = ck_dot(row, row, columns) * length
      return lengths > 0 ? max(-1, min(1, ck_dot(row, query, columns) / lengths.squareRoot())) : 0
    }
  }

  private mutating func keep(_ score: Double, _ row: Int64) {
    let order = seen
    seen += 1
    if heap.count < count {
      heap.append((score, order, row))
      var child = heap.count - 1
      while child > 0, Self.isWorse(heap[child], heap[(child - 1) / 2]) {
        heap.swapAt(child, (child - 1) / 2)
        child = (child - 1) / 2
      }
    } else if let worst = heap.first, score > worst.score {
      heap[0] = (score, order, row)
      var parent = 0
      while true {
        var least = parent
        for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && Self.isWorse(heap[child], heap[least]) { least = child }
        if least == parent { break }
        heap.swapAt(parent, least)
        parent = least
      }
    }
  }

  private static func isWorse(_ a: (score: Double, order: Int, row: Int64), _ b: (score: Double, order: Int, row: Int64)) -> Bool {
    (a.score, -a.order) < (b.score, -b.order)
  }

  /// Best first.
  package var best: [Match] { heap.sorted { Self.isWorse($1, $0) }.map { Match(row: $0.row, score: $0.score) } }
}
