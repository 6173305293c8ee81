import CLinux
import Glibc

/// A thread of our own: Swift's shared pool has as many threads as cores, and blocking work would take them all.
///
/// Whoever starts one either joins it, once, or lets it go.
package final class OwnThread: @unchecked Sendable {
  // @unchecked: `handle` is written once, before `start` returns.
  private var handle = pthread_t()

  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Lua and deep JSON want so many bytes of stack.
  package static let deepStack = 16 << 20

  private init() {}

  /// Starts `body` on a thread with a stack of at least so many bytes. `name` is what the system shows of it, of which it keeps 15 bytes. Throws
  /// `.unavailable` when the system gives no thread.
  package static func start(name: String, stack: Int = deepStack, _ body: @escaping @Sendable () -> Void) throws(Problem) -> OwnThread {
    let thread = OwnThread()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, max(stack, 256 << 10))
    defer { pthread_attr_destroy(&attributes) }
    let box = Unmanaged.passRetained(
      Body {
        cl_name_thread(name)
        body()
      })
    let status = pthread_create(
      &thread.handle, &attributes,
      { raw in
        if let raw { Unmanaged<Body>.fromOpaque(raw).takeRetainedValue().run() }
        return nil
      }, box.toOpaque())
    guard status == 0 else {
      box.release()
      throw Problem(
        .unavailable, "the thread '\(name)' could not be started: \(String(cString: strerror(status)))",
        hint: "Raise the limit of processes (ulimit -u).")
    }
    return thread
  }

  /// Returns when it has ended.
  package func join() { pthread_join(handle, nil) }

  /// Nobody will wait for its end.
  package func letGo() { pthread_detach(handle) }
}
