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
    var sieve = EventSieve(host, rule)
    var knowsKeys = false
    let now = host.surroundings.now()
    if rule.dedupeKey != nil { result.forgotten = now - .seconds(rule.dedupeSeconds) }
    do throws(Problem) {
      look: while true {
        let rows = try host.read { reader throws(Problem) in
          // A look that ends the one before it knows its keys.
          if rule.dedupeKey != nil, !knowsKeys {
            sieve.seen = try reader.eventKeys(of: trigger.id, after: now - .seconds(rule.dedupeSeconds))
            knowsKeys = true
          }
          return try reader.events(
            in: trigger.namespaceID, since: cursor, type: rule.eventType, collectionID: rule.collectionID, limit: Self.limit)
        }
        for row in rows {
          // What is not looked at now is looked at after the next start.
          if host.isClosing { break look }
          if row.depth > HostLoop.deepest {
            (cursor, result.through) = (row.seq, row.seq)
            continue
          }
          let events = try sieve.passing(row)
          // A filter that fails counts what it accepted before that and says so; the cursor moves on, or it would fail for ever.
          cursor = row.seq
          result.through = cursor
          var remaining = events
          if let filter = rule.filter, !events.isEmpty { remaining = ask(filter, events, for: trigger, &result) }
          let accepted = Int64(try sieve.distinct(remaining).count)
          if accepted > 0 { result.accepted.append(Filtered.Accepted(count: accepted, at: row.at, depth: row.depth)) }
        }
        if rows.count < Self.limit { break }
      }
    } catch { result.problem = error }
    result.keys = sieve.fresh
    return result
  }

  private func ask(_ filter: ScriptReference, _ events: ScriptEvents, for trigger: Trigger, _ result: inout Filtered) -> ScriptEvents {
    let session = ScriptSession(host, namespaceID: trigger.namespaceID, trigger: trigger, writes: .none)
    let script: Script
    do throws(Problem) {
      script = try host.script(filter, as: [.filter], in: trigger.namespaceID, called: "\(trigger.name ?? trigger.id) filter")
    } catch {
      result.problem = error
      return ScriptEvents()
    }
    let outcome = bench.interpreter(for: trigger.namespaceID, filter.isolation).filter(
      script, events: events,
      context: ScriptSession.context(trigger, scheduledAt: nil, now: host.surroundings.now()), budget: ScriptKind.filter.budget,
      host: session,
      cancellation: nil)
    switch outcome.run.outcome {
    case .returned: break
    case .failed(let problem), .killed(let problem): result.problem = problem
    }
    return events.keeping(outcome.accepted)
  }
}
