import Basics
import Glibc

/// A socket address in the kernel's own form.
struct Address {
  private var storage = sockaddr_storage()
  private var length: socklen_t

  var family: Int32 { Int32(storage.ss_family) }

  /// Looks up the name of a host if it is one. Throws `.unavailable` when there is none of that name, `.invalid` for a path too long.
  init(resolving endpoint: Endpoint, toListen: Bool) throws(Problem) {
    switch endpoint {
    case .unix(let path):
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      let bytes = Array(path.utf8)
      let room = MemoryLayout.size(ofValue: address.sun_path)
      guard !bytes.isEmpty, bytes.count < room, !bytes.contains(0) else {
        throw Problem(.invalid, "the socket path '\(path)' has \(bytes.count) bytes", hint: "Use 1 to \(room - 1), e.g. /run/perigee.sock.")
      }
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
      length = socklen_t(MemoryLayout<sockaddr_un>.size)
      withUnsafeMutableBytes(of: &storage) { target in withUnsafeBytes(of: &address) { target.copyMemory(from: $0) } }
    case .tcp(let host, let port):
      var hints = addrinfo()
      hints.ai_family = AF_UNSPEC
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
      hints.ai_flags = AI_NUMERICSERV | (toListen ? AI_PASSIVE : 0)
      var list: UnsafeMutablePointer<addrinfo>?
      let code = getaddrinfo(host == "localhost" ? "127.0.0.1" : host, String(port), &hints, &list)
      defer { if let list { freeaddrinfo(list) } }
      guard code == 0, let first = list?.pointee, let address = first.ai_addr else {
        throw Problem(
          .unavailable, "there is no host '\(host)': \(String(cString: gai_strerror(code)))", hint: "Use an address such as 127.0.0.1 or ::1.")
      }
      length = first.ai_addrlen
      withUnsafeMutableBytes(of: &storage) { $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(first.ai_addrlen))) }
    }
  }

  func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }
}

extension sockaddr_storage {
  /// The port, or 0 for a family that has none. It lies at the same place in both Internet families.
  var port: Int {
    var copy = self
    return withUnsafeBytes(of: &copy) { bytes in
      Int32(ss_family) == AF_INET || Int32(ss_family) == AF_INET6 ? Int(bytes[2]) << 8 | Int(bytes[3]) : 0
    }
  }

  /// The address as people write it; an IPv4 address that came through IPv6 as IPv4; `unix` for local sockets.
  var host: String {
    var copy = self
    return withUnsafeBytes(of: &copy) { bytes in
      switch Int32(ss_family) {
      case AF_INET: return bytes[4..<8].map(String.init).joined(separator: ".")
      case AF_INET6:
        let address = bytes[8..<24]
        if address.prefix(10).allSatisfy({ $0 == 0 }), address.dropFirst(10).prefix(2).allSatisfy({ $0 == 0xFF }) {
          return address.suffix(4).map(String.init).joined(separator: ".")
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, UnsafeRawBufferPointer(rebasing: address).baseAddress, &text, socklen_t(text.count)) != nil else { return "" }
        return text.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      default: return "unix"
      }
    }
  }
}
