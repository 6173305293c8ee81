import Basics
import Glibc

/// A copy of the store as it is at one moment, taken while others write.
enum Backup {
  /// Copies to a path where nothing is yet: to a neighbouring name first, checked, on the disk, then renamed, so that a file of
  /// the final name is always whole.
  static func write(_ connection: Connection, to path: String) throws(Problem) {
    guard access(path, F_OK) != 0 else {
      throw Problem(.conflict, "\(path) exists already", hint: "Give another name, or remove it first", path: "path")
    }
    let partial = path + ".partial"
    unlink(partial)
    do throws(Problem) {
      try StoreFile.create(partial)
      try translating { () throws(SQLiteFault) in
        try connection.run(connection.prepared(composed: "VACUUM INTO $path"), [("path", .text(partial))]) { _ in true }
      }
      try check(partial)
      try flush(partial)
      guard rename(partial, path) == 0 else { throw StoreFile.problem(errno, path) }
      try flush(path.lastIndex(of: "/").map { String(path[...$0]) } ?? ".")
    } catch {
      unlink(partial)
      throw error
    }
  }

  private static func check(_ path: String) throws(Problem) {
    let copy = try translating { () throws(SQLiteFault) in try Connection(path: path, .read) }
    if let fault = try copy.rows(composed: "PRAGMA integrity_check(1)", [], { $0.text() }).first, fault != "ok" {
      throw Problem(.unavailable, "the copy at \(path) is damaged: \(fault)", hint: "Check the store and the disk")
    }
  }

  private static func flush(_ path: String) throws(Problem) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StoreFile.problem(errno, path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw StoreFile.problem(errno, path) }
  }
}
