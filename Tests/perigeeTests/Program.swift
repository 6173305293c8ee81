import Basics
import Glibc
import Testing

@testable import perigee

/// The built binary, run as a user runs it.
final class Program {
  private let process: pid_t
  private let folder: TemporaryFolder
  /// Files that take what it writes.
  private let (output, talk): (String, String)
  /// The reading end of its standard output, when somebody listens while it runs.
  private let pipe: Int32?
  private var read: [UInt8] = []
  private var isReaped = false

  /// It stands beside the test bundle.
  static let path: String = {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { $0.bindMemory(to: CChar.self).baseAddress.map { readlink("/proc/self/exe", $0, 4096) } ?? 0 }
    return parent(of: String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)) + "/perigee"
  }()

  /// `listening`: its standard output is read line by line while it runs.
  init(_ words: [String], in folder: TemporaryFolder, input: String? = nil, listening: Bool = false) {
    self.folder = folder
    let number = UInt64.random(in: 0 ... .max)
    (output, talk) = ("output-\(number)", "talk-\(number)")
    var pipes: [Int32] = [-1, -1]
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, 0, input.map { folder.write("input-\(number)", $0) } ?? "/dev/null", O_RDONLY, 0)
    if listening {
      Glibc.pipe(&pipes)
      for descriptor in pipes { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
      posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
    } else {
      posix_spawn_file_actions_addopen(&actions, 1, folder.file(output), O_WRONLY | O_CREAT, 0o644)
    }
    posix_spawn_file_actions_addopen(&actions, 2, folder.file(talk), O_WRONLY | O_CREAT, 0o644)
    var arguments: [UnsafeMutablePointer<CChar>?] = ([Self.path] + words).map { strdup($0) }
    var environment: [UnsafeMutablePointer<CChar>?] = (["PATH=/usr/bin:/bin", "HOME=\(folder.path)"] as [String]).map { strdup($0) }
    arguments.append(nil)
    environment.append(nil)
    var spawned = pid_t()
    let status = posix_spawn(&spawned, Self.path, &actions, nil, &arguments, &environment)
    #expect(status == 0, "\(Self.path) cannot be run: \(String(cString: strerror(status)))")
    posix_spawn_file_actions_destroy(&actions)
    for text in arguments + environment { free(text) }
    if listening { close(pipes[1]) }
    process = spawned
    pipe = listening ? pipes[0] : nil
  }

  /// The next line of its standard output; blocks until there is one.
  func line() -> String {
    while true {
      if let end = read.firstIndex(of: 0x0A) {
        defer { read.removeSubrange(...end) }
        return String(decoding: read[..<end], as: UTF8.self)
      }
      if !more() { return String(decoding: read, as: UTF8.self) }
    }
  }

  private func more() -> Bool {
    guard let pipe else { return false }
    var piece = [UInt8](repeating: 0, count: 65_536)
    let count = piece.withUnsafeMutableBytes { Glibc.read(pipe, $0.baseAddress, $0.count) }
    if count > 0 { read += piece[..<count] }
    return count > 0
  }

  func signal(_ number: Int32) { kill(process, number) }

  /// Waits for its end; what it wrote to standard output, if nobody listened, and to standard error.
  func end() -> (code: Int32, out: String, err: String) {
    var status: Int32 = 0
    waitpid(process, &status, 0)
    isReaped = true
    let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    return (code, String(decoding: folder.read(output), as: UTF8.self), String(decoding: folder.read(talk), as: UTF8.self))
  }

  deinit {
    if let pipe { close(pipe) }
    if !isReaped {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
  }
}

/// Runs the binary to its end.
@discardableResult
func program(_ words: String..., in folder: TemporaryFolder, input: String? = nil) -> (code: Int32, out: String, err: String) {
  Program(words, in: folder, input: input).end()
}
