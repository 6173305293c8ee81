import Basics
import CKernels

/// The nearest of each row as far as a list proves them: what spanning trees and core distances start from.
final class Neighbourhoods: @unchecked Sendable {
  // @unchecked Sendable: lives in one call; in each phase the pieces of work write apart from each other.
  let field: Field
  let raw: ck_neighbours
  let keep: Int
  private let places: Buffer<Int32>
  private let distances: Buffer<Double>
  private let counts: Buffer<Int32>
  private let reach: Buffer<Double>

  /// Beyond how many others no row is known to be nearer.
  var reaches: UnsafeMutablePointer<Double> { reach.pointer }

  /// Lets all rows meet; at least `keep` are kept of each, if there are so many.
  init(_ field: Field, keep: Int, team: Team, cancellation: Cancellation, report: (PairProgress) -> Void) throws(Problem) {
    let keep = max(1, min(keep, field.rows - 1))
    let room = 2 * keep
    let keys = try Buffer<UInt64>(count: field.places * room)
    let gathered = try Buffer<Int32>(count: field.places)
    let limits = try Buffer<Float>(count: field.places)
    let bars = try Buffer<Float>(count: field.places)
    for place in 0..<field.places {
      let real = field.order.pointer[place] >= 0
      limits.pointer[place] = real ? .infinity : 0
      bars.pointer[place] = real ? -.infinity : .infinity
    }
    let lists = ck_lists(keep: keep, room: room, keys: keys.pointer, counts: gathered.pointer, limits: limits.pointer, bars: bars.pointer)
    try field.meetAll(team, cancellation, report: report) { a, b in
      withUnsafePointer(to: field.raw) { raw in
        withUnsafePointer(to: lists) { ck_meet(raw, $0, a.lowerBound, a.upperBound, b.lowerBound, b.upperBound) }
      }
    }
    let places = try Buffer<Int32>(count: field.places * keep)
    let distances = try Buffer<Double>(count: field.places * keep)
    let counts = try Buffer<Int32>(count: field.places)
    let reach = try Buffer<Double>(count: field.places)
    raw = ck_neighbours(keep: keep, places: places.pointer, distances: distances.pointer, counts: counts.pointer, reach: reach.pointer)
    (self.field, self.keep, self.places, self.distances, self.counts, self.reach) = (field, keep, places, distances, counts, reach)
    try field.forPlaces(team, cancellation) { [self] range in
      withUnsafePointer(to: field.raw) { raw in
        withUnsafePointer(to: lists) { lists in
          withUnsafePointer(to: self.raw) { ck_sort_lists(raw, lists, $0, range.lowerBound, range.upperBound) }
        }
      }
    }
    withExtendedLifetime((keys, gathered, limits, bars)) {}
  }

  /// Bytes beside the field.
  static func memory(rows: Int, keep: Int) -> Int { rows * (keep * (2 * 8 + 4 + 8) + 4 * 4 + 8) }

  /// The neighbourhoods of the rows and, by place, the distance to the k-th nearest other row (0 for k = 0; k < rows). In the quickest
  /// precision in which the lists prove most of it: bfloat16 blurs small clusters that are far apart.
  static func dense(
    _ matrix: Matrix, keep: Int, k: Int, team: Team, cancellation: Cancellation, report: (PairProgress) -> Void
  ) throws(Problem) -> (lists: Neighbourhoods, cores: Buffer<Double>) {
    let precisions = Field.Precision.worthTrying(columns: matrix.columns)
    for precision in precisions {
      let field = try Field(matrix, precision, team: team)
      let lists = try Neighbourhoods(field, keep: keep, team: team, cancellation: cancellation, report: report)
      let cores = try Buffer<Double>(count: field.places)
      // Without a use for core distances the nearest neighbours still tell whether the precision will do.
      let open = try lists.prove(max(k, 1), cores, team, cancellation)
      if precision != precisions.last, open.count > field.rows / 16 { continue }
      if k > 0 {
        try lists.ask(open, k, cores, team, cancellation)
      } else {
        cores.values.update(repeating: 0)
      }
      return (lists, cores)
    }
    throw Problem(.internal, "no precision was tried")
  }

  /// Sets the core distances as the lists have them; answers with the places where they prove nothing.
  private func prove(_ k: Int, _ cores: Buffer<Double>, _ team: Team, _ cancellation: Cancellation) throws(Problem) -> [Int32] {
    let open = try Buffer<UInt8>(count: field.places)
    try field.forPlaces(team, cancellation) { [self] range in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: k) { heap in
        withUnsafePointer(to: field.raw) { field in
          withUnsafePointer(to: raw) {
            ck_core_distances(field, $0, k, range.lowerBound, range.upperBound, heap.baseAddress!, cores.pointer, open.pointer)  // not nil: k > 0
          }
        }
      }
    }
    return (0..<field.rows).filter { open.pointer[$0] != 0 }.map(Int32.init)
  }

  /// Lets places meet everyone.
  private func ask(_ open: [Int32], _ k: Int, _ cores: Buffer<Double>, _ team: Team, _ cancellation: Cancellation) throws(Problem) {
    try field.scan(open, team, cancellation) { [field] range, list, scratch in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: (k + 1) * Panels.lanes) { distances in
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: k * Panels.lanes) { rows in
          guard let found = distances.baseAddress, let rows = rows.baseAddress else { return }
          let bounds = found + k * Panels.lanes
          for lane in 0..<range.count { bounds[lane] = cores.pointer[Int(list[lane])] }
          withUnsafePointer(to: field.raw) { ck_scan_nearest($0, list, range.count, k, bounds, found, rows, scratch) }
          for lane in 0..<range.count { cores.pointer[Int(list[lane])] = found[lane * k + k - 1] }
        }
      }
    }
  }
}
