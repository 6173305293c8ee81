import Basics
import CLinux
import Glibc
import Synchronization

/// A place where one thread leaves a value and another waits for it.
final class Reply<Value: Sendable>: @unchecked Sendable {
  // @unchecked: `value` is touched only with `mutex` held.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var value: Value?

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(arrived, nil)
  }

  deinit {
    pthread_cond_destroy(arrived)
    pthread_mutex_destroy(mutex)
    arrived.deallocate()
    mutex.deallocate()
  }

  func give(_ new: Value) {
    pthread_mutex_lock(mutex)
    value = new
    pthread_cond_broadcast(arrived)
    pthread_mutex_unlock(mutex)
  }

  func wait() -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let value { return value }
      pthread_cond_wait(arrived, mutex)
    }
  }
}

/// A queue between threads: many put in, one or several take out and sleep while there is nothing.
final class Mailbox<Item: Sendable>: @unchecked Sendable {
  // @unchecked: `items`, `closed` and `nudged` are touched only with `mutex` held.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var items: [Item] = []
  private var head = 0
  private var closed = false
  private var nudged = false

  init() {
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(changed, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// False when the mailbox is closed and the item was not taken in.
  @discardableResult func put(_ item: Item) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    guard !closed else { return false }
    items.append(item)
    pthread_cond_signal(changed)
    return true
  }

  /// All of them, in order; as many threads are woken as have something to do.
  func put(_ several: [Item]) {
    guard !several.isEmpty else { return }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    guard !closed else { return }
    items += several
    if several.count == 1 { pthread_cond_signal(changed) } else { pthread_cond_broadcast(changed) }
  }

  /// Makes `take` return, with nothing if there is nothing: the clock was moved.
  func nudge() {
    pthread_mutex_lock(mutex)
    nudged = true
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(mutex)
  }

  /// Nothing goes in any more; what is in may still be taken.
  func close() {
    pthread_mutex_lock(mutex)
    closed = true
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(mutex)
  }

  /// Up to `limit` items; waits at most `timeout` (nil: for ever) when there are none. Nil when closed and empty.
  func take(limit: Int, timeout: Duration? = nil) -> [Item]? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    var deadline = timespec()
    if let timeout {
      clock_gettime(CLOCK_MONOTONIC, &deadline)
      let nanoseconds = Int64(deadline.tv_nsec) + max(0, Int64(timeout.inSeconds * 1e9))
      deadline.tv_sec += Int(nanoseconds / 1_000_000_000)
      deadline.tv_nsec = Int(nanoseconds % 1_000_000_000)
    }
    while head == items.count {
      if closed { return nil }
      if nudged {
        nudged = false
        return []
      }
      if timeout == nil {
        pthread_cond_wait(changed, mutex)
      } else if pthread_cond_timedwait(changed, mutex, &deadline) == ETIMEDOUT {
        return []
      }
    }
    let end = min(items.count, head + limit)
    let taken = Array(items[head..<end])
    advance(to: end)
    return taken
  }

  /// The next item; waits while there is none. Nil when closed and empty.
  func next() -> Item? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while head == items.count {
      if closed { return nil }
      pthread_cond_wait(changed, mutex)
    }
    let taken = items[head]
    advance(to: head + 1)
    return taken
  }

  private func advance(to end: Int) {
    head = end
    // A queue that is never quite empty must not keep what was taken out long ago.
    if head >= 1024, head * 2 >= items.count {
      items.removeFirst(head)
      head = 0
    }
    if head == items.count {
      items.removeAll(keepingCapacity: items.count < 1024)
      head = 0
    }
  }
}
