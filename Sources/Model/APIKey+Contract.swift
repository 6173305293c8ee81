package import Basics

/// Keys as the contract has them: permissions for the scopes, resource scopes for the namespaces.
extension APIKey {
  /// The fields of a request that makes or changes a key.
  package static let accepted = [
    "name", "description", "permissions", "scopes", "rate_limit_override", "expires_at", "principal_id", "allowed_origins",
  ]

  /// What a key may do if nothing is said: all but to administer.
  package static let usualScopes: [Scope] = [.read, .write, .delete, .execute, .scripts]

  /// The contract's words for what a key may do. It has none for running things and for scripts: those go with writing.
  private var permissions: [String] { scopes.filter { ![.execute, .scripts].contains($0) }.map(\.rawValue) }

  /// Sets what the request names; `resolve` finds the identifier of a namespace by its identifier or name.
  package mutating func change(
    _ fields: Fields, at now: Instant, resolve: (_ name: String, _ path: String) throws(Problem) -> String
  ) throws(Problem) {
    if let name = try fields.string("name") { self.name = try Names.check(name, path: fields.at("name")) }
    if let text = try fields.string("description") {
      guard text.count <= 500 else {
        throw Problem(.invalid, "the description has \(text.count) characters", hint: "Give at most 500", path: fields.at("description"))
      }
      description = text
    }
    if let words = try fields.strings("permissions", atLeast: 1) { scopes = try Self.scopes(words, path: fields.at("permissions")) }
    if let limit = try fields.int("rate_limit_override", in: 1...1_000_000_000) { rateLimit = limit }
    if let end = try fields.instant("expires_at") {
      guard end > now else {
        throw Problem(.invalid, "\(end) is in the past; it is \(now)", hint: "Give a later moment", path: fields.at("expires_at"))
      }
      expiresAt = end
    }
    if let scopes = try fields.objects("scopes", in: 0...100, example: "[{\"resource_type\": \"namespace\", \"resource_id\": \"ns_production\"}]") {
      namespaces = []
      for scope in scopes { namespaces.append(try Self.namespace(Fields(.object(scope.object), path: scope.path), resolve)) }
    }
    try fields.check(["principal_id": .string, "allowed_origins": .strings])
    for name in ["principal_id", "allowed_origins"] where fields[name] != nil && fields[name] != [] {
      throw Problem(.unsupported, "'\(name)' is not in this build", hint: "Leave it out", path: fields.at(name))
    }
  }

  /// Running things goes with writing, as in the contract; our own words say it apart.
  private static func scopes(_ words: [String], path: String) throws(Problem) -> [Scope] {
    var result: Set<Scope> = []
    for (index, word) in words.enumerated() {
      guard let scope = Scope(rawValue: word) else {
        let known = Scope.allCases.map(\.rawValue)
        throw Problem(
          .invalid, "unknown permission '\(word)'", hint: "Some of: \(known.joined(separator: ", "))", path: "\(path)[\(index)]",
          didYouMean: Suggestion.nearest(to: word, in: known), details: ["accepted": .array(known.map(JSON.string)), "type": "enum"])
      }
      result.insert(scope)
      if scope == .write, !words.contains(Scope.execute.rawValue), !words.contains(Scope.scripts.rawValue) {
        result.formUnion([.execute, .scripts])
      }
    }
    return Scope.allCases.filter(result.contains)
  }

  private static func namespace(
    _ fields: Fields, _ resolve: (_ name: String, _ path: String) throws(Problem) -> String
  ) throws(Problem) -> String {
    _ = try Fields(.object(fields.object), path: fields.path, accepting: ["resource_type", "resource_id", "operations"])
    let type = try fields.required("resource_type", example: "\"namespace\"")
    guard type == "namespace" else {
      throw Problem(
        .unsupported, "a key cannot be limited to a \(type) here", hint: "Limit it to namespaces: \"resource_type\": \"namespace\"",
        path: fields.at("resource_type"))
    }
    if let operations = fields["operations"], operations != [] {
      throw Problem(
        .unsupported, "'operations' of a namespace are not in this build", hint: "Say by \"permissions\" what the key may do",
        path: fields.at("operations"))
    }
    let id = try fields.required("resource_id", example: "\"ns_production\"")
    return id.hasSuffix("*") ? id : try resolve(id, fields.at("resource_id"))
  }

  /// The contract's model. The secret is in the answer that makes it and in no other.
  package func json(at now: Instant, secret: String? = nil) -> JSON {
    var result: JSONObject = [
      "key_id": .string(id), "key_hash": .string(hash), "key_prefix": .string(prefix), "key_type": "standard", "is_internal": false,
      "internal_id": "org_local", "organization_id": "org_local", "user_id": .string(userEmail), "name": .string(name),
      "description": .string(description ?? ""), "permissions": .array(permissions.map(JSON.string)),
      "allows": .array(scopes.map { .string($0.rawValue) }),
      "scopes": .array(namespaces.map { ["resource_type": "namespace", "resource_id": .string($0), "operations": .null] }),
      "rate_limit_override": .optional(rateLimit), "status": .string(revokedAt != nil ? "revoked" : isUsable(at: now) ? "active" : "expired"),
      "expires_at": .optional(expiresAt), "last_used_at": .null, "created_at": .instant(createdAt), "created_by": .optional(createdBy),
      "revoked_at": .optional(revokedAt),
    ]
    result["key"] = secret.map(JSON.string)
    return .object(result)
  }
}
