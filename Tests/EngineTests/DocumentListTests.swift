import Basics
import Engine
import Model
import TestSupport
import Testing

@Suite("Lists of documents, as they are asked for") struct DocumentViewTests {
  private let store: TemporaryStore
  private static let words = ["collection_identifier": "words"]

  init() throws {
    store = try TemporaryStore()
    try store.call("create_collection", body: ["collection_name": "words", "vector_indexes": [["name": "v", "dimensions": 2]]])
    let documents: [JSON] = (0..<24).map {
      [
        "document_id": .string("d\($0)"), "n": .int($0), "kind": [.string("x"), .int(1), .bool(true), .null][$0 % 4],
        "text": .string($0 == 5 ? "The Runner" : "word \($0)"), "next": .string("d\($0 + 1)"), "parts": [["p": "d1"], ["p": "none"]],
        "vectors": ["v": [.int($0), 1]],
      ]
    }
    try store.call("upsert_documents", path: Self.words, body: ["documents": .array(documents)])
  }

  private func list(_ body: JSON) throws(Problem) -> JSON { try store.call("list_documents", path: Self.words, body: body) }
  private func ids(_ answer: JSON?) -> [String] { answer?["results"]?.array?.compactMap { $0["document_id"]?.string } ?? [] }

  @Test("are grouped by a field, of whatever type its values are; a group says how many it has", arguments: ["kind", ["field": "kind"]] as [JSON])
  func groups(by field: JSON) throws {
    let answer = try list(["group_by": field, "select": ["n"], "sort": ["field": "n", "direction": "desc"], "include_total": true])
    let groups = answer["groups"]?.array ?? []
    #expect(groups.map { $0["group_key"] } == ["x", 1, true, .null] && groups.map { $0["count"] } == [6, 6, 6, 6], "\(answer.text)")
    #expect(groups[1]["documents"]?.array?.map { $0["n"] } == [21, 17, 13, 9, 5, 1] && answer["results"] == .null)
    #expect(answer["group_by_field"] == "kind" && answer["pagination"]?["total"] == 4 && answer["total_documents"] == 24)
    #expect(answer["stats"]?["total_groups"] == 4 && answer["stats"]?["avg_documents_per_group"] == 6.0)
  }

  @Test("have pages of groups, with filters and a cursor; what is not shown of a group is said")
  func pages() throws {
    var (keys, cursor): ([JSON?], String?) = ([], nil)
    repeat {
      var body: JSONObject = ["group_by": "kind", "limit": 3, "filters": ["field": "n", "operator": "lt", "value": 8]]
      if let cursor { body["cursor"] = .string(cursor) }
      let page = try list(.object(body))
      keys += page["groups"]?.array?.map { $0["group_key"] } ?? []
      #expect(page["groups"]?.array?.allSatisfy { $0["count"] == 2 } == true)
      cursor = page["pagination"]?["next_cursor"]?.string
    } while cursor != nil
    #expect(keys == ["x", 1, true, .null])
    let documents: [JSON] = (100..<230).map { ["document_id": .string("d\($0)"), "kind": "many"] }
    try store.call("upsert_documents", path: Self.words, body: ["documents": .array(documents)])
    let many = try list(["group_by": "kind", "filters": ["kind": "many"]])
    #expect(
      many["groups"]?.array?.first?["count"] == 130 && many["groups"]?.array?.first?["documents"]?.array?.count == 100
        && many["warnings"]?.array?.count == 1)
  }

  @Test("are searched in all of their texts, whatever the case, and in their identifiers")
  func search() throws {
    #expect(ids(try list(["search": "RUNNER"])) == ["d5"])
    #expect(ids(try list(["search": "none", "limit": 1])) == ["d0"])
    #expect(ids(try list(["search": "d23", "filters": ["n": 23]])) == ["d23"])
    #expect(ids(try list(["search": "no such thing"])) == [])
  }

  @Test("are shared out: every document is in one share, and a cursor stays in its own", arguments: [1, 2, 3, 7])
  func shares(count: Int) throws {
    var seen: [String] = []
    for share in 0..<count {
      var body: JSON = ["limit": 2, "partition": ["index": .int(share), "count": .int(count)]]
      while true {
        let page = try list(body)
        seen += ids(page)
        guard let next = page["pagination"]?["next_cursor"]?.string else { break }
        body = ["limit": 2, "cursor": .string(next)]
      }
    }
    #expect(seen.count == 24 && Set(seen).count == 24)
  }

  @Test(
    "refuse shares that there are not",
    arguments: [
      (["index": 2, "count": 2], "partition.index"), (["index": 0, "count": 257], "partition.count"), (["index": 0], "partition.count"),
      (["count": 3], "partition.index"), (["index": -1, "count": 3], "partition.index"),
    ] as [(JSON, String)])
  func wrongShares(partition: JSON, path: String) {
    let error = #expect(throws: Problem.self) { try list(["partition": partition]) }
    #expect(error?.path == path)
  }

  @Test("show the documents that a field refers to, one or several, also when the field itself is not shown")
  func expanded() throws {
    let answer = try list(["expand": ["next", "parts.p"], "select": ["n"], "filters": ["n": 3]])
    let one = answer["results"]?.array?.first
    #expect(one?["_expanded"]?["next"]?["document_id"] == "d4" && one?["next"] == nil && one?["n"] == 3, "\(answer.text)")
    #expect(one?["_expanded"]?["parts.p"]?.array?.map { $0["document_id"] } == ["d1"])
    let last = try store.call("get_document", path: ["collection_identifier": "words", "document_id": "d23"], query: ["expand": "next,parent"])
    #expect(last["_expanded"] == ["next": .null, "parent": .null])
  }

  @Test("name their vectors, or show some of them, on request")
  func vectors() throws {
    let path = ["collection_identifier": "words", "document_id": "d2"]
    #expect(try store.call("get_document", path: path, query: ["return_vector_names": "true"])["_vectors"] == ["v"])
    let given = try store.call("get_document", path: path, query: ["return_vector_names": "mixpeek://x@v1/v"])
    #expect(given["v"] == [2.0, 1.0] && given["vectors"] == nil)
    #expect(try list(["return_vector_names": ["v"], "select": ["n"], "limit": 1])["results"]?.array?.first?["v"] == [0.0, 1.0])
  }

  @Test("name the collections that are not there; where none is, that is an error")
  func collections() throws {
    let some = try store.call("list_namespace_documents", body: ["collection_ids": ["words", "nope"], "limit": 1])
    #expect(some["unknown_collection_ids"] == ["nope"] && ids(some) == ["d0"])
    let error = #expect(throws: Problem.self) { try store.call("list_namespace_documents", body: ["collection_ids": ["word"]]) }
    #expect(error?.kind == .notFound && error?.didYouMean == "words")
  }

  @Test("take their order as JSON or short in a query; the body goes first, and a switch is on when either says so")
  func query() throws {
    for order in [#"{"field": "n", "direction": "desc"}"#, "n:desc"] {
      #expect(ids(try store.call("list_documents_get", path: Self.words, query: ["sort": .string(order), "limit": 1])) == ["d23"])
    }
    let both = try store.call(
      "list_documents", path: Self.words, query: ["sort": "n:desc", "limit": 1, "return_vectors": true],
      body: ["sort": ["field": "n"], "limit": 10, "return_vectors": false])
    #expect(ids(both) == ["d0"] && both["results"]?.array?.first?["v"] != nil)
    let error = #expect(throws: Problem.self) { try store.call("list_documents_get", path: Self.words, query: ["sort": "n:up"]) }
    #expect(error?.path == "sort.direction")
  }
}
