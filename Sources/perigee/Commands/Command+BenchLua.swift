import Basics
import CLua
import Engine
import Glibc
import Model
import Scripting

extension Command {
  /// What `scripts/bench lua` asks. Help does not list it.
  static let benchLua = Command(
    name: "bench-lua", summary: "Measure the Lua host", options: [], examples: [Example("perigee bench-lua --json", "for scripts/bench lua")]
  ) { invocation throws(Problem) in
    let surroundings = invocation.surroundings
    var figures = try ScriptThread.run { LuaBenchmark(surroundings).interpreters() }
    for member in try LuaBenchmark(surroundings).store().members { figures[member.key] = member.value }
    if invocation.wantsJSON {
      invocation.console.print(.object(figures))
    } else {
      for member in figures.members { invocation.console.print("\(member.key)\t\(member.value.text)") }
    }
    return .ok
  }
}

/// Each figure is the best of several, in time that the thread itself worked: the machine's other work only ever makes them worse.
private struct LuaBenchmark {
  private final class Nobody: ScriptHost {
    func call(_ name: String, _ arguments: [JSON]) throws(Problem) -> JSON { .null }
    func write(log level: String, _ message: String) {}
  }

  private let surroundings: Surroundings
  private static let rounds = 7

  init(_ surroundings: Surroundings) { self.surroundings = surroundings }

  /// The least number of seconds that this thread works at `work`.
  private func best(_ rounds: Int = rounds, _ work: () -> Void) -> Double {
    var best = Double.infinity
    for _ in 0..<rounds {
      let began = ThreadTime.now()
      work()
      best = min(best, (ThreadTime.now() - began).inSeconds)
    }
    return best
  }

  private static func document(_ number: Int) -> JSONObject {
    var fields = JSONObject()
    for field in 0..<20 { fields["field_\(field)"] = field % 2 == 0 ? .int(field) : .string("value \(field)") }
    fields["number"] = .int(number)
    return fields
  }

  /// As they come from the store, each with a document of its own.
  private static func events(_ count: Int) -> ScriptEvents {
    var events = ScriptEvents()
    for number in 0..<count {
      events.append(
        type: "documents_added", collectionID: "col_1", documentID: "doc_\(number)", document: JSON.object(document(number)).bytes,
        at: Instant(seconds: 1))
    }
    return events
  }

  func interpreters() -> JSONObject {
    let host = Nobody()
    let events = Self.events(10_000)
    let interpreter = Interpreter(memory: 64 << 20)
    let lazy = Script(
      name: "lazy", version: 1,
      source: "return function(event) local d = event.document return d.field_2 == 2 and d.field_10 > 5 and d.field_3 ~= 'x' end")
    let filters = best { _ = interpreter.filter(lazy, events: events, budget: ScriptKind.filter.budget, host: host) }
    let predicate = Script(
      name: "predicate", version: 1, source: "return function(ctx) return ctx.now > 1 and ctx.trigger.event_counter >= 37, 'enough' end")
    let context: JSONObject = ["now": 1_767_225_600.5, "trigger": ["trigger_id": "trg_1", "event_counter": 40, "status": "active"]]
    let predicates = best {
      for _ in 0..<2000 { _ = interpreter.run(predicate, kind: .predicate, context: context, budget: ScriptKind.predicate.budget, host: host) }
    }
    let trivial = Script(name: "t", version: 1, source: "return true")
    let fresh = best {
      for _ in 0..<200 {
        let one = Interpreter(memory: 16 << 20)
        try? one.check(trivial)
      }
    }
    var number = 0
    let compiling = best {
      for _ in 0..<1000 {
        number += 1
        try? interpreter.check(Script(name: "p\(number)", version: 1, source: predicate.source))
      }
    }
    let (ours, stock) = loops()
    return [
      "predicates_per_second": .double(10_000 / filters), "runs_per_second": .double(2000 / predicates),
      "fresh_state_microseconds": .double(fresh / 200 * 1e6), "compile_microseconds": .double(compiling / 1000 * 1e6),
      "hook_overhead_percent": .double((ours / stock - 1) * 100), "loop_seconds": .double(ours), "stock_loop_seconds": .double(stock),
    ]
  }

  /// The same loop with our hook and in an ordinary Lua without one, in alternation.
  private func loops() -> (ours: Double, stock: Double) {
    let source = "local n = 0 for i = 1, 5000000 do n = n + i % 7 end return n"
    let script = Script(name: "loop", version: 1, source: source)
    let interpreter = Interpreter(memory: 16 << 20)
    let host = Nobody()
    var (ours, stock) = (Double.infinity, Double.infinity)
    for _ in 0..<9 {
      ours = min(ours, best(1) { _ = interpreter.run(script, kind: .action, budget: ScriptKind.action.budget, host: host) })
      stock = min(
        stock,
        best(1) {
          var length = 0
          source.withCString { if let text = clua_stock($0, strlen($0), &length) { free(text) } }
        })
    }
    return (ours, stock)
  }

  // MARK: - With a store

  /// A bulk insert, a filter over the same documents, and a script that streams them.
  func store() throws(Problem) -> JSONObject {
    var template = Array("/tmp/perigee-bench-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Problem(.unavailable, "no folder for the bench could be made") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      for name in ["s.db", "s.db-wal", "s.db-shm", "s.db.lock"] { unlink(folder + "/" + name) }
      rmdir(folder)
    }
    let host = try Host.open(Host.Configuration(path: folder + "/s.db"))
    defer { host.close() }
    let namespace = try host.defaultNamespace(for: .local)
    func call(_ name: String, path: [String: String] = [:], _ body: JSON) throws(Problem) {
      guard let operation = Operation.named(name) else { throw Problem(.internal, "there is no operation '\(name)'") }
      _ = try operation.perform(host, Call(caller: .local, namespace: namespace, path: path, body: body))
    }
    try call("create_collection", ["collection_name": "c"])
    let count = 10_000
    var inserting = Double.infinity
    for round in 0..<4 {
      var batches: [JSON] = []
      for start in stride(from: 0, to: count, by: 1000) {
        batches.append(
          .array(
            (start..<start + 1000).map { number in
              var document = Self.document(number)
              document["document_id"] = .string("d\(round)-\(number)")
              return .object(document)
            }))
      }
      let began = surroundings.ticks()
      for batch in batches { try call("upsert_documents", path: ["collection_identifier": "c"], ["documents": batch]) }
      inserting = min(inserting, (surroundings.ticks() - began).inSeconds)
    }
    let script = Script(
      name: "stream", version: 1,
      source: "local n = 0 for d in perigee.documents.each{collection = 'c', batch = 1000} do if d.field_10 == 10 then n = n + 1 end end return n")
    // This thread waits while the other runs.
    let streaming = try ScriptThread.run {
      let interpreter = Interpreter(memory: 256 << 20)
      return best(5) {
        let session = ScriptSession(host, namespaceID: namespace.id, trigger: nil, writes: .immediate, caller: .local) { _, _ in }
        _ = interpreter.run(script, kind: .batch, budget: Budget(wall: nil, memory: 256 << 20), host: session)
      }
    }
    let filtering = try ScriptThread.run {
      let interpreter = Interpreter(memory: 64 << 20)
      let events = Self.events(count)
      let filter = Script(name: "f", version: 1, source: "return function(event) return event.document.field_10 == 10 end")
      return best { _ = interpreter.filter(filter, events: events, budget: ScriptKind.filter.budget, host: Nobody()) }
    }
    return [
      "streamed_documents_per_second": .double(Double(4 * count) / streaming), "insert_seconds": .double(inserting),
      "filter_seconds": .double(filtering),
      "filter_share_of_insert_percent": .double(filtering / inserting * 100),
    ]
  }
}
