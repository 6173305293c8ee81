import Basics
import Testing

@testable import Clustering

/// A small drift: 140 rows of baseline, 100 of now, 4 centroids, and what NumPy and SciPy measure between them.
enum DriftFixture {
  static func rows() throws -> (baseline: Matrix, current: Matrix, centroids: Matrix) {
    let all = try VectorFile.read(Fixtures.folder + "drift_small.f32", dimensions: 6)
    return (try all.selecting(Array(0..<140)), try all.selecting(Array(140..<240)), try all.selecting(Array(240..<244)))
  }

  static let expected: [String: Double] = {
    let text = (try? Fixtures.bytes("drift_small.txt")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    var result: [String: Double] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ")
      result[String(words[0])] = Double(words[1])
    }
    return result
  }()

  static func expected(_ name: String) throws -> Double { try #require(expected[name]) }

  static func cancelled() -> Cancellation {
    let cancellation = Cancellation()
    cancellation.cancel()
    return cancellation
  }
}
