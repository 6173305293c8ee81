import Glibc
import Synchronization

/// Places in the code at which the process can be told to die at once, to see what a crash there leaves behind.
///
/// `PERIGEE_CRASH_AT=claim_committed:3` kills it by SIGKILL when it passes that place for the third time; without a number, the first time.
/// Passing costs one relaxed load while the variable is not set. For tests and `scripts/torture`.
package enum CrashPoint: UInt8, CaseIterable, Sendable {
  /// A due instant is taken from the agenda, and nothing is written yet.
  case claimPlanned = 1
  /// The claim is on the disk, and nobody has acted on it.
  case claimCommitted
  /// The start of a task is on the disk, and no worker has it.
  case taskStarted
  /// A worker has the task, and has done nothing.
  case actionBegun
  /// The script or clustering has run, and its after hook has not.
  case actionMiddle
  /// A worker is through with the task, and the host's thread does not know.
  case actionDone
  /// The end of a task is about to be written.
  case endPlanned
  /// The end of a task is on the disk, and what follows from it is not begun.
  case endCommitted
  /// Documents and their events are about to be written.
  case writePlanned
  /// Documents and their events are on the disk, and nobody was told.
  case writeCommitted
  /// A transaction of a batch has been carried out, and the batch is not committed.
  case batchMiddle
  /// Right before the COMMIT of a batch.
  case batchWritten
  /// Right after the COMMIT of a batch.
  case batchCommitted
  /// The tables of a new schema are there, and its number is not.
  case migrationMiddle
  /// A new schema is committed.
  case migrationCommitted
  /// A batch of an import is written.
  case importBatch
  /// A piece of a taxonomy's enrichment is on the disk, and the next is not begun.
  case enrichmentPiece
  /// A receiver has answered a webhook's message, and nothing is written of it.
  case webhookSent
  /// A piece of a synced file is on the disk, and the file is not marked as taken in.
  case syncedPiece
  /// A synced file is marked as taken in, and no batch has its objects.
  case syncedFile

  /// Its name in the variable: `claim_planned`.
  package var name: String {
    "\(self)".reduce(into: "") { text, letter in text += letter.isUppercase ? "_" + letter.lowercased() : String(letter) }
  }

  package static let variable = "PERIGEE_CRASH_AT"

  private static let armed = Atomic<UInt8>(0)
  private static let left = Atomic<Int>(0)

  /// Sets the point that the variable's text names. Throws `.invalid`, with the names there are, for any other text.
  package static func arm(_ text: String) throws(Problem) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts.first ?? "")
    let names = allCases.map(\.name)
    guard let point = allCases.first(where: { $0.name == name }) else {
      throw Problem(
        .invalid, "\(variable) names no point '\(name)'", hint: "There are: \(names.joined(separator: ", "))", path: variable,
        didYouMean: Suggestion.nearest(to: name, in: names))
    }
    guard let count = parts.count == 2 ? Int(parts[1]) : 1, count > 0 else {
      throw Problem(.invalid, "\(variable) has '\(parts[1])' for a count", hint: "Write a number from 1, e.g. \(name):3", path: variable)
    }
    left.store(count, ordering: .relaxed)
    armed.store(point.rawValue, ordering: .relaxed)
  }

  @inline(__always) package static func pass(_ point: CrashPoint) {
    if armed.load(ordering: .relaxed) == point.rawValue { point.die() }
  }

  private func die() {
    if Self.left.subtract(1, ordering: .relaxed).newValue == 0 { kill(getpid(), SIGKILL) }
  }
}
