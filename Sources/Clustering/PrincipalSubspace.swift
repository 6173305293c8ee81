import Basics
import CKernels

/// The leading eigenvectors of a covariance too large to be written down, by randomised subspace iteration.
struct PrincipalSubspace {
  let mean: [Double]
  let directions: [Double]
  let variances: [Double]

  private static let rounds = 5
  private static let batch = 128

  init(_ matrix: Matrix, _ components: Int, _ seed: UInt64, _ threads: Int, _ cancellation: Cancellation) throws(Problem) {
    let size = matrix.columns
    let width = min(size, components + 10)
    let mean = try Moments.mean(of: matrix, cancellation)
    let basis = try Buffer<Double>(count: size * width)
    ck_fill_random(seed, basis.pointer, size * width)
    ck_orthonormalise(basis.pointer, size, width)
    let image = try Buffer<Double>(count: size * width)
    let centred = try Buffer<Double>(count: Self.batch * size)
    let products = try Buffer<Double>(count: Self.batch * width)
    let moments = try Buffer<Double>(count: width * width)
    let strip = 256
    try Team.gather(threads) { (team) throws(Problem) in
      for round in 0...Self.rounds {
        let isLast = round == Self.rounds
        for i in 0..<size * width where !isLast { image.pointer[i] = 0 }
        for first in stride(from: 0, to: matrix.rows, by: Self.batch) {
          try cancellation.check()
          let count = min(Self.batch, matrix.rows - first)
          team.share((count + 7) / 8) { part in
            let (start, rows) = (part * 8, min(8, count - part * 8))
            ck_centre_rows(matrix.pointer(to: first + start), rows, size, mean, centred.pointer + start * size)
            ck_project(centred.pointer + start * size, rows, size, basis.pointer, width, products.pointer + start * width)
          }
          if isLast {
            ck_add_moments(products.pointer, count, width, 0, width, moments.pointer)
          } else {
            team.share((size + strip - 1) / strip) { part in
              ck_add_outer(
                centred.pointer, products.pointer, count, size, width, part * strip, min((part + 1) * strip, size), image.pointer)
            }
          }
        }
        if !isLast {
          basis.pointer.update(from: image.pointer, count: size * width)
          ck_orthonormalise(basis.pointer, size, width)
        }
      }
    }
    let small = Moments.symmetric(moments, width, divisor: Double(max(matrix.rows - 1, 1)))
    let eigen = try SymmetricEigen(of: small, size: width, threads: threads, cancellation: cancellation)
    var directions: [Double] = []
    for k in 0..<components {
      var direction = [Double](repeating: 0, count: size)
      eigen.vectors.withUnsafeBufferPointer { ck_combine(basis.pointer, size, width, $0.baseAddress! + k * width, &direction) }  // not nil: not empty
      var (peak, sign) = (0.0, 1.0)
      for value in direction where value.magnitude > peak { (peak, sign) = (value.magnitude, value < 0 ? -1 : 1) }
      directions += direction.map { $0 * sign }
    }
    self.mean = mean
    self.directions = directions
    variances = eigen.values.prefix(components).map { max(0, $0) }
  }
}
