import Basics
import Model
import Store
import TestSupport
import Testing

@testable import Engine

@Suite("Documents that stream in") struct DocumentStreamTests {
  private func write(_ name: String, _ count: Int, into collection: Collection) -> [Write] {
    let documents = (0..<count).map { number in
      DocumentWrite.Change.upsert(
        Document(
          id: "\(name)_\(number)", collectionID: collection.id, fields: ["n": .int(number)], createdAt: collection.createdAt,
          updatedAt: collection.createdAt))
    }
    return [
      .documents(
        DocumentWrite(
          namespaceID: collection.namespaceID, collectionID: collection.id, collectionName: collection.name, changes: documents))
    ]
  }

  @Test("are not all one transaction, for which a trigger that is due would wait; small writes that wait together are")
  func rounds() throws {
    let store = try TemporaryStore()
    try store.call("create_collection", body: ["collection_name": "c"])
    let collection = try #require(
      try store.host.read { reader throws(Problem) in try reader.collections(in: "ns_default").items.first?.collection })
    /// How many commits it takes to write all of these, which come while another write is under way.
    func commits(_ writes: [[Write]]) throws -> Int {
      let before = store.host.meter.reading.commits
      var replies: [Reply<Result<WriteReport, Problem>>] = []
      for write in writes {
        let reply = Reply<Result<WriteReport, Problem>>()
        #expect(store.host.inbox.put(.write(write, reply)))
        replies.append(reply)
      }
      for reply in replies { _ = try reply.wait().get() }
      return store.host.meter.reading.commits - before
    }
    let large = (0..<8).map { write("large\($0)", 1000, into: collection) }
    #expect(try commits(large) >= 4)
    #expect(try store.host.read { reader throws(Problem) in try reader.documentCount(collection.id) } == 8000)
    let small = [write("first", 1000, into: collection)] + (0..<50).map { write("small\($0)", 1, into: collection) }
    #expect(try commits(small) < 51)
  }
}
