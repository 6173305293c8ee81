import Basics
import Glibc
import Synchronization
import Testing

@testable import perigee

/// What a command writes, kept instead of shown.
final class Recorder: Sendable {
  private let output = Mutex<[UInt8]>([])
  private let talk = Mutex<[UInt8]>([])

  var out: String { output.withLock { String(decoding: $0, as: UTF8.self) } }
  var err: String { talk.withLock { String(decoding: $0, as: UTF8.self) } }

  /// A console of a terminal of some width, or of pipes.
  func console(width: Int? = nil, colour: Bool = false) -> Console {
    Console(
      out: Console.Stream(isTerminal: width != nil, usesColour: colour, width: width) { [self] bytes in output.withLock { $0 += bytes } },
      err: Console.Stream(isTerminal: width != nil, usesColour: colour, width: width) { [self] bytes in talk.withLock { $0 += bytes } })
  }
}

/// Surroundings whose clocks stand at a moment of 2025.
let standing = Surroundings(now: { Instant(seconds: 1_748_779_200) }, ticks: { Ticks(nanoseconds: 0) }, random: { 7 })

/// Runs a command in this process, as `main` does.
func perform(_ words: String..., width: Int? = nil) -> (code: ExitCode, out: String, err: String) {
  let recorder = Recorder()
  let code = Perigee.run(words, surroundings: standing, console: recorder.console(width: width))
  return (code, recorder.out, recorder.err)
}

/// A text that is kept in a file beside the tests. With PERIGEE_RECORD=1 the file is written instead of compared.
func expectSnapshot(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation, file: String = #filePath) {
  let path = parent(of: file) + "/Data/" + name
  if getenv("PERIGEE_RECORD") != nil {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    writeAll(Array(text.utf8), to: descriptor)
    close(descriptor)
    return
  }
  let expected = (try? readFile(path, limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) } ?? "(there is no file \(name))"
  #expect(text == expected, "\(name) differs", sourceLocation: sourceLocation)
}

func parent(of path: String) -> String { path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") }

/// A folder that goes away with the value.
final class TemporaryFolder {
  let path: String

  init() {
    var template = Array("/tmp/perigee-test-XXXXXX".utf8CString)
    mkdtemp(&template)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func file(_ name: String) -> String { path + "/" + name }

  @discardableResult func write(_ name: String, _ bytes: [UInt8]) -> String {
    let descriptor = open(file(name), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    writeAll(bytes, to: descriptor)
    close(descriptor)
    return file(name)
  }

  @discardableResult func write(_ name: String, _ text: String) -> String { write(name, Array(text.utf8)) }

  func read(_ name: String) -> [UInt8] { (try? readFile(file(name), limit: 1 << 30)) ?? [] }

  deinit {
    guard let directory = opendir(path) else { return }
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { unlink(file(name)) }
    }
    closedir(directory)
    rmdir(path)
  }
}
