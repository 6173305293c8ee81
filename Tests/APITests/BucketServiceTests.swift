import API
import Basics
import Engine
import HTTP
import Model
import TestSupport
import Testing

@Suite("Buckets and batches over HTTP") struct BucketServiceTests {
  private func prepare(_ scenario: Scenario) throws {
    _ = try scenario.send(
      "POST", "/v1/buckets", ["bucket_name": "articles", "bucket_schema": ["properties": ["text": ["type": "text", "required": true]]]])
    _ = try scenario.send(
      "POST", "/v1/collections",
      [
        "collection_name": "topics", "source": ["type": "bucket", "bucket_ids": ["articles"]],
        "feature_extractor": ["feature_extractor_name": "text_extractor", "version": "v1", "input_mappings": ["text": "text"]],
      ])
  }

  @Test("the whole way, with the statuses of the contract", arguments: Transport.allCases)
  func wholeWay(transport: Transport) throws {
    let scenario = try Scenario(transport)
    try prepare(scenario)
    let one = try scenario.send("POST", "/v1/buckets/articles/objects", ["text": "a first text", "blobs": []])
    #expect(one.status == 200, "\(one.text)")
    let more = try scenario.send("POST", "/v1/buckets/articles/objects/batch", ["objects": [["text": "a second"], ["txt": "a third"]]])
    #expect(more.status == 200 && more.json["succeeded_count"] == 1 && more.json["failed_count"] == 1, "\(more.text)")
    let batch = try scenario.send("POST", "/v1/buckets/articles/batches", ["filters": [:], "auto_submit": true])
    #expect(batch.status == 200 && batch.json["status"] == "PENDING" && batch.json["task_id"]?.string != nil, "\(batch.text)")
    try scenario.store.host.settle()
    let id = batch.json["batch_id"]?.string ?? ""
    let done = try scenario.send("GET", "/v1/batches/\(id)")
    #expect(done.status == 200 && done.json["status"] == "COMPLETED" && done.json["documents_written"] == 2)
    let listed = try scenario.send(
      "POST", "/v1/buckets/articles/batches/list", ["status": "COMPLETED", "collection_id": done.json["collection_ids"]?.array?.first ?? .null])
    #expect(listed.status == 200 && listed.json["total_count"] == 1)
    let triggered = try scenario.send("POST", "/v1/collections/topics/trigger", ["dedup_strategy": "skip"])
    #expect(triggered.status == 202 && triggered.json["batch_id"] != nil && triggered.json["total_tiers"] == 1, "\(triggered.text)")
    try scenario.store.host.settle()
    #expect(try scenario.send("GET", "/v1/tasks/\(triggered.json["task_id"]?.string ?? "")").json["status"] == "COMPLETED")
    let object = one.json["object_id"]?.string ?? ""
    #expect(try scenario.send("DELETE", "/v1/buckets/articles/objects/\(object)").status == 204)
    #expect(try scenario.send("DELETE", "/v1/buckets/articles/batches/\(id)").json["success"] == true)
    #expect(try scenario.send("DELETE", "/v1/buckets/articles").status == 200)
  }

  @Test("what is wrong has its status, and both shapes of 422")
  func errors() throws {
    let scenario = try Scenario(.direct)
    try prepare(scenario)
    let missing = try scenario.send("GET", "/v1/buckets/artcles")
    #expect(missing.status == 404 && missing.json["error"]?["details"]?["did_you_mean"] == "articles")
    #expect(try scenario.send("GET", "/v1/batches/btch_none").status == 404)
    #expect(try scenario.send("POST", "/v1/buckets", ["bucket_name": "articles", "bucket_schema": ["properties": [:]]]).status == 409)
    let wrong = try scenario.send("POST", "/v1/buckets/articles/objects", ["text": 5])
    #expect(wrong.status == 422 && wrong.json["detail"]?.array?.first?["loc"] == ["body", "text"])
    #expect(wrong.json["error"]?["details"]?["validation_errors"]?.array?.first?["field"] == "text")
    let unknown = try scenario.send("POST", "/v1/buckets/articles/batches", ["object_id": ["x"]])
    #expect(unknown.status == 422 && unknown.json["error"]?["details"]?["did_you_mean"] == "object_ids")
    let draft = try scenario.send("POST", "/v1/buckets/articles/batches", ["filters": [:]])
    #expect(try scenario.send("POST", "/v1/buckets/articles/batches/\(draft.json["batch_id"]?.string ?? "")/cancel").status == 409)
    let reader = try scenario.makeKey("reader", scopes: [.read])
    scenario.key = reader
    #expect(try scenario.send("POST", "/v1/collections/topics/trigger").status == 403)
    #expect(try scenario.send("POST", "/v1/buckets/articles/objects/list").status == 200)
  }

  @Test("an embeddings endpoint is asked over a real socket, in batches, with its key, and again when it is busy")
  func embeddings() throws {
    let seen = Calls()
    var options = ServerOptions(endpoints: [.tcp(host: "127.0.0.1", port: 0)])
    options.handlerThreads = 1
    let server = Server(options: options, surroundings: .real) { request in seen.answer(request) }
    try server.start()
    defer { server.stop(draining: .zero) }
    let endpoint = try #require(server.endpoints.first)
    let store = try TemporaryStore(courier: Courier(post: Courier.http.post, wait: { _, _ in seen.waited() }))
    try store.call("create_bucket", body: ["bucket_name": "articles", "bucket_schema": ["properties": ["text": ["type": "text"]]]])
    try store.call(
      "create_collection",
      body: [
        "collection_name": "topics", "source": ["type": "bucket", "bucket_ids": ["articles"]],
        "feature_extractor": [
          "feature_extractor_name": "http_extractor", "version": "v1",
          "parameters": ["url": .string("http://\(endpoint)/v1/embeddings"), "model": "tiny", "dimensions": 2, "api_key": "sk-1", "batch_size": 4],
        ],
      ])
    let objects = JSON.array((0..<10).map { ["text": .string(String(repeating: "x", count: $0 + 1))] })
    try store.call("create_objects_batch_buckets", path: ["bucket_identifier": "articles"], body: ["objects": objects])
    let task = try store.call("trigger_collection", path: ["collection_identifier": "topics"])
    try store.host.settle()
    #expect(try store.call("get_task", path: ["task_id": task["task_id"]?.string ?? ""])["status"] == "COMPLETED")
    let documents =
      try store.call(
        "list_documents", path: ["collection_identifier": "topics"], body: ["limit": 100, "return_vectors": true])["results"]?.array ?? []
    #expect(documents.count == 10)
    #expect(documents.allSatisfy { $0["vectors"]?["text"]?.array?.first?.double == Double($0["text"]?.string?.utf8.count ?? 0) })
    // Ten texts in fours are three requests; the first was refused once.
    #expect(seen.sizes == [4, 4, 4, 2] && seen.waits == 1 && seen.keys == ["Bearer sk-1"])
  }

  @Test(
    "batches of all namespaces are those of one where a request names it; a header and a body that disagree are told", arguments: Transport.allCases)
  func narrowed(transport: Transport) throws {
    let scenario = try Scenario(transport)
    for name in ["one", "two"] {
      _ = try scenario.send("POST", "/v1/namespaces", ["namespace_name": .string(name)])
      let header = [("X-Namespace", name)]
      let schema: JSON = ["properties": ["text": ["type": "text"]]]
      _ = try scenario.send("POST", "/v1/buckets", ["bucket_name": "b", "bucket_schema": schema], headers: header)
      _ = try scenario.send("POST", "/v1/buckets/b/objects", ["text": "x"], headers: header)
      for _ in 0..<(name == "one" ? 1 : 2) { _ = try scenario.send("POST", "/v1/buckets/b/batches", ["filters": [:]], headers: header) }
    }
    func total(_ body: JSON, _ headers: [(String, String)] = []) throws -> JSON? {
      try scenario.send("POST", "/v1/batches/list", body, headers: headers).json["total_count"]
    }
    #expect(try total([:]) == 3 && total([:], [("X-Namespace", "")]) == 3)
    #expect(try total([:], [("X-Namespace", "one")]) == 1 && total([:], [("X-Namespace", "two")]) == 2)
    #expect(try total(["namespace_id": "two"]) == 2 && total(["namespace_id": "two"], [("X-Namespace", "two")]) == 2)
    let both = try scenario.send("POST", "/v1/batches/list", ["namespace_id": "two"], headers: [("X-Namespace", "one")])
    #expect(both.status == 400 && both.json["error"]?["details"]?["path"] == "namespace_id", "\(both.text)")
    #expect(try scenario.send("POST", "/v1/batches/list", [:], headers: [("X-Namespace", "three")]).status == 404)
    // A namespace in the query of collections means nothing.
    #expect(try scenario.send("GET", "/v1/collections?namespace_id=nowhere", headers: [("X-Namespace", "one")]).status == 200)
  }
}

/// An embeddings endpoint that is busy at first, and remembers who asked.
private final class Calls: @unchecked Sendable {
  // @unchecked: the server has one handler thread, and the test looks when it is done.
  private(set) var sizes: [Int] = []
  private(set) var keys: Set<String> = []
  private(set) var waits = 0

  func waited() { waits += 1 }

  func answer(_ request: Request) -> Response {
    let texts = (try? JSON(parsing: request.body))?["input"]?.array ?? []
    sizes.append(texts.count)
    keys.insert(request.headers["Authorization"] ?? "")
    if sizes.count == 1 { return Response.json(["error": ["message": "loading"]], status: 503) }
    let data = texts.enumerated().map { index, text -> JSON in ["index": .int(index), "embedding": [.int(text.string?.utf8.count ?? 0), 1]] }
    return Response.json(["data": .array(data)])
  }
}
