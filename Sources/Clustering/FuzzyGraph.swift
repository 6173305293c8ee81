import Basics
import Glibc

/// Which rows are neighbours, and how surely: the fuzzy graph that maps and communities are made of.
///
/// From each row's point of view its nearest neighbour is certainly one, and the certainty of the k nearest falls with distance so that
/// they sum to log2 k; an edge is there when either end says so (McInnes, Healy, Melville, "UMAP", arXiv 1802.03426, section 3.1).
struct FuzzyGraph: Sendable {
  /// The edges of row i are those from starts[i] up to starts[i + 1]; each is noted at both ends.
  let starts: [Int64]
  let targets: [Int32]
  /// 0...1, divided by the greatest.
  let weights: [Float]

  /// `found` are the nearest other rows of each row, by distance.
  init(_ found: NearestPoints.Found, rows: Int) {
    var edges: [(key: Int, weight: Double)] = []
    edges.reserveCapacity(2 * rows * found.count)
    for row in 0..<rows {
      let list = zip(found.indices(of: row), found.values(of: row)).filter { $0.0 >= 0 }.map { (index: Int($0.0), distance: $0.1) }
      let certainties = Self.certainties(list.map(\.distance), of: found.count)
      for (neighbour, certainty) in zip(list, certainties) where certainty > 0 {
        edges.append((row * rows + neighbour.index, certainty))
        edges.append((neighbour.index * rows + row, -certainty))
      }
    }
    // At each end both opinions lie side by side: w = a + b - a b.
    edges.sort { ($0.key, $0.weight) < ($1.key, $1.weight) }
    var starts = [Int64](repeating: 0, count: rows + 1)
    var targets: [Int32] = []
    var weights: [Double] = []
    var place = 0
    while place < edges.count {
      let key = edges[place].key
      var doubt = 1.0
      while place < edges.count, edges[place].key == key {
        doubt *= 1 - edges[place].weight.magnitude
        place += 1
      }
      targets.append(Int32(key % rows))
      weights.append(1 - doubt)
      starts[key / rows + 1] += 1
    }
    for row in 0..<rows { starts[row + 1] += starts[row] }
    let largest = weights.max() ?? 1
    self.starts = starts
    self.targets = targets
    self.weights = weights.map { Float($0 / largest) }
  }

  /// exp(-(d - nearest) / width), with the width at which they sum to log2 k.
  private static func certainties(_ distances: [Double], of count: Int) -> [Double] {
    guard let nearest = distances.first(where: { $0 > 0 }) else { return distances.map { _ in 1 } }
    let aim = log2(Double(max(count, 2)))
    let beyond = distances.map { max(0, $0 - nearest) }
    var (low, high, width) = (0.0, Double.infinity, 1.0)
    for _ in 0..<64 {
      let sum = beyond.reduce(0) { $0 + exp(-$1 / width) }
      if (sum - aim).magnitude < 1e-5 { break }
      if sum > aim { high = width } else { low = width }
      width = high == .infinity ? width * 2 : (low + high) / 2
    }
    // Where all are about equally far, no width is small enough; a thousandth of the mean distance keeps numbers finite.
    let mean = distances.reduce(0, +) / Double(distances.count)
    return beyond.map { exp(-$0 / max(width, mean * 1e-3)) }
  }
}
