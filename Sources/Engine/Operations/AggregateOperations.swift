import Basics
import Model
import Store

// Numbers of a collection's documents: by groups, and by the values of a field.
extension Operation {
  private static let distinctLimit: Int64 = 10_000

  static let aggregateOperations: [Operation] = [
    Operation(
      "aggregate_documents", "POST", "/v1/collections/{collection_identifier}/documents/aggregate",
      "Group documents and compute numbers of each group",
      tag: "Documents", scope: .read, body: Aggregation.accepted
    ) { host, call throws(Problem) in
      let collection = try host.collection(call)
      let aggregation = try Aggregation(call.body)
      let query = DocumentQuery(namespaceID: collection.namespaceID, collectionIDs: [collection.id], filter: aggregation.filter)
      let result = try host.looking(by: query, groupedBy: aggregation.countedField) { reader throws(Problem) in
        try reader.aggregate(collection.id, aggregation)
      }
      return .json([
        "results": .array(result.groups.map { ["group": .object($0.key), "metrics": .object($0.metrics)] }), "total_groups": .int(result.total),
        "query_info": ["collection_id": .string(collection.id), "returned": .int(result.groups.count)],
      ])
    },
    Operation(
      "distinct_document_values", "POST", "/v1/collections/{collection_identifier}/documents/distinct",
      "The values of a field, and how many documents have each", tag: "Documents", scope: .read, body: ["field", "filters", "limit"]
    ) { host, call throws(Problem) in
      let collection = try host.collection(call)
      let fields = try Fields(call.body, accepting: ["field", "filters", "limit"])
      let field = try fields.required("field", example: "\"category\"")
      let limit = Int(try fields.int("limit", in: 1...distinctLimit) ?? 1000)
      let filter = try filter(fields)
      let query = DocumentQuery(namespaceID: collection.namespaceID, collectionIDs: [collection.id], filter: filter)
      var found = try host.looking(by: query, groupedBy: field) { reader throws(Problem) in
        try reader.distinct(field, of: collection.id, filter: filter, limit: limit + 1)
      }
      let isCut = found.count > limit
      if isCut { found.removeLast() }
      return .json([
        "field": .string(field), "values": .array(found.map { ["value": $0.value, "count": .int($0.count)] }), "total_distinct": .int(found.count),
        "query_info": isCut ? ["truncated": true, "reason": .string("there are more than \(limit) values")] : [:],
      ])
    },
  ]
}
