import Basics
import Glibc
import Model
import Store
import Testing

@Suite("Two processes on one store") struct BesideTests {
  /// Once a reader checked the file's header with a descriptor of its own; closing that dropped the locks that SQLite held, and the next
  /// `key create` beside the server deleted the log that the server was writing.
  @Test("a command beside a running store leaves the store's log alone, and both see what the other wrote")
  func logStays() throws {
    var template = Array("/tmp/perigee-beside-XXXXXX".utf8CString)
    _ = mkdtemp(&template)
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let store = folder + "/store.db"
    defer {
      for name in ["store.db", "store.db-wal", "store.db-shm", "store.db.lock"] { unlink(folder + "/" + name) }
      rmdir(folder)
    }
    let ledger = try SQLiteLedger.open(path: store, mode: .owner, surroundings: .real)
    let readers = Readers(path: store, count: 4, surroundings: .real)
    defer {
      readers.close()
      ledger.close()
    }
    for round in 0..<5 {
      var transaction = Transaction()
      transaction.insert(Namespace(id: "ns_\(round)", name: "space \(round)", createdAt: Instant(seconds: 1), updatedAt: Instant(seconds: 1)))
      guard case .committed = ledger.commit(transaction) else {
        Issue.record("round \(round): the write failed")
        return
      }
      #expect(try readers.read { reader throws(Problem) in try reader.keys() }.count == round)
      let child = try Child(["key", "create", "--store", store, "--name", "key \(round)", "--json"])
      #expect(child.line()?.contains("sk_") == true)
      #expect(child.end(0) == 0)
      #expect(access(store + "-wal", F_OK) == 0, "round \(round): the log is gone")
      #expect(try readers.read { reader throws(Problem) in try reader.keys() }.count == round + 1)
    }
    #expect(try readers.read { reader throws(Problem) in try reader.integrityCheck() } == [])
    // Whoever comes later reads all of it.
    let other = try SQLiteLedger.open(path: store, mode: .beside, surroundings: .real)
    other.close()
    #expect(try readers.read { reader throws(Problem) in try reader.namespaces() }.items.count == 5)
  }
}
