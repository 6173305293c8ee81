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
  private let seats: [Seat]
  /// Counts the seats that are free.
  private let free: Semaphore

  /// A place for one connection. Taken by an exchange of one flag: with a lock around a list, many short reads met in the lock.
  ///
  /// @unchecked Sendable: `connection` belongs to whoever has set `isTaken`.
  private final class Seat: @unchecked Sendable {
    private let isTaken = Atomic<Bool>(false)
    var connection: Connection?

    func take() -> Bool { !isTaken.exchange(true, ordering: .acquiring) }
    func leave() { isTaken.store(false, ordering: .releasing) }
  }

  package init(path: String, count: Int, surroundings: Surroundings) {
    self.path = path
    self.surroundings = surroundings
    seats = (0..<max(1, count)).map { _ in Seat() }
    free = Semaphore(seats.count)
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
    let seat = takeSeat()
    defer { seat.leave() }
    let connection: Connection
    if let known = seat.connection { connection = known } else { connection = try open() }
    seat.connection = connection
    let watch = deadline == nil && cancellation == nil ? nil : Watch(deadline, cancellation, surroundings)
    watch?.attach(to: connection)
    let result: Result<T, Problem>
    do throws(Problem) {
      try translating { () throws(SQLiteFault) in try connection.control(.read) }
      result = .success(try body(Reader(connection)))
    } catch { result = .failure(error) }
    watch?.detach(from: connection)
    // A connection that cannot end its transaction is not lent again.
    if connection.isInTransaction, (try? connection.control(.commit)) == nil { seat.connection = nil }
    return try result.get()
  }

  /// The first free seat: few readers keep few connections, whose pages stay in their caches. The semaphore says that there is one.
  private func takeSeat() -> Seat {
    while true {
      for seat in seats where seat.take() { return seat }
    }
  }

  /// Copies the store, as it is now, to a path where nothing is yet; checked and on the disk when it returns.
  ///
  /// Writers go on meanwhile. Throws `.conflict` when the path is taken.
  package func backup(to path: String) throws(Problem) {
    _ = try StoreFile.isNew(self.path, creating: false)
    try Backup.write(translating { () throws(SQLiteFault) in try Connection(path: self.path, .read) }, to: path)
  }

  /// Closes what is idle. Later reads open anew.
  package func close() {
    for seat in seats where seat.take() {
      seat.connection = nil
      seat.leave()
    }
  }

  private func open() throws(Problem) -> Connection {
    _ = try StoreFile.isNew(path, creating: false)
    return try translating { () throws(SQLiteFault) in
      let connection = try Connection(path: path, .read)
      try connection.execute(Self.pragmas)
      return connection
    }
  }

  /// Mapped memory saves a copy per page when vectors are read in bulk; a larger map would count as the process's own, once for each connection.
  /// What a question sorts stays in memory as far as the cache goes and lies in a file behind that, or a million groups would be held at once.
  private static let pragmas = """
    PRAGMA busy_timeout = 5000;
    PRAGMA query_only = ON;
    PRAGMA cache_size = -8000;
    PRAGMA mmap_size = 268435456;
    PRAGMA temp_store = FILE;
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
