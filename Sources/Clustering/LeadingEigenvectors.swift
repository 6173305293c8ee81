import Basics
import CKernels

/// A symmetric matrix that is only known by its products with vectors.
protocol SymmetricOperator: Sendable {
  var size: Int { get }
  /// products[v * size + i] = row i of the matrix times vector v, for rows in `range` and `count` vectors, one after the other.
  func multiply(_ vectors: UnsafePointer<Double>, _ count: Int, _ range: Range<Int>, _ products: UnsafeMutablePointer<Double>)
}

/// The eigenvectors of the largest eigenvalues of a large symmetric matrix.
///
/// A block of random vectors is multiplied by the matrix again and again; in the space that all these blocks span (a Krylov space), the
/// best approximations are found by a small decomposition (Rayleigh, Ritz), and they begin the next round until they are good (Golub,
/// Underwood 1977). A block finds eigenvalues that occur several times, as those of unconnected graphs do.
struct LeadingEigenvectors {
  /// Largest first.
  let values: [Double]
  /// One after the other, `size` numbers each, of length 1, the largest component positive.
  let vectors: [Double]
  /// False when the rounds ended before the residuals were small.
  let converged: Bool

  /// Up to this size the matrix is decomposed as a whole.
  static let denseSize = 400
  private static let rounds = 60

  /// How many vectors are carried from round to round, and how many a round's space has.
  private static func block(_ count: Int) -> Int { (count + max(4, count / 2) + 3) / 4 * 4 }
  private static func space(_ count: Int, _ size: Int) -> Int { min(size, max(8 * block(count), 96)) }

  static func memory(_ count: Int, size: Int) -> Int {
    size <= denseSize ? SymmetricEigen.memory(size: size) + 2 * size * size * 8 : (2 * space(count, size) + 2 * block(count)) * size * 8
  }

  init(
    of matrix: some SymmetricOperator, count: Int, tolerance: Double, seed: UInt64, _ team: Team, _ cancellation: Cancellation
  ) throws(Problem) {
    let size = matrix.size
    let count = min(count, size)
    if size <= Self.denseSize {
      var unit = [Double](repeating: 0, count: size * size)
      for i in 0..<size { unit[i * size + i] = 1 }
      var whole = [Double](repeating: 0, count: size * size)
      matrix.multiply(unit, size, 0..<size, &whole)
      let eigen = try SymmetricEigen(of: whole, size: size, threads: team.size, cancellation: cancellation)
      values = Array(eigen.values.prefix(count))
      vectors = Array(eigen.vectors.prefix(count * size))
      converged = true
      return
    }
    let width = min(Self.block(count), size)
    let most = Self.space(count, size)
    let basis = try Buffer<Double>(count: most * size)
    let images = try Buffer<Double>(count: most * size)
    let next = try Buffer<Double>(count: 2 * width * size)
    var random = SeededRandom(seed: seed)
    for i in 0..<width * size { basis.pointer[i] = Double(Int64(bitPattern: random.next()) >> 11) * 0x1p-52 }
    var found: (values: [Double], residual: Double) = ([], .infinity)
    for _ in 0..<Self.rounds {
      var filled = 0
      var block = width
      while block > 0 {
        try Self.orthonormalise(basis.pointer, filled, block, size, &random, team, cancellation)
        let parts = (size + 255) / 256
        let (from, to, columns) = (basis.pointer + filled * size, images.pointer + filled * size, block)
        nonisolated(unsafe) let (source, target) = (from, to)  // each piece writes its own rows
        team.share(parts) { part in
          guard !cancellation.isCancelled else { return }
          matrix.multiply(source, columns, part * 256..<min((part + 1) * 256, size), target)
        }
        try cancellation.check()
        filled += block
        block = min(width, most - filled)
        (basis.pointer + filled * size).update(from: images.pointer + (filled - block) * size, count: max(0, block) * size)
      }
      found = try Self.rotate(basis, images, next, filled, width, count, size, team, cancellation)
      // The best approximations begin the next round.
      basis.pointer.update(from: next.pointer, count: width * size)
      if found.residual <= tolerance { break }
    }
    values = Array(found.values.prefix(count))
    converged = found.residual <= tolerance
    vectors = Array(unsafeUninitializedCapacity: count * size) { target, initialized in
      for v in 0..<count {
        let vector = basis.pointer + v * size
        var (peak, sign) = (0.0, 1.0)
        for i in 0..<size where vector[i].magnitude > peak { (peak, sign) = (vector[i].magnitude, vector[i] < 0 ? -1 : 1) }
        for i in 0..<size { target[v * size + i] = vector[i] * sign }
      }
      initialized = count * size
    }
  }

  /// Makes vectors `filled` up to `filled + block` orthogonal to all before, and of length 1. What vanishes is replaced by chance.
  private static func orthonormalise(
    _ basis: UnsafeMutablePointer<Double>, _ filled: Int, _ block: Int, _ size: Int, _ random: inout SeededRandom, _ team: Team,
    _ cancellation: Cancellation
  ) throws(Problem) {
    let chunk = 2048
    for v in filled..<filled + block {
      try cancellation.check()
      nonisolated(unsafe) let (all, own) = (basis, basis + v * size)  // pieces write apart from each other
      var before = ck_dot_doubles(own, own, size).squareRoot()
      // Twice is enough (Kahan, in Parlett 1980), unless next to nothing is left.
      var attempts = 0
      while attempts < 8 {
        for _ in 0..<2 where v > 0 {
          let shares = try Buffer<Double>(count: v)
          team.share((v + 7) / 8) { piece in
            for u in piece * 8..<min(piece * 8 + 8, v) { shares.pointer[u] = ck_dot_doubles(all + u * size, own, size) }
          }
          team.share((size + chunk - 1) / chunk) { piece in
            let first = piece * chunk
            for u in 0..<v { ck_add_doubles(own + first, all + u * size + first, -shares.pointer[u], min(chunk, size - first)) }
          }
        }
        let length = ck_dot_doubles(own, own, size).squareRoot()
        if length > 1e-10 * before {
          for i in 0..<size { own[i] /= length }
          break
        }
        for i in 0..<size { own[i] = Double(Int64(bitPattern: random.next()) >> 11) * 0x1p-52 }
        before = ck_dot_doubles(own, own, size).squareRoot()
        attempts += 1
      }
    }
  }

  /// Finds the `width` best approximations in the space, writes them to `next`, and answers their values and the largest residual of the
  /// first `count`.
  private static func rotate(
    _ basis: Buffer<Double>, _ images: Buffer<Double>, _ next: Buffer<Double>, _ filled: Int, _ width: Int, _ count: Int, _ size: Int, _ team: Team,
    _ cancellation: Cancellation
  ) throws(Problem) -> (values: [Double], residual: Double) {
    let small = try Buffer<Double>(count: filled * filled)
    team.share(filled) { i in
      for j in 0...i { small.pointer[i * filled + j] = ck_dot_doubles(basis.pointer + i * size, images.pointer + j * size, size) }
    }
    let eigen = try SymmetricEigen(of: Array(small.values), size: filled, threads: team.size, cancellation: cancellation)
    let residuals = try Buffer<Double>(count: width)
    for i in 0..<next.count { next.pointer[i] = 0 }
    team.share(width) { v in
      let (vector, image) = (next.pointer + v * size, next.pointer + (width + v) * size)
      let coefficients = eigen[v]
      for (i, coefficient) in coefficients.enumerated() {
        ck_add_doubles(vector, basis.pointer + i * size, coefficient, size)
        ck_add_doubles(image, images.pointer + i * size, coefficient, size)
      }
      ck_add_doubles(image, vector, -eigen.values[v], size)
      residuals.pointer[v] = ck_dot_doubles(image, image, size).squareRoot()
    }
    try cancellation.check()
    return (eigen.values, residuals.values.prefix(count).max() ?? 0)
  }
}
