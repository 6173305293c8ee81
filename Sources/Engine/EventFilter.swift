import Basics
import Model
import Scripting
import Store

/// Looks with a trigger's filters, the condition on fields and then the Lua one, at the events that it has not seen yet, on a worker's thread.
struct EventFilter {
  private let host: Host
  private let bench: ScriptBench

  /// Event rows per look; the rest follows at the next.
  private static let limit = 200

  init(_ host: Host, _ bench: ScriptBench) {
    self.host = host
    self.bench = bench
  }

  func look(for trigger: Trigger) -> Filtered {
    var result = Filtered(triggerID: trigger.id, through: trigger.eventCursor)
    var cursor = trigger.eventCursor
    guard case .event(let rule) = trigger.schedule.when, rule.isFiltered else { return result }
    do throws(Problem) {
      while true {
        let rows = try host.read { reader throws(Problem) in
          try reader.events(
            in: trigger.namespaceID, since: cursor, type: rule.eventType, collectionID: rule.collectionID, limit: Self.limit)
        }
        for row in rows {
          // What is not looked at now is looked at after the next start.
          if host.isClosing { return result }
          var events = try candidates(of: row)
          if let filters = rule.filters { events = try Self.passing(filters, events) }
          // A filter that fails counts what it accepted before that and says so; the cursor moves on, or it would fail for ever.
          cursor = row.seq
          result.through = cursor
          var accepted = Int64(events.count)
          if let filter = rule.filter, !events.isEmpty { accepted = ask(filter, events, for: trigger, &result) }
          if accepted > 0 { result.accepted.append(Filtered.Accepted(count: accepted, at: row.at, depth: row.depth)) }
        }
        if rows.count < Self.limit { return result }
      }
    } catch {
      result.problem = error
      return result
    }
  }

  /// The documents of an event row as they are now, or the event itself when it is not about documents.
  private func candidates(of row: DocumentEvent) throws(Problem) -> [ScriptEvent] {
    if let payload = row.payload {
      let text = JSON.object(payload).bytes
      return [ScriptEvent(type: row.type.rawValue, collectionID: row.collectionID, documentID: "", document: [], payload: text, at: row.at)]
    }
    let bodies = try host.read { reader throws(Problem) in try reader.bodies(of: row.documentIDs, in: row.collectionID) }
    return row.documentIDs.map { id in
      ScriptEvent(type: row.type.rawValue, collectionID: row.collectionID, documentID: id, document: Array((bodies[id] ?? "{}").utf8), at: row.at)
    }
  }

  private static func passing(_ filters: Model.Filter, _ events: [ScriptEvent]) throws(Problem) -> [ScriptEvent] {
    var passing: [ScriptEvent] = []
    for event in events { if filters.matches(try subject(of: event)) { passing.append(event) } }
    return passing
  }

  /// What `filters` looks at: the fields of the document with its identifiers, or the payload.
  private static func subject(of event: ScriptEvent) throws(Problem) -> JSONObject {
    let body = try JSON(parsing: event.documentID.isEmpty ? event.payload : event.document)
    var subject = body.object ?? JSONObject()
    if !event.documentID.isEmpty { subject["document_id"] = .string(event.documentID) }
    if !event.collectionID.isEmpty { subject["collection_id"] = .string(event.collectionID) }
    return subject
  }

  private func ask(_ filter: ScriptReference, _ events: [ScriptEvent], for trigger: Trigger, _ result: inout Filtered) -> Int64 {
    let session = ScriptSession(host, namespaceID: trigger.namespaceID, trigger: trigger, writes: .none)
    let script: Script
    do throws(Problem) {
      script = try host.script(filter, as: [.filter], in: trigger.namespaceID, called: "\(trigger.name ?? trigger.id) filter")
    } catch {
      result.problem = error
      return 0
    }
    let outcome = bench.interpreter(for: trigger.namespaceID).filter(
      script, events: events,
      context: ScriptSession.context(trigger, scheduledAt: nil, now: host.surroundings.now(), host: host), budget: ScriptKind.filter.budget,
      host: session,
      cancellation: nil)
    switch outcome.run.outcome {
    case .returned: break
    case .failed(let problem), .killed(let problem): result.problem = problem
    }
    return Int64(outcome.accepted.count { $0 })
  }
}
