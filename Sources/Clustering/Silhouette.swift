import Basics
import CKernels

/// The silhouette of clustered rows: every row meets every other, block by block, or those of a sample when there are many.
enum Silhouette {
  /// The mean over the rows that belong to a cluster, or over `sampleSize` of them drawn with `seed`, and how many those were.
  /// A row alone in its cluster counts 0. Nil when the sample has fewer than two clusters.
  static func mean(
    of partition: Partition, _ sampleSize: Int, _ seed: UInt64, _ team: Team, _ cancellation: Cancellation, symmetricLimit: Int = symmetricLimit
  ) throws(Problem) -> (mean: Double, rows: Int)? {
    let sample = draw(partition.labels.indices.filter { partition.labels[$0] >= 0 }, sampleSize, seed)
    // Cluster by cluster, so that the distances to one cluster are made by one call and added in registers.
    let order = sample.sorted { (partition.labels[$0], $0) < (partition.labels[$1], $1) }
    var starts: [Int] = []
    for (place, row) in order.enumerated() where place == 0 || partition.labels[row] != partition.labels[order[place - 1]] { starts.append(place) }
    guard starts.count >= 2 else { return nil }
    let clusters = zip(starts, starts.dropFirst() + [order.count]).map { $0..<$1 }

    let blocks = try DistanceBlocks(try partition.matrix.selecting(order), team: team)
    let values = try Buffer<Double>(count: order.count)
    if clusters.count * blocks.count * DistanceBlocks.side <= symmetricLimit {
      try meetOnce(blocks, clusters, values, team, cancellation)
    } else {
      meetTwice(blocks, clusters, values, team, cancellation)
    }
    try cancellation.check()
    return (values.values.reduce(0, +) / Double(order.count), order.count)
  }

  /// How many sums may be kept at once: 128 MB of them.
  static let symmetricLimit = 16 << 20

  /// Every pair of blocks is met once and counts for the rows of both. So that threads never add to the same rows, and always in the same
  /// order, the blocks are divided into teams that play a tournament: in each round every team meets one other, and a meeting is one piece
  /// of work.
  private static func meetOnce(
    _ blocks: DistanceBlocks, _ clusters: [Range<Int>], _ values: Buffer<Double>, _ threads: Team, _ cancellation: Cancellation
  ) throws(Problem) {
    let side = DistanceBlocks.side
    let width = blocks.count * side
    // For each cluster in turn, what the distances of all rows to it sum up to.
    let sums = try Buffer<Double>(count: clusters.count * width)
    let runs = (0..<blocks.count).map { Self.runs(of: $0, blocks, clusters) }
    @Sendable func meet(_ a: Int, _ b: Int, _ block: UnsafeMutablePointer<Float>) {
      guard !cancellation.isCancelled else { return }
      blocks.squares(a, b, block)
      ck_block_roots(block)
      for run in runs[a] { ck_add_points(block, run.rows.lowerBound, run.rows.upperBound, sums.pointer + run.cluster * width + b * side) }
      guard a != b else { return }
      let points = blocks.rows(of: a).count
      for run in runs[b] {
        ck_add_rows(block, points, run.rows.lowerBound, run.rows.upperBound, sums.pointer + run.cluster * width + a * side)
      }
    }
    let teams = min(32, (blocks.count + 1) / 2 * 2)
    let members = (0..<teams).map { team in blocks.count * team / teams..<blocks.count * (team + 1) / teams }
    for round in 0..<teams - 1 {
      // The last team stays, the others go round (the circle method).
      let pairs = (0..<teams / 2).map { i in
        i == 0 ? (teams - 1, round) : ((round + i) % (teams - 1), (round + teams - 1 - i) % (teams - 1))
      }
      threads.share(pairs.count) { piece in
        DistanceBlocks.withBlock { block in
          for a in members[pairs[piece].0] { for b in members[pairs[piece].1] { meet(a, b, block) } }
        }
      }
    }
    threads.share(teams) { piece in
      DistanceBlocks.withBlock { block in
        for a in members[piece] { for b in a..<members[piece].upperBound { meet(a, b, block) } }
      }
    }
    threads.share(blocks.count) { block in
      for row in blocks.rows(of: block) { values.pointer[row] = value(of: row, clusters) { sums.pointer[$0 * width + row] } }
    }
  }

  /// Every block of rows meets all others by itself: twice the work, and memory for the sums of one block per thread.
  private static func meetTwice(
    _ blocks: DistanceBlocks, _ clusters: [Range<Int>], _ values: Buffer<Double>, _ threads: Team, _ cancellation: Cancellation
  ) {
    let side = DistanceBlocks.side
    let runs = (0..<blocks.count).map { Self.runs(of: $0, blocks, clusters) }
    threads.share(blocks.count) { mine in
      var sums = [Double](repeating: 0, count: clusters.count * side)
      sums.withUnsafeMutableBufferPointer { sums in
        guard let start = sums.baseAddress else { return }
        DistanceBlocks.withBlock { block in
          for other in 0..<blocks.count where !cancellation.isCancelled {
            blocks.squares(other, mine, block)
            ck_block_roots(block)
            for run in runs[other] { ck_add_points(block, run.rows.lowerBound, run.rows.upperBound, start + run.cluster * side) }
          }
        }
        let first = mine * side
        for row in blocks.rows(of: mine) { values.pointer[row] = value(of: row, clusters) { start[$0 * side + row - first] } }
      }
    }
  }

  /// The clusters in a block, with the places of their rows in it.
  private static func runs(of block: Int, _ blocks: DistanceBlocks, _ clusters: [Range<Int>]) -> [(cluster: Int, rows: Range<Int>)] {
    let rows = blocks.rows(of: block)
    var (low, high) = (0, clusters.count)
    while low < high {
      let middle = (low + high) / 2
      if clusters[middle].upperBound <= rows.lowerBound { low = middle + 1 } else { high = middle }
    }
    var result: [(cluster: Int, rows: Range<Int>)] = []
    while low < clusters.count, clusters[low].lowerBound < rows.upperBound {
      let shared = clusters[low].clamped(to: rows)
      result.append((low, shared.lowerBound - rows.lowerBound..<shared.upperBound - rows.lowerBound))
      low += 1
    }
    return result
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
