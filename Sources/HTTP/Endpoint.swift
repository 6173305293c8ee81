package import Basics

/// Where a server listens and a client connects: an address and port, or a socket in the file system.
package enum Endpoint: Sendable, Equatable, CustomStringConvertible {
  /// Port 0 lets the system choose one that is free.
  case tcp(host: String, port: Int)
  case unix(path: String)

  /// Reads `http://host:port`, `host:port`, `[::1]:8080` or `unix:/path`; what follows the port, such as `/v1`, is not looked at.
  package init(_ text: String, defaultPort: Int = 80) throws(Problem) {
    if text.hasPrefix("unix:") {
      self = .unix(path: String(text.dropFirst(5)))
      return
    }
    if text.hasPrefix("https://") {
      throw Problem(.unsupported, "'\(text)' asks for TLS, which is not spoken here", hint: "Use http:// through a local proxy or a tunnel.")
    }
    let rest = text.hasPrefix("http://") ? text.dropFirst(7) : text[...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    let wrong = Problem(.invalid, "'\(text)' is no server address", hint: "Write it as http://127.0.0.1:8080 or unix:/run/perigee.sock.")
    var host = authority
    var port = defaultPort
    if let colon = authority.lastIndex(of: ":"), authority.last != "]" {
      host = authority[..<colon]
      guard let number = Int(authority[authority.index(after: colon)...]), (0...65_535).contains(number) else { throw wrong }
      port = number
    }
    if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() } else if host.contains(":") { throw wrong }
    if host.isEmpty || host.contains(" ") { throw wrong }
    self = .tcp(host: String(host), port: port)
  }

  package var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }
}
