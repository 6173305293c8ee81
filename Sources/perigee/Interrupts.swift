import Basics
import Glibc
import Synchronization

/// Ctrl-C and SIGTERM as a request to stop in good order; asked for a second time, perigee stops at once.
///
/// The signals are blocked in every thread but one that waits for them, so that handlers are plain Swift.
enum Interrupts {
  private static let handler = Mutex<(@Sendable () -> Void)?>(nil)
  private static let isAsked = Atomic<Bool>(false)

  static var wasAsked: Bool { isAsked.load(ordering: .acquiring) }

  /// Called once, before any other thread exists.
  static func begin() {
    // A file that may not grow is an error of the write, which says so; it is no reason to die.
    signal(SIGXFSZ, SIG_IGN)
    var signals = waited
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { _ in
        Interrupts.wait()
        return nil
      }, nil)
    pthread_detach(thread)
  }

  /// What a request to stop does from now on. Without one, perigee ends: the store bears that at any time.
  static func handle(_ body: @escaping @Sendable () -> Void) {
    handler.withLock { $0 = body }
    if wasAsked { body() }
  }

  /// Begins anew after a request that was met, for work that goes on, such as a dialogue.
  static func forget() { isAsked.store(false, ordering: .releasing) }

  private static var waited: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    return signals
  }

  private static func wait() {
    var signals = waited
    while true {
      var number: Int32 = 0
      guard sigwait(&signals, &number) == 0 else { continue }
      let body = handler.withLock { $0 }
      if isAsked.exchange(true, ordering: .acquiringAndReleasing) || body == nil {
        _exit(number == SIGINT ? ExitCode.interrupted.rawValue : 128 + number)
      }
      body?()
    }
  }
}
