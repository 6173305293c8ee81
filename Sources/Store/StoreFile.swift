import Basics
import CSQLite
import Glibc

/// The store's file before SQLite touches it: is it there, may it be used, is it ours, is it whole?
///
/// The layout of the first hundred bytes: https://www.sqlite.org/fileformat2.html#the_database_header
package enum StoreFile {
  /// "PRGE", in the header where file(1) looks too.
  static let applicationID: Int32 = 0x5052_4745

  /// Refuses what cannot become a store; true when there is no store yet.
  static func isNew(_ path: String, creating: Bool) throws(Problem) -> Bool {
    var status = stat()
    if stat(path, &status) != 0 {
      guard errno == ENOENT, creating else { throw problem(errno, path) }
      return true
    }
    if status.st_mode & S_IFMT == S_IFDIR {
      throw Problem(
        .invalid, "\(path) is a directory", hint: "Give the path of a file, for example \(path.hasSuffix("/") ? path : path + "/")perigee.db",
        path: "store")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw Problem(.invalid, "\(path) is not a regular file", hint: "Give the path of a file, for example perigee.db", path: "store")
    }
    if status.st_size == 0 { return true }
    guard access(path, R_OK) == 0 else { throw problem(errno, path) }
    try checkHeader(path)
    return false
  }

  private static func checkHeader(_ path: String) throws(Problem) {
    var header = [UInt8](repeating: 0, count: 100)
    var length: Int64 = 0
    let code = header.withUnsafeMutableBytes { csqlite_read_header(path, $0.baseAddress, 100, &length) }
    guard code == SQLITE_OK else {
      throw Problem(.unavailable, "\(path) cannot be read: \(String(cString: sqlite3_errstr(code)))", hint: SQLiteFault.restore, path: "store")
    }
    let size = Int(length)
    guard size >= 100, header.starts(with: Array("SQLite format 3\0".utf8)) else {
      throw Problem(
        .malformed, "\(path) is not a perigee store: it does not begin like a SQLite file",
        hint: "Give another --store. If this was a store, its beginning is damaged: restore a backup", path: "store")
    }
    func number(_ at: Int) -> Int { header[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
    let pageSize = Int(header[16]) << 8 | Int(header[17])
    let pages = number(28)
    // While a write-ahead log is waiting, the file may rightly be shorter than its header says. And a header whose page count is
    // older than its change counter was written by software that did not keep it.
    var log = stat()
    let hasLog = stat(path + "-wal", &log) == 0 && log.st_size > 0
    let expected = pages * (pageSize == 1 ? 65536 : pageSize)
    if !hasLog, number(24) == number(92), expected > size {
      throw Problem(
        .unavailable, "the store \(path) is truncated: \(size) bytes are left of \(expected)", hint: SQLiteFault.restore, path: "store",
        details: ["bytes": .int(size), "expected_bytes": .int(expected)])
    }
    let application = Int32(truncatingIfNeeded: number(68))
    // Until the first migration is in the file itself it is nobody's: in the log, or not begun by a process that was killed. A file
    // of one page has no tables.
    let isUnfinished = application == 0 && (hasLog || pages <= 1)
    guard application == applicationID || isUnfinished else {
      throw Problem(
        .conflict, "\(path) is a SQLite file of another application\(application == 0 ? "" : " (application_id \(application))")",
        hint: "Give another --store; this file was not touched", path: "store")
    }
  }

  /// What the system said about a path, in words.
  static func problem(_ code: Int32, _ path: String) -> Problem {
    let directory = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    switch code {
    case ENOENT:
      var status = stat()
      if stat(directory, &status) == 0 {
        return Problem(
          .notFound, "there is no store at \(path)", hint: "Give the path of one with --store, or make it by 'perigee serve'", path: "store")
      }
      return Problem(.notFound, "the directory \(directory) does not exist", hint: "Make it: mkdir -p \(directory)", path: "store")
    case ENOTDIR: return Problem(.invalid, "a part of \(path) is a file, not a directory", path: "store")
    case EACCES, EPERM:
      return Problem(
        .unavailable, "no permission to use \(path)", hint: "Give this user read and write permission on it and on \(directory)", path: "store")
    case EROFS:
      return Problem(.unavailable, "\(path) lies on a read-only file system", hint: "Give another --store", path: "store")
    default:
      return Problem(.unavailable, "\(path) cannot be used: \(String(cString: strerror(code)))", path: "store")
    }
  }

  /// Makes the file with a mode that keeps other users out; SQLite gives its log files the same mode. Only for a file that is not
  /// there: closing a descriptor of one that SQLite has open would drop its locks.
  static func create(_ path: String) throws(Problem) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw problem(errno, path) }
    close(descriptor)
  }

  /// Bytes of a file; 0 when it is not there.
  package static func size(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }
}
