package import Basics
import CKernels

/// Which cluster of a new run is which of the run before, so that ids and names stay put: births, deaths, splits, merges, churn.
///
/// Clusters are paired so that as many common rows as possible stay in their cluster (for disjoint sets: so that the sum of the
/// centroids' cosines is greatest). A pair keeps id and name when it overlaps by at least half.
package struct LabelMatching: Sendable, Equatable {
  /// A cluster of the run before and the one of the new run that takes its place.
  package struct Pair: Sendable, Equatable {
    package let before: Int32
    package let after: Int32
    /// Common rows in both; 0 when the sets are disjoint.
    package let rows: Int
    /// Rows in both over those of the larger, 0...1; the cosine of the centroids when the sets are disjoint.
    package let overlap: Double
    /// Whether `after` inherits the id and the name of `before`.
    package let kept: Bool
  }

  /// One cluster that became several, or several that became one.
  package struct Change: Sendable, Equatable {
    package let one: Int32
    package let many: [Int32]
  }

  package let pairs: [Pair]
  /// Clusters of the new run that inherit nothing, and clusters of the run before that nobody inherits from.
  package let births: [Int32]
  package let deaths: [Int32]
  /// A cluster before, and the clusters that each consist mostly of its rows and hold at least a fifth of them. Empty for disjoint sets.
  package let splits: [Change]
  /// A cluster now, and the clusters before that each gave it most of their rows and make up at least a fifth of it.
  package let merges: [Change]
  /// Rows that stayed with their pair (noise that stayed noise is among them), of `rows`.
  package let matched: Int
  package let rows: Int
  /// 1 - matched / rows; nil for disjoint sets.
  package var labelChurn: Double? { rows == 0 ? nil : 1 - Double(matched) / Double(rows) }

  /// The id that each cluster of the new run bears from now on: its predecessor's where that is kept, else a new one above all that were.
  package let identities: [Int32: Int32]

  /// Matches by common rows: `before` and `after` are their labels in the same order, negative ones noise.
  package init(_ before: [Int32], _ after: [Int32]) throws(Problem) {
    let table = try Contingency(before, after)
    let (left, right) = (table.before.indices.filter { table.before[$0] >= 0 }, table.after.indices.filter { table.after[$0] >= 0 })
    let (noiseBefore, noiseAfter) = (table.before.count - left.count, table.after.count - right.count)
    let shared = Dictionary(uniqueKeysWithValues: table.cells.map { ($0.row * table.after.count + $0.column, $0.count) })
    // Noise has negative labels, so it comes first in both.
    var gains = [Double](repeating: 0, count: left.count * right.count)
    for cell in table.cells where cell.row >= noiseBefore && cell.column >= noiseAfter {
      gains[(cell.row - noiseBefore) * right.count + cell.column - noiseAfter] = Double(cell.count)
    }
    let pairing = BestPairing.of(rows: left.count, columns: right.count) { gains[$0 * right.count + $1] }
    var pairs: [Pair] = []
    for (place, partner) in pairing.enumerated() {
      guard let partner, case let (row, column) = (left[place], right[partner]) else { continue }
      let count = shared[row * table.after.count + column, default: 0]
      let overlap = Double(count) / Double(max(table.beforeSizes[row], table.afterSizes[column]))
      pairs.append(Pair(before: table.before[row], after: table.after[column], rows: count, overlap: overlap, kept: overlap >= 0.5))
    }
    let quiet = table.cells.filter { table.before[$0.row] < 0 && table.after[$0.column] < 0 }.reduce(0) { $0 + $1.count }
    let own = table.cells.filter { $0.row >= noiseBefore && $0.column >= noiseAfter }
    let splits = left.compactMap { row -> Change? in
      let parts = own.filter {
        $0.row == row && 5 * $0.count >= table.beforeSizes[row] && 2 * $0.count >= table.afterSizes[$0.column]
      }
      return parts.count < 2 ? nil : Change(one: table.before[row], many: parts.map { table.after[$0.column] })
    }
    let merges = right.compactMap { column -> Change? in
      let parts = own.filter {
        $0.column == column && 5 * $0.count >= table.afterSizes[column] && 2 * $0.count >= table.beforeSizes[$0.row]
      }
      return parts.count < 2 ? nil : Change(one: table.after[column], many: parts.map { table.before[$0.row] })
    }
    self.init(
      pairs, left.map { table.before[$0] }, right.map { table.after[$0] }, splits: splits, merges: merges,
      matched: pairs.reduce(quiet) { $0 + $1.rows }, rows: table.rows)
  }

  /// Matches runs over disjoint sets by their centroids: cluster i is row i. Pairs are kept from `minimumCosine` (-1...1) on.
  package init(centroids before: Matrix, _ after: Matrix, minimumCosine: Double = 0.5) throws(Problem) {
    try Demand.dimensions(after, as: before.columns, "centroids before", path: "centroids")
    try Demand.range(minimumCosine, -1...1, "minimum_cosine", "0.5")
    let cosines = (0..<before.rows).map { row in (0..<after.rows).map { ck_cosine(before.pointer(to: row), after.pointer(to: $0), before.columns) } }
    let pairing = BestPairing.of(rows: before.rows, columns: after.rows) { cosines[$0][$1] }
    let pairs = pairing.enumerated().compactMap { row, column in
      column.map { column in
        let cosine = cosines[row][column]
        return Pair(before: Int32(row), after: Int32(column), rows: 0, overlap: cosine, kept: cosine >= minimumCosine)
      }
    }
    self.init(
      pairs, (0..<before.rows).map { Int32($0) }, (0..<after.rows).map { Int32($0) }, splits: [], merges: [], matched: 0, rows: 0)
  }

  private init(_ pairs: [Pair], _ before: [Int32], _ after: [Int32], splits: [Change], merges: [Change], matched: Int, rows: Int) {
    let kept = pairs.filter(\.kept)
    let (gone, come) = (Set(kept.map(\.before)), Set(kept.map(\.after)))
    self.pairs = pairs
    self.splits = splits
    self.merges = merges
    self.matched = matched
    self.rows = rows
    deaths = before.filter { !gone.contains($0) }
    births = after.filter { !come.contains($0) }
    var identities = Dictionary(uniqueKeysWithValues: kept.map { ($0.after, $0.before) })
    for (next, label) in births.enumerated() { identities[label] = (before.max() ?? -1) + 1 + Int32(next) }
    self.identities = identities
  }

  /// Labels of the new run under the ids that its clusters bear from now on; noise stays noise.
  package func renamed(_ labels: [Int32]) -> [Int32] { labels.map { identities[$0] ?? $0 } }
}
