import Basics
import Glibc

/// An open file, closed when it is no longer held. Reads at a place, writes one piece after another.
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

  init(writing path: String) throws(Problem) {
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.failure("cannot be written") }
    size = 0
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

  func write(_ source: UnsafeRawBufferPointer) throws(Problem) {
    var done = 0
    while done < source.count {
      let count = Glibc.write(descriptor, source.baseAddress.map { $0 + done }, min(source.count - done, 1 << 30))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Self.failure("cannot be written") }
      done += count
    }
  }

  /// The last failed call in words.
  static func failure(_ what: String) -> Problem {
    let code = errno
    let kind: Problem.Kind = code == ENOENT || code == ENOTDIR ? .notFound : .unavailable
    return Problem(kind, "\(what): \(String(cString: strerror(code)))")
  }
}
