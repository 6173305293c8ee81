/// How much a request may be; beyond it, the parser refuses with 414, 431 or 413.
package struct RequestLimits: Sendable {
  package var requestLine = 8 << 10
  /// All header fields together; the trailers of a chunked body have as much again.
  package var headerBytes = 32 << 10
  package var headerCount = 100
  package var body = 16 << 20
  /// The line before each chunk, with its extensions.
  package var chunkLine = 1 << 10

  package init() {}
}

/// HTTP/1.x requests out of bytes, however they are cut: RFC 9112, and wherever it offers leniency, the strict reading.
///
/// A pure machine: feed it what arrived, then ask for what is complete until there is nothing more. After it has thrown, it is of no
/// further use; answer with the rejection and close. What two readers of the same bytes could understand differently (the root of
/// request smuggling) is refused: both lengths, doubled lengths, codings other than `chunked`, folded lines, bare CR or LF.
package struct RequestParser: Sendable {
  package enum Event: Sendable {
    /// The client waits for `100 Continue` before it sends the body.
    case continueExpected
    case request(Request)
  }

  private enum State: Sendable {
    case requestLine
    case fields
    case body(remaining: Int)
    case chunkLine
    case chunk(remaining: Int)
    case chunkEnd
    case trailers
    case closed
  }

  private let limits: RequestLimits
  private let remoteAddress: String
  private var state = State.requestLine
  private var buffer: [UInt8] = []
  private var consumed = 0
  /// No line feed lies in front of this position, so that it is not searched again when bytes come one by one.
  private var searched = 0
  private var sawEmptyLine = false
  private var fieldBytes = 0
  private var trailerCount = 0
  private var extensionBytes = 0
  private var request = Request(method: "", target: "", segments: [])

  package init(limits: RequestLimits = RequestLimits(), remoteAddress: String = "") {
    self.limits = limits
    self.remoteAddress = remoteAddress
  }

  /// Whether a request has begun: bytes of it are here, but not all.
  package var isMidRequest: Bool {
    if case .requestLine = state { buffer.count > consumed } else { true }
  }

  /// Whether the header fields of the current request are complete and its body is being read.
  package var isReadingBody: Bool {
    switch state {
    case .requestLine, .fields, .closed: false
    default: true
    }
  }

  package mutating func feed(_ bytes: UnsafeRawBufferPointer) {
    if consumed > 0 {
      buffer.removeFirst(consumed)
      searched -= consumed
      consumed = 0
    }
    var bytes = bytes
    // What belongs to a body goes to its place at once.
    if case .body(let remaining) = state, buffer.isEmpty {
      let count = min(remaining, bytes.count)
      add(UnsafeRawBufferPointer(rebasing: bytes[..<count]), of: remaining)
      state = .body(remaining: remaining - count)
      bytes = UnsafeRawBufferPointer(rebasing: bytes[count...])
    }
    buffer.append(contentsOf: bytes)
  }

  package mutating func feed(_ bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    bytes.withUnsafeBytes { feed($0) }
  }

  /// What is complete next; nil when more bytes are needed.
  package mutating func next() throws(Rejection) -> Event? {
    while true {
      switch state {
      case .requestLine:
        if buffer.count > consumed, !buffer[consumed].isToken, buffer[consumed] != UInt8(ascii: "\r") {
          let isTLS = buffer[consumed] == 0x16
          throw Rejection(
            400, isTLS ? "tls_not_supported" : "malformed_request",
            isTLS
              ? "this port speaks plain HTTP, and the client began with TLS; use http://, or a proxy that terminates TLS"
              : "a request begins with a method, found the byte \(hex(buffer[consumed]))")
        }
        guard let line = try line(atMost: limits.requestLine, else: tooLongLine) else { return nil }
        if line.isEmpty {
          // One empty line in front of a request is forgiven (RFC 9112 section 2.2): old clients send it after a body.
          if sawEmptyLine { throw Rejection(400, "malformed_request", "empty lines where a request should begin") }
          sawEmptyLine = true
          continue
        }
        try parse(requestLine: line)
        fieldBytes = 0
        state = .fields
      case .fields:
        guard let line = try line(atMost: limits.headerBytes - fieldBytes, else: Self.tooManyFields) else { return nil }
        fieldBytes += line.count + 2
        if line.isEmpty {
          if let event = try beginBody() { return event }
        } else {
          if request.headers.count == limits.headerCount { throw Self.tooManyFields(self) }
          try parse(field: line)
        }
      case .body(let remaining):
        let taken = take(remaining)
        if taken < remaining {
          state = .body(remaining: remaining - taken)
          return nil
        }
        return finished()
      case .chunkLine:
        guard let line = try line(atMost: limits.chunkLine, else: { _ in Rejection(400, "malformed_chunk", "a chunk's first line is too long") })
        else { return nil }
        let size = try parse(chunkLine: line)
        // Extensions mean nothing and count for no body limit: all together, they get as much as the header (cf. CVE-2023-39326 in Go).
        extensionBytes += max(0, line.count - 16)
        if extensionBytes > limits.headerBytes { throw Rejection(400, "malformed_chunk", "the chunk extensions are too long") }
        if size > limits.body - request.body.count { throw tooLargeBody }
        fieldBytes = 0
        trailerCount = 0
        state = size == 0 ? .trailers : .chunk(remaining: size)
      case .chunk(let remaining):
        let taken = take(remaining)
        if taken < remaining {
          state = .chunk(remaining: remaining - taken)
          return nil
        }
        state = .chunkEnd
      case .chunkEnd:
        guard buffer.count - consumed >= 2 else {
          if buffer.count > consumed, buffer[consumed] != UInt8(ascii: "\r") { throw Self.badChunkEnd }
          return nil
        }
        guard buffer[consumed] == UInt8(ascii: "\r"), buffer[consumed + 1] == UInt8(ascii: "\n") else { throw Self.badChunkEnd }
        advance(to: consumed + 2)
        state = .chunkLine
      case .trailers:
        guard let line = try line(atMost: limits.headerBytes - fieldBytes, else: Self.tooManyFields) else { return nil }
        fieldBytes += line.count + 2
        if line.isEmpty { return finished() }
        // Trailers are checked like header fields and then forgotten: nothing here means anything that late.
        if trailerCount == limits.headerCount { throw Self.tooManyFields(self) }
        trailerCount += 1
        _ = try split(field: line)
      case .closed:
        return nil
      }
    }
  }

  // MARK: - Lines

  /// The bytes of the next line without its end, consumed; nil when it is not complete.
  private mutating func line(atMost limit: Int, else rejection: (RequestParser) -> Rejection) throws(Rejection) -> ArraySlice<UInt8>? {
    let from = max(searched, consumed)
    guard let end = buffer[from...].firstIndex(of: UInt8(ascii: "\n")) else {
      searched = buffer.count
      // A carriage return at the end may belong to the line's end, which does not count.
      if buffer.count - consumed > limit + 1 { throw rejection(self) }
      return nil
    }
    if end - consumed > limit + 1 { throw rejection(self) }
    guard end > consumed, buffer[end - 1] == UInt8(ascii: "\r") else {
      throw Rejection(400, "bare_line_feed", "a line ends in LF without CR")
    }
    let line = buffer[consumed..<end - 1]
    advance(to: end + 1)
    for byte in line where byte < 0x20 && byte != 0x09 || byte == 0x7F {
      throw Rejection(400, "control_character", "the control character \(hex(byte)) in the head of the request")
    }
    return line
  }

  private mutating func advance(to position: Int) {
    consumed = position
    searched = position
    if consumed == buffer.count {
      buffer.removeAll(keepingCapacity: buffer.capacity <= 64 << 10)
      consumed = 0
      searched = 0
    }
  }

  /// Moves up to that many bytes into the body.
  private mutating func take(_ wanted: Int) -> Int {
    let count = min(wanted, buffer.count - consumed)
    let piece = buffer[consumed..<consumed + count]
    piece.withUnsafeBytes { add($0, of: wanted) }
    advance(to: consumed + count)
    return count
  }

  /// Adds a piece to the body, of which `wanted` bytes are still to come with it.
  private mutating func add(_ piece: UnsafeRawBufferPointer, of wanted: Int) {
    // Where so much of it has come already, the rest will: one step to the whole, instead of as many copies as it takes to double.
    if wanted > request.body.capacity - request.body.count, request.body.count >= 256 << 10 {
      request.body.reserveCapacity(request.body.count + wanted)
    }
    request.body.append(contentsOf: piece)
  }

  private func tooLongLine(_: RequestParser) -> Rejection {
    buffer[consumed...].prefix(32).contains(0x20)
      ? Rejection(414, "uri_too_long", "the request target is longer than \(limits.requestLine) bytes; send what is long in the body")
      : Rejection(400, "malformed_request", "the request line is longer than \(limits.requestLine) bytes")
  }

  private static func tooManyFields(_ parser: RequestParser) -> Rejection {
    Rejection(
      431, "header_fields_too_large",
      "the header fields are more than \(parser.limits.headerCount), or longer than \(parser.limits.headerBytes) bytes together")
  }

  private static let badChunkEnd = Rejection(400, "malformed_chunk", "a chunk is not followed by CR LF")
  private var tooLargeBody: Rejection {
    Rejection(413, "body_too_large", "the body is larger than the limit of \(limits.body) bytes; send it in parts")
  }

  // MARK: - The head

  private mutating func parse(requestLine line: ArraySlice<UInt8>) throws(Rejection) {
    let malformed = Rejection(
      400, "malformed_request", "the request line is not 'METHOD /target HTTP/1.1': '\(String(decoding: line.prefix(80), as: UTF8.self))'")
    guard let first = line.firstIndex(of: 0x20), let last = line.lastIndex(of: 0x20), first < last - 1, first > line.startIndex,
      line[..<first].allSatisfy(\.isToken), !line[(first + 1)..<last].contains(where: { $0 == 0x20 || $0 == 0x09 })
    else { throw malformed }
    let version = line[(last + 1)...]
    guard version.count == 8, version.prefix(5).elementsEqual("HTTP/".utf8), version[last + 7] == UInt8(ascii: "."),
      (0x30...0x39).contains(version[last + 6]), (0x30...0x39).contains(version[last + 8])
    else { throw malformed }
    switch (version[last + 6], version[last + 8]) {
    case (0x31, 0x31): request.version = .http11
    case (0x31, 0x30): request.version = .http10
    default: throw Rejection(505, "version_not_supported", "\(String(decoding: version, as: UTF8.self)) is not spoken here, HTTP/1.1 is")
    }
    request.method = String(decoding: line[..<first], as: UTF8.self)
    request.target = String(decoding: line[(first + 1)..<last], as: UTF8.self)
    let target = try Target(line[(first + 1)..<last], method: request.method)
    request.segments = target.segments
    request.query = target.query
    request.host = target.authority ?? ""
    request.remoteAddress = remoteAddress
    request.headers.reserve(fields: 8, bytes: 256)
  }

  private mutating func parse(field line: ArraySlice<UInt8>) throws(Rejection) {
    let (name, value) = try split(field: line)
    name.withUnsafeBytes { name in value.withUnsafeBytes { value in request.headers.append(name: name, value: value) } }
  }

  private func split(field line: ArraySlice<UInt8>) throws(Rejection) -> (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>) {
    if line.first == 0x20 || line.first == 0x09 {
      throw Rejection(400, "folded_header", "a header line begins with a space; folded lines are obsolete")
    }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex, line[..<colon].allSatisfy(\.isToken) else {
      throw Rejection(
        400, "malformed_header",
        "a header line is not 'Name: value' with the colon right after the name: '\(String(decoding: line.prefix(40), as: UTF8.self))'")
    }
    return (line[..<colon], line[(colon + 1)...].trimmed)
  }

  // MARK: - The body

  /// Decides how long the body is; the request itself when there is none.
  private mutating func beginBody() throws(Rejection) -> Event? {
    let headers = request.headers
    try checkHost(headers)
    request.keepAlive = request.version == .http11 ? !headers.has("close", in: "Connection") : headers.has("keep-alive", in: "Connection")

    let length = headers.sole("Content-Length")
    let coding = headers.sole("Transfer-Encoding")
    if length.count > 0, coding.count > 0 {
      throw Rejection(400, "ambiguous_length", "both Content-Length and Transfer-Encoding; give one of them")
    }
    if length.count > 1 { throw Rejection(400, "ambiguous_length", "Content-Length \(length.count) times; give it once") }
    if coding.count > 1 { throw Rejection(400, "ambiguous_length", "Transfer-Encoding \(coding.count) times; give it once") }
    if let index = coding.index {
      guard request.version == .http11 else { throw Rejection(400, "ambiguous_length", "Transfer-Encoding in an HTTP/1.0 request") }
      guard headers.valueBytes(index).equalsIgnoringCase("chunked") else {
        throw Rejection(400, "unknown_transfer_encoding", "the only Transfer-Encoding spoken here is chunked")
      }
      state = .chunkLine
    } else if let index = length.index {
      let size = try parse(contentLength: headers.valueBytes(index))
      if size > limits.body { throw tooLargeBody }
      if size == 0 { return finished() }
      // Not the whole size at once: a client that announces 16 MiB and sends nothing shall not cost 16 MiB.
      request.body.reserveCapacity(min(size, 64 << 10))
      state = .body(remaining: size)
    } else {
      return finished()
    }
    let expectation = headers.sole("Expect")
    if expectation.count > 0 {
      guard expectation.count == 1, let index = expectation.index, headers.valueBytes(index).equalsIgnoringCase("100-continue") else {
        throw Rejection(417, "expectation_failed", "the only expectation met here is 100-continue")
      }
      if request.version == .http11, buffer.count == consumed { return .continueExpected }
    }
    return nil
  }

  private mutating func checkHost(_ headers: Headers) throws(Rejection) {
    let host = headers.sole("Host")
    if host.count > 1 { throw Rejection(400, "invalid_host", "Host \(host.count) times; give it once") }
    guard let index = host.index else {
      if request.version == .http11 { throw Rejection(400, "missing_host", "HTTP/1.1 requests have a Host field") }
      return
    }
    let value = headers.valueBytes(index)
    guard isHost(value) else { throw Rejection(400, "invalid_host", "'\(String(decoding: value.prefix(80), as: UTF8.self))' is no host") }
    if request.host.isEmpty { request.host = String(decoding: value, as: UTF8.self) }
  }

  private func parse(contentLength digits: ArraySlice<UInt8>) throws(Rejection) -> Int {
    guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw Rejection(400, "invalid_length", "Content-Length is not a number: '\(String(decoding: digits.prefix(40), as: UTF8.self))'")
    }
    let significant = digits.drop { $0 == 0x30 }
    if significant.count > 18 { throw tooLargeBody }
    return significant.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  private func parse(chunkLine line: ArraySlice<UInt8>) throws(Rejection) -> Int {
    let digits = line.prefix { $0.hexValue != nil }
    // Behind the size only extensions, which mean nothing here: optional space, then a semicolon.
    let rest = line[digits.endIndex...].drop { $0 == 0x20 || $0 == 0x09 }
    guard !digits.isEmpty, rest.first == UInt8(ascii: ";") || digits.endIndex == line.endIndex else {
      throw Rejection(
        400, "malformed_chunk", "a chunk does not begin with its size in hexadecimal: '\(String(decoding: line.prefix(40), as: UTF8.self))'")
    }
    let significant = digits.drop { $0 == 0x30 }
    if significant.count > 15 { throw tooLargeBody }
    return significant.reduce(0) { $0 << 4 | Int($1.hexValue ?? 0) }
  }

  private mutating func finished() -> Event {
    let complete = request
    request = Request(method: "", target: "", segments: [])
    sawEmptyLine = false
    extensionBytes = 0
    state = complete.keepAlive ? .requestLine : .closed
    return .request(complete)
  }
}

extension UInt8 {
  /// A character of a method or a field name, RFC 9110 section 5.6.2.
  var isToken: Bool {
    switch self {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
    default: false
    }
  }
}
