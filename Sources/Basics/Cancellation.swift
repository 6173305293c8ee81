import Synchronization

/// A flag that one thread raises and a long computation looks at now and then.
package final class Cancellation: Sendable {
  private let flag = Atomic<Bool>(false)
  package init() {}
  package func cancel() { flag.store(true, ordering: .relaxed) }
  package var isCancelled: Bool { flag.load(ordering: .relaxed) }

  package func check() throws(Problem) {
    if isCancelled { throw Problem(.cancelled, "the work was cancelled") }
  }
}
