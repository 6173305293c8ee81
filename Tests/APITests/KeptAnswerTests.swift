import Basics
import Engine
import HTTP
import Model
import Store
import TestSupport
import Testing

@Suite("Answers that are kept") struct KeptAnswerTests {
  /// What is asked; a body of spaces is too long to be kept, and says nothing.
  private static let blank = String(repeating: " ", count: 600)
  private static let questions: [(String, String, String)] = [
    ("GET", "/v1/collections", ""), ("GET", "/v1/collections/words", ""), ("GET", "/v1/collections?limit=1", ""),
    ("GET", "/v1/collections/words/documents/a", ""), ("GET", "/v1/documents/b?return_vectors=true", ""), ("GET", "/v1/triggers", ""),
    ("POST", "/v1/triggers/list", "{\"status\":\"paused\"}"), ("POST", "/v1/collections/list", "{\"search\":\"wo\"}"), ("GET", "/v1/clusters", ""),
    ("GET", "/v1/clusters/parts", ""), ("GET", "/v1/buckets", ""), ("GET", "/v1/taxonomies", ""), ("GET", "/v1/retrievers", ""),
  ]

  private func check(_ scenario: Scenario, _ triggers: [String], _ comment: String) throws {
    let own = triggers.map { ("GET", "/v1/triggers/\($0)", "") }
    for (method, path, body) in Self.questions + own {
      func fresh() throws -> Scenario.Answer { try scenario.send(method, path, raw: body + Self.blank + (body.isEmpty ? "{}" : "")) }
      var (before, answers) = (try fresh(), [Scenario.Answer]())
      while true {
        answers = try (0..<2).map { _ in try scenario.send(method, path, raw: body) }
        let after = try fresh()
        // The scheduler may have written something meanwhile.
        if after.text == before.text { break }
        before = after
      }
      #expect(answers.allSatisfy { $0.status == before.status && $0.text == before.text }, "\(method) \(path), \(comment)")
    }
  }

  @Test("are what would be answered, whatever is written and however time goes", arguments: [1, 2, 3] as [UInt64])
  func agreement(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let scenario = try Scenario(.direct)
    let clock = scenario.store.clock
    try scenario.makeWords()
    var triggers: [String] = []
    let schedules: [(JSON, JSON)] = [
      ("cron", ["cron_expression": "*/7 * * * *", "timezone": "America/New_York"]), ("interval", ["interval_seconds": 90, "jitter_seconds": 5]),
      ("cron", ["cron_expression": "30 2 * * *", "timezone": "Europe/Paris"]), ("event", ["event_type": "documents_added", "event_threshold": 2]),
    ]
    for (type, config) in schedules {
      let made = try scenario.send(
        "POST", "/v1/triggers",
        [
          "action_type": "script", "action_config": ["script": "return function() end"], "trigger_type": type, "schedule_config": config,
        ])
      triggers.append(try #require(made.json["trigger_id"]?.string, "\(made.text)"))
    }
    let cluster = try scenario.send(
      "POST", "/v1/clusters",
      [
        "cluster_name": "parts", "collection_ids": ["words"],
        "vector_config": ["clustering_method": "kmeans", "kmeans_parameters": ["n_clusters": 2]],
      ])
    #expect(cluster.status == 200, "\(cluster.text)")
    for round in 0..<60 {
      let trigger = triggers[Int(random.next() % UInt64(triggers.count))]
      switch random.next() % 8 {
      case 0:
        let name = random.next() % 2 == 0 ? "a" : "b"
        let document: JSON = ["document_id": .string(name), "round": .int(round), "vectors": ["v": [1, .int(round), 3]]]
        #expect(try scenario.send("PUT", "/v1/collections/words/documents/upsert", ["documents": [document]]).status == 200)
      case 1: _ = try scenario.send("PATCH", "/v1/collections/words", ["description": .string("round \(round)")])
      case 2: _ = try scenario.send("POST", "/v1/triggers/\(trigger)/pause", [:])
      case 3: _ = try scenario.send("POST", "/v1/triggers/\(trigger)/resume", [:])
      case 4: _ = try scenario.send("PATCH", "/v1/triggers/\(trigger)", ["name": .string("round \(round)")])
      case 5: try scenario.store.advance(by: .milliseconds(Int64(random.next() % 100_000)))
      // Without a word to the scheduler: what is due becomes overdue.
      case 6: clock.advance(by: .milliseconds(Int64(random.next() % 3000)))
      default: clock.advance(by: .seconds(Int64(random.next() % 5_000_000)))
      }
      try check(scenario, triggers, "round \(round) of seed \(seed)")
    }
  }

  @Test("are for those who may ask: another namespace, another key, a key that was revoked or has expired", arguments: Transport.allCases)
  func admission(transport: Transport) throws {
    let scenario = try Scenario(transport)
    try scenario.makeWords()
    let other = try #require(try scenario.send("POST", "/v1/namespaces", ["namespace_name": "other"]).json["namespace_id"]?.string)
    let made = try scenario.send("POST", "/v1/collections", ["collection_name": "words"], headers: [("X-Namespace", other)])
    let path = "/v1/collections/words"
    let first = try scenario.send("GET", path)
    for _ in 0..<2 {
      let second = try scenario.send("GET", path, headers: [("X-Namespace", other)])
      #expect(second.json["collection_id"] == made.json["collection_id"] && second.json["collection_id"] != first.json["collection_id"])
      #expect(try scenario.send("GET", path).text == first.text)
    }
    let limited = try scenario.makeKey("limited", namespaces: [other])
    #expect(try scenario.send("GET", path).status == 200)
    #expect(try scenario.send("GET", path, headers: [("Authorization", "Bearer \(limited)"), ("X-Namespace", "default")]).status == 404)
    #expect(try scenario.send("GET", path, headers: [("Authorization", "Bearer \(limited)")]).json["collection_id"] == made.json["collection_id"])
    let blind = try scenario.makeKey("blind", scopes: [.write])
    #expect(try scenario.send("GET", path).status == 200)
    #expect(try scenario.send("GET", path, headers: [("Authorization", "Bearer \(blind)")]).status == 403)

    let keys = "/v1/organizations/users/ann@example.com/api-keys"
    let soon = scenario.store.clock.surroundings.now() + .seconds(20)
    let brief = try #require(
      try scenario.send("POST", keys, ["name": "brief", "permissions": ["read"], "expires_at": .instant(soon)]).json["key"]?.string)
    let gone = try #require(try scenario.send("POST", keys, ["name": "gone", "permissions": ["read"]]).json["key"]?.string)
    func status(_ key: String) throws -> Int { try scenario.send("GET", path, headers: [("Authorization", "Bearer \(key)")]).status }
    #expect(try status(brief) == 200 && status(gone) == 200 && status(brief) == 200 && status(gone) == 200)
    scenario.store.clock.advance(by: .seconds(21))
    #expect(try status(brief) == 401 && status(gone) == 200)
    #expect(try scenario.send("DELETE", keys + "/gone").status == 200)
    #expect(try status(gone) == 401)
  }

  @Test("are two where those who know the contract alone are answered otherwise")
  func byContract() throws {
    let scenario = try Scenario(.direct)
    let trigger: JSON = [
      "action_type": "script", "action_config": ["script": "return function() end"], "trigger_type": "interval",
      "schedule_config": ["interval_seconds": 90],
    ]
    #expect(try scenario.send("POST", "/v1/triggers", trigger).status == 200)
    for _ in 0..<2 {
      #expect(try scenario.send("GET", "/v1/triggers").json["total"] == 1)
      #expect(try scenario.send("GET", "/v1/triggers", headers: [("User-Agent", "OpenAPI-Generator/1.0/python")]).json["total"] == 0)
    }
  }
}
