import Basics
import HTTP
import Testing

/// What a parser made of some bytes: the requests, and how it ended.
struct Reading: Equatable, CustomStringConvertible {
  var requests: [String] = []
  var rejection: Rejection?

  /// Feeds the bytes in pieces of the given sizes, the last one with all that is left.
  init(_ bytes: [UInt8], cuts: [Int] = [], limits: RequestLimits = RequestLimits()) {
    var parser = RequestParser(limits: limits, remoteAddress: "10.0.0.1")
    var rest = bytes[...]
    for cut in cuts + [Int.max] {
      parser.feed(rest.prefix(cut))
      rest = rest.dropFirst(cut)
      do throws(Rejection) {
        while let event = try parser.next() {
          if case .request(let request) = event { requests.append(Self.describe(request)) }
        }
      } catch {
        rejection = error
        return
      }
      if rest.isEmpty { return }
    }
  }

  init(_ text: String, limits: RequestLimits = RequestLimits()) { self.init(Array(text.utf8), limits: limits) }

  private static func describe(_ r: Request) -> String {
    let query = r.query.pairs.map { "\($0.name)=\($0.value)" }
    let headers = r.headers.pairs.map { "\($0.name): \($0.value)" }
    return "\(r.method) \(r.segments) \(query) \(headers) \(r.host) \(r.version) \(r.keepAlive) \(r.body)"
  }

  var description: String { "\(requests) \(rejection.map { "\($0.status) \($0.message)" } ?? "open")" }
}

/// Parses text that holds exactly one request.
func request(_ text: String) throws -> Request {
  var parser = RequestParser(remoteAddress: "10.0.0.1")
  parser.feed(text.utf8)
  guard case .request(let request) = try parser.next() else { throw Rejection(0, "incomplete", "no request in \(text)") }
  return request
}

@Suite("Request parser") struct RequestParserTests {
  @Test("takes a request apart")
  func anatomy() throws {
    let r = try request(
      "POST /v1/collections/my%2Fname/d%C3%B6cs?limit=3&q=a+b%26c&flag&=x HTTP/1.1\r\nHost: example.org:8080\r\nX-Namespace:  prod \t\r\n"
        + "content-length: 5\r\nX-A: 1\r\nx-a: 2\r\n\r\nhello")
    #expect(r.method == "POST")
    #expect(r.segments == ["v1", "collections", "my/name", "döcs"])
    #expect(r.query["limit"] == "3" && r.query["q"] == "a b&c" && r.query["flag"] == "" && r.query[""] == "x" && r.query["none"] == nil)
    #expect(r.headers["x-NAMESPACE"] == "prod" && r.headers["absent"] == nil)
    #expect(r.headers.all("X-A") == ["1", "2"])
    #expect(r.headers.pairs.map(\.name) == ["Host", "X-Namespace", "content-length", "X-A", "x-a"])
    #expect(r.body == Array("hello".utf8))
    #expect(r.host == "example.org:8080" && r.remoteAddress == "10.0.0.1" && r.version == .http11 && r.keepAlive)
  }

  @Test(
    "reads paths as they are written",
    arguments: [
      ("/", []), ("/a", ["a"]), ("/a/", ["a", ""]), ("//a", ["", "a"]), ("/a//b", ["a", "", "b"]), ("/a%2fb/c", ["a/b", "c"]),
      ("/%2e%2e/x", ["..", "x"]),
      ("/a+b", ["a+b"]), ("/?a=1", []), ("/x?/y", ["x"]), ("http://h/x?y", ["x"]), ("http://h", []), ("HTTP://h:80?q", []),
    ])
  func paths(target: String, segments: [String]) throws {
    #expect(try request("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n").segments == segments)
  }

  @Test("knows when a connection may stay open")
  func keepAlive() throws {
    #expect(try request("GET / HTTP/1.1\r\nHost: h\r\n\r\n").keepAlive)
    #expect(try !request("GET / HTTP/1.1\r\nHost: h\r\nConnection: Close\r\n\r\n").keepAlive)
    #expect(try !request("GET / HTTP/1.1\r\nHost: h\r\nConnection: te, close\r\n\r\n").keepAlive)
    #expect(try !request("GET / HTTP/1.0\r\n\r\n").keepAlive)
    #expect(try request("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keepAlive)
  }

  @Test("takes the host of an absolute target before the field, RFC 9112 section 3.2.2")
  func host() throws {
    #expect(try request("GET http://real:81/x HTTP/1.1\r\nHost: other\r\n\r\n").host == "real:81")
    #expect(try request("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").segments == [])
  }

  @Test("puts chunks together, whatever extensions and trailers come with them")
  func chunks() throws {
    let r = try request(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
        + "5\r\nhello\r\n006;a=b;c=\"d\"\r\n world\r\n1 ;x\r\n!\r\n000\r\nX-Sum: 1\r\n\r\n"
    )
    #expect(String(decoding: r.body, as: UTF8.self) == "hello world!")
    #expect(r.headers["X-Sum"] == nil)
  }

  @Test("announces a body that waits for 100 Continue, unless the body is here already")
  func expectation() throws {
    let head = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n"
    var parser = RequestParser()
    parser.feed(head.utf8)
    guard case .continueExpected = try parser.next() else { return #expect(Bool(false)) }
    #expect(try parser.next() == nil)
    parser.feed("ok".utf8)
    guard case .request = try parser.next() else { return #expect(Bool(false)) }

    #expect(try request(head + "ok").body == Array("ok".utf8))
    #expect(Reading("GET / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\nContent-Length: 1\r\n\r\n").rejection?.status == 417)
  }

  static let conversation =
    "GET /first?a=%41 HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n"
    + "\r\nPOST /second HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n{\"a\":\r\n\r\n1}"
    + "PUT /third HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: v\r\n\r\n"
    + "GET /fourth HTTP/1.0\r\nConnection: keep-alive\r\n\r\nDELETE /fifth HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGARBAGE"

  /// Beginnings that are accepted, each followed by something that is not.
  static let refused = [
    "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\nHost: h\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nG\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nA\u{0}: b\r\n\r\n", "\u{16}\u{3}\u{1}",
    "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /" + String(repeating: "x", count: 300) + " HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nX: " + String(repeating: "x", count: 600) + "\r\n\r\n",
    "GET / HTTP/1.1\r\n" + String(repeating: "A: b\r\n", count: 12) + "Host: h\r\n\r\n", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n" + String(repeating: "y", count: 64) + "\r\n40\r\n",
  ]

  static var smallLimits: RequestLimits {
    var limits = RequestLimits()
    (limits.requestLine, limits.headerBytes, limits.headerCount, limits.body) = (256, 512, 10, 100)
    return limits
  }

  @Test("gives the same for the same bytes, however they are cut", arguments: [conversation] + refused)
  func cuts(text: String) {
    let bytes = Array(text.utf8)
    let whole = Reading(bytes, limits: Self.smallLimits)
    #expect(whole.rejection != nil || whole.requests.count == 5, "\(whole)")
    for cut in 1..<max(2, bytes.count) { #expect(Reading(bytes, cuts: [cut], limits: Self.smallLimits) == whole, "cut at \(cut)") }
    #expect(Reading(bytes, cuts: Array(repeating: 1, count: bytes.count), limits: Self.smallLimits) == whole)
    var random = SeededRandom(seed: 4)
    for _ in 0..<100 {
      let pieces = (0..<20).map { _ in Int.random(in: 1...40, using: &random) }
      #expect(Reading(bytes, cuts: pieces, limits: Self.smallLimits) == whole, "\(pieces)")
    }
  }

  @Test("survives what chance makes of requests, and never takes one that has both lengths")
  func fuzz() throws {
    var random = SeededRandom(seed: 2024)
    let seeds = ([Self.conversation] + Self.refused).map { Array($0.utf8) }
    let words = ["\r\n", "\n", "\r", "\0", " ", ":", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "0\r\n\r\n", "HTTP/1.1", "%", "\t"]
      .map { Array($0.utf8) }
    var accepted = 0
    for _ in 0..<6000 {
      var bytes = seeds.randomElement(using: &random)!
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let at = Int.random(in: 0...bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes.insert(contentsOf: words.randomElement(using: &random)!, at: at)
        case 1 where at < bytes.count: bytes[at] = UInt8.random(in: 0...255, using: &random)
        case 2: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 0...8, using: &random)))
        default: bytes.insert(contentsOf: bytes[..<min(at, bytes.count)].suffix(20), at: at)
        }
      }
      let whole = Reading(bytes, limits: Self.smallLimits)
      #expect(Reading(bytes, cuts: [bytes.count / 2], limits: Self.smallLimits) == whole)
      accepted += whole.requests.count
      for request in whole.requests {
        let text = request.lowercased()
        #expect(!(text.contains("\"content-length:") && text.contains("\"transfer-encoding:")), "\(request)")
      }
      if let rejection = whole.rejection { #expect((400...505).contains(rejection.status)) }
    }
    #expect(accepted > 500)
  }
}

@Suite("Requests that are refused") struct RejectionTests {
  @Test(
    "ways to smuggle one request inside another",
    arguments: [
      "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5", "Content-Length: 5\r\nContent-Length: 5",
      "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5, 5", "Content-Length: +5", "Content-Length: -5", "Content-Length: 0x5",
      "Content-Length: 5 5",
      "Content-Length:", "Content-Length: 5a", "Content-Length: ٥", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked, identity",
      "Transfer-Encoding: identity", "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked;q=1", "Transfer-Encoding: \"chunked\"",
      "Transfer-Encoding:",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked",
      " Transfer-Encoding: chunked",
      "X: y\r\n Transfer-Encoding: chunked", "Transfer-Encoding:\r\n chunked", "X: y\nTransfer-Encoding: chunked", "X: y\rTransfer-Encoding: chunked",
      "Transfer-Encoding: chun\u{0}ked", "Transfer-Encoding: chunked\u{b}", ": empty", "X", "Na me: x", "Näme: x", "X\u{0}: y", "X: \u{1}",
      "X: \u{7f}", "Host: again",
      "(comment): x",
    ])
  func smuggling(fields: String) {
    let reading = Reading("POST / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(reading.requests.isEmpty, "\(reading)")
    #expect(reading.rejection?.status == 400, "\(reading)")
  }

  @Test(
    "request lines that are none",
    arguments: [
      ("GET /", 400), ("GET / HTTP/2.0", 505), ("GET / HTTP/1.2", 505), ("GET / HTTP/0.9", 505), ("GET / HTTP/1.10", 400), ("GET / http/1.1", 400),
      ("GET / HTTP/1,1", 400),
      ("GET  / HTTP/1.1", 400), ("GET / HTTP/1.1 ", 400), (" GET / HTTP/1.1", 400), ("GET /a b HTTP/1.1", 400), ("GET\t/ HTTP/1.1", 400),
      ("GET /\u{0} HTTP/1.1", 400),
      ("G(T / HTTP/1.1", 400), ("GET x HTTP/1.1", 400), ("GET * HTTP/1.1", 400), ("CONNECT h:80 HTTP/1.1", 400), ("GET /#frag HTTP/1.1", 400),
      ("GET /é HTTP/1.1", 400),
      ("GET /% HTTP/1.1", 400), ("GET /%4 HTTP/1.1", 400), ("GET /%4g HTTP/1.1", 400), ("GET /%00 HTTP/1.1", 400), ("GET /%ff HTTP/1.1", 400),
      ("GET /?a=%c3 HTTP/1.1", 400), ("GET /?%=1 HTTP/1.1", 400), ("GET http:///x HTTP/1.1", 400), ("GET http://u@h/x HTTP/1.1", 400),
      ("PRI * HTTP/2.0", 505), ("/ HTTP/1.1", 400),
    ])
  func requestLines(line: String, status: Int) {
    let reading = Reading("\(line)\r\nHost: h\r\n\r\n")
    #expect(reading.requests.isEmpty && reading.rejection?.status == status, "\(reading)")
  }

  @Test("hosts that are missing, doubled or no hosts")
  func hosts() {
    #expect(Reading("GET / HTTP/1.1\r\n\r\n").rejection?.code == "missing_host")
    #expect(Reading("GET / HTTP/1.0\r\n\r\n").rejection == nil)
    #expect(Reading("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n").rejection?.status == 400)
    for host in ["a/b", "u@h", "a b", "a,b", "a\\b", "<h>", "é"] {
      #expect(Reading("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n").rejection?.code == "invalid_host", "\(host)")
    }
    for host in ["h", "h:1", "[::1]:8080", "a-b_c.d", "127.0.0.1", ""] {
      #expect(Reading("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n").requests.count == 1, "\(host)")
    }
  }

  @Test("sizes, each at its limit and one beyond")
  func limits() {
    let limits = RequestParserTests.smallLimits
    func status(_ text: String) -> Int? { Reading(text, limits: limits).rejection?.status }
    func x(_ count: Int) -> String { String(repeating: "x", count: count) }
    #expect(status("GET /\(x(242)) HTTP/1.1\r\nHost: h\r\n\r\n") == nil)
    #expect(status("GET /\(x(243)) HTTP/1.1\r\nHost: h\r\n\r\n") == 414)
    #expect(status("GET /\(x(2000))") == 414)
    #expect(status(x(2000)) == 400)
    #expect(status("GET / HTTP/1.1\r\nHost: h\r\nX: \(x(499))\r\n\r\n") == 431)
    #expect(status("GET / HTTP/1.1\r\nHost: h\r\nX: \(x(498))\r\n\r\n") == nil)
    #expect(status("GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "A: b\r\n", count: 9) + "\r\n") == nil)
    #expect(status("GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "A: b\r\n", count: 10) + "\r\n") == 431)
    #expect(status("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n") == nil)
    #expect(status("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n") == 413)
    #expect(status("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n") == 413)
    let chunked = "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(status(chunked + "64\r\n" + x(100) + "\r\n0\r\n\r\n") == nil)
    #expect(status(chunked + "64\r\n" + x(100) + "\r\n1\r\n") == 413)
    #expect(status(chunked + "FFFFFFFFFFFFFFFFFFFF\r\n") == 413)
    #expect(status(chunked + "7fffffffffffffff\r\n") == 413)
    #expect(status(chunked + "1;" + x(2000)) == 400)
    #expect(status(chunked + String(repeating: "1;\(x(100))\r\nx\r\n", count: 10)) == 400, "many small extensions")
    #expect(status(chunked + "0\r\n" + String(repeating: "A: b\r\n", count: 11) + "\r\n") == 431)
    #expect(status(chunked + "0\r\nX: \(x(600))\r\n\r\n") == 431)
  }

  @Test(
    "chunks that are none",
    arguments: [
      "\r\n", "x\r\n", "-1\r\n", "1 1\r\n", "0x1\r\n", "1\r\nab\r\n", "1\na", "1\r\na\n", "1\ra", ";x\r\n", "0\r\nbad trailer\r\n\r\n",
      "0\r\n a: b\r\n\r\n",
    ])
  func chunks(text: String) {
    let reading = Reading("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + text + "0\r\n\r\n")
    #expect(reading.requests.isEmpty && reading.rejection?.status == 400, "\(reading)")
  }

  @Test("in a body that programs can read")
  func body() throws {
    let rejection = try #require(Reading("GET / HTTP/1.1\r\n\r\n").rejection)
    let response = rejection.response
    #expect(response.headers["Connection"] == "close" && response.headers["content-type"] == "application/json")
    guard case .bytes(let bytes) = response.body else { return #expect(Bool(false)) }
    #expect(
      try JSON(parsing: bytes)
        == [
          "success": false, "status": 400,
          "error": ["message": "HTTP/1.1 requests have a Host field", "type": "BadRequestError", "code": "missing_host"],
        ])
    #expect(Reading("\u{16}\u{3}").rejection?.code == "tls_not_supported")
  }
}
