package import Basics

/// A bearer key. The secret exists only in the answer that made it; what is kept is its SHA-256 and the first characters.
package struct APIKey: Sendable, Equatable {
  /// What a key may do. `admin` may everything.
  package enum Scope: String, Sendable, CaseIterable { case read, write, delete, execute, scripts, admin }

  /// Whose the keys are that were made with the store's file in hand.
  package static let owner = "owner@localhost"

  package var id: String
  package var name: String
  /// `sk_` and the next five characters, for people to recognise it by.
  package var prefix: String
  /// Lower-case hex of the SHA-256 of the whole key.
  package var hash: String
  package var scopes: [Scope]
  /// The namespaces (identifiers, or beginnings of them with a `*` behind) that it opens; empty means all.
  package var namespaces: [String]
  package var createdAt: Instant
  package var expiresAt: Instant?
  package var revokedAt: Instant?
  /// The person who uses it: keys are listed by that.
  package var userEmail: String
  package var description: String?
  /// Requests a minute; nil leaves it to the server.
  package var rateLimit: Int64?
  /// The name of the key that made it.
  package var createdBy: String?

  package init(
    id: String, name: String, prefix: String, hash: String, scopes: [Scope], namespaces: [String], createdAt: Instant, expiresAt: Instant? = nil,
    revokedAt: Instant? = nil, userEmail: String = owner, description: String? = nil, rateLimit: Int64? = nil, createdBy: String? = nil
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
    self.userEmail = userEmail
    self.description = description
    self.rateLimit = rateLimit
    self.createdBy = createdBy
  }

  /// A new key and its secret: `sk_` and 43 base-62 characters from 32 random bytes.
  package static func make(
    name: String, scopes: [Scope] = Scope.allCases, namespaces: [String] = [], surroundings: Surroundings
  ) -> (key: APIKey, secret: String) {
    var key = APIKey(
      id: Identifier.make("key", surroundings), name: name, prefix: "", hash: "", scopes: scopes, namespaces: namespaces,
      createdAt: surroundings.now())
    let secret = key.renewSecret(surroundings)
    return (key, secret)
  }

  /// Gives the key another secret and answers it; the old one opens nothing any more.
  package mutating func renewSecret(_ surroundings: Surroundings) -> String {
    let secret = "sk_" + Identifier.base62(surroundings.bytes(32), length: 43)
    prefix = String(secret.prefix(8))
    hash = SHA256.hex(secret)
    return secret
  }

  package func isUsable(at now: Instant) -> Bool { revokedAt == nil && (expiresAt.map { now < $0 } ?? true) }
  package var json: JSON {
    [
      "key_id": .string(id), "name": .string(name), "prefix": .string(prefix), "permissions": .array(scopes.map { .string($0.rawValue) }),
      "namespaces": .array(namespaces.map(JSON.string)), "status": .string(revokedAt == nil ? "active" : "revoked"), "user_email": .string(userEmail),
      "created_at": .instant(createdAt),
      "expires_at": .optional(expiresAt), "revoked_at": .optional(revokedAt),
    ]
  }
}
