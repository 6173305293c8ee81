import Basics
import Glibc

/// A running program of ours: started, listened to, killed.
final class Child {
  let pid: pid_t
  private let output: Int32

  /// `extra`: variables that it sees beside ours.
  init(_ words: [String], program: String = Child.binary, extra: [String: String] = [:], errors: String = "/dev/null") throws {
    var pipe: [Int32] = [0, 0]
    guard Glibc.pipe(&pipe) == 0 else { throw Problem(.unavailable, "no pipe") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, pipe[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_addclose(&actions, pipe[0])
    defer { posix_spawn_file_actions_destroy(&actions) }
    var arguments: [UnsafeMutablePointer<CChar>?] = ([program] + words).map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var variables: [UnsafeMutablePointer<CChar>?] = []
    var inherited = environ
    while let variable = inherited.pointee {
      variables.append(strdup(variable))
      inherited += 1
    }
    for (name, value) in extra { variables.append(strdup("\(name)=\(value)")) }
    variables.append(nil)
    defer { for variable in variables { free(variable) } }
    var pid: pid_t = 0
    let status = posix_spawn(&pid, program, &actions, nil, &arguments, &variables)
    close(pipe[1])
    guard status == 0 else { throw Problem(.unavailable, "\(program) cannot be started: \(status)") }
    self.pid = pid
    output = pipe[0]
  }

  deinit { close(output) }

  /// The program is built beside the bundle of tests.
  static let binary: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return (path.split(separator: "/").dropLast().map { "/" + $0 }.joined()) + "/perigee"
  }()

  /// The next line that it prints; nil when it has ended. Waits for it.
  func line() -> String? {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while read(output, &byte, 1) == 1 {
      if byte == 10 { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  /// Sends a signal (0: none), waits for the end, and answers the exit code; nil when a signal ended it.
  @discardableResult func end(_ signal: Int32) -> Int32? {
    kill(pid, signal)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) == -1 && errno == EINTR {}
    return status & 0x7f == 0 ? status >> 8 & 0xff : nil
  }
}
