import Basics
import Model

/// A part of a filter that an index of a field answers by itself: documents whose value is one of some, or lies in a range.
struct FieldCondition {
  private enum Test {
    case among([JSON])
    case range(Filter.Comparison, JSON)
  }

  let indexID: Int64
  private let test: Test
  /// The part of the filter that it stands for.
  private let source: Filter

  /// One value, so that the documents come in the order of insertion.
  var isOneValue: Bool { if case .among(let values) = test { values.count == 1 } else { false } }

  /// The parts of a filter that have to hold in any case and that an index answers.
  static func all(in filter: Filter?, _ indexes: [PayloadIndex]) -> [FieldCondition] {
    switch filter {
    case .all(let inner)?: inner.flatMap { all(in: $0, indexes) }
    case .compare(let field, let comparison, let value)?: FieldCondition(field, comparison, value, indexes).map { [$0] } ?? []
    default: []
    }
  }

  /// The filter as one condition, where an index answers it wholly.
  static func whole(_ filter: Filter, _ indexes: [PayloadIndex]) -> FieldCondition? {
    if case .all(let inner) = filter, inner.count == 1 { return whole(inner[0], indexes) }
    guard case .compare(let field, let comparison, let value) = filter else { return nil }
    return FieldCondition(field, comparison, value, indexes)
  }

  private init?(_ field: String, _ comparison: Filter.Comparison, _ value: JSON, _ indexes: [PayloadIndex]) {
    guard let index = indexes.first(where: { $0.isReady && $0.field == field }) else { return nil }
    indexID = index.id
    source = .compare(field: field, comparison, value)
    switch (comparison, value) {
    case (.eq, .string), (.eq, .int), (.eq, .double), (.eq, .bool): test = .among([value])
    case (.in, .array(let items)):
      guard (1...32).contains(items.count), items.allSatisfy({ $0.string != nil || $0.double != nil || $0.bool != nil }) else { return nil }
      test = .among(items)
    case (.gt, .string), (.gt, .int), (.gt, .double), (.gte, .string), (.gte, .int), (.gte, .double), (.lt, .string), (.lt, .int), (.lt, .double),
      (.lte, .string), (.lte, .int), (.lte, .double):
      test = .range(comparison, value)
    default: return nil
    }
  }

  /// What is left of a filter to look at in the documents themselves; nil when the index says it all.
  func rest(of filter: Filter?) -> Filter? {
    switch filter {
    case source?: return nil
    case .all(let inner)?:
      let left = inner.compactMap(rest)
      return left.isEmpty ? nil : .all(left)
    default: return filter
    }
  }

  /// The condition on `chosen.value`. Numbers are less than every text, texts less than every blob: so a range keeps to its own kind.
  func sql(_ filter: inout FilterSQL) throws(Problem) -> String {
    switch test {
    case .among(let values):
      var terms: [String] = []
      for value in values { terms.append(try Self.bind(value, &filter)) }
      return terms.count == 1 ? "chosen.value = \(terms[0])" : "chosen.value IN (\(terms.joined(separator: ", ")))"
    case .range(let comparison, let value):
      let bound = try Self.bind(value, &filter)
      let isText = value.string != nil
      return switch comparison {
      case .gt: "chosen.value > \(bound) AND chosen.value < \(isText ? "x''" : "''")"
      case .gte: "chosen.value >= \(bound) AND chosen.value < \(isText ? "x''" : "''")"
      case .lt: isText ? "chosen.value >= '' AND chosen.value < \(bound)" : "chosen.value < \(bound)"
      default: isText ? "chosen.value >= '' AND chosen.value <= \(bound)" : "chosen.value <= \(bound)"
      }
    }
  }

  private static func bind(_ value: JSON, _ filter: inout FilterSQL) throws(Problem) -> String {
    switch value {
    case .string(let text): try filter.bind(.text(text))
    case .bool(let flag): flag ? "x'01'" : "x'00'"
    default: try filter.bindNumber(value)
    }
  }
}
