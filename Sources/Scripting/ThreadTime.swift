package import Basics
import Glibc

/// How long the calling thread has worked: what a script took is measured with it, so that a machine that is busy with other things does
/// not count.
package enum ThreadTime {
  /// The kernel's count of this thread's own work, clock_gettime(2). Only differences mean anything, and only on one thread.
  package static func now() -> Ticks {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Ticks(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
  }
}
