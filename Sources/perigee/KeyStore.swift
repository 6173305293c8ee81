import Basics
import Glibc
import Model
import Store

/// The keys of a store, with or without a running server: who has the file in their hands may make keys to it.
struct KeyStore {
  private let ledger: SQLiteLedger
  private let readers: Readers
  private let surroundings: Surroundings

  init(_ invocation: Invocation, creating: Bool) throws(Problem) {
    let path = invocation.storePath
    if !creating, access(path, F_OK) != 0 {
      throw Problem(.notFound, "there is no store at '\(path)'", hint: "Name yours with --store, or make one: perigee serve --store \(path)")
    }
    surroundings = invocation.surroundings
    ledger = try SQLiteLedger.open(path: path, mode: .beside, surroundings: surroundings)
    readers = Readers(path: path, count: 1, surroundings: surroundings)
  }

  func keys() throws(Problem) -> [APIKey] { try readers.read { reader throws(Problem) in try reader.keys() } }

  /// Identifiers of the namespaces in a list of names.
  func namespaceIDs(_ list: String?) throws(Problem) -> [String] {
    guard let list else { return [] }
    return try readers.read { reader throws(Problem) in
      var ids: [String] = []
      for name in list.split(separator: ",").map(String.init) {
        guard let namespace = try reader.namespace(name) else {
          let known = try reader.namespaces().items.map(\.name)
          throw Problem(.notFound, "there is no namespace '\(name)'", path: "--namespaces", didYouMean: Suggestion.nearest(to: name, in: known))
        }
        ids.append(namespace.id)
      }
      return ids
    }
  }

  func insert(_ key: APIKey) throws(Problem) {
    var transaction = Transaction()
    transaction.insert(key)
    try commit(transaction)
  }

  func revoke(_ key: APIKey) throws(Problem) {
    var transaction = Transaction()
    transaction.revokeKey(key.id, at: key.revokedAt ?? surroundings.now())
    try commit(transaction)
  }

  private func commit(_ transaction: Transaction) throws(Problem) {
    switch ledger.commit([transaction])[0] {
    case .committed: return
    case .lost: throw Problem(.conflict, "somebody else changed the key meanwhile", hint: "Look again: perigee key list")
    case .failed(let problem), .unknown(let problem): throw problem
    }
  }
}
