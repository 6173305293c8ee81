import Basics
import Glibc
import Model
import Scheduling
import Store

/// A whole host over a store that is thrown away, with a clock of its own: where scripts are tested, and where a dry run writes.
final class ScriptSandbox {
  let host: Host
  let clock: ManualClock?
  /// The number of the last event that was there from the beginning.
  private(set) var firstSeq: Int64 = 0
  private let folder: String

  /// An empty store with the given scripts active in its default namespace, with a clock that stands still until a test moves it.
  init(scripts: [ScriptText], zones: Zones) throws(Problem) {
    let clock = ManualClock()
    let folder = try Self.makeFolder()
    self.clock = clock
    self.folder = folder
    do throws(Problem) {
      host = try Host.open(
        Host.Configuration(path: folder + "/store.db", surroundings: clock.surroundings, threads: 1, readers: 3, zones: zones))
    } catch {
      Self.remove(folder)
      throw error
    }
    let namespaceID = try host.defaultNamespace(for: .local).id
    var transaction = Transaction()
    for script in scripts {
      let id = Identifier.make("scr", clock.surroundings)
      transaction.insert(
        StoredScript(
          id: id, namespaceID: namespaceID, name: script.name, kind: script.kind, activeVersion: 1, lastVersion: 1, createdAt: clock.now,
          updatedAt: clock.now))
      transaction.insert(ScriptVersion(scriptID: id, number: 1, source: script.source, createdAt: clock.now))
    }
    try host.commit(transaction)
  }

  /// A copy of a store as it is now. Its triggers are held and what was running there is cancelled, so that nothing happens in it by itself.
  init(copying original: Host) throws(Problem) {
    clock = nil
    let folder = try Self.makeFolder()
    self.folder = folder
    let path = folder + "/store.db"
    let surroundings = original.surroundings
    do throws(Problem) {
      try original.readers.backup(to: path)
      let ledger = try SQLiteLedger.open(path: path, mode: .owner, surroundings: surroundings)
      var transaction = Transaction()
      transaction.setSetting(Maintenance.setting, to: Maintenance(since: surroundings.now(), note: "dry run").json)
      for task in try original.read({ reader throws(Problem) in try reader.unfinishedTasks() }) {
        transaction.finishTask(task.id, attempt: task.attempt, status: .canceled, error: "dry run", at: surroundings.now())
      }
      // What a dry run sent could not be taken back.
      for namespace in try original.read({ reader throws(Problem) in try reader.namespaces() }).items {
        transaction.setSetting(Outbound.setting(namespace.id), to: [])
      }
      let outcome = ledger.commit(transaction)
      ledger.close()
      guard case .committed = outcome else { throw outcome.problem }
      host = try Host.open(
        Host.Configuration(path: path, surroundings: surroundings, threads: original.configuration.threads, readers: 3, zones: original.zones))
      firstSeq = try host.read { reader throws(Problem) in try reader.highestSeq() }
    } catch {
      Self.remove(folder)
      throw error
    }
  }

  deinit {
    host.close()
    Self.remove(folder)
  }

  /// Moves the clock, stopping at each moment at which something is due, and lets it happen.
  func advance(by duration: Duration) throws(Problem) {
    guard let clock else { return }
    let end = clock.now + duration
    while clock.now < end {
      let now = clock.now
      let next = try host.read { reader throws(Problem) in
        var due = try reader.activeTriggers().compactMap(\.nextScheduledAt)
        due += try reader.unfinishedTasks().compactMap(\.retryAt)
        return due.filter { $0 > now }.min()
      }
      clock.advance(by: min(end, max(next ?? end, now + .milliseconds(1))) - now)
      host.clockMoved()
      try host.settle()
    }
  }

  private static func makeFolder() throws(Problem) -> String {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/perigee-sandbox-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw Problem(
        .unavailable, "no folder for a throw-away store could be made in \(base): \(String(cString: strerror(errno)))",
        hint: "Set TMPDIR to a folder that can be written")
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func remove(_ folder: String) {
    for name in ["store.db", "store.db-wal", "store.db-shm", "store.db.lock", "store.db.partial"] { unlink(folder + "/" + name) }
    rmdir(folder)
  }
}
