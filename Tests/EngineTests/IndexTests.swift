import Basics
import Engine
import Model
import Store
import TestSupport
import Testing

@Suite("Indexes that namespaces declare") struct IndexTests {
  private func indexes(_ store: TemporaryStore) throws -> [JSON] {
    try store.call("get_namespace", path: ["namespace_identifier": "default"])["payload_indexes"]?.array ?? []
  }

  private func ids(_ store: TemporaryStore, _ body: JSON) throws -> [String] {
    try store.call("list_documents", path: ["collection_identifier": "points"], body: body)["results"]?.array?.compactMap {
      $0["document_id"]?.string
    } ?? []
  }

  @Test("are built when they are declared, serve lists and searches as before, and go when they are left out")
  func declaring() throws {
    let fixture = try Fixture(documents: 30)
    let store = fixture.store
    let queries: [JSON] = [
      ["filters": ["kind": "beta"], "limit": 100], ["filters": ["field": "text", "operator": "gte", "value": "beta"], "limit": 100],
      ["sort": ["field": "kind", "direction": "desc"], "limit": 100], ["sort": ["field": "text"], "filters": ["kind": "alpha"], "limit": 4],
    ]
    let before = try queries.map { try ids(store, $0) }
    let declared: JSON = [
      "payload_indexes": [["field_name": "kind", "type": "keyword"], ["field_name": "text", "type": "text", "is_protected": true]]
    ]
    let patched = try store.call("patch_namespace", path: ["namespace_identifier": "default"], body: declared)
    #expect(patched["payload_indexes"]?.array?.map { $0["status"] } == ["ready", "ready"])
    #expect(try queries.map { try ids(store, $0) } == before)
    try store.reopen()
    try fixture.add(3, from: 30)
    #expect(try ids(store, queries[0]).count == 11)
    let ensured = try store.call("ensure_namespace_indexes", path: ["namespace_identifier": "default"])
    #expect(ensured["ensured"] == ["kind", "text"] && ensured["rebuilt"] == [] && ensured["created"] == ["kind", "text"])
    let rebuilt = try store.call("ensure_namespace_indexes", path: ["namespace_identifier": "default"], query: ["force_rebuild": true])
    #expect(rebuilt["rebuilt"] == ["kind", "text"] && rebuilt["ensured"] == [])
    #expect(try ids(store, queries[0]).count == 11)
    // PATCH adds, PUT replaces; what is protected stays.
    try store.call("patch_namespace", path: ["namespace_identifier": "default"], body: ["payload_indexes": [["field_name": "n", "type": "integer"]]])
    #expect(try indexes(store).count == 3)
    try store.call("update_namespace", path: ["namespace_identifier": "default"], body: ["payload_indexes": [["field_name": "n", "type": "float"]]])
    #expect(try indexes(store).map { $0["field_name"] } == ["text", "n"] && indexes(store).map { $0["type"] } == ["text", "float"])
    #expect(try ids(store, queries[0]).count == 11)
    let made = try store.call("create_namespace", body: ["namespace_name": "other", "payload_indexes": [["field_name": "a.b", "type": "uuid"]]])
    #expect(made["payload_indexes"]?.array?.first?["field_name"] == "a.b")
  }

  @Test(
    "are refused with the field that is wrong, and then nothing changes",
    arguments: [
      ([["field_name": "kind", "type": "keywrod"]], "payload_indexes[0].type"), ([["field_name": "kind", "type": "geo"]], "payload_indexes[0].type"),
      ([["field_name": "document_id", "type": "keyword"]], "payload_indexes[0].field_name"),
      ([["field_name": "a..b", "type": "keyword"]], "payload_indexes[0].field_name"), ([["type": "keyword"]], "payload_indexes[0].field_name"),
      ([["field_name": "a", "type": "text"], ["field_name": "a", "type": "text"]], "payload_indexes[1].field_name"), ("kind", "payload_indexes"),
    ] as [(JSON, String)])
  func mistakes(indexes given: JSON, path: String) throws {
    let fixture = try Fixture()
    #expect {
      try fixture.store.call("patch_namespace", path: ["namespace_identifier": "default"], body: ["payload_indexes": given])
    } throws: { ($0 as? Problem)?.path == path }
    #expect(try indexes(fixture.store).isEmpty)
  }

  @Test("come by themselves where large collections are filtered by a field again and again, and not where they are small")
  func byUse() throws {
    let fixture = try Fixture()
    let store = fixture.store
    let collection = try #require(try store.host.read { reader throws(Problem) in try reader.collection("points", in: "ns_default") })
    func fill(_ count: Int, from: Int) throws {
      let now = store.clock.surroundings.now()
      let documents = (from..<from + count).map {
        Document(id: "x\($0)", collectionID: collection.id, fields: ["n": .int($0 % 100)], createdAt: now, updatedAt: now)
      }
      _ = try store.host.upsert(documents, into: collection)
    }
    func ask(_ field: String) throws { for _ in 0..<8 { _ = try ids(store, ["filters": [field: 5]]) } }
    try fill(100, from: 0)
    try ask("small")
    #expect(try indexes(store).isEmpty)
    for start in stride(from: 100, to: 20_100, by: 5000) { try fill(5000, from: start) }
    try ask("n")
    #expect(try indexes(store).map { $0["status"] } == ["building"] && indexes(store).map { $0["origin"] } == ["used"])
    let before = try ids(store, ["filters": ["n": 5], "limit": 1000])
    try store.host.buildUnfinishedIndexes()
    #expect(try indexes(store).map { $0["status"] } == ["ready"])
    #expect(try ids(store, ["filters": ["n": 5], "limit": 1000]) == before && before.count == 201)
  }
}
