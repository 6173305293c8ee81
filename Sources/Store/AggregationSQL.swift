import Basics
import Model

/// An aggregation as SQL for SQLite: groups are formed by the JSON text of their keys, so that `1`, `"1"` and `true` stay apart.
struct AggregationSQL {
  private(set) var filter = FilterSQL()
  private let unwound: [String]?

  init(unwinding field: String? = nil) {
    unwound = field.map { $0.split(separator: ".", omittingEmptySubsequences: false).map(String.init) }
  }

  /// One row per group: the keys' JSON texts, then the metrics, lists and single values of documents as JSON texts. `most` groups and one more are read.
  mutating func statement(
    _ aggregation: Aggregation, of collectionID: String, most: Int, _ reader: Reader
  ) throws(Problem) -> (sql: String, parameters: Connection.Parameters) {
    var columns: [String] = []
    for key in aggregation.keys { columns.append(try text(of: key)) }
    let groups = columns.indices.map { "\($0 + 1)" }.joined(separator: ", ")
    for metric in aggregation.metrics { columns.append(try column(of: metric)) }
    let namespaceID = try reader.namespace(of: collectionID) ?? ""
    let source = try DocumentPlan.source(reader, namespaceID, [collectionID], aggregation.filter, &filter)
    var tables = source.tables
    if let unwound { tables += ", json_each(documents.body, \(try filter.pathParameter(unwound, aggregation.unwind ?? ""))) AS item" }
    let sql = """
      SELECT \(columns.joined(separator: ", ")) FROM \(tables) WHERE \(source.test)
      \(groups.isEmpty ? "" : "GROUP BY \(groups) ORDER BY \(groups)") LIMIT $most
      """
    return (sql, DocumentPlan.parameters([collectionID]) + [("most", .integer(Int64(most) + 1))] + filter.parameters)
  }

  /// The value of a field in three shapes: as JSON text (`'null'` when it is missing), JSON's name of its type, and as SQLite's own value.
  private struct Expression {
    var json: String
    var type: String
    var value: String

    var isNumber: String { "\(type) IN ('integer', 'real')" }
    var isText: String { "\(type) = 'text'" }
    /// Of a text that is a date, or of a number of seconds, what SQLite's date functions take.
    func date(_ function: String, _ modifiers: String = "") -> String {
      """
      CASE WHEN \(isText) THEN \(function)\(value)\(modifiers)) \
      WHEN \(isNumber) THEN \(function)\(value), 'unixepoch'\(modifiers)) END
      """
    }
  }

  private mutating func expression(_ field: String) throws(Problem) -> Expression {
    switch Filter.subject(of: field) {
    case .documentID: return Self.column("documents.document_id")
    case .collectionID: return Self.column("documents.collection_id")
    case .createdAt: return Self.time("documents.created_at")
    case .updatedAt: return Self.time("documents.updated_at")
    case .field(let keys):
      if let unwound, keys.starts(with: unwound) { return try item(Array(keys.dropFirst(unwound.count)), field) }
      let path = try filter.pathParameter(keys, field)
      return Expression(
        json: "COALESCE(documents.body -> \(path), 'null')", type: "COALESCE(json_type(documents.body, \(path)), 'null')",
        value: "json_extract(documents.body, \(path))")
    }
  }

  /// A field's value as JSON text, `null` when it is missing.
  mutating func json(_ field: String) throws(Problem) -> String { try expression(field).json }

  private static func column(_ name: String) -> Expression { Expression(json: "json_quote(\(name))", type: "'text'", value: name) }

  private static func time(_ column: String) -> Expression {
    let text = "strftime('%Y-%m-%dT%H:%M:%fZ', \(column) / 1000.0, 'unixepoch')"
    return Expression(json: "json_quote(\(text))", type: "'text'", value: text)
  }

  /// An item of the array that is unwound, or a field of it.
  private mutating func item(_ rest: [String], _ field: String) throws(Problem) -> Expression {
    if rest.isEmpty {
      // json_each gives true as 1 and texts without quotes; https://www.sqlite.org/json1.html#jeach
      let json = """
        CASE item.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN 'null' WHEN 'text' THEN json_quote(item.value) \
        ELSE CAST(item.value AS TEXT) END
        """
      return Expression(json: json, type: "item.type", value: "item.value")
    }
    let path = try filter.pathParameter(rest, field)
    let object = "CASE item.type WHEN 'object' THEN item.value END"
    return Expression(
      json: "COALESCE(\(object) -> \(path), 'null')", type: "COALESCE(json_type(\(object), \(path)), 'null')",
      value: "json_extract(\(object), \(path))")
  }

  private mutating func text(of key: Aggregation.Key) throws(Problem) -> String {
    let field = try expression(key.field)
    switch key.form {
    case .value: return field.json
    case .trunc(let unit):
      return "COALESCE(json_quote(\(field.date("strftime('\(Self.format(unit))', ", unit == .week ? Self.toMonday : ""))), 'null')"
    case .part(let unit): return "COALESCE(\(Self.part(unit, of: field)), 'null')"
    case .ranges(let boundaries, let other):
      var cases = ["WHEN NOT \(field.isNumber) THEN \(try filter.parameter(.text(other ?? "other")))"]
      // N boundaries make N + 1 ranges; the two at the ends have a name of their own only if the rest has none.
      let names = boundaries.map(Self.name)
      for (index, boundary) in boundaries.enumerated() {
        let label = index == 0 ? other ?? "<\(names[0])" : "\(names[index - 1])-\(names[index])"
        cases.append("WHEN \(field.value) <= \(try filter.parameter(.real(boundary))) THEN \(try filter.parameter(.text(label)))")
      }
      let above = try filter.parameter(.text(other ?? ">\(names.last ?? "")"))
      return "json_quote(CASE \(cases.joined(separator: " ")) ELSE \(above) END)"
    }
  }

  /// `10` for 10.0: boundaries are mostly whole.
  private static func name(_ boundary: Double) -> String { JSON.double(boundary).int.map(String.init) ?? "\(boundary)" }

  /// The Monday of a date's week: the Sunday that ends it, and six days back.
  private static let toMonday = ", 'weekday 0', '-6 days'"

  private static func format(_ unit: Aggregation.TruncUnit) -> String {
    switch unit {
    case .year: "%Y-01-01T00:00:00Z"
    case .month: "%Y-%m-01T00:00:00Z"
    case .week, .day: "%Y-%m-%dT00:00:00Z"
    case .hour: "%Y-%m-%dT%H:00:00Z"
    case .minute: "%Y-%m-%dT%H:%M:00Z"
    case .second: "%Y-%m-%dT%H:%M:%SZ"
    }
  }

  private static func part(_ unit: Aggregation.PartUnit, of field: Expression) -> String {
    func number(_ format: String, _ modifiers: String = "") -> String { "CAST(\(field.date("strftime('\(format)', ", modifiers)) AS INTEGER)" }
    let text =
      switch unit {
      case .year: number("%Y")
      case .month: number("%m")
      // A week belongs to the year that its Thursday is in (ISO 8601).
      case .week: "(\(number("%j", ", '-3 days', 'weekday 4'")) - 1) / 7 + 1"
      case .day: number("%d")
      case .dayOfWeek: "\(number("%w")) + 1"
      case .dayOfYear: number("%j")
      case .hour: number("%H")
      case .minute: number("%M")
      case .second: number("%S")
      }
    return "CAST(\(text) AS TEXT)"
  }

  private mutating func column(of metric: Aggregation.Metric) throws(Problem) -> String {
    guard let name = metric.field else { return "count(*)" }
    let field = try expression(name)
    let (number, word) = ("CASE WHEN \(field.isNumber) THEN \(field.value) END", "CASE WHEN \(field.isText) THEN \(field.value) END")
    let known = "CASE WHEN \(field.json) <> 'null' THEN \(field.json) END"
    // The value of the first or last document that has one, its place in the collection in front of it.
    func placed(_ end: String) -> String {
      "COALESCE(substr(\(end)(CASE WHEN \(field.json) <> 'null' THEN printf('%020d', documents.position) || \(field.json) END), 21), 'null')"
    }
    switch metric.function {
    case .count: return "count(\(known))"
    case .countDistinct: return "count(DISTINCT \(known))"
    // SQLite's own sum fails where whole numbers grow too large; its total never does, and is exact up to 2^53.
    case .sum:
      let isWhole = "count(CASE WHEN \(field.type) = 'real' THEN 1 END) = 0 AND abs(total(\(number))) < 9007199254740992"
      return "CASE WHEN \(isWhole) THEN CAST(total(\(number)) AS INTEGER) ELSE total(\(number)) END"
    case .avg: return "avg(\(number))"
    case .min, .max: return "COALESCE(\(metric.function.rawValue)(\(number)), \(metric.function.rawValue)(\(word)))"
    case .first: return placed("min")
    case .last: return placed("max")
    case .push: return "'[' || COALESCE(group_concat(\(known), ','), '') || ']'"
    case .addToSet: return "'[' || COALESCE(group_concat(DISTINCT \(known)), '') || ']'"
    }
  }
}

extension Aggregation.Function {
  /// Whether it answers values as documents have them, any JSON, and not a number or text of its own.
  var isJSON: Bool {
    switch self {
    case .first, .last, .push, .addToSet: true
    case .count, .countDistinct, .sum, .avg, .min, .max: false
    }
  }
}
