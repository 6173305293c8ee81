import CLinux
import Glibc

/// The kernel's list of sockets with something to do (epoll), and a bell that other threads ring (eventfd).
///
/// Level-triggered: what is not taken is told again, so that a busy connection can be left for later without being forgotten.
struct Poller: ~Copyable {
  struct Interest: OptionSet {
    var rawValue: UInt32
    static let read = Interest(rawValue: cl_epollin)
    static let write = Interest(rawValue: cl_epollout)
    static let broken = Interest(rawValue: cl_epollerr | cl_epollhup)
  }

  struct Event {
    var id: UInt64
    var ready: Interest
  }

  static let bellID = UInt64.max

  private let descriptor: Int32
  let bell: Bell
  private let events = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: 256)

  /// Nil when the system has no descriptors left.
  init?() {
    let descriptor = epoll_create1(cl_epoll_cloexec)
    guard descriptor >= 0 else { return nil }
    guard let bell = Bell() else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
    self.bell = bell
    events.initialize(repeating: epoll_event())
    add(bell.descriptor, id: Self.bellID, .read)
  }

  deinit {
    close(descriptor)
    events.deallocate()
  }

  @discardableResult
  func add(_ socket: Int32, id: UInt64, _ interest: Interest) -> Bool { control(EPOLL_CTL_ADD, socket, id, interest) }
  func change(_ socket: Int32, id: UInt64, _ interest: Interest) { _ = control(EPOLL_CTL_MOD, socket, id, interest) }
  func remove(_ socket: Int32) { _ = control(EPOLL_CTL_DEL, socket, 0, []) }

  private func control(_ operation: Int32, _ socket: Int32, _ id: UInt64, _ interest: Interest) -> Bool {
    var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: id))
    return epoll_ctl(descriptor, operation, socket, &event) == 0
  }

  /// Waits at most so many milliseconds, for ever if negative, and hands over what is ready.
  func wait(milliseconds: Int32, _ body: (Event) -> Void) {
    let count = epoll_wait(descriptor, events.baseAddress, Int32(events.count), milliseconds)
    for i in 0..<max(0, Int(count)) {
      let id = events[i].data.u64
      if id == Self.bellID { bell.silence() }
      body(Event(id: id, ready: Interest(rawValue: events[i].events)))
    }
  }
}

/// Wakes a poller from any thread.
final class Bell: Sendable {
  let descriptor: Int32

  init?() {
    descriptor = eventfd(0, cl_eventfd_flags)
    if descriptor < 0 { return nil }
  }

  deinit { close(descriptor) }

  func ring() {
    var one: UInt64 = 1
    _ = write(descriptor, &one, 8)
  }

  func silence() {
    var count: UInt64 = 0
    _ = read(descriptor, &count, 8)
  }
}
