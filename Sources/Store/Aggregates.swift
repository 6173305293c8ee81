package import Basics
package import Model

extension Reader {
  /// More groups than this are refused: they are held at once, to be filtered and sorted.
  package static let groupLimit = 100_000
  /// Lists of one group (`push`, `add_to_set`) are at most as long as this.
  private static let textLimit = 16 << 20

  package func aggregate(_ collectionID: String, _ aggregation: Aggregation) throws(Problem) -> AggregationResult {
    if let counted = try counts(collectionID, aggregation) { return counted }
    var composed = AggregationSQL(unwinding: aggregation.unwind)
    let (sql, parameters) = try composed.statement(aggregation, of: collectionID, most: Self.groupLimit, self)
    let groups = try connection.rows(composed: sql, parameters) { row throws(Problem) in
      func value() throws(Problem) -> JSON {
        let bytes = row.bytes()
        guard bytes.count <= Self.textLimit else {
          throw Problem(.tooLarge, "a group's list is larger than \(Self.textLimit >> 20) MiB", hint: "Narrow it with filters", path: "aggregations")
        }
        return try JSON(parsing: bytes, limits: JSONLimits(depth: 256, bytes: .max))
      }
      var group = AggregationResult.Group(key: JSONObject(), metrics: JSONObject())
      for key in aggregation.keys { group.key[key.alias] = try value() }
      for metric in aggregation.metrics { group.metrics[metric.alias] = metric.function.isJSON ? try value() : row.scalar() }
      return group
    }
    guard groups.count <= Self.groupLimit else { throw Self.tooManyGroups }
    return AggregationResult(groups, of: aggregation)
  }

  /// An aggregation that counts, and nothing else, all documents by one field that has an index.
  private func counts(_ collectionID: String, _ aggregation: Aggregation) throws(Problem) -> AggregationResult? {
    guard aggregation.filter == nil, let key = aggregation.keys.first, let field = aggregation.countedField,
      let namespaceID = try namespace(of: collectionID), let fields = try FieldGroups(self, of: field, [collectionID], in: namespaceID),
      let found = try fields.first(Int64(Self.groupLimit) + 1, by: .start)
    else { return nil }
    guard found.count <= Self.groupLimit else { throw Self.tooManyGroups }
    var groups: [AggregationResult.Group] = []
    // By their texts, as the statement has them.
    for group in found.sorted(by: { $0.text.utf8.lexicographicallyPrecedes($1.text.utf8) }) {
      groups.append(
        AggregationResult.Group(
          key: JSONObject(members: [.init(key: key.alias, value: try JSON(parsing: group.text))]),
          metrics: JSONObject(members: aggregation.metrics.map { .init(key: $0.alias, value: .int(group.count)) })))
    }
    return AggregationResult(groups, of: aggregation)
  }

  private static let tooManyGroups = Problem(
    .tooLarge, "there are more than \(groupLimit) groups", hint: "Narrow it with filters, or group by less", path: "group_by")

  /// The values of a field and how many documents have each, the most frequent first; documents without one are not counted.
  package func distinct(_ field: String, of collectionID: String, filter: Filter?, limit: Int) throws(Problem) -> [(value: JSON, count: Int64)] {
    guard let namespaceID = try namespace(of: collectionID) else { return [] }
    if filter == nil, let fields = try FieldGroups(self, of: field, [collectionID], in: namespaceID),
      // One of them may be null.
      let found = try fields.first(Int64(limit) + 1, by: .frequency)
    {
      var values: [(value: JSON, count: Int64)] = []
      for group in found where group.text != "null" { values.append((try JSON(parsing: group.text), group.count)) }
      return Array(values.prefix(limit))
    }
    var aggregation = AggregationSQL()
    let value = try aggregation.json(field)
    var sql = aggregation.filter
    let source = try DocumentPlan.source(self, namespaceID, [collectionID], filter, &sql)
    return try connection.rows(
      composed: """
        SELECT \(value) AS found, count(*) AS documents_with_it FROM \(source.tables) WHERE \(source.test) AND \(value) <> 'null'
        GROUP BY found ORDER BY documents_with_it DESC, found LIMIT $limit
        """, DocumentPlan.parameters([collectionID]) + [("limit", .integer(Int64(limit)))] + sql.parameters
    ) { row throws(Problem) in (value: try row.json(), count: row.int()) }
  }
}
