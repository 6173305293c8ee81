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
  func prepare(_ matrix: Matrix, _ cancellation: Cancellation) throws(Problem) -> Matrix {
    self == .cosine ? try matrix.normalised(cancellation: cancellation) : matrix
  }
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
