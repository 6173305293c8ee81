package import Basics

/// Writes that belong together, as a value: named statements with their parameters, and what each must find.
///
/// Nothing is decided while it runs. A statement that changes another number of rows than expected makes the whole transaction
/// `.lost`: somebody was faster, or the thing is gone.
package struct Transaction: Sendable {
  package enum Expectation: Sendable, Equatable {
    case any
    /// So many rows inserted, changed or deleted.
    case exactly(Int64)
  }

  private(set) var tape: StatementTape

  /// `room`: how many bytes its parameters are likely to need.
  package init(room: Int = 960) { tape = StatementTape(room: room) }

  package var isEmpty: Bool { tape.isEmpty }

  /// Parameters go by the names that follow `$` in the statement's text; one that is left out is NULL.
  package mutating func add(
    _ statement: Statement, _ parameters: [(name: String, value: Value)], expecting expectation: Expectation = .any, guardName: StaticString? = nil
  ) {
    begin(statement, expectation, guardName)
    tape.put(parameters)
  }

  /// The same for what is written at every fire: each parameter goes where it belongs, and no list of them is made.
  mutating func add(
    _ statement: Statement, expecting expectation: Expectation = .any, guardName: StaticString? = nil, _ parameters: (inout StatementTape) -> Void
  ) {
    begin(statement, expectation, guardName)
    parameters(&tape)
  }

  private mutating func begin(_ statement: Statement, _ expectation: Expectation, _ guardName: StaticString?) {
    let expected: Int64? = if case .exactly(let count) = expectation { count } else { nil }
    tape.begin(statement, expecting: expected, guardName: guardName)
  }

  package mutating func append(_ other: Transaction) { tape.append(other.tape) }
}

/// What became of a transaction.
package enum Outcome: Sendable {
  /// It is on the disk. The rows of its RETURNING statements, in order.
  case committed(returned: [[Value]])
  /// A guard did not hold; nothing of it was written. The guard's name.
  case lost(String)
  /// It could not be written, and nothing of it was: `.conflict` when something of this identity is there already, `.notFound` when
  /// what it belongs to is not, `.unavailable` when the disk is full.
  case failed(Problem)
  /// The commit itself failed, so nobody knows: read by key before doing it again.
  case unknown(Problem)
}

/// Where transactions go. SQLite is the one there is; a fleet would share a PostgreSQL behind the same face.
package protocol Ledger: AnyObject, Sendable {
  /// Commits everything at once, durably, in order; each transaction stands or falls alone. The outcomes come in the same order.
  func commit(_ batch: [Transaction]) -> [Outcome]
  /// The store's own clock: claims go by the earlier of this and the local one.
  func now() -> Instant
}

extension Ledger {
  package func commit(_ transaction: Transaction) -> Outcome { commit([transaction])[0] }
}
