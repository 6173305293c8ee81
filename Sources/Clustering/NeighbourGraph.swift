package import Basics
import CKernels

/// The nearest other rows of every row, exactly: all pairs meet, and no matrix of all distances is made.
package struct NeighbourGraph: Sendable {
  /// How many of each; 1 ..< rows.
  package var neighbours: Int
  package var metric: Metric
  package var threads: Int

  package init(neighbours: Int, metric: Metric = .euclidean, threads: Int = 1) {
    self.neighbours = neighbours
    self.metric = metric
    self.threads = threads
  }

  /// Bytes that a run takes beside the matrix itself, at most.
  package func memory(rows: Int, columns: Int) -> Int {
    (metric == .cosine ? rows * columns * 4 : 0) + Field.memory(rows: rows, columns: columns)
      + Neighbourhoods.memory(rows: rows, keep: min(Self.keep(neighbours), rows)) + rows * (neighbours * 24 + 16)
  }

  private static func keep(_ k: Int) -> Int { max(16, k + k / 4 + 8) }

  /// Finds the neighbours. Throws when there are too few rows (`n_neighbors`), or when cancelled. `progress` is called on the caller's
  /// thread.
  package func run(
    on matrix: Matrix, cancellation: Cancellation = Cancellation(), progress: ((PairProgress) -> Void)? = nil
  ) throws(Problem) -> NeighbourGraphResult {
    let k = neighbours
    var demands = Demands()
    demands.demand(k >= 1, "n_neighbors", "n_neighbors is \(k)", "Choose at least 1, for example 15.")
    demands.demand(
      k < matrix.rows, "n_neighbors", "n_neighbors is \(k), but there are only \(matrix.rows) vectors",
      matrix.rows < 2 ? "Give at least two vectors." : "Choose at most \(matrix.rows - 1).")
    demands.demandThreads(threads)
    demands.demandRows(matrix.rows)
    try demands.check()
    try cancellation.check()
    let data = try metric.prepare(matrix, cancellation)
    return try Team.gather(threads) { (team) throws(Problem) in
      let precisions = Field.Precision.worthTrying(columns: data.columns)
      for precision in precisions {
        let field = try Field(data, precision, team: team)
        let lists = try Neighbourhoods(field, keep: Self.keep(k), team: team, cancellation: cancellation) { progress?($0) }
        let distances = try Buffer<Double>(count: field.rows * k)
        let rows = try Buffer<Int32>(count: field.rows * k)
        let open = try lists.prove(k, distances, rows, team, cancellation)
        if precision != precisions.last, open.count > field.rows / 16 { continue }
        try lists.ask(open, k, distances, rows, team, cancellation)
        return lists.inOrder(k, distances, rows)
      }
      throw Problem(.internal, "no precision was tried")
    }
  }
}

/// Neighbours row after row: `neighbours` entries each, nearest first, the lower row among equals.
package struct NeighbourGraphResult: Sendable, Equatable {
  package let neighbours: Int
  package let rows: [Int32]
  package let distances: [Double]
}

extension Neighbourhoods {
  /// Writes the k nearest of each place from the lists; answers with the places where they prove nothing.
  fileprivate func prove(
    _ k: Int, _ distances: Buffer<Double>, _ rows: Buffer<Int32>, _ team: Team, _ cancellation: Cancellation
  ) throws(Problem) -> [Int32] {
    let flags = try Buffer<UInt8>(count: field.rows)
    try field.forPlaces(team, cancellation) { [self] range in
      withUnsafePointer(to: field.raw) { field in
        withUnsafePointer(to: raw) {
          ck_list_nearest(field, $0, k, range.lowerBound, range.upperBound, distances.pointer, rows.pointer, flags.pointer)
        }
      }
    }
    return (0..<field.rows).filter { flags.pointer[$0] != 0 }.map(Int32.init)
  }

  /// Lets places meet everyone.
  fileprivate func ask(
    _ open: [Int32], _ k: Int, _ distances: Buffer<Double>, _ rows: Buffer<Int32>, _ team: Team, _ cancellation: Cancellation
  ) throws(Problem) {
    try field.scan(open, team, cancellation) { [field] range, list, scratch in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: (k + 1) * Panels.lanes) { found in
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: k * Panels.lanes) { others in
          guard let found = found.baseAddress, let others = others.baseAddress else { return }
          let bounds = found + k * Panels.lanes
          for lane in 0..<range.count { bounds[lane] = distances.pointer[Int(list[lane]) * k + k - 1] }
          withUnsafePointer(to: field.raw) { ck_scan_nearest($0, list, range.count, k, bounds, found, others, scratch) }
          for lane in 0..<range.count {
            (distances.pointer + Int(list[lane]) * k).update(from: found + lane * k, count: k)
            (rows.pointer + Int(list[lane]) * k).update(from: others + lane * k, count: k)
          }
        }
      }
    }
  }

  /// From places to rows.
  fileprivate func inOrder(_ k: Int, _ distances: Buffer<Double>, _ rows: Buffer<Int32>) -> NeighbourGraphResult {
    var places = [Int](repeating: 0, count: field.rows)
    for place in 0..<field.rows { places[Int(field.order.pointer[place])] = place }
    var others: [Int32] = []
    var lengths: [Double] = []
    others.reserveCapacity(field.rows * k)
    lengths.reserveCapacity(field.rows * k)
    for place in places {
      others += rows.values[place * k..<(place + 1) * k]
      lengths += distances.values[place * k..<(place + 1) * k]
    }
    return NeighbourGraphResult(neighbours: k, rows: others, distances: lengths)
  }
}
