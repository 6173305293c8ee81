package import Basics
import Glibc

/// An HTTP/1.1 client for the command line and for tests: it blocks, keeps its connection, and speaks no TLS.
///
/// Not for several threads at once. What is waited for can be cancelled from another. A connection that the server has closed in the meantime is opened again; a request is sent again
/// only when not one byte of it can have been handled.
package final class Client {
  package struct Answer: Sendable {
    package var status: Int
    package var headers: Headers
    package var body: [UInt8]

    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON. Throws `.malformed` when it is something else.
    package func json() throws(Problem) -> JSON { try JSON(parsing: body, limits: JSONLimits(depth: 128, bytes: .max)) }
  }

  package let endpoint: Endpoint
  private let patience: Patience
  /// An answer whose body is larger is refused.
  private let limit: Int
  private var descriptor: Int32?
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

  /// `timeout` is the longest silence of the server while an answer is awaited; `limit` the bytes of an answer that is kept as a whole.
  package init(_ endpoint: Endpoint, timeout: Duration = .seconds(60), limit: Int = .max, cancellation: Cancellation? = nil) {
    self.endpoint = endpoint
    self.limit = limit
    patience = Patience(timeout, cancellation: cancellation)
  }

  deinit {
    disconnect()
    buffer.deallocate()
  }

  package func disconnect() {
    if let descriptor { close(descriptor) }
    descriptor = nil
  }

  /// Sends a request and waits for the whole answer, whatever its status. `target` is path and query, percent-encoded.
  ///
  /// Throws `.unavailable` when the server cannot be reached or falls silent, `.malformed` when it answers something else than HTTP, `.tooLarge`
  /// when it answers more than the limit, `.cancelled`.
  package func send(_ method: String, _ target: String, headers: Headers = [:], body: [UInt8] = []) throws(Problem) -> Answer {
    var whole: [UInt8] = []
    var isTooLarge = false
    var answer = try send(method, target, headers: headers, body: body) { [limit] piece in
      isTooLarge = piece.count > limit - whole.count
      if !isTooLarge { whole += piece }
      return !isTooLarge
    }
    if isTooLarge { throw Problem(.tooLarge, "\(endpoint) answered more than \(limit) bytes") }
    answer.body = whole
    return answer
  }

  /// Sends a request and hands over the body piece by piece as it comes, for event streams and exports; false from `onBody` ends it.
  package func send(
    _ method: String, _ target: String, headers: Headers = [:], body: [UInt8] = [], onBody: ([UInt8]) -> Bool
  ) throws(Problem) -> Answer {
    let message = message(method, target, headers, body)
    let isFresh = descriptor == nil
    if !isFresh, hasEnded() { disconnect() }
    let socket = try connected()
    guard try write(message, to: socket) else {
      disconnect()
      // A server may close a kept connection just as the next request is written; it has read none of it then.
      if !isFresh { return try send(method, target, headers: headers, body: body, onBody: onBody) }
      throw Problem(.unavailable, "\(endpoint) closed the connection before it had the request", hint: "Look into the server's log.")
    }
    do throws(Problem) {
      return try receive(method, from: socket, onBody)
    } catch {
      disconnect()
      throw error
    }
  }

  // MARK: - Private

  private func message(_ method: String, _ target: String, _ headers: Headers, _ body: [UInt8]) -> [UInt8] {
    var message: [UInt8] = []
    message.reserveCapacity(256 + body.count)
    message.append(contentsOf: method.utf8)
    message.append(UInt8(ascii: " "))
    message.append(contentsOf: target.utf8)
    message.append(ascii: " HTTP/1.1\r\n")
    if !headers.contains("Host") {
      message.append(ascii: "Host: ")
      if case .unix = endpoint { message.append(ascii: "localhost") } else { message.append(contentsOf: endpoint.description.utf8) }
      message.append(ascii: "\r\n")
    }
    headers.write(to: &message)
    if !headers.contains("Content-Length"), !headers.contains("Transfer-Encoding"), !body.isEmpty || method != "GET" && method != "HEAD" {
      message.append(ascii: "Content-Length: ")
      message.append(decimal: body.count)
      message.append(ascii: "\r\n")
    }
    message.append(ascii: "\r\n")
    message.append(contentsOf: body)
    return message
  }

  private func connected() throws(Problem) -> Int32 {
    if let descriptor { return descriptor }
    let opened = try Socket.connect(to: endpoint, patience: patience)
    descriptor = opened
    return opened
  }

  /// Whether a kept connection has been closed by the server: then it is readable although nothing was asked.
  private func hasEnded() -> Bool {
    guard let descriptor else { return true }
    var byte: UInt8 = 0
    let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
    return count >= 0 || errno != EAGAIN && errno != EWOULDBLOCK
  }

  private func write(_ message: [UInt8], to socket: Int32) throws(Problem) -> Bool {
    var (sent, patience) = (0, patience)
    while sent < message.count {
      switch message.withUnsafeBytes({ Socket.write(socket, UnsafeRawBufferPointer(rebasing: $0[sent...])) }) {
      case .count(let count):
        sent += count
        patience.refresh()
      case .wouldBlock:
        do throws(Problem) { try patience.pause(for: endpoint) } catch {
          disconnect()
          throw error
        }
      // The server may have refused early and said why: the answer is read if there is one.
      case .ended: return sent > 0
      }
    }
    return true
  }

  private func receive(_ method: String, from socket: Int32, _ onBody: ([UInt8]) -> Bool) throws(Problem) -> Answer {
    var parser = ResponseParser(answering: method)
    var answer = Answer(status: 0, headers: [:], body: [])
    var patience = patience
    while true {
      while let event = try parser.next() {
        switch event {
        case .head(let status, let headers): (answer.status, answer.headers) = (status, headers)
        case .body(let piece):
          if !onBody(piece) {
            disconnect()
            return answer
          }
        case .end:
          if !parser.keepAlive { disconnect() }
          return answer
        }
      }
      switch Blocking.during({ Socket.read(socket, into: buffer) }) {
      case .count(let count):
        patience.refresh()
        parser.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      case .wouldBlock: try patience.pause(for: endpoint)
      case .ended:
        guard parser.end() else { throw Problem(.unavailable, "\(endpoint) closed the connection before its answer was complete") }
        disconnect()
        return answer
      }
    }
  }
}
