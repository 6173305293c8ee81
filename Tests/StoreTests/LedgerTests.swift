import Basics
import Glibc
import Model
import Testing

@testable import Store

@Suite("The ledger") struct LedgerTests {
  @Test("commits what it is given, and readers see it afterwards")
  func commits() throws {
    let store = try TemporaryStore()
    try store.fill([["word": "cat"]], vectors: true)
    let document = try store.read { reader throws(Problem) in try reader.document("doc_0", in: "ns_1") }
    #expect(document?.fields == ["word": "cat"])
    #expect(document?.vectors == ["text": [0, 1]])
  }

  @Test("keeps the other transactions of a batch when one loses its guard or breaks a constraint")
  func independence() throws {
    let store = try TemporaryStore()
    try store.fill([])
    var batch: [Transaction] = []
    func add(_ build: (inout Transaction) -> Void) {
      var transaction = Transaction()
      build(&transaction)
      batch.append(transaction)
    }
    add { $0.insert(store.document("a"), in: "ns_1", position: 1) }
    add {
      $0.insert(store.document("b"), in: "ns_1", position: 2)
      $0.update(store.document("nobody"))
    }
    add {
      $0.insert(store.document("c"), in: "ns_1", position: 3)
      $0.insert(store.document("a"), in: "ns_1", position: 4)
    }
    add { $0.insert(store.document("d", in: "col_gone"), in: "ns_1", position: 5) }
    add { $0.insert(store.document("e"), in: "ns_1", position: 6) }
    let outcomes = store.ledger.commit(batch)
    #expect(outcomes.count == 5)
    #expect(outcomes[0].isCommitted && outcomes[4].isCommitted)
    if case .lost(let name) = outcomes[1] { #expect(name == "document") } else { Issue.record("\(outcomes[1])") }
    if case .failed(let problem) = outcomes[2] {
      #expect(problem.kind == .conflict)
      #expect(problem.message == "a document with document_id 'a' exists already")
      #expect(problem.path == "document_id")
    } else {
      Issue.record("\(outcomes[2])")
    }
    if case .failed(let problem) = outcomes[3] {
      #expect(problem.kind == .notFound)
      #expect(problem.message == "collection_id 'col_gone' does not exist")
    } else {
      Issue.record("\(outcomes[3])")
    }
    let found = try store.read { reader throws(Problem) in try reader.existing(["a", "b", "c", "d", "e"], in: "col_1") }
    #expect(found == ["a", "e"])
  }

  @Test("answers an empty batch and an empty transaction")
  func empty() throws {
    let store = try TemporaryStore()
    #expect(store.ledger.commit([]).isEmpty)
    #expect(store.ledger.commit(Transaction()).isCommitted)
  }

  @Test("returns the rows of RETURNING statements in their order")
  func returning() throws {
    let store = try TemporaryStore()
    try store.fill((0..<5).map { ["n": .int($0)] }, vectors: true)
    let rows = try store.commit { transaction in
      transaction.deleteDocuments(from: "col_1", limit: 3)
      transaction.incrementValue("hits", by: 4, in: "ns_1", at: store.clock.now)
    }
    #expect(rows.dropLast().map { $0 } == [[.text("doc_0")], [.text("doc_1")], [.text("doc_2")]])
    #expect(rows.last == [.integer(4)])
    let left = try store.read { reader throws(Problem) in try reader.vectors(of: ["col_1"]) }
    #expect(left.documentIDs == ["doc_3", "doc_4"])
  }

  @Test("says failed and nothing else once it is closed")
  func closed() throws {
    let store = try TemporaryStore()
    store.ledger.close()
    if case .failed(let problem) = store.outcome({ $0.deleteValue("k", in: "ns_1") }) {
      #expect(problem.kind == .unavailable)
    } else {
      Issue.record("committed after close")
    }
  }

  @Test("writes beside a running owner, and both see each other's rows")
  func beside() throws {
    let store = try TemporaryStore()
    try store.fill([])
    let other = try SQLiteLedger.open(path: store.path, mode: .beside, surroundings: store.clock.surroundings)
    defer { other.close() }
    var transaction = Transaction()
    let (key, _) = APIKey.make(name: "ci", surroundings: store.clock.surroundings)
    transaction.insert(key)
    #expect(other.commit(transaction).isCommitted)
    #expect(try store.read { reader throws(Problem) in try reader.key(hash: key.hash) } == key)
    try store.commit { $0.revokeKey(key.id, at: store.clock.now) }
  }

  @Test("empties the write-ahead log when no reader is in the way, and does not wait when one is")
  func checkpoint() throws {
    let store = try TemporaryStore()
    try store.fill((0..<100).map { ["n": .int($0)] })
    #expect(store.ledger.walBytes > 0)
    try store.read { reader throws(Problem) in
      _ = try reader.highestPosition()
      store.ledger.checkpointIfIdle()
    }
    try store.commit { $0.deleteValue("k", in: "ns_1") }
    store.ledger.checkpointIfIdle()
    #expect(store.ledger.walBytes == 0)
  }

  @Test("gives every read one snapshot")
  func snapshot() throws {
    let store = try TemporaryStore()
    try store.fill([])
    let before = try store.read { reader throws(Problem) in
      let first = try reader.documentCount("col_1")
      _ = store.outcome { $0.adjustDocumentCount("col_1", by: 5) }
      return [first, try reader.documentCount("col_1")]
    }
    #expect(before == [0, 0])
    #expect(try store.read { reader throws(Problem) in try reader.documentCount("col_1") } == 5)
  }

  @Test("stops a long read at its deadline or when it is cancelled, and lends the connection again")
  func deadline() throws {
    let store = try TemporaryStore()
    try store.fill((0..<400).map { ["text": .string("word \($0)")] })
    let slow = Filter.any((0..<200).map { .compare(field: "text", .contains, .string("nothing \($0)")) })
    let cancellation = Cancellation()
    cancellation.cancel()
    let stopped = #expect(throws: Problem.self) {
      try store.readers.read(cancellation: cancellation) { reader throws(Problem) in try reader.count("col_1", filter: slow) }
    }
    #expect(stopped?.kind == .cancelled)
    #expect(try store.read { reader throws(Problem) in try reader.count("col_1", filter: slow) } == 0)
    let clock = store.clock
    let late = #expect(throws: Problem.self) {
      try store.readers.read(within: .seconds(5)) { reader throws(Problem) in
        clock.advance(.seconds(6))
        return try reader.count("col_1", filter: slow)
      }
    }
    #expect(late?.kind == .cancelled)
  }
}

extension Outcome {
  var isCommitted: Bool { if case .committed = self { true } else { false } }
}
