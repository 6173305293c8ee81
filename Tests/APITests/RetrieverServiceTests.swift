import Basics
import Engine
import HTTP
import Model
import Synchronization
import TestSupport
import Testing

@Suite("Retrievers and alerts over HTTP", .serialized) struct RetrieverServiceTests {
  private static let search: JSON = [
    "stage_name": "feature_search",
    "config": ["searches": [["feature_uri": "mixpeek://passthrough_extractor@v1/v", "query": ["input_mode": "vector", "value": "{{INPUT.v}}"]]]],
  ]

  private func prepare(_ scenario: Scenario) throws {
    try scenario.makeWords()
    let documents: [JSON] = (0..<6).map {
      ["document_id": .string("d\($0)"), "n": .int($0), "vectors": ["v": [.int($0), 1, 0]]]
    }
    _ = try scenario.send("PUT", "/v1/collections/words/documents/upsert", ["documents": .array(documents)])
  }

  @Test("the whole way, with the statuses and shapes of the contract", arguments: Transport.allCases)
  func wholeWay(transport: Transport) throws {
    let scenario = try Scenario(transport)
    try prepare(scenario)
    let made = try scenario.send(
      "POST", "/v1/retrievers",
      ["retriever_name": "near", "collection_ids": ["words"], "stages": [Self.search], "input_schema": ["v": ["type": "array"]]])
    #expect(made.status == 200 && made.json["fusion"] == "rrf" && made.json["stages"]?.array?.first?["parameters"] != nil, "\(made.text)")
    #expect(made.json["feature_dependencies"] == [["scheme": "mixpeek", "extractor": "passthrough_extractor", "version": "v1", "output": "v"]])
    let id = made.json["retriever_id"]?.string ?? ""
    let found = try scenario.send(
      "POST", "/v1/retrievers/\(id)/execute?return_vectors=true&include_legacy_results=true",
      ["inputs": ["v": [1, 0, 0]], "limit": 2, "skip_cache": false])
    #expect(found.status == 200 && found.json["documents"]?.array?.map { $0["document_id"] } == ["d5", "d4"], "\(found.text)")
    #expect(found.json["results"] == found.json["documents"] && found.json["documents"]?.array?.first?["vectors"]?["v"] == [5.0, 1.0, 0.0])
    #expect(found.json["retriever_id"]?.string == id && found.json["pagination"]?["total"] == 6 && found.json["execution_id"] != nil)
    let execution = found.json["execution_id"]?.string ?? ""
    let listed = try scenario.send("POST", "/v1/retrievers/\(id)/executions/list?limit=5")
    #expect(listed.status == 200 && listed.json["results"]?.array?.first?["execution_id"]?.string == execution, "\(listed.text)")
    #expect(try scenario.send("GET", "/v1/retrievers/\(id)/executions/\(execution)").status == 200)
    #expect(try scenario.send("GET", "/v1/retrievers?limit=1").json["results"]?.array?.count == 1)
    let patched = try scenario.send("PATCH", "/v1/retrievers/near", ["description": "d"])
    #expect(patched.status == 200 && patched.json["retriever"]?["description"] == "d")
    // Wrong fields come in both shapes of 422, and a name that is taken is a 409.
    let wrong = try scenario.send("POST", "/v1/retrievers", ["retriever_name": "x", "stages": [["stage_name": "limt", "config": ["limit": 1]]]])
    #expect(wrong.status == 422 && wrong.json["detail"]?.array?.first?["loc"] == ["body", "stages", 0, "config", "stage_id"], "\(wrong.text)")
    #expect(wrong.json["error"]?["details"]?["did_you_mean"] == "limit" && wrong.json["error"]?["details"]?["validation_errors"]?.array?.count == 1)
    #expect(
      try scenario.send("POST", "/v1/retrievers", ["retriever_name": "near", "stages": [["stage_name": "limit", "config": ["limit": 1]]]]).status
        == 409)
    #expect(try scenario.send("GET", "/v1/retrievers/nearer").status == 404)
    let alert = try scenario.send(
      "POST", "/v1/alerts",
      [
        "name": "watch", "retriever_id": .string(id), "inputs": ["v": [1, 0, 0]],
        "notification_config": ["channels": [["channel_type": "webhook", "channel_id": "w"]]],
      ])
    #expect(alert.status == 200 && alert.json["alert_id"]?.string?.hasPrefix("alt_") == true, "\(alert.text)")
    let trigger = try scenario.send(
      "POST", "/v1/triggers",
      [
        "action_type": "alert_evaluation", "action_config": ["alert_id": "watch"], "trigger_type": "interval",
        "schedule_config": ["interval_seconds": 3600],
      ])
    let run = try scenario.send("POST", "/v1/triggers/\(trigger.json["trigger_id"]?.string ?? "")/execute")
    #expect(run.status == 200, "\(run.text)")
    try scenario.store.host.settle()
    let latest = try scenario.send("GET", "/v1/alerts/watch/results")
    #expect(latest.status == 200 && latest.json["triggered"] == true && latest.json["match_count"] == 6, "\(latest.text)")
    #expect(latest.json["matches"]?.array?.allSatisfy { (0...1).contains($0["score"]?.double ?? -1) } == true)
    for path in ["/v1/alerts/executions", "/v1/alerts/watch/executions"] {
      let executions = try scenario.send("GET", path)
      #expect(executions.status == 200 && executions.json["results"] == [latest.json] && executions.json["total_count"] == 1, "\(executions.text)")
    }
    #expect(try scenario.send("GET", "/v1/alerts/executions/\(latest.json["execution_id"]?.string ?? "")").json == latest.json)
    #expect(try scenario.send("DELETE", "/v1/retrievers/near").status == 409)
    #expect(try scenario.send("DELETE", "/v1/alerts/watch").status == 200)
    #expect(try scenario.send("DELETE", "/v1/retrievers/near").status == 200)
    let ensured = try scenario.send("POST", "/v1/namespaces/default/ensure-indexes?force_rebuild=false")
    #expect(ensured.status == 200 && ensured.json["ensured"] == [], "\(ensured.text)")
  }

  @Test("a key that may only read may search and nothing else") func scopes() throws {
    let scenario = try Scenario(.direct)
    try prepare(scenario)
    let body: JSON = ["retriever_name": "near", "collection_ids": ["words"], "stages": [Self.search]]
    _ = try scenario.send("POST", "/v1/retrievers", body)
    scenario.key = try scenario.makeKey("reader", scopes: [.read])
    #expect(try scenario.send("POST", "/v1/retrievers/near/execute", ["inputs": ["v": [1, 0, 0]]]).status == 200)
    #expect(try scenario.send("POST", "/v1/retrievers", body).status == 403)
    #expect(try scenario.send("POST", "/v1/namespaces/default/ensure-indexes").status == 403)
  }

  /// A server that takes what is posted to it, and its address.
  private func receiver(for box: Box) throws -> (Server, origin: String) {
    var options = ServerOptions(endpoints: [try Endpoint("http://127.0.0.1:0")])
    options.handlerThreads = 1
    let receiver = Server(options: options, surroundings: .real) { request in box.take(request) }
    try receiver.start()
    return (receiver, "http://\(receiver.endpoints[0])")
  }

  @Test("an alert's own address gets what matched, once the namespace allows it") func delivery() throws {
    let box = Box()
    let (receiver, origin) = try receiver(for: box)
    defer { _ = receiver.stop(draining: .zero) }
    let scenario = try Scenario(.direct)
    try prepare(scenario)
    _ = try scenario.send(
      "POST", "/v1/retrievers", ["retriever_name": "all", "collection_ids": ["words"], "stages": [["stage_name": "limit", "config": ["limit": 2]]]])
    let made = try scenario.send(
      "POST", "/v1/alerts",
      [
        "name": "watch", "retriever_id": "all", "renotify_interval_seconds": 60,
        "notification_config": [
          "channels": [
            ["channel_type": "webhook", "config": ["url": .string(origin + "/hook")]],
            ["channel_type": "slack", "config": ["webhook_url": .string(origin + "/slack")]],
          ]
        ],
      ])
    #expect(made.status == 200, "\(made.text)")
    let trigger = try scenario.send(
      "POST", "/v1/triggers",
      [
        "action_type": "alert_evaluation", "action_config": ["alert_id": "watch"], "trigger_type": "interval",
        "schedule_config": ["interval_seconds": 60],
      ])
    #expect(trigger.status == 200, "\(trigger.text)")
    try scenario.store.advance(by: .seconds(60))
    let refused = try scenario.send("GET", "/v1/alerts/watch/results").json["deliveries"]?.array
    #expect(refused?.map { $0["status"] } == ["failed", "failed"] && box.bodies.isEmpty)
    _ = try scenario.send("PUT", "/v1/http/rules", ["allow": [.string(origin)]])
    try scenario.store.advance(by: .seconds(60))
    let sent = try scenario.send("GET", "/v1/alerts/watch/results").json["deliveries"]?.array
    #expect(sent?.map { $0["status"] } == ["sent", "sent"], "\(String(describing: sent))")
    let bodies = try box.bodies.map { try JSON(parsing: $0) }
    #expect(bodies.count == 2 && bodies[0]["type"] == "alert.triggered" && bodies[0]["data"]?["match_count"] == 2)
    #expect(bodies[0]["data"]?["matches"]?.array?.count == 2 && bodies[1] == ["text": "watch: 2 matches"])
  }

  @Test("a check tells a channel of people when its verdict turns, and why") func verdicts() throws {
    let box = Box()
    let (receiver, origin) = try receiver(for: box)
    defer { _ = receiver.stop(draining: .zero) }
    let scenario = try Scenario(.direct)
    try prepare(scenario)
    _ = try scenario.send("PUT", "/v1/http/rules", ["allow": [.string(origin)]])
    _ = try scenario.send(
      "POST", "/v1/retrievers", ["retriever_name": "all", "collection_ids": ["words"], "stages": [["stage_name": "limit", "config": ["limit": 2]]]])
    for least in [2, 3] {
      let trigger = try scenario.send(
        "POST", "/v1/triggers",
        [
          "action_type": "retriever_execution", "trigger_type": "interval", "schedule_config": ["interval_seconds": 60],
          "action_config": [
            "retriever_id": "all", "acceptance": ["min_results": .int(least)],
            "notification_config": [
              "channels": [["channel_type": "slack", "config": ["webhook_url": .string(origin + "/slack")]]],
              "notify_on": least == 2 ? "always" : "change",
            ],
          ],
        ])
      #expect(trigger.status == 200, "\(trigger.text)")
      try scenario.store.advance(by: .seconds(60))
      _ = try scenario.send("POST", "/v1/triggers/\(trigger.json["trigger_id"]?.string ?? "")/pause")
    }
    let texts = try box.bodies.map { try JSON(parsing: $0)["text"] }
    #expect(texts == ["all passes", "all fails: it found 2 documents, fewer than 3"])
  }

  private final class Box: Sendable {
    private let seen = Mutex<[String]>([])
    var bodies: [String] { seen.withLock { $0 } }
    func take(_ request: Request) -> Response {
      seen.withLock { $0.append(String(decoding: request.body, as: UTF8.self)) }
      return .json(["ok": true])
    }
  }
}
