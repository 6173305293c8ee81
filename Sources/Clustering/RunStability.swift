package import Basics

/// How far several runs over the same rows agree with each other: whether what was found is there, or an accident of the seed.
package struct RunStability: Sendable, Equatable {
  /// Over all pairs of runs.
  package let meanARI: Double
  package let minimumARI: Double
  package let meanAMI: Double
  package let meanChurn: Double

  /// Throws unless there are at least 2 runs with one label for each row.
  package init(of runs: [[Int32]]) throws(Problem) {
    guard runs.count >= 2 else {
      throw Problem(.invalid, "there \(runs.count == 1 ? "is 1 run" : "are no runs") to compare", hint: "Give at least 2.", path: "runs")
    }
    var (scores, information, churn): ([Double], Double, Double) = ([], 0, 0)
    for (i, first) in runs.enumerated() {
      for second in runs[(i + 1)...] {
        let comparison = try LabelComparison(first, second)
        scores.append(comparison.adjustedRandIndex)
        information += comparison.adjustedMutualInformation
        churn += try LabelMatching(first, second).labelChurn ?? 0
      }
    }
    let pairs = Double(scores.count)
    meanARI = scores.reduce(0, +) / pairs
    minimumARI = scores.min() ?? 0
    meanAMI = information / pairs
    meanChurn = churn / pairs
  }
}
