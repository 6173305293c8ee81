import Basics
import Model
import Store
import Synchronization

/// Follows the folders of all syncs on one thread: looks through them at the start, when the kernel says that something happened in them, when
/// their time has come, and when somebody asks.
///
/// There is no thread while no sync is active.
final class SyncKeeper: Sendable {
  private enum Errand: Sendable {
    case reload
    case look(String, isFull: Bool, SyncJob)
    case forget(String)
    case settle(Reply<Void>)
  }

  /// What is known of an active sync between its looks. Belongs to the keeper's thread.
  private struct Standing {
    var next: Instant
    /// Something happened in its folders, and perhaps goes on.
    var isDirty = false
    var polling: Duration
  }

  private struct State: Sendable {
    var thread: OwnThread?
    var isClosed = false
  }

  /// Of several things that happen one after the other, all are over before the folder is looked through.
  private static let quiet: Duration = .milliseconds(150)

  private let errands = Mailbox<Errand>()
  private let state = Mutex(State())
  private let watch = Mutex<FolderWatch?>(nil)

  /// Takes note that syncs were made, changed or deleted; begins to work when the first is there.
  func reload(_ host: Host) throws(Problem) {
    let hasAny = try host.read { reader throws(Problem) in try reader.syncs().contains { $0.sync.isActive } }
    guard try begin(host, isNeeded: hasAny) else { return }
    send(.reload)
  }

  /// Looks through a folder now.
  func look(_ syncID: String, isFull: Bool, _ job: SyncJob, _ host: Host) throws(Problem) {
    guard try begin(host, isNeeded: true) else { throw Problem(.unavailable, "the host is shutting down") }
    send(.look(syncID, isFull: isFull, job))
  }

  func forget(_ syncID: String) { if state.withLock({ $0.thread != nil }) { send(.forget(syncID)) } }

  func clockMoved() { watch.withLock { $0 }?.ring() }

  /// Waits until everything that was asked for, and everything that is due, has been done.
  func settle() {
    guard state.withLock({ $0.thread != nil && !$0.isClosed }) else { return }
    let reply = Reply<Void>()
    if errands.put(.settle(reply)) {
      clockMoved()
      reply.wait()
    }
  }

  func close() {
    let thread = state.withLock { state in
      state.isClosed = true
      defer { state.thread = nil }
      return state.thread
    }
    errands.close()
    clockMoved()
    thread?.join()
  }

  private func send(_ errand: Errand) {
    errands.put(errand)
    clockMoved()
  }

  /// False when there is nothing to do and nobody to do it.
  private func begin(_ host: Host, isNeeded: Bool) throws(Problem) -> Bool {
    try state.withLock { state throws(Problem) in
      if state.isClosed { return false }
      if state.thread != nil { return true }
      guard isNeeded else { return false }
      guard let made = FolderWatch() else {
        throw Problem(.unavailable, "no descriptors left to follow folders with", hint: "Raise the limit (ulimit -n)")
      }
      watch.withLock { $0 = made }
      state.thread = try OwnThread.start(name: "perigee-syncs", stack: 4 << 20) { [self] in keep(host, made) }
      // The first look after a start takes up what a crash cut short.
      errands.put(.reload)
      return true
    }
  }

  // MARK: - The thread

  private func keep(_ host: Host, _ watch: FolderWatch) {
    var standings: [String: Standing] = [:]
    var waiting: [Reply<Void>] = []
    interrupt(host)
    while let arrived = errands.take(limit: 100, timeout: .zero) {
      for errand in arrived {
        switch errand {
        case .reload: load(&standings, host)
        case .forget(let id):
          standings[id] = nil
          watch.forget(id)
        case .look(let id, let isFull, let job): look(id, job, isFull: isFull, &standings, host, watch)
        case .settle(let reply): waiting.append(reply)
        }
      }
      if host.isClosing { break }
      let now = host.surroundings.now()
      let due = standings.filter { $0.value.next <= now }.keys.sorted()
      for id in due where !host.isClosing {
        look(
          id,
          SyncJob(
            id: Identifier.ordered("sjob", at: now, count: 0, host.surroundings), syncID: id, namespaceID: "", cause: .scheduled, startedAt: now),
          isFull: false, &standings, host, watch)
      }
      if due.isEmpty, arrived.isEmpty {
        for reply in waiting { reply.give(()) }
        waiting = []
        let next = standings.values.map(\.next).min().map { $0 - host.surroundings.now() } ?? .seconds(60)
        let isDirty = standings.values.contains(where: \.isDirty)
        let heard = watch.wait(isDirty ? Self.quiet : min(.seconds(60), max(.zero, next)))
        for id in heard { standings[id]?.isDirty = true }
        // Quiet again: what happened is over.
        if heard.isEmpty {
          for id in standings.keys where standings[id]?.isDirty ?? false { standings[id]?.next = host.surroundings.now() }
        }
      }
    }
    for reply in waiting { reply.give(()) }
  }

  /// Looks that a crash cut short are told as such; they are made again.
  private func interrupt(_ host: Host) {
    do throws(Problem) {
      for standing in try host.read({ reader throws(Problem) in try reader.syncs() }) {
        let id = standing.sync.id
        for var job in try host.read({ reader throws(Problem) in try reader.syncJobs(of: id, status: .running, Page(limit: 100)).items }) {
          job.status = .interrupted
          job.completedAt = host.surroundings.now()
          var transaction = Transaction()
          transaction.put(job)
          try host.commit(transaction)
        }
      }
    } catch { host.log("error", "syncs could not be read: \(error)") }
  }

  private func load(_ standings: inout [String: Standing], _ host: Host) {
    do throws(Problem) {
      let active = try host.read { reader throws(Problem) in try reader.syncs() }.map(\.sync).filter(\.isActive)
      for sync in active {
        let polling = Duration.seconds(sync.pollingSeconds)
        let now = host.surroundings.now()
        var standing = standings[sync.id] ?? Standing(next: now, polling: polling)
        standing.polling = polling
        standing.next = min(standing.next, now + polling)
        standings[sync.id] = standing
      }
      let ids = Set(active.map(\.id))
      for id in standings.keys where !ids.contains(id) {
        standings[id] = nil
        watch.withLock { $0 }?.forget(id)
      }
    } catch { host.log("error", "syncs could not be read: \(error)") }
  }

  private func look(
    _ id: String, _ given: SyncJob, isFull: Bool, _ standings: inout [String: Standing], _ host: Host, _ watch: FolderWatch
  ) {
    standings[id]?.isDirty = false
    if let polling = standings[id]?.polling { standings[id]?.next = host.surroundings.now() + polling }
    do throws(Problem) {
      guard let standing = try host.read({ reader throws(Problem) in try reader.sync(id) }), standing.sync.isActive || given.cause == .manual else {
        standings[id] = nil
        return
      }
      let (job, folders, isUnsettled) = try host.look(standing, given, isFull: isFull)
      if standing.sync.mode == .initialOnly, job.status == .completed { standings[id] = nil }
      guard standings[id] != nil else { return }
      // What happened before the watches were there is found by another look.
      let isNew = standing.sync.mode == .continuous && watch.watch(folders, in: standing.sync.path, for: id)
      standings[id]?.isDirty = isUnsettled || isNew
    } catch {
      if !host.isClosing { host.log("error", "sync \(id): \(error)") }
    }
  }
}
