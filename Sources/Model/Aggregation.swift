package import Basics

/// What is to be computed of groups of documents: by which values they are grouped, which numbers of each group are wanted, and which groups
/// are shown.
package struct Aggregation: Sendable, Equatable {
  package enum TruncUnit: String, Sendable, CaseIterable { case year, month, week, day, hour, minute, second }
  package enum PartUnit: String, Sendable, CaseIterable { case year, month, week, day, dayOfWeek, dayOfYear, hour, minute, second }

  /// One part of what a group's documents have in common.
  package struct Key: Sendable, Equatable {
    package enum Form: Sendable, Equatable {
      case value
      /// The beginning of the year, month, … that a date is in, in UTC.
      case trunc(TruncUnit)
      /// The year, month, … of a date, as a number: weeks as ISO 8601 counts them, days of the week from 1 for Sunday.
      case part(PartUnit)
      /// Ranges between ascending boundaries; a value on a boundary belongs to the range below it. `other` is the name of what is in none.
      case ranges([Double], other: String?)
    }
    package var field: String
    package var alias: String
    package var form: Form
  }

  package enum Function: String, Sendable, CaseIterable {
    case count, countDistinct = "count_distinct", sum, avg, min, max, first, last, push, addToSet = "add_to_set"
  }

  package struct Metric: Sendable, Equatable {
    package var function: Function
    /// Only `count` does without.
    package var field: String?
    package var alias: String
  }

  package struct Having: Sendable, Equatable {
    package enum Comparison: String, Sendable, CaseIterable { case gt, gte, lt, lte, eq, ne }
    package var alias: String
    package var comparison: Comparison
    package var value: JSON
  }

  package var keys: [Key]
  package var metrics: [Metric]
  package var having: [Having]
  /// An array field: each of its items counts as a document of its own that has the item in the array's place.
  package var unwind: String?
  package var filter: Filter?
  /// A key or a metric, by its alias.
  package var sortBy: String?
  package var descending: Bool
  package var limit: Int?

  /// The one field by whose values documents are counted, where nothing else is asked.
  package var countedField: String? {
    guard unwind == nil, keys.count == 1, keys[0].form == .value, metrics.allSatisfy({ $0.function == .count && $0.field == nil }) else { return nil }
    return keys[0].field
  }

  package static let accepted = [
    "group_by", "aggregations", "filters", "having", "unwind", "range_buckets", "sort_by", "sort_direction", "limit",
  ]
  private static let metricExample = "[{\"function\": \"count\", \"alias\": \"total\"}]"

  package init(_ body: JSON) throws(Problem) {
    let fields = try Fields(body, accepting: Self.accepted)
    keys = try Self.keys(fields) + Self.ranges(fields)
    guard let items = try fields.objects("aggregations", in: 1...32, example: Self.metricExample) else {
      throw fields.missing("aggregations", example: Self.metricExample)
    }
    metrics = []
    for item in items {
      metrics.append(try Self.metric(Fields(.object(item.object), path: item.path, accepting: ["function", "field", "alias", "distinct_field"])))
    }
    let aliases = keys.map(\.alias) + metrics.map(\.alias)
    if let twice = aliases.indices.first(where: { aliases[..<$0].contains(aliases[$0]) }) {
      throw Problem(.invalid, "two results are called '\(aliases[twice])'", hint: "Give each an alias of its own", path: "aggregations")
    }
    if keys.isEmpty, let metric = metrics.first(where: { $0.function != .count }) {
      throw Problem(
        .invalid, "'\(metric.function.rawValue)' needs groups",
        hint: "Add \"group_by\": [{\"field\": \"category\"}]; without it only count is computed",
        path: "group_by")
    }
    having = []
    for item in try fields.objects("having", in: 0...32, example: "[{\"field\": \"total\", \"operator\": \"gt\", \"value\": 10}]") ?? [] {
      having.append(
        try Self.having(Fields(.object(item.object), path: item.path, accepting: ["field", "operator", "value"]), among: metrics.map(\.alias)))
    }
    unwind = try fields.string("unwind")
    filter = try fields["filters"].map { json throws(Problem) in try Filter(json, path: "filters") }
    sortBy = try fields.string("sort_by")
    if let sortBy, !aliases.contains(sortBy) {
      throw Problem(
        .invalid, "there is no result '\(sortBy)' to sort by", hint: "One of: \(aliases.joined(separator: ", "))", path: "sort_by",
        didYouMean: Suggestion.nearest(to: sortBy, in: aliases))
    }
    let direction = try fields.string("sort_direction") ?? "desc"
    guard ["asc", "desc"].contains(direction) else {
      throw Problem(.invalid, "unknown sort_direction '\(direction)'", hint: "One of: asc, desc", path: "sort_direction")
    }
    descending = direction == "desc"
    limit = try fields.int("limit", in: 1...1_000_000).map(Int.init)
  }

  private static func keys(_ fields: Fields) throws(Problem) -> [Key] {
    var keys: [Key] = []
    for item in try fields.objects("group_by", in: 0...16, example: "[{\"field\": \"category\"}]") ?? [] {
      let part = try Fields(.object(item.object), path: item.path, accepting: ["field", "alias", "date_trunc", "date_part"])
      let field = try part.required("field", example: "\"category\"")
      let (trunc, unit): (TruncUnit?, PartUnit?) = (try part.choice("date_trunc"), try part.choice("date_part"))
      if trunc != nil, unit != nil {
        throw Problem(.invalid, "both date_trunc and date_part are given", hint: "Give one of them", path: part.at("date_part"))
      }
      let form = trunc.map(Key.Form.trunc) ?? unit.map(Key.Form.part) ?? .value
      keys.append(Key(field: field, alias: try part.string("alias") ?? field, form: form))
    }
    return keys
  }

  private static func ranges(_ fields: Fields) throws(Problem) -> [Key] {
    var keys: [Key] = []
    for item in try fields.objects("range_buckets", in: 0...16, example: "[{\"field\": \"price\", \"boundaries\": [0, 10, 20]}]") ?? [] {
      let part = try Fields(.object(item.object), path: item.path, accepting: ["field", "boundaries", "default_bucket"])
      let field = try part.required("field", example: "\"price\"")
      let values = part["boundaries"]?.array ?? []
      let boundaries = values.compactMap(\.double).filter(\.isFinite)
      let ascends = zip(boundaries, boundaries.dropFirst()).allSatisfy { $0 < $1 }
      guard (1...1000).contains(values.count), boundaries.count == values.count, ascends else {
        throw Problem(
          .invalid, "boundaries must be up to 1000 numbers in ascending order", hint: "For example \"boundaries\": [0, 10, 20]",
          path: part.at("boundaries"))
      }
      keys.append(Key(field: field, alias: field, form: .ranges(boundaries, other: try part.string("default_bucket"))))
    }
    return keys
  }

  private static func metric(_ fields: Fields) throws(Problem) -> Metric {
    guard let function: Function = try fields.choice("function") else { throw fields.missing("function", example: "\"count\"") }
    let alias = try fields.required("alias", example: "\"total\"")
    let (field, distinct) = (try fields.string("field"), try fields.string("distinct_field"))
    let counted = function == .countDistinct ? distinct ?? field : field
    if counted == nil, function != .count { throw fields.missing("field", example: "\"price\"") }
    return Metric(function: function, field: counted, alias: alias)
  }

  private static func having(_ fields: Fields, among aliases: [String]) throws(Problem) -> Having {
    let alias = try fields.required("field", example: "\"\(aliases.first ?? "total")\"")
    guard aliases.contains(alias) else {
      throw Problem(
        .invalid, "there is no aggregation '\(alias)'", hint: "One of: \(aliases.joined(separator: ", "))", path: fields.at("field"),
        didYouMean: Suggestion.nearest(to: alias, in: aliases))
    }
    guard let comparison: Having.Comparison = try fields.choice("operator") else { throw fields.missing("operator", example: "\"gt\"") }
    guard let value = fields["value"], value.double != nil || value.string != nil || value.bool != nil else {
      throw Problem(.invalid, "'value' is a number, a text or a boolean", hint: "For example \"value\": 10", path: fields.at("value"))
    }
    return Having(alias: alias, comparison: comparison, value: value)
  }
}
