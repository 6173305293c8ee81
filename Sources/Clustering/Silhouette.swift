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
    let tiles = try Buffer<Float>(count: order.count * columns)
    for cluster in clusters {
      ck_pack_tiles(matrix.pointer(to: cluster.lowerBound), nil, cluster.count, columns, panels.offset.pointer, tiles.pointer + cluster.lowerBound * columns)
    }
    let values = try Buffer<Double>(count: panels.count * Panels.lanes)
    team.share(panels.count) { panel in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: clusters.count * Panels.lanes) { sums in
        sums.initialize(repeating: 0)
        for (i, cluster) in clusters.enumerated() {
          guard !cancellation.isCancelled else { return }
          ck_add_distances(
            panels.panel(panel), tiles.pointer + cluster.lowerBound * columns, cluster.count, columns, sums.baseAddress! + i * Panels.lanes)  // 2 clusters at least
        }
        for lane in 0..<panels.rows(in: panel) {
          let place = panel * Panels.lanes + lane
          var (own, nearest) = (0.0, Double.infinity)
          var alone = false
          for (i, cluster) in clusters.enumerated() {
            let sum = sums[i * Panels.lanes + lane]
            if cluster.contains(place) {
              alone = cluster.count == 1
              own = alone ? 0 : sum / Double(cluster.count - 1)
            } else {
              nearest = min(nearest, sum / Double(cluster.count))
            }
          }
          let larger = max(own, nearest)
          values.pointer[place] = alone || larger == 0 ? 0 : (nearest - own) / larger
        }
      }
    }
    try cancellation.check()
    return (values.values.prefix(order.count).reduce(0, +) / Double(order.count), order.count)
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
