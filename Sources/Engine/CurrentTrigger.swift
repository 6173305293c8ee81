import Basics
import Model
import Store

/// The trigger of a run: what defines it is known, and its row, with state, counters and baseline, is read when something first asks for it.
///
/// Belongs to the thread of the run. All that asks sees the same row.
final class CurrentTrigger {
  /// Of what claims and runs move, nothing here is up to date.
  let definition: Trigger
  private let read: () throws(Problem) -> Trigger?
  private var known: Trigger??

  init(_ definition: Trigger, _ host: Host) {
    self.definition = definition
    read = { () throws(Problem) in try host.read { reader throws(Problem) in try reader.current(definition) } }
  }

  /// One whose row has been read.
  init(_ row: Trigger) {
    definition = row
    read = { row }
  }

  /// Nil when it is gone.
  func row() throws(Problem) -> Trigger? {
    if let known { return known }
    let row = try read()
    known = .some(row)
    return row
  }
}
