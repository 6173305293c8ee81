import Basics
import Synchronization
import Testing

@testable import HTTP

@Suite("The handlers' threads") struct HandlerPoolTests {
  private static let count = 24

  /// A pool whose handlers wait until all of them have come; `declared` says whether they say so.
  private func pool(_ meeting: Monitor<Int>, declared: Bool) throws -> HandlerPool {
    let loop = try ServerLoop(listeners: [], options: ServerOptions(endpoints: []), surroundings: .real)
    let responder = Responder(
      handler: { _ in
        meeting.withLock { $0 += 1 }
        meeting.broadcast()
        let wait = { meeting.wait { $0 >= Self.count ? () : nil } }
        if declared { Blocking.during(wait) } else { wait() }
        return Response(status: 204)
      }, surroundings: .real, loop: loop)
    return try HandlerPool(threads: Self.count, stack: 1 << 20, responder: responder)
  }

  private var jobs: [HandlerPool.Job] {
    (0..<Self.count).map { HandlerPool.Job(connection: UInt64($0), requests: [Request(method: "GET", target: "/", segments: [])]) }
  }

  @Test("are as many as there are requests, where the handlers say that they wait", arguments: [true, false])
  func declared(atOnce: Bool) throws {
    let meeting = Monitor(0)
    let pool = try pool(meeting, declared: true)
    if atOnce { pool.submit(jobs) } else { for job in jobs { pool.submit([job]) } }
    meeting.wait { $0 == Self.count ? () : nil }
    pool.stop()
    pool.waitUntilEnded()
  }

  @Test("are not more than there are cores, where they do not say so, until somebody looks, and looks again: then others take their place")
  func undeclared() throws {
    let meeting = Monitor(0)
    let pool = try pool(meeting, declared: false)
    pool.submit(jobs)
    meeting.wait { $0 > 0 ? () : nil }
    #expect(!pool.backlog.isEmpty || meeting.withLock { $0 } == Self.count)
    while meeting.withLock({ $0 < Self.count }) { pool.passOver() }
    #expect(pool.backlog.isEmpty)
    pool.stop()
    pool.waitUntilEnded()
  }

  @Test("of a server take all requests that come at once, though none of the handlers says that it waits")
  func server() throws {
    let meeting = Monitor(0)
    try withServer {
      $0.handlerThreads = 12
    } handler: { _ in
      meeting.withLock { $0 += 1 }
      meeting.broadcast()
      meeting.wait { $0 >= 12 ? () : nil }
      return Response(status: 204)
    } _: { server, _ in
      let wires = try (0..<12).map { _ in try Wire(server) }
      for wire in wires { wire.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n") }
      for wire in wires { #expect(wire.hear("\r\n\r\n").hasPrefix("HTTP/1.1 204")) }
    }
  }
}
