import Synchronization

/// A piece of work on a thread of its own, whose outcome is waited for: for work that takes milliseconds while a core is idle.
///
/// Where the system gives no thread, it is done by whoever waits.
package final class Errand<Outcome: Sendable>: Sendable {
  private let work: @Sendable () -> Outcome
  private let found = Mutex<Outcome?>(nil)
  /// The thread that has not been joined yet.
  private let thread = Mutex<OwnThread?>(nil)

  /// Begins at once. `stack` bytes are what 64 levels of JSON need many times over.
  package init(stack: Int = 2 << 20, _ work: @escaping @Sendable () -> Outcome) {
    self.work = work
    let started = try? OwnThread.start(name: "perigee-errand", stack: stack) { [self] in
      let outcome = work()
      found.withLock { $0 = outcome }
    }
    thread.withLock { $0 = started }
  }

  /// Returns when the thread has ended. One caller at a time.
  package func wait() { thread.withLock { $0.take() }?.join() }

  /// What came of it, as soon as it is known.
  package func outcome() -> Outcome {
    wait()
    return found.withLock { $0 } ?? work()
  }
}
