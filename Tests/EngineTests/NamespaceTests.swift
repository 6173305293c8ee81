import Basics
import Engine
import Model
import TestSupport
import Testing

@Suite("Namespaces") struct NamespaceTests {
  @Test("say of themselves what was said of them", arguments: ["managed", "standalone", nil] as [String?])
  func modes(mode: String?) throws {
    let store = try TemporaryStore()
    let made = try store.call("create_namespace", body: ["namespace_name": "one", "description": "d", "mode": .optional(mode)])
    let expected = JSON.string(mode ?? "managed")
    #expect(made["mode"] == expected && made["namespace_type"] == "standard" && made["scope"] == "org" && made["description"] == "d")
    try store.reopen()
    let path = ["namespace_identifier": "one"]
    #expect(try store.call("get_namespace", path: path)["mode"] == expected)
    #expect(try store.call("patch_namespace", path: path, body: ["mode": "managed"])["mode"] == "managed")
    let own = try store.call(
      "create_namespace", body: ["namespace_name": "two", "vector_configs": [["name": "v", "dimension": 2, "metric": "cosine"]]])
    #expect(own["mode"] == "standalone")
  }

  @Test("tell the metric of their vectors by the word that namespaces have for it", arguments: ["cosine", "euclidean", "dot_product"])
  func metrics(word: String) throws {
    let store = try TemporaryStore()
    let configs: JSON = [["name": "v", "dimension": 2, "metric": .string(word)]]
    let made = try store.call("create_standalone_namespace", body: ["namespace_id": "own", "vector_configs": configs])
    #expect(made["vector_configs"] == configs)
    let read = try store.call("get_namespace", path: ["namespace_identifier": "own"])
    #expect(read["vector_configs"] == configs)
    // What it reads it takes back.
    let again = try store.call("patch_namespace", path: ["namespace_identifier": "own"], body: ["vector_configs": read["vector_configs"] ?? .null])
    #expect(again["vector_configs"] == configs)
  }

  @Test(
    "have names and identifiers that mean one of them alone",
    arguments: [
      (["namespace_name": "one"], "namespace_name"), (["namespace_name": "two", "namespace_id": "ns_1"], "namespace_id"),
      (["namespace_name": "two", "namespace_id": "one"], "namespace_id"), (["namespace_name": "ns_1"], "namespace_name"),
    ] as [(JSON, String)])
  func names(body: JSON, field: String) throws {
    let store = try TemporaryStore()
    try store.call("create_namespace", body: ["namespace_name": "one", "namespace_id": "ns_1"])
    let error = #expect(throws: Problem.self) { try store.call("create_namespace", body: body) }
    #expect(error?.kind == .conflict && error?.path == field, "\(String(describing: error))")
    #expect(try store.call("list_namespaces")["total_count"] == 1)
  }

  @Test("do not take the name or the identifier of another", arguments: ["one", "ns_1"])
  func renaming(name: String) throws {
    let store = try TemporaryStore()
    try store.call("create_namespace", body: ["namespace_name": "one", "namespace_id": "ns_1"])
    try store.call("create_namespace", body: ["namespace_name": "two"])
    for operation in ["patch_namespace", "update_namespace"] {
      let error = #expect(throws: Problem.self) {
        try store.call(operation, path: ["namespace_identifier": "two"], body: ["namespace_name": .string(name)])
      }
      #expect(error?.kind == .conflict && error?.path == "namespace_name")
    }
    // Its own name is no other's.
    #expect(try store.call("update_namespace", path: ["namespace_identifier": "two"], body: ["namespace_name": "two"])["namespace_name"] == "two")
  }

  static let mistakes: [(JSON, path: String, kind: Problem.Kind)] = [
    (["mode": "manged"], "mode", .invalid), (["mode": ["a": 1]], "mode", .invalid), (["scope": "mine"], "scope", .invalid),
    (["auto_create_indexes": "yes"], "auto_create_indexes", .invalid), (["adaptive_indexing": 1], "adaptive_indexing", .invalid),
    (["features": "image_search"], "features", .invalid), (["ttl_seconds": "x"], "ttl_seconds", .invalid),
    (["ttl_seconds": 60], "ttl_seconds", .unsupported), (["expires_at": "2030-01-01T00:00:00Z"], "expires_at", .unsupported),
    (["trusted_issuers": [["issuer": "https://a.b"]]], "trusted_issuers", .unsupported),
  ]

  @Test("refuse what has the wrong type, and what they would not keep", arguments: mistakes)
  func refusing(body: JSON, path: String, kind: Problem.Kind) throws {
    let store = try TemporaryStore()
    try store.call("create_namespace", body: ["namespace_name": "one"])
    var creation: JSONObject = ["namespace_name": "two"]
    creation.set(body.object?.members ?? [])
    let creating = #expect(throws: Problem.self) { try store.call("create_namespace", body: .object(creation)) }
    let changing = #expect(throws: Problem.self) { try store.call("patch_namespace", path: ["namespace_identifier": "one"], body: body) }
    for error in [creating, changing] { #expect(error?.path == path && error?.kind == kind, "\(String(describing: error))") }
    #expect(try store.call("list_namespaces")["total_count"] == 1)
  }
}
