import Glibc

/// A file that is being written beside its place and takes it only when it is whole. What is there and is no file (a pipe, a device) is
/// written to as it is, and a link is followed: to put a file in their place would destroy them.
package struct FileWriter: ~Copyable {
  private let path: String
  /// Where the file is until it is whole; nil when it is written in its place.
  private let partial: String?
  private let descriptor: Int32
  private var pending: [UInt8] = []
  private var isFinished = false

  package init(path: String) throws(Problem) {
    var status = stat()
    let isThere = stat(path, &status) == 0
    var place = path
    if isThere, let resolved = realpath(path, nil) {
      place = String(cString: resolved)
      free(resolved)
    }
    partial = isThere && status.st_mode & S_IFMT != S_IFREG ? nil : place + ".part"
    descriptor = open(partial ?? place, O_WRONLY | (partial == nil ? 0 : O_CREAT | O_TRUNC) | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw fileProblem(path, "write", errno) }
    self.path = place
  }

  package mutating func write(_ bytes: [UInt8]) throws(Problem) {
    pending += bytes
    if pending.count >= 1 << 18 { try flush() }
  }

  /// Writes what is too large to be gathered first.
  package mutating func write(raw bytes: UnsafeRawBufferPointer) throws(Problem) {
    try flush()
    try put(bytes)
  }

  private mutating func flush() throws(Problem) {
    try pending.withUnsafeBufferPointer { (bytes) throws(Problem) in try put(UnsafeRawBufferPointer(bytes)) }
    pending.removeAll(keepingCapacity: true)
  }

  private func put(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
    var written = 0
    while written < bytes.count {
      // Linux writes at most 2 GB at once.
      let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + written }, min(bytes.count - written, 1 << 30))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw fileProblem(path, "write", errno) }
      written += count
    }
  }

  /// Puts the finished file in its place.
  package mutating func finish() throws(Problem) {
    try flush()
    if let partial {
      // Whole means on the disk: an export is somebody's backup.
      guard fsync(descriptor) == 0, rename(partial, path) == 0 else { throw fileProblem(path, "write", errno) }
    }
    isFinished = true
  }

  deinit {
    close(descriptor)
    if !isFinished, let partial { unlink(partial) }
  }
}
