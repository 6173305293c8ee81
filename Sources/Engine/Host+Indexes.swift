package import Basics
import Model
import Store
import Synchronization

/// Indexes of documents' fields: announced first, so that what is written from then on is in them, then filled piece by piece, so that no other
/// write waits long. Until it is whole, nobody reads an index. A host that goes down in the middle begins anew after its start.
extension Host {
  /// Documents of one transaction.
  private static let piece = 2000
  /// How often filters have to name a field of a collection of this size before it gets an index by itself, and how many such indexes there may be.
  static let usesForIndex = 8
  static let sizeForIndex: Int64 = 20_000
  private static let usedIndexes = 8

  /// A namespace as the API shows it, with its indexes.
  func shown(_ namespace: Namespace) throws(Problem) -> JSON {
    var json = namespace.json.object ?? JSONObject()
    json["payload_indexes"] = .array(try read { reader throws(Problem) in try reader.payloadIndexes(in: namespace.id) }.map(\.json))
    return .object(json)
  }

  /// Makes a namespace have these indexes, and builds those that are new. With `replacing`, others go, except those that are protected.
  func declare(_ indexes: [PayloadIndex], in namespaceID: String, replacing: Bool) throws(Problem) {
    let known = try read { reader throws(Problem) in try reader.payloadIndexes(in: namespaceID) }
    for index in indexes {
      if var old = known.first(where: { $0.field == index.field }) {
        (old.kind, old.isProtected, old.origin) = (index.kind, index.isProtected, .asked)
        var transaction = Transaction()
        transaction.update(old)
        try commit(transaction)
      } else {
        guard known.count < PayloadIndex.limit else {
          throw Problem(
            .tooMany, "the namespace has \(known.count) indexes", hint: "At most \(PayloadIndex.limit): PUT the namespace with those that are wanted",
            path: "payload_indexes")
        }
        try build(announce(index))
      }
    }
    guard replacing else { return }
    for old in known where !old.isProtected && !indexes.contains(where: { $0.field == old.field }) { try drop(old) }
  }

  /// Gives an index its number, and lets writes fill it from now on.
  private func announce(_ index: PayloadIndex) throws(Problem) -> PayloadIndex {
    var made = index
    while true {
      made.id = try read { reader throws(Problem) in try reader.highestPayloadIndex() } + 1
      var transaction = Transaction()
      try transaction.insert(made)
      do throws(Problem) {
        try commit(transaction)
        return made
      } catch {
        guard error.kind == .conflict else { throw error }
        // Somebody was faster: with the same field, or with another under the same number.
        let namespaceID = index.namespaceID
        let known = try read { reader throws(Problem) in try reader.payloadIndexes(in: namespaceID) }
        if let other = known.first(where: { $0.field == index.field }) { return other }
      }
    }
  }

  /// Fills an index with the documents that were there before it; `anew` empties it first.
  func build(_ index: PayloadIndex, anew: Bool = false) throws(Problem) {
    guard !index.isReady || anew else { return }
    var index = index
    if index.isReady {
      index.isReady = false
      var transaction = Transaction()
      transaction.update(index)
      try commit(transaction)
    }
    let namespaceID = index.namespaceID
    for collectionID in try read({ reader throws(Problem) in try reader.collectionIDs(in: namespaceID) }) {
      try eachPiece(of: collectionID) { after, through in
        var transaction = Transaction()
        if anew { transaction.clear(index: index.id, from: collectionID, after: after, through: through) }
        transaction.fill(index: index.id, from: collectionID, after: after, through: through)
        return transaction
      }
    }
    index.isReady = true
    var transaction = Transaction()
    transaction.update(index)
    try commit(transaction)
    log("info", "the index of '\(index.field)' in \(index.namespaceID) is ready")
  }

  private func drop(_ index: PayloadIndex) throws(Problem) {
    // Nobody reads it, and nothing is written into it, from here on.
    var transaction = Transaction()
    transaction.deletePayloadIndex(index.id)
    try commit(transaction)
    let namespaceID = index.namespaceID
    for collectionID in try read({ reader throws(Problem) in try reader.collectionIDs(in: namespaceID) }) {
      try eachPiece(of: collectionID) { after, through in
        var transaction = Transaction()
        transaction.clear(index: index.id, from: collectionID, after: after, through: through)
        return transaction
      }
    }
  }

  private func eachPiece(of collectionID: String, _ body: (Int64, Int64) -> Transaction) throws(Problem) {
    var after: Int64 = -1
    while !isClosing {
      let last = after
      guard let end = try read({ reader throws(Problem) in try reader.endOfPiece(of: collectionID, after: last, limit: Self.piece) }) else { return }
      try commit(body(after, end))
      after = end
    }
    throw Problem(.unavailable, "the host is shutting down", hint: "The index is built after its next start")
  }

  // MARK: - By use

  /// Looks through the documents of a query; notes by which fields large collections are filtered, sorted and grouped, and gives those that come
  /// often, or that took longer than a read may, an index of their own. `field`: what they are grouped by.
  func looking<T>(by query: DocumentQuery, groupedBy field: String? = nil, _ body: (Reader) throws(Problem) -> T) throws(Problem) -> T {
    let result: Result<T, Problem>
    do throws(Problem) { result = .success(try read(body)) } catch { result = .failure(error) }
    var fields = query.indexableFields
    // Groups are read out of an index when they are of all documents.
    if let field, query.filter == nil, case .field = Filter.subject(of: field), !fields.contains(field) { fields.append(field) }
    var slow: Problem?
    if case .failure(let problem) = result, problem.kind == .budget { slow = problem }
    for field in fields where uses.count(field, in: query.namespaceID) == Self.usesForIndex || slow != nil {
      // Its pages come all the same, only slower.
      do throws(Problem) { try index(field, usedBy: query) } catch { log("warn", "'\(field)' gets no index: \(error)") }
    }
    guard var slow else { return try result.get() }
    slow.hint = try hint(for: fields, query.namespaceID) ?? slow.hint
    throw slow
  }

  /// What to do when a look by these fields took too long; nil where their indexes are there already.
  private func hint(for fields: [String], _ namespaceID: String) throws(Problem) -> String? {
    let known = try read { reader throws(Problem) in try reader.payloadIndexes(in: namespaceID) }
    let missing = fields.filter { field in !known.contains { $0.field == field } }
    if let field = missing.first {
      return """
        Give '\(field)' an index, by PATCH /v1/namespaces/\(namespaceID) with {"payload_indexes": [{"field_name": "\(field)", "type": "keyword"}]}, \
        or narrow it by a filter on a field that has one
        """
    }
    let building = known.filter { index in !index.isReady && fields.contains(index.field) }
    if let index = building.first { return "The index of '\(index.field)' is being built: ask again when it is ready, or narrow it by a filter" }
    return fields.isEmpty ? "All documents were looked at: narrow it by a filter on a field that has an index" : nil
  }

  private func index(_ field: String, usedBy query: DocumentQuery) throws(Problem) {
    let (known, size) = try read { reader throws(Problem) in
      let ids = query.collectionIDs.isEmpty ? try reader.collectionIDs(in: query.namespaceID) : query.collectionIDs
      var size: Int64 = 0
      for id in ids { size += try reader.documentCount(id) }
      return (try reader.payloadIndexes(in: query.namespaceID), size)
    }
    guard size >= Self.sizeForIndex, known.count < PayloadIndex.limit, known.count(where: { $0.origin == .used }) < Self.usedIndexes,
      !known.contains(where: { $0.field == field })
    else { return }
    _ = try announce(PayloadIndex(id: 0, namespaceID: query.namespaceID, field: field, kind: .keyword, origin: .used, createdAt: surroundings.now()))
    log("info", "'\(field)' is filtered by often in \(query.namespaceID): it gets an index")
  }

  /// Builds what is not whole: indexes that use asked for, and those that a stop interrupted.
  package func buildUnfinishedIndexes() throws(Problem) {
    for index in try read({ reader throws(Problem) in try reader.unfinishedIndexes() }) { try build(index) }
  }
}

/// How often lists were filtered or sorted by a field since the host's start.
final class FieldUses: Sendable {
  private let counts = Mutex<[String: Int]>([:])
  /// More different fields than these are forgotten: somebody makes them up.
  private static let limit = 1000

  /// Counts one use, and answers how many there have been.
  func count(_ field: String, in namespaceID: String) -> Int {
    counts.withLock { counts in
      if counts.count >= Self.limit { counts.removeAll() }
      return counts.updateValue(counts["\(namespaceID)\u{1f}\(field)", default: 0] + 1, forKey: "\(namespaceID)\u{1f}\(field)").map { $0 + 1 } ?? 1
    }
  }
}
