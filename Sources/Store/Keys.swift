package import Basics
package import Model

extension Transaction {
  package mutating func insert(_ key: APIKey) {
    add(
      .insertKey,
      [
        ("key_id", .text(key.id)), ("name", .text(key.name)), ("prefix", .text(key.prefix)), ("hash", .text(key.hash)),
        ("scopes", .strings(key.scopes.map(\.rawValue))), ("namespaces", .strings(key.namespaces)), ("created_at", .instant(key.createdAt)),
        ("expires_at", .optional(key.expiresAt)), ("revoked_at", .optional(key.revokedAt)), ("user_email", .text(key.userEmail)),
        ("description", .optional(key.description)), ("rate_limit", .optional(key.rateLimit)), ("created_by", .optional(key.createdBy)),
      ])
  }

  /// Replaces what can be changed of a key, its secret too; lost when it was revoked, or its secret replaced, since it was read.
  package mutating func update(_ key: APIKey, from old: APIKey) {
    add(
      .updateKey,
      [
        ("name", .text(key.name)), ("prefix", .text(key.prefix)), ("hash", .text(key.hash)), ("scopes", .strings(key.scopes.map(\.rawValue))),
        ("namespaces", .strings(key.namespaces)), ("expires_at", .optional(key.expiresAt)), ("description", .optional(key.description)),
        ("rate_limit", .optional(key.rateLimit)), ("key_id", .text(key.id)), ("old_hash", .text(old.hash)),
      ], expecting: .exactly(1), guardName: "key")
  }

  /// Revokes a key for good; lost when there is no such key or it is revoked already.
  package mutating func revokeKey(_ keyID: String, at now: Instant) {
    add(.revokeKey, [("revoked_at", .instant(now)), ("key_id", .text(keyID))], expecting: .exactly(1), guardName: "key")
  }
}

extension Reader {
  /// The key whose SHA-256, in lower-case hex, this is; revoked and expired ones too.
  package func key(hash: String) throws(Problem) -> APIKey? {
    try connection.first(.keyByHash, [("hash", .text(hash))], APIKey.read)
  }

  package func keys() throws(Problem) -> [APIKey] { try connection.rows(.keys, [], APIKey.read) }
}

extension APIKey {
  static func read(_ row: inout Row) throws(Problem) -> APIKey {
    APIKey(
      id: row.text(), name: row.text(), prefix: row.text(), hash: row.text(), scopes: try row.strings().compactMap(Scope.init(rawValue:)),
      namespaces: try row.strings(), createdAt: row.instant(), expiresAt: row.optionalInstant(), revokedAt: row.optionalInstant(),
      userEmail: row.text(), description: row.optionalText(), rateLimit: row.optionalInt(), createdBy: row.optionalText())
  }
}
