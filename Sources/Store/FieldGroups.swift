import Basics
import Model

/// The values of a field and how many documents have each, out of the field's index: of a million documents, none is read.
struct FieldGroups {
  struct Group {
    /// The value as JSON text, as it stands in the documents.
    var text: String
    /// As the index has it; nil for null, arrays and objects, which have one place together there.
    var value: Value?
    var count: Int64
    /// The position of the first document that has it.
    var start: Int64
  }

  enum Order: String {
    /// By the first document of each.
    case start = "start"
    /// The most frequent first; of those that are as frequent, by their JSON texts.
    case frequency = "number DESC, spelling"
  }

  private let connection: Connection
  private let index: PayloadIndex
  private let collections: [String]
  /// The field's value as JSON text, and the parameters of that.
  private let json: String
  private let parameters: Connection.Parameters

  /// Nil where no index of the namespace holds the field of every document.
  init?(_ reader: Reader, of field: String, _ collections: [String], in namespaceID: String) throws(Problem) {
    guard case .field = Filter.subject(of: field) else { return nil }
    guard let index = try reader.payloadIndexes(in: namespaceID).first(where: { $0.isReady && $0.field == field }) else { return nil }
    var aggregation = AggregationSQL()
    json = try aggregation.json(field)
    parameters = DocumentPlan.parameters(collections) + aggregation.filter.parameters
    connection = reader.connection
    self.index = index
    self.collections = collections
  }

  var indexID: Int64 { index.id }
  private var place: String { "chosen.index_id = \(index.id) AND \(DocumentPlan.of(collections, "chosen"))" }

  /// Whole numbers and others are of one value in the index, and of two texts in the documents: there it cannot tell.
  private static let isMixed = "min(typeof(chosen.value)) <> max(typeof(chosen.value))"

  /// The first `limit` groups in an order; nil where the index cannot tell.
  func first(_ limit: Int64, by order: Order) throws(Problem) -> [Group]? {
    let spelling = """
      CASE typeof(chosen.value) WHEN 'text' THEN json_quote(chosen.value) WHEN 'blob' THEN CASE chosen.value WHEN x'01' THEN 'true' ELSE 'false' END \
      ELSE CAST(chosen.value AS TEXT) END
      """
    let rows = try connection.rows(
      composed: """
        SELECT chosen.value, count(*) AS number, min(chosen.position) AS start, \(Self.isMixed), \(order == .start ? "''" : spelling) AS spelling
        FROM document_fields AS chosen WHERE \(place) AND chosen.value < \(FieldValue.none) GROUP BY chosen.value
        ORDER BY \(order.rawValue) LIMIT $limit
        """, DocumentPlan.parameters(collections) + [("limit", .integer(limit))]
    ) { $0.values }
    var groups: [Group] = []
    for row in rows {
      guard row.count == 5, case .integer(let count) = row[1], case .integer(let start) = row[2], row[3] == .integer(0) else { return nil }
      groups.append(Group(text: try text(of: row[0], at: start), value: row[0], count: count, start: start))
    }
    groups += try connection.rows(
      composed: """
        SELECT \(json) AS spelling, count(*) AS number, min(documents.position) AS start FROM \(DocumentPlan.joined)
        WHERE \(place) AND chosen.value = \(FieldValue.none) GROUP BY spelling ORDER BY \(order.rawValue) LIMIT $limit
        """, parameters + [("limit", .integer(limit))]
    ) { row in Group(text: row.text(), value: nil, count: row.int(), start: row.int()) }
    groups.sort { a, b in
      if order == .start { return a.start < b.start }
      return a.count == b.count ? a.text.utf8.lexicographicallyPrecedes(b.text.utf8) : a.count > b.count
    }
    return Array(groups.prefix(Int(limit)))
  }

  /// A value's JSON text. SQLite writes other digits for a fraction than the document has, so that is read there.
  private func text(of value: Value, at position: Int64) throws(Problem) -> String {
    switch value {
    case .integer(let number): return "\(number)"
    case .text(let text): return JSON.string(text).text
    case .blob(let bytes): return bytes == [1] ? "true" : "false"
    default:
      return try connection.rows(
        composed: "SELECT \(json) FROM documents WHERE \(DocumentPlan.of(collections, "documents")) AND documents.position = $position",
        parameters + [("position", .integer(position))]
      ) { $0.text() }.first ?? "null"
    }
  }

  /// How many groups and documents there are; nil where the index cannot tell.
  func total() throws(Problem) -> (groups: Int64, documents: Int64)? {
    let known = try connection.rows(
      composed: """
        SELECT count(*), COALESCE(sum(number), 0), COALESCE(max(mixed), 0) FROM (SELECT count(*) AS number, \(Self.isMixed) AS mixed
          FROM document_fields AS chosen WHERE \(place) AND chosen.value < \(FieldValue.none) GROUP BY chosen.value)
        """, DocumentPlan.parameters(collections)
    ) { row in (groups: row.int(), documents: row.int(), isMixed: row.flag()) }
    let others = try connection.rows(
      composed: "SELECT count(DISTINCT \(json)), count(*) FROM \(DocumentPlan.joined) WHERE \(place) AND chosen.value = \(FieldValue.none)",
      parameters
    ) { row in (groups: row.int(), documents: row.int()) }
    guard let known = known.first, let others = others.first, !known.isMixed else { return nil }
    return (known.groups + others.groups, known.documents + others.documents)
  }

  /// What follows WHERE for the documents of one group among `DocumentPlan.joined`; `sql` goes on with the names of parameters.
  func members(of group: Group, _ sql: inout FilterSQL) throws(Problem) -> String {
    if let value = group.value { return "\(place) AND chosen.value = \(try sql.bind(value))" }
    var aggregation = AggregationSQL()
    let json = try aggregation.json(index.field)
    sql = aggregation.filter
    return "\(place) AND chosen.value = \(FieldValue.none) AND \(json) = \(try sql.bind(.text(group.text)))"
  }
}
