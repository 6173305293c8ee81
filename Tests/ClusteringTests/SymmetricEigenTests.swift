import Basics
import CKernels
import Testing

@testable import Clustering

@Suite("Eigenvalues of symmetric matrices") struct SymmetricEigenTests {
  static func random(_ size: Int, seed: UInt64) -> [Double] {
    var random = SeededRandom(seed: seed)
    var matrix = [Double](repeating: 0, count: size * size)
    for i in 0..<size {
      for j in 0...i {
        let value = Double(Fixtures.numbers(1, &random)[0])
        (matrix[i * size + j], matrix[j * size + i]) = (value, value)
      }
    }
    return matrix
  }

  /// How far A v = lambda v and V V' = 1 are from holding, at the worst entry.
  static func residual(_ eigen: SymmetricEigen, _ matrix: [Double]) -> Double {
    let size = eigen.size
    var worst = 0.0
    for i in 0..<size {
      let vector = Array(eigen[i])
      for j in 0..<size {
        let image = (0..<size).reduce(0) { $0 + matrix[j * size + $1] * vector[$1] }
        worst = max(worst, (image - eigen.values[i] * vector[j]).magnitude)
        let product = zip(vector, eigen[j]).reduce(0) { $0 + $1.0 * $1.1 }
        worst = max(worst, (product - (i == j ? 1 : 0)).magnitude)
      }
    }
    return worst
  }

  @Test("satisfy their definition, largest first", arguments: [1, 2, 3, 4, 7, 16, 17, 40]) func definition(size: Int) throws {
    let matrix = Self.random(size, seed: UInt64(size))
    let eigen = try SymmetricEigen(of: matrix, size: size)
    #expect(Self.residual(eigen, matrix) < 1e-13)
    #expect(zip(eigen.values, eigen.values.dropFirst()).allSatisfy { $0 >= $1 })
    for i in 0..<size {
      let peak = eigen[i].max { $0.magnitude < $1.magnitude }
      #expect((peak ?? 0) > 0)
    }
  }

  @Test("survive repeated values, zeros, blocks and extreme scales") func special() throws {
    let size = 6
    var identity = [Double](repeating: 0, count: 36)
    for i in 0..<size { identity[i * size + i] = 1 }
    var blocks = identity
    (blocks[1], blocks[6]) = (0.5, 0.5)
    let ones = [Double](repeating: 1, count: 36)
    for matrix in [identity, blocks, ones, [Double](repeating: 0, count: 36)] {
      #expect(Self.residual(try SymmetricEigen(of: matrix, size: size), matrix) < 1e-14)
    }
    #expect(try SymmetricEigen(of: ones, size: size).values.first.map { abs($0 - 6) < 1e-13 } == true)
    for scale in [1e-200, 1e200] {
      let matrix = Self.random(5, seed: 4)
      let plain = try SymmetricEigen(of: matrix, size: 5)
      let scaled = try SymmetricEigen(of: matrix.map { $0 * scale }, size: 5)
      #expect(zip(plain.values, scaled.values).allSatisfy { abs($0 * scale - $1) <= 1e-12 * scale })
    }
  }

  @Test("agree with the path graph's known values") func pathGraph() throws {
    let size = 30
    var matrix = [Double](repeating: 0, count: size * size)
    for i in 0..<size {
      matrix[i * size + i] = 2
      if i > 0 { (matrix[i * size + i - 1], matrix[(i - 1) * size + i]) = (-1, -1) }
    }
    let values = try SymmetricEigen(of: matrix, size: size).values
    for k in 1...size {
      let expected = 2 + 2 * cosine(Double(k) / Double(size + 1))
      #expect(abs(values[k - 1] - expected) < 1e-13)
    }
  }

  /// cos(pi x), by its series: 0 <= x <= 1.
  private func cosine(_ x: Double) -> Double {
    var (term, sum) = (1.0, 1.0)
    for k in 1...30 {
      term *= -(Double.pi * x) * (Double.pi * x) / Double((2 * k - 1) * 2 * k)
      sum += term
    }
    return sum
  }

  @Test("are the same for any number of threads, and nearly so on every level", arguments: [0] + KernelTests.levels)
  func threads(level: Int32) throws {
    let matrix = Self.random(70, seed: 3)
    let one = try SymmetricEigen(of: matrix, size: 70)
    let many = try SymmetricEigen(of: matrix, size: 70, threads: 3)
    #expect(one.values == many.values && one.vectors == many.vectors)
    if let forced = try Fixtures.at(level, { try SymmetricEigen(of: matrix, size: 70) }) { #expect(Self.residual(forced, matrix) < 1e-12) }
  }

  @Test("refuse what is no matrix") func refusals() throws {
    #expect(throws: Problem.self) { try SymmetricEigen(of: [1, 2, 3], size: 2) }
    #expect(throws: Problem.self) { try SymmetricEigen(of: [], size: 0) }
    #expect(throws: Problem.self) { try SymmetricEigen(of: [1, .nan, .nan, 1], size: 2) }
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(throws: Problem.self) { try SymmetricEigen(of: Self.random(9, seed: 1), size: 9, cancellation: cancellation) }
  }
}

@Suite("Cholesky factors") struct CholeskyTests {
  @Test("multiply to the matrix, and their inverse inverts", arguments: [1, 2, 5, 16, 23]) func factors(size: Int) {
    // B B' + 1 is positive definite for any B.
    let b = SymmetricEigenTests.random(size, seed: 8)
    var matrix = [Double](repeating: 0, count: size * size)
    for i in 0..<size {
      for j in 0..<size { matrix[i * size + j] = (0..<size).reduce(i == j ? 1 : 0) { $0 + b[i * size + $1] * b[j * size + $1] } }
    }
    var factor = matrix
    var inverse = matrix
    #expect(ck_cholesky(&factor, size) == size)
    ck_invert_lower(factor, size, &inverse)
    // In pieces it is the same to the last bit.
    var (piecewise, inverted) = (matrix, matrix)
    for first in stride(from: 0, to: size, by: 3) { #expect(ck_cholesky_rows(&piecewise, size, first, min(first + 3, size)) == min(first + 3, size)) }
    for first in stride(from: 0, to: size, by: 3) { ck_invert_lower_rows(piecewise, size, &inverted, first, min(first + 3, size)) }
    #expect(piecewise == factor && inverted == inverse)
    for i in 0..<size {
      for j in 0..<size {
        let product = (0..<size).reduce(0) { $0 + factor[i * size + $1] * factor[j * size + $1] }
        #expect(abs(product - matrix[i * size + j]) < 1e-12)
        let one = (0..<size).reduce(0) { $0 + factor[i * size + $1] * inverse[$1 * size + j] }
        #expect(abs(one - (i == j ? 1 : 0)) < 1e-12)
      }
    }
  }

  @Test("are refused to a matrix that is not positive definite") func refused() {
    var matrix: [Double] = [1, 2, 2, 1]
    #expect(ck_cholesky(&matrix, 2) == 1)
    var bad: [Double] = [.nan]
    #expect(ck_cholesky(&bad, 1) == 0)
  }
}
