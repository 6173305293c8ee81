import Basics
import CKernels

/// The silhouette of clustered rows: every row meets every other, so it is computed where the kernels are, and of a sample when there are many.
enum Silhouette {
  /// The mean over the rows that belong to a cluster, or over `sampleSize` of them drawn with `seed`, and how many those were.
  /// A row alone in its cluster counts 0. Nil when the sample has fewer than two clusters.
  static func mean(
    of partition: Partition, _ sampleSize: Int, _ seed: UInt64, _ team: Team, _ cancellation: Cancellation
  ) throws(Problem) -> (mean: Double, rows: Int)? {
    let sample = draw(partition.labels.indices.filter { partition.labels[$0] >= 0 }, sampleSize, seed)
    // Cluster by cluster, so that the distances to one cluster are made by one call and added in registers.
    let order = sample.sorted { (partition.labels[$0], $0) < (partition.labels[$1], $1) }
    var starts: [Int] = []
    for (place, row) in order.enumerated() where place == 0 || partition.labels[row] != partition.labels[order[place - 1]] { starts.append(place) }
    guard starts.count >= 2 else { return nil }
    let clusters = zip(starts, starts.dropFirst() + [order.count]).map { $0..<$1 }

    let matrix = try partition.matrix.selecting(order)
    let columns = matrix.columns
    let panels = try Panels(matrix, cost: order.count, team: team)
    // Some hundred points at a time meet several panels before the next ones come: both then stay in the second-level cache, where all
    // points against one panel would be read from memory again for each panel.
    let chunks = clusters.enumerated().flatMap { i, cluster in
      stride(from: cluster.lowerBound, to: cluster.upperBound, by: 96).map { (cluster: i, points: $0..<min($0 + 96, cluster.upperBound)) }
    }
    let width = max(1, min(8, 100_000 / (Panels.lanes * columns)))
    let tiles = try Buffer<Float>(count: order.count * columns)
    for (_, points) in chunks {
      ck_pack_tiles(
        matrix.pointer(to: points.lowerBound), nil, points.count, columns, panels.offset.pointer, tiles.pointer + points.lowerBound * columns)
    }
    let values = try Buffer<Double>(count: panels.count * Panels.lanes)
    team.share((panels.count + width - 1) / width) { piece in
      let mine = piece * width..<min((piece + 1) * width, panels.count)
      withUnsafeTemporaryAllocation(of: Double.self, capacity: mine.count * clusters.count * Panels.lanes) { sums in
        sums.initialize(repeating: 0)
        guard let start = sums.baseAddress else { return }
        for (cluster, points) in chunks {
          guard !cancellation.isCancelled else { return }
          for panel in mine {
            let target = start + ((panel - mine.lowerBound) * clusters.count + cluster) * Panels.lanes
            ck_add_distances(panels.panel(panel), tiles.pointer + points.lowerBound * columns, points.count, columns, target)
          }
        }
        for panel in mine {
          for lane in 0..<panels.rows(in: panel) {
            let place = panel * Panels.lanes + lane
            let own = start + (panel - mine.lowerBound) * clusters.count * Panels.lanes + lane
            values.pointer[place] = value(of: place, clusters) { own[$0 * Panels.lanes] }
          }
        }
      }
    }
    try cancellation.check()
    return (values.values.prefix(order.count).reduce(0, +) / Double(order.count), order.count)
  }

  /// The silhouette of one row, given the sum of its distances to each cluster.
  private static func value(of place: Int, _ clusters: [Range<Int>], _ sum: (Int) -> Double) -> Double {
    var (own, nearest) = (0.0, Double.infinity)
    for (i, cluster) in clusters.enumerated() {
      guard cluster.contains(place) else {
        nearest = min(nearest, sum(i) / Double(cluster.count))
        continue
      }
      if cluster.count == 1 { return 0 }
      own = sum(i) / Double(cluster.count - 1)
    }
    let larger = max(own, nearest)
    return larger == 0 ? 0 : (nearest - own) / larger
  }

  /// The first `count` of a shuffled deck (Fisher, Yates), as far as it needs shuffling.
  private static func draw(_ rows: [Int], _ count: Int, _ seed: UInt64) -> [Int] {
    guard rows.count > count else { return rows }
    var rows = rows
    var random = SeededRandom(seed: seed)
    for i in 0..<count { rows.swapAt(i, i + Int(random.next(upperBound: UInt64(rows.count - i)))) }
    return Array(rows.prefix(count))
  }
}
