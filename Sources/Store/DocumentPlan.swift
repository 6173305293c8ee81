import Basics
import Model

/// Which way a list of documents is found: along the order of insertion, by an index of a field that the filter names, or along the order of the
/// field that it is sorted by.
///
/// SQLite would guess how many documents a condition leaves; this counts, up to a bound, in the index itself. So the way depends on the documents
/// alone, and no statistics have to be kept.
struct DocumentPlan {
  enum Way {
    /// All documents of the collections, one after the other.
    case plain
    /// Those that a condition leaves, few enough to be sorted; or of one value, which are in the order of insertion already.
    case chosen(FieldCondition, isOrdered: Bool)
    /// All, in the order of the index of the field that they are sorted by.
    case sorted(indexID: Int64)
  }

  /// What is sorted at most. Tests take less, to see every way with few documents.
  @TaskLocal static var few: Int64 = 20_000

  /// So many documents of one value are worth going value by value when a list is sorted from the greatest down.
  @TaskLocal static var crowd: Int64 = 200

  let way: Way
  private let indexes: [PayloadIndex]

  init(
    _ reader: Reader, _ namespaceID: String, _ collections: [String], _ filter: Filter?, _ sort: [(field: String, descending: Bool)]
  ) throws(Problem) {
    let isSimple = filter == nil && sort.isEmpty
    indexes = isSimple ? [] : try reader.payloadIndexes(in: namespaceID).filter(\.isReady)
    guard !indexes.isEmpty else {
      way = .plain
      return
    }
    let conditions = FieldCondition.all(in: filter, indexes)
    let isOne = collections.count == 1
    let ordered = isOne && sort.isEmpty ? conditions.first(where: \.isOneValue) : nil
    if conditions.count == 1, let ordered {
      way = .chosen(ordered, isOrdered: true)
      return
    }
    // Where the index says it all, positions are sorted; otherwise documents, which have to be read for that.
    let most = sort.isEmpty && conditions.contains { $0.rest(of: filter) == nil } ? Self.few : Self.few / 10
    var best: (condition: FieldCondition, count: Int64)?
    for condition in conditions {
      let count = try reader.count(condition, collections, atMost: min(most, (best?.count ?? .max) - 1) + 1)
      if count < best?.count ?? .max { best = (condition, count) }
      if count == 0 { break }
    }
    if let best, best.count <= most {
      way = .chosen(best.condition, isOrdered: false)
    } else if let ordered {
      way = .chosen(ordered, isOrdered: true)
    } else if isOne, sort.count == 1, let index = indexes.first(where: { $0.field == sort[0].field }) {
      way = .sorted(indexID: index.id)
    } else {
      way = .plain
    }
  }

  /// What follows FROM and WHERE in a question about every document that passes, whatever its order: few are looked at where an index leaves few.
  static func source(
    _ reader: Reader, _ namespaceID: String, _ collections: [String], _ filter: Filter?, _ sql: inout FilterSQL
  ) throws(Problem) -> (tables: String, test: String) {
    guard let filter else { return ("documents", of(collections, "documents")) }
    guard case .chosen(let condition, _) = try DocumentPlan(reader, namespaceID, collections, filter, []).way else {
      return ("documents", "\(of(collections, "documents")) AND (\(try sql.condition(filter)))")
    }
    var tests = ["chosen.index_id = \(condition.indexID)", of(collections, "chosen"), try condition.sql(&sql)]
    if let rest = condition.rest(of: filter) { tests.append("(\(try sql.condition(rest)))") }
    return (joined, tests.joined(separator: " AND "))
  }

  /// What follows FROM for each way; conditions on the collection and on `chosen` are among `conditions`.
  static let joined =
    "document_fields AS chosen CROSS JOIN documents ON documents.collection_id = chosen.collection_id AND documents.position = chosen.position"

  static func of(_ collections: [String], _ table: String) -> String {
    "\(table).collection_id IN (\(collections.indices.map { "$c\($0)" }.joined(separator: ", ")))"
  }

  static func parameters(_ collections: [String]) -> Connection.Parameters {
    collections.enumerated().map { ("c\($0.offset)", .text($0.element)) }
  }
}

extension Reader {
  /// How many documents a condition leaves; at most `bound` are counted.
  func count(_ condition: FieldCondition, _ collections: [String], atMost bound: Int64 = .max) throws(Problem) -> Int64 {
    var sql = FilterSQL()
    let test = try condition.sql(&sql)
    return try connection.number(
      composed: """
        SELECT count(*) FROM (SELECT 1 FROM document_fields AS chosen
          WHERE chosen.index_id = \(condition.indexID) AND \(DocumentPlan.of(collections, "chosen")) AND \(test) LIMIT $bound)
        """, DocumentPlan.parameters(collections) + [("bound", .integer(bound))] + sql.parameters)
  }

  /// How many documents of the collections pass a filter: in an index alone, where one answers all of it.
  func count(_ collections: [String], _ filter: Filter, in namespaceID: String) throws(Problem) -> Int64 {
    let indexes = try payloadIndexes(in: namespaceID)
    if let condition = FieldCondition.whole(filter, indexes) { return try count(condition, collections) }
    var sql = FilterSQL()
    let source = try DocumentPlan.source(self, namespaceID, collections, filter, &sql)
    return try connection.number(
      composed: "SELECT count(*) FROM \(source.tables) WHERE \(source.test)", DocumentPlan.parameters(collections) + sql.parameters)
  }
}
