import Basics
import Model
import Store

// The API keys of a user. A user is an address and nothing more: there are no accounts, and keys are listed by it.
extension Operation {
  private static let path = "/v1/organizations/users/{user_email}/api-keys"
  private static let keyPath = path + "/{key_name}"

  static let keyOperations: [Operation] = [
    Operation(
      "create_api_key", "POST", path, "Make a key; its secret is in this answer and in no other", tag: "API keys", scope: .admin, inNamespace: false,
      body: APIKey.accepted
    ) { host, call throws(Problem) in
      let email = try email(call)
      let fields = try Fields(call.body, accepting: APIKey.accepted)
      let now = host.surroundings.now()
      var (key, secret) = APIKey.make(
        name: try fields.required("name", example: "\"dashboard\""), scopes: APIKey.usualScopes, surroundings: host.surroundings)
      key.userEmail = email
      key.createdBy = call.caller.name
      try key.change(fields, at: now) { name, path throws(Problem) in try host.namespaceID(named: name, path: path) }
      try checkName(of: key, host)
      var transaction = Transaction()
      transaction.insert(key)
      try host.commit(transaction)
      return .json(key.json(at: now, secret: secret))
    },
    Operation(
      "list_api_keys", "GET", path, "The keys of a user, without their secrets", tag: "API keys", scope: .admin, inNamespace: false,
      query: [Parameter("include_revoked", .boolean), Parameter("include_session_keys", .boolean)]
    ) { host, call throws(Problem) in
      let (email, now) = (try email(call), host.surroundings.now())
      var keys = try host.read { reader throws(Problem) in try reader.keys() }.filter { $0.userEmail == email }
      if call.query["include_revoked"]?.bool != true { keys.removeAll { $0.revokedAt != nil } }
      return .json(["results": .array(keys.map { $0.json(at: now) }), "total": .int(keys.count)])
    },
    Operation(
      "update_api_key", "PATCH", keyPath, "Rename a key, change what it may do or when it ends", tag: "API keys", scope: .admin, inNamespace: false,
      body: APIKey.accepted + ["status"]
    ) { host, call throws(Problem) in
      let old = try key(call, host)
      let fields = try Fields(call.body, accepting: APIKey.accepted + ["status"])
      let now = host.surroundings.now()
      var changed = old
      try changed.change(fields, at: now) { name, path throws(Problem) in try host.namespaceID(named: name, path: path) }
      if changed.name != old.name { try checkName(of: changed, host) }
      switch try fields.string("status") {
      case nil, "active"?: break
      case "revoked"?: return .json(try revoke(old, call, host).json(at: now))
      case let other?:
        throw Problem(.invalid, "a key cannot be set to '\(other)'", hint: "One of: active, revoked; \"expires_at\" ends it in time", path: "status")
      }
      if old.scopes.contains(.admin), !changed.scopes.contains(.admin) { try keepAnAdministrator(without: old, host, path: "permissions") }
      var transaction = Transaction()
      transaction.update(changed, from: old)
      try host.commit(transaction)
      return .json(changed.json(at: now))
    },
    Operation(
      "rotate_api_key", "POST", keyPath + "/rotate", "Give a key another secret; the old one ends at once", tag: "API keys", scope: .admin,
      inNamespace: false, body: []
    ) { host, call throws(Problem) in
      _ = try Fields(call.body, accepting: [])
      let old = try key(call, host)
      var renewed = old
      let secret = renewed.renewSecret(host.surroundings)
      var transaction = Transaction()
      transaction.update(renewed, from: old)
      try host.commit(transaction)
      return .json(renewed.json(at: host.surroundings.now(), secret: secret))
    },
    Operation(
      "revoke_api_key", "DELETE", keyPath, "End a key for good", tag: "API keys", scope: .admin, inNamespace: false,
      query: [Parameter("force", .boolean)]
    ) { host, call throws(Problem) in
      let revoked = try revoke(key(call, host), call, host)
      return .json(["success": true, "message": .string("'\(revoked.name)' opens nothing any more"), "key_id": .string(revoked.id)])
    },
  ]

  private static func email(_ call: Call) throws(Problem) -> String {
    let email = try call.parameter("user_email")
    let parts = email.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, email.utf8.count <= 254, !email.unicodeScalars.contains(where: { $0.value <= 32 })
    else {
      throw Problem(.invalid, "'\(email.prefix(60))' is not an e-mail address", hint: "For example you@example.com", path: "user_email")
    }
    return email
  }

  /// A user's key that is not revoked, by its name or identifier.
  private static func key(_ call: Call, _ host: Host) throws(Problem) -> APIKey {
    let (email, name) = (try email(call), try call.parameter("key_name"))
    let keys = try host.read { reader throws(Problem) in try reader.keys() }.filter { $0.userEmail == email && $0.revokedAt == nil }
    guard let found = keys.first(where: { $0.name == name || $0.id == name }) else {
      throw .missing("key", name, path: "key_name", known: keys.map(\.name))
    }
    return found
  }

  private static func checkName(of key: APIKey, _ host: Host) throws(Problem) {
    let keys = try host.read { reader throws(Problem) in try reader.keys() }
    if keys.contains(where: { $0.id != key.id && $0.userEmail == key.userEmail && $0.revokedAt == nil && $0.name == key.name }) {
      throw Problem(.conflict, "\(key.userEmail) has a key '\(key.name)'", hint: "Choose another name, or revoke that one", path: "name")
    }
  }

  private static func revoke(_ key: APIKey, _ call: Call, _ host: Host) throws(Problem) -> APIKey {
    if call.query["force"]?.bool != true {
      if key.name == "admin-key" {
        throw Problem(.forbidden, "'admin-key' is protected", hint: "Send ?force=true if it is to end all the same", path: "key_name")
      }
      if key.scopes.contains(.admin) { try keepAnAdministrator(without: key, host, path: "key_name") }
    }
    var ended = key
    ended.revokedAt = host.surroundings.now()
    var transaction = Transaction()
    transaction.revokeKey(key.id, at: host.surroundings.now())
    try host.commit(transaction)
    return ended
  }

  /// Without a key that may administer, nobody far away could make one again.
  private static func keepAnAdministrator(without key: APIKey, _ host: Host, path: String) throws(Problem) {
    let now = host.surroundings.now()
    let keys = try host.read { reader throws(Problem) in try reader.keys() }
    if keys.contains(where: { $0.id != key.id && $0.isUsable(at: now) && $0.scopes.contains(.admin) }) { return }
    throw Problem(
      .conflict, "'\(key.name)' is the last key that may administer", hint: "Make another first; revoking takes ?force=true, too", path: path)
  }
}

extension Host {
  fileprivate func namespaceID(named name: String, path: String) throws(Problem) -> String {
    try read { reader throws(Problem) in
      if let found = try reader.namespace(name) { return found.id }
      throw Problem(
        .invalid, "there is no namespace '\(name)'", hint: "Give its identifier or name, or a beginning with a star: \"ns_customer_*\"", path: path,
        didYouMean: Suggestion.nearest(to: name, in: try reader.namespaces(Page(limit: 100)).items.map(\.name)))
    }
  }
}
