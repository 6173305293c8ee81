package import Basics

/// One execution of a retriever, as it is kept: how it went and how long its stages took, without the documents that it found.
package struct RetrieverExecution: Sendable, Equatable {
  package enum Status: String, Sendable, CaseIterable { case completed, failed }

  package var id: String
  package var retrieverID: String
  package var namespaceID: String
  package var status: Status
  package var createdAt: Instant
  package var completedAt: Instant
  package var milliseconds: Double
  /// Documents that the stages looked at, and those that the caller got.
  package var processed: Int64
  package var returned: Int64
  /// Statistics, warnings, the error.
  package var details: JSONObject

  package init(
    id: String, retrieverID: String, namespaceID: String, status: Status, createdAt: Instant, completedAt: Instant, milliseconds: Double,
    processed: Int64, returned: Int64, details: JSONObject
  ) {
    self.id = id
    self.retrieverID = retrieverID
    self.namespaceID = namespaceID
    self.status = status
    self.createdAt = createdAt
    self.completedAt = completedAt
    self.milliseconds = milliseconds
    self.processed = processed
    self.returned = returned
    self.details = details
  }

  /// As lists show it.
  package var summary: JSON {
    [
      "execution_id": .string(id), "retriever_id": .string(retrieverID), "status": .string(status.rawValue), "created_at": .instant(createdAt),
      "completed_at": .instant(completedAt), "duration_ms": .double(milliseconds), "credits_used": 0, "total_processed": .int(processed),
      "total_returned": .int(returned), "cache_hit_rate": 0, "inputs_hash": details["inputs_hash"] ?? .null,
      "query_summary": details["query_summary"] ?? .null, "error": details["error"] ?? .null,
    ]
  }

  /// By itself. The documents are not kept, and it says so.
  package var json: JSON {
    let stages = details["stage_statistics"]?["stages"]?.object?.count ?? 0
    return [
      "retriever_id": .string(retrieverID), "execution_id": .string(id), "status": .string(status.rawValue), "documents": [],
      "documents_retained": false, "total_returned": .int(returned), "pagination": details["pagination"] ?? [:],
      "stage_statistics": details["stage_statistics"] ?? [:], "warnings": details["warnings"] ?? [], "error": details["error"] ?? .null,
      "created_at": .instant(createdAt), "completed_at": .instant(completedAt), "stages_completed": .int(stages), "total_stages": .int(stages),
      "budget": ["time_used_ms": .double(milliseconds), "credits_used": 0],
    ]
  }
}
