import Basics
import Engine
import Glibc

extension Command {
  /// One measurement of the scheduler, for `scripts/bench`. Help does not list it.
  static let benchScheduler = Command(
    name: "bench-scheduler", summary: "Measure the scheduler",
    positionals: [Positional("WHAT", .one, "burst, steady, load, idle, simulation"), Positional("TRIGGERS", .one, "How many triggers")], options: [],
    examples: [Example("perigee bench-scheduler burst 10000 --json", "for scripts/bench")]
  ) { invocation throws(Problem) in
    let word = invocation.words[0]
    guard let what = SchedulerBenchmark.Measurement(rawValue: word) else {
      throw Problem(
        .invalid, "there is no measurement '\(word)'",
        hint: "One of: \(SchedulerBenchmark.Measurement.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    guard let count = Int(invocation.words[1]), count > 0 else {
      throw Problem(.invalid, "'\(invocation.words[1])' is no number of triggers", hint: "For example 10000")
    }
    var template = Array("./perigee-bench-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Problem(.unavailable, "no folder can be made here") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      for suffix in ["", "-wal", "-shm", ".lock"] { unlink("\(folder)/bench.db\(suffix)") }
      rmdir(folder)
    }
    let figures = try SchedulerBenchmark(invocation.surroundings, folder: folder).measure(what, triggers: count)
    if invocation.wantsJSON {
      invocation.console.print(figures)
    } else {
      for member in figures.object?.members ?? [] { invocation.console.print("\(member.key)\t\(member.value.text)") }
    }
    return .ok
  }
}
