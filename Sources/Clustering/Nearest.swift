package import Basics
import CKernels

/// Assigns vectors to given centroids by cosine: the classification of documents under a taxonomy, or of new ones under known clusters.
package struct Nearest: Sendable {
  package var centroids: Matrix
  /// The least cosine, -1...1; a row whose nearest centroid is less similar belongs to none.
  package var threshold: Double
  package var threads: Int

  package init(centroids: Matrix, threshold: Double = 0.5, threads: Int = 1) {
    self.centroids = centroids
    self.threshold = threshold
    self.threads = threads
  }

  /// The centroid of each row (-1 for none), and the cosine to the nearest one, also where it is below the threshold.
  package struct Assignment: Sendable, Equatable {
    package let labels: [Int32]
    package let similarities: [Double]
  }

  /// Assigns each row; the lower index among equally near centroids. A row of zeros has no direction: its similarity is 0, its label -1.
  /// Lengths do not matter. Throws when dimensions differ, or when cancelled.
  package func assign(_ matrix: Matrix, cancellation: Cancellation = Cancellation()) throws(Problem) -> Assignment {
    guard centroids.rows > 0 else { throw Problem(.invalid, "there are no centroids", hint: "Give at least one.", path: "centroids") }
    guard centroids.columns == matrix.columns else {
      throw Problem(
        .invalid, "the vectors have \(matrix.columns) dimensions, the centroids have \(centroids.columns)",
        hint: "Both must come from the same embedding.", path: "vectors")
    }
    guard (-1...1).contains(threshold) else {
      throw Problem(.invalid, "the threshold is \(threshold)", hint: "A cosine lies between -1 and 1; 0.5 is usual.", path: "assignment_threshold")
    }
    guard (1...256).contains(threads) else {
      throw Problem(.invalid, "threads is \(threads)", hint: "Choose 1 to 256: as many as the machine has cores.", path: "threads")
    }
    let columns = matrix.columns
    let count = centroids.rows
    let anchors = try centroids.normalised()
    let exact = try Buffer<Double>(count: count * columns)
    for i in 0..<count * columns { exact.pointer[i] = Double(anchors.storage.pointer[i]) }
    let origin = try Buffer<Float>(count: columns)
    let tiles = try Buffer<Float>(count: count * columns)
    let norms = try Buffer<Float>(count: count)
    ck_pack_centroids(exact.pointer, count, columns, origin.pointer, 0, ck_group_count(count), tiles.pointer, norms.pointer)
    // All lengths are 1, so products alone decide. A centroid of zeros points nowhere: it is put out of reach of every product.
    for i in 0..<count { norms.pointer[i] = norms.pointer[i] == 0 ? 8 : 0 }

    let panels = (matrix.rows + Panels.lanes - 1) / Panels.lanes
    let labels = try Buffer<Int32>(count: panels * Panels.lanes)
    let similarities = try Buffer<Double>(count: panels * Panels.lanes)
    Team.gather(threads) { team in
      team.share(panels) { panel in
        guard !cancellation.isCancelled else { return }
        let first = panel * Panels.lanes
        let rows = min(Panels.lanes, matrix.rows - first)
        // Rows are met once, so each panel is made where it is used: directions, turned, in memory that stays in the cache.
        withUnsafeTemporaryAllocation(byteCount: (2 * columns + 3) * Panels.lanes * 4, alignment: 64) { raw in
          let scratch = raw.bindMemory(to: Float.self).baseAddress!  // never nil: there is a column
          let (panel, directions) = (scratch, scratch + columns * Panels.lanes)
          let best = directions + columns * Panels.lanes
          let (second, lengths) = (best + Panels.lanes, best + 2 * Panels.lanes)
          for row in 0..<rows { _ = ck_normalise(matrix.pointer(to: first + row), columns, directions + row * columns) }
          ck_pack_panel(directions, rows, columns, origin.pointer, panel, lengths)
          ck_nearest(panel, tiles.pointer, norms.pointer, count, columns, nil, labels.pointer + first, best, second)
          for row in 0..<rows {
            let vector = matrix.pointer(to: first + row)
            if second[row] - best[row] <= Self.slack(columns) { labels.pointer[first + row] = decide(vector, norms.pointer) }
            let similarity = ck_cosine(vector, centroids.pointer(to: Int(labels.pointer[first + row])), columns)
            similarities.pointer[first + row] = similarity
            if similarity < threshold || lengths[row] == 0 { labels.pointer[first + row] = -1 }
          }
        }
      }
    }
    try cancellation.check()
    return Assignment(labels: Array(labels.values.prefix(matrix.rows)), similarities: Array(similarities.values.prefix(matrix.rows)))
  }

  /// What rounding can do to the difference of two values of the kernel for vectors of length 1 (see `ck_settle`).
  private static func slack(_ columns: Int) -> Float { 2 * 0x1p-24 * (2 * Float(columns + 4) + 4) }

  /// Decides in double precision, among the centroids that are not out of reach.
  private func decide(_ vector: UnsafePointer<Float>, _ norms: UnsafePointer<Float>) -> Int32 {
    var best = (similarity: -Double.infinity, index: Int32(0))
    for i in 0..<centroids.rows where norms[i] == 0 {
      let similarity = ck_cosine(vector, centroids.pointer(to: i), centroids.columns)
      if similarity > best.similarity { best = (similarity, Int32(i)) }
    }
    return best.index
  }
}
