import Basics
import CKernels

/// Rows under a Minkowski distance of any power: what DBSCAN and OPTICS ask of it.
///
/// No product of matrices gives these distances, so each is taken by itself: time grows with the square of the rows, memory does not.
struct MinkowskiDistances: @unchecked Sendable {
  // @unchecked Sendable: the storage is read alone, and 'matrix' keeps it.
  let matrix: Matrix
  let power: Double
  /// Rows that a piece of work looks at: some hundred microseconds of it.
  private let perPiece: Int

  init(_ matrix: Matrix, power: Double) {
    (self.matrix, self.power) = (matrix, power)
    perPiece = max(64, 400_000 / (matrix.columns + 16))
  }

  /// That a power makes a distance, and that nothing else was asked for.
  static func demand(_ power: Double?, beside metric: Metric, _ demands: inout Demands) {
    guard let power else { return }
    demands.demand(power >= 1, "p", "p is \(power): below 1 there is no distance", "Choose 1 or more, for example 2.")
    demands.demand(metric == .euclidean, "p", "p is \(power), and the metric 'cosine' has no use for it", "Leave one of them out.")
  }

  /// DBSCAN's labels and dense rows, with its meanings.
  func dense(
    within radius: Double, minimumSamples: Int, _ team: Team, _ cancellation: Cancellation, report: (PairProgress) -> Void
  ) throws(Problem) -> DBSCANResult {
    let rows = matrix.rows
    let all = try Buffer<Int32>(count: rows)
    for row in 0..<rows { all.pointer[row] = Int32(row) }
    let isCore = Slots<Bool>(count: rows, empty: false)
    try shareRows(team, cancellation, report: report) { row in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: rows) { near in
        guard let near = near.baseAddress else { return }
        let found = ck_minkowski_near(
          matrix.storage.pointer, matrix.columns, Int32(row), power, radius, all.pointer, 0, rows, min(minimumSamples, rows), near)
        isCore.set(row, found >= minimumSamples)
      }
    }
    return try spread(from: isCore.values, all, radius, team, cancellation)
  }

  /// Lets each cluster spread from its first dense row over those that nobody has yet.
  private func spread(
    from isCore: [Bool], _ waiting: Buffer<Int32>, _ radius: Double, _ team: Team, _ cancellation: Cancellation
  ) throws(Problem) -> DBSCANResult {
    let near = try Buffer<UInt8>(count: matrix.rows)
    var labels = [Int32](repeating: -1, count: matrix.rows)
    var (left, clusters) = (matrix.rows, Int32(0))
    for first in 0..<matrix.rows where isCore[first] && labels[first] < 0 {
      labels[first] = clusters
      var frontier = [Int32(first)]
      while let row = frontier.popLast() {
        try cancellation.check()
        let count = left
        team.share((count + perPiece - 1) / perPiece) { [self] piece in
          _ = ck_minkowski_near(
            matrix.storage.pointer, matrix.columns, row, power, radius, waiting.pointer, piece * perPiece, min((piece + 1) * perPiece, count), .max,
            near.pointer)
        }
        left = 0
        for place in 0..<count {
          let other = waiting.pointer[place]
          if near.pointer[place] != 0, labels[Int(other)] < 0 {
            labels[Int(other)] = clusters
            if isCore[Int(other)] { frontier.append(other) }
          }
          if labels[Int(other)] < 0 {
            waiting.pointer[left] = other
            left += 1
          }
        }
      }
      clusters += 1
    }
    return DBSCANResult(labels: labels, isCore: isCore)
  }

  /// The distance of each row to its k-th nearest other row, 1 <= k < rows.
  func cores(_ k: Int, _ team: Team, _ cancellation: Cancellation, report: (PairProgress) -> Void) throws(Problem) -> [Double] {
    let cores = Slots<Double>(count: matrix.rows, empty: .infinity)
    try shareRows(team, cancellation, report: report) { row in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: k) { heap in
        guard let heap = heap.baseAddress else { return }
        cores.set(row, ck_minkowski_core(matrix.storage.pointer, matrix.rows, matrix.columns, Int32(row), power, k, heap))
      }
    }
    return cores.values
  }

  /// Calls `body` for each row, a few at a time between looks at whether the work is still wanted.
  private func shareRows(
    _ team: Team, _ cancellation: Cancellation, report: (PairProgress) -> Void, _ body: @Sendable (Int) -> Void
  ) throws(Problem) {
    let step = max(1, 8_000_000 / (matrix.rows * (matrix.columns + 16))) * team.size
    for first in stride(from: 0, to: matrix.rows, by: step) {
      try cancellation.check()
      let count = min(step, matrix.rows - first)
      team.share(count) { body(first + $0) }
      report(PairProgress(phase: .neighbours, done: first + count, total: matrix.rows))
    }
  }
}
