import Basics
import Glibc

/// Writes the stored scripts into a folder, the way `ScriptFolder` reads them.
struct ScriptPull {
  private let connection: Connection
  private let invocation: Invocation

  init(_ connection: Connection, _ invocation: Invocation) {
    self.connection = connection
    self.invocation = invocation
  }

  func pull(to folder: String) throws(Problem) -> ExitCode {
    if mkdir(folder, 0o755) != 0, errno != EEXIST { throw fileProblem(folder, "make", errno) }
    let list = try connection.call("list_scripts", body: ["limit": 1000])["results"]?.array ?? []
    var written: [JSON] = []
    var kept: [JSON] = []
    for item in list {
      guard let name = item["name"]?.string else { continue }
      let script = try connection.call("get_script", path: ["script_id": name])
      var files = [("\(folder)/\(name).lua", headed(script["source"]?.string ?? "", script))]
      if let tests = script["test_source"]?.string { files.append(("\(folder)/\(name)_test.lua", tests)) }
      for (path, text) in files {
        let old = access(path, F_OK) == 0 ? try readFile(path, limit: 1 << 20) : nil
        if let old, old == Array(text.utf8) { continue }
        if old != nil, !invocation.has("force") {
          kept.append(.string(path))
          continue
        }
        try write(text, to: path)
        written.append(.string(path))
      }
    }
    if invocation.wantsJSON {
      invocation.console.print(["written": .array(written), "kept": .array(kept)])
    } else {
      for path in written { invocation.console.print(path.string ?? "") }
      for path in kept { invocation.console.say("\(path.string ?? "") differs and is left as it is; --force overwrites it") }
    }
    return kept.isEmpty ? .ok : .conflict
  }

  /// The source, with the header that says what it is if it has none.
  private func headed(_ source: String, _ script: JSON) -> String {
    let head = source.split(separator: "\n", omittingEmptySubsequences: false).prefix { $0.hasPrefix("--") }
    if head.contains(where: { $0.contains("kind:") }) { return source }
    var lines = "-- kind: \(script["kind"]?.string ?? "")\n"
    if let description = script["description"]?.string { lines += "-- description: \(printable(description))\n" }
    let events = (script["events"]?.array ?? []).compactMap(\.string)
    if !events.isEmpty { lines += "-- events: \(events.joined(separator: ", "))\n" }
    return lines + source
  }

  private func write(_ text: String, to path: String) throws(Problem) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw fileProblem(path, "write", errno) }
    writeAll(Array(text.utf8), to: descriptor)
    guard close(descriptor) == 0 else { throw fileProblem(path, "write", errno) }
  }
}
