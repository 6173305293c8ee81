import Basics

/// Single linkage: clusters are joined in the order of the least distance between their rows.
///
/// The joins are the edges of the minimum spanning tree of the distances (Gower, Ross 1969), which is found exactly without a matrix of all
/// distances. Neither the number of threads nor, but for equal distances, the order of the rows matters.
enum SingleLinkage {
  /// Bytes that a tree takes beside the rows, at most.
  static func memory(rows: Int, columns: Int) -> Int { SpanningTree.memory(rows: rows, columns: columns, k: 0) + rows * 64 }

  /// Joins the rows, at least one. Throws when cancelled. `progress` is told on the caller's thread which share of the work is done.
  static func tree(
    of rows: Matrix, threads: Int, _ cancellation: Cancellation, _ progress: ((Double) -> Void)?
  ) throws(Problem) -> Dendrogram {
    // Rows may meet rows twice, if the first time was not exact enough.
    var told = 0.0
    let spanning = try Team.gather(threads) { (team) throws(Problem) in
      try SpanningTree(rows, k: 0, alpha: 1, team: team, cancellation: cancellation) { step in
        let share = Double(step.done) / Double(max(step.total, 1))
        // Nearly all of the time passes while rows meet rows.
        told = max(told, step.phase == .tree ? 0.9 + 0.1 * share : 0.9 * share)
        progress?(told)
      }
    }
    return Dendrogram(rows: rows.rows, joins: spanning.edges.map { Dendrogram.Join(a: $0.a, b: $0.b, height: $0.weight) })
  }
}
