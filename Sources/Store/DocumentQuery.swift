package import Basics
package import Model

/// Which documents a list shows, in which order, and how much of each.
package struct DocumentQuery: Sendable {
  package var namespaceID: String
  /// Empty means every collection of the namespace; identifiers of other namespaces find nothing.
  package var collectionIDs: [String]
  package var filter: Filter?
  /// Fields with dots, `document_id`, `_internal.created_at`; without any, the order of insertion.
  package var sort: [(field: String, descending: Bool)]
  package var page: Page
  package var vectors: Bool
  /// The fields to keep, with dots; nil keeps all.
  package var select: [String]?

  package init(
    namespaceID: String, collectionIDs: [String] = [], filter: Filter? = nil, sort: [(field: String, descending: Bool)] = [], page: Page = Page(),
    vectors: Bool = false, select: [String]? = nil
  ) {
    self.namespaceID = namespaceID
    self.collectionIDs = collectionIDs
    self.filter = filter
    self.sort = sort
    self.page = page
    self.vectors = vectors
    self.select = select
  }
}

/// A document whose fields are still text: for exports and scripts that parse little or nothing.
package struct RawDocument {
  package var id: String
  package var collectionID: String
  /// A JSON object in UTF-8, in SQLite's memory: good until the closure that got it returns.
  package var body: UnsafeRawBufferPointer
  package var createdAt: Instant
  package var updatedAt: Instant
  package var position: Int64
}

extension Reader {
  /// One page. The total is that of all pages: always known without a filter, with one counted only if the page asks (else -1).
  package func documents(_ query: DocumentQuery) throws(Problem) -> Listing<Document> {
    let collections = try readable(query.collectionIDs, in: query.namespaceID)
    if collections.isEmpty { return Listing(items: [], total: 0) }
    var after: Int64?
    var offset = Int64(query.page.offset)
    if let text = query.page.cursor {
      switch (try Cursor(text), query.sort.isEmpty) {
      case (.after(let position), true): after = position
      case (.skip(let count), false): offset += count
      default:
        throw Problem(.invalid, "the cursor belongs to a list in another order", hint: "Give the same sort as for the page before", path: "cursor")
      }
    }
    var rows = try rows(query, collections, after: after, offset: offset, limit: Int64(query.page.limit) + 1)
    var next: String?
    if rows.count > query.page.limit {
      rows.removeLast()
      let last = rows.last?.position ?? 0
      next = (query.sort.isEmpty ? Cursor.after(position: last) : .skip(offset + Int64(rows.count))).text
    }
    if query.vectors {
      for index in rows.indices {
        rows[index].document.vectors = try vectors(of: rows[index].document.collectionID, at: rows[index].position)
      }
    }
    if let select = query.select {
      for index in rows.indices { rows[index].document.fields = rows[index].document.fields.keeping(select) }
    }
    var total: Int64 = query.filter == nil ? 0 : -1
    if query.filter == nil || query.page.includeTotal { total = try count(collections, filter: query.filter, in: query.namespaceID) }
    return Listing(items: rows.map(\.document), total: total, nextCursor: next)
  }

  private typealias Place = (document: Document, position: Int64)

  /// The documents of a page, found on the way that promises the least work.
  private func rows(_ query: DocumentQuery, _ collections: [String], after: Int64?, offset: Int64, limit: Int64) throws(Problem) -> [Place] {
    let plan = try DocumentPlan(self, query.namespaceID, collections, query.filter, query.sort)
    switch plan.way {
    case .plain:
      var sql = FilterSQL()
      return try rows(
        "documents", [DocumentPlan.of(collections, "documents")], try sql.order(query.sort), query.filter, &sql, collections, after, offset, limit)
    case .chosen(let condition, let isOrdered):
      var sql = FilterSQL()
      var tests = ["chosen.index_id = \(condition.indexID)", DocumentPlan.of(collections, "chosen"), try condition.sql(&sql)]
      let rest = condition.rest(of: query.filter)
      if rest == nil, query.sort.isEmpty {
        // The page is made of positions alone, and only its documents are read.
        var parameters = DocumentPlan.parameters(collections) + [("limit", .integer(limit)), ("offset", .integer(offset))]
        if let after {
          tests.append("chosen.position > $after")
          parameters.append(("after", .integer(after)))
        }
        return try connection.rows(
          composed: """
            SELECT documents.document_id, documents.collection_id, documents.body, documents.created_at, documents.updated_at, documents.position
            FROM (SELECT chosen.collection_id, chosen.position FROM document_fields AS chosen WHERE \(tests.joined(separator: " AND "))
                ORDER BY chosen.position LIMIT $limit OFFSET $offset) AS page
              CROSS JOIN documents ON documents.collection_id = page.collection_id AND documents.position = page.position
            ORDER BY page.position
            """, parameters + sql.parameters
        ) { row throws(Problem) in (document: try Document.read(&row), position: row.int()) }
      }
      let order = isOrdered ? "chosen.position" : try sql.order(query.sort)
      return try rows(DocumentPlan.joined, tests, order, rest, &sql, collections, after, offset, limit)
    case .sorted(let indexID):
      let tests = ["chosen.index_id = \(indexID)", DocumentPlan.of(collections, "chosen")]
      func part(_ more: [String], _ order: String, _ offset: Int64, _ limit: Int64) throws(Problem) -> [Place] {
        var sql = FilterSQL()
        return try rows(DocumentPlan.joined, tests + more, order, query.filter, &sql, collections, nil, offset, limit)
      }
      guard query.sort[0].descending else { return try part([], "chosen.value, chosen.position", offset, limit) }
      if query.filter == nil, let found = try walk(down: indexID, collections, offset, limit) { return found }
      // What has no value comes last here, too, and first in the index read backwards: two parts.
      var found = try part(["chosen.value < \(FieldValue.none)"], "chosen.value DESC, chosen.position", offset, limit)
      guard found.count < limit else { return found }
      var skipped: Int64 = 0
      if found.isEmpty, offset > 0 {
        var sql = FilterSQL()
        let condition = try query.filter.map { filter throws(Problem) in try sql.condition(filter) } ?? "1"
        skipped = try connection.number(
          composed: """
            SELECT count(*) FROM \(DocumentPlan.joined) WHERE \(tests.joined(separator: " AND ")) AND chosen.value < \(FieldValue.none) AND (\(condition))
            """, DocumentPlan.parameters(collections) + sql.parameters)
      }
      found += try part(
        ["chosen.value = \(FieldValue.none)"], "chosen.position", found.isEmpty ? max(0, offset - skipped) : 0, limit - Int64(found.count))
      return found
    }
  }

  /// The page of a list that is sorted from the greatest value down where many documents share a value: value by value, each one's documents in the
  /// order of insertion, so that no group is sorted as a whole. Nil where few share the greatest; there SQLite's own sorting is the shorter way.
  private func walk(down indexID: Int64, _ collections: [String], _ offset: Int64, _ limit: Int64) throws(Problem) -> [Place]? {
    let place = "document_fields AS chosen WHERE chosen.index_id = \(indexID) AND \(DocumentPlan.of(collections, "chosen"))"
    let parameters = DocumentPlan.parameters(collections)
    var (value, skip, found) = (Value.blob([0xFF]), offset, [Place]())
    var isFirst = true
    while Int64(found.count) < limit {
      let greatest = try connection.rows(
        composed: "SELECT MAX(chosen.value) FROM \(place) AND chosen.value < $value", parameters + [("value", value)]
      ) { $0.values[0] }
      let isLast = greatest.first ?? .null == .null
      value = isLast ? .blob([0xFF]) : greatest[0]
      let most = max(skip, isFirst ? DocumentPlan.crowd : 0)
      let count = try connection.number(
        composed: "SELECT count(*) FROM (SELECT 1 FROM \(place) AND chosen.value = $value LIMIT $most)",
        parameters + [("value", value), ("most", .integer(most + 1))])
      if isFirst, count < DocumentPlan.crowd, !isLast { return nil }
      isFirst = false
      if count <= skip {
        skip -= count
      } else {
        found += try connection.rows(
          composed: """
            SELECT documents.document_id, documents.collection_id, documents.body, documents.created_at, documents.updated_at, documents.position
            FROM (SELECT chosen.collection_id, chosen.position FROM \(place) AND chosen.value = $value
                ORDER BY chosen.position LIMIT $limit OFFSET $offset) AS page
              CROSS JOIN documents ON documents.collection_id = page.collection_id AND documents.position = page.position
            ORDER BY page.position
            """,
          parameters + [("value", value), ("limit", .integer(limit - Int64(found.count))), ("offset", .integer(skip))]
        ) { row throws(Problem) in (document: try Document.read(&row), position: row.int()) }
        skip = 0
      }
      if isLast { break }
    }
    return found
  }

  private func rows(
    _ tables: String, _ tests: [String], _ order: String, _ filter: Filter?, _ sql: inout FilterSQL, _ collections: [String], _ after: Int64?,
    _ offset: Int64, _ limit: Int64
  ) throws(Problem) -> [Place] {
    var tests = tests
    if let filter { tests.append("(\(try sql.condition(filter)))") }
    var parameters = DocumentPlan.parameters(collections) + [("limit", .integer(limit)), ("offset", .integer(offset))]
    if let after {
      tests.append("\(tables == "documents" ? "documents" : "chosen").position > $after")
      parameters.append(("after", .integer(after)))
    }
    return try connection.rows(
      composed: """
        SELECT documents.document_id, documents.collection_id, documents.body, documents.created_at, documents.updated_at, documents.position
        FROM \(tables) WHERE \(tests.joined(separator: " AND ")) ORDER BY \(order) LIMIT $limit OFFSET $offset
        """, parameters + sql.parameters
    ) { row throws(Problem) in (document: try Document.read(&row), position: row.int()) }
  }

  /// How many documents of a collection pass.
  package func count(_ collectionID: String, filter: Filter? = nil) throws(Problem) -> Int64 {
    guard let filter else { return try documentCount(collectionID) }
    guard let namespaceID = try namespace(of: collectionID) else { return 0 }
    return try count([collectionID], filter, in: namespaceID)
  }

  private func count(_ collectionIDs: [String], filter: Filter?, in namespaceID: String) throws(Problem) -> Int64 {
    if let filter { return try count(collectionIDs, filter, in: namespaceID) }
    var total: Int64 = 0
    for id in collectionIDs { total += try documentCount(id) }
    return total
  }

  /// Streams documents collection by collection, each in order of insertion, until `each` says false. No row is held, nothing is parsed.
  package func bodies(
    of collectionIDs: [String], in namespaceID: String, filter: Filter? = nil, _ each: (RawDocument) throws(Problem) -> Bool
  ) throws(Problem) {
    var sql = FilterSQL()
    let condition = try filter.map { filter throws(Problem) in try sql.condition(filter) } ?? "1"
    let statement = """
      SELECT document_id, collection_id, body, created_at, updated_at, position FROM documents
      WHERE collection_id = $collection_id AND (\(condition)) ORDER BY position
      """
    var goesOn = true
    for id in try readable(collectionIDs, in: namespaceID) where goesOn {
      let prepared = try translating { () throws(SQLiteFault) in try connection.prepared(composed: statement) }
      try connection.forEach(prepared, [("collection_id", .text(id))] + sql.parameters) { row throws(Problem) in
        goesOn = try each(RawDocument(&row))
        return goesOn
      }
    }
  }

  /// A page of a stream: the documents of one collection behind a position, in order of insertion, until `each` says false.
  package func bodies(
    of collectionID: String, filter: Filter? = nil, after position: Int64, limit: Int, _ each: (RawDocument) throws(Problem) -> Bool
  ) throws(Problem) {
    var sql = FilterSQL()
    let condition = try filter.map { filter throws(Problem) in try sql.condition(filter) } ?? "1"
    let statement = """
      SELECT document_id, collection_id, body, created_at, updated_at, position FROM documents
      WHERE collection_id = $collection_id AND position > $after AND (\(condition)) ORDER BY position LIMIT $limit
      """
    let prepared = try translating { () throws(SQLiteFault) in try connection.prepared(composed: statement) }
    let parameters: Connection.Parameters = [
      ("collection_id", .text(collectionID)), ("after", .integer(position)), ("limit", .integer(Int64(limit))),
    ]
    try connection.forEach(prepared, parameters + sql.parameters) { row throws(Problem) in try each(RawDocument(&row)) }
  }

  /// The vectors of a document that was streamed.
  package func vectors(of document: RawDocument) throws(Problem) -> [String: [Float]] {
    try vectors(of: document.collectionID, at: document.position)
  }

  /// Those collections that are the namespace's own, in the order given.
  func readable(_ collectionIDs: [String], in namespaceID: String) throws(Problem) -> [String] {
    let own = try self.collectionIDs(in: namespaceID)
    if collectionIDs.isEmpty { return own }
    let known = Set(own)
    return collectionIDs.filter(known.contains)
  }
}

extension RawDocument {
  /// The columns of a document and its position.
  init(_ row: inout Row) {
    id = row.text()
    collectionID = row.text()
    body = row.bytes()
    createdAt = row.instant()
    updatedAt = row.instant()
    position = row.int()
  }
}

extension JSONObject {
  /// Only the members that a path, keys with dots between them, leads to or through.
  package func keeping(_ paths: [String]) -> JSONObject { keeping(paths.map { $0.split(separator: ".").map(String.init) }) }

  private func keeping(_ paths: [[String]]) -> JSONObject {
    var result = JSONObject()
    for member in members {
      let rests = paths.filter { $0.first == member.key }.map { Array($0.dropFirst()) }
      if rests.isEmpty { continue }
      if rests.contains(where: \.isEmpty) {
        result.members.append(member)
      } else if case .object(let inner) = member.value {
        let kept = inner.keeping(rests)
        if !kept.isEmpty { result.members.append(.init(key: member.key, value: .object(kept))) }
      }
    }
    return result
  }
}
