import Basics
import Engine
import Model
import Scripting
import Synchronization

/// Runs batch scripts against a connection, with an interpreter of its own. Belongs to the thread that made it.
final class ScriptRunner {
  private let connection: Connection
  private let invocation: Invocation
  private let interpreter: Interpreter
  private let output: ScriptOutput
  /// The flag of the run that goes on now, for Ctrl-C.
  private let current = Mutex<Cancellation?>(nil)

  /// What scripts take for now; nil is the time it is.
  var clock: Instant?

  /// With a `seed`, the dice of every run fall the same.
  init(_ connection: Connection, _ invocation: Invocation, memory: Int, clock: Instant? = nil, seed: UInt64? = nil, keepsOutput: Bool = false) {
    self.connection = connection
    self.invocation = invocation
    self.clock = clock
    interpreter = Interpreter(memory: memory, random: seed.map { seed in { seed } } ?? invocation.surroundings.random)
    output = ScriptOutput(invocation.console, invocation.surroundings, keeps: keepsOutput)
  }

  func check(_ script: Script) throws(Problem) { try interpreter.check(script, kind: .batch) }

  /// What the runs have printed, where that is kept for the end.
  var printed: [JSON] { output.printed }

  /// Runs a script to its end. Its `print` goes to standard output, or is kept where one JSON document is to stand there; its log goes to
  /// standard error; Ctrl-C cancels it.
  func run(_ script: Script, arguments: [JSON], budget: Budget) -> ScriptRun {
    let cancellation = Cancellation()
    Interrupts.forget()
    Interrupts.handle { cancellation.cancel() }
    let output = output
    let say: (String, String) -> Void = { level, message in output.write(level, message) }
    let pause: (Duration) throws(Problem) -> Void = { duration throws(Problem) in try Self.pause(duration, cancellation) }
    let session: any ScriptHost
    if let host = connection.host, let namespaceID = connection.namespaceID {
      session = ScriptSession(
        host, namespaceID: namespaceID, trigger: nil, writes: .immediate, caller: .local, clock: clock, pause: pause, output: say)
    } else {
      var surroundings = invocation.surroundings
      if let clock { surroundings.now = { clock } }
      session = RemoteSession(connection, surroundings, pause: pause, output: say)
    }
    let run = interpreter.run(script, kind: .batch, arguments: arguments, budget: budget, host: session, cancellation: cancellation)
    output.finish()
    return run
  }

  /// Sleeps in slices, so that Ctrl-C is noticed.
  private static func pause(_ duration: Duration, _ cancellation: Cancellation) throws(Problem) {
    var left = duration
    while left > .zero {
      try cancellation.check()
      let slice = min(left, .milliseconds(50))
      perigee.pause(slice)
      left -= slice
    }
    try cancellation.check()
  }
}

/// Where the lines of a script go.
final class ScriptOutput {
  private let console: Console
  private let surroundings: Surroundings
  private var progress: Progress?
  private let keeps: Bool
  private(set) var printed: [JSON] = []

  /// With `keeps`, what is printed is not shown.
  init(_ console: Console, _ surroundings: Surroundings, keeps: Bool) {
    self.console = console
    self.surroundings = surroundings
    self.keeps = keeps
  }

  func write(_ level: String, _ message: String) {
    if level == "progress" { return show(message) }
    progress?.clear()
    switch level {
    case "print" where keeps: printed.append(.string(message))
    case "print": console.print(message)
    case "error": console.say("\(console.err.styled(level, .red)) \(message)")
    case "warn": console.say("\(console.err.styled(level, .yellow)) \(message)")
    default: console.say("\(console.err.styled(level, .dim)) \(message)")
    }
  }

  func finish() {
    progress?.clear()
    progress = nil
  }

  /// `perigee.progress(done, total, text)`, as JSON text of its arguments.
  private func show(_ text: String) {
    guard let arguments = try? JSON(parsing: text).array, let done = arguments.first?.double, done.magnitude < 1e15 else { return }
    if progress == nil {
      progress = Progress(arguments.count > 2 ? arguments[2].string ?? "running" : "running", noun: "done", console, surroundings)
    }
    let total = arguments.count > 1 ? arguments[1].double : nil
    progress?.show(Int(done), fraction: total.map { $0 > 0 ? done / $0 : 0 })
  }
}
