import Basics
import Glibc
import Model

/// Looks at a folder's files a few times a second, and pushes what was saved.
struct ScriptWatch {
  private let connection: Connection
  private let invocation: Invocation
  private let folder: String

  private static let interval = Duration.milliseconds(200)

  init(_ connection: Connection, _ invocation: Invocation, folder: String) {
    self.connection = connection
    self.invocation = invocation
    self.folder = folder
  }

  /// A file's size and when it was written, by name.
  private func stamps() throws(Problem) -> [String: [Int64]] {
    var stamps: [String: [Int64]] = [:]
    for name in try ScriptFolder.list(folder) {
      var status = stat()
      guard stat(folder + "/" + name, &status) == 0 else { continue }
      stamps[name] = [Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec), Int64(status.st_size)]
    }
    return stamps
  }

  /// Until Ctrl-C. What is wrong with a script is told, and watching goes on.
  func watch() throws(Problem) -> ExitCode {
    Interrupts.handle {}
    var seen: [String: [Int64]] = [:]
    invocation.console.say("Watching \(folder); Ctrl-C ends it.")
    while !Interrupts.wasAsked {
      let now = try stamps()
      if now != seen {
        // One that is being written is looked at again, when it is whole.
        let changed = now.filter { seen[$0.key] != $0.value }.keys
        seen = now
        push(Set(changed.map(Self.subject)))
      }
      pause(Self.interval)
    }
    return .ok
  }

  private static func subject(_ file: String) -> String {
    let stem = file.dropLast(4)
    return String(stem.hasSuffix("_test") ? stem.dropLast(5) : stem)
  }

  /// Each file on its own: one that is wrong keeps no other from being pushed.
  private func push(_ names: Set<String>) {
    var entries: [ScriptFolder.Entry] = []
    for name in names.sorted() {
      do throws(Problem) { entries += try ScriptFolder("\(folder)/\(name).lua").entries } catch { ProblemText.say(error, on: invocation.console) }
    }
    for entry in ScriptPush.ordered(entries) {
      do throws(Problem) { _ = try ScriptPush(connection, invocation).push(entry) } catch { ProblemText.say(error, on: invocation.console) }
    }
  }
}
