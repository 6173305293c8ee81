import Basics
import CKernels
import Glibc
import Testing

@testable import Clustering

/// Data and oracles that the suites share.
enum Fixtures {
  static let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/Data/"

  static func bytes(_ name: String) throws -> [UInt8] {
    let file = try File(reading: folder + name)
    return try file.bytes(at: 0, count: file.size)
  }

  static func dataset(_ name: String) throws -> Matrix {
    switch name {
    case "iris": try VectorFile.read(folder + "iris.f32", dimensions: 4)
    case "blobs_a": try VectorFile.read(folder + "blobs_a.f32", dimensions: 8)
    default: try Matrix(rows: 1797, columns: 64, values: bytes("digits.u8").map(Float.init))
    }
  }

  /// Rows of independent numbers around a few centres.
  static func blobs(rows: Int, columns: Int, centres: Int, spread: Float = 0.3, seed: UInt64 = 5) throws -> Matrix {
    var random = SeededRandom(seed: seed)
    let middle = numbers(centres * columns, &random)
    return try Matrix(
      rows: rows, columns: columns,
      values: (0..<rows).flatMap { row in
        let centre = Int(random.next(upperBound: UInt64(centres)))
        return numbers(columns, &random).enumerated().map { middle[centre * columns + $0.offset] + spread * $0.element }
      })
  }

  /// Between -1 and 1.
  static func numbers(_ count: Int, _ random: inout SeededRandom) -> [Float] {
    (0..<count).map { _ in Float(Int32(truncatingIfNeeded: random.next() >> 20)) * 0x1p-31 }
  }

  /// Runs `body` with the kernels of one level on this thread; nil when the processor lacks it.
  static func at<Result>(_ level: Int32, _ body: () throws -> Result) rethrows -> Result? {
    defer { ck_force_level(-1) }
    return ck_force_level(level) == level ? try body() : nil
  }

  /// The squared distance of two rows, by a plain loop.
  static func squared(_ a: some Sequence<Float>, _ b: some Sequence<Float>) -> Double {
    var sum = 0.0
    for (x, y) in zip(a, b) {
      let difference = Double(x) - Double(y)
      sum += difference * difference
    }
    return sum
  }

  static func temporaryPath(_ name: String) -> String { "/tmp/perigee-clustering-\(getpid())-\(name)" }
}

/// One entry of kmeans.txt.
struct KMeansOracle: CustomTestStringConvertible {
  var dataset = ""
  var clusters = 0
  var start: [Int] = []
  var iterations = 0
  var inertia = 0.0
  var silhouette = 0.0
  var daviesBouldin = 0.0
  var calinskiHarabasz = 0.0
  var meanCosine = 0.0
  var minimumCosine = 0.0
  var entropy = 0.0
  var labels: [Int32] = []

  var testDescription: String { "\(dataset) from rows \(start.prefix(3))" }

  static let all: [KMeansOracle] = {
    var result: [KMeansOracle] = []
    let text = (try? Fixtures.bytes("kmeans.txt")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ").map(String.init)
      let numbers = words.dropFirst().compactMap(Double.init)
      if words[0] == "case" { result.append(KMeansOracle(dataset: words[1], clusters: Int(words[2]) ?? 0)) }
      guard var last = result.popLast() else { continue }
      switch words[0] {
      case "init": last.start = numbers.map { Int($0) }
      case "iterations": last.iterations = Int(numbers[0])
      case "inertia": last.inertia = numbers[0]
      case "scores": (last.silhouette, last.daviesBouldin, last.calinskiHarabasz) = (numbers[0], numbers[1], numbers[2])
      case "cosine": (last.meanCosine, last.minimumCosine) = (numbers[0], numbers[1])
      case "entropy": last.entropy = numbers[0]
      case "labels": last.labels = numbers.map { Int32($0) }
      default: break
      }
      result.append(last)
    }
    return result
  }()
}
