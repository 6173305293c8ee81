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
    of matrix: Matrix, _ options: ClusterOptions, documents: VectorSet, before members: RunMembers?, seed: UInt64, threads: Int,
    cancellation: Cancellation
  ) throws(Problem) {
    dimensions = options.mapDimensions
    var previous: NeighbourMap.Previous?
    var reason = members == nil ? "there is no earlier map" : "layout_stability is 'none'"
    if options.layout != .none, let members, members.dimensions == dimensions, members.count > 0 {
      let rows = Self.rows(of: documents, in: members)
      if rows.contains(where: { $0 >= 0 }) {
        previous = NeighbourMap.Previous(
          positions: try Matrix(rows: members.count, columns: dimensions, values: members.coordinates), rows: rows)
        reason = "\(rows.count { $0 >= 0 }) documents are on the earlier map"
      } else {
        reason = "no document is on the earlier map"
      }
    } else if options.layout != .none, let members {
      reason = "the earlier map has \(members.dimensions) dimensions"
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

  /// For each document its row among the members of the run before, -1 for new ones.
  private static func rows(of documents: VectorSet, in members: RunMembers) -> [Int32] {
    struct Key: Hashable {
      var collection: String
      var document: String
    }
    var known: [Key: Int32] = [:]
    known.reserveCapacity(members.count)
    for row in 0..<members.count { known[Key(collection: members.collection(of: row), document: members.documentIDs[row])] = Int32(row) }
    return (0..<documents.count).map { known[Key(collection: documents.collectionIDs[$0], document: documents.documentIDs[$0])] ?? -1 }
  }
}
