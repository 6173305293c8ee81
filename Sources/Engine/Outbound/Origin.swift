import Basics

/// Scheme, host and port of an address: what an allow-list is made of (RFC 6454, section 4).
struct Origin: Hashable {
  var scheme: String
  /// In lower case; an IPv6 address without its brackets.
  var host: String
  var port: Int

  var description: String {
    let isDefault = port == (scheme == "https" ? 443 : 80)
    return "\(scheme)://\(host.contains(":") ? "[\(host)]" : host)\(isDefault ? "" : ":\(port)")"
  }

  /// Reads the origin of an absolute URL (RFC 3986, section 3.2), and gives the rest: the path with its query.
  static func read(_ url: String, path: String) throws(Problem) -> (origin: Origin, target: String) {
    func refuse(_ why: String) -> Problem {
      Problem(.invalid, "'\(url.prefix(80))' \(why)", hint: "For example \"https://api.example.com/v1\"", path: path)
    }
    guard url.utf8.count <= 8192, url.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "\\") }) else {
      throw refuse("is not a URL: it has blanks, other than ASCII characters, or is too long")
    }
    guard let separator = url.firstRange(of: "://") else { throw refuse("has no scheme") }
    let scheme = url[..<separator.lowerBound].lowercased()
    guard ["http", "https"].contains(scheme) else { throw refuse("is not http or https") }
    let rest = url[separator.upperBound...]
    let authority = rest.prefix { !"/?#".contains($0) }
    let target = rest[authority.endIndex...].prefix { $0 != "#" }
    guard !authority.contains("@") else { throw refuse("carries a name and a password; give them as a header") }
    var host = authority
    var port = scheme == "https" ? 443 : 80
    if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
      host = authority[..<colon]
      guard let number = Int(authority[authority.index(after: colon)...]), (1...65535).contains(number) else { throw refuse("has no right port") }
      port = number
    }
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty, host.utf8.count <= 253,
      host.utf8.allSatisfy({ $0 == 45 || $0 == 46 || $0 == 58 || $0 == 95 || (48...57).contains($0) || (97...122).contains($0 | 32) })
    else { throw refuse("has no right host") }
    let path = target.isEmpty ? "/" : target.hasPrefix("/") ? String(target) : "/" + target
    return (Origin(scheme: scheme, host: host.lowercased(), port: port), path)
  }
}
