package import Basics
import CKernels

/// DBSCAN: rows with enough others within a radius are dense, dense rows within the radius of each other are one cluster (Ester, Kriegel,
/// Sander, Xu 1996).
///
/// With scikit-learn's meanings: `minimumSamples` counts the row itself; a row that is not dense but within the radius of dense ones
/// belongs to the first of their clusters, in the order of the clusters' first dense rows, which is also how they are numbered. All pairs
/// meet once; no list of all neighbours is kept. The result does not depend on the number of threads; of the order of the rows only rows
/// between clusters depend.
package struct DBSCAN: Sendable {
  /// The radius, above 0; for `cosine` it is the Euclidean distance of the vectors brought to length 1.
  package var epsilon: Double
  /// How many rows within the radius make a row dense, itself among them; at least 1.
  package var minimumSamples: Int
  package var metric: Metric
  /// Minkowski's p, at least 1 (infinite: the largest difference), instead of the metric `euclidean`; nil: that, or `cosine`.
  package var power: Double?
  package var threads: Int

  package init(epsilon: Double = 0.5, minimumSamples: Int = 5, metric: Metric = .euclidean, power: Double? = nil, threads: Int = 1) {
    self.epsilon = epsilon
    self.minimumSamples = minimumSamples
    self.metric = metric
    self.power = power
    self.threads = threads
  }

  /// Bytes that a run takes beside the matrix itself, at most.
  package func memory(rows: Int, columns: Int) -> Int {
    (metric == .cosine ? rows * columns * 4 : 0) + Field.memory(rows: rows, columns: columns) + rows * (min(max(minimumSamples, 1), rows) * 4 + 32)
  }

  /// Clusters the rows. Throws when a parameter is wrong (named as in the API, `eps`), or when cancelled. `progress` is called on the
  /// caller's thread.
  package func run(
    on matrix: Matrix, cancellation: Cancellation = Cancellation(), progress: ((PairProgress) -> Void)? = nil
  ) throws(Problem) -> DBSCANResult {
    var demands = Demands()
    demands.demand(epsilon > 0 && epsilon.isFinite, "eps", "eps is \(epsilon)", "Choose a distance above 0, for example 0.5.")
    demands.demand(minimumSamples >= 1, "min_samples", "min_samples is \(minimumSamples)", "Choose at least 1, for example 5.")
    MinkowskiDistances.demand(power, beside: metric, &demands)
    demands.demandThreads(threads)
    demands.demandRows(matrix.rows)
    try demands.check()
    try cancellation.check()
    guard matrix.rows > 0 else { return DBSCANResult(labels: [], isCore: []) }
    if let power, power != 2 {
      return try Team.gather(threads) { (team) throws(Problem) in
        try MinkowskiDistances(matrix, power: power).dense(
          within: epsilon, minimumSamples: minimumSamples, team, cancellation, report: { progress?($0) })
      }
    }
    // More than there are others can never be reached; one place more than there are keeps that so.
    let enough = min(minimumSamples - 1, matrix.rows)
    let data = try metric.prepare(matrix, cancellation)
    return try Team.gather(threads) { (team) throws(Problem) in
      let field = try Field.seeing(epsilon, in: data, team: team)
      let neighbours = try Buffer<Int32>(count: field.places * enough)
      let counts = try Buffer<Int32>(count: field.places)
      let parents = try Buffer<Int32>(count: field.places)
      for place in 0..<field.places { parents.pointer[place] = Int32(place) }
      let radius = ck_radius(
        radius: epsilon, enough: enough, neighbours: neighbours.pointer, counts: counts.pointer, parents: parents.pointer)
      try field.meetAll(team, cancellation, report: { progress?($0) }) { a, b in
        withUnsafePointer(to: field.raw) { field in
          withUnsafePointer(to: radius) { ck_meet_within(field, $0, a.lowerBound, a.upperBound, b.lowerBound, b.upperBound) }
        }
      }
      // Pairs of which one was not yet known to be dense were kept as its neighbours.
      try field.forPlaces(team, cancellation) { range in
        for place in range where counts.pointer[place] == Int32(enough) {
          for other in neighbours.values[place * enough..<(place + 1) * enough] where counts.pointer[Int(other)] == Int32(enough) {
            ck_unite(parents.pointer, Int32(place), other)
          }
        }
      }
      progress?(PairProgress(phase: .tree, done: matrix.rows, total: matrix.rows))
      return label(field, enough, neighbours, counts, parents)
    }
  }

  private func label(
    _ field: Field, _ enough: Int, _ neighbours: Buffer<Int32>, _ counts: Buffer<Int32>, _ parents: Buffer<Int32>
  ) -> DBSCANResult {
    var places = [Int](repeating: 0, count: field.rows)
    for place in 0..<field.rows { places[Int(field.order.pointer[place])] = place }
    var labels = [Int32](repeating: -1, count: field.rows)
    var isCore = [Bool](repeating: false, count: field.rows)
    var names: [Int32: Int32] = [:]
    for row in 0..<field.rows where counts.pointer[places[row]] == Int32(enough) {
      isCore[row] = true
      let set = ck_find(parents.pointer, Int32(places[row]))
      let name = names[set] ?? Int32(names.count)
      names[set] = name
      labels[row] = name
    }
    for row in 0..<field.rows where !isCore[row] {
      let start = places[row] * enough
      for other in neighbours.values[start..<start + Int(counts.pointer[places[row]])] where counts.pointer[Int(other)] == Int32(enough) {
        let label = labels[Int(field.order.pointer[Int(other)])]
        if labels[row] < 0 || label < labels[row] { labels[row] = label }
      }
    }
    return DBSCANResult(labels: labels, isCore: isCore)
  }
}

/// What DBSCAN found.
package struct DBSCANResult: Sendable, Equatable {
  /// The cluster of each row, -1 for noise.
  package let labels: [Int32]
  /// Whether each row is dense.
  package let isCore: [Bool]
}
