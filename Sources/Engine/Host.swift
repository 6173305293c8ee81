package import Basics
import CLinux
import Glibc
package import Model
package import Scheduling
import Scripting
package import Store
import Synchronization

/// The one owner: of the writing connection, the agenda, the counters and the workers.
///
/// Its own thread takes commands out of the inbox and commits all that wait in one transaction; everything else (reading, validating,
/// clustering, scripts) happens on the callers' and the workers' threads. All methods here may be called from any thread and block until
/// the answer is durable.
package final class Host: Sendable {
  package struct Configuration: Sendable {
    package var path: String
    package var surroundings: Surroundings
    /// Threads for clustering.
    package var threads: Int
    /// Bytes that one clustering may take; more is refused before it begins.
    package var memoryLimit = Clusterer.usualMemory
    package var readers: Int
    /// What of the history is kept.
    package var retention: Retention
    package var zones: Zones
    /// Where log lines go: level, message.
    package var log: @Sendable (_ level: String, _ message: String) -> Void
    /// The way to other servers; nil when there is none.
    package var courier: Courier?
    /// The folders of this machine that buckets may follow, with all that is in them.
    package var syncRoots: [String]

    package init(
      path: String, surroundings: Surroundings = .real, threads: Int = 2, readers: Int = 12, zones: Zones = Zones(),
      retention: Retention = Retention(), courier: Courier? = nil, syncRoots: [String] = [],
      log: @escaping @Sendable (_ level: String, _ message: String) -> Void = { _, _ in }
    ) {
      self.path = path
      self.surroundings = surroundings
      self.threads = threads
      self.readers = readers
      self.retention = retention
      self.zones = zones
      self.courier = courier
      self.syncRoots = syncRoots
      self.log = log
    }
  }

  package let configuration: Configuration
  package var surroundings: Surroundings { configuration.surroundings }
  package let readers: Readers
  /// Requests whose searches wait for a server that makes vectors of texts.
  let searchers = Turnstile(places: 8)
  package let zones: Zones
  package let startedAt: Instant
  package let meter = Meter()
  /// Who is told of new events.
  package let audience = Audience()
  let inbox = Mailbox<Command>()
  let workers: Workers
  let dispatcher = WebhookDispatcher()
  package let streams = EventStreams()
  let syncs = SyncKeeper()
  /// Flags of the tasks that run now, so that they can be cancelled.
  let cancellations = Cancellations()
  /// By which fields lists are filtered.
  let uses = FieldUses()
  /// What is shown of triggers' schedules.
  let schedules = KnownSchedules()
  private let loop: OwnThread
  /// The thread that prunes the history, and the box whose closing ends it.
  private let keeper = Mutex<OwnThread?>(nil)
  private let keeping = Mailbox<Void>()
  private let alarm: ClockAlarm?
  private let closed = Atomic<Bool>(false)

  /// Opens a store as its owner, takes up what a crash left unfinished, and starts to fire. Throws when the file is not a store, is
  /// damaged, or belongs to another running host.
  package static func open(_ configuration: Configuration) throws(Problem) -> Host {
    boundMemory()
    let ledger = try SQLiteLedger.open(path: configuration.path, mode: .owner, surroundings: configuration.surroundings)
    let host = try Host(configuration, ledger)
    do throws(Problem) {
      let thread = try OwnThread.start(name: "perigee-keeper", stack: 1 << 20) { host.keepTidy(until: host.keeping) }
      host.keeper.withLock { $0 = thread }
      try host.dispatcher.reload(host)
      try host.syncs.reload(host)
    } catch {
      host.close()
      throw error
    }
    return host
  }

  /// Dozens of threads take turns with large requests. With an arena for each, glibc would keep what the largest took as often as there are
  /// arenas (eight for each core), and grow each a few pages at a time. To be said first of all: when some threads have been, the number of arenas
  /// is settled for good.
  package static func boundArenas() { cl_bound_arenas(Int32(clamping: max(2, min(8, sysconf(Int32(_SC_NPROCESSORS_ONLN)))))) }

  /// The allocator's own thresholds move up to 32 MiB, and what lies below them stays in each arena.
  private static func boundMemory() { cl_bound_memory(8 << 20, 16 << 20) }

  private init(_ configuration: Configuration, _ ledger: SQLiteLedger) throws(Problem) {
    self.configuration = configuration
    readers = Readers(path: configuration.path, count: configuration.readers, surroundings: configuration.surroundings)
    zones = configuration.zones
    startedAt = configuration.surroundings.now()
    workers = try Workers(inbox: inbox)
    let handover = Handover(ledger: ledger)
    let ready = Reply<Result<Void, Problem>>()
    let parts = HostLoop.Parts(
      configuration: configuration,
      // Readers of its own: the host's thread never waits behind a long read.
      readers: Readers(path: configuration.path, count: 1, surroundings: configuration.surroundings), zones: zones, inbox: inbox, workers: workers,
      cancellations: cancellations, meter: meter, audience: audience)
    loop = try OwnThread.start(name: "perigee-host") {
      let loop = HostLoop(handover.ledger, parts)
      do throws(Problem) {
        try loop.recover()
        ready.give(.success(()))
      } catch {
        ready.give(.failure(error))
        loop.end()
        return
      }
      loop.run()
    }
    alarm = ClockAlarm(configuration.log) { [inbox] in inbox.nudge() }
    do throws(Problem) {
      try ready.wait().get()
    } catch {
      alarm?.stop()
      inbox.close()
      loop.join()
      throw error
    }
    workers.start(self)
  }

  /// The ledger crosses once, from the thread that opened it to the host's thread.
  private struct Handover: @unchecked Sendable { let ledger: SQLiteLedger }

  /// Takes no more work, lets the running tasks be interrupted (they go on after the next start), commits what waits, and closes the store.
  package func close() {
    guard !closed.exchange(true, ordering: .acquiringAndReleasing) else { return }
    alarm?.stop()
    workers.stop(interrupting: cancellations.withLock { Array($0.values) })
    dispatcher.close(self)
    streams.close()
    syncs.close()
    keeping.close()
    keeper.withLock { $0 }?.join()
    // The last to close a store empties its write-ahead log, and only a connection that writes can do that.
    readers.close()
    inbox.put(.stop)
    loop.join()
    inbox.close()
    readers.close()
  }

  /// Tells a running task to stop at its next look at the flag. False when it does not run.
  @discardableResult func interrupt(_ taskID: String) -> Bool {
    let running = cancellations.withLock { $0[taskID] }
    running?.cancel()
    return running != nil
  }

  var isClosing: Bool { closed.load(ordering: .acquiring) }

  package func log(_ level: String, _ message: String) { configuration.log(level, message) }

  /// Tells the host that the clock was moved. Only tests move clocks by hand.
  package func clockMoved() {
    inbox.nudge()
    dispatcher.clockMoved()
    syncs.clockMoved()
  }

  // MARK: - Waiting for the host's thread

  /// The one thing that is unavailable for a moment only: clients may wait for it.
  static let shuttingDown = Problem(
    .unavailable, "the host is shutting down", hint: "Try again when it is back",
    details: ["http_status": 503, "retry_after_seconds": 2, "retryable": true])

  func ask<Value: Sendable>(_ command: (Reply<Result<Value, Problem>>) -> Command) throws(Problem) -> Value {
    let reply = Reply<Result<Value, Problem>>()
    guard inbox.put(command(reply)) else { throw Self.shuttingDown }
    let answer = Blocking.during { reply.wait() }
    // Whoever goes on reading sees what was written.
    try Snapshot.current?.renew()
    return try answer.get()
  }

  /// Commits a transaction, together with whatever else waits. A lost guard is a conflict.
  @discardableResult package func commit(_ transaction: Transaction) throws(Problem) -> [[Value]] {
    if let gathering = Gathering.current, !transaction.isEmpty {
      gathering.add(.statements(transaction))
      return []
    }
    return try ask { .commit(transaction, $0) }
  }

  /// Commits a transaction with what it means to those who listen.
  @discardableResult func commit(_ transaction: Transaction, telling events: EventWrite...) throws(Problem) -> WriteReport {
    try write([.statements(transaction)] + events.map(Write.event))
  }

  func write(_ writes: [Write]) throws(Problem) -> WriteReport {
    guard let gathering = Gathering.current else { return try ask { .write(writes, $0) } }
    for write in writes { gathering.add(write) }
    return WriteReport()
  }

  /// Sets positions aside for documents that a worker inserts, and answers the first: they are counted over the whole store.
  func reservePositions(_ count: Int) throws(Problem) -> Int64 { try ask { .reserve(Int64(count), $0) } }

  /// Stores a new trigger, or an edited one (over the row with the same fence), and tells the agenda.
  /// `writes` are committed with it, or neither is.
  func put(_ trigger: Trigger, isNew: Bool, with writes: [Write] = []) throws(Problem) {
    try checkWhole(trigger, isNew: isNew)
    guard let gathering = Gathering.current else { return try ask { .put(trigger, isNew: isNew, writes, $0) } as Void }
    let before = try before(trigger, isNew: isNew, gathering)
    for write in writes { gathering.add(write) }
    gathering.add(.trigger(trigger, over: before))
    gathering.note(trigger)
  }

  /// What a gathered edit began with; of several edits the first one's counts.
  private func before(_ trigger: Trigger, isNew: Bool, _ gathering: Gathering) throws(Problem) -> Trigger? {
    if isNew || gathering.trigger(trigger.id, in: trigger.namespaceID) != nil { return nil }
    let stored = try read { reader throws(Problem) in try reader.trigger(trigger.id) }
    guard let stored, stored.fence == trigger.fence else { throw Outcome.lost("trigger").problem }
    return stored
  }

  /// Tells the agenda that something which these triggers name was changed.
  func reload(_ triggerIDs: [Trigger.ID]) throws(Problem) { try ask { .reload(triggerIDs, $0) } as Void }

  /// Makes the namespace's limit on tasks at once the one that holds.
  func limitTasks(of namespace: Namespace) throws(Problem) {
    try ask { .limit(namespace.id, namespace.maxConcurrentTasks.map(Int.init), $0) } as Void
  }

  /// Starts a task outside any schedule.
  /// `transaction` is written with it, or neither is.
  func start(_ task: TaskRecord, with transaction: Transaction = Transaction()) throws(Problem) {
    if let gathering = Gathering.current { return try gathering.start(task, with: transaction) }
    try ask { .start(task, transaction, $0) } as Void
  }

  /// Reads in one snapshot, for as long as the thread's `ReadLimit` allows; then it is stopped in the middle of SQLite's work.
  package func read<T>(_ body: (Reader) throws(Problem) -> T) throws(Problem) -> T {
    if let open = Snapshot.current, open.readers === readers { return try body(open.reader) }
    guard let limit = ReadLimit.current else { return try readers.read(body) }
    do throws(Problem) { return try readers.read(within: limit, body) } catch {
      guard error.kind == .cancelled else { throw error }
      throw Problem(
        .budget, "the read took longer than \(limit.inMilliseconds) ms", hint: "Ask for less at once: a smaller page, a narrower filter, no sort",
        details: error.details)
    }
  }

  /// Lets everything that `body` reads on this thread be of one snapshot. To begin and end one costs more than most questions in it: a request
  /// that asks who it comes from, where, and for what, asks once. Not for what waits for others: a snapshot keeps the log from being emptied.
  package func inOneSnapshot<T>(_ body: () throws(Problem) -> T) throws(Problem) -> T {
    try read { reader throws(Problem) in try Snapshot(reader, of: readers).lend(body) }
  }

  /// Writes who owns the store beside it, for command lines on the same machine.
  package func announce(_ description: JSON) throws(Problem) { try ask { .announce(description, $0) } as Void }

  /// Waits until no task is pending or running, no script is being asked, and what happened is sent. For scripts and tests that want to see the
  /// end of things.
  package func settle() throws(Problem) {
    syncs.settle()
    try ask { .settle($0) } as Void
    dispatcher.settle()
  }
}
