import Basics
import Synchronization

/// The flags of the tasks that run now, by task: the host's thread puts them in, and whoever cancels finds them.
final class Cancellations: Sendable {
  private let flags = Mutex<[String: Cancellation]>([:])

  func withLock<Result: Sendable>(_ body: (inout sending [String: Cancellation]) -> sending Result) -> sending Result { flags.withLock(body) }
}
