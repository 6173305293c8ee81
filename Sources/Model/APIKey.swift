package import Basics

/// A bearer key. The secret exists only in the answer that made it; what is kept is its SHA-256 and the first characters.
package struct APIKey: Sendable, Equatable {
  package enum Scope: String, Sendable, CaseIterable { case read, write, execute, scripts, admin }

  package var id: String
  package var name: String
  /// `sk_` and the next five characters, for people to recognise it by.
  package var prefix: String
  /// Lower-case hex of the SHA-256 of the whole key.
  package var hash: String
  package var scopes: [Scope]
  /// The namespaces (identifiers) that it opens; empty means all.
  package var namespaces: [String]
  package var createdAt: Instant
  package var expiresAt: Instant?
  package var revokedAt: Instant?

  package init(
    id: String, name: String, prefix: String, hash: String, scopes: [Scope], namespaces: [String], createdAt: Instant, expiresAt: Instant? = nil,
    revokedAt: Instant? = nil
  ) {
    self.id = id
    self.name = name
    self.prefix = prefix
    self.hash = hash
    self.scopes = scopes
    self.namespaces = namespaces
    self.createdAt = createdAt
    self.expiresAt = expiresAt
    self.revokedAt = revokedAt
  }

  /// A new key and its secret: `sk_` and 43 base-62 characters from 32 random bytes.
  package static func make(
    name: String, scopes: [Scope] = Scope.allCases, namespaces: [String] = [], surroundings: Surroundings
  ) -> (key: APIKey, secret: String) {
    let secret = "sk_" + Identifier.base62(surroundings.bytes(32), length: 43)
    let key = APIKey(
      id: Identifier.make("key", surroundings), name: name, prefix: String(secret.prefix(8)), hash: SHA256.hex(secret), scopes: scopes,
      namespaces: namespaces, createdAt: surroundings.now())
    return (key, secret)
  }

  package func isUsable(at now: Instant) -> Bool { revokedAt == nil && (expiresAt.map { now < $0 } ?? true) }
  package func opens(_ namespaceID: String) -> Bool { namespaces.isEmpty || namespaces.contains(namespaceID) }

  package var json: JSON {
    [
      "key_id": .string(id), "name": .string(name), "prefix": .string(prefix), "permissions": .array(scopes.map { .string($0.rawValue) }),
      "namespaces": .array(namespaces.map(JSON.string)), "status": .string(revokedAt == nil ? "active" : "revoked"),
      "created_at": .instant(createdAt),
      "expires_at": .optional(expiresAt), "revoked_at": .optional(revokedAt),
    ]
  }
}
