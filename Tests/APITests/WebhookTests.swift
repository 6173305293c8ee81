import Basics
import Engine
import HTTP
import Model
import TestSupport
import Testing

/// Webhooks against a receiver in this process, under a clock that stands still.
@Suite("Webhooks", .serialized) struct WebhookTests {
  private let store: TemporaryStore
  private let receiver: Receiver

  init() throws {
    store = try TemporaryStore()
    receiver = try Receiver()
  }

  @discardableResult
  private func make(_ types: [JSON] = ["custom.step"], extra: JSONObject = [:], name: String = "hook") throws -> JSON {
    var configs: JSONObject = ["url": .string(receiver.url)]
    for member in extra.members where ["signing_secret", "payload_template", "headers", "timeout"].contains(member.key) {
      configs[member.key] = member.value
    }
    var body: JSONObject = [
      "webhook_name": .string(name), "event_types": .array(types), "channels": [["channel": "webhook", "configs": .object(configs)]],
    ]
    for member in extra.members where configs[member.key] == nil { body[member.key] = member.value }
    return try store.call("create_webhook_organizations", body: .object(body))
  }

  private func emit(_ numbers: ClosedRange<Int>, type: String = "custom.step") throws {
    for number in numbers { try store.call("emit_event", body: ["event_type": .string(type), "payload": ["n": .int(number)]]) }
  }

  private func read(_ name: String = "hook") throws -> JSON { try store.call("get_webhook_organizations", path: ["identifier": name]) }
  private func deliveries(_ status: String? = nil) throws -> [JSON] {
    try store.call("list_webhook_deliveries", path: ["identifier": "hook"], query: status.map { ["status": .string($0)] } ?? [:])["results"]?.array
      ?? []
  }
  private var numbers: [JSON?] { receiver.bodies.map { $0["data"]?["n"] } }

  private func problem(_ body: () throws -> Void) throws -> Problem {
    do { try body() } catch { return try #require(error as? Problem) }
    Issue.record("nothing was thrown")
    return Problem(.internal, "")
  }

  @Test("send events in their order, signed as the contract and as Standard Webhooks say") func sending() throws {
    defer { receiver.stop() }
    let made = try make(extra: ["headers": ["X-Own": "yes"]])
    let secret = try #require(made["channels"]?.array?.first?["configs"]?["signing_secret"]?.string)
    #expect(secret.hasPrefix("whsec_") && made["webhook_id"]?.string?.utf8.count == 19)
    try emit(1...5)
    try emit(6...6, type: "custom.other")
    try store.host.settle()
    #expect(numbers == [1, 2, 3, 4, 5])
    let request = receiver.seen[2]
    let (id, time) = (try #require(request.headers["webhook-id"]), try #require(request.headers["webhook-timestamp"]))
    #expect(request.method == "POST" && request.headers["Content-Type"] == "application/json" && request.headers["X-Own"] == "yes")
    #expect(Int64(time) == store.clock.now.seconds)
    let key = try #require(Base64.bytes(secret.dropFirst(6)))
    #expect(request.headers["webhook-signature"] == "v1," + Base64.text(MessageCode.code(of: Array("\(id).\(time).".utf8) + request.body, key: key)))
    #expect(
      request.headers["X-Mixpeek-Signature"]
        == "t=\(time),v1=" + MessageCode.code(of: Array("\(time).".utf8) + request.body, key: secret.utf8).hexadecimal)
    let body = receiver.bodies[2]
    #expect(body["id"] == .string(id) && body["event_type"] == "custom.step" && body["resource_type"] == "custom")
    #expect(body["namespace_id"]?.string?.hasPrefix("ns_") == true, "\(body.text)")
    #expect(try deliveries().map { $0["status"] } == Array(repeating: "delivered", count: 5))
    #expect(Set(receiver.seen.compactMap { $0.headers["webhook-id"] }).count == 5)
  }

  @Test("tell of documents, collections, clusters, triggers and objects under the contract's names") func vocabulary() throws {
    defer { receiver.stop() }
    try make(["*"])
    try store.call("create_collection", body: ["collection_name": "words", "vector_indexes": [["name": "v", "dimensions": 2]]])
    let documents: [JSON] = (0..<6).map { ["document_id": .string("d\($0)"), "vectors": ["v": [.int($0 % 2), .int(1)]]] }
    let path = ["collection_identifier": "words"]
    try store.call("upsert_documents", path: path, body: ["documents": .array(documents)])
    try store.call("update_document", path: ["collection_identifier": "words", "document_id": "d1"], body: ["a": 1])
    try store.call("batch_delete_documents", path: path, body: ["document_ids": ["d4", "d5"]])
    let cluster = try store.call(
      "create_cluster",
      body: [
        "collection_ids": ["words"], "cluster_name": "two",
        "vector_config": ["clustering_method": "kmeans", "kmeans_parameters": ["n_clusters": 2]],
      ])
    let clusterID = try #require(cluster["cluster_id"])
    let trigger = try store.call(
      "create_trigger",
      body: [
        "action_type": "cluster", "action_config": ["cluster_id": clusterID], "trigger_type": "interval", "schedule_config": ["interval_seconds": 60],
      ])
    try store.host.settle()
    try store.advance(by: .seconds(60))
    try store.call("pause_trigger", path: ["trigger_id": trigger["trigger_id"]?.string ?? ""])
    try store.call("create_bucket", body: ["bucket_name": "b", "bucket_schema": ["properties": ["t": ["type": "text"]]]])
    try store.call("create_objects_batch_buckets", path: ["bucket_identifier": "b"], body: ["objects": [["t": "x"], ["t": "y"]]])
    try store.call("delete_collection", path: path)
    try store.host.settle()
    let types = receiver.bodies.compactMap { $0["type"]?.string }
    let expected = [
      "collection.created", "document.created", "document.updated", "documents.deleted.batch", "collection.created", "cluster.created",
      "trigger.created", "trigger.fired", "cluster.execution.started",
    ]
    #expect(Array(types.prefix(expected.count)) == expected)
    // The run's own documents, its end, and the end of the trigger's run, in one transaction.
    #expect(
      Set(types.dropFirst(expected.count)) == [
        "document.created", "trigger.execution.completed", "cluster.execution.completed", "trigger.paused", "objects.created.batch",
        "collection.deleted",
      ], "\(types)")
    let written = try #require(receiver.bodies.first { $0["type"] == "document.created" })
    #expect(written["data"]?["document_ids"]?.array?.count == 6 && written["data"]?["count"] == 6)
  }

  @Test("send one event under each of its names that is asked for, and none of kinds that are not") func names() throws {
    defer { receiver.stop() }
    try make(["document.created", "collection.documents.written", "collection.created"], extra: ["resource_types": ["document", "collection"]])
    try make(["*"], extra: ["resource_types": ["cluster"]], name: "clusters only")
    try store.call("create_collection", body: ["collection_name": "words"])
    try store.call("upsert_documents", path: ["collection_identifier": "words"], body: ["documents": [["document_id": "a"]]])
    try store.host.settle()
    #expect(receiver.bodies.map { $0["type"] } == ["collection.created", "document.created", "collection.documents.written"])
    #expect(Set(receiver.bodies.compactMap { $0["id"]?.string }).count == 3)
  }

  @Test("try again with growing waits, hold later events back, and keep the message's identifier") func retries() throws {
    defer { receiver.stop() }
    try make()
    receiver.answer(500, 503, 200)
    try emit(1...2)
    try store.host.settle()
    #expect(numbers == [1])
    let first = try #require(deliveries().first)
    #expect(first["status"] == "retrying" && first["attempts"] == 1 && first["status_code"] == 500)
    let wait = try #require(first["next_attempt_at"]?.string.flatMap { Instant($0) }) - store.clock.now
    #expect(wait > .seconds(2) && wait <= .seconds(5))
    try store.advance(by: .milliseconds(wait.inMilliseconds - 1))
    #expect(numbers == [1], "not a millisecond too early")
    try store.advance(by: .milliseconds(1))
    #expect(numbers == [1, 1])
    #expect(try read()["delivery_health"]?["consecutive_failures"] == 2)
    try store.advance(by: .seconds(30))
    #expect(numbers == [1, 1, 1, 2])
    #expect(Set(receiver.seen.prefix(3).compactMap { $0.headers["webhook-id"] }).count == 1)
    #expect(try read()["delivery_health"]?["consecutive_failures"] == 0)
    #expect(try deliveries().map { $0["attempts"] } == [1, 3])
  }

  @Test("have channels that do not wait for each other: one that fails goes on where it was, and the others are not told twice")
  func lanes() throws {
    let other = try Receiver()
    defer {
      receiver.stop()
      other.stop()
    }
    receiver.answerAlways(500)
    let channels: [JSON] = [receiver.url, other.url].map { ["channel": "webhook", "configs": ["url": .string($0)]] }
    try store.call(
      "create_webhook_organizations",
      body: ["webhook_name": "hook", "event_types": ["custom.step"], "channels": .array(channels)])
    try emit(1...3)
    try store.host.settle()
    #expect(numbers == [1] && other.bodies.map { $0["data"]?["n"] } == [1, 2, 3])
    try emit(4...5)
    try store.host.settle()
    #expect(numbers == [1] && other.bodies.map { $0["data"]?["n"] } == [1, 2, 3, 4, 5])
    // The one that works does not hide how long the other has failed.
    #expect(try read()["delivery_health"]?["consecutive_failures"] == 1)
    try store.reopen()
    receiver.answerAlways(204)
    try store.advance(by: .seconds(60))
    try emit(6...6)
    try store.host.settle()
    #expect(numbers == [1, 1, 2, 3, 4, 5, 6] && other.bodies.map { $0["data"]?["n"] } == [1, 2, 3, 4, 5, 6])
    #expect(try read()["delivery_health"]?["consecutive_failures"] == 0)
  }

  @Test("wait as long as the receiver asks for") func retryAfter() throws {
    defer { receiver.stop() }
    try make()
    receiver.answer(Response(status: 429, headers: ["Retry-After": "600"]))
    try emit(1...1)
    try store.host.settle()
    try store.advance(by: .seconds(599))
    #expect(numbers == [1])
    try store.advance(by: .seconds(1))
    #expect(numbers == [1, 1])
  }

  @Test("give up a message that the receiver refuses, and go on with the next") func refusal() throws {
    defer { receiver.stop() }
    try make()
    receiver.answer(422, 422, 422)
    try emit(1...2)
    for _ in 0..<3 { try store.advance(by: .seconds(30)) }
    #expect(numbers == [1, 1, 1, 2])
    #expect(try deliveries().map { $0["status"] } == ["delivered", "failed"])
  }

  @Test("are paused when the receiver is gone, or has failed for a day, and begin anew when switched on") func pausing() throws {
    defer { receiver.stop() }
    try make()
    receiver.answer(410)
    try emit(1...2)
    try store.host.settle()
    var hook = try read()
    #expect(hook["is_active"] == false && hook["delivery_health"]?["paused_reason"]?.string?.contains("410") == true, "\(hook.text)")
    #expect(try store.call("list_events", query: ["event_type": "webhook.paused"])["results"]?.array?.count == 1)
    func switchOn() throws {
      try store.call(
        "update_webhook_organizations", path: ["identifier": "hook"],
        body: [
          "webhook_name": "hook", "event_types": ["custom.step"], "channels": [["channel": "webhook", "configs": ["url": .string(receiver.url)]]],
          "is_active": true,
        ])
    }
    try switchOn()
    try emit(3...3)
    try store.host.settle()
    #expect(numbers == [1, 3], "what came while it was paused is not sent")
    receiver.answerAlways(500)
    try emit(4...40)
    for _ in 0..<(30 * 60) where try read()["is_active"] == true { try store.advance(by: .seconds(60)) }
    hook = try read()
    #expect(hook["is_active"] == false && hook["delivery_health"]?["paused_reason"]?.string?.contains("since") == true, "\(hook.text)")
    // 4 was tried eight times in half a day and given up, 5 as well, or nearly.
    let tried = numbers.dropFirst(2)
    #expect(tried.filter { $0 == 4 }.count == 8 && tried.allSatisfy { [4, 5, 6].contains($0) }, "\(tried)")
    receiver.answerAlways(200)
    try switchOn()
    try emit(41...41)
    try store.host.settle()
    #expect(numbers.last == 41)
  }

  @Test("go on after a restart where they were, nothing lost and nothing in another order") func restart() throws {
    defer { receiver.stop() }
    try make()
    receiver.answer(503)
    try emit(1...20)
    try store.host.settle()
    #expect(numbers == [1])
    try store.reopen()
    try store.advance(by: .seconds(10))
    #expect(numbers == ([1] + (1...20)).map { .int($0) })
    try store.reopen()
    try store.host.settle()
    #expect(numbers.count == 21, "what is settled stays so")
  }

  @Test("show a secret once, keep it where none is given, and let two sign while one is replaced") func secrets() throws {
    defer { receiver.stop() }
    let secret = try #require(try make()["channels"]?.array?.first?["configs"]?["signing_secret"]?.string)
    func shown(_ answer: JSON) -> JSON? { answer["channels"]?.array?.first?["configs"]?["signing_secret"] }
    #expect(shown(try read()) == "redacted")
    let again: JSON = [
      "webhook_name": "renamed", "event_types": ["custom.step"],
      "channels": [["channel": "webhook", "configs": ["url": .string(receiver.url), "signing_secret": "redacted"]]],
    ]
    #expect(shown(try store.call("update_webhook_organizations", path: ["identifier": "hook"], body: again)) == "redacted")
    let rotated = try store.call("rotate_webhook_secret", path: ["identifier": "renamed"], body: ["overlap_seconds": 60])
    let fresh = try #require(rotated["secrets"]?.array?.first?["signing_secret"]?.string)
    #expect(fresh != secret)
    func signers() throws -> [String] {
      try emit(1...1)
      try store.host.settle()
      let request = try #require(receiver.seen.last)
      let content = Array("\(request.headers["webhook-timestamp"] ?? "").".utf8) + request.body
      return [fresh, secret].filter {
        request.headers["X-Mixpeek-Signature"]?.contains("v1=" + MessageCode.code(of: content, key: $0.utf8).hexadecimal) ?? false
      }
    }
    #expect(try signers() == [fresh, secret])
    try store.advance(by: .seconds(60))
    #expect(try signers() == [fresh])
    let bare: JSON = [
      "webhook_name": "renamed", "event_types": ["custom.step"],
      "channels": [["channel": "webhook", "configs": ["url": .string(receiver.url), "signing_secret": ""]]],
    ]
    try store.call("update_webhook_organizations", path: ["identifier": "renamed"], body: bare)
    #expect(try signers() == [] && receiver.seen.last?.headers["webhook-signature"] == nil)
  }

  @Test("fill in a body of the receiver's own, or a line for a chat") func templates() throws {
    defer { receiver.stop() }
    try make(extra: ["payload_template": ["text": "{{ event_type }}: number {{data.n}}", "raw": ["{{ data }}", 7], "none": "{{ data.missing }}"]])
    try store.call(
      "create_webhook_organizations",
      body: [
        "webhook_name": "chat", "event_types": ["custom.step"],
        "channels": [["channel": "slack", "configs": ["webhook_url": .string(receiver.url), "username": "perigee"]]],
      ])
    try emit(3...3)
    try store.host.settle()
    let bodies = receiver.bodies
    #expect(bodies.contains(["text": "custom.step: number 3", "raw": [["n": 3], 7], "none": nil]), "\(bodies.map(\.text))")
    #expect(bodies.contains { $0["username"] == "perigee" && $0["text"]?.string?.hasPrefix("custom.step") == true })
  }

  @Test("send a delivery once more when asked, and a test at any time") func onDemand() throws {
    defer { receiver.stop() }
    try make()
    receiver.answer(422, 422, 422)
    try emit(1...1)
    for _ in 0..<3 { try store.advance(by: .seconds(30)) }
    let failed = try #require(deliveries("failed").first?["delivery_id"]?.string)
    let again = try store.call("redeliver_webhook", path: ["identifier": "hook", "delivery_id": failed])
    #expect(again["status"] == "delivered" && again["attempts"] == 4 && numbers.count == 4)
    #expect(receiver.seen.last?.headers["webhook-id"] == receiver.seen.first?.headers["webhook-id"])
    let tested = try store.call("test_webhook", path: ["identifier": "hook"])
    #expect(tested["results"]?.array?.first?["status_code"] == 204 && receiver.bodies.last?["type"] == "webhook.test")
    #expect(try deliveries().count == 1)
  }

  @Test("go on at once when what waited was sent by hand, or the address was corrected") func hastening() throws {
    defer { receiver.stop() }
    try make()
    receiver.answer(500)
    try emit(1...2)
    try store.host.settle()
    let waiting = try #require(deliveries("retrying").first?["delivery_id"]?.string)
    #expect(try store.call("redeliver_webhook", path: ["identifier": "hook", "delivery_id": waiting])["status"] == "delivered")
    try store.host.settle()
    #expect(numbers == [1, 1, 2])
    receiver.answer(500)
    try emit(3...4)
    try store.host.settle()
    #expect(numbers == [1, 1, 2, 3])
    try store.call(
      "update_webhook_organizations", path: ["identifier": "hook"],
      body: [
        "webhook_name": "hook", "event_types": ["custom.step"],
        "channels": [["channel": "webhook", "configs": ["url": .string(receiver.url + "/corrected")]]],
      ])
    try store.host.settle()
    #expect(numbers == [1, 1, 2, 3, 3, 4])
  }

  @Test("of a key for some namespaces hear of these and no others") func namespaces() throws {
    defer { receiver.stop() }
    let other = try #require(try store.call("create_namespace", body: ["namespace_name": "other"])["namespace_id"]?.string)
    let caller = Caller(name: "limited", scopes: [.admin], namespaces: [other])
    let body: JSON = [
      "webhook_name": "hook", "event_types": ["*"], "channels": [["channel": "webhook", "configs": ["url": .string(receiver.url)]]],
    ]
    #expect(try store.call("create_webhook_organizations", body: body, caller: caller)["namespaces"] == [.string(other)])
    try emit(1...2)
    try store.host.emit(#require(Schedule.EventType(rawValue: "custom.step")), in: other, payload: ["n": 3])
    try store.host.settle()
    #expect(numbers == [3])
    let stranger = Caller(name: "stranger", scopes: [.admin], namespaces: ["ns_none"])
    #expect(try problem { try store.call("get_webhook_organizations", path: ["identifier": "hook"], caller: stranger) }.kind == .notFound)
  }

  static let mistakes: [(JSON, String, String?)] = [
    (["webhook_name": "a", "channels": []], "event_types", nil),
    (["webhook_name": "a", "event_types": ["cluster.execution.complete"], "channels": []], "event_types[0]", "cluster.execution.completed"),
    (["webhook_name": "a", "event_types": ["*"], "channels": []], "channels", nil),
    (["webhook_name": "a", "event_types": ["*"], "channels": [["channel": "webhok"]]], "channels[0].channel", "webhook"),
    (["webhook_name": "a", "event_types": ["*"], "channels": [["channel": "email", "configs": ["to_addresses": []]]]], "channels[0].channel", nil),
    (
      ["webhook_name": "a", "event_types": ["*"], "channels": [["channel": "webhook", "configs": ["ulr": "http://a"]]]], "channels[0].configs.ulr",
      "url"
    ),
    (
      ["webhook_name": "a", "event_types": ["*"], "channels": [["channel": "webhook", "configs": ["url": "ftp://a"]]]], "channels[0].configs.url",
      nil
    ),
    (
      ["webhook_name": "a", "event_types": ["*"], "channels": [["channel": "webhook", "configs": ["url": "http://a", "timeout": 99]]]],
      "channels[0].configs.timeout", nil
    ),
    (
      [
        "webhook_name": "a", "event_types": ["*"],
        "channels": [["channel": "webhook", "configs": ["url": "http://a", "payload_template": ["x": "{% if a %}"]]]],
      ], "channels[0].configs.payload_template.x", nil
    ),
    (
      ["webhook_name": "a", "event_types": ["*"], "channels": [["channel": "webhook", "configs": ["url": "http://a", "headers": ["Host": "b"]]]]],
      "channels[0].configs.headers", nil
    ),
    (["webhook_nam": "a", "event_types": ["*"]], "webhook_nam", "webhook_name"),
  ]

  @Test("refuse what is wrong, say where, and change nothing", arguments: mistakes) func refusing(body: JSON, path: String, near: String?) throws {
    defer { receiver.stop() }
    let problem = try problem { try store.call("create_webhook_organizations", body: body) }
    #expect(problem.path == path && problem.didYouMean == near, "\(problem)")
    #expect(try store.call("list_webhooks_organizations")["total"] == 0)
  }

  @Test("keep their identifier when they are replaced, and refuse one of another shape") func replacing() throws {
    defer { receiver.stop() }
    let made = try make()
    func replace(_ id: JSON) throws -> JSON {
      let body: JSON = [
        "webhook_name": "hook", "webhook_id": id, "event_types": ["custom.step"], "delivery_health": made["delivery_health"] ?? .null,
        "channels": [["channel": "webhook", "configs": ["url": .string(receiver.url)]]],
      ]
      return try store.call("update_webhook_organizations", path: ["identifier": "hook"], body: body)
    }
    for id: JSON in [.null, made["webhook_id"] ?? .null, "wh_0123456789abcdef"] { #expect(try replace(id)["webhook_id"] == made["webhook_id"]) }
    for id: JSON in ["zz", 1] { #expect(try problem { _ = try replace(id) }.path == "webhook_id") }
  }

  @Test("do not go to private places by way of a name") func privatePlaces() throws {
    defer { receiver.stop() }
    try store.call(
      "create_webhook_organizations",
      body: ["webhook_name": "hook", "event_types": ["*"], "channels": [["channel": "webhook", "configs": ["url": "http://localhost:9/"]]]])
    try emit(1...1)
    try store.host.settle()
    let tried = try deliveries()
    // Not every machine knows the name.
    let error = try #require(tried.first?["error"]?.string)
    #expect(error.contains("not on the open Internet") || error.contains("leads nowhere"), "\(tried)")
  }
}
