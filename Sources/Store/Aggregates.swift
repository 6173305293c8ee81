package import Basics
package import Model

extension Reader {
  /// More groups than this are refused: they are held at once, to be filtered and sorted.
  package static let groupLimit = 100_000
  /// Lists of one group (`push`, `add_to_set`) are at most as long as this.
  private static let textLimit = 16 << 20

  package func aggregate(_ collectionID: String, _ aggregation: Aggregation) throws(Problem) -> AggregationResult {
    var composed = AggregationSQL(unwinding: aggregation.unwind)
    let (sql, parameters) = try composed.statement(aggregation, of: collectionID, most: Self.groupLimit)
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
    guard groups.count <= Self.groupLimit else {
      throw Problem(.tooLarge, "there are more than \(Self.groupLimit) groups", hint: "Narrow it with filters, or group by less", path: "group_by")
    }
    return AggregationResult(groups, of: aggregation)
  }

  /// The values of a field and how many documents have each, the most frequent first; documents without one are not counted.
  package func distinct(_ field: String, of collectionID: String, filter: Filter?, limit: Int) throws(Problem) -> [(value: JSON, count: Int64)] {
    var aggregation = AggregationSQL()
    let value = try aggregation.json(field)
    var sql = aggregation.filter
    let condition = try filter.map { filter throws(Problem) in try sql.condition(filter) } ?? "1"
    return try connection.rows(
      composed: """
        SELECT \(value) AS found, count(*) AS documents_with_it FROM documents
        WHERE documents.collection_id = $collection_id AND (\(condition)) AND \(value) <> 'null'
        GROUP BY found ORDER BY documents_with_it DESC, found LIMIT $limit
        """, [("collection_id", .text(collectionID)), ("limit", .integer(Int64(limit)))] + sql.parameters
    ) { row throws(Problem) in (value: try row.json(), count: row.int()) }
  }
}
