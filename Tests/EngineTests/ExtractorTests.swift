import Basics
import Engine
import Model
import TestSupport
import Testing

@Suite("Extractors") struct ExtractorTests {
  @Test("passthrough takes vectors out of the fields that say so, and checks them")
  func passthrough() throws {
    let fixture = try BucketFixture()
    try fixture.collection(extractor: [
      "feature_extractor_name": "passthrough_extractor", "version": "v1",
      "parameters": ["vector_fields": [["field": "embedding", "name": "v", "dimensions": 3]]],
    ])
    let ids = try fixture.upload([
      ["title": "good", "embedding": [1, 2, 3]], ["title": "short", "embedding": [1, 2]], ["title": "none"], ["title": "words", "embedding": "x"],
    ])
    let batch = try fixture.batch()
    try fixture.run(batch)
    let documents = try fixture.documents(vectors: true)
    #expect(documents.compactMap { $0["title"]?.string } == ["good", "none"])
    #expect(documents.first?["v"] == [.double(1), .double(2), .double(3)] && documents.first?["embedding"] == nil)
    let failed = try fixture.read(batch)["failed_objects"]?.array ?? []
    #expect(failed.compactMap { $0["object_id"]?.string } == [ids[1], ids[3]])
    #expect(failed.first?["error"]?.string?.contains("3 dimensions") == true)
  }

  @Test("a script makes the fields and the vectors, leaves objects out, and fails alone")
  func script() throws {
    let fixture = try BucketFixture()
    let source = """
      return function(ctx, object)
        if object.year == 2001 then return nil end
        if object.year == 2002 then error("not this one") end
        return {shout = object.title:upper(), vectors = {v = {object.year, 1}}}
      end
      """
    try fixture.collection(
      extractor: ["feature_extractor_name": "script_extractor", "version": "v1", "parameters": ["script": ["source": .string(source)]]],
      indexes: [["name": "v", "dimensions": 2, "metric": "euclidean"]])
    _ = try fixture.upload(4)
    let batch = try fixture.batch()
    try fixture.run(batch)
    let documents = try fixture.documents(vectors: true)
    #expect(documents.compactMap { $0["shout"]?.string } == ["ARTICLE 0", "ARTICLE 3"])
    #expect(documents.last?["v"] == [.double(2003), .double(1)] && documents.last?["title"] == nil)
    let done = try fixture.read(batch)
    #expect(done["progress"]?["objects_skipped"] == 1 && done["failed_object_count"] == 1)
    #expect(done["failed_objects"]?.array?.first?["error"]?.string?.contains("not this one") == true)
  }

  @Test("an endpoint that is busy is asked again after a while, or after what it says")
  func busy() throws {
    let server = Canceller()
    server.answer(1, with: .init(status: 503, body: []))
    server.answer(2, with: .init(status: 429, retryAfter: .seconds(7), body: []))
    let fixture = try BucketFixture(courier: server.courier)
    try fixture.collection(extractor: BatchFlowTests.endpoint)
    _ = try fixture.upload(3)
    try fixture.run(fixture.batch())
    #expect(server.requests == 3 && server.waits.count == 2 && server.waits[1] == .seconds(7))
    #expect(server.waits[0] >= .milliseconds(250) && server.waits[0] <= .milliseconds(500))
    let documents = try fixture.documents(vectors: true)
    #expect(documents.count == 3)
    for document in documents {
      let vector = Canceller.vector(
        "words of article number\(document["title"]?.string?.last.map(String.init) ?? "") about subject\(document["title"]?.string?.last.map(String.init) ?? "")"
      )
      #expect(document["vectors"]?["text"]?.array?.compactMap(\.double) == vector.array?.compactMap(\.double))
    }
  }

  @Test("an endpoint that stays away fails the objects for a while, one that refuses a text fails that text for good")
  func refusal() throws {
    let server = Canceller()
    let fixture = try BucketFixture(courier: server.courier)
    try fixture.collection(extractor: BatchFlowTests.endpoint)
    _ = try fixture.upload([BucketFixture.article(0), ["title": "bad", "text": "poison"], BucketFixture.article(2)])
    let batch = try fixture.batch()
    try fixture.run(batch)
    let done = try fixture.read(batch)
    #expect(done["status"] == "COMPLETED_WITH_ERRORS" && done["error_summary"] == ["permanent": 1])
    #expect(done["failed_objects"]?.array?.first?["error"]?.string?.contains("bad text") == true)
    #expect(server.requests == 4)
    for request in 5...20 { server.answer(request, with: .init(status: 500, body: [])) }
    let second = try fixture.batch(try fixture.upload([BucketFixture.article(7)]))
    try fixture.run(second)
    #expect(try fixture.read(second)["error_summary"] == ["transient": 1])
    // The first try and four more, each wait about twice as long.
    #expect(server.requests == 9 && server.waits.count == 4 && server.waits[3] > server.waits[0])
  }

  @Test("what a server refuses for the sake of the key or the address is not asked for text by text", arguments: [401, 403, 404])
  func wholesale(status: Int) throws {
    let server = Canceller()
    server.answerAlways(with: .init(status: status, body: []))
    let fixture = try BucketFixture(courier: server.courier)
    try fixture.collection(extractor: BatchFlowTests.endpoint)
    _ = try fixture.upload(5)
    let batch = try fixture.batch()
    try fixture.run(batch)
    #expect(try fixture.read(batch)["failed_object_count"] == 5)
    #expect(server.requests == 1 && server.waits.isEmpty)
  }

  private static let search: JSON = [
    "stage_name": "near",
    "config": [
      "stage_id": "feature_search",
      "parameters": ["searches": [["feature_uri": "text", "query": ["input_mode": "text", "value": "words"], "top_k": 1]]],
    ],
  ]

  @Test("searches that wait for a silent server leave threads to others, and the one too many is told to come again")
  func crowded() throws {
    let server = Canceller()
    let fixture = try BucketFixture(courier: server.courier)
    try fixture.collection(extractor: BatchFlowTests.endpoint)
    let body: JSON = ["retriever_name": "r", "collection_identifiers": ["topics"], "stages": [Self.search]]
    let id = try fixture.store.call("create_retriever", body: body)["retriever_id"]?.string ?? ""
    // Each search is asked while the one before it waits.
    let crowd = Crowd(fixture.store, retriever: id)
    server.actAlways { crowd.ask() }
    crowd.ask()
    #expect(server.requests == 8 && crowd.refusals.count == 1)
    let refusal = try #require(crowd.refusals.first)
    #expect(refusal.kind == .unavailable && refusal.details["http_status"] == 503 && refusal.details["retry_after_seconds"] == 2)
    server.actAlways {}
    crowd.ask()
    #expect(crowd.refusals.count == 1, "there is room again")
  }

  @Test("a search ends with the retriever's time, also while it waits for another server")
  func impatient() throws {
    let server = Canceller()
    server.answerAlways(with: .init(status: 503, body: []))
    let fixture = try BucketFixture(courier: server.courier)
    try fixture.collection(extractor: BatchFlowTests.endpoint)
    let body: JSON = [
      "retriever_name": "r", "collection_identifiers": ["topics"], "stages": [Self.search], "budget_limits": ["max_time_ms": 1000],
    ]
    let id = try fixture.store.call("create_retriever", body: body)["retriever_id"]?.string ?? ""
    server.actAlways { [clock = fixture.store.clock] in clock.advance(by: .milliseconds(700)) }
    let problem = #expect(throws: Problem.self) { try fixture.store.call("execute_retriever", path: ["retriever_id": id]) }
    #expect(problem?.kind == .budget && server.requests == 2)
  }

  @Test("a server that asks to be spared no time is spared the usual one", arguments: [0, -5])
  func hurried(seconds: Int) throws {
    let server = Canceller()
    server.answer(1, with: .init(status: 429, retryAfter: .seconds(seconds), body: []))
    let fixture = try BucketFixture(courier: server.courier)
    try fixture.collection(extractor: BatchFlowTests.endpoint)
    _ = try fixture.upload(1)
    try fixture.run(fixture.batch())
    #expect(server.waits.count == 1 && server.waits[0] >= .milliseconds(250))
  }

  @Test("inputs are mapped and fields passed on as the definition says")
  func mapping() throws {
    let server = Canceller()
    let fixture = try BucketFixture(courier: server.courier)
    let mappings: JSON = [
      ["input_key": "text", "source_type": "literal", "override": "prefix"], ["input_key": "text", "source_type": "payload", "path": "title"],
    ]
    let fields: JSON = [
      ["source_path": "title", "target_path": "about.name"], ["source_path": "rating", "default": 3], ["source_path": "year", "required": true],
    ]
    var extractor = BatchFlowTests.endpoint.object ?? [:]
    extractor["input_mappings"] = mappings
    extractor["field_passthrough"] = fields
    try fixture.collection(extractor: .object(extractor))
    _ = try fixture.upload([["title": "ab", "year": 1999], ["title": "no year"]])
    let batch = try fixture.batch()
    try fixture.run(batch)
    let documents = try fixture.documents(vectors: true)
    #expect(documents.count == 1)
    #expect(documents.first?["about"] == ["name": "ab"] && documents.first?["rating"] == 3 && documents.first?["title"] == nil)
    #expect(documents.first?["vectors"]?["text"]?.array?.first?.double == Double("prefix\nab".utf8.count))
    #expect(try fixture.read(batch)["failed_objects"]?.array?.first?["error"]?.string?.contains("'year' is missing") == true)
  }

  @Test(
    "a definition that cannot work is refused when it is made, with the place and the near miss",
    arguments: [
      (#"{"feature_extractor_name": "hashing_extracter"}"#, "feature_extractor.feature_extractor_name", "hashing_extractor"),
      (#"{"feature_extractor_name": "hashing_extractor", "parameters": {"dimension": 64}}"#, "feature_extractor.parameters.dimension", "dimensions"),
      (#"{"feature_extractor_name": "hashing_extractor", "parameters": {"dimensions": 4}}"#, "feature_extractor.parameters.dimensions", nil),
      (#"{"feature_extractor_name": "hashing_extractor", "parameters": {"char_ngrams": [5, 3]}}"#, "feature_extractor.parameters.char_ngrams", nil),
      (
        #"{"feature_extractor_name": "http_extractor", "parameters": {"url": "https://x/v1", "model": "m", "dimensions": 3}}"#,
        "feature_extractor.parameters.url", nil
      ),
      (
        #"{"feature_extractor_name": "http_extractor", "parameters": {"url": "http://x/v1", "dimensions": 3}}"#, "feature_extractor.parameters.model",
        nil
      ),
      (#"{"feature_extractor_name": "script_extractor"}"#, "feature_extractor.parameters.script", nil),
      (
        #"{"feature_extractor_name": "hashing", "input_mappings": [{"input_key": "text", "source_type": "payloads", "path": "a"}]}"#,
        "feature_extractor.input_mappings[0].source_type", "payload"
      ),
      (
        #"{"feature_extractor_name": "hashing", "field_passthrough": [{"target_path": "a"}]}"#, "feature_extractor.field_passthrough[0].source_path",
        nil
      ),
    ])
  func definitions(text: String, path: String, near: String?) throws {
    let extractor = try JSON(parsing: text)
    let fixture = try BucketFixture()
    #expect { try fixture.collection(extractor: extractor) } throws: { error in
      let problem = error as? Problem
      return problem?.path == path && problem?.didYouMean == near
    }
    #expect(try fixture.store.call("list_collections")["total_count"] == 0)
  }

  @Test("a secret of an extractor is not shown")
  func secret() throws {
    let fixture = try BucketFixture()
    try fixture.collection(extractor: [
      "feature_extractor_name": "http_extractor", "version": "v1",
      "parameters": ["url": "http://127.0.0.1:1/v1/embeddings", "model": "m", "dimensions": 3, "api_key": "sk-secret"],
    ])
    #expect(try !fixture.store.call("get_collection", path: ["collection_identifier": "topics"]).text.contains("sk-secret"))
  }
}

/// Asks a retriever again and again, and keeps what it is refused.
private final class Crowd: @unchecked Sendable {
  // @unchecked: everything happens on the test's thread, one call inside the other.
  private let store: TemporaryStore
  private let retriever: String
  private(set) var refusals: [Problem] = []

  init(_ store: TemporaryStore, retriever: String) { (self.store, self.retriever) = (store, retriever) }

  /// As a request does, whose time is limited.
  func ask() {
    do throws(Problem) {
      _ = try ReadLimit.with(.seconds(60)) { () throws(Problem) in try store.call("execute_retriever", path: ["retriever_id": retriever]) }
    } catch { refusals.append(error) }
  }
}
