package import Basics

/// Who owns the store's triggers, as a row: the `epoch` counts owners, and a write made in an older one loses.
///
/// A single host is the case of one shard. In a fleet, shards share the namespaces out, and `expiresAt` is when somebody else may take over;
/// here the lock on the file already keeps others out, and the guard costs one lookup.
extension Transaction {
  /// Becomes the owner; the outcome returns the new epoch.
  package mutating func takeShard(_ shard: Int64 = 0, owner: String, expiresAt: Instant) {
    add(
      .takeShard, [("shard", .integer(shard)), ("owner", .text(owner)), ("expires_at", .instant(expiresAt))], expecting: .exactly(1),
      guardName: "epoch")
  }

  /// Lost (`epoch`) when somebody became the owner since.
  package mutating func guardEpoch(_ epoch: Int64, of shard: Int64 = 0) {
    add(.guardEpoch, expecting: .exactly(1), guardName: "epoch") {
      $0.put("shard", shard)
      $0.put("epoch", epoch)
    }
  }
}
