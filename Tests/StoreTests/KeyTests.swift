import Basics
import Model
import Testing

@testable import Store

@Suite("Keys in the store") struct KeyTests {
  @Test("that could write before may still delete, and belong to the store's owner")
  func migration() throws {
    let directory = try temporaryDirectory()
    defer { removeDirectory(directory) }
    let path = directory + "/store.db"
    let now = Instant(milliseconds: 0)
    let connection = try Connection(path: path, .write)
    try Migration.run(Array(Migration.all.prefix { !$0.sql.contains("user_email") }), on: connection, path: path, now: now)
    for (id, scopes) in [("a", #"["read","write"]"#), ("b", #"["read"]"#), ("c", #"["read","write","execute","scripts","admin"]"#)] {
      try connection.execute(
        """
        INSERT INTO api_keys (key_id, name, prefix, hash, scopes, namespaces, created_at)
        VALUES ('\(id)', '\(id)', 'sk_', '\(id)', '\(scopes)', '[]', 0)
        """)
    }
    try Migration.run(on: connection, path: path, now: now)
    let keys = try connection.rows(.keys, [], APIKey.read)
    #expect(keys.map(\.scopes) == [[.read, .write, .delete], [.read], APIKey.Scope.allCases])
    #expect(keys.allSatisfy { $0.userEmail == APIKey.owner && $0.rateLimit == nil && $0.description == nil })
  }

  @Test("keep everything that is said of them; a change is lost when the secret was replaced meanwhile, or the key revoked")
  func changes() throws {
    let store = try TemporaryStore()
    var (key, _) = APIKey.make(name: "one", scopes: [.read], namespaces: ["ns_a", "ns_b*"], surroundings: store.clock.surroundings)
    key.userEmail = "ann@example.com"
    key.description = "for \"tests\""
    key.rateLimit = 60
    key.createdBy = "admin"
    try store.commit { $0.insert(key) }
    #expect(try store.readers.read { reader throws(Problem) in try reader.keys() } == [key])
    var renewed = key
    _ = renewed.renewSecret(store.clock.surroundings)
    try store.commit { $0.update(renewed, from: key) }
    #expect(try store.readers.read { reader throws(Problem) in try reader.key(hash: key.hash) } == nil)
    #expect(try store.readers.read { reader throws(Problem) in try reader.key(hash: renewed.hash) } == renewed)
    #expect(isLost(store) { $0.update(key, from: key) })
    try store.commit { $0.revokeKey(key.id, at: store.clock.surroundings.now()) }
    #expect(isLost(store) { $0.update(renewed, from: renewed) })
  }

  private func isLost(_ store: TemporaryStore, _ build: (inout Transaction) -> Void) -> Bool {
    if case .lost("key") = store.outcome(build) { true } else { false }
  }
}
