import Basics
import Store

/// The one snapshot of the store in which everything on this thread reads, while there is one.
///
/// @unchecked Sendable: a task-local value, made, seen and dropped on one thread.
final class Snapshot: @unchecked Sendable {
  @TaskLocal static var current: Snapshot?

  let reader: Reader
  /// Whose it is: several hosts may be in one process.
  let readers: Readers

  init(_ reader: Reader, of readers: Readers) {
    self.reader = reader
    self.readers = readers
  }

  func lend<T>(_ body: () throws(Problem) -> T) throws(Problem) -> T {
    let result: Result<T, Problem> = Self.$current.withValue(self) {
      do throws(Problem) { return .success(try body()) } catch { return .failure(error) }
    }
    return try result.get()
  }

  /// Goes on with the store as it is now.
  func renew() throws(Problem) { try reader.renew() }
}
