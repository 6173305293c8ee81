import Basics
import Model
import Scripting
import Store

/// Runs a trigger's Lua filter over the events that it has not seen yet, on a worker's thread.
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
    var result = Filtered(triggerID: trigger.id, through: trigger.eventCursor, accepted: 0, problem: nil)
    var cursor = trigger.eventCursor
    guard case .event(let rule) = trigger.schedule.when, let filter = rule.filter else { return result }
    do throws(Problem) {
      let interpreter = bench.interpreter(for: trigger.namespaceID)
      let script = Script(name: "\(trigger.name ?? trigger.id) filter", version: 1, source: filter.source)
      while true {
        let rows = try host.read { reader throws(Problem) in
          try reader.events(
            in: trigger.namespaceID, since: cursor, type: rule.eventType, collectionID: rule.collectionID, limit: Self.limit)
        }
        for row in rows {
          // What is not looked at now is looked at after the next start.
          if host.isClosing { return result }
          let bodies = try host.read { reader throws(Problem) in try reader.bodies(of: row.documentIDs, in: row.collectionID) }
          let events = row.documentIDs.map { id in
            ScriptEvent(type: row.type.rawValue, collectionID: row.collectionID, documentID: id, document: Array((bodies[id] ?? "{}").utf8), at: row.at)
          }
          let session = ScriptSession(host, namespaceID: trigger.namespaceID, trigger: trigger, writes: .none)
          let outcome = interpreter.filter(
            script, events: events, context: ScriptSession.context(trigger, scheduledAt: nil, now: host.surroundings.now(), host: host),
            budget: ScriptKind.filter.budget, host: session, cancellation: nil)
          // A filter that fails counts what it accepted before that and says so; the cursor moves on, or it would fail for ever.
          cursor = row.seq
          result.through = cursor
          result.accepted += Int64(outcome.accepted.count { $0 })
          switch outcome.run.outcome {
          case .returned: break
          case .failed(let problem), .killed(let problem): result.problem = problem
          }
        }
        if rows.count < Self.limit { return result }
      }
    } catch {
      result.problem = error
      return result
    }
  }
}
