package import Basics
package import Model
import Store

extension Operation {
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
      "list_events", "GET", "/v1/events", "What has happened, oldest first: events after a number, of a type, of a collection", tag: "Events",
      scope: .read,
      query: [
        Parameter("since", .integer), Parameter("event_type", .string), Parameter("collection_id", .string), Parameter("limit", .integer),
      ]
    ) { host, call throws(Problem) in
      let fields = try Fields(.object(call.query))
      let type = fields["event_type"] == nil ? nil : try Schedule.EventType.read(fields, "event_type")
      let limit = Int(try fields.int("limit", in: 1...1000) ?? 100)
      var collectionID: String?
      if let named = try fields.string("collection_id") {
        collectionID = try host.collection(named, in: call.namespaceID(), path: "collection_id").id
      }
      let since = try fields.int("since", in: 0...Int64.max) ?? 0
      let namespaceID = try call.namespaceID()
      let events = try host.read { reader throws(Problem) in
        try reader.events(in: namespaceID, since: since, type: type, collectionID: collectionID, limit: limit)
      }
      // The number to go on from, also where nothing has come: a reader that polls asks with it.
      return .json(["results": .array(events.map(\.json)), "next_since": .int(events.last?.seq ?? since)])
    },
  ]
}

extension Host {
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
