import Glibc
import Synchronization

/// A piece of work on a thread of its own, whose outcome is waited for: for work that takes milliseconds while a core is idle.
///
/// Where the system gives no thread, it is done by whoever waits.
package final class Errand<Outcome: Sendable>: Sendable {
  private let work: @Sendable () -> Outcome
  private let found = Mutex<Outcome?>(nil)
  /// The thread that has not been joined yet.
  private let thread = Mutex<pthread_t?>(nil)

  /// Begins at once. `stack` bytes are what 64 levels of JSON need many times over.
  package init(stack: Int = 2 << 20, _ work: @escaping @Sendable () -> Outcome) {
    self.work = work
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, stack)
    defer { pthread_attr_destroy(&attributes) }
    let own = Unmanaged.passRetained(self as AnyObject)
    var handle = pthread_t()
    let status = pthread_create(
      &handle, &attributes,
      { raw in
        if let raw, let errand = Unmanaged<AnyObject>.fromOpaque(raw).takeRetainedValue() as? any Runnable { errand.run() }
        return nil
      }, own.toOpaque())
    if status == 0 { thread.withLock { $0 = handle } } else { own.release() }
  }

  /// Returns when the thread has ended. One caller at a time.
  package func wait() {
    guard let handle = thread.withLock({ $0.take() }) else { return }
    pthread_join(handle, nil)
  }

  /// What came of it, as soon as it is known.
  package func outcome() -> Outcome {
    wait()
    return found.withLock { $0 } ?? work()
  }
}

/// What a thread is handed: it cannot know the kind of outcome.
private protocol Runnable: AnyObject { func run() }

extension Errand: Runnable {
  fileprivate func run() {
    let outcome = work()
    found.withLock { $0 = outcome }
  }
}
