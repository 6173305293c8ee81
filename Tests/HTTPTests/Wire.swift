import Basics
import Glibc
import HTTP
import Synchronization

/// A clock that stands still until a test moves it.
final class HandClock: Sendable {
  private let elapsed = Mutex(UInt64(1_000_000_000))

  func advance(_ duration: Duration) { elapsed.withLock { $0 += UInt64(duration.inMilliseconds) * 1_000_000 } }

  var surroundings: Surroundings {
    Surroundings(
      now: { Instant(seconds: 784_111_777) }, ticks: { Ticks(nanoseconds: self.elapsed.withLock { $0 }) }, random: { 4 })
  }
}

/// A server on a port of the system's choice, with its clock, for the length of one test.
func withServer<Result>(
  _ configure: (inout ServerOptions) -> Void = { _ in }, handler: @escaping @Sendable (Request) -> Response,
  _ body: (Server, HandClock) throws -> Result
) throws -> Result {
  var options = ServerOptions(endpoints: [.tcp(host: "127.0.0.1", port: 0)])
  options.handlerThreads = 4
  configure(&options)
  let clock = HandClock()
  let server = Server(options: options, surroundings: clock.surroundings, handler: handler)
  try server.start()
  defer { server.stop(draining: .zero) }
  return try body(server, clock)
}

/// A raw connection: says exactly what it is told, and reads what comes.
final class Wire {
  let descriptor: Int32

  init(_ server: Server) throws { descriptor = try Socket.connect(to: server.endpoints[0], patience: Patience(.seconds(20))) }
  deinit { close(descriptor) }

  @discardableResult
  func say(_ text: String) -> Bool { say(Array(text.utf8)) }

  @discardableResult
  func say(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      guard case .count(let count) = rest.withUnsafeBytes({ Socket.write(descriptor, $0) }) else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// No more will be said.
  func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Reads until the text has come; whatever came if the connection ends before.
  func hear(_ text: String) -> String {
    var heard: [UInt8] = []
    while !contains(heard, Array(text.utf8)), let more = read() { heard += more }
    return String(decoding: heard, as: UTF8.self)
  }

  /// Reads until the server closes the connection. Nil when it does not.
  func hearEnd() -> String? {
    var heard: [UInt8] = []
    while let more = read() { heard += more }
    return timedOut ? nil : String(decoding: heard, as: UTF8.self)
  }

  private var timedOut = false

  private func read() -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    let outcome = buffer.withUnsafeMutableBytes { Socket.read(descriptor, into: $0) }
    if case .count(let count) = outcome { return Array(buffer[..<count]) }
    timedOut = outcome == .wouldBlock
    return nil
  }

  private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
    guard bytes.count >= part.count else { return false }
    // What is waited for comes last.
    return (max(0, bytes.count - part.count - 4096)...(bytes.count - part.count)).contains { bytes[$0..<$0 + part.count].elementsEqual(part) }
  }
}

/// Lets one thread wait for another: tests of threads need no sleep.
final class Gate: Sendable {
  private let semaphore: Semaphore
  init() { semaphore = Semaphore() }
  func open() { semaphore.signal() }
  func pass() { semaphore.wait() }

  /// @unchecked Sendable: a semaphore is made to be touched by several threads.
  private final class Semaphore: @unchecked Sendable {
    private let raw = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    init() { sem_init(raw, 0, 0) }
    deinit { raw.deallocate() }
    func signal() { sem_post(raw) }
    func wait() { sem_wait(raw) }
  }
}
