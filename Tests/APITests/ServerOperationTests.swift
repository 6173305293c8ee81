import Basics
import Engine
import HTTP
import Model
import TestSupport
import Testing

@testable import API

@Suite("What a server's keeper needs") struct ServerOperationTests {
  @Test("a key's limit is a bucket that fills in a minute; who has to wait is told how long")
  func rateLimit() throws {
    let scenario = try Scenario(.direct)
    let admin = scenario.key
    let made = try scenario.send("POST", "/v1/organizations/users/a@b.c/api-keys", ["name": "slow", "rate_limit_override": 3])
    scenario.key = made.json["key"]?.string
    var left: [String?] = []
    for _ in 0..<3 { left.append(try scenario.send("GET", "/v1/me").headers["X-RateLimit-Remaining"]) }
    #expect(left == ["2", "1", "0"])
    let refused = try scenario.send("GET", "/v1/me")
    #expect(refused.status == 429 && refused.headers["Retry-After"] == "20" && refused.json["error"]?["type"] == "RateLimitError", "\(refused.text)")
    #expect(refused.json["error"]?["details"]?["retry_after_seconds"] == 20 && refused.json["error"]?["details"]?["retryable"] == true)
    scenario.store.clock.advance(by: .seconds(19))
    #expect(try scenario.send("GET", "/v1/me").status == 429)
    scenario.store.clock.advance(by: .seconds(1))
    #expect(try scenario.send("GET", "/v1/me").status == 200)
    scenario.key = admin
    for _ in 0..<10 { #expect(try scenario.send("GET", "/v1/me").status == 200) }
  }

  @Test("a bucket never holds more than a minute's worth", arguments: [(1, 60), (60, 1), (600, 1), (7, 9)] as [(Int64, Int64)])
  func bucket(limit: Int64, wait: Int64) {
    var bucket = TokenBucket(perMinute: limit, at: Ticks(nanoseconds: 0))
    for second: UInt64 in [0, 1_000_000] {
      let now = Ticks(nanoseconds: second * 1_000_000_000)
      var taken: Int64 = 0
      while bucket.take(at: now) == nil { taken += 1 }
      #expect(taken == limit)
      #expect(bucket.take(at: now).map { Int64($0.inSeconds.rounded(.up)) } == wait)
    }
  }

  @Test(
    "requests keep the name that the client gave them, if it fits into a line",
    arguments: [
      ("abc-123", true), ("a/b:c=d+e@f._", true), ("", false), ("two words", false), ("naïve", false), (String(repeating: "x", count: 129), false),
    ])
  func requestNames(name: String, isKept: Bool) throws {
    let scenario = try Scenario(.direct)
    let answer = try scenario.send("GET", "/v1/health", headers: [("X-Request-ID", name)])
    #expect((answer.headers["X-Request-ID"] == name) == isKept)
    #expect(answer.headers["X-Request-ID"]?.isEmpty == false)
  }

  @Test("are counted to the last one, however many threads answer them")
  func threads() throws {
    let scenario = try Scenario(.direct)
    let service = scenario.service
    let workers = (0..<12).map { _ in
      Errand {
        for number in 0..<150 {
          guard let request = try? Request("GET", number % 3 == 0 ? "/v1/nothing" : "/v1/health") else { continue }
          _ = service.answer(request)
        }
      }
    }
    for worker in workers { worker.outcome() }
    let text = try scenario.send("GET", "/metrics").text
    #expect(text.contains("perigee_http_requests_total{operation=\"health\",status=\"200\"} 1200\n"), "\(text)")
    #expect(text.contains("perigee_http_requests_total{operation=\"other\",status=\"404\"} 600\n"))
    #expect(text.contains("perigee_http_request_duration_seconds_count{operation=\"health\"} 1200\n"))
    // The one that asks.
    #expect(text.contains("perigee_http_requests_in_progress 1\n"))
  }

  @Test("are measured in both formats, and count what was answered", arguments: Transport.allCases)
  func metrics(transport: Transport) throws {
    let scenario = try Scenario(transport)
    for _ in 0..<3 { _ = try scenario.send("GET", "/v1/me") }
    _ = try scenario.send("GET", "/v1/triggers/trg_none")
    _ = try scenario.send("GET", "/v1/nothing\"here\\")
    let plain = try scenario.send("GET", "/metrics")
    #expect(plain.status == 200 && plain.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
    #expect(plain.text.contains("perigee_http_requests_total{operation=\"whoami\",status=\"200\"} 3\n"), "\(plain.text)")
    #expect(plain.text.contains("perigee_http_requests_total{operation=\"get_trigger\",status=\"404\"} 1\n"))
    #expect(plain.text.contains("perigee_http_requests_total{operation=\"other\",status=\"404\"} 1\n"))
    #expect(plain.text.contains("# TYPE perigee_commits_total counter\n") && !plain.text.contains("# EOF"))
    let accept = "application/openmetrics-text; version=1.0.0,text/plain;q=0.5"
    let open = try scenario.send("GET", "/metrics", headers: [("Accept", accept)])
    #expect(open.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8")
    #expect(open.text.hasSuffix("# EOF\n") && open.text.contains("# TYPE perigee_commits counter\n"))
    for text in [plain.text, open.text] { Self.check(text) }
    scenario.key = nil
    #expect(try scenario.send("GET", "/metrics").status == 401)
  }

  /// The grammar of both formats, as far as they share it: each sample belongs to the family named last, no line comes twice, histograms grow.
  private static func check(_ text: String) {
    var family = ""
    var seen: Set<Substring> = []
    var last: (series: String, value: Double) = ("", 0)
    for line in text.split(separator: "\n") where line != "# EOF" {
      if line.hasPrefix("# ") {
        family = String(line.split(separator: " ")[2])
        continue
      }
      guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
        Issue.record("not a sample: \(line)")
        continue
      }
      #expect(line.hasPrefix(family), "\(line) is not of \(family)")
      #expect(seen.insert(line[..<space]).inserted, "\(line) comes twice")
      guard line.contains(",le=\""), let comma = line.lastIndex(of: ",") else { continue }
      let series = String(line[..<comma])
      if series == last.series { #expect(value >= last.value, "\(line) shrinks") }
      last = (series, value)
    }
    #expect(seen.count > 20)
  }

  @Test("the examples of the description are a story that can be told as it stands", arguments: Transport.allCases)
  func examples(transport: Transport) throws {
    let scenario = try Scenario(transport)
    let description = try scenario.send("GET", "/openapi.json").json
    var known = [
      "collection_identifier": "words", "namespace_id": "default", "document_id": "d0", "cluster_id": "topics", "retriever_id": "near",
      "bucket_identifier": "articles", "user_email": "ann@example.com", "key": "counter", "name": "holidays", "script_id": "crowded",
    ]
    // The order of the story is that of making things first.
    var told: [String: (method: String, path: String, body: JSON, answers: JSON)] = [:]
    let check = SchemaCheck(description)
    for path in description["paths"]?.object?.members ?? [] {
      for method in path.value.object?.members ?? [] {
        guard let body = method.value["requestBody"]?["content"]?["application/json"]?["example"] else { continue }
        told[method.value["operationId"]?.string ?? ""] = (method.key.uppercased(), path.key, body, method.value["responses"] ?? .null)
      }
    }
    #expect(told.count == RequestExamples.story.count, "every example belongs to an operation, and each has one")
    for (name, _) in RequestExamples.story {
      guard let (method, path, body, answers) = told[name] else {
        Issue.record("\(name) is not in the description")
        continue
      }
      let place = path.split(separator: "/").map { $0.hasPrefix("{") ? known[String($0.dropFirst().dropLast())] ?? "missing" : String($0) }
      let answer = try scenario.send(method, "/" + place.joined(separator: "/"), body)
      #expect((200...202).contains(answer.status), "\(name): \(answer.text)")
      let schema = try #require(answers["\(answer.status)"]?["content"]?["application/json"]?["schema"], "\(name): \(answer.status) is not described")
      #expect(check.complaints(answer.json, schema).isEmpty, "\(name): \(check.complaints(answer.json, schema))")
      if name == "create_trigger" { known["trigger_id"] = answer.json["trigger_id"]?.string }
    }
    let found = try scenario.send("POST", "/v1/retrievers/near/execute", ["inputs": ["v": [1, 0, 0]], "limit": 2])
    #expect(found.json["documents"]?.array?.first?["document_id"] == "d0", "\(found.text)")
  }

  @Test("the page of documentation needs nothing from elsewhere", arguments: Transport.allCases)
  func page(transport: Transport) throws {
    let scenario = try Scenario(transport)
    scenario.key = nil
    let page = try scenario.send("GET", "/docs")
    #expect(page.status == 200 && page.headers["Content-Type"] == "text/html; charset=utf-8")
    #expect(page.headers["Content-Security-Policy"]?.contains("default-src 'none'") == true)
    #expect(!page.text.contains("http://") && !page.text.contains("https://"))
    for word in ["curl", "Python SDK", "perigee call", "Try it"] { #expect(page.text.contains(word)) }
  }

  @Test("a body that is coded or of another type is 415, and a request that nobody takes is told what would be", arguments: Transport.allCases)
  func types(transport: Transport) throws {
    let scenario = try Scenario(transport)
    let coded = try scenario.send("POST", "/v1/collections", ["collection_name": "x"], headers: [("Content-Encoding", "gzip")])
    #expect(coded.status == 415 && coded.json["error"]?["type"] == "UnsupportedMediaTypeError", "\(coded.text)")
    let typed = try scenario.send("POST", "/v1/collections", ["collection_name": "x"], headers: [("Content-Type", "text/csv")])
    #expect(typed.status == 415)
    let method = try scenario.send("PUT", "/v1/triggers")
    #expect(method.status == 405 && method.headers["Allow"] == "GET, HEAD, POST")
  }
}
