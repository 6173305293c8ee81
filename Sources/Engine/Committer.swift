import Basics
import Store

/// The thread that brings a large batch to the disk while the host's thread plans the next.
///
/// There is one batch at a time: the host's thread takes the outcomes of one before it gives another, so what was planned first is committed
/// first.
final class Committer: Sendable {
  private let batches = Mailbox<[Transaction]>()
  private let outcomes = Mailbox<[Outcome]>()
  private let thread: OwnThread

  init(_ ledger: SQLiteLedger) throws(Problem) {
    thread = try OwnThread.start(name: "perigee-commit") { [batches, outcomes] in
      while let batch = batches.next() { outcomes.put(ledger.commit(batch)) }
    }
  }

  func begin(_ batch: [Transaction]) { batches.put(batch) }

  /// What became of the batch; nil when that is not known after so long.
  func outcomes(within time: Duration) -> [Outcome]? { outcomes.take(limit: 1, timeout: time)?.first }

  func close() {
    batches.close()
    thread.join()
  }
}
