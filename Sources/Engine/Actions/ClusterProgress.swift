import Basics
import Model
import Store

/// Writes down in its task how far a clustering has come, about once a second; one that is quicker writes nothing.
final class ClusterProgress {
  private let host: Host
  private let task: TaskRecord
  private let began: Ticks
  private var last: Ticks

  private static let pause: Duration = .seconds(1)

  init(_ host: Host, _ task: TaskRecord) {
    (self.host, self.task) = (host, task)
    began = host.surroundings.ticks()
    last = began
  }

  /// `share`: what is done of the step that the algorithm is at, from 0 to 1; nil where that is not known.
  func note(_ share: Double?) {
    let now = host.surroundings.ticks()
    guard now - last >= Self.pause else { return }
    last = now
    var outputs = task.outputs
    outputs["progress"] = ["seconds": .double((now - began).inSeconds), "step_percent": share.map { .double($0 * 100) } ?? .null]
    var transaction = Transaction()
    transaction.report(outputs, of: task.id, attempt: task.attempt)
    // A task that has ended in the meantime stops at its next look; there is nobody to tell then.
    do throws(Problem) { try host.commit(transaction) } catch { return host.log("debug", "task \(task.id): \(error)") }
    host.log("debug", "task \(task.id): clustering for \(Int((now - began).inSeconds)) s")
  }
}
