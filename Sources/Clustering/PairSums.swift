import Basics
import CKernels

/// The sums over pairs of rows that two-sample statistics are made of, for the rows as they are and for many ways to exchange them.
///
/// Blocks of 128 rows meet each other once: a product of matrices gives a block of kernel values, and that block, still in the cache,
/// is added up with the signs that say which row stands on which side in which permutation.
struct PairSums {
  /// Sums over pairs within either side, and across; each pair once.
  let within: (Double, Double)
  let cross: Double
  var total: Double { within.0 + within.1 + cross }
  /// Per permutation with signs s: the sum of s_i s_j k_ij over pairs.
  let forms: [Double]
  /// Per permutation: the sum of s_i times the values of all pairs that i is in.
  let differences: [Double]

  private static let size = 128

  private static func fours(_ rows: Int) -> Int { (rows + 3) / 4 }

  /// Up to 128 rows of one side, packed.
  private struct Block: Sendable {
    let side: Int
    let rows: Range<Int>
    /// The first row's number when both sides are counted through.
    let place: Int
    /// Its first four rows' number when fours are counted through: the signs of four rows make a code.
    let four: Int
    var count: Int { rows.count }
    var panels: Int { (rows.count + Panels.lanes - 1) / Panels.lanes }
  }

  init(
    _ baseline: Matrix, _ current: Matrix, _ kernel: PairStatistic.Kernel, _ permutations: Int, _ seed: UInt64, _ team: Team,
    _ cancellation: Cancellation
  ) throws(Problem) {
    let columns = baseline.columns
    let sides = [baseline, current]
    let all = baseline.rows + current.rows
    var list: [Block] = []
    for (side, matrix) in sides.enumerated() {
      for first in stride(from: 0, to: matrix.rows, by: Self.size) {
        let (place, four) = (side * baseline.rows + first, side * Self.fours(baseline.rows) + first / 4)
        list.append(Block(side: side, rows: first..<min(first + Self.size, matrix.rows), place: place, four: four))
      }
    }
    let blocks = list

    let offset = try Buffer<Float>(count: columns)
    let mean = try Moments.mean(of: baseline, cancellation)
    for column in 0..<columns { offset.pointer[column] = Float(mean[column]) }
    let tiles = try Buffer<Float>(count: all * columns)
    let norms = try Buffer<Float>(count: all + Panels.lanes)
    let signs = try Buffer<Int8>(count: permutations * all)
    let codes = try Buffer<UInt8>(count: permutations * (Self.fours(baseline.rows) + Self.fours(current.rows)))
    var random = SeededRandom(seed: seed)
    let seeds = (0..<permutations).map { _ in random.next() }
    team.share(permutations) { permutation in
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: all) { scratch in
        // never nil: there are rows
        ck_draw_signs(seeds[permutation], all, baseline.rows, scratch.baseAddress!, signs.pointer + permutation * all)
      }
    }
    team.share(blocks.count) { i in
      let block = blocks[i]
      ck_pack_tiles(
        sides[block.side].pointer(to: block.rows.lowerBound), nil, block.count, columns, offset.pointer, tiles.pointer + block.place * columns)
      if permutations > 0 {
        ck_pack_signs(signs.pointer, all, permutations, block.place, block.count, codes.pointer + block.four * permutations)
      }
      withUnsafeTemporaryAllocation(of: Float.self, capacity: (columns + 1) * Panels.lanes) { scratch in
        let panel = scratch.baseAddress!  // never nil: there is a column
        for first in stride(from: 0, to: block.count, by: Panels.lanes) {
          let count = min(Panels.lanes, block.count - first)
          let lengths = panel + columns * Panels.lanes
          ck_pack_panel(sides[block.side].pointer(to: block.rows.lowerBound + first), count, columns, offset.pointer, panel, lengths)
          (norms.pointer + block.place + first).update(from: lengths, count: count)
        }
      }
    }
    try cancellation.check()

    let (kind, gamma): (Int32, Float) =
      switch kernel {
      case .gaussian(let gamma): (Int32(CK_GAUSSIAN), Float(gamma))
      case .distance: (Int32(CK_DISTANCE), 0)
      }
    // Per block of rows, so that sums are added in the same order on any number of threads.
    let rowSums = try Buffer<Double>(count: blocks.count * 2 * Self.size)
    let pointSums = try Buffer<Double>(count: permutations > 0 ? blocks.count * all : blocks.count * Self.size)
    let forms = try Buffer<Double>(count: blocks.count * permutations)
    team.share(blocks.count) { i in
      let block = blocks[i]
      let panelSize = columns * Panels.lanes
      let outSize = permutations * Panels.lanes
      withUnsafeTemporaryAllocation(byteCount: 4 * (block.panels * (panelSize + outSize + Panels.lanes) + Self.size * Panels.lanes), alignment: 64) {
        raw in
        let products = raw.bindMemory(to: Float.self).baseAddress!  // never nil: blocks are not empty
        let panels = products + Self.size * Panels.lanes
        let outs = panels + block.panels * panelSize
        let lengths = outs + block.panels * outSize
        outs.initialize(repeating: 0, count: block.panels * outSize)
        for panel in 0..<block.panels {
          let first = panel * Panels.lanes
          ck_pack_panel(
            sides[block.side].pointer(to: block.rows.lowerBound + first), min(Panels.lanes, block.count - first), columns, offset.pointer,
            panels + panel * panelSize, lengths + first)
        }
        for j in i..<blocks.count {
          guard !cancellation.isCancelled else { return }
          let other = blocks[j]
          let points = permutations > 0 ? pointSums.pointer + i * all + other.place : pointSums.pointer + i * Self.size
          for panel in 0..<block.panels {
            let first = panel * Panels.lanes
            let sums = rowSums.pointer + (2 * i + (block.side == other.side ? 0 : 1)) * Self.size + first
            ck_products(panels + panel * panelSize, tiles.pointer + other.place * columns, other.count, columns, 0, products)
            ck_kernel_values(
              products, other.count, min(Panels.lanes, block.count - first), other.place - block.place - first, lengths + first,
              norms.pointer + other.place, kind, gamma, sums, points)
            if permutations > 0 {
              (products + other.count * Panels.lanes).update(repeating: 0, count: (-other.count & 3) * Panels.lanes)
              ck_add_signed(products, other.count, codes.pointer + other.four * permutations, permutations, outs + panel * outSize)
            }
          }
        }
        for panel in 0..<block.panels where permutations > 0 {
          let first = panel * Panels.lanes
          ck_add_forms(
            outs + panel * outSize, signs.pointer, all, permutations, block.place + first, min(Panels.lanes, block.count - first),
            forms.pointer + i * permutations)
        }
      }
    }
    try cancellation.check()

    var (first, second, across) = (0.0, 0.0, 0.0)
    let degrees = try Buffer<Double>(count: all)
    for (i, block) in blocks.enumerated() {
      let sums = rowSums.pointer + 2 * i * Self.size
      for row in 0..<block.count {
        if block.side == 0 { first += sums[row] } else { second += sums[row] }
        across += sums[Self.size + row]
        degrees.pointer[block.place + row] += sums[row] + sums[Self.size + row]
      }
    }
    within = (first, second)
    cross = across
    guard permutations > 0 else {
      (self.forms, differences) = ([], [])
      return
    }
    for i in blocks.indices { ck_add_numbers(degrees.pointer, pointSums.pointer + i * all, all) }
    let differences = try Buffer<Double>(count: permutations)
    team.share(permutations) { permutation in
      differences.pointer[permutation] = ck_signed_sum(degrees.pointer, signs.pointer + permutation * all, all)
    }
    self.forms = (0..<permutations).map { permutation in
      blocks.indices.reduce(0) { $0 + forms.pointer[$1 * permutations + permutation] }
    }
    self.differences = Array(differences.values)
  }
}
