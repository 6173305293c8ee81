import Basics
import Engine
import Model
import TestSupport
import Testing

@Suite("Buckets and their objects") struct BucketTests {
  private let articles = ["bucket_identifier": "articles"]

  private func at(_ id: String) -> [String: String] { ["bucket_identifier": "articles", "object_identifier": id] }

  @Test("objects come, are read, changed and go, and the bucket counts them")
  func life() throws {
    let fixture = try BucketFixture()
    let store = fixture.store
    let object = try store.call(
      "create_object_buckets", path: articles,
      body: ["title": "one", "blobs": [["property": "text", "type": "text", "data": "a text"]], "color": "red"])
    let id = object["object_id"]?.string ?? ""
    #expect(object["status"] == "PENDING" && object["color"] == "red" && object["blobs"]?.array?.first?["property"] == "text")
    #expect(try store.call("get_object_buckets", path: at(id))["blobs"]?.array?.first?["data"] == "a text")
    let changed = try store.call("patch_object_buckets", path: at(id), body: ["color": .null, "year": 1999])
    #expect(changed["color"] == nil && changed["year"] == 1999 && changed["title"] == "one")
    let bucket = try store.call("get_bucket", path: articles)
    #expect(bucket["object_count"] == 1 && bucket["total_size_bytes"]?.int ?? 0 > 20)
    try store.call("delete_object_buckets", path: at(id))
    let empty = try store.call("get_bucket", path: articles)
    #expect(empty["object_count"] == 0 && empty["total_size_bytes"] == 0)
    #expect { try store.call("get_object_buckets", path: at(id)) } throws: { ($0 as? Problem)?.kind == .notFound }
    try store.call("delete_bucket", path: articles)
    #expect(try store.call("list_buckets")["total_count"] == 0)
  }

  @Test("pages give every object once, in the order of a call; filters, search and sorting find what they say")
  func lists() throws {
    let fixture = try BucketFixture()
    let ids = try fixture.upload(25)
    var seen: [String] = []
    var cursor: JSON = .null
    repeat {
      let page = try fixture.store.call("list_objects_buckets", path: articles, body: ["limit": 10, "cursor": cursor])
      seen += page["results"]?.array?.compactMap { $0["object_id"]?.string } ?? []
      cursor = page["pagination"]?["next_cursor"] ?? .null
    } while cursor != .null
    #expect(seen == ids)
    func years(_ body: JSON) throws(Problem) -> [Int64] {
      try fixture.store.call("list_objects_buckets", path: articles, body: body)["results"]?.array?.compactMap { $0["year"]?.int } ?? []
    }
    #expect(try years(["filters": ["AND": [["field": "year", "operator": "lt", "value": 2003]]]]) == [2000, 2001, 2002])
    #expect(try years(["sort": ["field": "year", "direction": "desc"], "limit": 2, "offset": 1]) == [2023, 2022])
    #expect(try years(["search": "NUMBER17 "]) == [2017])
    #expect(try fixture.store.call("list_objects_buckets", path: articles, body: ["limit": 5])["pagination"]?["page_size"] == 5)
  }

  @Test("a unique key lets an object be there once, as the policy says", arguments: [("insert", false), ("update", true), ("upsert", true)])
  func uniqueKeys(policy: String, replaces: Bool) throws {
    let fixture = try BucketFixture()
    let store = fixture.store
    try store.call(
      "create_bucket",
      body: [
        "bucket_name": "goods", "bucket_schema": ["properties": ["sku": ["type": "string"]]],
        "unique_key": ["fields": ["sku"], "default_policy": .string(policy)],
      ])
    let goods = ["bucket_identifier": "goods"]
    func put(_ body: JSON, _ query: JSONObject = [:]) throws(Problem) -> JSON {
      try store.call("create_object_buckets", path: goods, query: query, body: body)
    }
    if policy == "update" {
      #expect { try put(["sku": "a", "price": 1]) } throws: { ($0 as? Problem)?.kind == .notFound }
    }
    let first = try put(["sku": "a", "price": 1], ["policy": "upsert"])
    if replaces {
      let second = try put(["sku": "a", "price": 2])
      #expect(second["object_id"] == first["object_id"] && second["price"] == 2)
    } else {
      #expect { try put(["sku": "a", "price": 2]) } throws: { ($0 as? Problem)?.kind == .conflict }
    }
    #expect(try store.call("get_bucket", path: goods)["object_count"] == 1)
    #expect { try put(["price": 3]) } throws: { ($0 as? Problem)?.path == "sku" }
    // Twice in one call is the same as in two.
    let both = try batch(fixture, goods, [["sku": "b", "n": 1], ["sku": "b", "n": 2]])
    #expect(both["succeeded_count"] == (policy == "upsert" ? 2 : policy == "insert" ? 1 : 0))
    #expect(try store.call("get_bucket", path: goods)["object_count"] == (policy == "update" ? 1 : 2))
  }

  /// What a call with several objects answers, also where none of them was taken, which is an error with the same members.
  private func batch(_ fixture: BucketFixture, _ path: [String: String], _ objects: JSON) throws -> JSON {
    do throws(Problem) {
      return try fixture.store.call("create_objects_batch_buckets", path: path, body: ["objects": objects])
    } catch {
      #expect(error.kind == .invalid && error.details["answer"]?["succeeded_count"] == 0, "\(error)")
      return try #require(error.details["answer"])
    }
  }

  @Test("several objects of which none is taken are an error, and one of them is enough for a success")
  func noneTaken() throws {
    let fixture = try BucketFixture()
    let none = try batch(fixture, articles, [["year": "old"], ["year": [1]]])
    #expect(none["failed_count"] == 2 && none["total_requested"] == 2 && none["succeeded"] == [])
    #expect(none["failed"]?.array?.compactMap { $0["object_index"]?.int } == [0, 1])
    let one = try fixture.store.call("create_objects_batch_buckets", path: articles, body: ["objects": [["year": "old"], ["year": 1999]]])
    #expect(one["succeeded_count"] == 1 && one["failed_count"] == 1)
    #expect(try fixture.store.call("create_objects_batch_buckets", path: articles, body: ["objects": []])["total_requested"] == 0)
  }

  @Test("a repeated request is answered as the first was; another one under its key is refused")
  func idempotency() throws {
    let fixture = try BucketFixture()
    func put(_ body: JSON) throws(Problem) -> JSON { try fixture.store.call("create_object_buckets", path: articles, body: body) }
    let first = try put(["title": "a", "idempotency_key": "k1"])
    let again = try put(["title": "a", "idempotency_key": "k1"])
    #expect(again["object_id"] == first["object_id"] && again["replayed"] == true && again["replayed_by"] == "idempotency_key")
    #expect { try put(["title": "b", "idempotency_key": "k1"]) } throws: { ($0 as? Problem)?.kind == .conflict }
    let duplicate = try put(["title": "a", "skip_duplicates": true])
    #expect(duplicate["object_id"] == first["object_id"] && duplicate["replayed_by"] == "skip_duplicates")
    #expect(try put(["title": "a"])["object_id"] != first["object_id"])
    #expect(try fixture.store.call("get_bucket", path: articles)["object_count"] == 2)
  }

  @Test("one wrong object of a call fails alone, and is named by its place")
  func partial() throws {
    let fixture = try BucketFixture()
    let answer = try fixture.store.call(
      "create_objects_batch_buckets", path: articles, body: ["objects": [["title": "a"], ["year": "nineteen"], ["title": "c"]]])
    #expect(answer["succeeded_count"] == 2 && answer["failed_count"] == 1 && answer["total_requested"] == 3)
    #expect(answer["failed"]?.array?.first?["object_index"] == 1)
    #expect(answer["failed"]?.array?.first?["error"]?.string?.hasPrefix("objects[1].year: 'year' is integer") == true, "\(answer.text)")
    #expect(answer["succeeded"]?.array?.map { $0["object_index"] } == [0, 2])
  }

  @Test(
    "bad input is refused with its place and changes nothing",
    arguments: [
      ("create_bucket", #"{"bucket_name": "b"}"#, "bucket_schema"),
      ("create_bucket", #"{"bucket_name": "b", "bucket_schema": {"properties": {"a": {"type": "txt"}}}}"#, "bucket_schema.properties.a.type"),
      ("create_bucket", #"{"bucket_name": "b", "bucket_schema": {"properties": {}}, "unique_key": {"fields": []}}"#, "unique_key.fields"),
      ("create_bucket", #"{"bucket_name": "articles", "bucket_schema": {"properties": {}}}"#, "bucket_name"),
      ("create_bucket", #"{"bucket_name": "b", "bucket_schema": {"properties": {}}, "destination": {"connection_id": "c"}}"#, "destination"),
      ("create_object_buckets", #"{"year": 1.5}"#, "year"),
      ("create_object_buckets", #"{"object_id": "mine"}"#, "object_id"),
      ("create_object_buckets", #"{"blobs": [{"property": "txt", "type": "text", "data": "x"}]}"#, "blobs[0].property"),
      ("create_object_buckets", #"{"blobs": [{"property": "text", "type": "text"}]}"#, "blobs[0].data"),
      ("create_batch_buckets_batches", #"{}"#, "object_ids"),
      ("create_batch_buckets_batches", #"{"object_ids": ["obj_none"]}"#, "object_ids[0]"),
      ("create_batch_buckets_batches", #"{"filters": {}, "collection_ids": ["nowhere"]}"#, "collection_ids[0]"),
      ("create_batch_buckets_batches", #"{"filters": {}, "dedup_strategy": "skipp"}"#, "dedup_strategy"),
      ("create_batch_buckets_batches", #"{"filters": {}, "auto_submit": true}"#, "object_ids"),
    ])
  func badInput(operation: String, text: String, path: String) throws {
    let body = try JSON(parsing: text)
    let fixture = try BucketFixture()
    #expect { try fixture.store.call(operation, path: articles, body: body) } throws: { ($0 as? Problem)?.path == path }
    #expect(try fixture.store.call("list_buckets")["total_count"] == 1)
    #expect(try fixture.store.call("get_bucket", path: articles)["object_count"] == 0)
    #expect(try fixture.store.call("list_all_batches")["total_count"] == 0)
  }

  @Test("batches refuse what their state does not allow")
  func states() throws {
    let fixture = try BucketFixture()
    let store = fixture.store
    let ids = try fixture.upload(3)
    let batch = try fixture.batch([ids[0]])
    func ask(_ operation: String, _ body: JSON = [:]) throws(Problem) -> JSON { try store.call(operation, path: fixture.path(batch), body: body) }
    func kind(_ operation: String, _ body: JSON = [:]) -> Problem.Kind? {
      do throws(Problem) {
        _ = try ask(operation, body)
        return nil
      } catch { return error.kind }
    }
    #expect(kind("submit_batch_buckets_batches") == .invalid, "no collection reads the bucket")
    try fixture.collection()
    for operation in ["cancel_batch_buckets_batches", "retry_batch_buckets_batches", "resubmit_batch_buckets_batches"] {
      #expect(kind(operation) == .conflict, "\(operation) of a draft")
    }
    #expect(try ask("add_objects_to_batch_buckets_batches", ["object_ids": [.string(ids[0]), .string(ids[2])]])["object_count"] == 2)
    try fixture.run(batch)
    #expect(try fixture.count() == 2)
    for operation in ["submit_batch_buckets_batches", "cancel_batch_buckets_batches"] {
      #expect(kind(operation) == .conflict, "\(operation) of a finished one")
    }
    #expect(kind("add_objects_to_batch_buckets_batches", ["object_ids": [.string(ids[1])]]) == .conflict)
    _ = try ask("delete_batch_buckets_batches")
    #expect(kind("get_batch_buckets_batches") == .notFound)
    #expect(try fixture.count() == 2)
  }
}
