package import Basics
import CKernels

/// The eigenvalues and eigenvectors of a real symmetric matrix, all of them, in double precision.
///
/// Householder's reduction to three diagonals, then implicit QL (Wilkinson, Reinsch 1971, `tred2` and `imtql2`). About 9 n^3 operations:
/// some hundredths of a second for n = 384. Rotations are gathered over many sweeps and then applied to a few columns at a time, so that
/// what they turn stays in the cache; the columns are shared out among the threads. The result is the same for any number of threads.
package struct SymmetricEigen: Sendable {
  /// Largest first.
  package let values: [Double]
  /// Row after row: row i is the eigenvector of `values[i]`, of length 1, its largest component (the first among equals) positive.
  package let vectors: [Double]
  package let size: Int

  package static let largestSize = 4096

  /// Bytes that a decomposition takes.
  package static func memory(size: Int) -> Int { 3 * size * size * 8 + batch(size) * size * 16 }

  package subscript(row: Int) -> ArraySlice<Double> { vectors[row * size..<(row + 1) * size] }

  /// Takes `size * size` numbers, row after row; the lower triangle counts. Throws when there are others than that, when one is not
  /// finite, when the matrix is larger than `largestSize`, or when cancelled.
  package init(of matrix: [Double], size: Int, threads: Int = 1, cancellation: Cancellation = Cancellation()) throws(Problem) {
    guard (1...Self.largestSize).contains(size) else {
      throw Problem(.tooLarge, "the matrix has \(size) rows", hint: "Matrices of 1 to \(Self.largestSize) rows can be decomposed.")
    }
    guard matrix.count == size * size else {
      throw Problem(.invalid, "\(matrix.count) values do not make a matrix of \(size) x \(size)", hint: "Give size * size values.")
    }
    guard let largest = matrix.lazy.map(\.magnitude).max(), matrix.allSatisfy(\.isFinite) else {
      throw Problem(.invalid, "the matrix holds a value that is not finite", hint: "Look for NaN and infinity in the data it was made of.")
    }
    let rows = try Buffer<Double>(count: size * size)
    let diagonal = try Buffer<Double>(count: size)
    let beside = try Buffer<Double>(count: size)
    // Scaled, squares neither overflow nor vanish.
    let scale = largest == 0 ? 1 : largest
    for i in matrix.indices { rows.pointer[i] = matrix[i] / scale }
    try Self.reduce(rows, diagonal, beside, size, cancellation)
    try Team.gather(threads) { (team) throws(Problem) in try Self.iterate(rows, diagonal, beside, size, team, cancellation) }

    let order = (0..<size).sorted { (diagonal.pointer[$1], $0) < (diagonal.pointer[$0], $1) }
    values = order.map { diagonal.pointer[$0] * scale }
    vectors = Array(unsafeUninitializedCapacity: size * size) { target, count in
      for (place, row) in order.enumerated() {
        let source = rows.pointer + row * size
        var (peak, sign) = (0.0, 1.0)
        for j in 0..<size where source[j].magnitude > peak { (peak, sign) = (source[j].magnitude, source[j] < 0 ? -1 : 1) }
        for j in 0..<size { target[place * size + j] = source[j] * sign }
      }
      count = size * size
    }
    self.size = size
  }

  /// After this `rows` holds, as rows, an orthonormal basis in which the matrix has three diagonals.
  private static func reduce(
    _ rows: Buffer<Double>, _ diagonal: Buffer<Double>, _ beside: Buffer<Double>, _ size: Int, _ cancellation: Cancellation
  ) throws(Problem) {
    let halves = try Buffer<Double>(count: size)
    let scratch = try Buffer<Double>(count: size)
    for row in stride(from: size - 1, to: 0, by: -1) {
      try cancellation.check()
      ck_reduce_row(rows.pointer, size, row, beside.pointer, halves.pointer, scratch.pointer)
    }
    ck_take_diagonal(rows.pointer, size, diagonal.pointer)
    for row in 0..<size {
      try cancellation.check()
      ck_mirror_back(rows.pointer, size, row, halves.pointer, scratch.pointer)
    }
    for i in 1..<max(size, 1) { beside.pointer[i - 1] = beside.pointer[i] }
    beside.pointer[size - 1] = 0
    ck_transpose(rows.pointer, size)
  }

  private struct Sweep {
    let last: Int
    let rotations: Range<Int>
  }

  /// How many sweeps are gathered before they are applied.
  private static func batch(_ size: Int) -> Int { max(1, min(64, 2_000_000 / max(1, size * size) + 8)) }

  private static func iterate(
    _ rows: Buffer<Double>, _ diagonal: Buffer<Double>, _ beside: Buffer<Double>, _ size: Int, _ team: Team, _ cancellation: Cancellation
  ) throws(Problem) {
    let limit = batch(size)
    let rotations = try Buffer<ck_rotation>(count: limit * size)
    var sweeps: [Sweep] = []
    func apply() throws(Problem) {
      let width = 16
      let gathered = sweeps
      team.share((size + width - 1) / width) { part in
        guard !cancellation.isCancelled else { return }
        for sweep in gathered {
          ck_rotate_rows(
            rows.pointer, size, sweep.last, sweep.rotations.count, rotations.pointer + sweep.rotations.lowerBound, part * width,
            min((part + 1) * width, size))
        }
      }
      try cancellation.check()
      sweeps.removeAll(keepingCapacity: true)
    }
    for first in 0..<size {
      // Convergence is cubic; two sweeps are usual. Where rounding should ever keep an entry alive, its size is of no account.
      for _ in 0..<60 {
        var last = 0
        let start = sweeps.last?.rotations.upperBound ?? 0
        let count = ck_sweep(diagonal.pointer, beside.pointer, size, first, &last, rotations.pointer + start)
        if count == 0 { break }
        sweeps.append(Sweep(last: last, rotations: start..<start + count))
        if sweeps.count == limit { try apply() }
      }
    }
    try apply()
  }
}
