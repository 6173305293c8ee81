import Basics
import Glibc

/// An open file, closed when it is no longer held, read at any place.
struct File: ~Copyable {
  private let descriptor: Int32
  let size: Int

  init(reading path: String) throws(Problem) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.failure("cannot be opened") }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      close(descriptor)
      throw Self.failure("cannot be examined")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw Problem(.invalid, "is not a regular file", hint: "Give the path of a file with vectors.")
    }
    size = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Fills the buffer from the file's bytes at `offset`.
  func read(into target: UnsafeMutableRawBufferPointer, at offset: Int) throws(Problem) {
    var done = 0
    while done < target.count {
      let count = pread(descriptor, target.baseAddress.map { $0 + done }, min(target.count - done, 1 << 30), off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Self.failure("cannot be read") }
      guard count > 0 else { throw Problem(.malformed, "ended \(target.count - done) bytes too early", hint: "Was it being written meanwhile?") }
      done += count
    }
  }

  func bytes(at offset: Int, count: Int) throws(Problem) -> [UInt8] {
    let buffer = try Buffer<UInt8>(count: count)
    try read(into: UnsafeMutableRawBufferPointer(buffer.values), at: offset)
    return Array(buffer.values)
  }

  /// The last failed call in words.
  static func failure(_ what: String) -> Problem {
    let code = errno
    let kind: Problem.Kind = code == ENOENT || code == ENOTDIR ? .notFound : .unavailable
    return Problem(kind, "\(what): \(String(cString: strerror(code)))")
  }
}
