import Basics
import Model
import Store

// Changing documents: many of a collection in one call, by their identifiers or by a filter, and one wherever in the namespace it is.
extension Operation {
  private static let updateExample = "{\"metadata.status\": \"processed\"}"

  static let documentChangeOperations: [Operation] = [
    Operation(
      "patch_namespace_document", "PATCH", "/v1/documents/{document_id}", "Set fields of a document, wherever it is; the others stay",
      tag: "Documents", scope: .write, body: ["…fields", "vectors"], changeAnywhere),
    Operation(
      "update_namespace_document", "PUT", "/v1/documents/{document_id}", "Set the given fields of a document, wherever it is", tag: "Documents",
      scope: .write, body: ["…fields", "vectors"], changeAnywhere),
    Operation(
      "batch_update_documents", "POST", "/v1/collections/{collection_identifier}/documents/batch",
      "Change up to 1,000 documents, each in its own way, or all that pass a filter in the same", tag: "Documents", scope: .write,
      body: ["updates", "filters", "update_data"]
    ) { host, call throws(Problem) in
      let collection = try host.collection(call)
      let fields = try Fields(call.body, accepting: ["updates", "filters", "update_data"])
      guard fields["updates"] != nil else { return .json(try updateAll(fields, of: collection, host, call, isTask: false)) }
      for name in ["filters", "update_data"] where fields[name] != nil {
        throw Problem(.invalid, "both 'updates' and '\(name)' are given", hint: "Give updates, or filters with update_data", path: name)
      }
      return .json(try updateEach(fields, of: collection, host, call))
    },
    Operation(
      "bulk_update_documents", "PATCH", "/v1/collections/{collection_identifier}/documents/bulk",
      "Change all documents that pass a filter; a dotted key sets one nested field", tag: "Documents", scope: .write,
      body: ["filters", "update_data"]
    ) { host, call throws(Problem) in
      let collection = try host.collection(call)
      return .json(try updateAll(Fields(call.body, accepting: ["filters", "update_data"]), of: collection, host, call, isTask: true))
    },
    Operation(
      "batch_delete_documents", "DELETE", "/v1/collections/{collection_identifier}/documents/batch",
      "Delete up to 1,000 documents by their identifiers, or all that pass a filter", tag: "Documents", scope: .write,
      body: ["document_ids", "filters", "reason"]
    ) { host, call throws(Problem) in
      let collection = try host.collection(call)
      let fields = try Fields(call.body, accepting: ["document_ids", "filters", "reason"])
      if let reason = try fields.string("reason"), reason.count > 500 {
        throw Problem(.invalid, "the reason has \(reason.count) characters", hint: "Give at most 500", path: "reason")
      }
      let ids = try fields.strings("document_ids", atLeast: 1)
      let filter = try filter(fields)
      switch (ids, filter) {
      case (let ids?, nil):
        try checkCount(ids.count, path: "document_ids")
        let there = try host.read { reader throws(Problem) in try reader.existing(ids, in: collection.id) }
        let report = try host.write(documents: ids.map { .delete(id: $0) }, to: collection, call)
        let results = ids.map { outcome(of: $0, found: there.contains($0), collection) }
        return .json([
          "success": true, "status": "COMPLETED", "deleted_count": .int(report.deleted), "failed_count": .int(ids.count { !there.contains($0) }),
          "results": .array(results), "collection_id": .string(collection.id), "message": "Batch delete completed",
        ])
      case (nil, let filter?):
        let deleted = try forEachPage(of: collection, filter, host) { ids throws(Problem) in
          try host.write(documents: ids.map { .delete(id: $0) }, to: collection, call).deleted
        }
        return .json([
          "success": true, "status": "COMPLETED", "deleted_count": .int(deleted), "failed_count": 0, "collection_id": .string(collection.id),
          "message": "Batch delete completed",
        ])
      default:
        throw Problem(
          .invalid, ids == nil ? "it is not said which documents to delete" : "both 'document_ids' and 'filters' are given",
          hint: "Give either document_ids, e.g. [\"doc_1\"], or filters, e.g. {\"status\": \"old\"}", path: "document_ids")
      }
    },
  ]

  /// A script that writes later has to name the collection: its own writes are known by it.
  private static func changeAnywhere(_ host: Host, _ call: Call) throws(Problem) -> Answer {
    let found = try document(host, call, in: nil)
    return try change(host, call, in: host.collection(found.collectionID, in: call.namespaceID(), path: "document_id"))
  }

  private static func outcome(of id: String, found: Bool, _ collection: Collection) -> JSON {
    [
      "document_id": .string(id), "success": .bool(found),
      "error": found ? .null : .string("document '\(id)' is not in collection '\(collection.name)'"),
    ]
  }

  /// What to set, by path. The whole field is replaced that a key without a dot names, `metadata` too.
  private static func assignments(_ fields: Fields) throws(Problem) -> [JSONObject.Member] {
    guard let data = try fields.objectValue("update_data"), !data.isEmpty else { throw fields.missing("update_data", example: updateExample) }
    for member in data.members {
      let keys = member.key.split(separator: ".", omittingEmptySubsequences: false)
      guard keys.count <= 32, !keys.contains("") else {
        throw Problem(
          .invalid, "'\(member.key.prefix(60))' is not the path of a field", hint: "Write up to 32 keys with dots between them: \(updateExample)",
          path: fields.at("update_data"))
      }
      if Document.reserved.contains(String(keys[0])) {
        throw Problem(
          .invalid, "'\(keys[0])' cannot be set for many documents", hint: "PATCH a single document to set its vectors; identifiers never change",
          path: "\(fields.at("update_data")).\(member.key)")
      }
    }
    return data.members
  }

  private static func updateEach(_ fields: Fields, of collection: Collection, _ host: Host, _ call: Call) throws(Problem) -> JSON {
    let example = "[{\"document_id\": \"doc_1\", \"update_data\": \(updateExample)}]"
    let updates = try fields.objects("updates", in: 1...documentLimit, example: example) ?? []
    var changes: [DocumentWrite.Change] = []
    for update in updates {
      let part = try Fields(.object(update.object), path: update.path, accepting: ["document_id", "update_data"])
      let patch = DocumentWrite.Patch(fields: JSONObject(), assignments: try assignments(part), skipsMissing: true)
      changes.append(.patch(id: try part.required("document_id", example: "\"doc_1\""), patch))
    }
    let ids = changes.map(\.documentID)
    let report = try host.write(documents: changes, to: collection, call)
    let written = Set(report.documents.map(\.id))
    return [
      "updated_count": .int(ids.count { written.contains($0) }), "failed_count": .int(ids.count { !written.contains($0) }),
      "results": .array(ids.map { outcome(of: $0, found: written.contains($0), collection) }), "message": "Batch update completed",
    ]
  }

  private static func updateAll(
    _ fields: Fields, of collection: Collection, _ host: Host, _ call: Call, isTask: Bool
  ) throws(Problem) -> JSON {
    let patch = DocumentWrite.Patch(fields: JSONObject(), assignments: try assignments(fields), skipsMissing: true)
    let updated = try forEachPage(of: collection, try filter(fields), host) { ids throws(Problem) in
      try host.write(documents: ids.map { .patch(id: $0, patch) }, to: collection, call).updated
    }
    if isTask { return ["task_id": .null, "status": "COMPLETED", "updated_count": .int(updated), "message": "Bulk update completed"] }
    return ["updated_count": .int(updated), "failed_count": 0, "message": "Batch update completed"]
  }

  /// Lends the identifiers of the documents that pass, a transaction's worth at a time, in order of insertion; answers the sum of what came of it.
  /// Each page begins behind the last: a document that a change makes pass, or pass no more, is not met twice.
  private static func forEachPage(
    of collection: Collection, _ filter: Filter?, _ host: Host, _ body: ([String]) throws(Problem) -> Int
  ) throws(Problem) -> Int {
    var position: Int64 = 0
    var sum = 0
    while true {
      var ids: [String] = []
      try host.read { reader throws(Problem) in
        try reader.bodies(of: collection.id, filter: filter, after: position, limit: documentLimit) { document throws(Problem) in
          ids.append(document.id)
          position = document.position
          return true
        }
      }
      if !ids.isEmpty { sum += try body(ids) }
      if ids.count < documentLimit { return sum }
    }
  }
}
