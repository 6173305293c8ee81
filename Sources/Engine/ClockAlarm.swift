import Basics
import CLinux
import Glibc

/// Calls when somebody sets the machine's clock, so that no trigger sleeps on by the old one.
///
/// A timer on CLOCK_REALTIME with TFD_TIMER_CANCEL_ON_SET, far in the future: reading it fails with ECANCELED when the clock makes a step, also
/// after a suspend (timerfd_create(2)). Without it the host still looks at the clock every minute.
final class ClockAlarm: Sendable {
  private let descriptor: Int32
  private let thread: OwnThread

  /// Nil, with a line in the log, where the kernel has no such timer.
  init?(_ log: @escaping @Sendable (_ level: String, _ message: String) -> Void, _ changed: @escaping @Sendable () -> Void) {
    let descriptor = timerfd_create(cl_realtime, cl_timerfd_flags)
    guard descriptor >= 0 else {
      log("warn", "changes of the clock are noticed once a minute only: \(String(cString: strerror(errno)))")
      return nil
    }
    do throws(Problem) {
      Self.arm(descriptor, at: Int.max / 2)
      thread = try OwnThread.start(name: "perigee-clock", stack: 256 << 10) {
        var expirations: UInt64 = 0
        while true {
          if read(descriptor, &expirations, 8) == 8 { return }
          guard errno == ECANCELED || errno == EINTR else { return }
          // A read that was cancelled leaves the timer armed, but only setting it again makes it watch again.
          Self.arm(descriptor, at: Int.max / 2)
          changed()
        }
      }
    } catch {
      Glibc.close(descriptor)
      log("warn", error.description)
      return nil
    }
    self.descriptor = descriptor
  }

  private static func arm(_ descriptor: Int32, at seconds: Int) {
    var setting = itimerspec()
    setting.it_value.tv_sec = seconds
    timerfd_settime(descriptor, cl_timer_watches_clock, &setting, nil)
  }

  /// Lets the timer run off, which ends the thread.
  func stop() {
    Self.arm(descriptor, at: 1)
    thread.join()
    Glibc.close(descriptor)
  }
}
