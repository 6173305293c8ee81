/// Memory that the threads of a team write apart from each other.
struct SharedPointer<Value>: @unchecked Sendable {
  // @unchecked Sendable: whoever shares it hands out disjoint ranges, and reads when all are done.
  let pointer: UnsafeMutablePointer<Value>
  init(_ pointer: UnsafeMutablePointer<Value>) { self.pointer = pointer }
}
