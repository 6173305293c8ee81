import Basics
import Model
import Scripting
import Store

/// Which of the things that an event row tells of count for a rule, as far as no script has to be asked: the condition on fields, and the key
/// that counts once. A trigger that runs and one that is simulated use the same.
struct EventSieve {
  private let host: Host
  private let rule: Schedule.EventRule
  /// When the values of the dedupe key counted last.
  var seen: [String: Instant] = [:]
  /// Those that counted since, in their order.
  private(set) var fresh: [(key: String, at: Instant)] = []

  init(_ host: Host, _ rule: Schedule.EventRule) {
    self.host = host
    self.rule = rule
  }

  /// The documents of an event row as they are now, or the event itself when it is not about documents: those that pass `filters`.
  func passing(_ row: DocumentEvent) throws(Problem) -> ScriptEvents {
    let events = try candidates(of: row)
    guard let filters = rule.filters else { return events }
    return try events.filter { event throws(Problem) in filters.matches(try Self.subject(of: event)) }
  }

  /// Of events whose key has the same value, the first, unless that value counted less than `dedupe_seconds` ago. Events without the key
  /// all count: nothing says that two of them are the same.
  mutating func distinct(_ events: ScriptEvents) throws(Problem) -> ScriptEvents {
    guard let name = rule.dedupeKey else { return events }
    return try events.filter { event throws(Problem) in
      guard let key = try Self.subject(of: event).value(at: name)?.text else { return true }
      if let last = seen[key], event.at - last < .seconds(rule.dedupeSeconds) { return false }
      seen[key] = event.at
      fresh.append((key, event.at))
      return true
    }
  }

  private func candidates(of row: DocumentEvent) throws(Problem) -> ScriptEvents {
    var events = ScriptEvents()
    if let payload = row.payload {
      events.append(
        type: row.type.rawValue, collectionID: row.collectionID, documentID: "", document: [], payload: JSON.object(payload).bytes, at: row.at)
      return events
    }
    let bodies = try host.read { reader throws(Problem) in try reader.bodies(of: row.documentIDs, in: row.collectionID) }
    for id in row.documentIDs {
      events.append(type: row.type.rawValue, collectionID: row.collectionID, documentID: id, document: (bodies[id] ?? "{}").utf8, at: row.at)
    }
    return events
  }

  /// What `filters` looks at: the fields of the document with its identifiers, or the payload.
  private static func subject(of event: ScriptEvent) throws(Problem) -> JSONObject {
    let body = try JSON(parsing: event.documentID.isEmpty ? event.payload : event.document)
    var subject = body.object ?? JSONObject()
    if !event.documentID.isEmpty { subject["document_id"] = .string(event.documentID) }
    if !event.collectionID.isEmpty { subject["collection_id"] = .string(event.collectionID) }
    return subject
  }
}
