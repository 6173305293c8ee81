package import Basics
package import Model

/// The documents that share a field's value, the first of them at least.
package struct DocumentGroup: Sendable {
  /// The value; null for documents without one.
  package var key: JSON
  /// How many documents have it, shown or not.
  package var count: Int64
  package var documents: [Document]
}

/// A page of groups, and what there is in all.
package struct DocumentGroups: Sendable {
  /// The total is that of all pages, counted only if the page asks or there is but one page (else -1).
  package var listing: Listing<DocumentGroup>
  /// How many documents all groups have together; -1 where the groups are not counted.
  package var documents: Int64
}

extension Reader {
  /// A page of a list that is grouped by a field: the groups in the order of their first documents, each with at most `most` of its documents, in
  /// the order that the query asks for.
  package func groups(_ query: DocumentQuery, by field: String, most: Int) throws(Problem) -> DocumentGroups {
    let collections = try readable(query.collectionIDs, in: query.namespaceID)
    if collections.isEmpty { return DocumentGroups(listing: Listing(items: [], total: 0), documents: 0) }
    var offset = Int64(query.page.offset)
    if let text = query.page.cursor {
      guard case .skip(let count) = try Cursor(text) else {
        throw Problem(.invalid, "the cursor belongs to a list without groups", hint: "Give the same group_by as for the page before", path: "cursor")
      }
      offset += count
    }
    // Where an index has the values of all documents, it is counted there, and only the documents of the page are read.
    let fields = query.filter == nil ? try FieldGroups(self, of: field, collections, in: query.namespaceID) : nil
    let indexed = try fields.flatMap { fields throws(Problem) in try fields.first(offset + Int64(query.page.limit) + 1, by: .start) }
    let places = indexed.map { Array($0.dropFirst(Int(offset))) }
    var groups: [Found]
    if let places {
      groups = []
      for place in places {
        groups.append((place.text, DocumentGroup(key: try JSON(parsing: place.text), count: place.count, documents: [])))
      }
    } else {
      groups = try grouped(query, by: field, collections, offset: offset)
    }
    var next: String?
    if groups.count > query.page.limit {
      groups.removeLast()
      next = Cursor.skip(offset + Int64(groups.count)).text
    }
    if let fields, let places {
      let members = try GroupMembers(self, query, fields, collections)
      try members.check(groups.reduce(0) { $0 + $1.group.count })
      for number in groups.indices {
        for (document, position) in try members.first(most, of: places[number]) {
          groups[number].group.documents.append(try shown(document, at: position, query))
        }
      }
    } else {
      try fill(&groups, query, by: field, collections, most: most)
    }
    var (total, documents): (Int64, Int64) = (-1, -1)
    if offset == 0, next == nil {
      (total, documents) = (Int64(groups.count), groups.reduce(0) { $0 + $1.group.count })
    } else if query.page.includeTotal {
      let known = try fields.flatMap { fields throws(Problem) in try fields.total() }
      if let known { (total, documents) = known } else { (total, documents) = try counted(query, by: field, collections) }
    }
    return DocumentGroups(listing: Listing(items: groups.map(\.group), total: total, nextCursor: next), documents: documents)
  }

  private typealias Found = (text: String, group: DocumentGroup)

  /// What all statements here say of the documents: which they are, and the JSON text of the field that groups them.
  private func parts(
    _ query: DocumentQuery, by field: String, _ collections: [String]
  ) throws(Problem) -> (key: String, source: (tables: String, test: String), sql: FilterSQL) {
    var aggregation = AggregationSQL()
    let key = try aggregation.json(field)
    var sql = aggregation.filter
    return (key, try DocumentPlan.source(self, query.namespaceID, collections, query.filter, &sql), sql)
  }

  private func grouped(_ query: DocumentQuery, by field: String, _ collections: [String], offset: Int64) throws(Problem) -> [Found] {
    let (key, source, sql) = try parts(query, by: field, collections)
    return try connection.rows(
      composed: """
        SELECT \(key) AS found, count(*), min(documents.position) AS start FROM \(source.tables) WHERE \(source.test)
        GROUP BY found ORDER BY start, found LIMIT $limit OFFSET $offset
        """,
      DocumentPlan.parameters(collections) + [("limit", .integer(Int64(query.page.limit) + 1)), ("offset", .integer(offset))] + sql.parameters
    ) { row throws(Problem) in
      let text = row.text()
      return (text: text, group: DocumentGroup(key: try JSON(parsing: text), count: row.int(), documents: []))
    }
  }

  private func counted(_ query: DocumentQuery, by field: String, _ collections: [String]) throws(Problem) -> (groups: Int64, documents: Int64) {
    let (key, source, sql) = try parts(query, by: field, collections)
    return try connection.rows(
      composed: "SELECT count(DISTINCT \(key)), count(*) FROM \(source.tables) WHERE \(source.test)",
      DocumentPlan.parameters(collections) + sql.parameters
    ) { row in (groups: row.int(), documents: row.int()) }.first ?? (0, 0)
  }

  /// Reads the documents of all groups in one pass. Only their places are sorted; a document is read when it is shown.
  private func fill(
    _ groups: inout [Found], _ query: DocumentQuery, by field: String, _ collections: [String], most: Int
  ) throws(Problem) {
    guard !groups.isEmpty else { return }
    var (key, source, sql) = try parts(query, by: field, collections)
    let order = try sql.order(query.sort)
    let wanted = try sql.bind(.json(.array(groups.map { .string($0.text) })))
    let numbers = Dictionary(uniqueKeysWithValues: groups.enumerated().map { ($0.element.text, $0.offset) })
    let rows = try connection.rows(
      composed: """
        SELECT page.found, documents.document_id, documents.collection_id, documents.body, documents.created_at, documents.updated_at, documents.position
        FROM (SELECT \(key) AS found, documents.collection_id, documents.position,
            row_number() OVER (PARTITION BY \(key) ORDER BY \(order)) AS place
            FROM \(source.tables) WHERE \(source.test) AND \(key) IN (SELECT item.value FROM json_each(\(wanted)) AS item)) AS page
          CROSS JOIN documents ON documents.collection_id = page.collection_id AND documents.position = page.position
        WHERE page.place <= $most ORDER BY page.found, page.place
        """, DocumentPlan.parameters(collections) + [("most", .integer(Int64(most)))] + sql.parameters
    ) { row throws(Problem) in (text: row.text(), document: try Document.read(&row), position: row.int()) }
    for row in rows {
      guard let number = numbers[row.text] else { continue }
      groups[number].group.documents.append(try shown(row.document, at: row.position, query))
    }
  }

  private func shown(_ document: Document, at position: Int64, _ query: DocumentQuery) throws(Problem) -> Document {
    var document = document
    if query.vectors { document.vectors = try vectors(of: document.collectionID, at: position) }
    if let select = query.select { document.fields = document.fields.keeping(select) }
    return document
  }
}
