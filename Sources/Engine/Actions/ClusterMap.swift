import Basics
import Clustering
import Model
import Store

/// The map of a run: a place in two or three dimensions for each document, that stays near where it was on the last run's map.
struct ClusterMap {
  let dimensions: Int
  /// `dimensions` for each row.
  let coordinates: [Float]
  /// `aligned`, `transform` or `none`, and why.
  let stability: (applied: String, reason: String)

  init(
    of matrix: Matrix, _ options: ClusterOptions, before earlier: EarlierMembers?, seed: UInt64, threads: Int,
    cancellation: Cancellation
  ) throws(Problem) {
    dimensions = options.mapDimensions
    var previous: NeighbourMap.Previous?
    var reason = earlier == nil ? "there is no earlier map" : "layout_stability is 'none'"
    if options.layout != .none, let earlier {
      let (members, common) = (earlier.members, earlier.common)
      if members.dimensions != dimensions || members.count == 0 {
        reason = "the earlier map has \(members.dimensions) dimensions"
      } else if common == 0 {
        reason = "no document is on the earlier map"
      } else {
        previous = NeighbourMap.Previous(
          positions: try Matrix(rows: members.count, columns: dimensions, values: members.coordinates), rows: earlier.rows)
        reason = "\(common) documents are on the earlier map"
      }
    }
    stability = (previous == nil ? "none" : options.layout == .transform ? "transform" : "aligned", reason)
    let width = min(dimensions, matrix.columns)
    let map: Matrix
    if options.map == .umap, matrix.rows > 3 {
      map = try NeighbourMap(dimensions: dimensions, seed: seed, threads: threads).layout(of: matrix, after: previous, cancellation: cancellation)
    } else {
      let flat = try PCA(of: matrix, components: width, seed: seed, threads: threads, cancellation: cancellation).transform(matrix, threads: threads)
      let padded = width == dimensions ? flat : try Self.padded(flat, to: dimensions)
      map = try previous.map { earlier throws(Problem) in try Procrustes.aligned(padded, to: earlier.positions, rows: earlier.rows) } ?? padded
    }
    coordinates = map.values
  }

  /// Vectors of one dimension lie on a line.
  private static func padded(_ matrix: Matrix, to columns: Int) throws(Problem) -> Matrix {
    try Matrix((0..<matrix.rows).map { matrix[$0] + [Float](repeating: 0, count: columns - matrix.columns) })
  }
}
