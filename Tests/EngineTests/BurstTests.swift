import Basics
@testable import Engine
import Glibc
import Model
import Store
import TestSupport
import Testing

/// Nothing of what is due together may be lost, or come twice.
@Suite("A burst of fires") struct BurstTests {
  private static let count = 160
  private static let rounds = 4

  /// Every trigger has counted what its runs say, and has one task for each instant.
  private func checkBooks(_ fixture: Fixture, _ ids: [String], instants: Int) throws {
    for id in ids {
      let shown = try fixture.read(id)
      let history = try fixture.history(id)
      #expect(history.count == instants && history.allSatisfy { $0["status"] == "COMPLETED" })
      #expect(Set(history.compactMap { $0["scheduled_at"]?.string }).count == instants)
      #expect(shown["execution_count"] == .int(Int64(instants)) && shown["status"] == "active")
    }
  }

  @Test("runs each instant of each trigger once, and counts what its script keeps")
  func once() throws {
    let fixture = try Fixture()
    let counting: JSON = ["script": "return function(ctx) ctx.state.n = (ctx.state.n or 0) + 1 return ctx.state.n end"]
    let plain: JSON = ["script": "return 1"]
    let ids = try (0..<Self.count).map { number in
      try fixture.trigger("interval", ["interval_seconds": 60, "overlap": "allow"], action: number % 2 == 0 ? counting : plain)
    }
    for _ in 0..<Self.rounds { try fixture.store.advance(by: .seconds(60)) }
    try checkBooks(fixture, ids, instants: Self.rounds)
    for id in ids.enumerated().filter({ $0.offset % 2 == 0 }).map(\.element) {
      #expect(try fixture.store.host.read { reader throws(Problem) in try reader.trigger(id)?.state } == ["n": .int(Int64(Self.rounds))])
    }
  }

  @Test("lets edits, writes and runs by hand go between, and loses none of them")
  func others() throws {
    let fixture = try Fixture()
    let ids = try (0..<Self.count).map { _ in try fixture.trigger("interval", ["interval_seconds": 60, "overlap": "allow"]) }
    nonisolated(unsafe) let store = fixture.store
    for round in 1...Self.rounds {
      let writer = try OwnThread.start(name: "writer") {
        for number in 0..<20 {
          do {
            try store.call("update_trigger", path: ["trigger_id": ids[number * 7]], body: ["name": .string("round \(round)")])
            try store.call("set_kv", path: ["key": "k\(number)"], body: ["value": .int(Int64(round))])
          } catch { Issue.record(error) }
        }
      }
      try fixture.store.advance(by: .seconds(60))
      writer.join()
      try fixture.store.host.settle()
      for number in 0..<20 {
        #expect(try fixture.read(ids[number * 7])["name"] == .string("round \(round)"))
        #expect(fixture.value("k\(number)") == .int(Int64(round)))
      }
    }
    try checkBooks(fixture, ids, instants: Self.rounds)
  }

  @Test("that is cut off in the middle goes on after the next start")
  func cutOff() throws {
    let fixture = try Fixture()
    let ids = try (0..<Self.count).map { _ in try fixture.trigger("interval", ["interval_seconds": 60, "overlap": "allow"]) }
    for _ in 0..<Self.rounds {
      fixture.store.clock.advance(by: .seconds(60))
      fixture.store.host.clockMoved()
      try fixture.store.reopen()
      try fixture.store.host.settle()
    }
    try checkBooks(fixture, ids, instants: Self.rounds)
  }
}
