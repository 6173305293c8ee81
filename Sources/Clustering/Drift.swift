package import Basics
import CKernels

/// How far a set of vectors has moved from a baseline, judged by their means alone.
package enum Drift {
  /// 1 - cosine of two mean vectors, 0...2: 0 when they point the same way, 1 at a right angle, 2 when opposite.
  /// Throws when their dimensions differ or one of them is zero.
  package static func cosine(baselineMean: [Double], currentMean: [Double]) throws(Problem) -> Double {
    try check(baselineMean, currentMean)
    var (product, baseline, current) = (0.0, 0.0, 0.0)
    for (a, b) in zip(baselineMean, currentMean) {
      product += a * b
      baseline += a * a
      current += b * b
    }
    guard baseline > 0, current > 0 else {
      throw Problem(
        .invalid, "the mean of the \(baseline > 0 ? "current" : "baseline") vectors is zero, so it has no direction",
        hint: "Measure centroid_shift instead, or leave out vectors of zeros.", path: "metric")
    }
    return 1 - max(-1, min(1, product / (baseline * current).squareRoot()))
  }

  /// The Euclidean distance of two mean vectors. Throws when their dimensions differ.
  package static func centroidShift(baselineMean: [Double], currentMean: [Double]) throws(Problem) -> Double {
    try check(baselineMean, currentMean)
    return ck_distance(baselineMean, currentMean, baselineMean.count)
  }

  private static func check(_ baseline: [Double], _ current: [Double]) throws(Problem) {
    guard !baseline.isEmpty, baseline.count == current.count else {
      throw Problem(
        .invalid, "the baseline has \(baseline.count) dimensions, the current vectors have \(current.count)",
        hint: "Capture a new baseline after changing the embedding.", path: "baseline_snapshot")
    }
  }
}

/// The mean of vectors as they come: a count and sums, which is all that a baseline need remember, and which two parts can join.
package struct MeanAccumulator: Sendable, Equatable {
  package private(set) var count: Int
  /// One per dimension.
  package private(set) var sums: [Double]
  /// Whether each vector is divided by its length first, as a cosine metric wants.
  package let normalised: Bool

  package init(dimensions: Int, normalised: Bool) {
    count = 0
    sums = Array(repeating: 0, count: dimensions)
    self.normalised = normalised
  }

  /// Continues from what was stored.
  package init(count: Int, sums: [Double], normalised: Bool) {
    self.count = count
    self.sums = sums
    self.normalised = normalised
  }

  /// Nil when nothing was added.
  package var mean: [Double]? { count == 0 ? nil : sums.map { $0 / Double(count) } }

  /// Throws when the vector has another number of dimensions, or a value that is not finite.
  package mutating func add(_ vector: [Float]) throws(Problem) {
    try demand(vector.count)
    guard vector.allSatisfy(\.isFinite) else {
      throw Problem(.invalid, "the vector holds a value that is not a finite number", hint: "Leave such vectors out.", path: "vector")
    }
    vector.withUnsafeBufferPointer { add($0.baseAddress!) }  // not nil: there is at least one dimension
  }

  /// Adds every row. Throws when the rows have another number of dimensions.
  package mutating func add(_ matrix: Matrix) throws(Problem) {
    try demand(matrix.columns)
    for row in 0..<matrix.rows { add(matrix.pointer(to: row)) }
  }

  /// What both have seen. Throws when they count differently.
  package mutating func merge(_ other: MeanAccumulator) throws(Problem) {
    try demand(other.sums.count)
    guard other.normalised == normalised else {
      throw Problem(.invalid, "one mean is of normalised vectors, the other is not", hint: "Both must use the metric of the index.", path: "metric")
    }
    count += other.count
    for i in sums.indices { sums[i] += other.sums[i] }
  }

  private mutating func add(_ row: UnsafePointer<Float>) {
    var weight = 1.0
    if normalised {
      let length = ck_dot(row, row, sums.count).squareRoot()
      weight = length > 0 ? 1 / length : 0
    }
    ck_add_row(&sums, row, weight, 0, sums.count)
    count += 1
  }

  private func demand(_ dimensions: Int) throws(Problem) {
    guard dimensions == sums.count, dimensions > 0 else {
      throw Problem(
        .invalid, "a vector of \(dimensions) dimensions cannot join a mean of \(sums.count)", hint: "All vectors need the same number of dimensions.",
        path: "vector")
    }
  }
}
