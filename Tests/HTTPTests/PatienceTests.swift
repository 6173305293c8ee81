import Basics
import Glibc
import HTTP
import Testing

@Suite("The patience of a client") struct PatienceTests {
  private static let endpoint = Endpoint.tcp(host: "127.0.0.1", port: 1)

  @Test("adds up the steps in which nothing came, and begins anew with what comes")
  func steps() throws {
    var patience = Patience(.milliseconds(250), cancellation: Cancellation())
    #expect(patience.step == .milliseconds(100))
    for _ in 0..<3 {
      for _ in 0..<2 { try patience.pause(for: Self.endpoint) }
      patience.refresh()
    }
    for _ in 0..<2 { try patience.pause(for: Self.endpoint) }
    let problem = #expect(throws: Problem.self) { try patience.pause(for: Self.endpoint) }
    #expect(problem?.kind == .unavailable && problem?.message == "127.0.0.1:1 did not answer within 0.25 s")
  }

  @Test("is one long step where nobody can give up, and a short one where the time is shorter than a look")
  func wholeSteps() throws {
    var patience = Patience(.seconds(60))
    #expect(patience.step == .seconds(60) && Patience(.milliseconds(20), cancellation: Cancellation()).step == .milliseconds(20))
    #expect(throws: Problem.self) { try patience.pause(for: Self.endpoint) }
  }

  @Test("ends when the work is cancelled, though the server says nothing")
  func cancelled() throws {
    let descriptor = try Socket.listen(at: .tcp(host: "127.0.0.1", port: 0))
    defer { close(descriptor) }
    // The system takes the connection; nobody ever answers it.
    let client = Client(try Self.place(of: descriptor), timeout: .seconds(3600), cancellation: Cancellation(atLook: 2))
    let problem = #expect(throws: Problem.self) { try client.send("POST", "/", body: [1]) }
    #expect(problem?.kind == .cancelled)
  }

  @Test("ends in the middle of a request that the server does not take, too")
  func cancelledWhileWriting() throws {
    let descriptor = try Socket.listen(at: .tcp(host: "127.0.0.1", port: 0))
    defer { close(descriptor) }
    let client = Client(try Self.place(of: descriptor), timeout: .seconds(3600), cancellation: Cancellation(atLook: 1))
    let problem = #expect(throws: Problem.self) { try client.send("POST", "/", body: Array(repeating: 0, count: 64 << 20)) }
    #expect(problem?.kind == .cancelled)
  }

  @Test("an answer larger than allowed is refused, one that just fits is not", arguments: [(99, false), (100, true)])
  func limit(limit: Int, fits: Bool) throws {
    try withServer(handler: { _ in .text(String(repeating: "x", count: 100)) }) { server, _ in
      let client = Client(server.endpoints[0], timeout: .seconds(20), limit: limit)
      for _ in 0..<2 {
        let answer = Result { () throws(Problem) in try client.send("GET", "/").body.count }
        switch answer {
        case .success(let count): #expect(fits && count == 100)
        case .failure(let problem): #expect(!fits && problem.kind == .tooLarge)
        }
      }
    }
  }

  private static func place(of descriptor: Int32) throws -> Endpoint {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    try #require(status == 0)
    return .tcp(host: "127.0.0.1", port: Int(UInt16(bigEndian: address.sin_port)))
  }
}
