import Basics
import Model
import Store
import TestSupport
import Testing

@testable import Engine

@Suite("One snapshot for a request") struct SnapshotTests {
  private let store: TemporaryStore

  init() throws {
    store = try TemporaryStore()
    try store.call("create_collection", body: ["collection_name": "c"])
  }

  private func names() throws(Problem) -> [String] {
    try store.host.read { reader throws(Problem) in try reader.collections(in: "ns_default").items.map(\.collection.name) }
  }

  /// Writes past the host, as a command beside it does.
  private func rename(to name: String) throws {
    let ledger = try SQLiteLedger.open(path: store.host.configuration.path, mode: .beside, surroundings: store.host.surroundings)
    defer { ledger.close() }
    var collection = try #require(
      try store.host.readers.read { reader throws(Problem) in try reader.collections(in: "ns_default").items.first?.collection })
    collection.name = name
    var transaction = Transaction()
    transaction.update(collection)
    guard case .committed = ledger.commit(transaction) else { throw Problem(.internal, "not committed") }
  }

  @Test("sees what was there when it began, and what it writes itself")
  func moment() throws {
    try store.host.inOneSnapshot { () throws(Problem) in
      #expect(try names() == ["c"])
      do { try rename(to: "d") } catch { throw Problem(.internal, "\(error)") }
      #expect(try names() == ["c"])
      try store.call("create_collection", body: ["collection_name": "e"])
      #expect(try names() == ["d", "e"])
    }
    #expect(Snapshot.current == nil)
    #expect(try names() == ["d", "e"])
  }

  @Test("ends with a problem, and does not outlive it")
  func ending() throws {
    for _ in 0..<40 {
      #expect(throws: Problem.self) {
        try store.host.inOneSnapshot { () throws(Problem) in
          _ = try names()
          throw Problem(.invalid, "no")
        }
      }
    }
    #expect(try names() == ["c"])
  }

  @Test("is for what reads and waits for nobody")
  func operations() {
    let names = Set(Operation.all.filter(\.readsAtOnce).map(\.name))
    #expect(names.isSuperset(of: ["get_collection", "list_collections", "get_trigger", "get_cluster", "whoami", "get_document", "list_tasks"]))
    #expect(names.isDisjoint(with: ["stream_events", "explain_trigger", "replay_evaluation", "upsert_documents", "list_documents", "health"]))
  }
}
