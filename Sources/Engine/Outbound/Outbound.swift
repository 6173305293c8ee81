import Basics
import CLinux
import Model

/// HTTP from scripts to the outside: off unless a namespace's list allows the origin, and then within limits.
package struct Outbound {
  /// What a namespace allows.
  private let allowed: Set<Origin>
  private let timeout: Duration
  private let flag: OutboundFlag?
  private let log: (String) -> Void

  private static let responseLimit = 1 << 20
  private static let bodyLimit = 1 << 20
  private static let redirects = 3
  static let listLimit = 100

  static func setting(_ namespaceID: String) -> String { "http/\(namespaceID)" }

  /// `flag`: whoever raises it ends what is being sent.
  init(allowing rules: JSON?, timeout: Duration = .seconds(5), flag: OutboundFlag? = nil, log: @escaping (String) -> Void) {
    self.log = log
    self.timeout = timeout
    self.flag = flag
    allowed = Set((rules?.array ?? []).compactMap(\.string).compactMap { try? Origin.read($0, path: "allow").origin })
  }

  /// Whether an address is one of the open Internet.
  package static func isPublic(_ address: String) -> Bool { Resolution.isPublic(address) }

  struct Message {
    var method: String
    var url: String
    var headers: [(name: String, value: String)]
    var body: [UInt8]?
  }

  /// Reads `{method, url, headers, body}`; a body that is not a text goes as JSON.
  static func message(_ fields: Fields) throws(Problem) -> Message {
    let method = try fields.string("method") ?? "GET"
    guard ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"].contains(method) else {
      throw Problem(.invalid, "unknown method '\(method)'", hint: "One of: GET, POST, PUT, PATCH, DELETE", path: fields.at("method"))
    }
    var headers: [(name: String, value: String)] = []
    for member in try fields.objectValue("headers")?.members ?? [] {
      let header = (name: member.key, value: member.value.string ?? member.value.double.map({ _ in member.value.text }) ?? "\n")
      try check(header, path: fields.at("headers"))
      headers.append(header)
    }
    var body: [UInt8]?
    if let value = fields["body"] {
      body = value.string.map { Array($0.utf8) } ?? value.bytes
      if value.string == nil, !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
        headers.append(("Content-Type", "application/json"))
      }
      guard body?.count ?? 0 <= bodyLimit else { throw Problem(.tooLarge, "the body has more than \(bodyLimit >> 20) MiB", path: fields.at("body")) }
    }
    return Message(method: method, url: try fields.required("url", example: "\"https://api.example.com/v1\""), headers: headers, body: body)
  }

  /// Refuses a header that would not be one, or that is set by itself.
  static func check(_ header: (name: String, value: String), path: String) throws(Problem) {
    guard !header.name.isEmpty, header.name.utf8.allSatisfy({ (33...126).contains($0) && $0 != UInt8(ascii: ":") }),
      header.value.utf8.allSatisfy({ $0 == 9 || $0 >= 32 && $0 != 127 })
    else {
      throw Problem(.invalid, "the header '\(header.name.prefix(40))' cannot be sent", hint: "Give a name and a value in one line", path: path)
    }
    guard !["host", "content-length", "transfer-encoding", "connection", "expect"].contains(header.name.lowercased()) else {
      throw Problem(.invalid, "the header '\(header.name)' is set by itself", hint: "Leave it out", path: path)
    }
  }

  /// Sends a message and answers what came back, wherever that points to.
  func exchange(_ message: Message) throws(Problem) -> Answer {
    let (origin, target) = try Origin.read(message.url, path: "url")
    return try send(message, origin, target)
  }

  /// Sends a message and follows up to three redirects, each of which has to be allowed, too, and stay with its scheme.
  func perform(_ message: Message) throws(Problem) -> JSON {
    var message = message
    for _ in 0...Self.redirects {
      let (origin, target) = try Origin.read(message.url, path: "url")
      let answer = try send(message, origin, target)
      guard [301, 302, 303, 307, 308].contains(answer.status), let location = answer.headers["location"]?.string else { return answer.json }
      let next = location.contains("://") ? location : location.hasPrefix("/") ? origin.description + location : origin.description + "/" + location
      let (other, _) = try Origin.read(next, path: "location")
      guard other.scheme == origin.scheme else {
        throw Problem(.forbidden, "\(origin.description) leads to \(other.description): a redirect may not change the scheme", path: "url")
      }
      if other != origin { message.headers.removeAll { ["authorization", "cookie"].contains($0.name.lowercased()) } }
      if answer.status <= 303, message.method != "GET" {
        message.method = "GET"
        message.body = nil
      }
      message.url = next
    }
    throw Problem(.unavailable, "more than \(Self.redirects) redirects", path: "url")
  }

  struct Answer {
    var status: Int
    var headers: JSONObject
    var body: [UInt8]
    /// A body that is not text comes as hexadecimal digits, and says so.
    var json: JSON {
      var row: JSONObject = ["status": .int(status), "headers": .object(headers)]
      if let text = String(validating: body, as: UTF8.self) {
        row["body"] = .string(text)
      } else {
        let digits = Array("0123456789abcdef".utf8)
        row["body_hex"] = .string(String(decoding: body.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self))
      }
      return .object(row)
    }
  }

  private func send(_ message: Message, _ origin: Origin, _ target: String) throws(Problem) -> Answer {
    guard allowed.contains(origin) else {
      let list = allowed.map(\.description).sorted()
      throw Problem(
        .forbidden, "\(origin.description) is not on the namespace's list of allowed origins",
        hint: list.isEmpty
          ? "None is. Somebody with the scope 'admin' may allow it: PUT /v1/http/rules {\"allow\": [\"\(origin.description)\"]}"
          : "Allowed: \(list.joined(separator: ", "))", path: "url", didYouMean: Suggestion.nearest(to: origin.description, in: list))
    }
    let addresses = try Resolution.addresses(of: origin.host, port: origin.port)
    // A private address is reached only when it is allowed as such, by its number: a name may lead somewhere else tomorrow.
    let isNumber = addresses == [origin.host]
    guard let address = isNumber ? addresses.first : addresses.first(where: Resolution.isPublic),
      isNumber || addresses.allSatisfy(Resolution.isPublic)
    else {
      throw Problem(
        .forbidden, "'\(origin.host)' leads to \(addresses.joined(separator: ", ")), which is not on the open Internet",
        hint: "Allow the address itself, as in \"http://\(addresses.first ?? "10.0.0.1"):\(origin.port)\"", path: "url")
    }
    var response = ccurl_response()
    defer { ccurl_release(&response) }
    perform(message, origin, target, address, &response)
    if flag?.isRaised ?? false { throw Problem(.cancelled, "the host is shutting down") }
    let error = withUnsafeBytes(of: response.error) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    log("http \(message.method) \(origin.description)\(target): \(error.isEmpty ? "\(response.status)" : error)")
    if response.too_large { throw Problem(.tooLarge, "the answer has more than \(Self.responseLimit >> 20) MiB", path: "url") }
    guard error.isEmpty else {
      let isMissing = error.hasPrefix("libcurl")
      throw Problem(
        .unavailable, isMissing ? "HTTP needs libcurl, and \(error)" : "\(origin.description) could not be reached: \(error)",
        hint: isMissing ? "Install it: apt-get install libcurl4" : nil, path: "url")
    }
    let head = String(decoding: UnsafeRawBufferPointer(start: response.headers, count: response.header_count), as: UTF8.self)
    return Answer(
      status: response.status, headers: Self.headers(head), body: Array(UnsafeBufferPointer(start: response.body, count: response.body_count)))
  }

  private func perform(_ message: Message, _ origin: Origin, _ target: String, _ address: String, _ response: inout ccurl_response) {
    var request = ccurl_request()
    request.timeout_milliseconds = Int(timeout.inMilliseconds)
    request.cancelled = UnsafePointer(flag?.raised)
    request.response_limit = Self.responseLimit
    let lines = message.headers.map { "\($0.name): \($0.value)" }
    let numeric = address.contains(":") ? "[\(address)]" : address
    message.method.withCString { method in
      (origin.description + target).withCString { url in
        "\(origin.host):\(origin.port):\(numeric)".withCString { resolve in
          Self.withCStrings(lines) { headers in
            (message.body ?? []).withUnsafeBufferPointer { body in
              request.method = method
              request.url = url
              request.resolve = resolve
              request.headers = headers.baseAddress
              request.header_count = headers.count
              // An empty body is one, too.
              let nothing: StaticString = ""
              request.body = message.body == nil ? nil : body.baseAddress ?? nothing.utf8Start
              request.body_count = body.count
              ccurl_perform(&request, &response)
            }
          }
        }
      }
    }
  }

  private static func withCStrings(_ lines: [String], _ body: (UnsafeBufferPointer<UnsafePointer<CChar>?>) -> Void) {
    let copies = lines.map { line in
      let bytes = Array(line.utf8CString)
      let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
      copy.initialize(from: bytes, count: bytes.count)
      return copy
    }
    defer { for copy in copies { copy.deallocate() } }
    copies.map { UnsafePointer($0) as UnsafePointer<CChar>? }.withUnsafeBufferPointer(body)
  }

  /// Header lines by their names in lower case; of several alike the values are joined (RFC 9110, section 5.2).
  private static func headers(_ text: String) -> JSONObject {
    var headers = JSONObject()
    for line in text.split(whereSeparator: \.isNewline).dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let name = line[..<colon].lowercased()
      let value = String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
      headers[name] = .string(headers[name]?.string.map { "\($0), \(value)" } ?? value)
    }
    return headers
  }
}
