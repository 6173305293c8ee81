package import Basics
import Glibc
import Synchronization

/// An HTTP/1.1 server: one thread for all sockets, a pool of threads for the handler.
///
/// The handler takes a request and gives a response; it may block, it is called by several threads at once, and requests of one
/// connection reach it one after the other. Time comes from `surroundings`: its `ticks` cut off slow clients, its `now` dates answers.
package final class Server: Sendable {
  private enum Phase: Sendable {
    case ready
    case running
    case stopped(isClean: Bool)
  }

  private let options: ServerOptions
  private let surroundings: Surroundings
  private let handler: @Sendable (Request) -> Response
  private let parts = Mutex<(loop: ServerLoop, pool: HandlerPool, endpoints: [Endpoint])?>(nil)
  private let phase = Monitor(Phase.ready)

  package init(options: ServerOptions, surroundings: Surroundings, handler: @escaping @Sendable (Request) -> Response) {
    self.options = options
    self.surroundings = surroundings
    self.handler = handler
  }

  /// Where the server listens, with the ports the system chose; empty before `start`.
  package var endpoints: [Endpoint] { parts.withLock { $0?.endpoints ?? [] } }

  package var statistics: ServerStatistics {
    let loop = parts.withLock { $0?.loop }
    return loop?.counts.withLock { $0 } ?? ServerStatistics()
  }

  /// Opens the sockets and starts the threads; clients can connect when it returns. A server starts once.
  ///
  /// Throws `.unavailable` naming the port, address or path that cannot be had, with what to do about it.
  package func start() throws(Problem) {
    let isFirst = phase.withLock { phase in
      guard case .ready = phase else { return false }
      phase = .running
      return true
    }
    guard isFirst else { throw Problem(.conflict, "the server was started before") }
    raiseDescriptorLimit(to: options.maxConnections + 256)
    var listeners: [Int32] = []
    do throws(Problem) {
      for endpoint in options.endpoints { listeners.append(try Socket.listen(at: endpoint)) }
      let endpoints = zip(listeners, options.endpoints).map { Socket.endpoint(of: $0, asked: $1) }
      let loop = try ServerLoop(listeners: listeners, options: options, surroundings: surroundings)
      let responder = Responder(handler: handler, surroundings: surroundings, loop: loop)
      let pool = try HandlerPool(threads: options.handlerThreads, stack: options.handlerStack, responder: responder)
      parts.withLock { $0 = (loop, pool, endpoints) }
      let phase = phase
      do throws(Problem) {
        let thread = try OwnThread.start(name: "perigee-serve", stack: 1 << 20) {
          let isClean = loop.run(pool: pool)
          pool.stop()
          if isClean { pool.waitUntilEnded() }
          phase.withLock { $0 = .stopped(isClean: isClean) }
          phase.broadcast()
        }
        thread.letGo()
      } catch {
        pool.stop()
        throw error
      }
    } catch {
      for listener in listeners { close(listener) }
      phase.withLock { $0 = .stopped(isClean: true) }
      throw error
    }
  }

  /// Takes no new clients, lets those being served have their answers for at most `draining`, then closes what is left.
  ///
  /// Returns when all is closed; true when nobody was cut off and no handler is still running. Streams of events do not end by
  /// themselves: whoever writes them finishes them first, or they are cut off at the deadline.
  @discardableResult
  package func stop(draining: Duration) -> Bool {
    let loop = parts.withLock { $0?.loop }
    guard let loop else { return true }
    loop.tell { $0.drainsFor = draining }
    let isClean = phase.wait { phase -> Bool? in
      if case .stopped(let isClean) = phase { isClean } else { nil }
    }
    for case .unix(let path) in options.endpoints { unlink(path) }
    return isClean
  }

  /// Looks at once for clients that take too long, instead of within a second: after a test has moved its clock.
  package func checkTimeouts() {
    let loop = parts.withLock { $0?.loop }
    loop?.tell { $0.looksAtTheClock = true }
  }
}

/// Each connection is a descriptor, and many systems allow 1024 of them until asked for more.
private func raiseDescriptorLimit(to wanted: Int) {
  var limit = rlimit()
  guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < rlim_t(wanted) else { return }
  limit.rlim_cur = min(rlim_t(wanted), limit.rlim_max)
  setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}
