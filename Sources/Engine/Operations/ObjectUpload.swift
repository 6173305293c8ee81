import Basics
import Model
import Store

/// Objects on their way into a bucket: each is new, takes the place of one with the same unique key, or turns out to be there already.
struct ObjectUpload {
  /// Why an object is answered that was there before.
  enum Replay: String { case idempotencyKey = "idempotency_key", skipDuplicates = "skip_duplicates" }

  struct Accepted {
    var object: BucketObject
    /// What it replaces; nil for a new one.
    var before: BucketObject?
    var replay: Replay?
  }

  private let host: Host
  private let bucket: Bucket
  private let policy: Bucket.Policy?
  private let seed: UInt64
  private(set) var accepted: [Accepted] = []

  /// `policy` is the request's own; nil leaves it to the bucket.
  init(_ host: Host, _ bucket: Bucket, policy: Bucket.Policy? = nil) {
    self.host = host
    self.bucket = bucket
    self.policy = policy
    seed = host.surroundings.random() >> 44
  }

  /// Takes an object in. Throws what is wrong with it, and then it is as if it had not been there.
  mutating func add(_ json: JSON, path: String) throws(Problem) {
    // Sorts by time, and in one call by place.
    let number = seed << 9 | UInt64(accepted.count)
    let id = Identifier.ordered("obj", at: host.surroundings.now(), count: number, host.surroundings)
    var object = try BucketObject(json, id: id, in: bucket, path: path, surroundings: host.surroundings)
    let hash = object.contentHash
    func at(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
    if let key = object.idempotencyKey,
      let known = try find({ $0.idempotencyKey == key }, { reader throws(Problem) in try reader.object(idempotencyKey: key, in: bucket.id) })
    {
      guard known.contentHash == hash else {
        throw Problem(
          .conflict, "idempotency_key '\(key)' was used for another object", hint: "Repeat a request as it was, or choose another key",
          path: at("idempotency_key"), details: ["object_id": .string(known.id)])
      }
      accepted.append(Accepted(object: known, replay: .idempotencyKey))
      return
    }
    if try Fields(json, path: path).bool("skip_duplicates") ?? false,
      let known = try find({ $0.contentHash == hash }, { reader throws(Problem) in try reader.object(contentHash: hash, in: bucket.id) })
    {
      accepted.append(Accepted(object: known, replay: .skipDuplicates))
      return
    }
    guard let key = object.uniqueKey else {
      accepted.append(Accepted(object: object))
      return
    }
    let rule = policy ?? bucket.uniqueKey?.policy ?? .upsert
    guard let known = try find({ $0.uniqueKey == key }, { reader throws(Problem) in try reader.object(uniqueKey: key, in: bucket.id) }) else {
      if rule == .update {
        throw Problem(
          .notFound, "no object of bucket '\(bucket.name)' has the unique key \(key)", hint: "Upload it with policy=upsert", path: at(bucket.keyField)
        )
      }
      accepted.append(Accepted(object: object))
      return
    }
    if rule == .insert {
      throw Problem(
        .conflict, "an object with the unique key \(key) exists in bucket '\(bucket.name)'", hint: "Upload it with policy=upsert to replace it",
        path: at(bucket.keyField), details: ["object_id": .string(known.id)])
    }
    object.id = known.id
    object.idempotencyKey = known.idempotencyKey
    object.createdAt = known.createdAt
    if let place = accepted.firstIndex(where: { $0.object.id == known.id && $0.replay == nil }) {
      accepted[place].object = object
      accepted.append(Accepted(object: object, replay: .skipDuplicates))
    } else {
      accepted.append(Accepted(object: object, before: known))
    }
  }

  /// One of this call, or one that is stored.
  private func find(
    _ matches: (BucketObject) -> Bool, _ stored: (Reader) throws(Problem) -> BucketObject?
  ) throws(Problem) -> BucketObject? {
    if let mine = accepted.last(where: { $0.replay == nil && matches($0.object) }) { return mine.object }
    return try host.read(stored)
  }

  /// Everything that was accepted, as one transaction.
  func transaction() -> Transaction {
    var transaction = Transaction()
    var (objects, bytes): (Int64, Int64) = (0, 0)
    for item in accepted where item.replay == nil {
      if let before = item.before {
        transaction.update(item.object, over: before)
        bytes += item.object.size - before.size
      } else {
        transaction.insert(item.object)
        objects += 1
        bytes += item.object.size
      }
    }
    if !transaction.isEmpty { transaction.adjustBucket(bucket.id, objects: objects, bytes: bytes, at: host.surroundings.now()) }
    return transaction
  }
}

extension ObjectUpload {
  /// What those who listen are told of it.
  var events: [EventWrite] {
    let fresh = accepted.filter { $0.replay == nil }
    let (added, changed) = (fresh.filter { $0.before == nil }.map(\.object.id), fresh.filter { $0.before != nil }.map(\.object.id))
    var events: [EventWrite] = []
    if !added.isEmpty {
      events.append(.about(added, of: bucket.id, in: bucket.namespaceID, added.count == 1 ? .objectCreated : .objectsCreated))
    }
    if !changed.isEmpty { events.append(.about(changed, of: bucket.id, in: bucket.namespaceID, .objectUpdated)) }
    return events
  }
}

extension Bucket {
  fileprivate var keyField: String { uniqueKey?.fields.first ?? "unique_key" }
}

extension ObjectUpload.Accepted {
  /// The answer about one object; what was there before is marked so.
  var json: JSONObject {
    var json = object.json.object ?? JSONObject()
    json["replayed"] = .bool(replay != nil)
    if let replay { json["replayed_by"] = .string(replay.rawValue) }
    return json
  }
}
