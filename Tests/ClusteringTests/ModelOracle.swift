import Basics
import Testing

@testable import Clustering

/// One entry of models.txt: what scikit-learn makes of a dataset.
struct ModelOracle: CustomTestStringConvertible, Sendable {
  var model = ""
  var dataset = ""
  /// The words after the dataset: parameters, as the entry's kind has them.
  var parameters: [String] = []
  var bound: [Double] = []
  /// Weights, centres or eigenvalues.
  var numbers: [Double] = []
  var labels: [Int32] = []

  var testDescription: String { "\(dataset) \(parameters.joined(separator: " "))" }

  static func all(_ model: String) -> [ModelOracle] {
    var result: [ModelOracle] = []
    let text = (try? Fixtures.bytes("models.txt")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ").map(String.init)
      switch words[0] {
      case "bound": result[result.count - 1].bound = words.dropFirst().compactMap(Double.init)
      case "weights": result[result.count - 1].numbers = words.dropFirst().compactMap(Double.init)
      case "labels": result[result.count - 1].labels = words.dropFirst().compactMap { Int32($0) }
      default: result.append(ModelOracle(model: words[0], dataset: words[1], parameters: Array(words.dropFirst(2))))
      }
    }
    return result.filter { $0.model == model }
  }
}

extension Fixtures {
  static func oracleData(_ name: String) throws -> Matrix {
    name == "moons_a" ? try VectorFile.read(folder + "moons_a.f32", dimensions: 2) : try dataset(name)
  }

  /// Whether two labellings are the same but for the names of the clusters; noise (-1) is noise in both.
  static func samePartition(_ a: [Int32], _ b: [Int32]) -> Bool {
    var (there, back): ([Int32: Int32], [Int32: Int32]) = ([:], [:])
    guard a.count == b.count else { return false }
    for (x, y) in zip(a, b) {
      if (x < 0) != (y < 0) { return false }
      if there[x, default: y] != y || back[y, default: x] != x { return false }
      (there[x], back[y]) = (y, x)
    }
    return true
  }

  /// The share of pairs of rows that both labellings treat alike, corrected for chance (Hubert, Arabie 1985).
  static func adjustedRand(_ a: [Int32], _ b: [Int32]) -> Double {
    var cells: [[Int32]: Double] = [:]
    var (rows, columns): ([Int32: Double], [Int32: Double]) = ([:], [:])
    for (x, y) in zip(a, b) {
      cells[[x, y], default: 0] += 1
      rows[x, default: 0] += 1
      columns[y, default: 0] += 1
    }
    let pairs = { (count: Double) in count * (count - 1) / 2 }
    let (same, inRows, inColumns) = (
      cells.values.reduce(0) { $0 + pairs($1) }, rows.values.reduce(0) { $0 + pairs($1) }, columns.values.reduce(0) { $0 + pairs($1) }
    )
    let expected = inRows * inColumns / pairs(Double(a.count))
    let largest = (inRows + inColumns) / 2
    return largest == expected ? 1 : (same - expected) / (largest - expected)
  }

  /// Rows of one blob each, far apart.
  static func separate(_ clusters: Int, members: Int, columns: Int, seed: UInt64 = 3) throws -> (matrix: Matrix, labels: [Int32]) {
    var random = SeededRandom(seed: seed)
    var values: [Float] = []
    for row in 0..<clusters * members {
      let centre = Float(row % clusters) * 8
      values += numbers(columns, &random).enumerated().map { $0.element + ($0.offset % 2 == 0 ? centre : -centre) }
    }
    return (try Matrix(rows: clusters * members, columns: columns, values: values), (0..<clusters * members).map { Int32($0 % clusters) })
  }
}
