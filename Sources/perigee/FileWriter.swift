import Basics
import Glibc

/// A file that is being written beside its place and takes it only when it is whole.
struct FileWriter: ~Copyable {
  private let path: String
  private let partial: String
  private let descriptor: Int32
  private var pending: [UInt8] = []
  private var isFinished = false

  init(path: String) throws(Problem) {
    let descriptor = open(path + ".part", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw fileProblem(path, "write", errno) }
    self.path = path
    partial = path + ".part"
    self.descriptor = descriptor
  }

  mutating func write(_ bytes: [UInt8]) throws(Problem) {
    pending += bytes
    if pending.count >= 1 << 18 { try flush() }
  }

  private mutating func flush() throws(Problem) {
    var written = 0
    while written < pending.count {
      let count = pending.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw fileProblem(path, "write", errno) }
      written += count
    }
    pending.removeAll(keepingCapacity: true)
  }

  /// Puts the finished file in its place.
  mutating func finish() throws(Problem) {
    try flush()
    guard rename(partial, path) == 0 else { throw fileProblem(path, "write", errno) }
    isFinished = true
  }

  deinit {
    close(descriptor)
    if !isFinished { unlink(partial) }
  }
}
