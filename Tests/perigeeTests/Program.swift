import Basics
import Glibc
import Testing

@testable import perigee

/// The built binary, run as a user runs it.
final class Program {
  private let process: pid_t
  private let output: Int32
  private let talk: String
  private var read: [UInt8] = []
  private var isReaped = false

  /// It stands beside the test bundle.
  static let path: String = {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { $0.bindMemory(to: CChar.self).baseAddress.map { readlink("/proc/self/exe", $0, 4096) } ?? 0 }
    return parent(of: String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)) + "/perigee"
  }()

  init(_ words: [String], in folder: TemporaryFolder, input: String? = nil) {
    var pipes: [Int32] = [0, 0]
    pipe(&pipes)
    // Without this a program that is started later would keep the pipe open.
    for descriptor in pipes { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    let name = "talk-\(UInt64.random(in: 0 ... .max))"
    talk = name
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, 0, input.map { folder.write("input", $0) } ?? "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, folder.file(name), O_WRONLY | O_CREAT, 0o644)
    var arguments: [UnsafeMutablePointer<CChar>?] = ([Self.path] + words).map { strdup($0) }
    var environment: [UnsafeMutablePointer<CChar>?] = (["PATH=/usr/bin:/bin", "HOME=\(folder.path)"] as [String]).map { strdup($0) }
    arguments.append(nil)
    environment.append(nil)
    var spawned = pid_t()
    let status = posix_spawn(&spawned, Self.path, &actions, nil, &arguments, &environment)
    #expect(status == 0, "\(Self.path) cannot be run: \(String(cString: strerror(status)))")
    posix_spawn_file_actions_destroy(&actions)
    for text in arguments + environment { free(text) }
    close(pipes[1])
    process = spawned
    output = pipes[0]
    self.folder = folder
  }

  private let folder: TemporaryFolder

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
    var piece = [UInt8](repeating: 0, count: 65_536)
    let count = piece.withUnsafeMutableBytes { Glibc.read(output, $0.baseAddress, $0.count) }
    if count > 0 { read += piece[..<count] }
    return count > 0
  }

  func signal(_ number: Int32) { kill(process, number) }

  /// Waits for its end; what is left of its standard output, and all of standard error.
  func end() -> (code: Int32, out: String, err: String) {
    while more() {}
    var status: Int32 = 0
    waitpid(process, &status, 0)
    isReaped = true
    let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    return (code, String(decoding: read, as: UTF8.self), String(decoding: folder.read(talk), as: UTF8.self))
  }

  deinit {
    close(output)
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
