package import Basics

/// How far two vectors are apart.
package enum Metric: String, Sendable, CaseIterable {
  case euclidean
  /// The Euclidean distance of the vectors brought to length 1: sqrt(2 - 2 cos). A vector of zeros stays where it is.
  case cosine

  /// The metric of the given name, `euclidean` or `cosine`.
  package init(named name: String, path: String = "metric") throws(Problem) {
    let names = Self.allCases.map(\.rawValue)
    guard let metric = Self(rawValue: name) else {
      throw Problem(
        .invalid, "unknown metric '\(name)'", hint: "Choose one of: \(names.joined(separator: ", ")).", path: path,
        didYouMean: Suggestion.nearest(to: name, in: names))
    }
    self = metric
  }

  /// The rows as Euclidean geometry is to see them.
  func prepare(_ matrix: Matrix) throws(Problem) -> Matrix { self == .cosine ? try matrix.normalised() : matrix }
}

/// Where a computation over all pairs of rows stands; given to whoever wants to show it.
package struct PairProgress: Sendable, Equatable {
  package enum Phase: String, Sendable {
    /// Rows meet rows: nearly all of the time.
    case neighbours
    /// Components of the spanning tree are joined, or sets of dense rows; `total` rows.
    case tree
  }
  package let phase: Phase
  package let done: Int
  package let total: Int
}

/// What all of them check before they begin.
struct Demands {
  private(set) var problems: [Problem] = []

  mutating func demand(_ condition: Bool, _ path: String, _ message: @autoclosure () -> String, _ hint: String) {
    if !condition { problems.append(Problem(.invalid, message(), hint: hint, path: path)) }
  }

  mutating func demandThreads(_ threads: Int) {
    demand((1...256).contains(threads), "threads", "threads is \(threads)", "Choose 1 to 256: as many as the machine has cores.")
  }

  /// All pairs are numbered by places, and places by 32 bits with a panel to spare.
  mutating func demandRows(_ rows: Int) {
    let most = Int(Int32.max) - Panels.lanes
    demand(rows <= most, "rows", "there are \(rows) vectors", "At most \(most) can be clustered at once.")
  }

  /// Throws the first problem with the others in it.
  func check() throws(Problem) {
    guard var first = problems.first else { return }
    first.others = Array(problems.dropFirst())
    throw first
  }
}
