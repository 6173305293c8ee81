package import Basics

/// A thread with the 16 MiB of stack that an interpreter is made for: Lua's own C recurses, and threads of pools have too little.
package enum ScriptThread {
  package static let stackSize = OwnThread.deepStack

  /// Runs the work on a new thread and waits for it. The caller stands still meanwhile, so the work may use whatever the caller may.
  package static func run<Value: Sendable>(_ work: () -> Value) throws(Problem) -> Value {
    let result: Result<Value, Problem> = withoutActuallyEscaping(work) { work in
      let box = Box(work)
      do throws(Problem) {
        let thread = try OwnThread.start(name: "perigee-script", stack: stackSize) { box.enter() }
        Blocking.during { thread.join() }
      } catch { return .failure(error) }
      return box.result.map(Result.success) ?? .failure(Problem(.internal, "a script's thread ended without a result"))
    }
    return try result.get()
  }

  private final class Box<Value>: @unchecked Sendable {
    // @unchecked: of the two threads that touch it, one waits for the end of the other.
    private let work: () -> Value
    private(set) var result: Value?
    init(_ work: @escaping () -> Value) { self.work = work }
    func enter() { result = work() }
  }
}
