import Basics
import Model
import Testing

@testable import Store

@Suite("Lists of documents") struct DocumentListTests {
  @Test("show every document once over all pages, while others come and go", arguments: [1, 3, 7, 100])
  func cursors(limit: Int) throws {
    let store = try TemporaryStore()
    try store.fill((0..<20).map { ["n": .int($0)] })
    var seen: [String] = []
    var cursor: String?
    repeat {
      let query = DocumentQuery(namespaceID: "ns_1", page: Page(limit: limit, cursor: cursor))
      let page = try store.read { reader throws(Problem) in try reader.documents(query) }
      #expect(page.items.count <= limit)
      seen += page.items.map(\.id)
      cursor = page.nextCursor
      // What was seen may go: a cursor by position does not slip, as an offset would.
      if let first = page.items.first, seen.count < 20 { try store.commit { $0.deleteDocument(first.id, from: "col_1") } }
    } while cursor != nil
    #expect(seen == (0..<20).map { "doc_\($0)" })
  }

  @Test("go by a field when asked: missing ones last both ways, ties in order of insertion, over pages too")
  func sorted() throws {
    let store = try TemporaryStore()
    try store.fill([["n": 2], ["n": 1], [:], ["n": 2], ["n": nil], ["n": 10]])
    for (descending, expected) in [(false, ["1", "0", "3", "5", "2", "4"]), (true, ["5", "0", "3", "1", "2", "4"])] {
      var seen: [String] = []
      var cursor: String?
      repeat {
        let query = DocumentQuery(namespaceID: "ns_1", sort: [("n", descending)], page: Page(limit: 2, cursor: cursor))
        let page = try store.read { reader throws(Problem) in try reader.documents(query) }
        seen += page.items.map(\.id)
        cursor = page.nextCursor
      } while cursor != nil
      #expect(seen == expected.map { "doc_" + $0 })
    }
  }

  @Test("keep to the namespace and its collections, count what there is, and show the fields asked for")
  func scope() throws {
    let store = try TemporaryStore()
    try store.fill([["a": ["b": 1, "c": 2], "d": 3]], vectors: true)
    try store.commit {
      $0.insert(Namespace(id: "ns_2", name: "two", createdAt: store.clock.now, updatedAt: store.clock.now))
      $0.insert(store.collection("col_2"))
      $0.insert(store.document("other", ["d": 4], in: "col_2"), in: "ns_1", position: 2)
      $0.adjustDocumentCount("col_2", by: 1)
    }
    func list(_ query: DocumentQuery) throws(Problem) -> Listing<Document> {
      try store.read { reader throws(Problem) in try reader.documents(query) }
    }
    let all = try list(DocumentQuery(namespaceID: "ns_1", page: Page(limit: 1)))
    #expect(all.total == 2 && all.items.map(\.id) == ["doc_0"] && all.items[0].vectors.isEmpty)
    let second = try list(DocumentQuery(namespaceID: "ns_1", page: Page(limit: 1, offset: 1)))
    #expect(second.items.map(\.id) == ["other"] && second.nextCursor == nil)
    #expect(try list(DocumentQuery(namespaceID: "ns_1", collectionIDs: ["col_2"])).items.map(\.id) == ["other"])
    #expect(try list(DocumentQuery(namespaceID: "ns_2", collectionIDs: ["col_1"])).items.isEmpty)
    let slim = try list(DocumentQuery(namespaceID: "ns_1", collectionIDs: ["col_1"], vectors: true, select: ["a.c", "x"]))
    #expect(slim.items[0].fields == ["a": ["c": 2]] && slim.items[0].vectors == ["text": [0, 1]])
  }

  @Test("write cursors that come back, and refuse any other text")
  func cursorText() throws {
    var random = SeededRandom(seed: 3)
    for _ in 0..<200 {
      let number = Int64(random.next() >> UInt64(1 + random.next() % 60))
      for cursor in [Cursor.after(position: number), .skip(number)] {
        let text = cursor.text
        #expect(try Cursor(text) == cursor)
        var damaged = Array(text.utf8)
        let place = Int(random.next() % 13)
        damaged[place] = damaged[place] == 65 ? 66 : 65
        #expect(throws: Problem.self) { try Cursor(String(decoding: damaged, as: UTF8.self)) }
      }
    }
    for garbage in ["", "5", "next", "AAAAAAAAAAAAAA", Cursor.skip(1).text + "A", "ÄÖÜäöüß"] {
      #expect(throws: Problem.self) { try Cursor(garbage) }
    }
    let store = try TemporaryStore()
    try store.fill([["n": 1], ["n": 2]])
    let foreign = DocumentQuery(namespaceID: "ns_1", sort: [("n", false)], page: Page(cursor: Cursor.after(position: 1).text))
    let problem = #expect(throws: Problem.self) { try store.read { reader throws(Problem) in try reader.documents(foreign) } }
    #expect(problem?.path == "cursor")
  }

  @Test("stream raw bodies with vectors, and stop when told")
  func bodies() throws {
    let store = try TemporaryStore()
    try store.fill((0..<5).map { ["n": .int($0)] }, vectors: true)
    try store.read { reader throws(Problem) in
      var texts: [String] = []
      try reader.bodies(of: ["col_1"], in: "ns_1", filter: .compare(field: "n", .gt, 0)) { document throws(Problem) in
        texts.append(String(decoding: document.body, as: UTF8.self))
        #expect(try reader.vectors(of: document)["text"]?.count == 2)
        return texts.count < 3
      }
      #expect(texts == ["{\"n\":1}", "{\"n\":2}", "{\"n\":3}"])
    }
  }
}

@Suite("Vectors") struct VectorTests {
  @Test("come in bulk exactly as they went in, in step with their documents, filtered or not")
  func bulk() throws {
    let store = try TemporaryStore()
    try store.fill([])
    try store.commit { $0.insert(store.collection("col_2")) }
    var random = SeededRandom(seed: 11)
    var expected: [(id: String, collection: String, even: Bool, vector: [Float])] = []
    for position in 1...60 as ClosedRange<Int64> {
      let collection = random.next() % 2 == 0 ? "col_1" : "col_2"
      let vector: [Float]? = random.next() % 4 == 0 ? nil : [Float(bitPattern: UInt32(truncatingIfNeeded: random.next()) & 0x7F7F_FFFF), -0.0]
      let id = "doc_\(random.next() % 1_000_000)"
      let document = store.document(id, ["even": .bool(position % 2 == 0)], in: collection, vectors: vector.map { ["text": $0] } ?? [:])
      try store.commit { $0.insert(document, in: "ns_1", position: position) }
      if let vector { expected.append((id, collection, position % 2 == 0, vector)) }
    }
    let order = ["col_2", "col_1"]
    expected = order.flatMap { collection in expected.filter { $0.collection == collection } }
    for filter in [nil, Filter.compare(field: "even", .eq, true)] {
      let wanted = filter == nil ? expected : expected.filter(\.even)
      try store.read { reader throws(Problem) in
        let set = try reader.vectors(of: order, index: "text", filter: filter)
        #expect(set.documentIDs == wanted.map(\.id) && set.collectionIDs == wanted.map(\.collection))
        #expect(set.values.map(\.bitPattern) == wanted.flatMap(\.vector).map(\.bitPattern))
        #expect(set.dimensions == 2 && set.metric == .cosine)
        if filter == nil {
          for limit in [1, 7, 1000] {
            var pieces: [Float] = []
            try reader.forEachPiece(of: order, index: "text", rows: limit) { rows, values throws(Problem) in
              #expect(rows * 2 == values.count && rows <= limit && (rows == limit || pieces.count / 2 + rows == set.count))
              pieces += values
            }
            #expect(pieces.map(\.bitPattern) == set.values.map(\.bitPattern))
          }
          #expect(try reader.vectorCount(of: order, index: "text") == set.count)
        }
        var ids: [String] = []
        try reader.bodiesOfVectors(of: order, filter: filter) { row, document throws(Problem) in
          #expect(row == ids.count)
          ids.append(document.id)
        }
        #expect(ids == set.documentIDs)
      }
    }
  }

  @Test("follow their document: replaced, added, kept, gone")
  func updates() throws {
    let store = try TemporaryStore()
    try store.fill([[:], [:]], vectors: true)
    try store.commit { $0.insert(store.document("bare"), in: "ns_1", position: 9) }
    func vectors() throws -> VectorSet { try store.read { reader throws(Problem) in try reader.vectors(of: ["col_1"]) } }
    try store.commit { $0.update(store.document("doc_1", ["x": 1])) }
    #expect(try vectors().values == [0, 1, 1, 1])
    try store.commit {
      $0.update(store.document("doc_0", vectors: ["text": [5, 6]]))
      $0.update(store.document("bare", vectors: ["text": [7, 8]]))
    }
    #expect(try vectors().values == [5, 6, 1, 1, 7, 8])
    try store.commit { $0.deleteDocument("doc_1", from: "col_1") }
    #expect(try vectors().documentIDs == ["doc_0", "bare"])
    try store.commit { $0.deleteCollection("col_1") }
    #expect(throws: Problem.self) { try vectors() }
  }

  @Test("are refused with a hint when the index is unknown, ambiguous or of several sizes")
  func refusals() throws {
    let store = try TemporaryStore()
    try store.fill([])
    var wide = store.collection("col_2")
    wide.vectorIndexes = [VectorIndex(name: "text", dimensions: 3, metric: .cosine), VectorIndex(name: "image", dimensions: 2, metric: .cosine)]
    try store.commit { $0.insert(wide) }
    func problem(_ collections: [String], _ index: String?) -> Problem? {
      #expect(throws: Problem.self) { try store.read { reader throws(Problem) in try reader.vectors(of: collections, index: index) } }
    }
    #expect(problem(["col_1"], "txt")?.didYouMean == "text")
    #expect(problem(["col_2"], nil)?.hint == "Name one of: text, image")
    #expect(problem(["col_1", "col_2"], "text")?.kind == .invalid)
    #expect(problem([], nil)?.path == "collection_ids")
  }
}
