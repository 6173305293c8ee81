import Basics

/// What the command line tells the shell. Scripts may rely on these numbers; `perigee help exit-codes` lists them.
enum ExitCode: Int32, CaseIterable, Sendable {
  case ok = 0
  case failed = 1
  case usage = 2
  case notFound = 3
  case conflict = 4
  case unauthorised = 5
  case unreachable = 6
  case held = 7
  case interrupted = 130

  /// The one translation from a problem's kind.
  init(_ kind: Problem.Kind) {
    self =
      switch kind {
      case .invalid, .malformed, .unsupported, .tooLarge: .usage
      case .notFound: .notFound
      case .conflict: .conflict
      case .unauthorized, .forbidden: .unauthorised
      case .unavailable: .unreachable
      case .cancelled: .interrupted
      case .script, .budget, .tooMany, .internal: .failed
      }
  }

  var meaning: String {
    switch self {
    case .ok: "done"
    case .failed: "the work failed: a script, a task, or perigee itself"
    case .usage: "the command, an option or the data given is not right"
    case .notFound: "what was named does not exist"
    case .conflict: "it exists already, or somebody else holds it (a store has one owner)"
    case .unauthorised: "the key is missing, wrong, or may not do this"
    case .unreachable: "a server, a port, a file or the store cannot be used"
    case .held: "a predicate or a hook said no: nothing was run"
    case .interrupted: "stopped by Ctrl-C"
    }
  }
}
