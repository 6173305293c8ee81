import Basics
import Model
import Testing

@testable import Store

@Suite("Groups of documents by a field") struct FieldGroupTests {
  private func store(_ documents: [JSONObject], indexed: Bool) throws -> TemporaryStore {
    let store = try TemporaryStore()
    try store.fill(documents)
    guard indexed else { return store }
    var problem: Problem?
    try store.commit { transaction in
      for (number, field) in FieldIndexTests.fields.enumerated() {
        let index = PayloadIndex(
          id: Int64(number + 1), namespaceID: "ns_1", field: field, kind: .keyword, origin: .asked, isReady: true, createdAt: store.clock.now)
        do throws(Problem) { try transaction.insert(index) } catch { problem = error }
        transaction.fill(index: index.id, from: "col_1", after: -1, through: .max)
      }
    }
    #expect(problem == nil)
    return store
  }

  private func pages(_ query: DocumentQuery, by field: String, _ reader: Reader) throws(Problem) -> [String] {
    var (found, query) = ([String](), query)
    repeat {
      let page = try reader.groups(query, by: field, most: 3)
      for group in page.listing.items { found.append("\(group.key.text) \(group.count) \(group.documents.map(\.id))") }
      found.append("\(page.listing.total) \(page.documents)")
      query.page.cursor = page.listing.nextCursor
    } while query.page.cursor != nil
    return found
  }

  /// Everything that is said of groups, as text.
  private func all(_ store: TemporaryStore, _ field: String, _ filter: Filter?, _ sort: [(field: String, descending: Bool)]) throws -> [String] {
    try store.read { reader throws(Problem) in
      var found: [String] = []
      for limit in [2, 50] {
        let query = DocumentQuery(
          namespaceID: "ns_1", collectionIDs: ["col_1"], filter: filter, sort: sort, page: Page(limit: limit, includeTotal: true))
        found += try pages(query, by: field, reader)
      }
      for limit in [1, 4, 100] {
        found += try reader.distinct(field, of: "col_1", filter: filter, limit: limit).map { "\($0.value.text) \($0.count)" }
      }
      for aggregations in [#"[{"function": "count", "alias": "n"}]"#, #"[{"function": "max", "field": "b", "alias": "n"}]"#] {
        var aggregation = try Aggregation(JSON(parsing: #"{"group_by": [{"field": "\#(field)"}], "aggregations": \#(aggregations)}"#))
        aggregation.filter = filter
        found += try reader.aggregate("col_1", aggregation).groups.map { "\($0.key) \($0.metrics)" }
      }
      return found
    }
  }

  @Test("are the same with an index and without", arguments: [1, 2, 3, 4] as [UInt64], [20_000, 5] as [Int64])
  func agreement(seed: UInt64, few: Int64) throws {
    var random = SeededRandom(seed: seed)
    let documents = (0..<60).map { _ in
      var object = FilterTests.object(&random, depth: 0)
      if random.next() % 2 == 0 {
        object["a"] = [1, 2.5, "x", "2", true, false, "\u{8}\"\\\u{1f}ä", 1e300, -7].randomElement(using: &random) ?? .null
      }
      return object
    }
    let (plain, indexed) = (try store(documents, indexed: false), try store(documents, indexed: true))
    try DocumentPlan.$few.withValue(few) {
      for round in 0..<24 {
        let field = FieldIndexTests.fields[round % 4]
        let filter: Filter? = round % 3 == 2 ? FilterTests.filter(&random, depth: 1) : nil
        let sort: [(field: String, descending: Bool)] = round % 2 == 0 ? [] : [(FieldIndexTests.fields[round / 2 % 4], round % 3 == 0)]
        let (found, expected) = (try all(indexed, field, filter, sort), try all(plain, field, filter, sort))
        #expect(found == expected, "\(field) \(String(describing: filter))")
      }
    }
  }

  @Test("keep 1 and 1.0 apart, which an index cannot, and read no document where it can")
  func kinds() throws {
    let mixed = try store([["a": 1], ["a": 1.0], ["a": 2]], indexed: true)
    let found = try mixed.read { reader throws(Problem) in try reader.distinct("a", of: "col_1", filter: nil, limit: 10) }
    #expect(found.map(\.value.text) == ["1", "1.0", "2"])
    #expect(try mixed.read { reader throws(Problem) in try FieldGroups(reader, of: "a", ["col_1"], in: "ns_1")?.first(10, by: .start) } == nil)
    let whole = try store([["a": 1], ["a": 2.5], ["a": "x"], [:], ["a": 1]], indexed: true)
    let groups = try whole.read { reader throws(Problem) in try FieldGroups(reader, of: "a", ["col_1"], in: "ns_1")?.first(10, by: .start) }
    #expect(groups?.map { "\($0.text) \($0.count) \($0.start)" } == ["1 2 1", "2.5 1 2", "\"x\" 1 3", "null 1 4"])
  }

  @Test("say at once that a page's documents are too many to be sorted by a field without an index; by one with an index they are not")
  func refusal() throws {
    let store = try store((0..<40).map { ["a": .int($0 % 2), "b": .int(40 - $0), "c": .int(-$0)] }, indexed: true)
    func first(by field: String) throws -> [[String]] {
      try store.read { reader throws(Problem) in
        let query = DocumentQuery(namespaceID: "ns_1", collectionIDs: ["col_1"], sort: [(field, false)])
        return try reader.groups(query, by: "a", most: 2).listing.items.map { $0.documents.map(\.id) }
      }
    }
    let (byB, all) = ([["doc_38", "doc_36"], ["doc_39", "doc_37"]], 40 as Int64)
    try DocumentPlan.$few.withValue(5) {
      try GroupMembers.$sortable.withValue(all - 1) {
        let found = try first(by: "b")
        #expect(found == byB)
        let problem = #expect(throws: Problem.self) { try first(by: "c") }
        #expect(problem?.kind == .budget && problem?.message.contains("40 documents") ?? false && problem?.hint?.contains("'c' an index") ?? false)
      }
      let found = try GroupMembers.$sortable.withValue(all) { try first(by: "c") }
      #expect(found == byB)
    }
  }
}
