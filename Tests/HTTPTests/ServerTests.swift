import Basics
import Glibc
import HTTP
import Synchronization
import Testing

/// Answers with what it was asked: method, path and size of the body.
@Sendable private func echo(_ request: Request) -> Response {
  .text("\(request.method) \(request.target) \(request.body.count)\n")
}

@Suite("Server") struct ServerTests {
  @Test("answers one request after the other on one connection")
  func keepAlive() throws {
    try withServer(handler: echo) { server, _ in
      let client = Client(server.endpoints[0], timeout: .seconds(20))
      for i in 0..<50 {
        let answer = try client.send("GET", "/\(i)")
        #expect(answer.status == 200 && answer.text == "GET /\(i) 0\n")
        #expect(answer.headers["Date"] == "Sun, 06 Nov 1994 08:49:37 GMT")
      }
      #expect(try client.send("HEAD", "/h").body.isEmpty)
      #expect(try client.send("POST", "/p", body: Array(repeating: 7, count: 3_000_000)).text == "POST /p 3000000\n")
      #expect(try client.send("GET", "/last").text == "GET /last 0\n")
      #expect(server.statistics.acceptedConnections == 1)
    }
  }

  @Test("answers pipelined requests in order, however many there are")
  func pipelining() throws {
    try withServer(handler: echo) { server, _ in
      let wire = try Wire(server)
      let count = 500
      wire.say((0..<count).map { "POST /\($0) HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi" }.joined())
      wire.say("GET /end HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET /after HTTP/1.1\r\n\r\n")
      let heard = try #require(wire.hearEnd())
      let order = heard.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("POST /") || $0.hasPrefix("GET /") }
      #expect(order == (0..<count).map { "POST /\($0) 2" } + ["GET /end 0"])
    }
  }

  @Test("takes chunks and sends chunks")
  func chunks() throws {
    try withServer(handler: { request in
      Response(
        status: 200,
        body: .producer { stream in
          for byte in request.body { stream.write([byte]) }
        })
    }) { server, _ in
      let client = Client(server.endpoints[0], timeout: .seconds(20))
      let chunked = Array("5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: x\r\n\r\n".utf8)
      for _ in 0..<20 {
        let answer = try client.send("PUT", "/", headers: ["Transfer-Encoding": "chunked"], body: chunked)
        #expect(answer.text == "hello world")
        #expect(answer.headers["Transfer-Encoding"] == "chunked")
      }
      // HTTP/1.0 knows no chunks: the end of the connection is the end of the body.
      let wire = try Wire(server)
      wire.say("PUT / HTTP/1.0\r\nContent-Length: 3\r\n\r\nold")
      #expect(try #require(wire.hearEnd()).hasSuffix("\r\n\r\nold"))
      #expect(try client.send("HEAD", "/").body.isEmpty)
    }
  }

  @Test("streams more than fits in memory buffers, at the reader's pace")
  func backpressure() throws {
    let written = Mutex(0)
    try withServer(handler: { _ in
      Response(
        status: 200,
        body: .producer { stream in
          let piece = [UInt8](repeating: 1, count: 50_000)
          for _ in 0..<800 where stream.write(piece) { written.withLock { $0 += piece.count } }
        })
    }) { server, _ in
      let client = Client(server.endpoints[0], timeout: .seconds(20))
      var received = 0
      var ahead = 0
      let answer = try client.send("GET", "/") { piece in
        received += piece.count
        ahead = max(ahead, written.withLock { $0 } - received)
        return true
      }
      #expect(answer.status == 200 && received == 40_000_000)
      // Our own buffers hold less than a megabyte; the kernel's sockets a few more.
      #expect(ahead < 12_000_000, "\(ahead)")
    }
  }

  @Test("tells a writer that its reader is gone")
  func goneReader() throws {
    let noticed = Gate()
    try withServer(handler: { _ in
      Response(
        status: 200,
        body: .producer { stream in
          while stream.write([UInt8](repeating: 1, count: 10_000)) {}
          #expect(stream.isCancelled)
          noticed.open()
        })
    }) { server, _ in
      _ = try Client(server.endpoints[0], timeout: .seconds(20)).send("GET", "/") { _ in false }
      noticed.pass()
    }
  }

  @Test("sends events as they happen, from any thread")
  func events() throws {
    let stream = BodyStream(bound: 100)
    try withServer(handler: { _ in Response(status: 200, headers: ["Content-Type": "text/event-stream"], body: .stream(stream)) }) { server, _ in
      let wire = try Wire(server)
      wire.say("GET /events HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(wire.hear("\r\n\r\n").contains("text/event-stream"))
      for i in 0..<100 {
        #expect(stream.offer(Array("data: \(i)\n\n".utf8)))
        #expect(wire.hear("data: \(i)\n\n").contains("data: \(i)"))
      }
      stream.finish()
      #expect(!stream.offer([1]))
      #expect(wire.hear("0\r\n\r\n").hasSuffix("0\r\n\r\n"))
      wire.say("GET /events HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
      #expect(try #require(wire.hearEnd()).hasSuffix("0\r\n\r\n"))
    }
  }

  @Test("says 100 Continue to who waits for it, when it is its turn")
  func expectation() throws {
    try withServer(handler: echo) { server, _ in
      let wire = try Wire(server)
      let head = "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
      for _ in 0..<3 {
        wire.say("GET /before HTTP/1.1\r\nHost: h\r\n\r\n" + head)
        let heard = wire.hear("100 Continue\r\n\r\n")
        #expect(heard.contains("GET /before 0") && heard.hasSuffix("HTTP/1.1 100 Continue\r\n\r\n"))
        wire.say("hello")
        #expect(wire.hear("PUT /x 5\n").hasPrefix("HTTP/1.1 200 OK"))
      }
      wire.say(head + "hello")
      #expect(!wire.hear("PUT /x 5\n").contains("100 Continue"))
    }
  }

  @Test("refuses what is too large or malformed, closes, and lets the client read why")
  func refusals() throws {
    try withServer({ $0.limits.body = 1000 }, handler: echo) { server, _ in
      let client = Client(server.endpoints[0], timeout: .seconds(20))
      // The client is still sending when the answer comes.
      let answer = try client.send("POST", "/", body: Array(repeating: 1, count: 5_000_000))
      #expect(answer.status == 413)
      #expect(try answer.json()["error"]?["code"] == "body_too_large")
      #expect(answer.headers["Connection"] == "close")

      for (text, status) in [
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/3.0\r\n\r\n", 505), ("GET /\(String(repeating: "x", count: 9000)) HTTP/1.1\r\n\r\n", 414),
        ("GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 40_000))\r\n\r\n", 431), ("\u{16}\u{3}\u{1}", 400),
      ] {
        let wire = try Wire(server)
        wire.say("GET /first HTTP/1.1\r\nHost: h\r\n\r\n" + text)
        wire.finish()
        let heard = try #require(wire.hearEnd())
        #expect(heard.contains("GET /first 0"), "what came before is answered")
        #expect(heard.contains("HTTP/1.1 \(status) "), "\(heard)")
      }
    }
  }

  @Test("asked by HEAD, produces no body and tells the stream so")
  func headOfStreams() throws {
    let stream = BodyStream()
    try withServer(handler: { request in
      if request.target == "/events" { return Response(status: 200, body: .stream(stream)) }
      return Response(status: 200, body: .producer { _ in Issue.record("nobody asked for the body") })
    }) { server, _ in
      let client = Client(server.endpoints[0], timeout: .seconds(20))
      for target in ["/events", "/export", "/events"] {
        let answer = try client.send("HEAD", target)
        #expect(answer.status == 200 && answer.headers["Transfer-Encoding"] == "chunked" && answer.body.isEmpty)
      }
      #expect(stream.isCancelled)
    }
  }

  @Test("answers a client that has closed its half")
  func halfClosed() throws {
    try withServer(handler: echo) { server, _ in
      let wire = try Wire(server)
      wire.say("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\nGET /unfinis")
      wire.finish()
      let heard = try #require(wire.hearEnd())
      #expect(heard.contains("GET /a 0") && heard.contains("GET /b 0") && !heard.contains("unfinis"))
    }
  }

  @Test("handles several connections at once and each one's requests in order")
  func concurrency() throws {
    let arrived = Gate()
    let release = Gate()
    try withServer(handler: { request in
      if request.target == "/blocks" {
        arrived.open()
        release.pass()
      }
      return echo(request)
    }) { server, _ in
      let blocked = try Wire(server)
      blocked.say("GET /blocks HTTP/1.1\r\nHost: h\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n")
      arrived.pass()
      #expect(try Client(server.endpoints[0], timeout: .seconds(20)).send("GET", "/other").text == "GET /other 0\n")
      release.open()
      let heard = blocked.hear("GET /next 0\n")
      #expect(heard.contains("GET /blocks 0\n") && heard.hasSuffix("GET /next 0\n"))
    }
  }

  @Test("gives the client's address and listens on IPv6 and unix sockets")
  func endpoints() throws {
    let path = "/tmp/http-tests-\(getpid()).sock"
    try withServer(
      { $0.endpoints = [.unix(path: path), .tcp(host: "::1", port: 0), .tcp(host: "localhost", port: 0)] }, handler: { .text($0.remoteAddress) }
    ) { server, _ in
      var addresses: [String] = []
      for endpoint in server.endpoints { addresses.append(try Client(endpoint, timeout: .seconds(20)).send("GET", "/").text) }
      #expect(addresses == ["unix", "::1", "127.0.0.1"])
    }
    #expect(access(path, F_OK) != 0, "the socket is removed")
  }
}

@Suite("Server limits") struct ServerLimitTests {
  @Test("a slow head is cut off with 408 when the clock says so, not before")
  func slowHead() throws {
    try withServer(handler: echo) { server, clock in
      let slow = try Wire(server)
      slow.say("GET / HTTP/1.1\r\nHost: h\r\nX-")
      let fast = Client(server.endpoints[0], timeout: .seconds(20))
      // An answer to another connection shows that the loop has seen what came before.
      #expect(try fast.send("GET", "/").status == 200)
      clock.advance(.seconds(9))
      server.checkTimeouts()
      #expect(try fast.send("GET", "/").status == 200)
      slow.say("A: still here")
      clock.advance(.seconds(2))
      server.checkTimeouts()
      #expect(slow.hear("too slowly\"").contains("HTTP/1.1 408 Request Timeout"))
      slow.finish()
      #expect(slow.hearEnd() != nil)
      #expect(try fast.send("GET", "/").status == 200)
      #expect(server.statistics.timeouts == 1)
    }
  }

  @Test("a body must keep a minimum rate")
  func slowBody() throws {
    try withServer({ $0.timeouts.minimumBodyRate = 100 }, handler: echo) { server, clock in
      let slow = try Wire(server)
      let steady = try Wire(server)
      let head = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1300\r\nExpect: 100-continue\r\n\r\n"
      for wire in [slow, steady] {
        wire.say(head)
        _ = wire.hear("Continue\r\n\r\n")
      }
      let client = Client(server.endpoints[0], timeout: .seconds(20))
      for _ in 0..<13 {
        steady.say([UInt8](repeating: 1, count: 100))
        _ = try client.send("GET", "/")
        clock.advance(.milliseconds(900))
        server.checkTimeouts()
        _ = try client.send("GET", "/")
      }
      #expect(steady.hear("PUT / 1300\n").contains("200 OK"))
      #expect(slow.hear("too slowly\"").contains("HTTP/1.1 408"))
    }
  }

  @Test("an idle connection is closed without a word, and a waiting client is not idle")
  func idle() throws {
    let arrived = Gate()
    let release = Gate()
    try withServer(handler: { request in
      arrived.open()
      release.pass()
      return echo(request)
    }) { server, clock in
      let idle = try Wire(server)
      let waiting = try Wire(server)
      waiting.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      arrived.pass()
      clock.advance(.seconds(61))
      server.checkTimeouts()
      #expect(idle.hearEnd() == "")
      release.open()
      #expect(waiting.hear("GET / 0\n").contains("200 OK"))
    }
  }

  @Test("a client that does not read is cut off, and its writer is told")
  func slowReader() throws {
    let stream = BodyStream(bound: 1 << 16)
    try withServer(handler: { _ in Response(status: 200, body: .stream(stream)) }) { server, clock in
      let wire = try Wire(server)
      wire.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      _ = wire.hear("\r\n\r\n")
      let client = Client(server.endpoints[0], timeout: .seconds(20))
      // Fill everything between us and the client that does not read, until there is no room for long.
      var refusals = 0
      while refusals < 20 {
        if !stream.offer([UInt8](repeating: 1, count: 1 << 15)) {
          refusals += 1
          // A round trip through the loop, instead of a sleep.
          client.disconnect()
          _ = try client.send("BAD REQUEST", "/")
        } else {
          refusals = 0
        }
      }
      #expect(!stream.isCancelled)
      clock.advance(.seconds(61))
      server.checkTimeouts()
      #expect(!stream.write([1]), "the write that waits is told")
      #expect(stream.isCancelled)
    }
  }

  @Test("a thousand idle connections cost nobody anything")
  func manyIdle() throws {
    try withServer(handler: echo) { server, clock in
      var wires: [Wire] = []
      for _ in 0..<1000 { wires.append(try Wire(server)) }
      // Half of them have begun a request, one byte at a time.
      for wire in wires.prefix(500) { wire.say("G") }
      let client = Client(server.endpoints[0], timeout: .seconds(20))
      #expect(try client.send("GET", "/").status == 200)
      for wire in wires.prefix(500) { wire.say("E") }
      #expect(try client.send("GET", "/").status == 200)
      #expect(server.statistics.openConnections == 1001)
      clock.advance(.seconds(11))
      server.checkTimeouts()
      for wire in wires.prefix(500) { #expect(wire.hear("too slowly").contains(" 408 ")) }
      wires.last?.say("GET /late HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(wires.last?.hear("GET /late 0\n").contains("200 OK") == true)
    }
  }

  @Test("too many connections, in all or of one address, are turned away with a reason")
  func connectionLimits() throws {
    for (configure, status) in [
      ({ $0.maxConnections = 3 }, "503 Service Unavailable"), ({ $0.maxConnectionsPerAddress = 3 }, "429 Too Many Requests"),
    ] as [((inout ServerOptions) -> Void, String)] {
      try withServer(configure, handler: echo) { server, _ in
        var wires = try (0..<3).map { _ in try Wire(server) }
        let fourth = try Wire(server)
        let heard = try #require(fourth.hearEnd())
        #expect(heard.contains(status) && heard.contains("Retry-After: 1"), "\(heard)")
        wires[0].say("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        #expect(wires[0].hearEnd()?.contains("200 OK") == true)
        wires.removeFirst()
        #expect(try Client(server.endpoints[0], timeout: .seconds(20)).send("GET", "/").status == 200, "there is room again")
      }
    }
  }

  @Test("a port in use is named, with another to choose")
  func portInUse() throws {
    try withServer(handler: echo) { server, clock in
      guard case .tcp(_, let port) = server.endpoints[0] else { return #expect(Bool(false)) }
      let second = Server(options: ServerOptions(endpoints: server.endpoints), surroundings: clock.surroundings, handler: echo)
      let problem = #expect(throws: Problem.self) { try second.start() }
      #expect(problem?.kind == .unavailable)
      #expect(problem?.message == "port \(port) on 127.0.0.1 is in use by another program")
      #expect(problem?.hint?.contains("--port") == true)
    }
    let stranger = #expect(throws: Problem.self) { try Socket.listen(at: .tcp(host: "203.0.113.1", port: 0)) }
    #expect(stranger?.message == "203.0.113.1 is no address of this machine")
    let nobody = #expect(throws: Problem.self) { try Client(.unix(path: "/nowhere.sock")).send("GET", "/") }
    #expect(nobody?.kind == .unavailable)
  }

  @Test("a stale unix socket is replaced, a file is not")
  func staleSocket() throws {
    let path = "/tmp/http-stale-\(getpid()).sock"
    close(try Socket.listen(at: .unix(path: path)))
    let descriptor = try Socket.listen(at: .unix(path: path))
    let taken = #expect(throws: Problem.self) { try Socket.listen(at: .unix(path: path)) }
    #expect(taken?.message.contains("in use") == true)
    close(descriptor)
    unlink(path)
    #expect(throws: Problem.self) { try Socket.listen(at: .unix(path: #filePath)) }
    #expect(access(#filePath, F_OK) == 0)
  }
}

@Suite("Stopping a server") struct StopTests {
  @Test("lets those being served have their answers, and takes no others")
  func draining() throws {
    let arrived = Gate()
    let release = Gate()
    try withServer(handler: { request in
      if request.target == "/slow" {
        arrived.open()
        release.pass()
      }
      return echo(request)
    }) { server, _ in
      let endpoint = server.endpoints[0]
      let idle = try Wire(server)
      let slow = try Wire(server)
      slow.say("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
      arrived.pass()
      let stopped = Gate()
      let isClean = Mutex(false)
      onThread {
        let result = server.stop(draining: .seconds(100))
        isClean.withLock { $0 = result }
        stopped.open()
      }
      #expect(idle.hearEnd() == "", "who is at rest leaves at once")
      #expect(throws: Problem.self) { try Client(endpoint).send("GET", "/") }
      release.open()
      let heard = try #require(slow.hearEnd())
      #expect(heard.contains("GET /slow 0") && heard.contains("Connection: close"))
      stopped.pass()
      #expect(isClean.withLock { $0 })
    }
  }

  @Test("cuts off at the deadline who has not finished, and tells their streams")
  func deadline() throws {
    let stream = BodyStream()
    try withServer(handler: { _ in Response(status: 200, body: .stream(stream)) }) { server, clock in
      let wire = try Wire(server)
      wire.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      _ = wire.hear("\r\n\r\n")
      let stopped = Gate()
      onThread {
        #expect(!server.stop(draining: .seconds(5)))
        stopped.open()
      }
      while stream.offer([1]) {
        clock.advance(.seconds(1))
        _ = wire.hear("\r\n")
      }
      stopped.pass()
      #expect(stream.isCancelled)
      #expect(!stream.write([1]))
    }
  }

  @Test("a handler that comes back after the end is told that nobody reads")
  func lateHandler() throws {
    let (arrived, release, told) = (Gate(), Gate(), Gate())
    try withServer(handler: { _ in
      arrived.open()
      release.pass()
      return Response(
        status: 200,
        body: .producer { stream in
          while stream.write([UInt8](repeating: 1, count: 10_000)) {}
          told.open()
        })
    }) { server, _ in
      let wire = try Wire(server)
      wire.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      arrived.pass()
      #expect(!server.stop(draining: .zero))
      #expect(wire.hearEnd() == "")
      release.open()
      told.pass()
    }
  }

  @Test("twice is as good as once, and a server that never started stops too")
  func twice() throws {
    let server = Server(options: ServerOptions(endpoints: [.tcp(host: "127.0.0.1", port: 0)]), surroundings: HandClock().surroundings, handler: echo)
    #expect(server.stop(draining: .zero))
    try server.start()
    #expect(server.stop(draining: .seconds(1)))
    #expect(server.stop(draining: .seconds(1)))
    #expect(throws: Problem.self) { try server.start() }
  }

  private func onThread(_ body: @escaping @Sendable () -> Void) {
    final class Box {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, Unmanaged.passRetained(Box(body)).toOpaque())
    pthread_detach(thread)
  }
}
