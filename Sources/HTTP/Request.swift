/// One request, whole: the body has been read, the target taken apart and decoded.
package struct Request: Sendable {
  package enum Version: Sendable, Comparable { case http10, http11 }

  package var method: String
  /// As it was sent: `/v1/collections/my%2Fname?limit=3`.
  package var target: String
  /// Decoded, so that `%2F` is a slash inside a segment: `["v1", "collections", "my/name"]`. None for `/`; a slash at the end
  /// leaves an empty last one.
  package var segments: [String]
  package var query: Query
  package var headers: Headers
  package var body: [UInt8]
  package var version: Version
  /// Who the request was meant for: the authority of the target if it has one, else the `Host` field; empty when neither is there.
  package var host: String
  /// The client's address without its port, e.g. `127.0.0.1`; `unix` for a local socket. Not what a proxy claims in a header.
  package var remoteAddress: String
  /// Whether the client wants the connection to stay open.
  package var keepAlive: Bool

  package init(
    method: String, target: String, segments: [String], query: Query = Query(), headers: Headers = [:], body: [UInt8] = [],
    version: Version = .http11, host: String = "", remoteAddress: String = "", keepAlive: Bool = true
  ) {
    self.method = method
    self.target = target
    self.segments = segments
    self.query = query
    self.headers = headers
    self.body = body
    self.version = version
    self.host = host
    self.remoteAddress = remoteAddress
    self.keepAlive = keepAlive
  }

  /// A request that came over no wire, for tests that go straight into a router.
  package init(_ method: String, _ target: String, headers: Headers = [:], body: [UInt8] = []) throws(Rejection) {
    let parsed = try Target(Array(target.utf8)[...], method: method)
    self.init(
      method: method, target: target, segments: parsed.segments, query: parsed.query, headers: headers, body: body,
      host: parsed.authority ?? headers["Host"] ?? "")
  }
}

/// The decoded pairs of a query string, in order. A name without `=` has the empty value.
package struct Query: Sendable, Equatable {
  package struct Pair: Sendable, Equatable {
    package var name: String
    package var value: String
  }

  package var pairs: [Pair] = []

  package init() {}

  /// The first value of that name.
  package subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }
  package func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }
}

/// The target of a request line, taken apart: RFC 9112 section 3.2, all forms but that of CONNECT.
struct Target {
  var segments: [String] = []
  var query = Query()
  var authority: String?

  init(_ bytes: ArraySlice<UInt8>, method: String) throws(Rejection) {
    for byte in bytes where byte <= 0x20 || byte >= 0x7F || byte == UInt8(ascii: "#") {
      throw Rejection(400, "invalid_target", "the request target has the byte \(hex(byte)), which must be percent-encoded")
    }
    if bytes.count == 1, bytes.first == UInt8(ascii: "*"), method == "OPTIONS" { return }
    var rest = bytes
    for scheme in ["http://", "https://"] where rest.count > scheme.utf8.count && rest.prefix(scheme.utf8.count).equalsIgnoringCase(scheme) {
      rest = rest.dropFirst(scheme.utf8.count)
      let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
      guard end > rest.startIndex, isHost(rest[..<end]) else {
        throw Rejection(400, "invalid_target", "the request target '\(String(decoding: bytes, as: UTF8.self))' names no valid host")
      }
      authority = String(decoding: rest[..<end], as: UTF8.self)
      rest = rest[end...]
      if rest.first != UInt8(ascii: "/") { rest = [UInt8(ascii: "/")] + rest }
      break
    }
    guard rest.first == UInt8(ascii: "/") else {
      throw Rejection(400, "invalid_target", "the request target '\(String(decoding: bytes.prefix(80), as: UTF8.self))' does not begin with '/'")
    }
    let question = rest.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
    var start = rest.startIndex + 1
    for i in rest.indices[start..<question] where rest[i] == UInt8(ascii: "/") {
      segments.append(try decoded(rest[start..<i], plusIsSpace: false))
      start = i + 1
    }
    if question > rest.startIndex + 1 { segments.append(try decoded(rest[start..<question], plusIsSpace: false)) }
    if question < rest.endIndex {
      for pair in rest[(question + 1)...].split(separator: UInt8(ascii: "&")) {
        let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
        let value = equals < pair.endIndex ? pair[(equals + 1)...] : []
        query.pairs.append(Query.Pair(name: try decoded(pair[..<equals], plusIsSpace: true), value: try decoded(value, plusIsSpace: true)))
      }
    }
  }

  private func decoded(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool) throws(Rejection) -> String {
    guard bytes.contains(where: { $0 == UInt8(ascii: "%") || plusIsSpace && $0 == UInt8(ascii: "+") }) else {
      return String(decoding: bytes, as: UTF8.self)
    }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var i = bytes.startIndex
    while i < bytes.endIndex {
      switch bytes[i] {
      case UInt8(ascii: "%"):
        guard i + 2 < bytes.endIndex, let high = bytes[i + 1].hexValue, let low = bytes[i + 2].hexValue else {
          let escape = String(decoding: bytes[i..<min(i + 3, bytes.endIndex)], as: UTF8.self)
          throw Rejection(400, "invalid_target", "the percent escape '\(escape)' in the request target is not two hexadecimal digits")
        }
        if high | low == 0 { throw Rejection(400, "invalid_target", "the request target has an encoded NUL, '%00'") }
        result.append(high << 4 | low)
        i += 3
      case UInt8(ascii: "+") where plusIsSpace:
        result.append(0x20)
        i += 1
      default:
        result.append(bytes[i])
        i += 1
      }
    }
    guard let text = String(validating: result, as: UTF8.self) else {
      throw Rejection(400, "invalid_target", "'\(String(decoding: bytes.prefix(80), as: UTF8.self))' in the request target does not decode to UTF-8")
    }
    return text
  }
}

/// `0x0A`, for messages.
func hex(_ byte: UInt8) -> String { "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) }

/// What may stand in a `Host` field: a name or address and perhaps a port, no user, path or list.
func isHost(_ bytes: ArraySlice<UInt8>) -> Bool {
  bytes.allSatisfy { byte in
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "-._~:[]%!$&'()*+;=".utf8.contains(byte)
    }
  }
}

extension UInt8 {
  var hexValue: UInt8? {
    switch self {
    case 0x30...0x39: self - 0x30
    case 0x41...0x46: self - 0x37
    case 0x61...0x66: self - 0x57
    default: nil
    }
  }
}
