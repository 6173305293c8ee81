import Basics
import Model

/// The first documents of groups that an index names, in the order that a query asks for.
///
/// Of a group with many documents, only places are sorted; where the field that they are sorted by has an index, too, not even those: it is walked in
/// its order, and what is in the group is taken, until there is enough. The more documents the group has, the sooner that is.
struct GroupMembers {
  /// Documents of a page's groups that are read at most, to be sorted by a field without an index. Tests take less.
  @TaskLocal static var sortable: Int64 = 500_000

  private let reader: Reader
  private let query: DocumentQuery
  private let fields: FieldGroups
  private let collections: [String]
  /// The index of the field that they are sorted by.
  private let order: PayloadIndex?

  init(_ reader: Reader, _ query: DocumentQuery, _ fields: FieldGroups, _ collections: [String]) throws(Problem) {
    self.reader = reader
    self.query = query
    self.fields = fields
    self.collections = collections
    // One collection's documents lie in the index in the order of their values; those of several would have to be merged.
    let isWalkable = query.sort.count == 1 && collections.count == 1
    order = isWalkable ? try reader.payloadIndexes(in: query.namespaceID).first { $0.isReady && $0.field == query.sort[0].field } : nil
  }

  /// Says at once that so many documents are not sorted within the time that a read has, where that is known.
  func check(_ count: Int64) throws(Problem) {
    guard let field = query.sort.first?.field, order == nil, count > Self.sortable else { return }
    throw Problem(
      .budget, "the groups of this page have \(count) documents, too many to sort by '\(field)' in the time that a read has",
      hint: "Give '\(field)' an index, leave the sort out, or ask for smaller groups", path: "sort", details: ["documents": .int(count)])
  }

  func first(_ most: Int, of group: FieldGroups.Group) throws(Problem) -> [(document: Document, position: Int64)] {
    let places: [(collectionID: String, position: Int64)]
    if let order, let value = group.value, group.count > DocumentPlan.few / 10 {
      places = try walked(order, value, most)
    } else {
      places = try sorted(group, most)
    }
    var found: [(document: Document, position: Int64)] = []
    for place in places {
      let parameters: Connection.Parameters = [("collection_id", .text(place.collectionID)), ("position", .integer(place.position))]
      if let document = try reader.connection.first(.documentAt, parameters, Document.read) { found.append((document, place.position)) }
    }
    return found
  }

  private func sorted(_ group: FieldGroups.Group, _ most: Int) throws(Problem) -> [(collectionID: String, position: Int64)] {
    var sql = FilterSQL()
    let test = try fields.members(of: group, &sql)
    let order = query.sort.isEmpty ? "chosen.position" : try sql.order(query.sort)
    return try places(in: DocumentPlan.joined, test, order, most, sql.parameters)
  }

  /// What has no value comes last in both directions, and last in the index.
  private func walked(_ order: PayloadIndex, _ value: Value, _ most: Int) throws(Problem) -> [(collectionID: String, position: Int64)] {
    func part(_ more: String, _ direction: String, _ limit: Int) throws(Problem) -> [(collectionID: String, position: Int64)] {
      var sql = FilterSQL()
      let test = """
        chosen.index_id = \(order.id) AND \(DocumentPlan.of(collections, "chosen")) AND \(more) AND EXISTS (
          SELECT 1 FROM document_fields AS member WHERE member.index_id = \(fields.indexID) AND member.collection_id = chosen.collection_id
            AND member.value = \(try sql.bind(value)) AND member.position = chosen.position)
        """
      return try places(in: "document_fields AS chosen", test, direction, limit, sql.parameters)
    }
    let isDescending = query.sort[0].descending
    let found = try part("chosen.value < \(FieldValue.none)", "chosen.value\(isDescending ? " DESC" : ""), chosen.position", most)
    if found.count == most { return found }
    return found + (try part("chosen.value = \(FieldValue.none)", "chosen.position", most - found.count))
  }

  private func places(
    in tables: String, _ test: String, _ order: String, _ most: Int, _ parameters: Connection.Parameters
  ) throws(Problem) -> [(collectionID: String, position: Int64)] {
    try reader.connection.rows(
      composed: "SELECT chosen.collection_id, chosen.position FROM \(tables) WHERE \(test) ORDER BY \(order) LIMIT $most",
      DocumentPlan.parameters(collections) + [("most", .integer(Int64(most)))] + parameters
    ) { row in (collectionID: row.text(), position: row.int()) }
  }
}
