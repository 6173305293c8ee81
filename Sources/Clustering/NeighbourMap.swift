package import Basics
import CKernels
import Glibc

/// A map of rows in few dimensions on which neighbours stay neighbours, and which does not jump from run to run.
///
/// Like UMAP (McInnes, Healy, Melville, arXiv 1802.03426): a fuzzy graph of exact nearest neighbours, laid out from principal components by
/// edges that pull and random rows that push. All rows move at once, so the map is the same for any number of threads.
package struct NeighbourMap: Sendable {
  package var dimensions: Int
  /// Neighbours per row: few show detail, many the whole.
  package var neighbours: Int
  /// Steps; nil: 500 up to 10,000 rows, else 200.
  package var epochs: Int?
  package var metric: Metric
  /// How near rows may come to each other, 0 ... 1: little makes dense heaps, much spreads them.
  package var minimumDistance: Double
  package var seed: UInt64
  package var threads: Int

  package static let mostDimensions = Int(CK_LAYOUT_DIMENSIONS)

  package init(
    dimensions: Int = 2, neighbours: Int = 15, epochs: Int? = nil, metric: Metric = .cosine, minimumDistance: Double = 0.1,
    seed: UInt64 = 0, threads: Int = 1
  ) {
    self.dimensions = dimensions
    self.neighbours = neighbours
    self.epochs = epochs
    self.metric = metric
    self.minimumDistance = minimumDistance
    self.seed = seed
    self.threads = threads
  }

  /// An earlier map, and for each row of now its row there (-1: it is new).
  package struct Previous: Sendable {
    package let positions: Matrix
    package let rows: [Int32]

    package init(positions: Matrix, rows: [Int32]) {
      self.positions = positions
      self.rows = rows
    }
  }

  /// One row of `dimensions` coordinates per row of `matrix`, around the origin.
  ///
  /// With a previous map, rows that are on it begin where they were, new ones among their neighbours; the result is moved and turned onto
  /// it. Throws when a parameter does not fit, or when cancelled.
  package func layout(
    of matrix: Matrix, after previous: Previous? = nil, cancellation: Cancellation = Cancellation(), progress: ((Double) -> Void)? = nil
  ) throws(Problem) -> Matrix {
    try validate(matrix, previous)
    let source = try metric.prepare(matrix, cancellation)
    let count = min(neighbours, matrix.rows - 1)
    guard count >= 1 else { return try start(source, previous, nil, cancellation) }
    let found = try Clustering.neighbours(of: source, count: count, threads: threads, cancellation: cancellation)
    let graph = FuzzyGraph(found, rows: matrix.rows)
    let beginning = try start(source, previous, graph, cancellation)
    let total = epochs ?? (matrix.rows <= 10_000 ? 500 : 200)
    // What is known already is refined, not shaken up.
    let known = previous.map { map in Double(map.rows.count { $0 >= 0 }) / Double(map.rows.count) } ?? 0
    let rate = known >= 0.5 ? 0.25 : 1.0
    let curve = Self.curve(minimumDistance)
    let (values, next) = (try Buffer<Float>(count: matrix.rows * dimensions), try Buffer<Float>(count: matrix.rows * dimensions))
    values.pointer.update(from: beginning.storage.pointer, count: values.count)
    var (current, other) = (values, next)
    let piece = 256
    try Team.gather(threads) { (team) throws(Problem) in
      for epoch in 0..<total {
        try cancellation.check()
        let step = Float(rate * (1 - Double(epoch) / Double(total)))
        let (from, to) = (current, other)
        team.share((matrix.rows + piece - 1) / piece) { part in
          graph.starts.withUnsafeBufferPointer { starts in
            graph.targets.withUnsafeBufferPointer { targets in
              graph.weights.withUnsafeBufferPointer { weights in
                var view = ck_graph(starts: starts.baseAddress, targets: targets.baseAddress, weights: weights.baseAddress, vertices: matrix.rows)
                ck_layout_step(
                  &view, from.pointer, to.pointer, dimensions, part * piece, min((part + 1) * piece, matrix.rows), epoch, step, curve, 5, seed)
              }
            }
          }
        }
        (current, other) = (other, current)
        progress?(Double(epoch + 1) / Double(total))
      }
    }
    let result = try Matrix(rows: matrix.rows, columns: dimensions) { (target) throws(Problem) in
      _ = target.update(fromContentsOf: current.values.prefix(matrix.rows * dimensions))
    }
    guard let previous else { return try Procrustes.centred(result) }
    return try Procrustes.aligned(result, to: previous.positions, rows: previous.rows)
  }

  /// How attraction falls with distance: 1 / (1 + a d^2) with the a for which it is nearest, by least squares over distances up to 3, to what
  /// is wanted: 1 up to the minimum distance, then exp(-(d - minimum)). UMAP fits an exponent of d beside it.
  static func curve(_ minimumDistance: Double) -> Float {
    func misfit(_ a: Double) -> Double {
      (0..<300).reduce(0.0) { sum, step in
        let distance = Double(step) * 0.01
        let wanted = distance < minimumDistance ? 1 : exp(minimumDistance - distance)
        let off = 1 / (1 + a * distance * distance) - wanted
        return sum + off * off
      }
    }
    // One valley over all a that the range of minimum distances leads to; a third of the interval goes with each step.
    var (low, high) = (0.01, 20.0)
    for _ in 0..<60 {
      let (one, two) = (low + (high - low) / 3, high - (high - low) / 3)
      if misfit(one) < misfit(two) { high = two } else { low = one }
    }
    return Float((low + high) / 2)
  }

  private func validate(_ matrix: Matrix, _ previous: Previous?) throws(Problem) {
    try Demand.threads(threads)
    try Demand.range(dimensions, 2...Self.mostDimensions, "n_components", "2")
    try Demand.range(neighbours, 1...1000, "n_neighbors", "15")
    try Demand.range(minimumDistance, 0...1, "min_dist", "0.1")
    if let epochs { try Demand.range(epochs, 0...100_000, "n_epochs", "200") }
    try Demand.rows(matrix, atLeast: 1, "given")
    guard let previous else { return }
    guard previous.positions.columns == dimensions else {
      throw Problem(
        .invalid, "the previous map has \(previous.positions.columns) dimensions, this one \(dimensions)", hint: "Give both the same.",
        path: "n_components")
    }
    guard previous.rows.count == matrix.rows, previous.rows.allSatisfy({ $0 < previous.positions.rows }) else {
      throw Problem(
        .invalid, "the previous map does not fit: \(previous.rows.count) places for \(matrix.rows) vectors, of \(previous.positions.rows) positions",
        hint: "Give each row its row on the previous map, -1 for a new one.", path: "previous")
    }
  }

  /// Where rows begin: on the previous map where they are known, in the middle of their neighbours' places where those are, else by principal
  /// components, stretched to a size at which edges and strangers are in balance.
  private func start(
    _ matrix: Matrix, _ previous: Previous?, _ graph: FuzzyGraph?, _ cancellation: Cancellation
  ) throws(Problem) -> Matrix {
    let width = min(dimensions, matrix.columns)
    let sample = try Sample.of(matrix, limit: 10_000, seed: seed)
    let axes = try PCA(of: sample, components: width, seed: seed, threads: threads, cancellation: cancellation)
    let flat = try axes.transform(matrix, threads: threads, cancellation: cancellation)
    let stretch = flat.largest > 0 ? 10 / flat.largest : 0
    var values = [Float](repeating: 0, count: matrix.rows * dimensions)
    // A trace of noise parts equal rows, which nothing else could.
    var random = SeededRandom(seed: seed ^ 0x6D61_7073)
    for row in 0..<matrix.rows {
      for column in 0..<dimensions {
        let noise = Float(Int32(truncatingIfNeeded: random.next() >> 32)) * 0x1p-31 * 1e-3
        values[row * dimensions + column] = (column < width ? flat.storage.pointer[row * width + column] * stretch : 0) + noise
      }
    }
    guard let previous else { return try Matrix(rows: matrix.rows, columns: dimensions, values: values) }
    for (row, old) in previous.rows.enumerated() where old >= 0 {
      for column in 0..<dimensions { values[row * dimensions + column] = previous.positions.pointer(to: Int(old))[column] }
    }
    guard let graph else { return try Matrix(rows: matrix.rows, columns: dimensions, values: values) }
    for (row, old) in previous.rows.enumerated() where old < 0 {
      var (sum, weight) = ([Float](repeating: 0, count: dimensions), Float(0))
      for edge in Int(graph.starts[row])..<Int(graph.starts[row + 1]) {
        let known = previous.rows[Int(graph.targets[edge])]
        guard known >= 0 else { continue }
        for column in 0..<dimensions { sum[column] += graph.weights[edge] * previous.positions.pointer(to: Int(known))[column] }
        weight += graph.weights[edge]
      }
      for column in 0..<dimensions where weight > 0 { values[row * dimensions + column] += sum[column] / weight - values[row * dimensions + column] }
    }
    return try Matrix(rows: matrix.rows, columns: dimensions, values: values)
  }
}
