import Basics
import CKernels

/// One descent of k-means: assign rows to the nearest centroid, move the rows' sums, take means, until nothing changes.
///
/// Sums of members are kept from iteration to iteration and only rows that changed their cluster are moved between them:
/// after the first few iterations that is a few percent. They are sums of single-precision numbers in double precision, so
/// what coming and going leaves behind is far below the last digit of a centroid.
final class Lloyd: @unchecked Sendable {
  // @unchecked Sendable: lives in one call of KMeans.run; in each phase the pieces of work write apart from each other.
  private let panels: Panels
  private let team: Team
  private let cancellation: Cancellation
  private let clusters: Int
  private let columns: Int
  private let spherical: Bool

  private let centroids: Buffer<Double>
  private let sums: Buffer<Double>
  private var sizes: [Int]
  private let tiles: CentroidTiles
  private let shifts: Buffer<Double>
  private let ranges: [Range<Int>]

  /// The cluster in whose sum a row is, -1 before the first iteration. 32 per panel, as the kernel writes them.
  private let labels: Buffer<Int32>
  /// Moves, in the place of the piece that found them, so that they are made in the order of the rows.
  private let which: Buffer<Int32>
  private let from: Buffer<Int32>
  private let to: Buffer<Int32>
  private let moves: Buffer<Int>

  init(_ panels: Panels, clusters: Int, spherical: Bool, team: Team, cancellation: Cancellation) throws(Problem) {
    (self.panels, self.clusters, self.spherical, self.team, self.cancellation) = (panels, clusters, spherical, team, cancellation)
    columns = panels.matrix.columns
    centroids = try Buffer(count: clusters * columns)
    sums = try Buffer(count: clusters * columns)
    sizes = Array(repeating: 0, count: clusters)
    tiles = try CentroidTiles(clusters, for: panels)
    shifts = try Buffer(count: clusters)
    ranges = Matrix.columnRanges(columns, team.size)
    let lanes = panels.count * Panels.lanes
    labels = try Buffer(count: lanes)
    which = try Buffer(count: lanes)
    from = try Buffer(count: lanes)
    to = try Buffer(count: lanes)
    moves = try Buffer(count: panels.pieces)
  }

  /// Begins at the first rows of a matrix, as many as there are clusters.
  func begin(at start: Matrix) {
    for i in 0..<clusters * columns { centroids.pointer[i] = Double(start.storage.pointer[i]) }
    forget()
  }

  func begin(at start: Buffer<Double>) {
    centroids.pointer.update(from: start.pointer, count: clusters * columns)
    forget()
  }

  private func forget() {
    for i in 0..<clusters * columns { sums.pointer[i] = 0 }
    for lane in 0..<labels.count { labels.pointer[lane] = -1 }
    sizes = Array(repeating: 0, count: clusters)
    team.share(tiles.groups) { [self] group in tiles.pack(group, of: centroids) }
  }

  /// Finds the nearest centroid of every row, and lets the centroids be.
  func label() throws(Problem) {
    _ = try assign()
    count()
  }

  var labelled: UnsafeMutableBufferPointer<Int32>.SubSequence { labels.values.prefix(panels.matrix.rows) }

  /// Iterates until no row moves, the centroids' squared shifts sum to at most `shift`, or `limit` iterations are done.
  func descend(_ limit: Int, shift: Double, report: (Int, Int) -> Void) throws(Problem) -> (iterations: Int, converged: Bool) {
    for iteration in 1...limit {
      let moved = try assign()
      report(iteration, moved)
      if moved == 0 { return (iteration, true) }
      move()
      try relocateEmpty()
      if takeMeans() <= shift {
        // The labels are to be those of the centroids that are given back.
        if try assign() > 0 { count() }
        return (iteration, true)
      }
    }
    if try assign() > 0 { count() }
    return (limit, false)
  }

  // MARK: - Phases

  /// Finds the nearest centroid of every row and notes who must move; answers how many.
  private func assign() throws(Problem) -> Int {
    let reach = tiles.reach
    team.share(panels.pieces) { [self] piece in
      moves.pointer[piece] = 0
      guard !cancellation.isCancelled else { return }
      tiles.findNearest(piece, centroids, reach) { note($1, $0, in: piece) }
    }
    try cancellation.check()
    return moves.values.reduce(0, +)
  }

  /// Notes which rows of a panel must move.
  private func note(_ nearest: UnsafePointer<Int32>, _ panel: Int, in piece: Int) {
    let (start, first) = (piece * panels.panelsPerPiece * Panels.lanes, panel * Panels.lanes)
    var moved = moves.pointer[piece]
    for lane in 0..<panels.rows(in: panel) where labels.pointer[first + lane] != nearest[lane] {
      which.pointer[start + moved] = Int32(first + lane)
      from.pointer[start + moved] = labels.pointer[first + lane]
      to.pointer[start + moved] = nearest[lane]
      labels.pointer[first + lane] = nearest[lane]
      moved += 1
    }
    moves.pointer[piece] = moved
  }

  /// Takes the moved rows out of one sum and into another. Threads share out the dimensions, not the rows.
  private func move() {
    team.share(ranges.count) { [self] part in
      for piece in 0..<panels.pieces {
        let start = piece * panels.panelsPerPiece * Panels.lanes
        ck_move_rows(
          panels.matrix.storage.pointer, columns, which.pointer + start, from.pointer + start, to.pointer + start, moves.pointer[piece], sums.pointer,
          ranges[part].lowerBound, ranges[part].upperBound)
      }
    }
    count()
  }

  private func count() {
    for piece in 0..<panels.pieces {
      let start = piece * panels.panelsPerPiece * Panels.lanes
      for i in start..<start + moves.pointer[piece] {
        if from.pointer[i] >= 0 { sizes[Int(from.pointer[i])] -= 1 }
        sizes[Int(to.pointer[i])] += 1
      }
    }
  }

  /// Makes the means of the sums the new centroids; answers the sum of their squared shifts. A cluster without members stays where it is.
  private func takeMeans() -> Double {
    let sizes = sizes
    team.share(tiles.groups) { [self] group in
      for i in tiles.members(of: group) {
        let centroid = centroids.pointer + i * columns
        let sum = sums.pointer + i * columns
        if sizes[i] == 0 {
          shifts.pointer[i] = 0
        } else if spherical {
          var square = 0.0
          for j in 0..<columns { square += sum[j] * sum[j] }
          shifts.pointer[i] = square == 0 ? 0 : ck_set_mean(centroid, sum, square.squareRoot(), columns)
        } else {
          shifts.pointer[i] = ck_set_mean(centroid, sum, Double(sizes[i]), columns)
        }
      }
      tiles.pack(group, of: centroids)
    }
    return shifts.values.reduce(0, +)
  }

  // MARK: - Empty clusters

  /// Gives each empty cluster the row that lies farthest from its own centroid, as scikit-learn does; the lower row among equals.
  /// A row that is alone in its cluster stays, and where all rows lie on their centroids nothing is gained by moving one.
  private func relocateEmpty() throws(Problem) {
    let empty = sizes.indices.filter { sizes[$0] == 0 }
    guard !empty.isEmpty else { return }
    let matrix = panels.matrix
    let distances = try Buffer<Double>(count: matrix.rows)
    team.share(panels.pieces) { [self] piece in
      for row in panels.rows(of: piece) {
        distances.pointer[row] = ck_centroid_distance(matrix.pointer(to: row), centroids.pointer + Int(labels.pointer[row]) * columns, columns)
      }
    }
    // Rows alone in their cluster are passed over, and there are at most as many of those as clusters.
    var candidates = Self.farthest(empty.count + clusters, distances).makeIterator()
    for cluster in empty {
      while let row = candidates.next(), distances.pointer[row] > 0 {
        let old = Int(labels.pointer[row])
        guard sizes[old] > 1 else { continue }
        ck_add_row(sums.pointer + old * columns, matrix.pointer(to: row), -1, 0, columns)
        ck_add_row(sums.pointer + cluster * columns, matrix.pointer(to: row), 1, 0, columns)
        sizes[old] -= 1
        sizes[cluster] += 1
        labels.pointer[row] = Int32(cluster)
        break
      }
    }
  }

  /// The `count` rows with the largest distances, the largest first.
  private static func farthest(_ count: Int, _ distances: Buffer<Double>) -> [Int] {
    var best: [Int] = []
    for row in 0..<distances.count {
      if best.count == count, let last = best.last, distances.pointer[row] <= distances.pointer[last] { continue }
      var (low, high) = (0, best.count)
      while low < high {
        let middle = (low + high) / 2
        if distances.pointer[best[middle]] >= distances.pointer[row] { low = middle + 1 } else { high = middle }
      }
      best.insert(row, at: low)
      if best.count > count { best.removeLast() }
    }
    return best
  }

  // MARK: - What came of it

  func inertia() -> Double {
    let partial = UnsafeMutableBufferPointer<Double>.allocate(capacity: panels.pieces)
    defer { partial.deallocate() }
    nonisolated(unsafe) let shared = partial  // each piece writes its own entry
    team.share(panels.pieces) { [self] piece in
      var sum = 0.0
      for row in panels.rows(of: piece) {
        sum += ck_centroid_distance(panels.matrix.pointer(to: row), centroids.pointer + Int(labels.pointer[row]) * columns, columns)
      }
      shared[piece] = sum
    }
    return partial.reduce(0, +)
  }

  func result(inertia: Double, iterations: Int, converged: Bool, seed: UInt64) throws(Problem) -> KMeansResult {
    let matrix = try Matrix(rows: clusters, columns: columns) { (target) throws(Problem) in
      for i in 0..<clusters * columns { target[i] = Float(centroids.pointer[i]) }
    }
    return KMeansResult(
      labels: Array(labels.values.prefix(panels.matrix.rows)), centroids: matrix, inertia: inertia, iterations: iterations, sizes: sizes,
      converged: converged, seed: seed)
  }
}
