import Glibc

/// A value behind a lock that threads can wait on: what `Mutex` lacks.
///
/// @unchecked Sendable: the value is touched only between lock and unlock, which `withLock` and `wait` see to.
final class Monitor<Value: Sendable>: @unchecked Sendable {
  private var value: Value
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init(_ value: Value) {
    self.value = value
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(&value)
  }

  /// Runs the body again and again, waiting for a signal in between, until it gives something.
  /// `whileWaiting` is told before (true) and after (false) each wait, for those who count the waiting.
  func wait<Result>(for body: (inout Value) -> Result?, whileWaiting: (inout Value, Bool) -> Void = { _, _ in }) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result = body(&value) { return result }
      whileWaiting(&value, true)
      pthread_cond_wait(condition, mutex)
      whileWaiting(&value, false)
    }
  }

  func signal() { pthread_cond_signal(condition) }
  func broadcast() { pthread_cond_broadcast(condition) }
}
