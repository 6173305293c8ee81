import Basics

/// What waits in a `WakeHeap`.
protocol WakeHeapItem {
  var id: String { get }
  /// Of equal moments the lower rank comes first.
  var rank: Int64 { get }
}

extension String: WakeHeapItem {
  var id: String { self }
  var rank: Int64 { 0 }
}

/// A binary heap of moments; items whose owner moved on are left in and recognised when they come up.
///
/// Of equal moments and ranks the lower identifier comes first, so that the same triggers come in the same order at each run.
struct WakeHeap<Owner: WakeHeapItem> {
  private typealias Item = (at: Instant, rank: Int64, owner: Owner)
  private var items: [Item] = []

  var first: Instant? { items.first?.at }

  mutating func push(_ owner: Owner, at: Instant) {
    items.append((at, owner.rank, owner))
    items.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      // Items are moved, not copied, around the hole that the new one leaves: a copy counts references.
      var hole = buffer.count - 1
      var item = (base + hole).move()
      while hole > 0, Self.precedes(&item, base + (hole - 1) / 2) {
        (base + hole).moveInitialize(from: base + (hole - 1) / 2, count: 1)
        hole = (hole - 1) / 2
      }
      (base + hole).initialize(to: item)
    }
  }

  /// The earliest item, if its moment is not after `now`.
  mutating func pop(through now: Instant) -> (Owner, Instant)? {
    guard let first, first <= now else { return nil }
    var last = items.removeLast()
    return items.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress, !buffer.isEmpty else { return (last.owner, last.at) }
      let top = base.move()
      var hole = 0
      while 2 * hole + 1 < buffer.count {
        var least = 2 * hole + 1
        if least + 1 < buffer.count, Self.precedes(base + least + 1, base + least) { least += 1 }
        if !Self.precedes(base + least, &last) { break }
        (base + hole).moveInitialize(from: base + least, count: 1)
        hole = least
      }
      (base + hole).initialize(to: last)
      return (top.owner, top.at)
    }
  }

  /// By their places: handed over as values, their owners would be counted at each comparison.
  private static func precedes(_ a: UnsafePointer<Item>, _ b: UnsafePointer<Item>) -> Bool {
    if a.pointee.at != b.pointee.at { return a.pointee.at < b.pointee.at }
    if a.pointee.rank != b.pointee.rank { return a.pointee.rank < b.pointee.rank }
    return a.pointee.owner.id < b.pointee.owner.id
  }
}
