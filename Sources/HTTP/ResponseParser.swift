import Basics

/// HTTP/1.x responses out of bytes, for the client: as strict about lengths as the server is.
///
/// Pure like `RequestParser`. Body pieces come as they arrive, so that a long export or an event stream need not be held.
struct ResponseParser {
  enum Event: Equatable {
    case head(status: Int, headers: Headers)
    case body([UInt8])
    case end
  }

  private enum State {
    case statusLine
    case fields
    case body(remaining: Int)
    case untilClose
    case chunkLine
    case chunk(remaining: Int)
    case chunkEnd
    case trailers
    case done
  }

  private static let lineLimit = 64 << 10

  private let isHead: Bool
  private var state = State.statusLine
  private var buffer: [UInt8] = []
  private var status = 0
  private var headers = Headers()
  private(set) var keepAlive = true

  init(answering method: String) { isHead = method == "HEAD" }

  mutating func feed(_ bytes: UnsafeRawBufferPointer) { buffer.append(contentsOf: bytes) }

  /// Nil when more bytes are needed.
  mutating func next() throws(Problem) -> Event? {
    while true {
      switch state {
      case .statusLine:
        guard let line = try line() else { return nil }
        let parts = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0].starts(with: "HTTP/1.".utf8), parts[0].count == 8, parts[1].count == 3,
          let status = Int(String(decoding: parts[1], as: UTF8.self)), (100...999).contains(status)
        else { throw Self.malformed("'\(String(decoding: line.prefix(60), as: UTF8.self))' is no status line") }
        self.status = status
        headers = Headers()
        keepAlive = parts[0].last == UInt8(ascii: "1")
        state = .fields
      case .fields:
        guard let line = try line() else { return nil }
        if !line.isEmpty {
          guard let colon = line.firstIndex(of: UInt8(ascii: ":")), headers.count < 1000 else { throw Self.malformed("a header line without colon") }
          line[..<colon].withUnsafeBytes { name in line[(colon + 1)...].trimmed.withUnsafeBytes { headers.append(name: name, value: $0) } }
          continue
        }
        // 100 Continue and its like announce the real answer.
        if status < 200, status != 101 {
          state = .statusLine
          continue
        }
        try begin()
        return .head(status: status, headers: headers)
      case .body(let remaining):
        if remaining == 0 {
          state = .done
          return .end
        }
        guard let piece = take(remaining) else { return nil }
        state = .body(remaining: remaining - piece.count)
        return .body(piece)
      case .untilClose:
        return take(.max).map(Event.body)
      case .chunkLine:
        guard let line = try line() else { return nil }
        let digits = line.prefix { $0.hexValue != nil }
        guard (1...15).contains(digits.count) else { throw Self.malformed("a chunk without size") }
        let size = digits.reduce(0) { $0 << 4 | Int($1.hexValue ?? 0) }
        state = size == 0 ? .trailers : .chunk(remaining: size)
      case .chunk(let remaining):
        if remaining == 0 {
          state = .chunkEnd
          continue
        }
        guard let piece = take(remaining) else { return nil }
        state = .chunk(remaining: remaining - piece.count)
        return .body(piece)
      case .chunkEnd:
        guard let line = try line() else { return nil }
        guard line.isEmpty else { throw Self.malformed("a chunk longer than its size") }
        state = .chunkLine
      case .trailers:
        guard let line = try line() else { return nil }
        guard line.isEmpty else { continue }
        state = .done
        return .end
      case .done: return nil
      }
    }
  }

  /// The connection has ended. True when that is a proper end of the response.
  mutating func end() -> Bool {
    switch state {
    case .untilClose, .done: true
    default: false
    }
  }

  private mutating func begin() throws(Problem) {
    if headers.has("close", in: "Connection") { keepAlive = false }
    if isHead || status == 204 || status == 304 {
      state = .body(remaining: 0)
    } else if headers.contains("Transfer-Encoding") {
      guard headers.has("chunked", in: "Transfer-Encoding"), !headers.contains("Content-Length") else { throw Self.malformed("an unclear length") }
      state = .chunkLine
    } else if let text = headers["Content-Length"] {
      guard let length = Int(text), length >= 0, headers.all("Content-Length").count == 1 else { throw Self.malformed("an unclear length") }
      state = .body(remaining: length)
    } else {
      keepAlive = false
      state = .untilClose
    }
  }

  private mutating func take(_ wanted: Int) -> [UInt8]? {
    if buffer.isEmpty { return nil }
    let piece = Array(buffer.prefix(wanted))
    buffer.removeFirst(piece.count)
    return piece
  }

  private mutating func line() throws(Problem) -> [UInt8]? {
    guard let end = buffer.firstIndex(of: UInt8(ascii: "\n")) else {
      if buffer.count > Self.lineLimit { throw Self.malformed("an endless line") }
      return nil
    }
    let line = Array(buffer[..<end])
    buffer.removeFirst(end + 1)
    return line.last == UInt8(ascii: "\r") ? line.dropLast() : line
  }

  private static func malformed(_ what: String) -> Problem { Problem(.malformed, "the server's answer is not HTTP: \(what)") }
}
