import Basics
import CLinux
import Glibc

/// A folder that is looked through without ever leaving it: links are not followed, and what is opened is what was looked at.
struct Folder: ~Copyable {
  struct File: Equatable {
    /// Relative to the folder, with slashes.
    var path: String
    var size: Int64
    /// Nanoseconds since 1970.
    var modified: Int64
  }

  private let descriptor: Int32
  let path: String
  /// Folders deeper than this are not looked into.
  private static let deepest = 32

  /// Opens a folder that lies in one of the roots. Throws `.forbidden` for one that does not, `.notFound` for what is no folder.
  init(_ path: String, within roots: [String]) throws(Problem) {
    self.path = path
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Problem(
        errno == EACCES ? .forbidden : .notFound, "the folder '\(path)' cannot be opened: \(String(cString: strerror(errno)))", path: "source_path")
    }
    // Where it really is, whatever links led there.
    guard let real = Self.location(of: descriptor), Self.allows(real, roots) else {
      close(descriptor)
      throw Self.outside(path, roots)
    }
  }

  deinit { close(descriptor) }

  /// Where a path leads, without links and dots; nil when there is nothing.
  static func resolved(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  static func allows(_ path: String, _ roots: [String]) -> Bool { roots.contains { $0 == path || $0 == "/" || path.hasPrefix($0 + "/") } }

  static func outside(_ path: String, _ roots: [String]) -> Problem {
    Problem(
      .forbidden, "'\(path)' is not in a folder that may be followed",
      hint: roots.isEmpty
        ? "None is allowed: start the server with --sync-root FOLDER" : "Allowed: \(roots.joined(separator: ", "))", path: "source_path")
  }

  private static func location(of descriptor: Int32) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let count = readlink("/proc/self/fd/\(descriptor)", &buffer, buffer.count - 1)
    return count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
  }

  // MARK: - Looking through

  /// Every ordinary file and every folder below, by path; hidden ones and links are left out. Throws when a part cannot be read.
  ///
  /// `limit` files at most; then `.tooMany`.
  func files(limit: Int) throws(Problem) -> (files: [File], folders: [String]) {
    var found: (files: [File], folders: [String]) = ([], [""])
    var waiting = [""]
    while let folder = waiting.popLast() {
      let opened = try directory(folder)
      defer { close(opened) }
      // fdopendir takes the descriptor over, and the names are needed beside it.
      guard let stream = fdopendir(dup(opened)) else { throw Self.unreadable(folder) }
      defer { closedir(stream) }
      errno = 0
      while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(validatingCString: $0) }
        }
        guard let name, !name.hasPrefix(".") else { continue }
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        var status = stat()
        guard fstatat(opened, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
          guard found.files.count < limit else {
            throw Problem(
              .tooMany, "the folder has more than \(limit) files", hint: "Raise max_objects_per_run, or narrow file_filters",
              path: "max_objects_per_run")
          }
          found.files.append(File(path: path, size: Int64(status.st_size), modified: Self.nanoseconds(status.st_mtim)))
        case S_IFDIR where path.utf8.filter({ $0 == UInt8(ascii: "/") }).count < Self.deepest:
          found.folders.append(path)
          waiting.append(path)
        default: break
        }
        errno = 0
      }
      guard errno == 0 else { throw Self.unreadable(folder) }
    }
    found.files.sort { $0.path < $1.path }
    return found
  }

  private static func unreadable(_ folder: String) -> Problem {
    Problem(.unavailable, "the folder '\(folder)' cannot be read: \(String(cString: strerror(errno)))", path: "source_path")
  }

  private static func nanoseconds(_ time: timespec) -> Int64 { Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec) }

  /// A folder below, opened step by step, so that no step can be a link.
  private func directory(_ path: String) throws(Problem) -> Int32 {
    var current = dup(descriptor)
    for part in path.split(separator: "/") {
      let next = openat(current, String(part), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      close(current)
      current = next
      if next < 0 { break }
    }
    guard current >= 0 else { throw Self.unreadable(path) }
    // A copy shares its place in the list of names with the original.
    lseek(current, 0, SEEK_SET)
    return current
  }

  // MARK: - Reading

  /// Hands over a file's contents piece by piece, and answers what the file was like when all had been read.
  ///
  /// Throws `.conflict` when it changed meanwhile: it is still being written.
  func read(_ file: File, limit: Int64, _ take: (UnsafeRawBufferPointer) throws(Problem) -> Void) throws(Problem) -> File {
    let parts = file.path.split(separator: "/")
    let folder = try directory(parts.dropLast().joined(separator: "/"))
    defer { close(folder) }
    let opened = openat(folder, String(parts.last ?? ""), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard opened >= 0 else {
      throw Problem(errno == ENOENT ? .conflict : .unavailable, "'\(file.path)' cannot be opened: \(String(cString: strerror(errno)))")
    }
    defer { close(opened) }
    let before = try Self.state(of: opened, file.path)
    guard before.size <= limit else {
      throw Problem(.tooLarge, "'\(file.path)' has \(before.size) bytes, \(limit) are allowed", hint: "Split it, or give rows as .ndjson or .csv")
    }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    defer { buffer.deallocate() }
    var total: Int64 = 0
    while true {
      let count = Glibc.read(opened, buffer.baseAddress, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Problem(.unavailable, "'\(file.path)' cannot be read: \(String(cString: strerror(errno)))") }
      if count == 0 { break }
      total += Int64(count)
      try take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
    let after = try Self.state(of: opened, file.path)
    guard after == before, after.size == total else { throw Problem(.conflict, "'\(file.path)' is being written") }
    return after
  }

  private static func state(of descriptor: Int32, _ path: String) throws(Problem) -> File {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw Problem(.unavailable, "'\(path)' is not an ordinary file")
    }
    return File(path: path, size: Int64(status.st_size), modified: nanoseconds(status.st_mtim))
  }
}
