import Basics
import Engine
import Model
import TestSupport

/// A bucket `articles` of texts, and collections that read it.
struct BucketFixture {
  let store: TemporaryStore

  init(courier: Courier? = nil, log: @escaping @Sendable (String, String) -> Void = { _, _ in }) throws {
    store = try TemporaryStore(courier: courier, log: log)
    try store.call(
      "create_bucket",
      body: [
        "bucket_name": "articles",
        "bucket_schema": ["properties": ["title": ["type": "string"], "text": ["type": "text"], "year": ["type": "integer"]]],
      ])
  }

  /// A collection that reads the bucket with the hashing extractor, unless told otherwise.
  @discardableResult
  func collection(
    _ name: String = "topics", extractor: JSON = ["feature_extractor_name": "hashing_extractor", "version": "v1", "parameters": ["dimensions": 64]],
    source: JSON = ["type": "bucket", "bucket_ids": ["articles"]], indexes: JSON = .null
  ) throws(Problem) -> String {
    let body: JSON = [
      "collection_name": .string(name), "source": source, "feature_extractor": extractor, "vector_indexes": indexes,
    ]
    return try store.call("create_collection", body: body)["collection_id"]?.string ?? ""
  }

  static func article(_ number: Int) -> JSON {
    [
      "title": .string("article \(number)"), "text": .string("words of article number\(number) about subject\(number % 5)"),
      "year": .int(2000 + number),
    ]
  }

  /// Uploads objects and answers their identifiers, in the order given.
  @discardableResult
  func upload(_ objects: [JSON]) throws(Problem) -> [String] {
    var ids: [String] = []
    var start = 0
    while start < objects.count {
      let end = min(objects.count, start + 100)
      let answer = try store.call(
        "create_objects_batch_buckets", path: ["bucket_identifier": "articles"], body: ["objects": .array(Array(objects[start..<end]))])
      ids += answer["succeeded"]?.array?.compactMap { $0["object_id"]?.string } ?? []
      start = end
    }
    return ids
  }

  func upload(_ count: Int) throws(Problem) -> [String] { try upload((0..<count).map { Self.article($0) }) }

  /// Makes a batch of objects (of all, without any) and answers its identifier.
  func batch(_ ids: [String]? = nil, extra: JSONObject = [:]) throws(Problem) -> String {
    var body = extra
    if let ids { body["object_ids"] = .array(ids.map(JSON.string)) } else { body["filters"] = extra["filters"] ?? [:] }
    return try store.call("create_batch_buckets_batches", path: ["bucket_identifier": "articles"], body: .object(body))["batch_id"]?.string ?? ""
  }

  func path(_ batch: String) -> [String: String] { ["bucket_identifier": "articles", "batch_id": batch] }

  /// Submits a batch, waits for its end, and answers its task.
  @discardableResult
  func run(_ batch: String) throws(Problem) -> JSON {
    let task = try store.call("submit_batch_buckets_batches", path: path(batch))
    try store.host.settle()
    return try store.call("get_task", path: ["task_id": task["task_id"]?.string ?? ""])
  }

  func read(_ batch: String) throws(Problem) -> JSON { try store.call("get_batch_buckets_batches", path: path(batch)) }

  func documents(_ collection: String = "topics", vectors: Bool = false) throws(Problem) -> [JSON] {
    try store.call(
      "list_documents", path: ["collection_identifier": collection], body: ["limit": 1000, "return_vectors": .bool(vectors)])["results"]?.array ?? []
  }

  func count(_ collection: String = "topics") throws(Problem) -> Int64? {
    try store.call("count_documents", path: ["collection_identifier": collection])["count"]?.int
  }

  func events() throws(Problem) -> [JSON] {
    try store.call("list_events", query: ["event_type": "collection.batch_completed"])["results"]?.array ?? []
  }
}
