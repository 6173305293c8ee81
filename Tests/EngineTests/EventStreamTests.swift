import Basics
import Model
import Synchronization
import TestSupport
import Testing

@testable import Engine

@Suite("Streams of events") struct EventStreamTests {
  /// A reader that takes what it likes: declines by chance until it has declined often enough.
  private final class Taker: Sendable {
    private struct State: Sendable {
      var bytes: [UInt8] = []
      var declines: Int
      var random: SeededRandom
      var isGone = false
      var isFinished = false
      var largest = 0
    }
    private let state: Mutex<State>
    private let news = Mailbox<Void>()

    init(declines: Int, seed: UInt64) { state = Mutex(State(declines: declines, random: SeededRandom(seed: seed))) }

    var sink: EventStreams.Sink {
      EventStreams.Sink(
        offer: { [self] bytes in
          let isTaken = state.withLock { state in
            if state.isGone { return false }
            if state.declines > 0, state.random.next() % 3 != 0 {
              state.declines -= 1
              return false
            }
            state.bytes += bytes
            state.largest = max(state.largest, bytes.count)
            return true
          }
          if isTaken { news.put(()) }
          return isTaken
        }, isGone: { self.state.withLock { $0.isGone } },
        finish: {
          self.state.withLock { $0.isFinished = true }
          self.news.put(())
        })
    }

    func leave() { state.withLock { $0.isGone = true } }
    var isFinished: Bool { state.withLock { $0.isFinished } }
    var largest: Int { state.withLock { $0.largest } }
    var text: String { String(decoding: state.withLock { $0.bytes }, as: UTF8.self) }
    var numbers: [Int64] { text.split(separator: "\n").filter { $0.hasPrefix("id: ") }.compactMap { Int64($0.dropFirst(4)) } }

    /// Waits until so many events have come, or half a minute is over.
    func wait(for count: Int) {
      for _ in 0..<60 where numbers.count < count { _ = news.take(limit: 1000, timeout: .milliseconds(500)) }
    }
    func waitForTheEnd() { for _ in 0..<60 where !isFinished { _ = news.take(limit: 1000, timeout: .milliseconds(500)) } }
  }

  private func emit(_ numbers: ClosedRange<Int>, _ type: String = "custom.a", to store: TemporaryStore) throws {
    for number in numbers { try store.call("emit_event", body: ["event_type": .string(type), "payload": ["n": .int(number)]]) }
  }

  private func subscription(_ query: JSONObject, _ store: TemporaryStore) throws -> EventSubscription {
    try EventSubscription(Fields(.object(query)), in: store.host.defaultNamespace(for: .local).id, host: store.host)
  }

  @Test("whoever comes with a number of another store, larger than any here, hears what happens from now on")
  func stranger() throws {
    let store = try TemporaryStore()
    try emit(1...3, to: store)
    let taker = Taker(declines: 0, seed: 1)
    try store.host.streams.add(subscription(["since": 1_000_000], store), taker.sink, of: store.host)
    try emit(4...5, to: store)
    taker.wait(for: 2)
    #expect(taker.numbers == [4, 5])
  }

  @Test("bring every reader everything it asked for, once and in order, however slowly it takes", arguments: 0..<6)
  func everything(seed: UInt64) throws {
    let store = try TemporaryStore()
    try emit(1...30, to: store)
    let readers: [(query: JSONObject, taker: Taker, expected: (Int64) -> Bool)] = [
      (["since": 0], Taker(declines: 0, seed: seed), { _ in true }), (["since": 0], Taker(declines: 40, seed: seed + 10), { _ in true }),
      (["since": 0, "event_types": "custom.a"], Taker(declines: 25, seed: seed + 20), { $0 % 2 == 0 || $0 <= 30 }),
      (["since": 0, "event_types": "custom.b*,custom.c"], Taker(declines: 5, seed: seed + 30), { $0 > 30 && $0 % 2 == 1 }),
      (["since": 20], Taker(declines: 10, seed: seed + 40), { $0 > 20 }), (["tail": 5], Taker(declines: 10, seed: seed + 50), { $0 > 25 }),
    ]
    for reader in readers { try store.host.streams.add(subscription(reader.query, store), reader.taker.sink, of: store.host) }
    for number in 31...90 { try emit(number...number, number % 2 == 0 ? "custom.a" : "custom.b", to: store) }
    for reader in readers {
      let expected = (1...90).filter(reader.expected)
      reader.taker.wait(for: expected.count)
      #expect(reader.taker.numbers == expected, "\(reader.query)")
    }
    #expect(store.host.streams.count == readers.count)
  }

  @Test("are told apart by namespace, and a reader of one sees nothing of another") func namespaces() throws {
    let store = try TemporaryStore()
    let other = try #require(try store.call("create_namespace", body: ["namespace_name": "other"])["namespace_id"]?.string)
    let taker = Taker(declines: 0, seed: 1)
    try store.host.streams.add(subscription(["since": 0], store), taker.sink, of: store.host)
    let type = try #require(Schedule.EventType(rawValue: "custom.secret"))
    try store.host.emit(type, in: other, payload: [:])
    try emit(1...1, to: store)
    taker.wait(for: 1)
    #expect(taker.numbers == [2] && !taker.text.contains("secret"))
  }

  @Test("offer no more at once than a piece, and keep nothing for a reader that takes nothing") func bounds() throws {
    let store = try TemporaryStore()
    let long = String(repeating: "x", count: 8000)
    for number in 1...40 {
      try store.call("emit_event", body: ["event_type": "custom.long", "payload": ["n": .int(number), "text": .string(long)]])
    }
    let taker = Taker(declines: 0, seed: 1)
    try store.host.streams.add(subscription(["since": 0], store), taker.sink, of: store.host)
    taker.wait(for: 40)
    #expect(taker.numbers == Array(1...40) && taker.largest <= 32 << 10)
  }

  @Test("say that a fire and its end happened only while somebody reads") func onDemand() throws {
    let store = try TemporaryStore()
    let trigger = try store.call(
      "create_trigger",
      body: [
        "action_type": "script", "action_config": ["script": "return 1"], "trigger_type": "interval", "schedule_config": ["interval_seconds": 60],
      ])
    try store.host.settle()
    try store.advance(by: .seconds(60))
    func types() throws -> [String] { try store.call("list_events")["results"]?.array?.compactMap { $0["type"]?.string } ?? [] }
    #expect(try types() == ["trigger.created"])
    let taker = Taker(declines: 0, seed: 1)
    let id = try #require(trigger["trigger_id"])
    try store.host.streams.add(subscription(["trigger_id": id], store), taker.sink, of: store.host)
    try store.advance(by: .seconds(60))
    taker.wait(for: 2)
    #expect(try types() == ["trigger.created", "trigger.fired", "trigger.execution.completed"])
    #expect(taker.numbers == [2, 3])
    taker.leave()
    // Its going is noticed at the next event.
    try emit(1...1, to: store)
    for _ in 0..<1000 where store.host.streams.count > 0 { try emit(2...2, to: store) }
    #expect(store.host.streams.count == 0)
    try store.advance(by: .seconds(60))
    #expect(try types().filter { $0.hasPrefix("trigger.") }.count == 3)
  }

  @Test("end in good order when the host closes, and take nobody in any more") func closing() throws {
    let store = try TemporaryStore()
    let taker = Taker(declines: 0, seed: 1)
    let query = try subscription([:], store)
    try store.host.streams.add(query, taker.sink, of: store.host)
    store.host.streams.close()
    taker.waitForTheEnd()
    #expect(taker.isFinished && taker.text.hasSuffix(": the server is stopping\n\n"))
    #expect(throws: Problem.self) { try store.host.streams.add(query, taker.sink, of: store.host) }
  }

  @Test(
    "refuse a type that does not exist, with the near miss",
    arguments: [("documents_aded", "documents_added"), ("trigger.fird", "trigger.fired"), ("nothing.*", nil)] as [(String, String?)])
  func types(name: String, near: String?) throws {
    let store = try TemporaryStore()
    do {
      try store.call("list_events", query: ["event_types": .string(name)])
      Issue.record("nothing was thrown")
    } catch {
      let problem = error as Problem
      #expect(problem.path == "event_types" && problem.didYouMean == near)
    }
  }

  @Test("can be listed by scripts, and not streamed to them") func scripts() throws {
    let store = try TemporaryStore()
    try emit(1...3, to: store)
    func run(_ source: String) throws -> JSON { try store.call("run_source", body: ["source": .string(source)]) }
    #expect(try run("local e = perigee.events.list{tail = 2} return #e, e[1].payload.n")["values"] == [2, 2])
    #expect(try run("return perigee.call('stream_events')")["error"]?.string?.contains("over HTTP only") == true)
  }

  @Test("can be listed: the last so many, some types, and a page after a number") func lists() throws {
    let store = try TemporaryStore()
    for number in 1...40 { try emit(number...number, number % 4 == 0 ? "custom.b" : "custom.a", to: store) }
    func numbers(_ query: JSONObject) throws -> [Int64] {
      try store.call("list_events", query: query)["results"]?.array?.compactMap { $0["seq"]?.int } ?? []
    }
    #expect(try numbers(["tail": 3]) == [38, 39, 40])
    #expect(try numbers(["cursor": "37", "page_size": 10]) == [38, 39, 40])
    let page = try store.call("list_events", query: ["cursor": "36", "limit": 3])
    #expect(page["has_more"] == true && page["next_cursor"] == "39")
    #expect(try store.call("list_events", query: ["cursor": "39", "limit": 3])["has_more"] == false)
    #expect(try numbers(["tail": 2, "event_types": "custom.b"]) == [36, 40])
    #expect(try numbers(["since": 10, "limit": 2, "event_types": "custom.b"]) == [12, 16])
    #expect(try numbers(["since": 10, "limit": 3, "event_types": "custom.b,custom.a"]) == [11, 12, 13])
    #expect(try store.call("list_events", query: ["since": 12, "limit": 2, "event_types": "custom.b*"])["next_since"] == 20)
  }
}
