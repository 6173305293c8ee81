import Glibc

/// How a thread of a pool says that it waits for others, so that another may work in its place meanwhile.
package enum Blocking {
  /// What a pool wants to be told of a thread of its own.
  package final class Seat: Sendable {
    fileprivate let began, ended: @Sendable () -> Void

    package init(began: @escaping @Sendable () -> Void, ended: @escaping @Sendable () -> Void) {
      self.began = began
      self.ended = ended
    }
  }

  private static let key = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()

  /// Everything that `work` waits for on this thread is told to `seat`.
  package static func with(_ seat: Seat, _ work: () -> Void) {
    withExtendedLifetime(seat) {
      pthread_setspecific(key, Unmanaged.passUnretained(seat).toOpaque())
      work()
      pthread_setspecific(key, nil)
    }
  }

  /// For a wait that may last longer than to wake a thread. Elsewhere than on a pool's thread it is nothing but the wait.
  package static func during<Result>(_ wait: () -> Result) -> Result {
    guard let own = pthread_getspecific(key) else { return wait() }
    let seat = Unmanaged<Seat>.fromOpaque(own).takeUnretainedValue()
    seat.began()
    defer { seat.ended() }
    return wait()
  }
}
