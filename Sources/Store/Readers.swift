package import Basics
import CSQLite
import Glibc
import Synchronization

/// A pool of connections that only read. Any thread may ask; each `read` sees the store as it was at one moment.
///
/// Connections are opened when they are first needed. When all are in use, `read` waits; a read inside a read would wait for itself.
package final class Readers: Sendable {
  package let path: String
  private let surroundings: Surroundings
  private let idle = Mutex<[Lent]>([])
  /// Counts the connections that may still be taken.
  private let free: Semaphore

  /// @unchecked Sendable: a connection is on the idle list or with the one thread that took it from there.
  private struct Lent: @unchecked Sendable { let connection: Connection }

  package init(path: String, count: Int, surroundings: Surroundings) {
    self.path = path
    self.surroundings = surroundings
    free = Semaphore(max(1, count))
  }

  /// Lends a reader on one snapshot of the store.
  ///
  /// `deadline` and `cancellation` interrupt SQLite in the middle of a long query; the Problem is `.cancelled`. Without them a read
  /// takes as long as it takes, and the write-ahead log cannot be emptied meanwhile.
  package func read<T>(
    within deadline: Duration? = nil, cancellation: Cancellation? = nil, _ body: (Reader) throws(Problem) -> T
  ) throws(Problem) -> T {
    free.wait()
    defer { free.signal() }
    let lent: Lent
    if let waiting = idle.withLock({ $0.popLast() }) { lent = waiting } else { lent = try open() }
    let connection = lent.connection
    let watch = deadline == nil && cancellation == nil ? nil : Watch(deadline, cancellation, surroundings)
    watch?.attach(to: connection)
    let result: Result<T, Problem>
    do throws(Problem) {
      try translating { () throws(SQLiteFault) in try connection.execute("BEGIN") }
      result = .success(try body(Reader(connection)))
    } catch { result = .failure(error) }
    watch?.detach(from: connection)
    // A connection that cannot end its transaction is not lent again.
    if !connection.isInTransaction || (try? connection.execute("COMMIT")) != nil { idle.withLock { $0.append(lent) } }
    return try result.get()
  }

  /// Closes what is idle. Later reads open anew.
  package func close() { idle.withLock { $0 = [] } }

  private func open() throws(Problem) -> Lent {
    _ = try StoreFile.isNew(path, creating: false)
    let connection = try translating { () throws(SQLiteFault) in
      let connection = try Connection(path: path, .read)
      try connection.execute(Self.pragmas)
      return connection
    }
    return Lent(connection: connection)
  }

  /// Mapped memory saves a copy per page when vectors are read in bulk; 2 GiB is SQLite's own limit.
  private static let pragmas = """
    PRAGMA busy_timeout = 5000;
    PRAGMA query_only = ON;
    PRAGMA cache_size = -8000;
    PRAGMA mmap_size = 2147418112;
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
    """
}

/// Looks at the clock and the flag every few thousand steps of SQLite's machine.
private final class Watch {
  private let limit: Ticks?
  private let cancellation: Cancellation?
  private let surroundings: Surroundings

  init(_ deadline: Duration?, _ cancellation: Cancellation?, _ surroundings: Surroundings) {
    limit = deadline.map { Ticks(nanoseconds: surroundings.ticks().nanoseconds &+ UInt64(max(0, $0.inMilliseconds)) &* 1_000_000) }
    self.cancellation = cancellation
    self.surroundings = surroundings
  }

  private var isOver: Bool { cancellation?.isCancelled ?? false || limit.map { $0 < surroundings.ticks() } ?? false }

  /// SQLite keeps a plain pointer: the caller keeps the watch alive until `detach`.
  func attach(to connection: Connection) {
    sqlite3_progress_handler(
      connection.handle, 4000, { Unmanaged<Watch>.fromOpaque($0!).takeUnretainedValue().isOver ? 1 : 0 },
      Unmanaged.passUnretained(self).toOpaque())
  }

  func detach(from connection: Connection) { sqlite3_progress_handler(connection.handle, 0, nil, nil) }
}

/// A counting semaphore of POSIX: `Mutex` cannot wait for a condition.
private final class Semaphore: Sendable {
  // nonisolated(unsafe): sem_t is made for use by many threads, and its address never changes.
  nonisolated(unsafe) private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init(_ count: Int) { sem_init(semaphore, 0, UInt32(count)) }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func wait() { while sem_wait(semaphore) != 0 {} }
  func signal() { sem_post(semaphore) }
}
