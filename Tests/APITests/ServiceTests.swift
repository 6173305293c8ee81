import Basics
import Engine
import HTTP
import Model
import Store
import TestSupport
import Testing

@Suite("The API, straight and over a socket") struct ServiceTests {
  @Test("the default namespace is there before anybody has needed it, by its name, too", arguments: Transport.allCases)
  func defaultNamespace(transport: Transport) throws {
    let scenario = try Scenario(transport)
    let limited = try scenario.makeKey("limited", namespaces: ["ns_other"])
    #expect(try scenario.send("GET", "/v1/collections", headers: [("X-Namespace", "default"), ("Authorization", "Bearer \(limited)")]).status == 404)
    #expect(try scenario.send("GET", "/v1/collections", headers: [("X-Namespace", "default")]).status == 200)
    let made = try scenario.send("POST", "/v1/collections", ["collection_name": "words"])
    #expect(made.json["namespace_id"] == "ns_default")
    let read = try scenario.send("GET", "/v1/collections/words", headers: [("X-Namespace", "default")])
    #expect(read.json["collection_id"] == made.json["collection_id"])
  }

  @Test("the main way: collection, documents, cluster, trigger, run, history", arguments: Transport.allCases)
  func mainWay(transport: Transport) throws {
    let scenario = try Scenario(transport)
    let made = try scenario.send(
      "POST", "/v1/collections",
      [
        "collection_name": "words", "source": ["type": "bucket", "bucket_ids": ["bkt_1"]],
        "feature_extractor": [
          "feature_extractor_name": "passthrough_extractor", "version": "v1",
          "parameters": ["vector_fields": [["field": "v", "name": "v", "dimensions": 3, "distance": "cosine"]]],
        ],
      ])
    #expect(made.status == 200)
    #expect(made.json["vector_indexes"]?.array?.first?["index"]?["dimensions"] == 3)
    #expect(made.json["feature_extractor"]?["feature_extractor_id"] == "passthrough_extractor_v1")

    let documents: [JSON] = (0..<30).map { number in
      [
        "document_id": .string("w\(number)"), "vectors": ["v": [.int(number % 2), .int((number + 1) % 2), .double(0.01 * Double(number))]],
        "payload": ["text": .string(number % 2 == 0 ? "even word" : "odd word")],
      ]
    }
    let upserted = try scenario.send(
      "POST", "/v1/namespaces/default/documents/upsert",
      ["collection_id": "words", "documents": .array(documents), "options": ["write_token": false]])
    #expect(upserted.status == 200 && upserted.json["inserted"] == 30 && upserted.json["document_ids"]?.array?.count == 30, "\(upserted.text)")

    let listed = try scenario.send("GET", "/v1/collections/words/documents?limit=5&include_total=true&filters=%7B%22text%22%3A%22odd%20word%22%7D")
    #expect(listed.status == 200 && listed.json["results"]?.array?.count == 5 && listed.json["pagination"]?["total"] == 15, "\(listed.text)")

    let cluster = try scenario.send(
      "POST", "/v1/clusters",
      [
        "collection_ids": ["words"], "cluster_name": "parity", "cluster_type": "vector",
        "vector_config": ["clustering_method": "kmeans", "kmeans_parameters": ["n_clusters": 2]],
      ])
    #expect(cluster.status == 200)
    let clusterID = try #require(cluster.json["cluster_id"]?.string)

    let trigger = try scenario.send(
      "POST", "/v1/triggers",
      [
        "action_type": "cluster", "action_config": ["cluster_id": .string(clusterID)], "trigger_type": "cron",
        "schedule_config": ["cron_expression": "0 2 * * *", "timezone": "UTC"], "description": "Daily clustering at 2am",
      ])
    #expect(trigger.status == 200 && trigger.json["next_scheduled_at"] == "2026-01-01T02:00:00Z", "\(trigger.text)")
    let triggerID = try #require(trigger.json["trigger_id"]?.string)

    let task = try scenario.send("POST", "/v1/triggers/\(triggerID)/execute")
    #expect(task.status == 200 && task.json["task_type"] == "engine_cluster_build")
    try scenario.store.host.settle()
    let done = try scenario.send("GET", "/v1/tasks/\(task.json["task_id"]?.string ?? "")")
    #expect(done.json["status"] == "COMPLETED", "\(done.text)")
    let run = try scenario.send("GET", "/v1/clusters/parity/executions")
    #expect(run.json["centroids"]?.array?.map { $0["num_members"] } == [15, 15])
    let history = try scenario.send("GET", "/v1/triggers/\(triggerID)/history?limit=10")
    #expect(history.json["total"] == 1 && history.json["executions"]?.array?.first?["status"] == "COMPLETED")
    #expect(try scenario.send("POST", "/v1/triggers/list", ["trigger_type": "cron"]).json["total"] == 1)
    #expect(try scenario.send("PATCH", "/v1/triggers/\(triggerID)", ["description": "At three"]).json["description"] == "At three")
    #expect(try scenario.send("POST", "/v1/triggers/\(triggerID)/pause").json["status"] == "paused")
    #expect(try scenario.send("POST", "/v1/triggers/\(triggerID)/resume").json["status"] == "active")
    let deleted = try scenario.send("DELETE", "/v1/triggers/\(triggerID)")
    #expect(deleted.status == 204 && deleted.text.isEmpty)
  }

  @Test("triggers are explained, simulated, previewed, changed in bulk, and held", arguments: Transport.allCases)
  func decisions(transport: Transport) throws {
    let scenario = try Scenario(transport)
    let made = try scenario.send(
      "POST", "/v1/triggers",
      [
        "action_type": "script", "action_config": ["script": "return 1"], "trigger_type": "interval", "schedule_config": ["interval_seconds": 60],
        "name": "often",
      ])
    let id = try #require(made.json["trigger_id"]?.string)
    for _ in 0..<3 { try scenario.store.advance(by: .seconds(60)) }
    let list = try scenario.send("GET", "/v1/triggers/\(id)/evaluations?outcome=fired&since=2026-01-01T00:02:00Z&limit=1")
    #expect(list.json["total"] == 2 && list.json["results"]?.array?.first?["text"]?.string?.hasPrefix("It fired") == true, "\(list.text)")
    #expect(try scenario.send("GET", "/v1/triggers/\(id)/evaluations?outcome=fird").status == 422)
    let past = try scenario.send("GET", "/v1/triggers/\(id)/explain?at=2026-01-01T00:01:00Z")
    #expect(past.json["evaluation"]?["scheduled_at"] == "2026-01-01T00:01:00Z", "\(past.text)")
    #expect(try scenario.send("GET", "/v1/triggers/\(id)/explain?at=soon").status == 422)
    let simulated = try scenario.send(
      "POST", "/v1/triggers/simulate",
      ["trigger_id": .string(id), "changes": ["schedule_config": ["interval_seconds": 30]], "from": "2026-01-01T00:00:00Z"])
    #expect(
      simulated.json["fire_count"] == 5 && simulated.json["difference"]?["added_count"] == 3 && simulated.json["difference"]?["missing_count"] == 0,
      "\(simulated.text)")
    #expect(try scenario.send("POST", "/v1/triggers/preview", ["cron_expression": "0 2 * * *"]).json["next"]?.array?.count == 3)
    let literal: JSON = [
      "cron_expression": "30 2 * * *", "timezone": "America/New_York", "after": "2024-03-09T12:00:00Z", "dst_gap": "skip", "count": 1,
    ]
    #expect(try scenario.send("POST", "/v1/triggers/preview", literal).json["next"] == ["2024-03-11T06:30:00Z"])
    #expect(
      try scenario.send("POST", "/v1/triggers/preview", ["trigger_type": "interval", "schedule_config": ["interval_seconds": 60]]).json["next"]?
        .array?.count == 3)
    let paused = try scenario.send("POST", "/v1/triggers/bulk", ["filter": ["name": "of*"], "action": "pause"])
    #expect(paused.json["changed"] == 1, "\(paused.text)")
    let held = try scenario.send("PUT", "/v1/maintenance", ["enabled": true, "note": "disk"])
    #expect(held.json["enabled"] == true && held.json["by"] == "admin", "\(held.text)")
    #expect(try scenario.send("GET", "/v1/health/deep").json["maintenance"]?["note"] == "disk")
    scenario.key = try scenario.makeKey("reader", scopes: [.read])
    #expect(try scenario.send("GET", "/v1/maintenance").json["enabled"] == true)
    #expect(try scenario.send("PUT", "/v1/maintenance", ["enabled": false]).status == 403)
    #expect(try scenario.send("POST", "/v1/triggers/bulk", ["filter": [:], "action": "export"]).status == 403)
  }

  @Test("what was read a moment ago is shown as it is now, after every change of it", arguments: Transport.allCases)
  func changes(transport: Transport) throws {
    let scenario = try Scenario(transport)
    try scenario.makeWords()
    let words = "/v1/collections/words"
    func listed(_ path: String, _ field: String) throws -> [JSON] {
      try scenario.send("GET", path).json["results"]?.array?.map { $0[field] ?? .null } ?? []
    }
    for count in 0..<3 as Range<Int64> {
      #expect(try scenario.send("GET", words).json["document_count"] == .int(count))
      #expect(try listed("/v1/collections", "document_count") == [.int(count)])
      _ = try scenario.send("PUT", words + "/documents/upsert", ["documents": [["document_id": .string("d\(count)")]]])
    }
    let cluster = try scenario.send(
      "POST", "/v1/clusters",
      ["cluster_name": "one", "collection_ids": ["words"], "vector_config": ["clustering_method": "kmeans", "kmeans_parameters": ["n_clusters": 2]]])
    let clusterPath = "/v1/clusters/\(cluster.json["cluster_id"]?.string ?? "")"
    let trigger = try scenario.send(
      "POST", "/v1/triggers",
      [
        "action_type": "cluster", "action_config": ["cluster_id": cluster.json["cluster_id"] ?? .null], "trigger_type": "cron",
        "schedule_config": ["cron_expression": "0 2 * * *"],
      ])
    let triggerPath = "/v1/triggers/\(trigger.json["trigger_id"]?.string ?? "")"
    for hour in 3..<6 {
      #expect(try scenario.send("GET", triggerPath).json["schedule_text"] == .string("At 0\(hour - 1):00 every day (UTC)"))
      #expect(try listed("/v1/triggers", "schedule_text") == [.string("At 0\(hour - 1):00 every day (UTC)")])
      _ = try scenario.send("PATCH", triggerPath, ["schedule_config": ["cron_expression": .string("0 \(hour) * * *")]])
      #expect(try scenario.send("GET", clusterPath).json["description"] == (hour == 3 ? .null : .string("\(hour - 1)")))
      #expect(try listed("/v1/clusters", "description") == [hour == 3 ? .null : .string("\(hour - 1)")])
      _ = try scenario.send("PATCH", clusterPath, ["description": .string("\(hour)")])
    }
    #expect(try scenario.send("PATCH", words, ["collection_name": "terms"]).status == 200)
    #expect(try scenario.send("GET", words).status == 404)
    #expect(try scenario.send("GET", "/v1/collections/terms").json["document_count"] == 3)
    let admin = scenario.key
    let reader = try scenario.makeKey("reader", scopes: [.read])
    scenario.key = reader
    #expect(try scenario.send("GET", "/v1/me").status == 200)
    scenario.key = admin
    #expect(try scenario.send("DELETE", "/v1/collections/terms").status == 200)
    // What is left is the cluster's output.
    #expect(try listed("/v1/collections", "collection_name").contains("terms") == false)
    let key = try #require(try scenario.store.host.read { reader throws(Problem) in try reader.keys().first { $0.name == "reader" } })
    var transaction = Transaction()
    transaction.revokeKey(key.id, at: scenario.store.host.surroundings.now())
    try scenario.store.host.commit(transaction)
    scenario.key = reader
    #expect(try scenario.send("GET", "/v1/me").status == 401)
  }

  @Test("health needs no key; everything else does, and says the same for every wrong one", arguments: Transport.allCases)
  func keys(transport: Transport) throws {
    let scenario = try Scenario(transport)
    let good = scenario.key
    scenario.key = nil
    #expect(try scenario.send("GET", "/v1/health").status == 200)
    let missing = try scenario.send("GET", "/v1/me")
    #expect(missing.status == 401 && missing.headers["WWW-Authenticate"] == "Bearer")
    var texts: Set<String> = []
    for wrong in ["sk_wrong", String(good?.dropLast() ?? ""), "x"] {
      scenario.key = wrong
      let answer = try scenario.send("GET", "/v1/me")
      #expect(answer.status == 401)
      texts.insert(answer.text)
    }
    #expect(texts.count == 1)
    scenario.key = "local-token"
    #expect(try scenario.send("GET", "/v1/me").json["key"]?["name"] == "local")
    scenario.key = try scenario.makeKey("reader", scopes: [.read])
    #expect(try scenario.send("GET", "/v1/me").status == 200)
    let forbidden = try scenario.send("POST", "/v1/collections", ["collection_name": "x"])
    #expect(forbidden.status == 403 && forbidden.json["error"]?["message"]?.string?.contains("'write'") == true)
  }

  @Test("a foreign namespace is as absent as one that does not exist", arguments: Transport.allCases)
  func namespaces(transport: Transport) throws {
    let scenario = try Scenario(transport)
    #expect(try scenario.send("POST", "/v1/namespaces", ["namespace_name": "theirs"]).status == 200)
    let mine = try scenario.send("POST", "/v1/namespaces", ["namespace_name": "mine"]).json["namespace_id"]?.string ?? ""
    scenario.key = try scenario.makeKey("tenant", namespaces: [mine])
    for named in ["theirs", "nobodys"] {
      let answer = try scenario.send("GET", "/v1/collections", headers: [("X-Namespace", named)])
      #expect(
        answer.status == 404 && answer.json["error"]?["message"]?.string?.hasPrefix("namespace: namespace '\(named)' does not exist") == true,
        "\(answer.text)")
      #expect(try scenario.send("GET", "/v1/collections?namespace=\(named)").status == 404)
      #expect(try scenario.send("GET", "/v1/namespaces/\(named)").status == 404)
    }
    // The key's only namespace is meant when none is named.
    #expect(try scenario.send("POST", "/v1/collections", ["collection_name": "a"]).json["namespace_id"] == .string(mine))
    #expect(try scenario.send("GET", "/v1/namespaces").json["results"]?.array?.count == 1)
  }

  /// method, path, body text, status, path of the field, a piece of the message
  static let wrong: [(String, String, String, Int, String?, String)] = [
    ("POST", "/v1/collections", "{\"collection_name\": \"a\",}", 400, nil, "byte"),
    ("POST", "/v1/collections", "{\"collection_name\": 5}", 422, "collection_name", "expected a string, got integer 5"),
    ("POST", "/v1/collections", "{\"collection_nam\": \"x\"}", 422, "collection_nam", "Did you mean 'collection_name'?"),
    ("POST", "/v1/collections", "[]", 422, nil, "expected an object, got array"),
    ("POST", "/v1/collections/words/documents", "{\"vectors\": {\"v\": [1, 2]}}", 422, "vectors.v", "3 dimensions"),
    ("POST", "/v1/collections/words/documents", "{\"vectors\": {\"v\": [1, 2, 1e99]}}", 422, "vectors.v[2]", "too large"),
    ("POST", "/v1/collections/words/documents", "{\"vectors\": {\"v\": [1, 2, NaN]}}", 400, nil, "byte"),
    ("POST", "/v1/collections/words/documents", "{\"vectors\": {\"w\": [1, 2, 3]}}", 422, "vectors.w", "no vector index 'w'"),
    ("POST", "/v1/collections/wrods/documents", "{}", 404, "collection_identifier", "Did you mean 'words'?"),
    ("GET", "/v1/collections/words/documents?limit=0", "", 422, "limit", "out of range"),
    ("GET", "/v1/collections/words/documents?limit=x", "", 422, "limit", "not an integer"),
    ("GET", "/v1/collections/words/documents?limt=5", "", 422, "limt", "Did you mean 'limit'?"),
    ("GET", "/v1/collections/words/documents?filters=%7B", "", 422, "filters", "not JSON"),
    ("GET", "/v1/collections/words/documents?cursor=garbage!", "", 422, "cursor", ""),
    (
      "POST", "/v1/triggers",
      "{\"action_type\": \"script\", \"action_config\": {\"script\": \"x\"}, \"trigger_type\": \"cron\", \"schedule_config\": {\"cron_expression\": \"99 * * * *\"}}",
      422, "schedule_config.cron_expression", "99"
    ),
    (
      "POST", "/v1/triggers",
      "{\"action_type\": \"script\", \"action_config\": {\"script\": \"return 1\"}, \"trigger_type\": \"cron\", \"schedule_config\": {\"cron_expression\": \"0 2 * * *\", \"timezone\": \"Mars/Base\"}}",
      422, "schedule_config.timezone", "Mars/Base"
    ),
    (
      "POST", "/v1/triggers",
      "{\"action_type\": \"script\", \"action_config\": {\"script\": \"x = = 1\"}, \"trigger_type\": \"interval\", \"schedule_config\": {\"interval_seconds\": 5}}",
      422, "action_config.script", "near"
    ),
    ("GET", "/v1/triggers/trg_none", "", 404, "trigger_id", "does not exist"),
    ("GET", "/v1/tasks/task_none", "", 404, "task_id", "does not exist"),
    ("GET", "/v1/nothing", "", 404, nil, "nothing at /v1/nothing"),
    ("PUT", "/v1/triggers", "{}", 405, nil, "not allowed"),
  ]

  @Test("bad input: the status, the field, the value, a hint; and nothing is changed", arguments: Transport.allCases)
  func badInput(transport: Transport) throws {
    let scenario = try Scenario(transport)
    try scenario.makeWords()
    for (method, path, body, status, field, piece) in Self.wrong {
      let answer = try scenario.send(method, path, raw: body.isEmpty ? nil : body)
      #expect(answer.status == status, "\(method) \(path) \(body): \(answer.text)")
      let error = answer.json["error"]
      #expect(answer.json["success"] == false && answer.json["status"] == .int(status))
      if let field { #expect(error?["details"]?["path"] == .string(field), "\(method) \(path): \(answer.text)") }
      #expect(error?["message"]?.string?.contains(piece) == true, "\(method) \(path): \(answer.text)")
      if status == 422 {
        #expect(answer.json["detail"]?.array?.isEmpty == false && error?["details"]?["validation_errors"]?.array?.isEmpty == false)
      }
    }
    #expect(try scenario.send("GET", "/v1/collections").json["total_count"] == 1)
    #expect(try scenario.send("GET", "/v1/collections/words/documents/count").json["count"] == 0)
    #expect(try scenario.send("POST", "/v1/triggers/list").json["total"] == 0)
  }

  @Test("wrong JSON is told with its byte", arguments: Transport.allCases)
  func byteOffset(transport: Transport) throws {
    let scenario = try Scenario(transport)
    let answer = try scenario.send("POST", "/v1/collections", raw: "{\"collection_name\": tru}")
    #expect(answer.status == 400 && answer.json["error"]?["details"]?["byte_offset"]?.int.map { (20...23).contains($0) } == true, "\(answer.text)")
  }

  @Test("a body beyond the limit is 413, one of another type 415")
  func sizes() throws {
    let scenario = try Scenario(.socket, maxBody: 2000)
    let large = try scenario.send("POST", "/v1/collections", ["collection_name": "a", "description": .string(String(repeating: "x", count: 3000))])
    #expect(large.status == 413)
    let other = try scenario.send("POST", "/v1/collections", headers: [("Content-Type", "application/x-www-form-urlencoded")], raw: "a=1")
    #expect(other.status == 415)
  }

  @Test("an empty body counts as an empty object, as the SDK sends it", arguments: Transport.allCases)
  func emptyBodies(transport: Transport) throws {
    let scenario = try Scenario(transport)
    for path in ["/v1/triggers/list", "/v1/collections/list", "/v1/clusters/list", "/v1/namespaces/list", "/v1/tasks/list"] {
      let answer = try scenario.send("POST", path)
      #expect(answer.status == 200, "\(path): \(answer.text)")
      #expect(answer.json["results"] == [] || path.contains("namespaces"))
    }
  }

  @Test("names with spaces and slashes are reached by their percent-encoded path")
  func encodedNames() throws {
    let scenario = try Scenario(.socket)
    #expect(try scenario.send("POST", "/v1/collections", ["collection_name": "my words"]).status == 200)
    #expect(try scenario.send("GET", "/v1/collections/my%20words").json["collection_name"] == "my words")
    let document = try scenario.send("POST", "/v1/collections/my%20words/documents", ["document_id": "a/b", "n": 1])
    #expect(document.status == 200)
    #expect(try scenario.send("GET", "/v1/collections/my%20words/documents/a%2Fb").json["n"] == 1)
  }

  @Test("the OpenAPI document lists every operation, and each of its paths is served")
  func openAPI() throws {
    let scenario = try Scenario(.direct)
    let document = try scenario.send("GET", "/openapi.json").json
    #expect(document["openapi"] == "3.1.0")
    for operation in Operation.all {
      #expect(document["paths"]?[operation.path]?[operation.method.lowercased()]?["operationId"] == .string(operation.name))
    }
    #expect(Set(Operation.all.map(\.name)).count == Operation.all.count)
    #expect(Set(Operation.all.map { "\($0.method) \($0.path)" }).count == Operation.all.count)
  }
}
