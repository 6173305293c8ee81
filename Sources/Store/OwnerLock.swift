import Basics
import CSQLite
import Glibc

/// The side file `STORE.lock`: whoever holds its lock owns the store, and says in it who that is.
///
/// The kernel drops the lock with the process, however that ends, so a stale file means nothing. The file itself stays:
/// removing it would let two processes lock two files of the same name.
struct OwnerLock: ~Copyable {
  private let descriptor: Int32

  static func path(of store: String) -> String { store + ".lock" }

  /// Throws `.conflict`, naming who is there, when the store has an owner.
  init(store: String) throws(Problem) {
    let path = Self.path(of: store)
    let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard opened >= 0 else { throw StoreFile.problem(errno, path) }
    guard csqlite_lock(opened) == 0 else {
      let failure = errno
      close(opened)
      guard failure == EAGAIN || failure == EACCES else { throw StoreFile.problem(failure, path) }
      throw Self.taken(store, by: Self.owner(of: store))
    }
    descriptor = opened
    // What the last owner wrote is about nobody now.
    ftruncate(descriptor, 0)
    fchmod(descriptor, 0o600)
  }

  deinit {
    csqlite_unlock(descriptor)
    close(descriptor)
  }

  /// Writes who owns the store. The file may name a secret of this machine's user, hence its mode 0600.
  func describe(_ json: JSON) throws(Problem) {
    let bytes = json.bytes
    let written = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    guard written == bytes.count, ftruncate(descriptor, off_t(bytes.count)) == 0 else {
      throw Problem(.unavailable, "the lock file cannot be written: \(String(cString: strerror(errno)))", hint: "Is the disk full?")
    }
  }

  /// What the owner said of itself; an empty object when it has not said anything yet; nil when nobody owns the store.
  static func owner(of store: String) -> JSON? {
    let descriptor = open(path(of: store), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard csqlite_is_locked(descriptor) == 1 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 16384)
    let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
    return (try? JSON(parsing: Array(bytes.prefix(max(0, count))))) ?? [:]
  }

  private static func taken(_ store: String, by owner: JSON?) -> Problem {
    let pid = owner?["pid"]?.int.map { "pid \($0)" }
    let url = owner?["url"]?.string
    let who = [pid, url].compactMap(\.self).joined(separator: ", ")
    var details: [String: JSON] = ["store": .string(store)]
    if let pid = owner?["pid"] { details["pid"] = pid }
    if let url { details["url"] = .string(url) }
    return Problem(
      .conflict, "the store \(store) is open in another perigee" + (who.isEmpty ? "" : " (\(who))"),
      hint: "Give another --store, or use the running server" + (url.map { " at \($0)" } ?? ""), details: details)
  }
}
