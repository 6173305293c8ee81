/// A place for the result of each piece of work, filled by the threads of a team.
final class Slots<Value: Sendable>: @unchecked Sendable {
  // @unchecked Sendable: each slot is written by the one thread that does its piece, and read when all are done.
  private let pointer: UnsafeMutablePointer<Value>
  private let count: Int

  init(count: Int, empty: Value) {
    self.count = count
    pointer = .allocate(capacity: max(count, 1))
    pointer.initialize(repeating: empty, count: count)
  }

  deinit {
    pointer.deinitialize(count: count)
    pointer.deallocate()
  }

  func set(_ place: Int, _ value: Value) { pointer[place] = value }
  var values: [Value] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}
