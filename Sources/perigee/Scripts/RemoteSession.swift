import Basics
import Engine
import Model
import Scheduling
import Scripting

/// What a batch script reaches through a running server: the same library, the same operations, over HTTP.
final class RemoteSession: ScriptHost {
  private var calls: LibraryCalls
  private let output: (_ level: String, _ message: String) -> Void

  init(
    _ connection: Connection, _ surroundings: Surroundings, pause: @escaping (Duration) throws(Problem) -> Void,
    output: @escaping (_ level: String, _ message: String) -> Void
  ) {
    var calls = LibraryCalls(surroundings: surroundings, zones: Zones()) { operation, path, query, body throws(Problem) in
      try connection.call(operation, path: path, query: query, body: body)
    }
    calls.pause = pause
    self.calls = calls
    self.output = output
  }

  func call(_ name: String, _ arguments: [JSON]) throws(Problem) -> JSON {
    if name == "progress" {
      output("progress", JSON.array(arguments).text)
      return .null
    }
    switch name {
    case "require":
      let module = try calls.answer("scripts.get", arguments)
      guard let source = module["source"], module["kind"] == "module" else {
        let name = arguments.first?.string ?? ""
        throw Problem(.notFound, "there is no module '\(name)'", hint: "See perigee scripts list --kind module")
      }
      return ["name": module["name"] ?? "", "source": source]
    case "transaction":
      throw Problem(
        .unsupported, "a transaction cannot be held over the wire", hint: "Give --in-server, and the server runs the script itself", path: name)
    default: return try calls.answer(name, arguments)
    }
  }

  func begin(_ work: Cancellation) { calls.work = work }

  func write(log level: String, _ message: String) { output(level, message) }
}
