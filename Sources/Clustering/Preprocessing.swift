package import Basics

/// What is done to vectors before they are clustered, step by step.
package enum PreprocessingStep: Sendable, Equatable {
  /// Each row divided by its length.
  case normalise
  /// The first so many principal components; with `whitening`, each scaled to variance 1 once that number was added to its own.
  case principal(Int, whitening: Double?)
}

extension Matrix {
  /// The rows after the steps, in their order. Throws when a number of components does not fit, or when cancelled.
  package func prepared(
    by steps: [PreprocessingStep], seed: UInt64 = 0, threads: Int = 1, cancellation: Cancellation = Cancellation()
  ) throws(Problem) -> Matrix {
    var result = self
    for step in steps {
      try cancellation.check()
      switch step {
      case .normalise: result = try result.normalised(cancellation: cancellation)
      case .principal(let count, let whitening):
        let axes = try PCA(of: result, components: count, seed: seed, threads: threads, cancellation: cancellation)
        result = try axes.transform(result, whitening: whitening, threads: threads, cancellation: cancellation)
      }
    }
    return result
  }
}
