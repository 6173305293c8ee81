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
  private var items: [(at: Instant, rank: Int64, owner: Owner)] = []

  var first: Instant? { items.first?.at }

  mutating func push(_ owner: Owner, at: Instant) {
    items.append((at, owner.rank, owner))
    var child = items.count - 1
    while child > 0, precedes(child, (child - 1) / 2) {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// The earliest item, if its moment is not after `now`.
  mutating func pop(through now: Instant) -> (Owner, Instant)? {
    guard let top = items.first, top.at <= now else { return nil }
    let last = items.removeLast()
    if !items.isEmpty {
      items[0] = last
      var parent = 0
      while true {
        var least = parent
        for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && precedes(child, least) { least = child }
        if least == parent { break }
        items.swapAt(parent, least)
        parent = least
      }
    }
    return (top.owner, top.at)
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    if items[a].at != items[b].at { return items[a].at < items[b].at }
    if items[a].rank != items[b].rank { return items[a].rank < items[b].rank }
    return items[a].owner.id < items[b].owner.id
  }
}
