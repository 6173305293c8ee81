import Basics
import Engine
import TestSupport
import Testing

@testable import API

@Suite("The description of the API") struct DescriptionTests {
  /// Tells the answer's schema for the operation that was called: of those whose path fits, the one with the fewest values in it.
  private static func schema(_ description: JSON, _ method: String, _ path: String, _ status: Int) -> JSON? {
    let asked = path.prefix { $0 != "?" }.split(separator: "/")
    func steps(_ operation: Operation) -> [Substring] { operation.path.split(separator: "/") }
    let fitting = Operation.all.filter { operation in
      operation.method == method && steps(operation).elementsEqual(asked) { $0.hasPrefix("{") || $0 == $1 }
    }
    let meant = fitting.min { a, b in steps(a).count { $0.hasPrefix("{") } < steps(b).count { $0.hasPrefix("{") } }
    let answer = meant.flatMap { description["paths"]?[$0.path]?[method.lowercased()]?["responses"]?["\(status)"] }
    return answer?["content"]?["application/json"]?["schema"]
  }

  @Test("names the same fields for our own operations as the table that the server reads them by")
  func fields() throws {
    let models = try WireModels()
    for operation in Operation.all {
      let entry = models.entry(operation.method, operation.path)
      if operation.name == "stream_events" { continue }
      #expect(entry != nil, "\(operation.name) is described nowhere")
      guard let entry, entry.sdk == nil else { continue }
      if case .json = operation.answers { #expect(entry.response != nil, "\(operation.name) has an answer without a schema") }
      guard let names = operation.body, !names.isEmpty else { continue }
      let model = try #require(entry.request.flatMap(WireModels.name).flatMap(models.schema), "\(operation.name) has fields without types")
      #expect(Set(model["properties"]?.object?.keys ?? []) == Set(names), "\(operation.name)")
    }
  }

  @Test("tells the shape of what our own operations answer", arguments: Transport.allCases)
  func answers(transport: Transport) throws {
    let scenario = try Scenario(transport)
    let description = try scenario.send("GET", "/openapi.json").json
    let check = SchemaCheck(description)
    var known: [String: String] = [:]
    func tell(_ method: String, _ path: String, _ body: JSON? = nil, keeping key: String? = nil) throws {
      var place = path
      for (name, value) in known { place = place.replacing("{\(name)}", with: value) }
      let answer = try scenario.send(method, place, body)
      #expect(answer.status == 200, "\(method) \(place): \(answer.text)")
      let schema = try #require(Self.schema(description, method, place, 200), "\(method) \(place) has no schema")
      #expect(schema != [:], "\(method) \(place) has an empty schema")
      #expect(check.complaints(answer.json, schema).isEmpty, "\(method) \(place): \(check.complaints(answer.json, schema)) in \(answer.text)")
      if let key { known[key] = answer.json[key]?.string }
    }
    let action: JSON = ["script": ["source": "return function(ctx) return {done = true} end"]]
    try tell("POST", "/v1/collections", ["collection_name": "words"])
    try tell("PUT", "/v1/collections/words/documents/upsert", ["documents": [["document_id": "a", "n": 1], ["n": 2]]])
    try tell(
      "POST", "/v1/triggers",
      [
        "name": "listener", "action_type": "script", "action_config": action, "trigger_type": "event",
        "schedule_config": ["event_type": "custom.x", "event_threshold": 2],
      ], keeping: "trigger_id")
    try tell("POST", "/v1/events", ["event_type": "custom.x", "payload": ["n": 1]])
    try tell("POST", "/v1/events", ["event_type": "custom.x"])
    try scenario.store.host.settle()
    try tell("GET", "/v1/events?tail=3")
    try tell("GET", "/v1/triggers/{trigger_id}/explain")
    try tell("GET", "/v1/triggers/{trigger_id}/explain?at=2001-01-01T00:00:00Z")
    let evaluations = try scenario.send("GET", "/v1/triggers/\(known["trigger_id"] ?? "")/evaluations")
    known["evaluation_id"] = try #require(evaluations.json["results"]?.array?.first?["evaluation_id"]?.string)
    try tell("GET", "/v1/triggers/{trigger_id}/evaluations")
    try tell("GET", "/v1/evaluations/{evaluation_id}")
    try tell("GET", "/v1/evaluations/{evaluation_id}/replay")
    try tell("POST", "/v1/triggers/simulate", ["trigger_id": .string(known["trigger_id"] ?? "")])
    try tell("POST", "/v1/triggers/preview", ["cron_expression": "30 2 * * *", "timezone": "Europe/Paris"])
    try tell(
      "POST", "/v1/triggers/preview",
      [
        "trigger_type": "conditional",
        "schedule_config": ["condition_type": "volume", "metric": "count", "threshold": 1, "collection_id": "words", "predicate": "return true"],
      ])
    try tell("POST", "/v1/triggers/bulk", ["filter": ["name": "list*"], "action": "pause"])
    try tell("POST", "/v1/triggers/bulk", ["filter": [:], "action": "export"])
    try tell("PUT", "/v1/kv/k", ["value": ["a": 1], "ttl_seconds": 60])
    try tell("GET", "/v1/kv/k")
    try tell("POST", "/v1/kv/n/increment", ["by": 2])
    try tell("DELETE", "/v1/kv/k")
    try tell("PUT", "/v1/maintenance", ["enabled": true, "note": "moving"])
    try tell("GET", "/v1/maintenance")
    try tell("PUT", "/v1/maintenance", ["enabled": false])
    try tell("PUT", "/v1/calendars/holidays", ["exclude": [["dates": ["2026-12-25"]], ["cron": "* * * * 0"]]])
    try tell("GET", "/v1/calendars/holidays")
    try tell("GET", "/v1/calendars")
    let source: JSON = "return function(ctx) return true, 'because' end"
    try tell("POST", "/v1/scripts", ["name": "yes", "kind": "predicate", "source": source, "tests": "test('fails', function(t) error('x') end)"])
    try tell("PUT", "/v1/scripts/yes", ["source": source])
    for path in ["/v1/scripts", "/v1/scripts/yes", "/v1/scripts/yes/versions"] { try tell("GET", path) }
    try tell("POST", "/v1/scripts/list", [:])
    try tell("POST", "/v1/scripts/check", ["source": "prnt(1)"])
    for body: JSON in [["source": "print(1) return {1, 2}", "dry_run": true], ["source": "error('x')"]] { try tell("POST", "/v1/scripts/run", body) }
    try tell("POST", "/v1/scripts/yes/run", ["version": 2])
    try tell("POST", "/v1/scripts/yes/test", ["version": 1])
    try tell("POST", "/v1/scripts/yes/restore", ["version": 2])
    try tell("DELETE", "/v1/scripts/yes")
    try tell("PUT", "/v1/http/rules", ["allow": ["http://127.0.0.1:9"]])
    try tell("GET", "/v1/http/rules")
    try tell(
      "POST", "/v1/organizations/webhooks",
      [
        "webhook_name": "w", "event_types": ["object.created"], "channels": [["channel": "webhook", "configs": ["url": "http://127.0.0.1:9/"]]],
      ], keeping: "webhook_id")
    try tell("POST", "/v1/organizations/webhooks/{webhook_id}/rotate-secret", [:])
    try tell("GET", "/v1/organizations/webhooks/{webhook_id}/deliveries")
  }
}
