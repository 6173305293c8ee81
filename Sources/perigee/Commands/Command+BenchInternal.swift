import Basics
import Scheduling
import Scripting

extension Command {
  /// What `scripts/bench` asks and no other command shows: predicates, filters and cron instants a second, on one core. Help does not list it.
  static let benchInternal = Command(
    name: "bench-internal", summary: "Measure Lua predicates, filters and cron", options: [],
    examples: [Example("perigee bench-internal --json", "for scripts/bench")]
  ) { invocation throws(Problem) in
    let figures = try ScriptThread.run { InnerBenchmark(invocation.surroundings).measure() }
    if invocation.wantsJSON {
      invocation.console.print(figures)
    } else {
      for member in figures.object?.members ?? [] { invocation.console.print("\(member.key)\t\(Int64(member.value.double ?? 0))") }
    }
    return .ok
  }
}

/// Runs each for about a second.
private struct InnerBenchmark {
  private final class Nobody: ScriptHost {
    func call(_ name: String, _ arguments: [JSON]) throws(Problem) -> JSON { .null }
    func write(log level: String, _ message: String) {}
  }

  private let surroundings: Surroundings
  private let interpreter = Interpreter(memory: 64 << 20)

  init(_ surroundings: Surroundings) { self.surroundings = surroundings }

  func measure() -> JSON {
    var fields = JSONObject()
    for number in 0..<20 { fields["field_\(number)"] = number % 2 == 0 ? .int(number) : .string("value \(number)") }
    let text = JSON.object(fields).bytes
    var events = ScriptEvents()
    for number in 0..<10_000 {
      events.append(type: "documents_added", collectionID: "col_1", documentID: "doc_\(number)", document: text, at: Instant(seconds: 1))
    }
    let filter = Script(
      name: "filter", version: 1,
      source: "return function(event) local d = event.document return d.field_2 == 2 and d.field_10 > 5 and d.field_3 ~= 'x' end")
    let predicate = Script(
      name: "predicate", version: 1, source: "return function(ctx) return ctx.now > 1 and ctx.trigger.event_counter >= 37, 'enough' end")
    let context: JSONObject = ["now": 1_767_225_600.5, "trigger": ["trigger_id": "trg_1", "event_counter": 40, "status": "active"]]
    let host = Nobody()
    let filters = rate { interpreter.filter(filter, events: events, budget: ScriptKind.filter.budget, host: host).accepted.count }
    let predicates = rate {
      for _ in 0..<1000 { _ = interpreter.run(predicate, kind: .predicate, context: context, budget: ScriptKind.predicate.budget, host: host) }
      return 1000
    }
    return [
      "filters_per_second": .double(filters), "predicates_per_second": .double(predicates), "cron_utc_per_second": .double(instants(in: "UTC")),
      "cron_dst_per_second": .double(instants(in: "America/New_York")),
    ]
  }

  /// How many instants of some everyday expressions are found one after the other.
  private func instants(in zone: String) -> Double {
    guard let zone = try? Zones().zone(zone) else { return 0 }
    let expressions = ["0 2 * * *", "*/15 9-17 * * MON-FRI", "0 0 1,15 * *", "30 4 L * *", "*/5 * * * *"]
    let all = expressions.compactMap { text in (try? CronExpression(text)).map { Occurrences($0, in: zone) } }
    return rate {
      var found = 0
      for occurrences in all {
        var instant = Instant(seconds: 1_704_067_200)
        for _ in 0..<2000 {
          guard let next = occurrences.next(after: instant) else { break }
          instant = next
          found += 1
        }
      }
      return found
    }
  }

  private func rate(_ work: () -> Int) -> Double {
    _ = work()
    let began = surroundings.ticks()
    var done = 0
    while true {
      done += work()
      let elapsed = (surroundings.ticks() - began).inSeconds
      if elapsed > 1 { return Double(done) / elapsed }
    }
  }
}
