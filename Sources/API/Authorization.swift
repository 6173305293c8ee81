import Basics
import Engine
import HTTP
import Model
import Store

/// Who a request comes from: a bearer key, or the store's owner on the same machine.
struct Authorization {
  let host: Host
  let localToken: String?

  /// Unknown, wrong, expired and revoked keys get the same answer: it tells nobody which keys exist.
  func caller(of request: Request) throws(Problem) -> Caller {
    guard let header = request.headers["Authorization"] else {
      throw Problem(
        .unauthorized, "no key was sent", hint: "Send the header Authorization: Bearer sk_…; perigee key create makes one", path: "Authorization")
    }
    let found = try host.read { reader throws(Problem) in
      try reader.remembered(Question(.caller, header)) { () throws(Problem) in try caller(naming: header, reader) }
    }
    guard let found, found.key?.isUsable(at: host.surroundings.now()) ?? true else {
      throw Problem(.unauthorized, "the key is not valid", hint: "perigee key list shows the keys there are", path: "Authorization")
    }
    return found
  }

  /// Nil for a key that is not there.
  private func caller(naming header: String, _ reader: Reader) throws(Problem) -> Caller? {
    let parts = header.split(separator: " ", omittingEmptySubsequences: true)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else {
      throw Problem(.unauthorized, "the Authorization header is not a bearer key", hint: "Send Authorization: Bearer sk_…", path: "Authorization")
    }
    let secret = String(parts[1])
    if let localToken, Self.equal(secret, localToken) { return .local }
    // Keys have 256 random bits: looking up the hash gives a guesser nothing to measure.
    return try reader.key(hash: SHA256.hex(secret)).map(Caller.init)
  }

  /// Compares in a time that depends on the length alone.
  private static func equal(_ a: String, _ b: String) -> Bool {
    let (a, b) = (Array(a.utf8), Array(b.utf8))
    guard a.count == b.count else { return false }
    return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
