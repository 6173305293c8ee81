import Basics
import Engine
import HTTP
import TestSupport
import Testing

@testable import API

@Suite("The event stream over HTTP", .serialized) struct EventStreamServiceTests {
  /// A server with events, and a client that reads its stream.
  private func withStream(
    _ path: String, headers: [(String, String)] = [], _ heard: (_ text: String, _ scenario: Scenario) -> Bool
  ) throws -> Client.Answer {
    let scenario = try Scenario(.socket)
    _ = try scenario.send("POST", "/v1/events", ["event_type": "custom.first", "payload": ["n": 1]])
    _ = try scenario.send("POST", "/v1/events", ["event_type": "custom.second", "payload": ["n": 2]])
    var all: Headers = ["Authorization": "Bearer \(scenario.key ?? "")"]
    for (name, value) in headers { all.set(name, value) }
    var text = ""
    let client = Client(try #require(scenario.endpoint), timeout: .seconds(30))
    return try client.send("GET", path, headers: all) { piece in
      text += String(decoding: piece, as: UTF8.self)
      return heard(text, scenario)
    }
  }

  @Test("sends what has been, then what happens, each with its number and type") func live() throws {
    var text = ""
    var emitted = false
    let answer = try withStream("/v1/events/stream?since=0") { heard, scenario in
      text = heard
      if heard.contains("id: 2\n"), !emitted {
        emitted = true
        _ = try? scenario.send("POST", "/v1/events", ["event_type": "custom.third", "payload": ["n": 3]])
      }
      return !heard.contains("id: 3\n") || !heard.hasSuffix("\n\n")
    }
    #expect(answer.status == 200 && answer.headers["Content-Type"] == "text/event-stream" && answer.headers["Cache-Control"] == "no-store")
    #expect(text.hasPrefix("retry: 2000\n\n"))
    let blocks = text.split(separator: "\n").filter { $0.hasPrefix("event: ") }
    #expect(blocks == ["event: custom.first", "event: custom.second", "event: custom.third"])
    let data = try #require(text.split(separator: "\n").last { $0.hasPrefix("data: ") })
    #expect(try JSON(parsing: Array(data.dropFirst(6).utf8))["payload"] == ["n": 3])
  }

  @Test("goes on after Last-Event-ID, whatever the address says") func resumption() throws {
    var text = ""
    _ = try withStream("/v1/events/stream?since=0&tail=10", headers: [("Last-Event-ID", "1")]) { heard, _ in
      text = heard
      return !heard.contains("id: 2\n")
    }
    #expect(!text.contains("id: 1\n"))
  }

  @Test("ends in good order when the server stops, and the client knows that it was the end") func draining() throws {
    let answer = try withStream("/v1/events/stream?tail=1") { heard, scenario in
      if heard.contains("id: 2\n"), !heard.contains("stopping") { scenario.store.host.streams.close() }
      return true
    }
    // The client was not told to leave: the answer's last chunk came.
    #expect(answer.status == 200)
  }

  @Test("asks for a key, and for types that exist") func refusals() throws {
    let scenario = try Scenario(.socket)
    let wrong = try scenario.send("GET", "/v1/events/stream?event_types=documents_aded")
    #expect(wrong.status == 422 && wrong.json["error"]?["details"]?["did_you_mean"] == "documents_added", "\(wrong.text)")
    scenario.key = nil
    #expect(try scenario.send("GET", "/v1/events/stream").status == 401)
  }
}
