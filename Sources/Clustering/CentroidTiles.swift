import Basics
import CKernels

/// Centroids made ready to meet panels of rows: packed in bfloat16 where the panels are, otherwise in single precision.
///
/// Either way the labels are those of double precision, the lowest index among equals: what rounding could have decided is decided again.
final class CentroidTiles: Sendable {
  /// Centroids are packed group by group, so that threads can share the work.
  let groups: Int
  private let panels: Panels
  private let count: Int
  private let tiles: Buffer<Float>
  private let norms: Buffer<Float>
  /// What rounding to bfloat16 took from each.
  private let losses: Buffer<Float>

  private var columns: Int { panels.matrix.columns }

  init(_ count: Int, for panels: Panels) throws(Problem) {
    (self.panels, self.count) = (panels, count)
    tiles = try Buffer(count: count * (panels.matrix.columns + 1))
    norms = try Buffer(count: count)
    losses = try Buffer(count: count)
    groups = panels.narrow == nil ? ck_group_count(count) : ck_narrow_groups(count)
  }

  func members(of group: Int) -> Range<Int> {
    panels.narrow == nil
      ? ck_group_start(count, group)..<ck_group_start(count, group + 1) : ck_narrow_start(count, group)..<ck_narrow_start(count, group + 1)
  }

  /// Packs one group of them.
  func pack(_ group: Int, of centroids: Buffer<Double>) {
    let offset = panels.offset.pointer
    if panels.narrow == nil {
      ck_pack_centroids(centroids.pointer, count, columns, offset, group, group + 1, tiles.pointer, norms.pointer)
    } else {
      ck_narrow_tiles(centroids.pointer, count, columns, offset, group, tiles.pointer, norms.pointer, losses.pointer)
    }
  }

  /// What rounding errors grow with: the greatest squared length of a centroid, and the most that rounding took from one.
  struct Reach: Sendable {
    fileprivate let longest: Float
    fileprivate let lost: Float
  }

  var reach: Reach { Reach(longest: norms.values.reduce(0, max), lost: losses.values.reduce(0, max)) }

  /// Finds the nearest centroid of each row of a piece; `found` is told a panel and the labels of its rows.
  func findNearest(_ piece: Int, _ centroids: Buffer<Double>, _ reach: Reach, _ found: (Int, UnsafePointer<Int32>) -> Void) {
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: Panels.lanes) { labels in
      let labels = labels.baseAddress!  // never nil: the capacity is not 0
      if let narrow = panels.narrow {
        findNarrow(piece, narrow, centroids, reach, labels, found)
      } else {
        findWide(piece, centroids, reach, labels, found)
      }
    }
  }

  private func findWide(
    _ piece: Int, _ centroids: Buffer<Double>, _ reach: Reach, _ labels: UnsafeMutablePointer<Int32>, _ found: (Int, UnsafePointer<Int32>) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * Panels.lanes) { values in
      let best = values.baseAddress!  // never nil: the capacity is not 0
      let second = best + Panels.lanes
      for panel in panels.range(of: piece) {
        let following = panel + 1 < panels.count ? panels.panel(panel + 1) : nil
        let first = panel * Panels.lanes
        ck_nearest(panels.panel(panel), tiles.pointer, norms.pointer, count, columns, following, labels, best, second)
        _ = ck_settle(
          panels.matrix.pointer(to: first), panels.rows(in: panel), panels.norms.pointer + first, centroids.pointer, count, columns, reach.longest,
          best, second, labels)
        found(panel, labels)
      }
    }
  }

  private func findNarrow(
    _ piece: Int, _ narrow: Panels.Narrow, _ centroids: Buffer<Double>, _ reach: Reach, _ labels: UnsafeMutablePointer<Int32>,
    _ found: (Int, UnsafePointer<Int32>) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: ck_three.self, capacity: 1) { three in
      let three = three.baseAddress!  // never nil: the capacity is not 0
      for panel in panels.range(of: piece) {
        let first = panel * Panels.lanes
        ck_no_points(three)
        ck_meet_narrow(
          narrow.panel(panel), tiles.pointer, norms.pointer, count, columns, narrow.panel(min(panel + 1, panels.count - 1)), 0, three)
        ck_settle_narrow(
          panels.matrix.pointer(to: first), panels.rows(in: panel), narrow.norms.pointer + first, narrow.lost.pointer + first, centroids.pointer,
          count, columns, reach.longest, reach.lost, three, labels)
        found(panel, labels)
      }
    }
  }
}
