import Basics
import Model

extension Command {
  static let keyCreate = Command(
    name: "key create", summary: "Make an API key; it is shown this once",
    options: [
      Option("name", value: "NAME", "What the key is for"),
      Option("scopes", value: "LIST", "What it may do: read,write,delete,execute,scripts,admin; without it all"),
      Option("namespaces", value: "LIST", "The namespaces that it opens; without it all"),
      Option("expires", value: "TIME", "When it ends: 30d, 12h; without it never"),
      Option.store,
    ],
    examples: [
      Example("perigee key create --name laptop", "everything, everywhere"),
      Example("perigee key create --name dashboard --scopes read --expires 30d", "only looking, for a month"),
      Example("perigee key create --name ci --store prod.db --json", "for programs; the server may be running"),
    ]
  ) { invocation throws(Problem) in
    guard let name = invocation.text("name"), !name.isEmpty else {
      throw Problem(.invalid, "the key has no name", hint: "For example: perigee key create --name laptop", path: "--name")
    }
    let scopes = try scopes(invocation.text("scopes"))
    let lifetime = try invocation.duration("expires")
    let store = try KeyStore(invocation, creating: true)
    let namespaces = try store.namespaceIDs(invocation.text("namespaces"))
    var (key, secret) = APIKey.make(
      name: try Names.check(name, path: "--name"), scopes: scopes, namespaces: namespaces, surroundings: invocation.surroundings)
    key.expiresAt = lifetime.map { key.createdAt + $0 }
    try store.insert(key)
    let console = invocation.console
    if invocation.wantsJSON {
      var json: JSONObject = ["key": .string(secret)]
      json.members += key.json.object?.members ?? []
      console.print(.object(json))
    } else {
      console.print(secret)
      console.say("Keep it now: only its hash is stored. Send it as 'Authorization: Bearer \(secret.prefix(8))…'.")
    }
    return .ok
  }

  static let keyList = Command(
    name: "key list", summary: "List the API keys, without their secrets", options: [Option.store],
    examples: [Example("perigee key list", "names, first characters, what they may do"), Example("perigee key list --json", "for programs")]
  ) { invocation throws(Problem) in
    let keys = try KeyStore(invocation, creating: false).keys()
    if invocation.wantsJSON {
      invocation.console.print(["keys": .array(keys.map(\.json))])
      return .ok
    }
    var table = Table("name", "starts with", "status", "may", "created", "id")
    let now = invocation.surroundings.now()
    for key in keys {
      let status = key.revokedAt != nil ? "revoked" : key.isUsable(at: now) ? "active" : "expired"
      let scopes = Set(key.scopes) == Set(APIKey.Scope.allCases) ? "everything" : key.scopes.map(\.rawValue).joined(separator: ",")
      table.add(key.name, key.prefix + "…", status, scopes, key.createdAt.description, key.id)
    }
    table.print(to: invocation.console)
    if keys.isEmpty { invocation.console.say("There are no keys yet: perigee key create --name NAME makes one.") }
    return .ok
  }

  static let keyRevoke = Command(
    name: "key revoke", summary: "End an API key for good",
    positionals: [Positional("KEY", .one, "Its id, its name, or the characters it starts with")], options: [Option.store],
    examples: [
      Example("perigee key revoke laptop", "by name, if only one active key has it"),
      Example("perigee key revoke sk_4fJk2", "by its first characters"),
    ]
  ) { invocation throws(Problem) in
    let store = try KeyStore(invocation, creating: false)
    let wanted = invocation.word(0) ?? ""
    let active = try store.keys().filter { $0.revokedAt == nil }
    let matches = active.filter { $0.id == wanted || $0.name == wanted || (wanted.utf8.count >= 8 && wanted.hasPrefix($0.prefix)) }
    guard let key = matches.first else {
      throw Problem(
        .notFound, "there is no active key '\(wanted)'", hint: "perigee key list shows them",
        didYouMean: Suggestion.nearest(to: wanted, in: active.map(\.name)))
    }
    if matches.count > 1 {
      throw Problem(
        .conflict, "\(matches.count) active keys are called '\(wanted)'", hint: "Give an id: \(matches.map(\.id).joined(separator: ", "))")
    }
    var ended = key
    ended.revokedAt = invocation.surroundings.now()
    try store.revoke(ended)
    if invocation.wantsJSON {
      invocation.console.print(ended.json)
    } else {
      invocation.console.say("'\(key.name)' (\(key.prefix)…) opens nothing any more.")
    }
    return .ok
  }

  private static func scopes(_ list: String?) throws(Problem) -> [APIKey.Scope] {
    guard let list else { return APIKey.Scope.allCases }
    let words = APIKey.Scope.allCases.map(\.rawValue)
    var scopes: [APIKey.Scope] = []
    for word in list.split(separator: ",").map(String.init) {
      guard let scope = APIKey.Scope(rawValue: word) else {
        throw Problem(
          .invalid, "unknown scope '\(word)'", hint: "Some of: \(words.joined(separator: ","))", path: "--scopes",
          didYouMean: Suggestion.nearest(to: word, in: words))
      }
      if !scopes.contains(scope) { scopes.append(scope) }
    }
    if scopes.isEmpty { throw Problem(.invalid, "no scope is given", hint: "Some of: \(words.joined(separator: ","))", path: "--scopes") }
    return scopes
  }
}
