import Basics
import Glibc

/// Where a name leads, and whether a script may go there: names are looked up once, and what was looked at is what is connected to.
enum Resolution {
  /// The numeric addresses of a host. Throws `.unavailable` when there are none.
  static func addresses(of host: String, port: Int) throws(Problem) -> [String] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, "\(port)", &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    guard status == 0 else { throw Problem(.unavailable, "the name '\(host)' leads nowhere: \(String(cString: gai_strerror(status)))", path: "url") }
    var found: [String] = []
    var next = list
    while let entry = next {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      if getnameinfo(entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 {
        found.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
      }
      next = entry.pointee.ai_next
    }
    guard !found.isEmpty else { throw Problem(.unavailable, "the name '\(host)' leads nowhere", path: "url") }
    return found
  }

  /// Whether an address is one of the open Internet: not this machine, a private network, a link, a carrier's inside, or a group.
  ///
  /// IANA's special-purpose registries: RFC 1918, 1122, 3927 (the cloud's metadata), 6598, 4193, 4291, 6052 and their like.
  static func isPublic(_ address: String) -> Bool {
    if let bytes = bytes(address, AF_INET, 4) { return isPublic4(bytes) }
    guard let bytes = bytes(String(address.prefix { $0 != "%" }), AF_INET6, 16) else { return false }
    // Mapped, translated and 6to4 addresses are what is inside them.
    if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xff, bytes[11] == 0xff { return isPublic4(Array(bytes[12...])) }
    if bytes[..<12].allSatisfy({ $0 == 0 }) { return false }
    if bytes[0] == 0, bytes[1] == 0x64, bytes[2] == 0xff, bytes[3] == 0x9b { return isPublic4(Array(bytes[12...])) }
    if bytes[0] == 0x20, bytes[1] == 0x02 { return isPublic4(Array(bytes[2..<6])) }
    if bytes[0] == 0x20, bytes[1] == 0x01, bytes[2] == 0, bytes[3] == 0 { return false }
    if bytes[0] == 0x20, bytes[1] == 0x01, bytes[2] == 0x0d, bytes[3] == 0xb8 { return false }
    // Global unicast is 2000::/3; unique local, link-local and multicast lie outside.
    return bytes[0] & 0xe0 == 0x20
  }

  private static func isPublic4(_ bytes: [UInt8]) -> Bool {
    switch (bytes[0], bytes[1], bytes[2]) {
    case (0, _, _), (10, _, _), (127, _, _), (169, 254, _), (192, 168, _), (192, 0, 0), (192, 0, 2), (198, 51, 100), (203, 0, 113): false
    case (172, 16...31, _), (100, 64...127, _), (198, 18...19, _): false
    case (224..., _, _): false
    default: true
    }
  }

  private static func bytes(_ text: String, _ family: Int32, _ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    return inet_pton(family, text, &bytes) == 1 ? bytes : nil
  }
}
