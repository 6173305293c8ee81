package import Basics

/// Lays one map over another: moved and turned (mirrored if need be), never stretched.
package enum Procrustes {
  /// `map` around its mean.
  package static func centred(_ map: Matrix) throws(Problem) -> Matrix {
    let mean = try Moments.mean(of: map)
    return try Matrix(
      rows: map.rows, columns: map.columns, values: map.values.enumerated().map { Float(Double($0.element) - mean[$0.offset % map.columns]) })
  }

  /// `map` with the least sum of squared distances between its rows and their counterparts on `other` (Schönemann 1966).
  ///
  /// `rows` names the counterpart of each row, -1 for none. Without two counterparts the map is only moved; without one it stays around the origin.
  package static func aligned(_ map: Matrix, to other: Matrix, rows: [Int32]) throws(Problem) -> Matrix {
    guard rows.count == map.rows, other.columns == map.columns, rows.allSatisfy({ $0 < other.rows }) else {
      throw Problem(
        .invalid, "\(map.rows) rows of \(map.columns) cannot be laid over \(other.rows) of \(other.columns)",
        hint: "Give each row its counterpart, -1 for none.", path: "previous")
    }
    let pairs = rows.indices.filter { rows[$0] >= 0 }
    guard !pairs.isEmpty else { return try centred(map) }
    let size = map.columns
    let a = try Moments.mean(of: map.selecting(pairs))
    let b = try Moments.mean(of: other.selecting(pairs.map { Int(rows[$0]) }))
    var cross = [Double](repeating: 0, count: size * size)
    for row in pairs {
      let (x, y) = (map[row], other[Int(rows[row])])
      for i in 0..<size { for j in 0..<size { cross[i * size + j] += (Double(x[i]) - a[i]) * (Double(y[j]) - b[j]) } }
    }
    let turn = try rotation(cross, size)
    var values: [Float] = []
    values.reserveCapacity(map.rows * size)
    for row in 0..<map.rows {
      let x = map[row]
      for j in 0..<size {
        var sum = b[j]
        for i in 0..<size { sum += (Double(x[i]) - a[i]) * turn[i * size + j] }
        values.append(Float(sum))
      }
    }
    return try Matrix(rows: map.rows, columns: size, values: values)
  }

  /// The orthogonal matrix nearest to `cross`: U V' of its singular vectors. Directions without any correlation are turned as the rest leaves them.
  private static func rotation(_ cross: [Double], _ size: Int) throws(Problem) -> [Double] {
    var product = [Double](repeating: 0, count: size * size)
    for i in 0..<size { for j in 0..<size { for k in 0..<size { product[i * size + j] += cross[k * size + i] * cross[k * size + j] } } }
    let eigen = try SymmetricEigen(of: product, size: size)
    var left: [[Double]] = []
    for (place, value) in eigen.values.enumerated() {
      let right = Array(eigen[place])
      var column = (0..<size).map { i in (0..<size).reduce(0) { $0 + cross[i * size + $1] * right[$1] } }
      if value <= (eigen.values.first ?? 0) * 1e-20 || value <= 0 { column = [Double](repeating: 0, count: size) }
      left.append(orthogonal(column, to: left, size))
    }
    var result = [Double](repeating: 0, count: size * size)
    for (place, column) in left.enumerated() {
      for i in 0..<size { for j in 0..<size { result[i * size + j] += column[i] * eigen[place][place * size + j] } }
    }
    return result
  }

  /// The vector less what lies along the others, of length 1; when nothing is left, the first axis of which something is.
  private static func orthogonal(_ vector: [Double], to others: [[Double]], _ size: Int) -> [Double] {
    let axes = (0..<size).map { axis in (0..<size).map { $0 == axis ? 1.0 : 0 } }
    for candidate in [vector] + axes {
      let before = candidate.reduce(0) { $0 + $1 * $1 }
      var rest = candidate
      for other in others + others {
        let product = zip(rest, other).reduce(0) { $0 + $1.0 * $1.1 }
        for i in 0..<size { rest[i] -= product * other[i] }
      }
      let after = rest.reduce(0) { $0 + $1 * $1 }
      if before > 0, after > before * 1e-12 { return rest.map { $0 / after.squareRoot() } }
    }
    return axes[0]
  }
}
