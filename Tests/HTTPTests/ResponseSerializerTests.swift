import Basics
import HTTP
import Testing

@Suite("Response serializer") struct ResponseSerializerTests {
  private func text(_ response: Response, to head: String, closing: Bool = false) throws -> (String, Bool) {
    var serializer = ResponseSerializer(answering: try request(head))
    var bytes: [UInt8] = []
    serializer.begin(response, date: "D", closing: closing, to: &bytes)
    if case .complete = serializer.framing {
    } else {
      serializer.chunk(Array("hello world, again".utf8), to: &bytes)
      serializer.chunk([], to: &bytes)
      serializer.end(to: &bytes)
    }
    return (String(decoding: bytes, as: UTF8.self), serializer.keepAlive)
  }

  static let get11 = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
  static let head11 = "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n"
  static let get10 = "GET / HTTP/1.0\r\n\r\n"
  static let kept10 = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"

  @Test("gives every body the framing its client understands")
  func framings() throws {
    let ok = Response.json(["a": 1])
    let head = "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: application/json\r\nContent-Length: 7\r\n"
    #expect(try text(ok, to: Self.get11) == (head + "\r\n{\"a\":1}", true))
    #expect(try text(ok, to: Self.head11) == (head + "\r\n", true))
    #expect(try text(ok, to: Self.get10) == (head + "Connection: close\r\n\r\n{\"a\":1}", false))
    #expect(try text(ok, to: Self.kept10) == (head + "Connection: keep-alive\r\n\r\n{\"a\":1}", true))
    #expect(try text(ok, to: Self.get11, closing: true) == (head + "Connection: close\r\n\r\n{\"a\":1}", false))
    #expect(try text(Response(status: 204), to: Self.get11) == ("HTTP/1.1 204 No Content\r\nDate: D\r\n\r\n", true))
    #expect(try text(Response(status: 404), to: Self.get11) == ("HTTP/1.1 404 Not Found\r\nDate: D\r\nContent-Length: 0\r\n\r\n", true))

    let streamed = Response(status: 200, body: .stream(BodyStream()))
    let chunked = "HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(try text(streamed, to: Self.get11) == (chunked + "12\r\nhello world, again\r\n0\r\n\r\n", true))
    #expect(try text(streamed, to: Self.head11) == (chunked, true))
    #expect(try text(streamed, to: Self.kept10) == ("HTTP/1.1 200 OK\r\nDate: D\r\nConnection: close\r\n\r\nhello world, again", false))
  }

  @Test("lets a handler close, but not lie about lengths or smuggle lines")
  func handlersHeaders() throws {
    let response = Response(
      status: 200, headers: ["Connection": "close", "Content-Length": "999", "Transfer-Encoding": "chunked", "X": "a\r\nSet-Cookie: b\u{0}"],
      body: .bytes([65]))
    #expect(
      try text(response, to: Self.get11)
        == ("HTTP/1.1 200 OK\r\nDate: D\r\nX: a  Set-Cookie: b \r\nContent-Length: 1\r\nConnection: close\r\n\r\nA", false))
  }

  @Test("dates answers as RFC 9110 has it")
  func dates() {
    #expect(HTTPDate.text(Instant(seconds: 784_111_777)) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(HTTPDate.text(Instant(seconds: 0)) == "Thu, 01 Jan 1970 00:00:00 GMT")
    #expect(HTTPDate.text(Instant(milliseconds: -1)) == "Wed, 31 Dec 1969 23:59:59 GMT")
  }
}

@Suite("Headers and endpoints") struct HeadersTests {
  @Test("are found without regard to case, kept in order, replaced and removed")
  func headers() {
    var headers: Headers = ["A": "1", "b": "2", "a": "3"]
    #expect(headers["a"] == "1" && headers.all("A") == ["1", "3"] && headers.count == 3 && headers.contains("B"))
    headers.set("A", "4")
    #expect(headers == ["b": "2", "A": "4"])
    headers.remove("B")
    #expect(headers == ["A": "4"] && headers != ["A": "5"])
  }

  @Test("endpoints are read as people write them")
  func endpoints() throws {
    #expect(try Endpoint("http://127.0.0.1:8080/v1") == .tcp(host: "127.0.0.1", port: 8080))
    #expect(try Endpoint("localhost:1") == .tcp(host: "localhost", port: 1))
    #expect(try Endpoint("[::1]:8080") == .tcp(host: "::1", port: 8080))
    #expect(try Endpoint("http://[::1]") == .tcp(host: "::1", port: 80))
    #expect(try Endpoint("host", defaultPort: 7) == .tcp(host: "host", port: 7))
    #expect(try Endpoint("unix:/run/x.sock") == .unix(path: "/run/x.sock"))
    #expect(Endpoint.tcp(host: "::1", port: 5).description == "[::1]:5")
    for wrong in ["", "http://", ":80", "h:port", "h:99999", "::1:80", "a b:1"] {
      #expect(#expect(throws: Problem.self) { try Endpoint(wrong) }?.kind == .invalid, "\(wrong)")
    }
    #expect(#expect(throws: Problem.self) { try Endpoint("https://h") }?.kind == .unsupported)
  }
}
