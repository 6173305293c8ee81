package import Basics

/// The groups of an aggregation, as they are shown: those that `having` lets pass, in the order asked for, up to the limit.
package struct AggregationResult: Sendable, Equatable {
  package struct Group: Sendable, Equatable {
    /// By alias.
    package var key: JSONObject
    package var metrics: JSONObject

    package init(key: JSONObject, metrics: JSONObject) {
      self.key = key
      self.metrics = metrics
    }

    fileprivate func value(_ alias: String) -> JSON { key[alias] ?? metrics[alias] ?? .null }
  }

  package var groups: [Group]
  /// How many passed, the limit aside.
  package var total: Int

  package init(_ found: [Group], of aggregation: Aggregation) {
    var passing = found.filter { group in aggregation.having.allSatisfy { $0.holds(group.value($0.alias)) } }
    total = passing.count
    if let alias = aggregation.sortBy {
      // Swift's sort keeps the order of equals, which is that of the keys.
      passing.sort { aggregation.descending ? Self.isBefore($1.value(alias), $0.value(alias)) : Self.isBefore($0.value(alias), $1.value(alias)) }
    }
    groups = aggregation.limit.map { Array(passing.prefix($0)) } ?? passing
  }

  /// Numbers by size, texts by their bytes; between kinds: null, booleans, numbers, texts, the rest.
  static func isBefore(_ a: JSON, _ b: JSON) -> Bool {
    func rank(_ value: JSON) -> Int {
      switch value {
      case .null: 0
      case .bool: 1
      case .int, .double: 2
      case .string: 3
      case .array, .object: 4
      }
    }
    if rank(a) != rank(b) { return rank(a) < rank(b) }
    switch (a, b) {
    case (.bool(let a), .bool(let b)): return !a && b
    case (.string(let a), .string(let b)): return a.utf8.lexicographicallyPrecedes(b.utf8)
    case (.int(let a), .int(let b)): return a < b
    default:
      guard let a = a.double, let b = b.double else { return false }
      return a < b
    }
  }
}

extension Aggregation.Having {
  func holds(_ found: JSON) -> Bool {
    let isLess = AggregationResult.isBefore(found, value)
    let isMore = AggregationResult.isBefore(value, found)
    switch comparison {
    case .eq: return !isLess && !isMore
    case .ne: return isLess || isMore
    // What is not there is neither above nor below.
    case .gt: return isMore && found != .null
    case .gte: return !isLess && found != .null
    case .lt: return isLess && found != .null
    case .lte: return !isMore && found != .null
    }
  }
}
