import Basics
import Model
import Store

/// Which collections a batch fills, and in which order: those that read its source first, then those that read these.
enum BatchPlan {
  /// The tiers of a batch of these sources. `named`: only these, which have to hang together; empty means every collection that reads the
  /// source, and every one that reads those.
  static func tiers(bucketIDs: Set<String>, named: [Collection], all: [Collection], path: String = "collection_ids") throws(Problem) -> [[Collection]]
  {
    for (index, collection) in named.enumerated() { try collection.checkEnabled(path: "\(path)[\(index)]") }
    let candidates = named.isEmpty ? all : named
    let first = candidates.filter { candidate in bucketIDs.contains { candidate.reads(bucket: $0) } }
    let tiers = tiers(from: first, among: candidates)
    let placed = Set(tiers.joined().map(\.id))
    if let index = named.firstIndex(where: { !placed.contains($0.id) }) {
      throw Problem(
        .invalid, "collection '\(named[index].name)' reads neither the bucket nor a collection of the batch",
        hint: "Name one whose source is the bucket", path: "\(path)[\(index)]")
    }
    return tiers
  }

  /// A collection with all that read it, and those that read them.
  static func tiers(from first: [Collection], among all: [Collection]) -> [[Collection]] {
    let starts = Set(first.map(\.id))
    var tier = Dictionary(uniqueKeysWithValues: starts.map { ($0, 0) })
    let readers = all.compactMap { collection -> (id: String, sources: [String])? in
      guard collection.isEnabled, let source = collection.reading, source.kind == .collection, !starts.contains(collection.id) else { return nil }
      return (collection.id, source.collectionIDs.filter { $0 != collection.id })
    }
    // A collection stands behind the last of those that it reads. No chain is longer than there are collections: what goes round in a circle
    // stops there.
    var moved = true
    while moved {
      moved = false
      for reader in readers {
        guard let behind = reader.sources.compactMap({ tier[$0] }).max(), behind + 1 < all.count, (tier[reader.id] ?? 0) < behind + 1 else {
          continue
        }
        tier[reader.id] = behind + 1
        moved = true
      }
    }
    let last = tier.values.max() ?? -1
    return (0..<last + 1).map { number in all.filter { tier[$0.id] == number } }.filter { !$0.isEmpty }
  }
}

extension Host {
  /// Every collection of a namespace, in the order in which they were made.
  func allCollections(in namespaceID: String) throws(Problem) -> [Collection] {
    var found: [Collection] = []
    while true {
      let page = Page(limit: 1000, offset: found.count)
      let items = try read { reader throws(Problem) in try reader.collections(in: namespaceID, page).items.map(\.collection) }
      found += items
      if items.count < page.limit { return found }
    }
  }
}
