package import Basics
import CLua
import Glibc

/// A folder of hostile scripts, each with what must happen in its first line: `-- expect: killed|error within 400 ms`.
///
/// Outcomes: `error`, `memory error`, `killed`, or the first value returned (`nil`, `true`, `12`, a text). Every script runs in a
/// new interpreter with 200 ms, 16 MiB and, when counted, ten million instructions, and four functions to call: `host.echo`, `host.fail`,
/// `host.add`, `host.big`. Scripts called `event_…` are filters, and judge a few events; their outcome is the answer to the last.
package struct HostileCorpus: Sendable {
  package struct Entry: Sendable, CustomStringConvertible {
    package var name: String
    package var source: [UInt8]
    package var expected: [String]
    package var milliseconds: Double
    package var description: String { name }
  }

  package struct Result: Sendable {
    package var outcome: String
    package var message: String
    /// Of the thread's own work: a machine that is busy with other things does not count.
    package var milliseconds: Double
  }

  /// In the order of their names.
  package var entries: [Entry] = []

  /// How a run is stopped: by time and the alarm, as scripts are that nobody limits otherwise; or by a count hook, too, whose limit makes it
  /// end at the same place on every machine.
  package enum Way: String, Sendable, CaseIterable {
    case alarmed, counted
    var budget: Budget { Budget(wall: .milliseconds(200), memory: 16 << 20, instructions: self == .counted ? 10_000_000 : nil) }
  }

  package init(folder: String) throws(Problem) {
    guard let directory = opendir(folder) else { throw Problem(.notFound, "\(folder): \(String(cString: strerror(errno)))") }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      // By address: copying the whole field would read beyond the entry, which is only as long as its name.
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
      }
      if name.hasSuffix(".lua") { names.append(name) }
    }
    for name in names.sorted() {
      let source = try Self.read(folder + "/" + name)
      entries.append(Self.entry(name: String(name.dropLast(4)), source: source))
    }
  }

  /// Reads the expectation; a script without one may do anything but crash or stay.
  static func entry(name: String, source: [UInt8]) -> Entry {
    let first = String(decoding: source.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    guard first.hasPrefix("-- expect: "), let within = first.firstRange(of: " within ") else {
      return Entry(name: name, source: source, expected: [], milliseconds: 1000)
    }
    let words = first[..<within.lowerBound].dropFirst("-- expect: ".count).split(separator: "|").map(String.init)
    let limit = first[within.upperBound...].split(separator: " ").first.flatMap { Double($0) } ?? 1000
    return Entry(name: name, source: source, expected: words, milliseconds: limit)
  }

  /// Nil when the outcome is one of those expected and came in time, else what differs.
  ///
  /// Where a script may be killed and nothing counts its instructions, a fast machine may come to its own end before. The times of the first
  /// lines are those of an optimised build; `patience` multiplies them for another.
  package static func complaint(_ entry: Entry, _ result: Result, _ way: Way, patience: Double = 1) -> String? {
    let wanted = entry.expected.joined(separator: "|")
    let ends = way == .alarmed && entry.expected.contains("killed")
    if !entry.expected.isEmpty, !entry.expected.contains(result.outcome), !ends {
      return "\(entry.name) (\(way)): expected \(wanted), got \(result.outcome) (\(result.message))"
    }
    let limit = entry.milliseconds * patience
    if result.milliseconds > limit {
      return "\(entry.name) (\(way)): \(result.outcome) after \(Int(result.milliseconds)) ms; the limit is \(Int(limit)) ms"
    }
    return nil
  }

  /// Runs one script; call it on a thread that has `ScriptThread.stackSize` of stack. When its time was over before it could work for half of
  /// it, the machine was busy with other things, and nothing is known of the script: it runs again.
  package static func run(_ entry: Entry, _ way: Way) -> Result {
    var result = attempt(entry, way)
    for _ in 0..<8 where result.outcome == "killed" && result.milliseconds < 100 && !entry.expected.contains("killed") {
      result = attempt(entry, way)
    }
    return result
  }

  private static func attempt(_ entry: Entry, _ way: Way) -> Result {
    let budget = way.budget
    let interpreter = Interpreter(memory: budget.memory, natives: natives, modules: false)
    let host = SilentHost()
    let began = ThreadTime.now()
    let run: ScriptRun
    var answers: [Bool]?
    if entry.name.hasPrefix("event_") {
      let script = Script(name: entry.name, version: 1, source: String(decoding: entry.source, as: UTF8.self))
      let judged = interpreter.filter(script, events: events, budget: budget, host: host)
      (answers, run) = (judged.accepted, judged.run)
    } else {
      run = interpreter.runRaw(name: entry.name, source: entry.source, budget: budget, host: host)
    }
    let milliseconds = (ThreadTime.now() - began).inSeconds * 1000
    switch run.outcome {
    case .returned(let values):
      return Result(outcome: answers?.last.map { "\($0)" } ?? word(values.first ?? .null), message: "", milliseconds: milliseconds)
    case .failed(let problem): return Result(outcome: "error", message: problem.message, milliseconds: milliseconds)
    case .killed(let problem):
      let outcome = problem.details["limit"] == "memory" ? "memory error" : "killed"
      return Result(outcome: outcome, message: problem.message, milliseconds: milliseconds)
    }
  }

  private static func word(_ value: JSON) -> String {
    switch value {
    case .null: "nil"
    case .bool(let truth): truth ? "true" : "false"
    case .int(let number): "\(number)"
    case .double(let number): "\(number)"
    case .string(let text): text
    case .array, .object: "table"
    }
  }

  /// Longer and shorter documents that follow each other; the driver of the sanitizers has the same.
  static let events = ScriptEvents(
    [
      #"{"a":1,"kind":"x","deep":{"b":[1,2,{"c":null}]},"none":null,"text":"one, two: {three}","last":-1}"#, "{}",
      #" { "a" : "\u0041\n\"", "k\u0065y":[[[[]]]], "n":1e308,"zero":-0.0 , "big":123456789012345678901234567890 } "#,
      #"{"kind":"y","a":[{"a":{}}],"b":true,"c":false,"":0,"a":3}"#,
    ].map {
      ScriptEvent(
        type: "document.created", collectionID: "document.created", documentID: "document.created", document: Array($0.utf8),
        payload: Array(#"{"n":[1,2]}"#.utf8), at: Instant(seconds: 1000))
    })

  private static var natives: [NativeFunction] {
    [
      NativeFunction(path: "host.echo") { arguments in arguments },
      NativeFunction(path: "host.fail") { (_: [LuaValue]) throws(Problem) -> [LuaValue] in
        throw Problem(.invalid, "the host function failed, as it always does")
      },
      NativeFunction(path: "host.add") { (arguments: [LuaValue]) throws(Problem) -> [LuaValue] in
        guard arguments.count >= 2, case .int(let a) = arguments[0], case .int(let b) = arguments[1] else {
          throw Problem(.invalid, "host.add takes two integers")
        }
        return [.int(a &+ b)]
      },
      NativeFunction(path: "host.big") { (arguments: [LuaValue]) throws(Problem) -> [LuaValue] in
        guard case .int(let size)? = arguments.first, (0...(64 << 20)).contains(size) else {
          throw Problem(.invalid, "host.big takes a size of at most 64 MiB")
        }
        return [.bytes([UInt8](repeating: UInt8(ascii: "x"), count: Int(size)))]
      },
    ]
  }

  private final class SilentHost: ScriptHost {
    func call(_ name: String, _ arguments: [JSON]) throws(Problem) -> JSON { throw Problem(.unsupported, "\(name) is not offered here") }
    func write(log level: String, _ message: String) {}
  }

  private static func read(_ path: String) throws(Problem) -> [UInt8] {
    guard let file = fopen(path, "rb") else { throw Problem(.notFound, "\(path): \(String(cString: strerror(errno)))") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk.prefix(count))
    }
  }
}

extension Interpreter {
  /// Runs source that need not be text, as a chunk; results are scalars.
  func runRaw(name: String, source: [UInt8], budget: Budget, host: any ScriptHost) -> ScriptRun {
    let script = Script(name: name, version: 0, source: String(decoding: source, as: UTF8.self))
    let call = HostCall(kind: .action, host: host, cancellation: nil, natives: natives)
    return source.lend { bytes in
      var request = clua_request()
      request.source = bytes
      request.raw = true
      return execute(script, request, budget, call) { state, request in clua_run(state, &request, call.pointer) }
    }
  }
}
