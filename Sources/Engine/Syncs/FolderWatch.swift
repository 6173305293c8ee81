import Basics
import CLinux
import Glibc

/// The kernel's notes of what happens in folders (inotify), and a bell that other threads ring, both waited for at once.
final class FolderWatch: @unchecked Sendable {
  // @unchecked: `folders` is touched on the thread that waits only; the descriptors never change.
  private let notes: Int32
  private let bell: Int32
  /// Whose folder a watch is.
  private var owners: [Int32: Set<String>] = [:]

  /// Nil when the system has no descriptors left. Without inotify the bell alone is waited for, and folders are looked at now and then.
  init?() {
    bell = eventfd(0, cl_eventfd_flags)
    guard bell >= 0 else { return nil }
    notes = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
  }

  deinit {
    close(bell)
    if notes >= 0 { close(notes) }
  }

  func ring() {
    var one: UInt64 = 1
    _ = write(bell, &one, 8)
  }

  /// What ends with a whole file, or makes or takes away a folder. A file that is still being written says so when it is closed.
  private static let mask = UInt32(
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK)

  /// Watches folders for an owner; true when one of them was not watched before, so that something may have happened there unheard. What
  /// cannot be watched (the system has a limit) is found at the next look.
  func watch(_ folders: [String], in root: String, for owner: String) -> Bool {
    guard notes >= 0 else { return false }
    var isNew = false
    for folder in folders {
      let watch = inotify_add_watch(notes, folder.isEmpty ? root : "\(root)/\(folder)", Self.mask)
      if watch >= 0, owners[watch, default: []].insert(owner).inserted { isNew = true }
    }
    return isNew
  }

  func forget(_ owner: String) {
    for (watch, all) in owners where all.contains(owner) {
      owners[watch]?.remove(owner)
      if all.count == 1 {
        owners[watch] = nil
        _ = inotify_rm_watch(notes, watch)
      }
    }
  }

  /// Waits at most so long; answers whose folders something happened in.
  func wait(_ duration: Duration) -> Set<String> {
    var waited = [pollfd(fd: bell, events: Int16(POLLIN), revents: 0), pollfd(fd: notes, events: Int16(POLLIN), revents: 0)]
    _ = poll(&waited, nfds_t(notes >= 0 ? 2 : 1), Int32(clamping: max(0, duration.inMilliseconds)))
    var count: UInt64 = 0
    _ = read(bell, &count, 8)
    return notes >= 0 ? take() : []
  }

  private func take() -> Set<String> {
    var found: Set<String> = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 8)
    defer { buffer.deallocate() }
    while true {
      let count = read(notes, buffer.baseAddress, buffer.count)
      guard count > 0 else { return found }
      var place = 0
      while place + MemoryLayout<inotify_event>.size <= count {
        let event = buffer.loadUnaligned(fromByteOffset: place, as: inotify_event.self)
        place += MemoryLayout<inotify_event>.size + Int(event.len)
        if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
          for owner in owners.values { found.formUnion(owner) }
          continue
        }
        let isNews = event.mask & UInt32(IN_CREATE) == 0 || event.mask & UInt32(IN_ISDIR) != 0
        if isNews, let owner = owners[event.wd] { found.formUnion(owner) }
        if event.mask & UInt32(IN_IGNORED) != 0 { owners[event.wd] = nil }
      }
    }
  }
}
