import Synchronization

/// A flag that one thread raises and a long computation looks at now and then.
package final class Cancellation: Sendable {
  private let flag = Atomic<Bool>(false)
  /// The look at which it raises itself; nil for never.
  private let last: Int?
  private let seen = Atomic<Int>(0)
  private let isOver: (@Sendable () -> Bool)?

  package init() {
    last = nil
    isOver = nil
  }

  /// Raises itself at the first look at which `isOver` says so: that a time has passed, for example. Every thread that looks asks it.
  package init(when isOver: @escaping @Sendable () -> Bool) {
    last = nil
    self.isOver = isOver
  }

  /// Counts looks, and raises itself at the one of this number (from 1): whether a computation looks often enough can be told without a clock.
  package init(atLook last: Int) {
    self.last = last
    isOver = nil
  }

  package func cancel() { flag.store(true, ordering: .relaxed) }

  package var isCancelled: Bool {
    if let last, seen.add(1, ordering: .relaxed).newValue >= last { cancel() }
    if let isOver, isOver() { cancel() }
    return flag.load(ordering: .relaxed)
  }

  /// How often it was looked at, where that is counted.
  package var looks: Int { seen.load(ordering: .relaxed) }

  package func check() throws(Problem) {
    if isCancelled { throw Problem(.cancelled, "the work was cancelled") }
  }
}
