import Basics
import Model
import Store

/// Turns what a file holds into objects of the bucket, in pieces.
///
/// A file that is one object stays that object however it changes. Of several rows, each is known by the bucket's unique key, or else by what it
/// says: then a changed row is another object, and rows may move as they like.
struct SyncIntake {
  private let host: Host
  private let sync: BucketSync
  private let bucket: Bucket
  private let path: String
  private let generation: Int64
  private let hasRows: Bool

  private var waiting: [BucketObject] = []
  /// How often rows that say the same have come.
  private var repetitions: [String: Int] = [:]
  private var rows = 0
  private(set) var added = 0
  private(set) var updated = 0
  private(set) var objects = 0
  private var failed = 0
  private var firstFailure: String?

  private static let tries = 3

  init(_ host: Host, _ sync: BucketSync, _ bucket: Bucket, _ path: String, generation: Int64, hasRows: Bool) {
    self.host = host
    self.sync = sync
    self.bucket = bucket
    self.path = path
    self.generation = generation
    self.hasRows = hasRows
  }

  /// What was wrong with some rows, while the others were taken in.
  var failure: String? { firstFailure.map { failed == 1 ? $0 : "\($0) (and \(failed - 1) more)" } }

  /// Takes a row or a text in. A row that is wrong is counted, and the first is told; what is wrong with the only one is wrong with the file.
  mutating func add(_ content: FileRows.Content) throws(Problem) {
    rows += 1
    let object: BucketObject
    do throws(Problem) { object = try self.object(of: content) } catch {
      guard hasRows, [.invalid, .malformed, .unsupported].contains(error.kind) else { throw error }
      failed += 1
      if firstFailure == nil { firstFailure = "row \(rows): \(error.description)" }
      return
    }
    // The same object twice in one piece: the later holds.
    if let place = waiting.firstIndex(where: { $0.id == object.id }) { waiting[place] = object } else { waiting.append(object) }
    if waiting.count >= Int(sync.batchSize) { try flush() }
  }

  mutating func finish() throws(Problem) { try flush() }

  // MARK: - Objects

  private mutating func object(of content: FileRows.Content) throws(Problem) -> BucketObject {
    var fields: JSONObject
    switch content {
    case .row(let row), .whole(let row): fields = try sync.mapping?.fields(row: row, text: nil, path: path) ?? typed(row)
    case .text(let text): fields = try sync.mapping?.fields(row: nil, text: text, path: path) ?? [textField: .string(text)]
    }
    if fields["source_path"] == nil { fields["source_path"] = .string(path) }
    var object = try BucketObject(.object(fields), id: "", in: bucket, path: "", surroundings: host.surroundings)
    if let key = object.uniqueKey {
      let bucketID = bucket.id
      let known = try host.read { reader throws(Problem) in try reader.object(uniqueKey: key, in: bucketID) }
      object.id = known?.id ?? Identifier.derived("obj", from: bucket.id, key)
    } else if case .row = content {
      let hash = object.contentHash
      repetitions[hash, default: 0] += 1
      object.id = Identifier.derived("obj", from: sync.id, path, hash, "\(repetitions[hash] ?? 1)")
    } else {
      object.id = Identifier.derived("obj", from: sync.id, path)
    }
    return object
  }

  /// The property of the bucket's schema that a text goes to: the first that is meant for text, and `text` without any.
  private var textField: String {
    let texts = bucket.schema.fields.filter(\.type.isText)
    return (texts.first { $0.type == .text } ?? texts.first)?.name ?? "text"
  }

  /// Cells of a table are texts; where the bucket's schema says otherwise they are read as that.
  private func typed(_ row: JSONObject) -> JSONObject {
    JSONObject(
      members: row.members.map { member in
        guard let text = member.value.string, let field = bucket.schema.field(named: member.key) else { return member }
        let value: JSON? =
          switch field.type {
          case .integer: Int64(text).map(JSON.int)
          case .number, .float: Double(text).flatMap { $0.isFinite ? .double($0) : nil }
          case .boolean: ["true": true, "false": false][text.lowercased()]
          case .object, .array: try? JSON(parsing: text)
          default: nil
          }
        return .init(key: member.key, value: value ?? member.value)
      })
  }

  // MARK: - Writing

  private mutating func flush() throws(Problem) {
    guard !waiting.isEmpty else { return }
    for attempt in 1...Self.tries {
      do throws(Problem) {
        try write()
        waiting = []
        return
      } catch {
        // Somebody else wrote one of them at the same time.
        guard error.kind == .conflict, attempt < Self.tries else {
          if error.kind == .conflict { throw Problem(.unavailable, "others write the same objects at the same time", path: "bucket_id") }
          throw error
        }
      }
    }
  }

  private mutating func write() throws(Problem) {
    let (ids, bucketID) = (waiting.map(\.id), bucket.id)
    var known: [String: BucketObject] = [:]
    try host.read { reader throws(Problem) in for id in ids { known[id] = try reader.object(id, in: bucketID) } }
    var transaction = Transaction()
    var (fresh, changed): ([String], [String]) = ([], [])
    var bytes: Int64 = 0
    for object in waiting {
      var isPending = false
      if let before = known[object.id] {
        if before.contentHash != object.contentHash, sync.reconcile.onUpdate {
          var after = object
          after.createdAt = before.createdAt
          after.idempotencyKey = before.idempotencyKey
          transaction.update(after, over: before)
          bytes += after.size - before.size
          changed.append(object.id)
          isPending = sync.reconcile.reExtract
        }
      } else {
        transaction.insert(object)
        bytes += object.size
        fresh.append(object.id)
        isPending = true
      }
      transaction.noteSyncObject(object.id, from: path, generation: generation, isPending: isPending, of: sync.id)
    }
    if !fresh.isEmpty || !changed.isEmpty {
      transaction.adjustBucket(bucket.id, objects: Int64(fresh.count), bytes: bytes, at: host.surroundings.now())
    }
    var writes: [Write] = [.statements(transaction)]
    if !fresh.isEmpty {
      writes.append(.event(.about(fresh, of: bucket.id, in: bucket.namespaceID, fresh.count == 1 ? .objectCreated : .objectsCreated)))
    }
    if !changed.isEmpty { writes.append(.event(.about(changed, of: bucket.id, in: bucket.namespaceID, .objectUpdated))) }
    _ = try host.write(writes)
    CrashPoint.pass(.syncedPiece)
    added += fresh.count
    updated += changed.count
    objects += waiting.count
  }
}
