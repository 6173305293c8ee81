package import Basics
import Glibc

/// A thread with the 16 MiB of stack that an interpreter is made for: Lua's own C recurses, and threads of pools have too little.
package enum ScriptThread {
  package static let stackSize = 16 << 20

  /// Runs the work on a new thread and waits for it. The caller stands still meanwhile, so the work may use whatever the caller may.
  package static func run<Value: Sendable>(_ work: () -> Value) throws(Problem) -> Value {
    let result: Result<Value, Problem> = withoutActuallyEscaping(work) { work in
      do throws(Problem) { return .success(try start(Box(work))) } catch { return .failure(error) }
    }
    return try result.get()
  }

  private static func start<Value: Sendable>(_ box: Box) throws(Problem) -> Value {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackSize)
    var thread = pthread_t()
    let status = pthread_create(
      &thread, &attributes,
      { pointer in
        if let pointer { Unmanaged<Box>.fromOpaque(pointer).takeUnretainedValue().enter() }
        return nil
      }, Unmanaged.passUnretained(box).toOpaque())
    guard status == 0 else {
      throw Problem(.unavailable, "no thread for a script could be made: \(String(cString: strerror(status)))")
    }
    pthread_join(thread, nil)
    guard let value = box.result as? Value else { throw Problem(.internal, "a script's thread ended without a result") }
    return value
  }

  private final class Box {
    private let work: () -> Any
    private(set) var result: Any?
    init(_ work: @escaping () -> Any) { self.work = work }
    func enter() { result = work() }
  }
}
