import Basics
import Model

/// Filters and sort orders over documents' own fields, as SQL over `documents.body` for SQLite.
///
/// The one place where a query looks into JSON, and the one text that another database needs anew; `Filter.matches` says what it has
/// to mean. Users' names and values are parameters, every one. Each condition is 0 or 1, never NULL, so that NOT means not.
struct FilterSQL {
  private(set) var parameters: Connection.Parameters = []
  private var paths: [[String]: String] = [:]
  /// Whether capital and small letters differ, in the part that is being written.
  private var isExact = false

  /// A filter may have so many fields and values in all; a list of values counts as one. SQLite looks for each parameter's name among
  /// all others, so that ten times as many would take a hundred times as long to read.
  static let limit = 6000
  /// A list of values may have so many.
  static let listLimit = 100_000
  /// A longer list goes to SQLite as one parameter.
  private static let shortList = 16

  mutating func bind(_ value: Value) throws(Problem) -> String {
    guard parameters.count < Self.limit else {
      throw Problem(
        .tooLarge, "the filter has more than \(Self.limit) fields and values",
        hint: "Compare one field with many values by \"in\", or ask in several parts",
        path: "filters")
    }
    let name = "f\(parameters.count)"
    parameters.append((name, value))
    return "$" + name
  }

  /// A number goes the way of the numbers in the documents, through SQLite's own reader, so that equal texts are equal numbers.
  mutating func bindNumber(_ json: JSON) throws(Problem) -> String { "json_extract(\(try bind(.json(json))), '$')" }

  // MARK: - Conditions

  mutating func condition(_ filter: Filter) throws(Problem) -> String {
    switch filter {
    case .all(let inner): return try joined(inner, "AND", none: "1")
    case .any(let inner): return try joined(inner, "OR", none: "0")
    case .none(let inner): return "NOT " + (try joined(inner, "OR", none: "0"))
    case .compare(let field, let comparison, let value):
      let operand = try operand(field)
      if case .time = operand { return try compare(operand, comparison, Self.milliseconds(value, field: field), field) }
      return try compare(operand, comparison, value, field)
    case .exact(let inner):
      let outside = isExact
      isExact = true
      defer { isExact = outside }
      return try condition(inner)
    case .mentions(let text):
      let folded = Filter.fold(text)
      let needle = try bind(.text(folded))
      // What is written in a body as it is, is in it as a whole: most documents are done with there. Escaped it may look otherwise.
      let isPlain = folded.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
      return """
        (instr(fold(documents.document_id), \(needle)) > 0 OR \(isPlain ? "instr(fold(documents.body), \(needle)) > 0 AND " : "")EXISTS (SELECT 1 FROM json_tree(json_remove(documents.body, '$._internal')) AS item
          WHERE item.type = 'text' AND instr(fold(item.value), \(needle)) > 0))
        """
    case .share(let share, let count):
      return "(share_of(documents.document_id, \(try bind(.integer(count)))) = \(try bind(.integer(share))))"
    }
  }

  private mutating func joined(_ filters: [Filter], _ word: String, none: String) throws(Problem) -> String {
    var conditions: [String] = []
    for filter in filters { conditions.append(try condition(filter)) }
    return Self.balanced(conditions[...], word) ?? none
  }

  /// SQLite allows expressions a thousand deep, and reads `a OR b OR c` as a chain: this makes a tree of it.
  private static func balanced(_ terms: ArraySlice<String>, _ word: String) -> String? {
    guard let first = terms.first else { return nil }
    guard terms.count > 1 else { return "(\(first))" }
    let middle = terms.startIndex + terms.count / 2
    guard let left = balanced(terms[..<middle], word), let right = balanced(terms[middle...], word) else { return nil }
    return "(\(left) \(word) \(right))"
  }

  private enum Operand {
    /// A field: the name of the parameter that holds its path.
    case field(String)
    /// A column that holds text.
    case text(String)
    /// A column that holds milliseconds.
    case time(String)

    /// JSON's name for the type; NULL when the field is missing.
    var type: String {
      switch self {
      case .field(let path): "json_type(documents.body, \(path))"
      case .text: "'text'"
      case .time: "'integer'"
      }
    }

    var value: String {
      switch self {
      case .field(let path): "json_extract(documents.body, \(path))"
      case .text(let column), .time(let column): column
      }
    }

    var isNull: String { "COALESCE(\(type), 'null') = 'null'" }
    /// False, and yet it mentions the operand: a parameter that a statement does not have cannot be bound.
    var never: String { "\(isNull) AND 0" }
    var isNumber: String { "COALESCE(\(type), 'null') IN ('integer', 'real')" }
    func isA(_ name: String) -> String { "COALESCE(\(type), 'null') = '\(name)'" }
  }

  private mutating func operand(_ field: String) throws(Problem) -> Operand {
    switch Filter.subject(of: field) {
    case .documentID: return .text("documents.document_id")
    case .collectionID: return .text("documents.collection_id")
    case .createdAt: return .time("documents.created_at")
    case .updatedAt: return .time("documents.updated_at")
    case .field(let keys): return .field(try pathParameter(keys, field))
    }
  }

  // MARK: - For other statements over documents

  /// The parameter that holds the path of a field, as SQLite writes it.
  mutating func pathParameter(_ keys: [String], _ field: String) throws(Problem) -> String {
    if let known = paths[keys] { return known }
    let name = try bind(.text(Self.path(keys, field)))
    paths[keys] = name
    return name
  }

  mutating func parameter(_ value: Value) throws(Problem) -> String { try bind(value) }

  /// SQLite's path syntax quotes keys but knows no escapes: https://www.sqlite.org/json1.html#path_arguments
  static func path(_ keys: [String], _ field: String) throws(Problem) -> String {
    var path = "$"
    for key in keys {
      guard !key.isEmpty, !key.utf8.contains(where: { $0 < 32 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") || $0 == 127 }) else {
        throw Problem(
          .invalid, key.isEmpty ? "the field '\(field)' has an empty part" : "the field '\(field)' cannot be filtered or sorted by",
          hint: "Write keys with dots between them, for example \"product.price\"; quotes, backslashes and control characters are not for filters",
          path: "field")
      }
      path += ".\"\(key)\""
    }
    return path
  }

  private mutating func compare(_ operand: Operand, _ comparison: Filter.Comparison, _ value: JSON, _ field: String) throws(Problem) -> String {
    switch comparison {
    case .eq: return try equals(operand, [value])
    case .ne: return "NOT (\(try equals(operand, [value])))"
    case .in: return try equals(operand, value.array ?? [])
    case .nin: return "NOT (\(try equals(operand, value.array ?? [])))"
    case .exists: return value == false ? operand.isNull : "NOT (\(operand.isNull))"
    case .isNull: return value == false ? "NOT (\(operand.isNull))" : operand.isNull
    case .gt: return try ordered(operand, ">", value)
    case .lt: return try ordered(operand, "<", value)
    case .gte: return try ordered(operand, ">=", value)
    case .lte: return try ordered(operand, "<=", value)
    case .regex, .phrase, .words:
      guard let part = value.string else { return operand.never }
      if case .time = operand { throw Self.notADate(value, field) }
      let looks = "looks(\(operand.value), '\(comparison.rawValue)', \(try bind(.text(part))), \(isExact ? 1 : 0))"
      return "\(operand.isA("text")) AND \(looks)"
    case .contains, .text, .startsWith, .endsWith:
      guard let part = value.string else { return operand.never }
      if case .time = operand { throw Self.notADate(value, field) }
      return try looks(operand, comparison, part)
    }
  }

  private mutating func ordered(_ operand: Operand, _ symbol: String, _ value: JSON) throws(Problem) -> String {
    switch value {
    case .string(let text): return "\(operand.isA("text")) AND \(operand.value) \(symbol) \(try bind(.text(text)))"
    case .int, .double: return "\(operand.isNumber) AND \(operand.value) \(symbol) \(try bindNumber(value))"
    default: return operand.never
    }
  }

  /// Equal to one of the values. Each type is compared with its own kind only: in SQLite true is 1 and an array is text.
  private mutating func equals(_ operand: Operand, _ values: [JSON]) throws(Problem) -> String {
    guard values.count <= Self.listLimit else {
      throw Problem(
        .tooLarge, "the filter compares with \(values.count) values", hint: "Give at most \(Self.listLimit), or ask in several parts", path: "filters"
      )
    }
    if values.count > Self.shortList { return try isAmong(operand, values) }
    var (texts, numbers, containers): ([String], [String], [String]) = ([], [], [])
    var conditions: [String] = []
    for value in values {
      switch value {
      case .null: conditions.append(operand.isNull)
      case .bool(let flag): conditions.append(operand.isA(flag ? "true" : "false"))
      case .string(let text): texts.append(try bind(.text(text)))
      case .int, .double: numbers.append(try bindNumber(value))
      case .array, .object: containers.append(try bind(.json(value)))
      }
    }
    if !texts.isEmpty { conditions.append("\(operand.isA("text")) AND \(operand.value) IN (\(texts.joined(separator: ", ")))") }
    if !numbers.isEmpty { conditions.append("\(operand.isNumber) AND \(operand.value) IN (\(numbers.joined(separator: ", ")))") }
    if !containers.isEmpty {
      conditions.append("COALESCE(\(operand.type), 'null') IN ('array', 'object') AND \(operand.value) IN (\(containers.joined(separator: ", ")))")
    }
    return Self.balanced(conditions[...], "OR") ?? operand.never
  }

  /// Like `equals`, for many values: SQLite reads them out of one JSON text, as it reads the documents'.
  private mutating func isAmong(_ operand: Operand, _ values: [JSON]) throws(Problem) -> String {
    var (texts, numbers, others): ([JSON], [JSON], [JSON]) = ([], [], [])
    for value in values {
      switch value {
      case .string: texts.append(value)
      case .int, .double: numbers.append(value)
      case .null, .bool, .array, .object:
        if others.contains(value) { continue }
        others.append(value)
        guard others.count <= Self.shortList else {
          throw Problem(
            .tooLarge, "the filter compares one field with more than \(Self.shortList) arrays and objects", hint: "Ask in several parts",
            path: "filters")
        }
      }
    }
    var conditions = others.isEmpty ? [] : [try equals(operand, others)]
    for (list, test) in [(texts, operand.isA("text")), (numbers, operand.isNumber)] where !list.isEmpty {
      conditions.append("\(test) AND \(operand.value) IN (SELECT item.value FROM json_each(\(try bind(.json(.array(list))))) AS item)")
    }
    return Self.balanced(conditions[...], "OR") ?? operand.never
  }

  private mutating func looks(_ operand: Operand, _ comparison: Filter.Comparison, _ part: String) throws(Problem) -> String {
    let needle = try bind(.text(isExact ? part : Filter.fold(part)))
    let text = isExact ? operand.value : "fold(\(operand.value))"
    let found =
      switch comparison {
      case .startsWith: "substr(\(text), 1, length(\(needle))) = \(needle)"
      case .endsWith: "(\(needle) = '' OR substr(\(text), -length(\(needle))) = \(needle))"
      default: "instr(\(text), \(needle)) > 0"
      }
    guard comparison == .contains, case .field(let path) = operand else { return "\(operand.isA("text")) AND \(found)" }
    let member =
      "EXISTS (SELECT 1 FROM json_each(documents.body, \(path)) AS item WHERE item.type = 'text' AND item.value = \(try bind(.text(part))))"
    return "CASE COALESCE(\(operand.type), 'null') WHEN 'text' THEN \(found) WHEN 'array' THEN \(member) ELSE 0 END"
  }

  private static func milliseconds(_ value: JSON, field: String) throws(Problem) -> JSON {
    switch value {
    case .string(let text):
      guard let instant = Instant(text) else { throw notADate(value, field) }
      return .int(instant.milliseconds)
    case .array(let items):
      var result: [JSON] = []
      for item in items { result.append(try milliseconds(item, field: field)) }
      return .array(result)
    case .null, .bool: return value
    default: throw notADate(value, field)
    }
  }

  private static func notADate(_ value: JSON, _ field: String) -> Problem {
    Problem(
      .invalid, "\(field) is compared with the \(value.typeName) \(value.brief)", hint: "Give a time, for example \"2024-01-01T02:00:00Z\"",
      path: "value")
  }

  // MARK: - Orders

  /// What follows ORDER BY: values as `DocumentOrder` has them; documents that lack the field come last, those that are alike in their order of
  /// insertion.
  mutating func order(_ sort: [(field: String, descending: Bool)]) throws(Problem) -> String {
    var terms: [String] = []
    for item in sort {
      let operand = try operand(item.field)
      let value =
        if case .field(let path) = operand { "NULLIF(\(FieldValue.sql(body: "documents.body", path: path)), \(FieldValue.none))" } else {
          operand.value
        }
      terms.append("\(value) \(item.descending ? "DESC" : "ASC") NULLS LAST")
    }
    return (terms + ["documents.position"]).joined(separator: ", ")
  }
}
