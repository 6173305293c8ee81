package import Basics

/// Responses as bytes, fitted to the request they answer: its version, whether it was `HEAD`, and whether the connection stays open.
package struct ResponseSerializer: Sendable {
  package enum Framing: Sendable {
    /// The head was all, or the body came with it.
    case complete
    /// The body follows in chunks, each through `chunk`, the end through `end`.
    case chunked
    /// The body follows as it is and ends with the connection: HTTP/1.0 knows no other way.
    case untilClose
  }

  private let version: Request.Version
  private let isHead: Bool
  /// Whether another request may follow. Known for sure after `begin`.
  package private(set) var keepAlive: Bool
  package private(set) var framing = Framing.complete

  package init(answering request: Request) {
    version = request.version
    isHead = request.method == "HEAD"
    keepAlive = request.keepAlive
  }

  /// Writes the head, and a body that is there already. No `Date` for an empty `date`.
  package mutating func begin(_ response: Response, date: String, closing: Bool = false, to output: inout [UInt8]) {
    var headers = response.headers
    if closing || headers.has("close", in: "Connection") { keepAlive = false }
    for name in ["Connection", "Content-Length", "Transfer-Encoding", "Date"] where headers.contains(name) { headers.remove(name) }

    // RFC 9110: no body, and no length of one either, after 1xx and 204; none after 304 and for HEAD.
    let hasNoBody = response.status < 200 || response.status == 204 || response.status == 304
    let length: Int?
    switch response.body {
    case .none: length = 0
    case .bytes(let bytes): length = bytes.count
    case .stream, .producer: length = nil
    }
    if length == nil, !hasNoBody, !isHead {
      framing = version == .http11 ? .chunked : .untilClose
      if version == .http10 { keepAlive = false }
    }

    output.append(ascii: "HTTP/1.1 ")
    output.append(decimal: response.status)
    output.append(UInt8(ascii: " "))
    output.append(contentsOf: Status.reason(response.status).utf8)
    output.append(ascii: "\r\n")
    if !date.isEmpty {
      output.append(ascii: "Date: ")
      output.append(contentsOf: date.utf8)
      output.append(ascii: "\r\n")
    }
    headers.write(to: &output)
    if let length, !hasNoBody {
      output.append(ascii: "Content-Length: ")
      output.append(decimal: length)
      output.append(ascii: "\r\n")
    } else if length == nil, version == .http11, !hasNoBody {
      output.append(ascii: "Transfer-Encoding: chunked\r\n")
    }
    if !keepAlive { output.append(ascii: "Connection: close\r\n") } else if version == .http10 { output.append(ascii: "Connection: keep-alive\r\n") }
    output.append(ascii: "\r\n")
    if case .bytes(let bytes) = response.body, !isHead, !hasNoBody { output.append(contentsOf: bytes) }
  }

  /// Frames a piece of a streamed body. Nothing for no bytes, since an empty chunk would end it.
  package func chunk(_ bytes: [UInt8], to output: inout [UInt8]) {
    if bytes.isEmpty { return }
    if case .chunked = framing {
      output.append(contentsOf: String(bytes.count, radix: 16).utf8)
      output.append(ascii: "\r\n")
      output.append(contentsOf: bytes)
      output.append(ascii: "\r\n")
    } else {
      output.append(contentsOf: bytes)
    }
  }

  package func end(to output: inout [UInt8]) {
    if case .chunked = framing { output.append(ascii: "0\r\n\r\n") }
  }

  package static let continuation = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
}

/// The `Date` field: `Sun, 06 Nov 1994 08:49:37 GMT`, RFC 9110 section 5.6.7.
package enum HTTPDate {
  package static func text(_ instant: Instant) -> String {
    let days = instant.seconds >= 0 ? instant.seconds / 86_400 : (instant.seconds - 86_399) / 86_400
    let date = CivilDate(daysSinceEpoch: Int(days))
    let second = Int(instant.seconds - days * 86_400)
    let weekday = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][date.weekday]
    let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][date.month - 1]
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(weekday), \(two(date.day)) \(month) \(date.year) \(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60)) GMT"
  }
}

extension [UInt8] {
  mutating func append(ascii text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append(decimal number: Int) {
    if number < 10 {
      append(UInt8(ascii: "0") + UInt8(number))
    } else {
      append(decimal: number / 10)
      append(UInt8(ascii: "0") + UInt8(number % 10))
    }
  }
}
