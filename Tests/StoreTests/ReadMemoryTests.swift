import Basics
import Model
import Testing

@testable import Store

@Suite("What a connection remembers") struct ReadMemoryTests {
  private let store: TemporaryStore

  init() throws {
    store = try TemporaryStore()
    try store.fill([])
  }

  private func rename(to name: String) throws {
    try store.commit { transaction in
      var collection = store.collection("col_1")
      collection.name = name
      transaction.update(collection)
    }
  }

  @Test("is read once in a snapshot, and as long as nobody commits")
  func once() throws {
    var readings = 0
    func answer() throws -> Int? {
      try store.read { reader throws(Problem) in
        for _ in 0..<3 {
          _ = try reader.remembered(Question(.namespace, "x")) { () throws(Problem) -> Int? in
            readings += 1
            return readings
          }
        }
        return try reader.remembered(Question(.namespace, "x")) { () throws(Problem) -> Int? in nil }
      }
    }
    #expect(try answer() == 1)
    #expect(try answer() == 1)
    try rename(to: "other")
    #expect(try answer() == 2)
    #expect(try answer() == 2)
  }

  @Test("is what is there: whatever is written, in whatever order, by several connections", arguments: [1, 2, 3] as [UInt64])
  func agreement(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var name = "named col_1"
    for round in 0..<120 {
      if random.next() % 3 == 0 {
        name = "name \(round)"
        try rename(to: name)
      }
      func check(_ reader: Reader) throws(Problem) {
        #expect(try reader.collection("col_1", in: "ns_1")?.name == name)
        #expect(try reader.collection(name, in: "ns_1")?.id == "col_1")
        #expect(try reader.collection("name \(round - 1)", in: "ns_1")?.name == (name == "name \(round - 1)" ? name : nil))
        #expect(try reader.namespace("one")?.id == "ns_1")
      }
      // A second reader has a connection of its own.
      if random.next() % 2 == 0 {
        try store.read { reader throws(Problem) in
          try check(reader)
          try store.read { other throws(Problem) in try check(other) }
        }
      } else {
        try store.read(check)
      }
    }
  }

  @Test("stays with its snapshot while others write, and goes with it")
  func snapshots() throws {
    try store.read { reader throws(Problem) in
      #expect(try reader.collection("col_1", in: "ns_1")?.name == "named col_1")
      do { try rename(to: "new") } catch { throw Problem(.internal, "\(error)") }
      #expect(try reader.collection("col_1", in: "ns_1")?.name == "named col_1")
      #expect(try reader.collection("new", in: "ns_1") == nil)
      try reader.renew()
      #expect(try reader.collection("col_1", in: "ns_1")?.name == "new")
    }
  }

  @Test("is little: what is asked for much is asked for anew")
  func bound() throws {
    let memory = ReadMemory()
    memory.enter(1)
    for number in 0..<1000 { memory.keep(number, to: Question(.caller, "\(number)")) }
    func kept() -> [Int] { (0..<1000).compactMap { number in memory.answer(to: Question(.caller, "\(number)")) } }
    #expect((1...128).contains(kept().count) && kept().last == 999, "\(kept())")
    memory.enter(2)
    #expect(kept() == [])
  }
}
