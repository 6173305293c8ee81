package import Basics

/// One look of an alert: what it found, and whether somebody was told.
package struct AlertExecution: Sendable, Equatable {
  package var id: String
  package var alertID: String
  package var namespaceID: String
  /// Where the documents came to, or the first collection that the retriever looks into.
  package var collectionID: String
  package var isTriggered: Bool
  package var matchCount: Int64
  package var executedAt: Instant
  package var milliseconds: Int64
  /// Matches, source documents, deliveries, the reason.
  package var details: JSONObject

  package init(
    id: String, alertID: String, namespaceID: String, collectionID: String, isTriggered: Bool, matchCount: Int64, executedAt: Instant,
    milliseconds: Int64, details: JSONObject
  ) {
    self.id = id
    self.alertID = alertID
    self.namespaceID = namespaceID
    self.collectionID = collectionID
    self.isTriggered = isTriggered
    self.matchCount = matchCount
    self.executedAt = executedAt
    self.milliseconds = milliseconds
    self.details = details
  }

  package var json: JSON {
    [
      "execution_id": .string(id), "alert_id": .string(alertID), "collection_id": .string(collectionID), "triggered": .bool(isTriggered),
      "match_count": .int(matchCount), "matches": details["matches"] ?? [], "source_documents": details["source_documents"] ?? [],
      "executed_at": .instant(executedAt), "duration_ms": .int(milliseconds), "deliveries": details["deliveries"] ?? [],
      "notified": details["notified"] ?? false, "reason": details["reason"] ?? .null,
    ]
  }
}
