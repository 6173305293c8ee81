package import Basics
import CKernels
import Glibc

/// OPTICS: the rows in an order in which clusters are valleys of reachability, for all densities at once (Ankerst, Breunig, Kriegel, Sander
/// 1999).
///
/// With scikit-learn's parameters and meanings: `minimumSamples` counts the row itself, ties go to the lower row, distances are rounded to
/// 15 decimals. Every row is compared with all that still wait: time grows with the square of the rows, memory does not.
package struct OPTICS: Sendable {
  package enum Extraction: String, Sendable, CaseIterable {
    /// Valleys between steep slopes of the reachability.
    case xi
    /// The clusters of DBSCAN at one radius, up to rows at their edge.
    case dbscan
  }

  /// How many rows, itself among them, must be near for a row to be dense; 2 ... rows.
  package var minimumSamples: Int
  /// Farther rows are no neighbours; infinite for no limit.
  package var maximumEpsilon: Double
  package var metric: Metric
  /// Minkowski's p, at least 1 (infinite: the largest difference), instead of the metric `euclidean`; nil: that, or `cosine`.
  package var power: Double?
  package var extraction: Extraction
  /// The radius for `dbscan`; nil: `maximumEpsilon`.
  package var epsilon: Double?
  /// How steep a slope is: reachability changes by at least this share; 0 ... 1.
  package var xi: Double
  /// Whether valleys are cut back to rows that were reached from within them.
  package var correctsPredecessors: Bool
  /// Rows in a cluster of `xi` at least: a number above 1, or a share of all up to 1; nil: `minimumSamples`.
  package var minimumClusterSize: Double?
  package var threads: Int

  package init(
    minimumSamples: Int = 5, maximumEpsilon: Double = .infinity, metric: Metric = .euclidean, power: Double? = nil, extraction: Extraction = .xi,
    epsilon: Double? = nil, xi: Double = 0.05, correctsPredecessors: Bool = true, minimumClusterSize: Double? = nil, threads: Int = 1
  ) {
    self.minimumSamples = minimumSamples
    self.maximumEpsilon = maximumEpsilon
    self.metric = metric
    self.power = power
    self.extraction = extraction
    self.epsilon = epsilon
    self.xi = xi
    self.correctsPredecessors = correctsPredecessors
    self.minimumClusterSize = minimumClusterSize
    self.threads = threads
  }

  /// Bytes that a run takes beside the matrix itself, at most.
  package func memory(rows: Int, columns: Int) -> Int {
    (metric == .cosine ? rows * columns * 4 : 0) + Field.memory(rows: rows, columns: columns)
      + Neighbourhoods.memory(rows: rows, keep: min(minimumSamples + 16, max(rows, 1))) + rows * 128
  }

  /// Orders and clusters the rows. Throws when a parameter does not fit (named as in the API, `max_eps`), or when cancelled. `progress` is
  /// called on the caller's thread.
  package func run(
    on matrix: Matrix, cancellation: Cancellation = Cancellation(), progress: ((PairProgress) -> Void)? = nil
  ) throws(Problem) -> OPTICSResult {
    try validate(for: matrix)
    try cancellation.check()
    let data = try metric.prepare(matrix, cancellation)
    let plot = try Team.gather(threads) { (team) throws(Problem) in
      let cores = try distances(data, team, cancellation, { progress?($0) }).map { $0 <= maximumEpsilon ? rint($0 * 1e15) / 1e15 : .infinity }
      return try walk(data, cores, team, cancellation, progress)
    }
    switch extraction {
    case .xi:
      let size = minimumClusterSize.map { $0 > 1 ? Int($0) : max(2, Int($0 * Double(data.rows))) } ?? minimumSamples
      let valleys = try plot.valleys(
        xi: xi, minimumSamples: minimumSamples, minimumSize: size, correctsPredecessors: correctsPredecessors, cancellation)
      return OPTICSResult(plot: plot, valleys: valleys, labels: try plot.labels(of: valleys, cancellation))
    case .dbscan:
      return OPTICSResult(plot: plot, valleys: [], labels: plot.labels(epsilon: epsilon ?? maximumEpsilon))
    }
  }

  /// Of each row the distance to the row that makes it dense.
  private func distances(
    _ data: Matrix, _ team: Team, _ cancellation: Cancellation, _ report: (PairProgress) -> Void
  ) throws(Problem) -> [Double] {
    if let power, power != 2 {
      return try MinkowskiDistances(data, power: power).cores(minimumSamples - 1, team, cancellation, report: report)
    }
    let found = try Neighbourhoods.dense(
      data, keep: minimumSamples + 15, k: minimumSamples - 1, team: team, cancellation: cancellation, report: report)
    var cores = [Double](repeating: .infinity, count: data.rows)
    for place in 0..<data.rows { cores[Int(found.lists.field.order.pointer[place])] = found.cores.pointer[place] }
    return cores
  }

  /// Goes from row to row, always to the one of least reachability.
  private func walk(
    _ data: Matrix, _ cores: [Double], _ team: Team, _ cancellation: Cancellation, _ progress: ((PairProgress) -> Void)?
  ) throws(Problem) -> ReachabilityPlot {
    let rows = data.rows
    let perPiece = max(64, 2_000_000 / (data.columns + 16))
    let waiting = try Buffer<Int32>(count: rows)
    let reach = try Buffer<Double>(count: rows)
    let predecessors = try Buffer<Int32>(count: rows)
    let best = try Buffer<Int32>(count: rows / perPiece + 1)
    for row in 0..<rows {
      waiting.pointer[row] = Int32(row)
      reach.pointer[row] = .infinity
      predecessors.pointer[row] = -1
    }
    var places = Array(0..<rows)
    var order: [Int] = []
    order.reserveCapacity(rows)
    var next = 0
    for left in stride(from: rows - 1, through: 0, by: -1) {
      order.append(next)
      // The last of those that wait takes its place.
      let moved = waiting.pointer[left]
      waiting.pointer[places[next]] = moved
      places[Int(moved)] = places[next]
      guard left > 0 else { break }
      let pieces = (left + perPiece - 1) / perPiece
      let (row, core) = (Int32(next), cores[next])
      team.share(pieces) { [maximumEpsilon, power] piece in
        best.pointer[piece] = ck_lower_reach(
          data.storage.pointer, data.columns, power ?? 2, row, core, core.isFinite ? maximumEpsilon : -1, waiting.pointer, piece * perPiece,
          min((piece + 1) * perPiece, left), reach.pointer, predecessors.pointer)
      }
      let candidates = best.values.prefix(pieces).map(Int.init)
      next = candidates.min { (reach.pointer[$0], $0) < (reach.pointer[$1], $1) } ?? 0
      if order.count % 64 == 0 {
        try cancellation.check()
        progress?(PairProgress(phase: .tree, done: order.count, total: rows))
      }
    }
    return ReachabilityPlot(order: order, reachability: Array(reach.values), cores: cores, predecessors: predecessors.values.map(Int.init))
  }
}

/// What OPTICS found.
package struct OPTICSResult: Sendable {
  package let plot: ReachabilityPlot
  /// The valleys of `xi`, as ranges of the order, those inside others before them; empty for `dbscan`.
  package let valleys: [ClosedRange<Int>]
  /// The cluster of each row, -1 for none.
  package let labels: [Int32]
}

// MARK: - Validation

extension OPTICS {
  private func validate(for matrix: Matrix) throws(Problem) {
    var demands = Demands()
    demands.demand(minimumSamples >= 2, "min_samples", "min_samples is \(minimumSamples)", "Choose at least 2, for example 5.")
    demands.demand(
      minimumSamples <= matrix.rows, "min_samples", "min_samples is \(minimumSamples), but there are only \(matrix.rows) vectors",
      matrix.rows < 2 ? "Give at least two vectors." : "Choose at most \(matrix.rows).")
    demands.demand(maximumEpsilon > 0, "max_eps", "max_eps is \(maximumEpsilon)", "Choose a distance above 0, or leave it out for no limit.")
    if let epsilon {
      demands.demand(epsilon > 0, "eps", "eps is \(epsilon)", "Choose a distance above 0.")
      demands.demand(
        !(epsilon > maximumEpsilon), "eps", "eps is \(epsilon), max_eps is \(maximumEpsilon)", "Choose eps at most as large as max_eps.")
    }
    demands.demand((0...1).contains(xi), "xi", "xi is \(xi)", "Choose a share from 0 to 1, for example 0.05.")
    if let minimumClusterSize {
      demands.demand(
        minimumClusterSize > 0 && minimumClusterSize <= Double(max(matrix.rows, 1)), "min_cluster_size", "min_cluster_size is \(minimumClusterSize)",
        "Choose a number of rows, or a share of them up to 1.")
    }
    MinkowskiDistances.demand(power, beside: metric, &demands)
    demands.demandThreads(threads)
    demands.demandRows(matrix.rows)
    try demands.check()
  }
}
