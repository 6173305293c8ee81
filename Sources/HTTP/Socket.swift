package import Basics
import Glibc

/// Sockets as the server and the client need them: opened with errors in words, read and written without signals.
package enum Socket {
  /// What a read or write came to.
  package enum Outcome: Equatable {
    case count(Int)
    /// Nothing can be done now without waiting.
    case wouldBlock
    /// The other side has closed its half, or the connection is broken.
    case ended
  }

  /// Opens a listening, non-blocking socket. Throws `.unavailable` naming what stands in the way: a port in use, an address of another
  /// machine, a missing permission.
  package static func listen(at endpoint: Endpoint, backlog: Int32 = 1024) throws(Problem) -> Int32 {
    if case .unix(let path) = endpoint { try removeStale(path) }
    let address = try Address(resolving: endpoint, toListen: true)
    let descriptor = socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
    if descriptor < 0 { throw failure("no socket for \(endpoint)") }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    setNonBlocking(descriptor)
    if address.withPointer({ bind(descriptor, $0, $1) }) != 0 || Glibc.listen(descriptor, backlog) != 0 {
      defer { close(descriptor) }
      throw bindFailure(endpoint, errno)
    }
    return descriptor
  }

  /// Connects and waits for it as long as `patience` says. The socket is blocking, and reads and writes come back after each of its steps.
  package static func connect(to endpoint: Endpoint, patience: Patience) throws(Problem) -> Int32 {
    let address = try Address(resolving: endpoint, toListen: false)
    let descriptor = socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
    if descriptor < 0 { throw failure("no socket for \(endpoint)") }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    let (seconds, attoseconds) = patience.step.components
    var time = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] { setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size)) }
    if address.family != AF_UNIX { setNoDelay(descriptor) }
    var waiting = patience
    while address.withPointer({ Glibc.connect(descriptor, $0, $1) }) != 0 {
      // Linux goes on waiting where a signal ended the wait, or a step did.
      let code = errno
      if code == EINTR { continue }
      if code == EISCONN { break }
      do throws(Problem) {
        switch code {
        case EINPROGRESS, EALREADY, EAGAIN: try waiting.pause(for: endpoint)
        case ETIMEDOUT: throw waiting.silence(of: endpoint)
        case ECONNREFUSED, ENOENT:
          throw Problem(.unavailable, "nobody listens at \(endpoint)", hint: "Start the server there, or name another with --server.")
        default: throw Problem(.unavailable, "no connection to \(endpoint): \(words(code))")
        }
      } catch {
        close(descriptor)
        throw error
      }
    }
    return descriptor
  }

  package static func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
    while true {
      let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
      if count > 0 { return .count(count) }
      if count == 0 { return .ended }
      if errno == EINTR { continue }
      return errno == EAGAIN || errno == EWOULDBLOCK ? .wouldBlock : .ended
    }
  }

  package static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Outcome {
    while true {
      let count = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      if count >= 0 { return .count(count) }
      if errno == EINTR { continue }
      return errno == EAGAIN || errno == EWOULDBLOCK ? .wouldBlock : .ended
    }
  }

  // MARK: - For the loop

  static func setNonBlocking(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  static func setNoDelay(_ descriptor: Int32) {
    var yes: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
  }

  /// The endpoint a listening socket really has, with the port the system chose.
  static func endpoint(of descriptor: Int32, asked: Endpoint) -> Endpoint {
    guard case .tcp(let host, _) = asked else { return asked }
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let failed = withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    return failed == 0 ? .tcp(host: host, port: storage.port) : asked
  }

  // MARK: - Private

  /// Removes the file of a socket whose server is gone; one that still answers is in use.
  private static func removeStale(_ path: String) throws(Problem) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw Problem(.unavailable, "\(path) exists and is no socket", hint: "Choose another path for the socket.")
    }
    let endpoint = Endpoint.unix(path: path)
    if let descriptor = try? connect(to: endpoint, patience: Patience(.seconds(1))) {
      close(descriptor)
      throw bindFailure(endpoint, EADDRINUSE)
    }
    unlink(path)
  }

  private static func bindFailure(_ endpoint: Endpoint, _ code: Int32) -> Problem {
    switch (endpoint, code) {
    case (.tcp(let host, let port), EADDRINUSE):
      Problem(
        .unavailable, "port \(port) on \(host) is in use by another program",
        hint: "Choose another with --port, e.g. --port \(port < 65_535 ? port + 1 : 8080), or stop the other program.", details: ["port": .int(port)])
    case (.tcp(_, let port), EACCES):
      Problem(
        .unavailable, "port \(port) needs more rights than this user has", hint: "Choose one above 1023 with --port, e.g. --port 8080.",
        details: ["port": .int(port)])
    case (.tcp(let host, _), EADDRNOTAVAIL):
      Problem(.unavailable, "\(host) is no address of this machine", hint: "Use 127.0.0.1, or 0.0.0.0 for all of its addresses.")
    case (.unix(let path), EADDRINUSE):
      Problem(.unavailable, "the socket \(path) is in use by another program", hint: "Choose another path, or stop the other program.")
    default: Problem(.unavailable, "cannot listen at \(endpoint): \(words(code))")
    }
  }

  private static func failure(_ what: String) -> Problem { Problem(.unavailable, "\(what): \(words(errno))") }
}

/// What the system calls an error number.
func words(_ code: Int32) -> String { String(cString: strerror(code)) }
