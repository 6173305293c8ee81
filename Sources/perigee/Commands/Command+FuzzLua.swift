import API
import Basics
import Scripting

extension Command {
  /// What `scripts/fuzz lua` runs. Help does not list it.
  static let fuzzLua = Command(
    name: "fuzz-lua", summary: "Run programs made at random until the time is over",
    positionals: [Positional("SECONDS", .optional, "60 if not said")],
    options: [Option("seed", value: "N", "Which programs")], examples: [Example("perigee fuzz-lua 3600 --seed 7", "for an hour")]
  ) { invocation throws(Problem) in
    guard let seconds = Double(invocation.word(0) ?? "60"), seconds > 0, seconds < 1e6 else {
      throw Problem(.invalid, "'\(invocation.word(0) ?? "")' is not a number of seconds", hint: "For example: perigee fuzz-lua 60", path: "SECONDS")
    }
    let surroundings = invocation.surroundings
    let seed = try invocation.int("seed", in: 0...Int.max).map { UInt64($0) } ?? surroundings.random() >> 1
    let began = surroundings.ticks()
    let deadline = Ticks(nanoseconds: began.nanoseconds + UInt64(seconds * 1e9))
    invocation.console.print("seed \(seed), \(memory) in use")
    let summary = try ScriptThread.run { () -> LuaFuzzer.Summary in
      var minute: Int64 = 0
      return LuaFuzzer.run(seed: seed, surroundings: surroundings, until: deadline) { summary in
        let passed = (surroundings.ticks() - began).inMilliseconds / 60_000
        guard passed > minute else { return }
        minute = passed
        invocation.console.print("\(minute) min: \(summary.programs) programs, \(summary.complaints.count) complaints, \(memory) in use")
      }
    }
    for complaint in summary.complaints { invocation.console.print(complaint) }
    invocation.console.print(
      "seed \(seed): \(summary.programs) programs, \(summary.returned) returned, \(summary.failed) failed, \(summary.killed) were killed, "
        + "the slowest \(summary.slowest.inMilliseconds) ms after its limit, \(summary.complaints.count) complaints, \(memory) in use")
    return summary.complaints.isEmpty ? .ok : .failed
  }

  /// What the process has of the machine's memory: a leak shows as its growth.
  private static var memory: String { ProcessUsage.current().map { "\($0.residentBytes >> 10) KiB" } ?? "unknown memory" }
}
