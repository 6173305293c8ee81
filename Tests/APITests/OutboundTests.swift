import Basics
import Engine
import HTTP
import Synchronization
import TestSupport
import Testing

/// HTTP from scripts, against a server in this process.
@Suite("HTTP from scripts", .serialized) struct OutboundTests {
  private final class Peer: Sendable {
    let seen = Mutex<[Request]>([])
    let server: Server

    init() throws {
      var options = ServerOptions(endpoints: [try Endpoint("http://127.0.0.1:0")])
      options.handlerThreads = 2
      let box = Box()
      server = Server(options: options, surroundings: .real) { request in box.peer?.answer(request) ?? Response(status: 500) }
      box.hold(self)
      try server.start()
    }

    private final class Box: Sendable {
      private let held = Mutex<Peer?>(nil)
      var peer: Peer? { held.withLock { $0 } }
      func hold(_ peer: Peer) { held.withLock { $0 = peer } }
    }

    var origin: String { "http://\(server.endpoints[0])" }

    private func answer(_ request: Request) -> Response {
      seen.withLock { $0.append(request) }
      switch request.segments.first {
      case "there":
        var response = Response(status: 302)
        response.headers.set("Location", "/here")
        return response
      case "round":
        var response = Response(status: 302)
        response.headers.set("Location", "/round")
        return response
      case "away":
        var response = Response(status: 302)
        response.headers.set("Location", "https://127.0.0.1/")
        return response
      case "large": return .bytes([UInt8](repeating: 65, count: (1 << 20) + 1), type: "text/plain")
      default: return .json(["method": .string(request.method), "body": .string(String(decoding: request.body, as: UTF8.self))])
      }
    }

    func stop() { _ = server.stop(draining: .zero) }
  }

  private func problem(_ body: () throws -> Void) throws -> Problem {
    do { try body() } catch { return try #require(error as? Problem) }
    Issue.record("nothing was thrown")
    return Problem(.internal, "")
  }

  @Test("is off until the namespace allows an origin, and then sends and follows redirects within limits") func sending() throws {
    let peer = try Peer()
    defer { peer.stop() }
    let store = try TemporaryStore()
    func run(_ source: String) throws -> JSON { try store.call("run_source", body: ["source": .string(source)]) }
    let origin = peer.origin
    let refused = try run("return perigee.http.get('\(origin)/x').status")
    #expect(refused["error"]?.string?.contains("not on the namespace's list") == true, "\(refused.text)")
    #expect(peer.seen.withLock { $0.isEmpty })
    try store.call("set_http_rules", body: ["allow": [.string(origin)]])
    #expect(
      try run("local a = perigee.http.get('\(origin)/x?a=1', {headers = {['X-Test'] = 'yes'}}) return a.status, perigee.json.decode(a.body).method")[
        "values"] == [200, "GET"])
    #expect(peer.seen.withLock { $0.last?.headers["X-Test"] } == "yes")
    #expect(try run("return perigee.json.decode(perigee.http.post('\(origin)/x', {a = 1}).body).body")["value"] == "{\"a\":1}")
    #expect(try run("return perigee.http.get('\(origin)/there').status")["value"] == 200)
    for (path, word) in [("round", "redirects"), ("away", "change the scheme"), ("large", "1 MiB")] {
      let answer = try run("return perigee.http.get('\(origin)/\(path)')")
      #expect(answer["error"]?.string?.contains(word) == true, "\(answer.text)")
    }
    // In a dry run nothing leaves the machine.
    let count = peer.seen.withLock { $0.count }
    #expect(
      try store.call("run_source", body: ["source": .string("return perigee.http.get('\(origin)/x').status"), "dry_run": true])["error"] != nil)
    #expect(peer.seen.withLock { $0.count } == count)
    // An action may send five, a predicate none.
    try store.call(
      "create_script", body: ["name": "act", "kind": "action", "source": .string("for i = 1, 6 do perigee.http.get('\(origin)/' .. i) end")])
    #expect(try store.call("run_script", path: ["script_id": "act"])["error"]?.string?.contains("5 requests") == true)
    #expect(peer.seen.withLock { $0.count } == count + 5)
    let predicate = try store.call(
      "run_source", body: ["kind": "predicate", "source": .string("return perigee.http.get('\(origin)').status == 200")])
    #expect(predicate["error"]?.string?.contains("needs the right") == true)
  }

  @Test(
    "takes origins for its list, and nothing else",
    arguments: [
      "ftp://a.example", "https://a.example/path", "https://u:p@a.example", "https://", "https://a b", "a.example", "https://a.example:0",
      "http://[::1",
    ])
  func rules(url: String) throws {
    let store = try TemporaryStore()
    let problem = try problem { try store.call("set_http_rules", body: ["allow": [.string(url)]]) }
    #expect(problem.path == "allow[0]", "\(problem)")
    #expect(try store.call("get_http_rules")["allow"] == [])
  }

  @Test("does not go to private places by way of a name") func privatePlaces() throws {
    let store = try TemporaryStore()
    try store.call("set_http_rules", body: ["allow": ["http://localhost:9"]])
    let problem = try problem { try store.call("fetch", body: ["url": "http://localhost:9/"]) }
    #expect(problem.kind == .forbidden && problem.message.contains("not on the open Internet"), "\(problem)")
  }

  @Test(
    "knows the addresses that are not the open Internet's",
    arguments: [
      ("8.8.8.8", true), ("127.0.0.1", false), ("10.1.2.3", false), ("172.16.0.1", false), ("172.32.0.1", true), ("192.168.1.1", false),
      ("169.254.169.254", false), ("100.64.0.1", false), ("100.128.0.1", true), ("0.0.0.0", false), ("224.0.0.1", false), ("255.255.255.255", false),
      ("::1", false), ("::", false), ("fe80::1", false), ("fd00::1", false), ("ff02::1", false), ("2606:4700::1111", true),
      ("::ffff:10.0.0.1", false),
      ("::ffff:8.8.8.8", true), ("64:ff9b::a00:1", false), ("2002:0a00:0001::", false), ("nonsense", false),
    ] as [(String, Bool)])
  func addresses(address: String, isPublic: Bool) { #expect(Outbound.isPublic(address) == isPublic) }
}
