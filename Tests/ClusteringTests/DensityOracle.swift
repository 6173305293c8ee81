import Basics
import Testing

@testable import Clustering

/// One case of density.txt: what another implementation made of a data set.
struct DensityOracle: CustomTestStringConvertible {
  var algorithm = ""
  var dataset = ""
  var parameters: [String: String] = [:]
  var least = 1.0
  var sums: [Double] = []
  var labels: [Int32] = []
  var probabilities: [Double] = []
  var persistence: [Double] = []
  var outliers: [Double] = []
  /// By row: the scores that the reference gives it in one order of the rows or another, where that is more than one.
  var alternatives: [Int: [Double]] = [:]
  var heights: [Double] = []
  var order: [Int] = []
  var cuts: [[Int32]] = []

  var testDescription: String { "\(dataset) \(parameters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))" }

  func number(_ name: String) -> Double? { parameters[name].flatMap(Double.init) }
  func count(_ name: String) -> Int? { number(name).map { Int($0) } }

  func matrix() throws -> Matrix {
    dataset == "moons_a" ? try VectorFile.read(Fixtures.folder + "moons_a.f32", dimensions: 2) : try Fixtures.dataset(dataset)
  }

  static func cases(_ algorithm: String) -> [DensityOracle] { all.filter { $0.algorithm == algorithm } }

  private static let all: [DensityOracle] = {
    var result: [DensityOracle] = []
    let text = (try? Fixtures.bytes("density.txt")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ").map(String.init)
      let rest = words.dropFirst()
      if words[0] == "case" { result.append(DensityOracle(algorithm: words[1], dataset: words[2])) }
      guard var last = result.popLast() else { continue }
      switch words[0] {
      case "set": last.parameters[words[1]] = words[2]
      case "least": last.least = Double(words[1]) ?? 1
      case "sums": last.sums = rest.compactMap(Double.init)
      case "labels": last.labels = rest.compactMap(Int32.init)
      case "probabilities": last.probabilities = rest.compactMap(Double.init)
      case "persistence": last.persistence = rest.compactMap(Double.init)
      case "outliers": last.outliers = rest.compactMap(Double.init)
      case "either": last.alternatives[Int(words[1]) ?? -1] = words.dropFirst(2).compactMap(Double.init)
      case "heights": last.heights = rest.compactMap(Double.init)
      case "order": last.order = rest.compactMap(Int.init)
      case "cut": last.cuts.append(rest.compactMap(Int32.init))
      default: break
      }
      result.append(last)
    }
    return result
  }()

  // MARK: - Comparing

  /// The adjusted Rand index of two labellings; noise is a group like any other.
  static func agreement(_ a: [Int32], _ b: [Int32]) -> Double {
    func pairs(_ count: Int) -> Double { Double(count) * Double(count - 1) / 2 }
    func sum(_ groups: some Sequence<Int>) -> Double { groups.reduce(0) { $0 + pairs($1) } }
    var (left, right, both) = ([Int32: Int](), [Int32: Int](), [Int64: Int]())
    for (x, y) in zip(a, b) {
      left[x, default: 0] += 1
      right[y, default: 0] += 1
      both[Int64(x) << 32 | Int64(UInt32(bitPattern: y)), default: 0] += 1
    }
    let (index, first, second) = (sum(both.values), sum(left.values), sum(right.values))
    let expected = first * second / max(pairs(a.count), 1)
    let most = (first + second) / 2
    return most == expected ? 1 : (index - expected) / (most - expected)
  }

  /// Whether two labellings differ in names alone, noise being noise in both.
  static func same(_ a: [Int32], _ b: [Int32]) -> Bool { a.count == b.count && renamed(a) == renamed(b) }

  /// Numbered by first appearance.
  static func renamed(_ labels: [Int32]) -> [Int32] {
    var names: [Int32: Int32] = [-1: -1]
    return labels.map { label in
      let name = names[label] ?? Int32(names.count - 1)
      names[label] = name
      return name
    }
  }

  /// Data with every trap: copies, ties, rows close together far from the origin, or all the same.
  static func tricky(_ kind: String, rows: Int, columns: Int, seed: UInt64 = 1) throws -> Matrix {
    var random = SeededRandom(seed: seed)
    var values = Fixtures.numbers(rows * columns, &random)
    for row in 0..<rows {
      for column in 0..<columns {
        let i = row * columns + column
        switch kind {
        case "integers": values[i] = (values[i] * 2).rounded()
        case "constant": values[i] = 3
        case "copies": values[i] = values[row % max(rows / 4, 1) * columns + column]
        case "far": values[i] = 1000 + values[i] * 0.01
        case "blobs": values[i] = row < 3 ? values[i] * 10 : values[row % 3 * columns + column] + values[i] * 0.05
        case "tight": values[i] = Float(row % 2) + values[i] * 0x1p-16
        case "tiny": values[i] *= 0x1p-70
        case "huge": values[i] *= 0x1p+100
        default: break
        }
      }
    }
    return try Matrix(rows: rows, columns: columns, values: values)
  }

  static let kinds = ["random", "integers", "constant", "copies", "far", "blobs", "tight", "tiny", "huge"]

  /// All distances, by plain loops.
  static func distances(_ matrix: Matrix) -> [[Double]] {
    let rows = (0..<matrix.rows).map { matrix[$0] }
    var result = [[Double]](repeating: Array(repeating: 0, count: rows.count), count: rows.count)
    for i in rows.indices {
      for j in 0..<i {
        result[i][j] = Fixtures.squared(rows[i], rows[j]).squareRoot()
        result[j][i] = result[i][j]
      }
    }
    return result
  }
}
