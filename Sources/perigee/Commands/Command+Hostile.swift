import Basics
import Scripting

extension Command {
  /// What `scripts/hostile` runs: every script of a folder in the host that is shipped. Help does not list it.
  static let hostile = Command(
    name: "hostile", summary: "Run hostile scripts and compare with their first lines", positionals: [.init("DIR", .one, "A folder of Lua scripts")],
    examples: [Example("perigee hostile scripts/", "each script's first line says what must happen")]
  ) { invocation throws(Problem) in
    let corpus = try HostileCorpus(folder: invocation.word(0) ?? ".")
    var failed = 0
    for entry in corpus.entries {
      var complaints: [String] = []
      for way in HostileCorpus.Way.allCases {
        let result = try ScriptThread.run { HostileCorpus.run(entry, way) }
        if let complaint = HostileCorpus.complaint(entry, result, way) { complaints.append(complaint) }
      }
      guard let complaint = complaints.first else { continue }
      failed += 1
      invocation.console.print(complaint)
    }
    if invocation.wantsJSON {
      invocation.console.print(["passed": .int(corpus.entries.count - failed), "failed": .int(failed)])
    } else {
      invocation.console.print("\(corpus.entries.count - failed) passed, \(failed) failed")
    }
    return failed == 0 ? .ok : .failed
  }
}
