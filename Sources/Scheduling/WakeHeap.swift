import Basics

/// A binary heap of moments; items whose owner moved on are left in and recognised when they come up.
struct WakeHeap {
  private var items: [(at: Instant, id: String)] = []

  var first: Instant? { items.first?.at }

  mutating func push(_ id: String, at: Instant) {
    items.append((at, id))
    var child = items.count - 1
    while child > 0, precedes(child, (child - 1) / 2) {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// The earliest item, if its moment is not after `now`.
  mutating func pop(through now: Instant) -> (String, Instant)? {
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
    return (top.id, top.at)
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool { (items[a].at, items[a].id) < (items[b].at, items[b].id) }
}
