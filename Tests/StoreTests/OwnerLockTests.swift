import Basics
import Glibc
import Testing

@testable import Store

@Suite("The lock of a store's owner") struct OwnerLockTests {
  @Test("is free as soon as it is given up, though a child that was just forked still has the descriptor")
  func inherited() throws {
    let store = try TemporaryStore()
    let path = store.path + ".other"
    defer { unlink(OwnerLock.path(of: path)) }
    var copies: [Int32] = []
    defer { for copy in copies { close(copy) } }
    for _ in 0..<3 {
      let lock = try OwnerLock(store: path)
      #expect(throws: Problem.self) { _ = try OwnerLock(store: path) }
      #expect(OwnerLock.owner(of: path) != nil)
      // What fork does: another descriptor of the same open file.
      copies.append(dup(try #require(descriptor(of: OwnerLock.path(of: path), besides: copies))))
      _ = consume lock
      #expect(OwnerLock.owner(of: path) == nil)
    }
  }

  private func descriptor(of path: String, besides known: [Int32]) -> Int32? {
    (0..<1024).first { number in
      var name = [UInt8](repeating: 0, count: 4096)
      let count = readlink("/proc/self/fd/\(number)", &name, name.count)
      return count > 0 && !known.contains(number) && String(decoding: name.prefix(count), as: UTF8.self) == path
    }
  }
}
