package import Basics
import CSQLite
import Synchronization

/// The one that writes: a SQLite file in WAL mode, synchronised at every commit, so what is acknowledged survives a power cut.
///
/// Batches make that affordable: one `fsync` serves all that wait (group commit). One thread calls at a time, usually the host's;
/// a lock sees to it.
package final class SQLiteLedger: Ledger {
  package enum Mode: Sendable {
    /// The one server: holds the lock on `path.lock` and keeps every other owner out.
    case owner
    /// A command beside a running server: no lock, waits up to five seconds for its turn to write.
    case beside
  }

  private struct State: ~Copyable {
    var connection: Connection?
    var lock: OwnerLock?
  }

  package let path: String
  private let surroundings: Surroundings
  private let state: Mutex<State>

  /// Opens the store, makes it when there is none, and brings it to this build's schema.
  ///
  /// Throws `.conflict` for a second owner and for another application's file, `.unsupported` for a newer schema, `.malformed` for
  /// what is not SQLite, `.unavailable` for damage, permissions and full disks, `.notFound` for a missing directory.
  package static func open(path: String, mode: Mode, surroundings: Surroundings) throws(Problem) -> SQLiteLedger {
    let isNew = try StoreFile.isNew(path, creating: true)
    let lock = mode == .owner ? try OwnerLock(store: path) : nil
    if isNew { try StoreFile.create(path) }
    let connection = try translating { () throws(SQLiteFault) in
      let connection = try Connection(path: path, .write)
      try connection.execute(isNew ? "PRAGMA page_size = \(pageSize)" : "")
      try connection.execute(pragmas)
      return connection
    }
    try Migration.run(on: connection, path: path, now: surroundings.now())
    return SQLiteLedger(path: path, surroundings: surroundings, state: State(connection: connection, lock: lock))
  }

  private init(path: String, surroundings: Surroundings, state: consuming sending State) {
    self.path = path
    self.surroundings = surroundings
    self.state = Mutex(state)
  }

  private static let pageSize = 8192

  /// A burst writes the same pages again and again; they are copied into the store when the log has 64 MiB, once each. At SQLite's own
  /// thousand pages every large transaction would copy them, with two more fsyncs.
  private static let checkpointPages = (64 << 20) / pageSize

  private static let pragmas = """
    PRAGMA busy_timeout = 5000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA wal_autocheckpoint = \(checkpointPages);
    PRAGMA cache_size = -32000;
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
    """

  package func now() -> Instant { surroundings.now() }

  package func commit(_ batch: [Transaction]) -> [Outcome] {
    if batch.isEmpty { return [] }
    return state.withLock { state in
      guard let connection = state.connection else {
        return batch.map { _ in .failed(Problem(.unavailable, "the store is closed", hint: "The server is shutting down")) }
      }
      return GroupCommit(connection: connection).run(batch)
    }
  }

  /// Writes who owns the store into the lock file, for the commands and the second server that find it locked.
  package func describe(_ json: JSON) throws(Problem) {
    try state.withLock { state throws(Problem) in
      guard state.lock != nil else { throw Problem(.internal, "only the owner describes itself") }
      try state.lock?.describe(json)
    }
  }

  /// What the owner of a store said of itself: empty when nothing yet, nil when nobody owns it.
  package static func owner(of path: String) -> JSON? { OwnerLock.owner(of: path) }

  /// Bytes that wait in the write-ahead log. It grows without end only while a reader holds on to an old snapshot.
  package var walBytes: Int { StoreFile.size(path + "-wal") }

  /// Moves the write-ahead log into the store and empties it, if no reader is in the way. Call it when nothing waits to be written.
  package func checkpointIfIdle() {
    guard walBytes > 0 else { return }
    state.withLock { state in
      guard let connection = state.connection else { return }
      // A checkpoint would wait for readers as long as the busy timeout says, and with it everything that wants to be written.
      sqlite3_busy_timeout(connection.handle, 0)
      sqlite3_wal_checkpoint_v2(connection.handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
      sqlite3_busy_timeout(connection.handle, 5000)
    }
  }

  /// Closes the file and gives up the lock; commits that come later fail.
  package func close() {
    state.withLock { state in
      if let connection = state.connection { try? connection.execute("PRAGMA optimize") }
      state.connection = nil
      state.lock = nil
    }
  }
}
