package import Basics

/// How often each cluster of one labeling meets each cluster of another: the table that all comparisons of labelings read.
///
/// Only cells that occur are kept, so that thousands of clusters on both sides cost no more than the rows do. Negative labels
/// (noise) are clusters like others here, as scikit-learn has it.
package struct Contingency: Sendable, Equatable {
  /// The labels of each side in ascending order, and how many rows have each.
  package let before: [Int32]
  package let after: [Int32]
  package let beforeSizes: [Int]
  package let afterSizes: [Int]
  package let rows: Int
  /// The cells that occur, by row and then column of the table.
  package let cells: [Cell]

  package struct Cell: Sendable, Equatable {
    /// Places in `before` and `after`.
    package let row: Int
    package let column: Int
    package let count: Int
  }

  /// One label per row on each side. Throws when their numbers differ or there is no row.
  package init(_ before: [Int32], _ after: [Int32]) throws(Problem) {
    guard before.count == after.count, !before.isEmpty else {
      throw Problem(
        .invalid, "one labeling has \(before.count) rows, the other \(after.count)", hint: "Give one label per common row, in the same order.",
        path: "labels")
    }
    let (x, y) = (Self.number(before), Self.number(after))
    var counts: [Int: Int] = [:]
    for (row, column) in zip(x.places, y.places) { counts[row * y.labels.count + column, default: 0] += 1 }
    self.before = x.labels
    self.after = y.labels
    beforeSizes = x.sizes
    afterSizes = y.sizes
    rows = before.count
    let width = y.labels.count
    cells = counts.sorted { $0.key < $1.key }.map { Cell(row: $0.key / width, column: $0.key % width, count: $0.value) }
  }

  private static func number(_ labels: [Int32]) -> (labels: [Int32], places: [Int], sizes: [Int]) {
    let names = Set(labels).sorted()
    let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($0.element, $0.offset) })
    var sizes = [Int](repeating: 0, count: names.count)
    let numbers = labels.map { label in
      let place = places[label, default: 0]
      sizes[place] += 1
      return place
    }
    return (names, numbers, sizes)
  }
}
