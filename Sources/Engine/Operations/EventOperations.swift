package import Basics
package import Model
import Store

extension Operation {
  private static let listQuery = [
    Parameter("limit", .integer), Parameter("page_size", .integer), Parameter("cursor", .string), Parameter("next_cursor", .string),
    Parameter("after", .string), Parameter("namespace_id", .string),
  ]

  static let eventOperations: [Operation] = [
    Operation(
      "emit_event", "POST", "/v1/events", "Report something that triggers may listen to", tag: "Events", scope: .write,
      body: ["event_type", "payload", "collection_id"]
    ) { host, call throws(Problem) in
      let fields = try Fields(call.body, accepting: ["event_type", "payload", "collection_id"])
      let type = try Schedule.EventType.read(fields, "event_type")
      let payload = try fields.objectValue("payload") ?? JSONObject()
      var collectionID = ""
      if let named = try fields.string("collection_id") {
        collectionID = try host.collection(named, in: call.namespaceID(), path: "collection_id").id
      }
      let write = try EventWrite.reported(type, in: call.namespaceID(), collectionID: collectionID, payload: payload)
      var answer: JSONObject = ["success": true, "event_type": .string(type.rawValue)]
      if let gathering = call.gathering {
        gathering.add(.event(write))
      } else {
        answer["seq"] = .optional(try host.write([.event(write)]).sequence)
      }
      return .json(.object(answer))
    },
    Operation(
      "list_events", "GET", "/v1/events", "What has happened, oldest first: events after a number, the last so many, of some types, of a collection",
      tag: "Events", scope: .read, query: EventSubscription.query + listQuery
    ) { host, call throws(Problem) in
      let fields = try Fields(.object(call.query))
      let page = try Page(fields, defaultLimit: 100)
      var namespaceID = try call.namespaceID()
      if let named = try fields.string("namespace_id") { namespaceID = try host.namespace(named, for: call.caller).id }
      var subscription = try EventSubscription(fields, in: namespaceID, host: host)
      if let cursor = page.cursor {
        guard let seq = Int64(cursor), seq >= 0 else {
          throw Problem(.invalid, "'\(cursor.prefix(40))' is no cursor", hint: "Give the next_cursor of the answer before", path: "cursor")
        }
        subscription.since = seq
      }
      var (events, through): ([DocumentEvent], Int64)
      var hasMore = false
      if subscription.tail > 0 {
        events = try host.lastEvents(subscription)
        through = events.last?.seq ?? subscription.since ?? 0
      } else {
        // One more than is shown tells whether there is more.
        (events, through) = try host.events(subscription, limit: page.limit + 1)
        hasMore = events.count > page.limit
        if hasMore {
          events.removeLast()
          through = events.last?.seq ?? through
        }
      }
      // The number to go on from, also where nothing has come: a reader that polls asks with it.
      return .json([
        "results": .array(events.map(\.listed)), "next_since": .int(through), "next_cursor": .string("\(through)"), "has_more": .bool(hasMore),
      ])
    },
    Operation(
      "stream_events", "GET", "/v1/events/stream",
      "What happens, as it happens: server-sent events, from now on, after Last-Event-ID or since, or with the last so many first", tag: "Events",
      scope: .read, query: EventSubscription.query + [Parameter("last_event_id", .integer)]
    ) { host, call throws(Problem) in
      let fields = try Fields(.object(call.query))
      var subscription = try EventSubscription(fields, in: call.namespaceID(), host: host)
      subscription.since = try fields.int("last_event_id", in: 0...Int64.max) ?? subscription.since
      // Whoever comes back goes on where the connection broke.
      if fields["last_event_id"] != nil { subscription.tail = 0 }
      return .events(subscription)
    },
  ]
}

extension DocumentEvent {
  /// As lists show it: with the contract's words beside ours.
  fileprivate var listed: JSON {
    var result = json.object ?? JSONObject()
    let name = WebhookVocabulary.names(of: type, count: count)[0]
    let ending = name.split(separator: ".").first { ["created", "updated", "deleted", "written"].contains($0) }
    let operation = ["created": "insert", "written": "insert", "updated": "update", "deleted": "delete"][ending ?? ""] ?? "other"
    result["event_type"] = .string(name)
    result["resource_type"] = .string(WebhookVocabulary.resource(of: name))
    result["operation"] = .string(operation)
    result["namespace_id"] = .string(namespaceID)
    result["cursor"] = .string("\(seq)")
    result["created_at"] = .instant(at)
    return .object(result)
  }
}

extension Problem {
  /// Where a call has one answer, and not as many as happen.
  package static let streamsOnlyOverHTTP = Problem(
    .unsupported, "events are streamed over HTTP only", hint: "Poll instead: list_events with \"since\"", path: "stream_events")
}

extension Host {
  /// Rows that one call looks at: where few of them are wanted, the answer says how far it came.
  private static let scanLimit = 5000

  /// Events behind `since` that a subscription concerns, oldest first, and the number of the last row that was looked at.
  func events(_ subscription: EventSubscription, limit: Int) throws(Problem) -> (events: [DocumentEvent], through: Int64) {
    var found: [DocumentEvent] = []
    var through = subscription.since ?? 0
    var scanned = 0
    let only = subscription.types.count == 1 ? Schedule.EventType(rawValue: subscription.types[0]) : nil
    while found.count < limit, scanned < Self.scanLimit {
      let since = through
      let rows = try read { reader throws(Problem) in
        try reader.events(in: subscription.namespaceID, since: since, type: only, collectionID: subscription.collectionID, limit: limit)
      }
      for row in rows where found.count < limit {
        through = row.seq
        if subscription.concerns(row) { found.append(row) }
      }
      scanned += rows.count
      if rows.count < limit { break }
    }
    return (found, through)
  }

  /// Reports an event of a `custom.` type: written, and counted by the triggers that listen, in one transaction. Answers its number.
  @discardableResult
  package func emit(_ type: Schedule.EventType, in namespaceID: String, payload: JSONObject, collectionID: String = "") throws(Problem) -> Int64? {
    try write([.event(try EventWrite.reported(type, in: namespaceID, collectionID: collectionID, payload: payload))]).sequence
  }
}

extension EventWrite {
  /// A payload is at most this many bytes of JSON.
  private static let payloadLimit = 64 * 1024

  /// What others may report: types of their own, and payloads that are no documents.
  fileprivate static func reported(
    _ type: Schedule.EventType, in namespaceID: String, collectionID: String, payload: JSONObject
  ) throws(Problem) -> EventWrite {
    guard type.isCustom else {
      throw Problem(
        .invalid, "'\(type.rawValue)' is reported by perigee itself", hint: "Give a name of your own, for example \"custom.deployed\"",
        path: "event_type")
    }
    let size = JSON.object(payload).bytes.count
    guard size <= payloadLimit else {
      throw Problem(.tooLarge, "the payload has \(size) bytes, \(payloadLimit) are allowed", hint: "Keep large things in documents", path: "payload")
    }
    return EventWrite(namespaceID: namespaceID, type: type, collectionID: collectionID, payload: payload)
  }
}
