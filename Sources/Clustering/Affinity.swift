import Basics
import CKernels

/// How much rows belong together, pair by pair: a graph, scaled by its nodes' degrees as spectral clustering wants it.
enum Affinity: SymmetricOperator {
  /// All pairs: the entries, one over the degrees' roots.
  case dense(PairDistances<Float>, [Double])
  /// Neighbours only: where a row's entries begin, their columns, the entries, already scaled.
  case sparse(size: Int, starts: [Int64], columns: [Int32], entries: [Float], [Double])

  var size: Int {
    switch self {
    case .dense(let pairs, _): pairs.rows
    case .sparse(let size, _, _, _, _): size
    }
  }

  /// One over the root of each node's degree; 1 for a node without edges.
  var scales: [Double] {
    switch self {
    case .dense(_, let scales), .sparse(_, _, _, _, let scales): scales
    }
  }

  func multiply(_ vectors: UnsafePointer<Double>, _ count: Int, _ range: Range<Int>, _ products: UnsafeMutablePointer<Double>) {
    switch self {
    case .dense(let pairs, _):
      ck_dense_products(pairs.entries.pointer, pairs.stride, pairs.rows, range.lowerBound, range.upperBound, vectors, count, products)
    case .sparse(let size, let starts, let columns, let entries, _):
      ck_sparse_products(starts, columns, entries, size, range.lowerBound, range.upperBound, vectors, count, products)
    }
  }

  private static func scale(_ degree: Double) -> Double { degree > 0 ? 1 / degree.squareRoot() : 1 }

  /// exp(-gamma |x - y|^2) for all pairs; nothing for a row and itself.
  static func radial(_ matrix: Matrix, gamma: Double, _ team: Team, _ cancellation: Cancellation) throws(Problem) -> Affinity {
    let pairs = try PairDistances<Float>(matrix, squared: true, team, cancellation) { _ in }
    let scales = try Buffer<Double>(count: pairs.rows)
    team.share((pairs.rows + 15) / 16) { piece in
      for row in piece * 16..<min(piece * 16 + 16, pairs.rows) where !cancellation.isCancelled {
        let entries = pairs.entries.pointer + row * pairs.stride
        entries[row] = .infinity
        scales.pointer[row] = scale(ck_affinities(entries, pairs.rows, gamma))
      }
    }
    try cancellation.check()
    team.share((pairs.rows + 15) / 16) { piece in
      for row in piece * 16..<min(piece * 16 + 16, pairs.rows) where !cancellation.isCancelled {
        let entries = pairs.entries.pointer + row * pairs.stride
        for column in 0..<pairs.rows { entries[column] *= Float(scales.pointer[row] * scales.pointer[column]) }
      }
    }
    try cancellation.check()
    return .dense(pairs, Array(scales.values))
  }

  /// 1 between rows that are among each other's nearest, 1/2 where one is among the other's. `neighbours` counts the row itself.
  static func neighbours(_ matrix: Matrix, _ neighbours: Int, _ threads: Int, _ cancellation: Cancellation) throws(Problem) -> Affinity {
    let rows = matrix.rows
    let others = max(1, min(neighbours, rows) - 1)
    // A row alone has itself.
    let nearest = rows < 2 ? [-1] : try NeighbourGraph(neighbours: others, threads: threads).run(on: matrix, cancellation: cancellation).rows
    var incoming: [[Int32]] = Array(repeating: [], count: rows)
    for row in 0..<rows {
      for other in nearest[row * others..<(row + 1) * others] where other >= 0 { incoming[Int(other)].append(Int32(row)) }
    }
    var starts: [Int64] = [0]
    var columns: [Int32] = []
    var entries: [Float] = []
    var degrees: [Double] = []
    for row in 0..<rows {
      let own = nearest[row * others..<(row + 1) * others].filter { $0 >= 0 }
      let all = (own + incoming[row]).sorted()
      var degree = 0.0
      for (i, column) in all.enumerated() {
        degree += 0.5
        if i > 0, all[i - 1] == column {
          entries[entries.count - 1] = 1
        } else {
          columns.append(column)
          entries.append(0.5)
        }
      }
      degrees.append(degree)
      starts.append(Int64(entries.count))
    }
    let scales = degrees.map(scale)
    for row in 0..<rows {
      for entry in Int(starts[row])..<Int(starts[row + 1]) { entries[entry] *= Float(scales[row] * scales[Int(columns[entry])]) }
    }
    return .sparse(size: rows, starts: starts, columns: columns, entries: entries, scales)
  }
}
