import Basics
import Model
import Testing

@testable import Store

@Suite("Indexes of documents' fields") struct FieldIndexTests {
  static let fields = ["a", "b", "ä key", "a.b"]

  /// Documents, and indexes of four fields that are announced before the `split`-th document and filled afterwards.
  private func store(_ documents: [JSONObject], split: Int) throws -> TemporaryStore {
    let store = try TemporaryStore()
    try store.fill(Array(documents.prefix(split)))
    var problem: Problem?
    try store.commit { transaction in
      for (number, field) in Self.fields.enumerated() {
        let index = PayloadIndex(
          id: Int64(number + 1), namespaceID: "ns_1", field: field, kind: .keyword, origin: .asked, createdAt: store.clock.now)
        do throws(Problem) { try transaction.insert(index) } catch { problem = error }
      }
    }
    #expect(problem == nil)
    try store.commit { transaction in
      for (number, fields) in documents.enumerated().dropFirst(split) {
        transaction.insert(store.document("doc_\(number)", fields), in: "ns_1", position: Int64(number + 1))
      }
      transaction.adjustDocumentCount("col_1", by: Int64(documents.count - split))
    }
    return store
  }

  private func build(_ store: TemporaryStore) throws {
    var after: Int64 = -1
    while let end = try store.read({ reader throws(Problem) in try reader.endOfPiece(of: "col_1", after: after, limit: 7) }) {
      try store.commit { for id in 1...4 as ClosedRange<Int64> { $0.fill(index: id, from: "col_1", after: after, through: end) } }
      after = end
    }
    for index in try store.read({ reader throws(Problem) in try reader.payloadIndexes(in: "ns_1") }) {
      var ready = index
      ready.isReady = true
      try store.commit { $0.update(ready) }
    }
  }

  /// What a list has to show, in plain code.
  private func expected(_ all: [Document], _ filter: Filter?, _ sort: (field: String, descending: Bool)?) -> [String] {
    let passing = all.filter { document in filter.map { filter in document.json().object.map(filter.matches) ?? false } ?? true }
    guard let sort else { return passing.map(\.id) }
    let keys = sort.field.split(separator: ".").map(String.init)
    return DocumentOrder(descending: sort.descending).sorted(passing) { document in
      var value = JSON.object(document.fields)
      for key in keys { value = value[key] ?? .null }
      return value
    }.map(\.id)
  }

  @Test(
    "find, sort, count and page what a look at every document finds: while documents come, change and go, and whichever way is taken",
    arguments: [(1, 20_000), (2, 20_000), (3, 5), (4, 5), (5, 0), (6, 0)] as [(UInt64, Int64)])
  func agreement(seed: UInt64, few: Int64) throws {
    var random = SeededRandom(seed: seed)
    let store = try store((0..<120).map { _ in FilterTests.object(&random, depth: 0) }, split: 60)
    // Some change and go before the index is filled, some afterwards.
    func disturb() throws {
      for _ in 0..<12 {
        let id = "doc_\(random.next() % 120)"
        guard let known = try store.read({ reader throws(Problem) in try reader.document(id, collectionID: "col_1", in: "ns_1") }) else { continue }
        let goes = random.next() % 3 == 0
        try store.commit {
          if goes {
            $0.deleteDocument(id, from: "col_1")
            $0.adjustDocumentCount("col_1", by: -1)
          } else {
            var changed = known
            changed.fields = FilterTests.object(&random, depth: 0)
            $0.update(changed)
          }
        }
      }
    }
    try disturb()
    try build(store)
    try disturb()
    let all = try store.read { reader throws(Problem) in try reader.documents(DocumentQuery(namespaceID: "ns_1", page: Page(limit: 1000))).items }
    try DocumentPlan.$crowd.withValue(few == 5 ? 0 : few == 0 ? 4 : 200) {
      try DocumentPlan.$few.withValue(few) {
        for round in 0..<120 {
          let filter = round % 4 == 0 ? nil : FilterTests.filter(&random, depth: round % 2)
          let sort = round % 3 == 0 ? nil : (Self.fields.randomElement(using: &random) ?? "a", random.next() % 2 == 0)
          let wanted = expected(all, filter, sort)
          let limit = [1, 3, 50, 1000][Int(random.next() % 4)]
          var seen: [String] = []
          var cursor: String?
          repeat {
            let query = DocumentQuery(
              namespaceID: "ns_1", collectionIDs: ["col_1"], filter: filter, sort: sort.map { [$0] } ?? [],
              page: Page(limit: limit, cursor: cursor, includeTotal: true))
            let page = try store.read { reader throws(Problem) in try reader.documents(query) }
            #expect(page.total == Int64(wanted.count), "\(String(describing: filter))")
            seen += page.items.map(\.id)
            cursor = page.nextCursor
          } while cursor != nil
          #expect(seen == wanted, "\(String(describing: filter)) by \(String(describing: sort))")
          let skipped = DocumentQuery(
            namespaceID: "ns_1", collectionIDs: ["col_1"], filter: filter, sort: sort.map { [$0] } ?? [], page: Page(limit: 10, offset: round % 30))
          #expect(
            try store.read { reader throws(Problem) in try reader.documents(skipped).items.map(\.id) }
              == Array(wanted.dropFirst(round % 30).prefix(10))
          )
        }
      }
    }
  }

  @Test("hold a document that is inserted in the same batch behind their announcement, and none behind their end, whatever stood before")
  func batches() throws {
    let store = try TemporaryStore()
    try store.fill([])
    func insertion(_ number: Int64) -> Transaction {
      var transaction = Transaction()
      transaction.insert(store.document("doc_\(number)", ["a": .int(number)]), in: "ns_1", position: number)
      return transaction
    }
    var (announcement, end) = (Transaction(), Transaction())
    try announcement.insert(
      PayloadIndex(id: 1, namespaceID: "ns_1", field: "a", kind: .integer, origin: .asked, isReady: true, createdAt: store.clock.now))
    end.deletePayloadIndex(1)
    func held() throws -> [Int64] {
      try store.read { reader throws(Problem) in
        try reader.connection.rows(composed: "SELECT position FROM document_fields ORDER BY position", []) { $0.int() }
      }
    }
    for outcome in store.ledger.commit([insertion(1), announcement, insertion(2), insertion(3)]) { #expect(outcome.isCommitted) }
    #expect(try held() == [2, 3])
    // One that fails lets the batch be done again, piece by piece.
    let outcomes = store.ledger.commit([insertion(4), insertion(2), end, insertion(5), announcement, insertion(6)])
    #expect(outcomes.map(\.isCommitted) == [true, false, true, true, true, true])
    #expect(try held() == [2, 3, 4, 6])
    // A row of another namespace is in none.
    try store.commit {
      $0.insert(Namespace(id: "ns_2", name: "two", createdAt: store.clock.now, updatedAt: store.clock.now))
      $0.insert(store.document("doc_7", ["a": 7]), in: "ns_2", position: 7)
      $0.insert(store.document("doc_8", ["a": 8]), in: "ns_1", position: 8)
    }
    #expect(try held() == [2, 3, 4, 6, 8])
  }

  @Test("lend the vectors of what a filter leaves, with an index and without")
  func vectors() throws {
    let store = try TemporaryStore()
    try store.fill((0..<40).map { ["n": .int($0 % 4), "even": .bool($0 % 2 == 0)] }, vectors: true)
    let index = VectorIndex(name: "text", dimensions: 2, metric: .cosine)
    let filter = Filter.all([.compare(field: "n", .eq, 1), .compare(field: "even", .eq, false)])
    func rows() throws -> [[Float]] {
      var found: [[Float]] = []
      try store.read { reader throws(Problem) in
        try reader.scanVectors(of: "col_1", in: "ns_1", index: index, filter: filter, rows: 3) { piece throws(Problem) in
          #expect(piece.positions.count <= 3 && piece.values.count == piece.positions.count * 2)
          for (row, position) in piece.positions.enumerated() { found.append([Float(position - 1), piece.values[row * 2]]) }
        }
      }
      return found
    }
    let plain = try rows()
    let wanted: [[Float]] = stride(from: 1, to: 40, by: 4).map { [Float($0), Float($0)] }
    #expect(plain == wanted)
    try store.commit { transaction in
      try? transaction.insert(
        PayloadIndex(id: 1, namespaceID: "ns_1", field: "n", kind: .integer, origin: .asked, isReady: true, createdAt: store.clock.now))
      transaction.fill(index: 1, from: "col_1", after: -1, through: 1000)
    }
    #expect(try rows() == plain)
  }

  @Test("of a namespace go with it, and one that is taken away is read no more")
  func going() throws {
    let store = try store((0..<10).map { ["a": .int($0)] }, split: 5)
    try build(store)
    try store.commit { $0.deletePayloadIndex(1) }
    let filter = Filter.compare(field: "a", .gte, 5)
    #expect(try store.read { reader throws(Problem) in try reader.count("col_1", filter: filter) } == 5)
    try store.commit { $0.deleteNamespace("ns_1") }
    #expect(try store.read { reader throws(Problem) in try reader.highestPayloadIndex() } == 0)
  }
}
