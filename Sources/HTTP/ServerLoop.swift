import Basics
import Glibc
import Synchronization

/// The thread that owns all sockets: it accepts, reads, writes, and sees who takes too long. It never waits but for the poller.
///
/// @unchecked Sendable: everything but `outbox`, `counts` and `bell` is touched on the loop's thread only, which `run` is.
final class ServerLoop: @unchecked Sendable {
  /// What other threads tell the loop.
  struct Outbox: Sendable {
    var replies: [Reply] = []
    /// Connections whose stream has something to take.
    var readyStreams: [UInt64] = []
    var looksAtTheClock = false
    var drainsFor: Duration?
    /// The loop has ended; nobody looks here any more.
    var isClosed = false

    var isEmpty: Bool { replies.isEmpty && readyStreams.isEmpty && !looksAtTheClock && drainsFor == nil }
  }

  let outbox = Mutex(Outbox())
  let counts = Mutex(ServerStatistics())
  let isDraining = Atomic(false)
  private let isAsleep = Atomic(false)
  let bell: Bell

  private let poller: Poller
  private let options: ServerOptions
  private let surroundings: Surroundings
  private var listeners: [Int32]
  private var connections: [UInt64: Connection] = [:]
  private var perAddress: [String: Int] = [:]
  private var nextID: UInt64
  private var jobs: [HandlerPool.Job] = []
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
  /// Given up to accept, and thereby turn away, a client when the system has no descriptors left.
  private var spare: Int32
  private var lastSweep: Ticks
  private var drainEnds: Ticks?
  private var statistics = ServerStatistics()
  /// What of the jobs was waiting at the last look, and since when none of them was begun.
  private var backlog = HandlerPool.Backlog()
  private var backlogSince: Ticks
  /// For so many milliseconds no handler comes to an end: those at work are not short.
  private static let stalled: Int32 = 2
  /// How long threads take is a matter of the real clock, also where another is handed in.
  private static let clock = Surroundings.real

  /// Takes over the listening sockets.
  init(listeners: [Int32], options: ServerOptions, surroundings: Surroundings) throws(Problem) {
    guard let poller = Poller() else { throw Problem(.unavailable, "no descriptors left to wait for sockets", hint: "Raise the limit (ulimit -n).") }
    bell = poller.bell
    for (i, listener) in listeners.enumerated() { poller.add(listener, id: UInt64(i), .read) }
    self.poller = poller
    self.listeners = listeners
    self.options = options
    self.surroundings = surroundings
    nextID = UInt64(listeners.count)
    spare = open("/dev/null", O_RDONLY | O_CLOEXEC)
    lastSweep = surroundings.ticks()
    backlogSince = Self.clock.ticks()
  }

  deinit {
    buffer.deallocate()
    if spare >= 0 { close(spare) }
  }

  /// Tells the loop something, and wakes it if it sleeps. A busy loop looks into its outbox by itself.
  func tell(_ change: (inout Outbox) -> Void) {
    outbox.withLock { change(&$0) }
    if isAsleep.exchange(false, ordering: .sequentiallyConsistent) { bell.ring() }
  }

  /// Takes a reply from a handler's thread. A stream that nobody will send any more is cancelled, or its writer would wait for ever.
  func post(_ reply: Reply) {
    tell { outbox in
      if outbox.isClosed { reply.stream?.cancel() } else { outbox.replies.append(reply) }
    }
  }

  /// Serves until it is told to drain and has. True when every client got its answer and every handler is through.
  func run(pool: HandlerPool) -> Bool {
    let isClean = serveClients(pool)
    for connection in Array(connections.values) { drop(connection) }
    publish()
    outbox.withLock { outbox in
      for reply in outbox.replies { reply.stream?.cancel() }
      outbox = Outbox()
      outbox.isClosed = true
    }
    return isClean
  }

  private func serveClients(_ pool: HandlerPool) -> Bool {
    while true {
      let now = surroundings.ticks()
      if let drainEnds {
        if connections.isEmpty, pool.isIdle { return true }
        if now >= drainEnds { return false }
      }
      if now - lastSweep >= .seconds(1) { sweep(now) }
      // Say that we sleep, then look once more: what was told before that is seen, what is told after it rings.
      isAsleep.store(true, ordering: .sequentiallyConsistent)
      let hasNews = outbox.withLock { !$0.isEmpty }
      poller.wait(milliseconds: hasNews ? 0 : patience) { event in
        isAsleep.store(false, ordering: .relaxed)
        handle(event)
      }
      isAsleep.store(false, ordering: .relaxed)
      takeOutbox(surroundings.ticks())
      if !jobs.isEmpty {
        pool.submit(jobs)
        jobs.removeAll(keepingCapacity: true)
        if backlog.isEmpty { (backlog, backlogSince) = (pool.backlog, Self.clock.ticks()) }
      }
      watch(pool)
      publish()
    }
  }

  /// How long the poller may wait, in milliseconds: at most a second while there is anybody whose time may run out.
  private var patience: Int32 {
    if !backlog.isEmpty { return Self.stalled }
    return drainEnds != nil ? 50 : connections.isEmpty ? -1 : 1000
  }

  /// Sees to it that jobs do not wait behind handlers that last.
  private func watch(_ pool: HandlerPool) {
    guard !backlog.isEmpty else { return }
    let (now, found) = (Self.clock.ticks(), pool.backlog)
    if found != backlog {
      (backlog, backlogSince) = (found, now)
    } else if now - backlogSince >= .milliseconds(Self.stalled) {
      pool.passOver()
      backlogSince = now
    }
  }

  private func publish() {
    statistics.openConnections = connections.count
    counts.withLock { $0 = statistics }
  }

  private func handle(_ event: Poller.Event) {
    let now = surroundings.ticks()
    if event.id == Poller.bellID {
      return  // it rang for the outbox, which is looked into after every wait
    } else if event.id < UInt64(options.endpoints.count) {
      accept(from: listeners[Int(event.id)], now)
    } else if let connection = connections[event.id] {
      if event.ready.contains(.write) { connection.isBlocked = false }
      if event.ready.contains(.read) {
        switch Socket.read(connection.socket, into: buffer) {
        case .count(let count): connection.received(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: now)
        case .wouldBlock: break
        case .ended:
          connection.receivedEnd()
          if connection.isEnding { return drop(connection) }
        }
      } else if !event.ready.isDisjoint(with: .broken) {
        return drop(connection)
      }
      serve(connection, now)
    }
  }

  private func takeOutbox(_ now: Ticks) {
    let taken = outbox.withLock { outbox in
      let taken = outbox
      if !taken.isEmpty { outbox = Outbox() }
      return taken
    }
    for reply in taken.replies {
      if let connection = connections[reply.connection] {
        connection.add(reply)
        serve(connection, now)
      } else {
        reply.stream?.cancel()
      }
    }
    for id in taken.readyStreams {
      if let connection = connections[id] { serve(connection, now) }
    }
    if let duration = taken.drainsFor { drain(until: now + duration, now) }
    if taken.looksAtTheClock { sweep(now) }
  }

  // MARK: - Connections

  private func accept(from listener: Int32, _ now: Ticks) {
    for _ in 0..<64 {
      var storage = sockaddr_storage()
      var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let socket = withUnsafeMutablePointer(to: &storage) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.accept(listener, $0, &length) }
      }
      if socket < 0 {
        if errno == EMFILE || errno == ENFILE { turnAwayWithSpare(listener) }
        return
      }
      Socket.setNonBlocking(socket)
      let address = storage.host
      let isLocal = Int32(storage.ss_family) == AF_UNIX
      if !isLocal { Socket.setNoDelay(socket) }
      if connections.count >= options.maxConnections {
        turnAway(socket, Rejection(503, "too_many_connections", "the server has all the connections it can hold; try again in a moment"))
      } else if !isLocal, perAddress[address, default: 0] >= options.maxConnectionsPerAddress {
        turnAway(socket, Rejection(429, "too_many_connections", "too many connections from \(address); close some, or use one for several requests"))
      } else {
        let connection = Connection(id: nextID, socket: socket, remoteAddress: address, options: options, now: now)
        nextID += 1
        guard poller.add(socket, id: connection.id, .read) else {
          close(socket)
          continue
        }
        connections[connection.id] = connection
        perAddress[address, default: 0] += 1
        statistics.acceptedConnections += 1
      }
    }
  }

  private func turnAway(_ socket: Int32, _ rejection: Rejection) {
    var response = rejection.response
    response.headers.append("Retry-After", "1")
    var bytes: [UInt8] = []
    var serializer = ResponseSerializer(answering: Request(method: "", target: "", segments: [], keepAlive: false))
    serializer.begin(response, date: HTTPDate.text(surroundings.now()), to: &bytes)
    _ = bytes.withUnsafeBytes { Socket.write(socket, $0) }
    shutdown(socket, Int32(SHUT_WR))
    close(socket)
    statistics.refusedConnections += 1
  }

  /// Without a descriptor, a waiting client could not even be refused, and the poller would tell of it for ever.
  private func turnAwayWithSpare(_ listener: Int32) {
    if spare >= 0 { close(spare) }
    let socket = Glibc.accept(listener, nil, nil)
    if socket >= 0 {
      close(socket)
      statistics.refusedConnections += 1
    }
    spare = open("/dev/null", O_RDONLY | O_CLOEXEC)
  }

  /// Hands requests to the handlers and bytes to the socket until neither can be done.
  private func serve(_ connection: Connection, _ now: Ticks) {
    while true {
      let before = connection.currentStream
      if let requests = connection.advance(at: now) {
        statistics.requests += requests.count
        jobs.append(HandlerPool.Job(connection: connection.id, requests: requests))
      }
      if let stream = connection.currentStream, stream !== before {
        let id = connection.id
        stream.attach { [weak self] in self?.tell { $0.readyStreams.append(id) } }
      }
      if connection.outputCount == 0 || connection.isBlocked { break }
      let outcome = connection.withOutput { Socket.write(connection.socket, $0) }
      switch outcome {
      case .count(let count): connection.wrote(count, at: now)
      case .wouldBlock: connection.isBlocked = true
      case .ended: return drop(connection)
      }
    }
    if connection.isDone || drainEnds != nil && connection.isAtRest { return drop(connection) }
    if connection.wantsShutdown {
      shutdown(connection.socket, Int32(SHUT_WR))
      connection.linger(from: now)
    }
    let wanted = connection.wantedInterest
    if wanted != connection.interest {
      connection.interest = wanted
      poller.change(connection.socket, id: connection.id, wanted)
    }
  }

  private func drop(_ connection: Connection) {
    connection.abandon()
    if connection.wasRejected { statistics.rejectedRequests += 1 }
    poller.remove(connection.socket)
    close(connection.socket)
    connections[connection.id] = nil
    if let count = perAddress[connection.remoteAddress] { perAddress[connection.remoteAddress] = count > 1 ? count - 1 : nil }
  }

  // MARK: - Time

  private func sweep(_ now: Ticks) {
    lastSweep = now
    for connection in Array(connections.values) {
      switch connection.expiry(at: now) {
      case nil: continue
      case .close: drop(connection)
      case .reject(let rejection):
        connection.reject(rejection)
        serve(connection, now)
      }
      statistics.timeouts += 1
    }
  }

  /// No new clients; those at rest leave now, the others when they have their answer.
  private func drain(until end: Ticks, _ now: Ticks) {
    isDraining.store(true, ordering: .relaxed)
    drainEnds = end
    for listener in listeners {
      poller.remove(listener)
      close(listener)
    }
    listeners = []
    for connection in Array(connections.values) where connection.isAtRest { drop(connection) }
  }
}
