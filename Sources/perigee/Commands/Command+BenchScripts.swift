import Basics
import Scripting

extension Command {
  /// What `scripts/bench` asks: how many predicates and filters a second, on one core. Help does not list it.
  static let benchScripts = Command(
    name: "bench-scripts", summary: "Measure Lua predicates and filters", options: [],
    examples: [Example("perigee bench-scripts --json", "for scripts/bench")]
  ) { invocation throws(Problem) in
    let figures = try ScriptThread.run { ScriptBenchmark(invocation.surroundings).measure() }
    if invocation.wantsJSON {
      invocation.console.print(figures)
    } else {
      for member in figures.object?.members ?? [] { invocation.console.print("\(member.key)\t\(Int64(member.value.double ?? 0))") }
    }
    return .ok
  }
}

/// Runs a predicate and a filter for about a second each.
private struct ScriptBenchmark {
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
    let events = (0..<10_000).map { number in
      ScriptEvent(type: "documents_added", collectionID: "col_1", documentID: "doc_\(number)", document: text, at: Instant(seconds: 1))
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
    return ["filters_per_second": .double(filters), "predicates_per_second": .double(predicates)]
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
