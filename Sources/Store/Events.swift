package import Basics
package import Model

/// Something happened, documents first of all: written in the transaction that did it, so that an event exists exactly if its documents do.
package struct DocumentEvent: Sendable, Equatable {
  /// Counts the events of the whole store; the host gives it.
  package var seq: Int64
  package var namespaceID: String
  package var type: Schedule.EventType
  package var collectionID: String
  package var count: Int64
  package var documentIDs: [String]
  package var at: Instant
  /// What is known of an event that has no documents.
  package var payload: JSONObject?
  /// How many runs led to it, one after the other.
  package var depth: Int64

  package init(
    seq: Int64, namespaceID: String, type: Schedule.EventType, collectionID: String, count: Int64, documentIDs: [String], at: Instant,
    payload: JSONObject? = nil, depth: Int64 = 0
  ) {
    self.seq = seq
    self.namespaceID = namespaceID
    self.type = type
    self.collectionID = collectionID
    self.count = count
    self.documentIDs = documentIDs
    self.at = at
    self.payload = payload
    self.depth = depth
  }
}

extension DocumentEvent {
  /// As scripts and the API see it.
  package var json: JSON {
    var result: JSONObject = [
      "seq": .int(seq), "type": .string(type.rawValue), "collection_id": .string(collectionID), "count": .int(count),
      "document_ids": .array(documentIDs.map(JSON.string)), "at": .instant(at),
    ]
    if let payload { result["payload"] = .object(payload) }
    return .object(result)
  }
}

extension Transaction {
  package mutating func append(_ event: DocumentEvent) {
    add(
      .insertEvent,
      [
        ("seq", .integer(event.seq)), ("namespace_id", .text(event.namespaceID)), ("type", .text(event.type.rawValue)),
        ("collection_id", .text(event.collectionID)), ("count", .integer(event.count)), ("document_ids", .strings(event.documentIDs)),
        ("at", .instant(event.at)), ("payload", event.payload.map { .json($0) } ?? .null), ("depth", .integer(event.depth)),
      ])
  }
}

extension Reader {
  /// Events after `since`, oldest first, of one namespace or of all.
  package func events(
    in namespaceID: String? = nil, since: Int64, type: Schedule.EventType? = nil, collectionID: String? = nil, limit: Int = 1000
  ) throws(Problem) -> [DocumentEvent] {
    var parameters: Connection.Parameters = [
      ("since", .integer(since)), ("type", .optional(type?.rawValue)), ("collection_id", .optional(collectionID)), ("limit", .integer(Int64(limit))),
    ]
    if let namespaceID { parameters.append(("namespace_id", .text(namespaceID))) }
    return try connection.rows(namespaceID == nil ? .eventsEverywhere : .events, parameters, DocumentEvent.read)
  }

  /// The last events of a namespace, newest first.
  package func lastEvents(in namespaceID: String, collectionID: String? = nil, limit: Int) throws(Problem) -> [DocumentEvent] {
    try connection.rows(
      .lastEvents,
      [("namespace_id", .text(namespaceID)), ("collection_id", .optional(collectionID)), ("limit", .integer(Int64(limit)))], DocumentEvent.read)
  }

  /// The number of the last event; 0 when there is none.
  package func highestSeq() throws(Problem) -> Int64 { try connection.number(.highestSeq, []) }
}

extension DocumentEvent {
  static func read(_ row: inout Row) throws(Problem) -> DocumentEvent {
    DocumentEvent(
      seq: row.int(), namespaceID: row.text(), type: try row.word(), collectionID: row.text(), count: row.int(), documentIDs: try row.strings(),
      at: row.instant(), payload: try row.optionalJSON()?.object, depth: row.int())
  }
}
